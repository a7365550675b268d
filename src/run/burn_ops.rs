//! The executor on burn's operators, on any burn device: the reference of our own kernels. The engine does not link it:
//! it is seven times slower on WebGPU, and its kernel builders are a tenth of the module.
//!
//! Each image runs alone: a batch would let burn choose another kernel, and an image's features would depend on its
//! company. Inference only, on the plain device: an autodiff device is never given to it.

use burn::tensor::activation::relu;
use burn::tensor::module::{conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions, MaxPoolOptions, PadMode};
use burn::tensor::{Device, Tensor, TensorData};

use crate::backbone::fold::fold;
use crate::backbone::plan::{Activation, Epilogue, Kind, Op, Padding, Plan, Value, Window};
use crate::backbone::spec::BackboneSpec;
use crate::backbone::weights::{Weight, Weights};
use crate::device::read;
use crate::error::Error;

/// A frozen backbone on a device.
#[derive(Debug)]
pub struct BurnBackbone {
    plan: Plan,
    device: Device,
    /// Kernel and bias of each convolution, by operation.
    kernels: Vec<Option<(Tensor<4>, Tensor<1>)>>,
    mean: Tensor<4>,
    std: Tensor<4>,
}

impl BurnBackbone {
    /// Folds BatchNorm into the convolutions and uploads the weights.
    ///
    /// # Errors
    /// [`Error::WeightsInvalid`] where a weight of the plan is missing.
    pub fn new(spec: &BackboneSpec, weights: &Weights, device: &Device) -> Result<Self, Error> {
        let (plan, weights) = fold(&(spec.plan)(), weights)?;
        let kernels = plan.ops.iter().map(|op| kernel_of(op, &weights, device)).collect();
        let channels =
            |values: [f32; 3]| Tensor::<4>::from_data(TensorData::new(values.to_vec(), [1, 3, 1, 1]), device);
        Ok(Self { plan, device: device.clone(), kernels, mean: channels(spec.mean), std: channels(spec.std) })
    }

    /// The feature row of one image.
    ///
    /// # Shapes
    /// `pixels u8 [input_size, input_size, 3]` → `f32 [num_features]`
    ///
    /// # Errors
    /// [`Error::NoDevice`] where the device is lost.
    pub async fn forward_features(&self, pixels: &[u8]) -> Result<Vec<f32>, Error> {
        let shape = self.plan.input;
        let pixels = pixels.iter().map(|pixel| f32::from(*pixel)).collect();
        let nhwc = TensorData::new(pixels, [1, shape.height, shape.width, shape.channels]);
        let image_nchw = Tensor::<4>::from_data(nhwc, &self.device).permute([0, 3, 1, 2]);
        let mut values = vec![Some((image_nchw - self.mean.clone()) / self.std.clone())];
        for (at, op) in self.plan.ops.iter().enumerate() {
            let output = self.run(at, op, &values).ok_or_else(|| unknown(op))?;
            values.push(Some(output));
            self.plan.last_read_by(at).for_each(|value| values[value] = None);
        }
        match values.pop().flatten() {
            Some(features) => read(features).await,
            None => Ok(vec![]),
        }
    }

    /// `None` where a value was freed too early or an operation is not folded: a fault of the plan.
    fn run(&self, at: usize, op: &Op, values: &[Option<Tensor<4>>]) -> Option<Tensor<4>> {
        let value = |value: Value| values.get(value)?.clone();
        let x = value(op.input)?;
        Some(match &op.kind {
            Kind::Conv(window, _, epilogue) => self.convolve(at, x, window, 1, epilogue, values)?,
            Kind::Depthwise(window, _, epilogue) => {
                self.convolve(at, x, window, op.output.channels, epilogue, values)?
            }
            Kind::Activation(activation) => activate(*activation, x),
            Kind::Add(other) => x + value(*other)?,
            Kind::MaxPool(window) => {
                let Padding { top, bottom, left, right } = window.padding;
                let options = MaxPoolOptions::new([window.kernel; 2]).with_stride([window.stride; 2]);
                max_pool2d(x, options.with_padding_pairs([(top, bottom), (left, right)]))
            }
            Kind::GlobalAvgPool => x.mean_dim(2).mean_dim(3),
            Kind::BatchNorm(_) => return None,
        })
    }

    fn convolve(
        &self,
        at: usize,
        x: Tensor<4>,
        window: &Window,
        groups: usize,
        epilogue: &Epilogue,
        values: &[Option<Tensor<4>>],
    ) -> Option<Tensor<4>> {
        let (kernel, bias) = self.kernels.get(at)?.clone()?;
        let Padding { top, bottom, left, right } = window.padding;
        // burn's convolution pads both sides alike; SAME at stride 2 does not.
        let (x, around) = match (top, left) == (bottom, right) {
            true => (x, [top, left]),
            false => (x.pad((left, right, top, bottom), PadMode::Constant(0.0)), [0, 0]),
        };
        let options = ConvOptions::new([window.stride; 2], around, [1, 1], groups);
        let sums = conv2d(x, kernel, Some(bias), options);
        let sums = match epilogue.residual {
            Some(residual) => sums + values.get(residual)?.clone()?,
            None => sums,
        };
        Some(epilogue.activation.map_or_else(|| sums.clone(), |activation| activate(activation, sums.clone())))
    }
}

fn unknown(op: &Op) -> Error {
    Error::WeightsInvalid { file: "plan".into(), reason: format!("{} can't be run", op.name) }
}

fn activate(activation: Activation, x: Tensor<4>) -> Tensor<4> {
    match activation {
        Activation::Relu => relu(x),
        Activation::Relu6 => x.clamp(0.0, 6.0),
    }
}

fn kernel_of(op: &Op, weights: &Weights, device: &Device) -> Option<(Tensor<4>, Tensor<1>)> {
    let (Kind::Conv(_, weight, epilogue) | Kind::Depthwise(_, weight, epilogue)) = &op.kind else { return None };
    let (Weight { shape, values }, bias) = (weights.get(weight)?, weights.get(epilogue.bias.as_ref()?)?);
    let kernel = Tensor::from_data(TensorData::new(values.clone(), shape.clone()), device);
    Some((kernel, Tensor::from_data(TensorData::new(bias.values.clone(), [bias.values.len()]), device)))
}
