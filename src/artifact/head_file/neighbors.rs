//! The part of a head's file that holds the rows of nearest neighbours.

use safetensors::SafeTensors;

use crate::artifact::head_file::Card;
use crate::backbone::weights::{Weight, Weights, weight_from_view};
use crate::head::neighbors::{MOST_NEIGHBORS, Neighbors};

const ROWS: &str = "neighbors.rows";
const CLASSES: &str = "neighbors.classes";
/// How far from 1 the length of a row may be.
const LENGTH_TOLERANCE: f32 = 1e-3;

/// Puts the rows among a head's tensors. Class numbers are written as `f32`, which holds them exactly up to 16 million.
pub fn write(neighbors: &Neighbors, weights: &mut Weights) {
    let n = neighbors.classes.len();
    let values = neighbors.rows();
    weights.insert(ROWS.into(), Weight { shape: vec![n, values.len() / n.max(1)], values });
    let values = neighbors.classes.iter().map(|class| *class as f32).collect();
    weights.insert(CLASSES.into(), Weight { shape: vec![n], values });
}

/// Reads what [`write`] wrote; what is wrong with it is a phrase.
pub fn read(card: &Card, tensors: &SafeTensors, num_features: usize) -> Result<Neighbors, String> {
    let tensor = |name: &str| {
        let view = tensors.tensor(name).map_err(|_| format!("missing: {name}"))?;
        weight_from_view(name, &view)
    };
    let (rows, classes) = (tensor(ROWS)?, tensor(CLASSES)?);
    let n = classes.values.len();
    if n == 0 || num_features == 0 || rows.shape != [n, num_features] {
        return Err(format!("{ROWS} {:?} instead of {:?}", rows.shape, [n, num_features]));
    }
    let is_class = |value: &f32| value.fract() == 0.0 && (0.0..card.labels.len() as f32).contains(value);
    if let Some(wrong) = classes.values.iter().find(|value| !is_class(value)) {
        return Err(format!("{CLASSES} has {wrong}, and there are {} classes", card.labels.len()));
    }
    let length = |row: &[f32]| row.iter().map(|x| x * x).sum::<f32>().sqrt();
    let is_unit = |row: &[f32]| [0.0, 1.0].iter().any(|whole| (length(row) - whole).abs() <= LENGTH_TOLERANCE);
    if let Some(wrong) = rows.values.chunks_exact(num_features).position(|row| !is_unit(row)) {
        return Err(format!("row {wrong} of {ROWS} is not of length one"));
    }
    let n_neighbors = card.neighbors.unwrap_or(0);
    if !(1..=n.min(MOST_NEIGHBORS)).contains(&n_neighbors) {
        return Err(format!("{n_neighbors} neighbours of {n} rows"));
    }
    let classes = classes.values.into_iter().map(|class| class as usize).collect();
    let weights = card.neighbor_weights.unwrap_or_default();
    Ok(Neighbors::of_units(&rows.values, classes, card.labels.len(), n_neighbors, weights))
}
