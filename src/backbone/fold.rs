//! Folds what follows a convolution into it: BatchNorm with stored statistics, an addition, an activation.
//!
//! `bn(conv(x)) = conv'(x) + b'` with `w' = w · γ / √(σ² + ε)` and `b' = β − μ · γ / √(σ² + ε)`. Only where the
//! policy is `Stored`: batch statistics can't be folded.

use std::collections::BTreeMap;

use crate::backbone::plan::{BatchNorm, Epilogue, Kind, Op, Parameter, Plan, Value};
use crate::backbone::stored::{Take, copying};
use crate::backbone::weights::{Weight, Weights};
use crate::error::Error;

/// A folded plan, and what each of its convolutions takes in.
#[derive(Clone, Debug)]
pub struct Folded {
    /// Each convolution carries its BatchNorm, addition and activation. Names of weights stay, each convolution gains
    /// `{layer}.folded_bias`.
    pub plan: Plan,
    /// By the name of the convolution's weight.
    recipes: BTreeMap<String, Recipe>,
}

/// What a convolution's weight and bias are made of.
#[derive(Clone, Debug)]
struct Recipe {
    /// The convolution's own.
    bias: Option<String>,
    folded_bias: String,
    norms: Vec<BatchNorm>,
    channels: usize,
}

struct Fused {
    weight: Weight,
    bias: Vec<f32>,
}

/// Folds a plan and its weights.
///
/// # Errors
/// [`Error::WeightsInvalid`] where a weight of the plan is not in `weights`.
pub fn fold(plan: &Plan, weights: &Weights) -> Result<(Plan, Weights), Error> {
    let folded = Folded::of(plan);
    let mut take = folded.taking(copying(weights));
    let taken = |parameter: Parameter| Ok((parameter.name.clone(), take(&parameter.name)?));
    let weights = folded.plan.parameters().into_iter().map(taken).collect::<Result<_, Error>>()?;
    drop(take);
    Ok((folded.plan, weights))
}

impl Folded {
    /// Rewrites a plan.
    pub fn of(plan: &Plan) -> Self {
        let mut folded = Plan { name: plan.name.clone(), input: plan.input, ops: Vec::new() };
        let mut recipes = BTreeMap::new();
        // Where each value of the old plan stands in the new one.
        let mut place: Vec<Value> = vec![0];
        let mut next = 0;
        while next < plan.ops.len() {
            let op = &plan.ops[next];
            let taken = match &op.kind {
                Kind::Conv(_, weight, epilogue) | Kind::Depthwise(_, weight, epilogue) => {
                    let (recipe, epilogue, taken) = absorb(plan, next, epilogue.clone());
                    let epilogue = Epilogue { bias: Some(recipe.folded_bias.clone()), ..epilogue };
                    recipes.insert(weight.clone(), recipe);
                    folded.ops.push(moved(op, &place, with_epilogue(&op.kind, epilogue)));
                    taken
                }
                kind => {
                    folded.ops.push(moved(op, &place, kind.clone()));
                    0
                }
            };
            place.extend(std::iter::repeat_n(folded.ops.len(), taken + 1));
            next += taken + 1;
        }
        Self { plan: folded, recipes }
    }

    /// Gives the weights of the folded plan, each once, from those of the plan that was folded. A convolution's weight
    /// has to be asked for before its bias, as in [`Plan::parameters`]: so a large network is folded layer by layer.
    pub fn taking(&self, mut take: impl Take) -> impl Take {
        let mut biases = BTreeMap::new();
        move |name: &str| {
            if let Some(bias) = biases.remove(name) {
                return Ok(bias);
            }
            let Some(recipe) = self.recipes.get(name) else { return take(name) };
            let Fused { weight, bias } = recipe.fuse(name, &mut take)?;
            biases.insert(recipe.folded_bias.clone(), Weight { shape: vec![recipe.channels], values: bias });
            Ok(weight)
        }
    }
}

impl Recipe {
    fn fuse(&self, weight: &str, take: &mut impl Take) -> Result<Fused, Error> {
        let weight = take(weight)?;
        let bias = match &self.bias {
            Some(name) => take(name)?.values,
            None => vec![0.0; self.channels],
        };
        let mut fused = Fused { weight, bias };
        self.norms.iter().try_for_each(|norm| scale(&mut fused, norm, take))?;
        Ok(fused)
    }
}

/// Takes in what follows operation `at`, as long as nothing else reads the value between.
fn absorb(plan: &Plan, at: usize, mut epilogue: Epilogue) -> (Recipe, Epilogue, usize) {
    let op = &plan.ops[at];
    let folded_bias = format!("{}.folded_bias", op.name);
    let channels = op.output.channels;
    let mut recipe = Recipe { bias: epilogue.bias.clone(), folded_bias, norms: Vec::new(), channels };
    let mut taken = 0;
    while epilogue.activation.is_none() {
        let value = at + taken + 1;
        let Some(op) = plan.ops.get(value).filter(|op| op.input == value && plan.readers(value) == 1) else { break };
        match &op.kind {
            Kind::BatchNorm(norm) if epilogue.residual.is_none() => recipe.norms.push(norm.clone()),
            Kind::Add(other) if epilogue.residual.is_none() && *other <= at => epilogue.residual = Some(*other),
            Kind::Activation(activation) => epilogue.activation = Some(*activation),
            _ => break,
        }
        taken += 1;
    }
    (recipe, epilogue, taken)
}

fn scale(fused: &mut Fused, norm: &BatchNorm, take: &mut impl Take) -> Result<(), Error> {
    let [gamma, beta, mean, var] = [&norm.weight, &norm.bias, &norm.running_mean, &norm.running_var]
        .map(|name| take(name).map(|weight| weight.values));
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
