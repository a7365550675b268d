//! What a head sees of the same images under two policies, in the plane.

use serde::Serialize;

use crate::lab::LabImages;
use crate::lab::table::Table;

/// Images shown; more would cover each other.
const MOST: usize = 200;
/// Enough for the first two directions: each turn shrinks the others by the ratio of variances.
const TURNS: usize = 60;

/// The first two principal components of both clouds together.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Projection {
    /// Class names.
    pub labels: Vec<String>,
    /// Numbers of the images, which are training images.
    pub images: Vec<usize>,
    /// Their classes.
    pub classes: Vec<usize>,
    /// Each image by stored statistics.
    pub stored: Vec<[f32; 2]>,
    /// Each image by the statistics of its batch.
    pub batch: Vec<[f32; 2]>,
    /// Shares of all variance that the two components hold.
    pub explained: [f64; 2],
    /// How far an image moves between the two, over how far images of one cloud lie from its centre (both in the mean, in
    /// all dimensions).
    pub moved: f64,
}

/// Projects the rows of `[stored, batch]` for training images evenly taken.
pub fn project(images: &LabImages, [stored, batch]: [&Table; 2]) -> Projection {
    let step = images.train.len().div_ceil(MOST).max(1);
    let shown: Vec<usize> = images.train.iter().step_by(step).copied().collect();
    let rows: Vec<&[f32]> =
        shown.iter().map(|image| stored.row(*image)).chain(shown.iter().map(|i| batch.row(*i))).collect();
    let width = images.num_features;
    if shown.is_empty() || rows.iter().any(|row| row.len() != width) {
        return Projection::default();
    }
    let centre = mean(&rows, width);
    let centred: Vec<Vec<f64>> =
        rows.iter().map(|row| row.iter().zip(&centre).map(|(x, mean)| f64::from(*x) - mean).collect()).collect();
    let axes = principal_axes(&centred, width);
    let at = |row: &Vec<f64>| axes.each_ref().map(|axis| dot(row, axis) as f32);
    let points: Vec<[f32; 2]> = centred.iter().map(at).collect();
    let variance = |of: &mut dyn Iterator<Item = f64>| of.map(|x| x * x).sum::<f64>();
    let all = variance(&mut centred.iter().flatten().copied()).max(f64::MIN_POSITIVE);
    Projection {
        labels: images.labels.clone(),
        classes: shown.iter().map(|image| images.classes[*image]).collect(),
        stored: points[..shown.len()].to_vec(),
        batch: points[shown.len()..].to_vec(),
        explained: [0, 1].map(|axis| variance(&mut points.iter().map(|point| f64::from(point[axis]))) / all),
        moved: moved(&rows, width),
        images: shown,
    }
}

fn moved(rows: &[&[f32]], width: usize) -> f64 {
    let (stored, batch) = rows.split_at(rows.len() / 2);
    let distance = |a: &[f32], b: &[f64]| a.iter().zip(b).map(|(a, b)| (f64::from(*a) - b).powi(2)).sum::<f64>().sqrt();
    let centre = mean(stored, width);
    let between: f64 = stored.iter().map(|row| distance(row, &centre)).sum();
    let wide = |row: &[f32]| row.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
    let moved: f64 = stored.iter().zip(batch).map(|(a, b)| distance(a, &wide(b))).sum();
    moved / between.max(f64::MIN_POSITIVE)
}

fn mean(rows: &[&[f32]], width: usize) -> Vec<f64> {
    let sum = |column: usize| rows.iter().map(|row| f64::from(row[column])).sum::<f64>();
    (0..width).map(|column| sum(column) / rows.len() as f64).collect()
}

/// By orthogonal iteration from a fixed start; the largest coordinate of an axis is positive.
fn principal_axes(rows: &[Vec<f64>], width: usize) -> [Vec<f64>; 2] {
    let mut random = fastrand::Rng::with_seed(1);
    let mut axes: [Vec<f64>; 2] = std::array::from_fn(|_| (0..width).map(|_| random.f64() - 0.5).collect());
    for _ in 0..TURNS {
        for axis in &mut axes {
            let mut next = vec![0.0; width];
            for row in rows {
                let along = dot(row, axis);
                next.iter_mut().zip(row).for_each(|(next, x)| *next += along * x);
            }
            *axis = next;
        }
        let [first, second] = &mut axes;
        unit(first);
        let along = dot(first, second);
        second.iter_mut().zip(&*first).for_each(|(x, first)| *x -= along * first);
        unit(second);
    }
    axes.map(|axis| {
        let largest = axis.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
        axis.iter().map(|x| x * largest.signum()).collect()
    })
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn unit(axis: &mut [f64]) {
    let length = dot(axis, axis).sqrt();
    if length > 0.0 {
        axis.iter_mut().for_each(|x| *x /= length);
    }
}
