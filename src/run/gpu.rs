//! The executor on kernels of our own, in CubeCL, on the WebGPU device.
//!
//! NHWC in vectors of four channels: a value's channels are filled up with zeros, and stay zero since weights and bias
//! are. Sizes are arguments, so that a network runs on few pipelines: one for pixels, one for each pointwise tile, one
//! for other dense convolutions, one for each kernel and stride of a depthwise convolution, one for the pool (eight in
//! EfficientNet-Lite0, nine where both tiles serve). Each output is summed in one thread in a fixed order: an image's
//! features have the same bits alone and in any batch. burn's operators ([`crate::run::burn_ops`]) and the plain twin
//! are the reference.

pub mod batch_norm;
pub(crate) mod buffers;
mod check;
mod dense;
mod depthwise;
mod layers;
mod pointwise;
mod pool;
mod tiles;
#[cfg(feature = "train")]
pub(crate) mod training;
mod warm;
mod whole;

use cubecl::Device;
use cubecl::client::Client;
use cubecl::wgpu::WgpuDevice;

use crate::backbone::fold::Folded;
use crate::backbone::plan::{Epilogue, Kind, Op, Plan, Value, Window};
use crate::backbone::spec::BackboneSpec;
use crate::backbone::stored::{Take, copying};
use crate::backbone::weights::Weights;
use crate::error::Error;
use crate::run::gpu::buffers::{Buffer, Finish, Geometry, LANES, most_threads, vectors};
pub use crate::run::gpu::check::{Outcome, check_kernels};
use crate::run::gpu::layers::Layer;
pub use crate::run::gpu::pointwise::{TILES_VERSION, Tiling};
pub use crate::run::gpu::tiles::{Effort, fastest_tiling};
pub use crate::run::gpu::warm::warm_up;

/// Bytes of values alive at once that a submission may need. With two of them in flight, the weights and what the pool
/// of buffers keeps, all stays below 256 MiB.
const VALUES_BYTES: usize = 64 << 20;

/// Storage buffers of the kernel that binds most: five, and one for its scalars.
const BINDINGS: u32 = 6;

/// A frozen backbone on the WebGPU device.
pub struct GpuBackbone {
    plan: Plan,
    client: Client,
    /// Weight and bias of each convolution, by operation.
    layers: Vec<Option<Layer>>,
    /// Mean and std of the pixels.
    scale: Buffer,
    tiling: Tiling,
}

impl GpuBackbone {
    /// Folds BatchNorm into the convolutions and uploads the weights to the device that is open.
    ///
    /// # Errors
    /// [`Error::WeightsInvalid`] where a weight of the plan is missing, [`Error::NoDevice`] where the adapter's limits
    /// are too small for the kernels.
    pub fn new(spec: &BackboneSpec, weights: &Weights, tiling: Tiling) -> Result<Self, Error> {
        Self::taking(spec, copying(weights), tiling)
    }

    /// The same from weights that are taken one after the other, each once.
    ///
    /// # Errors
    /// As [`GpuBackbone::new`], or what `take` refuses.
    pub fn taking(spec: &BackboneSpec, take: impl Take, tiling: Tiling) -> Result<Self, Error> {
        let folded = Folded::of(&(spec.plan)());
        let take = folded.taking(take);
        Self::from_folded(folded.plan.clone(), take, [spec.mean, spec.std], tiling)
    }

    /// The same for a plan whose BatchNorm is folded. `[mean, std]` normalise the pixels.
    ///
    /// # Errors
    /// As [`GpuBackbone::new`].
    pub fn from_folded(plan: Plan, mut take: impl Take, scale: [[f32; 3]; 2], tiling: Tiling) -> Result<Self, Error> {
        let client = open()?;
        let layers = plan.ops.iter().map(|op| Layer::upload(&client, op, &mut take)).collect::<Result<_, _>>()?;
        let [[r, g, b], [over_r, over_g, over_b]] = scale;
        let scale = Buffer::from_floats(&client, &[r, g, b, 0.0, over_r, over_g, over_b, 1.0]);
        Ok(Self { plan, client, layers, scale, tiling })
    }

    /// The feature rows of any number of images.
    ///
    /// # Shapes
    /// `pixels u8 [n, input_size, input_size, 3]` → `f32 [n, num_features]`
    ///
    /// # Errors
    /// [`Error::WrongPixels`] where the last image is cut short, [`Error::NoDevice`] where the device is lost.
    pub async fn forward_features(&self, pixels: &[u8]) -> Result<Vec<f32>, Error> {
        let (expected, found) = (self.plan.input.len(), pixels.len());
        if !found.is_multiple_of(expected) {
            return Err(Error::WrongPixels { expected, found });
        }
        let mut rows = Vec::with_capacity(found / expected * self.plan.num_features());
        let mut running = None;
        for images in pixels.chunks(self.most_images() * expected) {
            // Uploaded and launched before the batch ahead of it is read back.
            let batch = self.start_batch(images)?;
            if let Some(ahead) = running.replace(batch) {
                rows.extend(ahead.await?);
            }
        }
        if let Some(last) = running {
            rows.extend(last.await?);
        }
        Ok(rows)
    }

