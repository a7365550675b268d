//! Folds what follows a convolution into it: BatchNorm with stored statistics, an addition, an activation.
//!
//! `bn(conv(x)) = conv'(x) + b'` with `w' = w · γ / √(σ² + ε)` and `b' = β − μ · γ / √(σ² + ε)`. Only where the
//! policy is `Stored`: batch statistics can't be folded.

use crate::backbone::plan::{BatchNorm, Epilogue, Kind, Op, Plan, Value};
use crate::backbone::weights::{Weight, Weights};
use crate::error::Error;

/// Rewrites a plan so that each convolution carries its BatchNorm, addition and activation. Gives the weights of
/// the new plan; names of folded weights stay, each convolution gains `{layer}.folded_bias`.
///
/// # Errors
/// [`Error::WeightsInvalid`] where a weight of the plan is not in `weights`.
pub fn fold(plan: &Plan, weights: &Weights) -> Result<(Plan, Weights), Error> {
    fold_owned(plan, weights.clone())
}

/// The same in place: a large network's weights are 100 MB, and a copy of them as much again.
///
/// # Errors
/// As [`fold`].
pub fn fold_owned(plan: &Plan, mut weights: Weights) -> Result<(Plan, Weights), Error> {
    let mut folded = Plan { name: plan.name.clone(), input: plan.input, ops: Vec::new() };
    let mut out = Weights::new();
    // Where each value of the old plan stands in the new one.
    let mut place: Vec<Value> = vec![0];
    let mut next = 0;
    while next < plan.ops.len() {
        let op = &plan.ops[next];
        let taken = match &op.kind {
            Kind::Conv(_, weight, epilogue) | Kind::Depthwise(_, weight, epilogue) => {
                let (fused, epilogue, taken) = absorb(plan, next, weight, epilogue.clone(), &mut weights)?;
                let bias = format!("{}.folded_bias", op.name);
                let channels = op.output.channels;
                out.insert(weight.clone(), fused.weight);
                out.insert(bias.clone(), Weight { shape: vec![channels], values: fused.bias });
                let epilogue = Epilogue { bias: Some(bias), ..epilogue };
                folded.ops.push(moved(op, &place, with_epilogue(&op.kind, epilogue)));
                taken
            }
            kind => {
                for parameter in op_parameters(kind) {
                    out.insert(parameter.clone(), taken(&mut weights, parameter)?);
                }
                folded.ops.push(moved(op, &place, kind.clone()));
                0
            }
        };
        place.extend(std::iter::repeat_n(folded.ops.len(), taken + 1));
        next += taken + 1;
    }
    Ok((folded, out))
}

struct Fused {
    weight: Weight,
    bias: Vec<f32>,
}

/// Takes in what follows operation `at`, as long as nothing else reads the value between.
fn absorb(
    plan: &Plan,
    at: usize,
    weight: &str,
    mut epilogue: Epilogue,
    weights: &mut Weights,
) -> Result<(Fused, Epilogue, usize), Error> {
    let weight = taken(weights, weight)?;
    let bias = match &epilogue.bias {
        Some(name) => taken(weights, name)?.values,
        None => vec![0.0; plan.ops[at].output.channels],
    };
    let mut fused = Fused { weight, bias };
    let mut taken = 0;
    while epilogue.activation.is_none() {
        let value = at + taken + 1;
        let Some(op) = plan.ops.get(value).filter(|op| op.input == value && plan.readers(value) == 1) else { break };
        match &op.kind {
            Kind::BatchNorm(norm) if epilogue.residual.is_none() => scale(&mut fused, norm, weights)?,
            Kind::Add(other) if epilogue.residual.is_none() && *other <= at => epilogue.residual = Some(*other),
            Kind::Activation(activation) => epilogue.activation = Some(*activation),
            _ => break,
        }
        taken += 1;
    }
    Ok((fused, epilogue, taken))
}

