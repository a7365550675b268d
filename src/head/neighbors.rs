//! Nearest neighbours as a head: the training rows that are most alike vote, by cosine. What scikit-learn's
//! `KNeighborsClassifier(n_neighbors, metric="cosine", weights)` does; nothing is learnt, all rows are kept.
//!
//! 64 rows against 10,000 of 1,280 numbers are 1.6 GFLOP over 51 MB, by the kernel of the dense layers; a single row is
//! bound by the memory that the 51 MB come from.

use serde::{Deserialize, Serialize};

use crate::features::dot;
use crate::head::packed::{ROWS, write_row};
use crate::nearest::most_similar;
use crate::run::cpu::dense::{BLOCK, outputs};
use crate::run::cpu::simd::Isa;

/// Neighbours that vote, unless another number is asked for.
pub const NEIGHBORS: usize = 5;
/// Neighbours that may vote.
pub const MOST_NEIGHBORS: usize = 50;
/// A smaller cosine distance counts as this one: the same picture twice votes for nearly all, and not with infinity.
pub const LEAST_DISTANCE: f64 = 1e-9;

/// How much each neighbour's vote counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NeighborWeights {
    /// As much as any other's: scikit-learn's default.
    Uniform,
    /// By the inverse of its cosine distance. Ours, because it was right more often: of 480 solar cells and 360 photos of waste, on
    /// two networks each, 0.1 to 2 points in five folds, ten times over, with five neighbours.
    #[default]
    Distance,
}

/// Training rows that vote.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbors {
    /// The rows, each of length one: `f32 [n / 8][num_features][8]`, filled up with zeros.
    planes: Vec<f32>,
    num_features: usize,
    /// The class of each row.
    pub classes: Vec<usize>,
    /// Number of classes.
    pub num_classes: usize,
    /// How many vote; never more than there are rows.
    pub n_neighbors: usize,
    /// How much each vote counts.
    pub weights: NeighborWeights,
}

/// A neighbour: its row's number, and the cosine distance.
type Found = (usize, f64);

impl Neighbors {
    /// `rows f32 [n, num_features]`, standardised, with their classes below `num_classes`. At least one row.
    pub fn new(
        rows: &[f32],
        classes: Vec<usize>,
        num_classes: usize,
        n_neighbors: usize,
        weights: NeighborWeights,
    ) -> Self {
        let num_features = (rows.len() / classes.len().max(1)).max(1);
        let units: Vec<f32> = rows.chunks_exact(num_features).flat_map(unit).collect();
        Self::of_units(&units, classes, num_classes, n_neighbors, weights)
    }

    /// [`Neighbors::new`] of rows that are of length one already.
    pub fn of_units(
        units: &[f32],
        classes: Vec<usize>,
        num_classes: usize,
        n_neighbors: usize,
        weights: NeighborWeights,
    ) -> Self {
        let n = classes.len().max(1);
        let num_features = (units.len() / n).max(1);
        let width = num_features.next_multiple_of(BLOCK);
        let mut planes = vec![0.0; n.next_multiple_of(BLOCK) * width];
        for (at, row) in units.chunks_exact(num_features).enumerate() {
            let plane = &mut planes[at / BLOCK * BLOCK * width..][..BLOCK * width];
            let places = plane.iter_mut().skip(at % BLOCK).step_by(BLOCK);
            row.iter().zip(places).for_each(|(x, place)| *place = *x);
        }
        Self { planes, num_features, classes, num_classes, n_neighbors: n_neighbors.clamp(1, n), weights }
    }

    /// Row `at`, of length one.
    pub fn row(&self, at: usize) -> impl Iterator<Item = f32> {
        let width = self.num_features.next_multiple_of(BLOCK);
        let plane = &self.planes[at / BLOCK * BLOCK * width..][..BLOCK * width];
        plane.iter().skip(at % BLOCK).step_by(BLOCK).take(self.num_features).copied()
    }

    /// All of them, `f32 [n, num_features]`.
    pub fn rows(&self) -> Vec<f32> {
        (0..self.classes.len()).flat_map(|at| self.row(at)).collect()
    }

    /// The logarithms of [`Neighbors::smoothed`] votes: no share is 0, so that no loss is infinite and a temperature can work.
    ///
    /// # Shapes
    /// `rows f32 [n, num_features]`, standardised → `f32 [n, num_classes]`, row-major
    pub fn forward_head(&self, rows: &[f32]) -> Vec<f32> {
        self.logits(self.found(rows, 0).into_iter())
    }

    /// [`Neighbors::forward_head`] of rows that may be among its own: none is its own neighbour.
    pub fn leave_one_out(&self, rows: &[f32]) -> Vec<f32> {
        let without_itself = |mut found: Vec<Found>| {
            if let Some(itself) = found.iter().position(|(_, distance)| *distance <= LEAST_DISTANCE) {
                found.remove(itself);
            }
            found.truncate(self.n_neighbors);
            found
        };
        self.logits(self.found(rows, 1).into_iter().map(without_itself))
    }