    /// How many images one submission takes, by memory and by the adapter's limits.
    pub fn most_images(&self) -> usize {
        most_images(&self.client, &self.plan)
    }

    /// Asks the device for everything; the future waits for the rows.
    fn start_batch(&self, pixels: &[u8]) -> Result<impl Future<Output = Result<Vec<f32>, Error>>, Error> {
        let images = pixels.len() / self.plan.input.len();
        let mut values = vec![Some(whole::normalize(&self.client, pixels, &self.scale))];
        for (at, op) in self.plan.ops.iter().enumerate() {
            let output = self.run(at, op, images, &values).ok_or_else(|| unknown(&op.name))?;
            values.push(Some(output));
            self.plan.last_read_by(at).for_each(|value| values[value] = None);
        }
        let features = values.pop().flatten().ok_or_else(|| unknown(&self.plan.name))?;
        let read = features.read(&self.client);
        let channels = self.plan.num_features();
        Ok(async move {
            let vectors = read.await?;
            let filled = vectors.chunks_exact(channels.next_multiple_of(LANES));
            Ok(filled.flat_map(|pixel| &pixel[..channels]).copied().collect())
        })
    }

    /// `None` where a value was freed too early or an operation is not folded: a fault of the plan.
    fn run(&self, at: usize, op: &Op, images: usize, values: &[Option<Buffer>]) -> Option<Buffer> {
        let client = &self.client;
        let value = |value: Value| values.get(value)?.as_ref();
        let x = value(op.input)?;
        let input = self.plan.shape(op.input);
        let layer = || self.layers.get(at)?.as_ref();
        let geometry = |window: &Window| Geometry { images, input, output: op.output, window: *window };
        let pixels = input.height * input.width;
        Some(match &op.kind {
            Kind::Conv(Window { kernel: 1, stride: 1, padding }, _, epilogue) if *padding == Default::default() => {
                pointwise::run(client, x, layer()?, [images, pixels], self.tiling, finish(epilogue, values)?)
            }
            Kind::Conv(window, _, epilogue) => {
                dense::run(client, x, layer()?, &geometry(window), finish(epilogue, values)?)
            }
            Kind::Depthwise(window, _, epilogue) => match epilogue.residual {
                None => depthwise::run(client, x, layer()?, &geometry(window), finish(epilogue, values)?),
                // No known network adds here, so the kernel doesn't: one buffer fewer for it to bind.
                Some(_) => {
                    let sums = depthwise::run(client, x, layer()?, &geometry(window), Finish::new(None, None));
                    whole::add(client, &sums, finish(epilogue, values)?)
                }
            },
            Kind::Activation(activation) => whole::add(client, x, Finish::new(Some(*activation), None)),
            Kind::Add(other) => whole::add(client, x, Finish::new(None, Some(value(*other)?))),
            Kind::MaxPool(window) => pool::max_pool(client, x, &geometry(window)),
            Kind::GlobalAvgPool => whole::mean(client, x, images, pixels),
            Kind::BatchNorm(_) => return None,
        })
    }
}

/// The device that was opened by default.
pub(crate) fn open() -> Result<Client, Error> {
    let client = Device::Wgpu(WgpuDevice::default()).client();
    match client.properties().hardware.max_bindings >= BINDINGS {
        true => Ok(client),
        false => Err(Error::NoDevice { reason: format!("it binds fewer than {BINDINGS} buffers") }),
    }
}

/// How many images one submission of `plan` takes, by memory and by the adapter's limits.
fn most_images(client: &Client, plan: &Plan) -> usize {
    let bytes = |value: Value| vectors(plan.shape(value)) * LANES * size_of::<f32>();
    let alive = |op: &Op| bytes(op.input) + vectors(op.output) * LANES * size_of::<f32>();
    let largest = (0..=plan.ops.len()).map(bytes).max().unwrap_or(1).max(1);
    let alive = plan.ops.iter().map(alive).max().unwrap_or(1).max(1);
    let by_buffer = client.properties().memory.max_page_size as usize / largest;
    // No kernel has more threads than the largest value has vectors.
    let by_threads = most_threads(client) / largest.div_ceil(LANES * size_of::<f32>());
    (VALUES_BYTES / alive).min(by_buffer).min(by_threads).max(1)
}

/// `None` where the residual was freed too early.
fn finish<'a>(epilogue: &Epilogue, values: &'a [Option<Buffer>]) -> Option<Finish<'a>> {
    let residual = match epilogue.residual {
        Some(residual) => Some(values.get(residual)?.as_ref()?),
        None => None,
    };
    Some(Finish::new(epilogue.activation, residual))
}

fn unknown(name: &str) -> Error {
    Error::WeightsInvalid { file: "plan".into(), reason: format!("{name} can't be run") }
}