fn scale(fused: &mut Fused, norm: &BatchNorm, weights: &mut Weights) -> Result<(), Error> {
    let [gamma, beta, mean, var] = [&norm.weight, &norm.bias, &norm.running_mean, &norm.running_var]
        .map(|name| taken(weights, name).map(|weight| weight.values));
    let (gamma, beta, mean, var) = (gamma?, beta?, mean?, var?);
    let per_channel = fused.weight.values.len() / fused.bias.len();
    for (channel, kernel) in fused.weight.values.chunks_exact_mut(per_channel).enumerate() {
        // In double precision: 49 layers deep, rounding here would be most of the distance to the reference.
        let factor = f64::from(gamma[channel]) / (f64::from(var[channel]) + f64::from(norm.epsilon)).sqrt();
        kernel.iter_mut().for_each(|value| *value = (f64::from(*value) * factor) as f32);
        let shifted = (f64::from(fused.bias[channel]) - f64::from(mean[channel])) * factor;
        fused.bias[channel] = (f64::from(beta[channel]) + shifted) as f32;
    }
    Ok(())
}

fn taken(weights: &mut Weights, name: &str) -> Result<Weight, Error> {
    let missing = || Error::WeightsInvalid { file: "weights".into(), reason: format!("missing: {name}") };
    weights.remove(name).ok_or_else(missing)
}

fn op_parameters(kind: &Kind) -> Vec<&String> {
    match kind {
        Kind::BatchNorm(norm) => vec![&norm.weight, &norm.bias, &norm.running_mean, &norm.running_var],
        _ => vec![],
    }
}

fn with_epilogue(kind: &Kind, epilogue: Epilogue) -> Kind {
    match kind {
        Kind::Depthwise(window, weight, _) => Kind::Depthwise(*window, weight.clone(), epilogue),
        Kind::Conv(window, weight, _) => Kind::Conv(*window, weight.clone(), epilogue),
        other => other.clone(),
    }
}

/// The operation with its values renumbered.
fn moved(op: &Op, place: &[Value], kind: Kind) -> Op {
    let kind = match kind {
        Kind::Add(other) => Kind::Add(place[other]),
        Kind::Conv(window, weight, epilogue) => Kind::Conv(window, weight, renumbered(epilogue, place)),
        Kind::Depthwise(window, weight, epilogue) => Kind::Depthwise(window, weight, renumbered(epilogue, place)),
        other => other,
    };
    Op { name: op.name.clone(), input: place[op.input], kind, output: op.output }
}

fn renumbered(epilogue: Epilogue, place: &[Value]) -> Epilogue {
    Epilogue { residual: epilogue.residual.map(|value| place[value]), ..epilogue }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backbone::efficientnet_lite::LITE0;
    use crate::backbone::plan::Activation;

    #[test]
    fn lite0_becomes_convolutions_and_a_pool() {
        let plan = (LITE0.plan)();
        let weight = |p: crate::backbone::plan::Parameter| {
            (p.name, Weight { values: vec![1.0; p.shape.iter().product()], shape: p.shape })
        };
        let weights: Weights = plan.parameters().into_iter().map(weight).collect();
        let (folded, kept) = fold(&plan, &weights).unwrap();
        let convolutions = folded.ops.iter().filter(|op| matches!(op.kind, Kind::Conv(..) | Kind::Depthwise(..)));
        assert_eq!(convolutions.count(), 49);
        assert_eq!(folded.ops.len(), 50);
        assert_eq!(folded.ops.iter().filter(|op| op.residual().is_some()).count(), 9);
        assert_eq!(folded.parameters().len(), kept.len());
        let last = &folded.ops[48].kind;
        assert!(matches!(last, Kind::Conv(_, _, Epilogue { activation: Some(Activation::Relu6), .. })));
        let residual = folded.ops.iter().find(|op| op.residual().is_some()).unwrap();
        assert_eq!(folded.shape(residual.residual().unwrap()), residual.output);
    }
}