    /// Each class's share of the votes, scikit-learn's `predict_proba`.
    ///
    /// # Shapes
    /// As [`Neighbors::forward_head`].
    pub fn votes(&self, rows: &[f32]) -> Vec<f32> {
        self.found(rows, 0).iter().flat_map(|found| self.shares(found)).map(|share| share as f32).collect()
    }

    /// For each row the nearest, `more` than vote, the nearest first; of equals the one that came first.
    fn found(&self, rows: &[f32], more: usize) -> Vec<Vec<Found>> {
        let (isa, n, d) = (Isa::detect(), self.classes.len(), self.num_features);
        let width = d.next_multiple_of(BLOCK);
        let mut all = Vec::with_capacity(rows.len() / d);
        for rows in rows.chunks(ROWS * d) {
            let units: Vec<Vec<f32>> = rows.chunks_exact(d).map(unit).collect();
            let (mut x, mut y) = (vec![0.0; units.len() * width], vec![0.0; units.len() * BLOCK]);
            units.iter().enumerate().for_each(|(at, row)| write_row(row, units.len(), at, &mut x));
            let mut cosines = vec![Vec::with_capacity(n); units.len()];
            for (plane, weights) in self.planes.chunks_exact(width * BLOCK).enumerate() {
                outputs(isa, units.len(), &x, weights, &[0.0; BLOCK], &mut y);
                let numbers = plane * BLOCK..n.min((plane + 1) * BLOCK);
                for (cosines, eight) in cosines.iter_mut().zip(y.chunks_exact(BLOCK)) {
                    cosines.extend(numbers.clone().zip(eight.iter().copied()));
                }
            }
            let near = cosines.into_iter().map(|cosines| most_similar(cosines, self.n_neighbors + more));
            let with_distance = |(unit, near): (&Vec<f32>, Vec<(usize, f32)>)| {
                near.into_iter().map(|(at, _)| (at, self.distance(unit, at))).collect()
            };
            all.extend(units.iter().zip(near).map(with_distance));
        }
        all
    }

    /// `1 − cosine` as half the squared distance of unit rows: near 0 the cosine itself has no digits left.
    fn distance(&self, unit: &[f32], at: usize) -> f64 {
        let squares = unit.iter().zip(self.row(at)).map(|(a, b)| f64::from(a - b).powi(2));
        squares.sum::<f64>() / 2.0
    }

    fn shares(&self, found: &[Found]) -> Vec<f64> {
        let mut votes = vec![0.0; self.num_classes];
        for (at, distance) in found {
            votes[self.classes[*at]] += match self.weights {
                NeighborWeights::Uniform => 1.0,
                NeighborWeights::Distance => 1.0 / distance.max(LEAST_DISTANCE),
            };
        }
        let sum: f64 = votes.iter().sum();
        votes.iter_mut().for_each(|vote| *vote /= if sum > 0.0 { sum } else { 1.0 });
        votes
    }

    fn logits(&self, found: impl Iterator<Item = Vec<Found>>) -> Vec<f32> {
        let shares = found.flat_map(|found| self.shares(&found));
        shares.map(|share| self.smoothed(share).ln() as f32).collect()
    }

    /// A share of the votes with one vote more, which all classes have in equal parts: `(k · share + 1 / c) / (k + 1)`.
    pub fn smoothed(&self, share: f64) -> f64 {
        let [scale, shift] = self.smoothing();
        scale * share + shift
    }

    /// What a share is multiplied by, and what is added then.
    pub fn smoothing(&self) -> [f64; 2] {
        let k = self.n_neighbors as f64;
        [k / (k + 1.0), 1.0 / (k + 1.0) / self.num_classes.max(1) as f64]
    }

    /// The mean direction of a row's neighbours of `class`, or of the nearest of that class where none votes for it, divided by
    /// the row's length: its product with the row is their mean cosine.
    ///
    /// # Shapes
    /// `row f32 [num_features]`, standardised → `f32 [num_features]`
    pub fn direction(&self, row: &[f32], class: usize) -> Vec<f32> {
        let (unit, mut mean) = (unit(row), vec![0.0; self.num_features]);
        let of_class = |at: &usize| self.classes[*at] == class;
        let near = self.found(row, 0).concat().into_iter().map(|(at, _)| at);
        let mut chosen: Vec<usize> = near.filter(of_class).collect();
        if chosen.is_empty() {
            let others = (0..self.classes.len()).filter(of_class);
            let cosines = others.map(|at| (at, unit.iter().zip(self.row(at)).map(|(a, b)| a * b).sum())).collect();
            chosen.extend(most_similar(cosines, 1).iter().map(|(at, _)| at));
        }
        let scale = 1.0 / (chosen.len().max(1) as f32 * dot(row, row).sqrt().max(f32::MIN_POSITIVE));
        for at in chosen {
            mean.iter_mut().zip(self.row(at)).for_each(|(sum, x)| *sum += x * scale);
        }
        mean
    }
}

/// The row as if it were of length one; one of zeros stays.
fn unit(row: &[f32]) -> Vec<f32> {
    let length = row.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
    let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
    row.iter().map(|x| (f64::from(*x) * scale) as f32).collect()
}
