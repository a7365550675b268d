//! A backbone's operators in ONNX's words. NCHW, as ONNX has it, which is the order of the weights too.

use crate::artifact::onnx::graph::{Graph, float, int, ints};
use crate::backbone::fold::Folded;
use crate::backbone::plan::{Activation, BatchNorm, Epilogue, Kind, Op, Parameter, Plan, Value, Window};
use crate::backbone::stored::taking;
use crate::backbone::weights::Weights;
use crate::error::Error;

/// Appends `plan` with BatchNorm folded into its convolutions; `input` is `f32 [N, 3, h, w]`, the value `features` what it gives.
///
/// # Errors
/// [`Error::WeightsInvalid`] where a weight of the plan is not in `weights`.
pub fn append(graph: &mut Graph, plan: &Plan, weights: Weights, input: &str) -> Result<String, Error> {
    let folded = Folded::of(plan);
    let mut take = folded.taking(taking(weights));
    let plan = &folded.plan;
    let taken = |parameter: Parameter| Ok((parameter.name.clone(), take(&parameter.name)?));
    let weights = plan.parameters().into_iter().map(taken).collect::<Result<_, Error>>()?;
    let mut network = Network { graph, weights, values: vec![input.into()] };
    for op in &plan.ops {
        let value = network.op(plan, op)?;
        network.values.push(value);
    }
    let last = network.values.pop().unwrap_or_default();
    Ok(network.graph.push("Flatten", "features", &[&last], vec![int("axis", 1)]))
}

struct Network<'a> {
    graph: &'a mut Graph,
    weights: Weights,
    /// Names by the plan's numbers.
    values: Vec<String>,
}

impl Network<'_> {
    fn op(&mut self, plan: &Plan, op: &Op) -> Result<String, Error> {
        let (name, input) = (op.name.as_str(), self.values[op.input].clone());
        Ok(match &op.kind {
            Kind::Conv(window, weight, epilogue) => self.convolution(op, window, weight, epilogue, 1)?,
            Kind::Depthwise(window, weight, epilogue) => {
                self.convolution(op, window, weight, epilogue, plan.shape(op.input).channels)?
            }
            Kind::BatchNorm(norm) => self.batch_norm(name, &input, norm)?,
            Kind::Activation(activation) => self.activation(name, &input, *activation),
            Kind::Add(other) => self.add(name, &input, *other),
            Kind::MaxPool(window) => self.graph.push("MaxPool", name, &[&input], sliding(window)),
            Kind::GlobalAvgPool => self.graph.push("GlobalAveragePool", name, &[&input], vec![]),
        })
    }

    fn convolution(
        &mut self,
        op: &Op,
        window: &Window,
        weight: &str,
        epilogue: &Epilogue,
        group: usize,
    ) -> Result<String, Error> {
        let Epilogue { bias, residual, activation } = epilogue;
        let mut inputs = vec![self.values[op.input].clone(), self.weight(weight)?];
        if let Some(bias) = bias {
            inputs.push(self.weight(bias)?);
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let mut settings = sliding(window);
        settings.push(int("group", group));
        let mut value = self.graph.push("Conv", &format!("{}/conv", op.name), &inputs, settings);
        if let Some(other) = residual {
            value = self.add(&format!("{}/add", op.name), &value, *other);
        }
        match activation {
            Some(activation) => Ok(self.activation(&format!("{}/activation", op.name), &value, *activation)),
            None => Ok(value),
        }
    }

    fn batch_norm(&mut self, name: &str, input: &str, norm: &BatchNorm) -> Result<String, Error> {
        let BatchNorm { weight, bias, running_mean, running_var, epsilon } = norm;
        let mut inputs = vec![input.to_string()];
        for weight in [weight, bias, running_mean, running_var] {
            inputs.push(self.weight(weight)?);
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        Ok(self.graph.push("BatchNormalization", name, &inputs, vec![float("epsilon", *epsilon)]))
    }

    fn activation(&mut self, name: &str, input: &str, activation: Activation) -> String {
        match activation {
            Activation::Relu => self.graph.push("Relu", name, &[input], vec![]),
            Activation::Relu6 => {
                let [low, high] = [("zero", 0.0), ("six", 6.0)].map(|(name, value)| self.graph.number(name, value));
                self.graph.push("Clip", name, &[input, &low, &high], vec![])
            }
        }
    }

    fn add(&mut self, name: &str, input: &str, other: Value) -> String {
        let other = self.values[other].clone();
        self.graph.push("Add", name, &[input, &other], vec![])
    }

    /// Moves a weight into the graph: a second copy of a large network would be another 100 MB.
    fn weight(&mut self, name: &str) -> Result<String, Error> {
        let missing = || Error::WeightsInvalid { file: "weights".into(), reason: format!("missing: {name}") };
        let weight = self.weights.remove(name).ok_or_else(missing)?;
        Ok(self.graph.weight(name, &weight.shape, &weight.values))
    }
}

/// Settings of an operator whose window slides over the input.
fn sliding(window: &Window) -> Vec<crate::artifact::onnx::proto::AttributeProto> {
    let Window { kernel, stride, padding } = *window;
    vec![
        ints("kernel_shape", &[kernel, kernel]),
        ints("strides", &[stride, stride]),
        ints("pads", &[padding.top, padding.left, padding.bottom, padding.right]),
    ]
}
