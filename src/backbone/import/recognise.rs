//! Which network a file's names and shapes belong to, and its weights under the names of the plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::backbone::import::{Tensors, invalid, keras};
use crate::backbone::plan::{Kind, Parameter, Plan};
use crate::backbone::spec::{BackboneSpec, networks};
use crate::backbone::stored::{Tensor, finite};
use crate::backbone::weights::{Weight, complaints};
use crate::error::Error;

/// Share of a network's weights that a file must hold by name to count as that network, whole or not.
const ENOUGH: f64 = 0.5;

/// Finds the network that the tensors fit best and gives its weights in the order of their names.
///
/// Passed over are dense layers, so also a classifier of any number of classes, and BatchNorm's counters.
///
/// # Errors
/// [`Error::UnknownNetwork`] where they fit none; [`Error::WeightsInvalid`] lists what is missing, unexpected, of
/// another shape; and so does reading a weight that is not a number.
pub fn recognise(file: &str, tensors: Tensors) -> Result<(BackboneSpec, Tensors), Error> {
    let tensors = if keras::is_keras(&tensors) { keras::converted(tensors) } else { tensors };
    let mut tensors = convolutional(tensors);
    let mut best: Option<([f64; 2], BackboneSpec, Plan)> = None;
    for spec in networks() {
        let plan = (spec.plan)();
        let likeness = likeness(&tensors, &plan.parameters());
        if best.as_ref().is_none_or(|(most, ..)| likeness > *most) {
            best = Some((likeness, spec, plan));
        }
    }
    let known = || networks().map(|spec| spec.title).collect::<Vec<_>>().join(", ");
    let (_, spec, plan) = best
        .filter(|(likeness, ..)| likeness[0] >= ENOUGH)
        .ok_or_else(|| Error::UnknownNetwork { file: file.into(), known: known() })?;
    let found = complaints(tensors.iter().map(|(name, tensor)| (name, &tensor.shape)), &plan.parameters());
    if !found.is_empty() {
        return Err(invalid(file, format!("read as {}, {found}", spec.title)));
    }
    if spec.blue_first {
        turn_round(&plan, &mut tensors);
    }
    let checked = |(name, tensor): (String, Tensor)| {
        let (file, own, shape) = (file.to_string(), name.clone(), tensor.shape.clone());
        (name, tensor.map(shape, move |weight| finite(&file, &own, weight.values)))
    };
    Ok((spec, tensors.into_iter().map(checked).collect()))
}

/// Leaves out layers whose weight is a matrix, and numbers that count batches.
fn convolutional(tensors: Tensors) -> BTreeMap<String, Tensor> {
    let layer = |name: &str| name.rsplit_once('.').map_or(name, |(layer, _)| layer).to_string();
    let matrices = tensors.iter().filter(|(_, tensor)| tensor.shape.len() == 2);
    let dense: BTreeSet<String> = matrices.map(|(name, _)| layer(name)).collect();
    let kept = tensors.into_iter().filter(|(name, _)| !dense.contains(&layer(name)));
    kept.filter(|(name, _)| !name.ends_with("num_batches_tracked")).collect()
}

/// Shares of a network's weights that are there: by name and shape, and less what it has no place for; by name.
fn likeness(tensors: &BTreeMap<String, Tensor>, parameters: &[Parameter]) -> [f64; 2] {
    let named = parameters.iter().filter(|p| tensors.contains_key(&p.name)).count();
    let fitting = parameters.iter().filter(|p| tensors.get(&p.name).is_some_and(|tensor| tensor.shape == p.shape));
    let all = parameters.len().max(tensors.len()).max(1) as f64;
    [named as f64 / all, fitting.count() as f64 / all]
}

/// Makes the first convolution read red first.
fn turn_round(plan: &Plan, tensors: &mut BTreeMap<String, Tensor>) {
    let Some(Kind::Conv(_, name, _)) = plan.ops.first().map(|op| &op.kind) else { return };
    let Some(tensor) = tensors.remove(name) else { return };
    let shape = tensor.shape.clone();
    let turned = tensor.map(shape, |Weight { shape, mut values }| {
        let &[_, channels, height, width] = shape.as_slice() else { return Ok(values) };
        for filter in values.chunks_exact_mut(channels * height * width) {
            let (blue, rest) = filter.split_at_mut(height * width);
            blue.swap_with_slice(&mut rest[height * width..]);
        }
        Ok(values)
    });
    tensors.insert(name.clone(), turned);
}
