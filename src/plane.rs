//! The plane in which feature rows differ most: their first two principal components.

use serde::Serialize;

use crate::features::dot;

/// More directions than the two that are kept: these converge as fast as the ninth is weaker than they are.
const DIRECTIONS: usize = 8;
const TURNS: usize = 16;
/// A sweep turns each pair once; the off-diagonal shrinks quadratically.
const SWEEPS: usize = 12;

/// Rows on the plane.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plane {
    /// A place for each row; the centre of all rows is `[0, 0]`.
    pub points: Vec<[f32; 2]>,
    /// Shares of all variance along the two axes.
    pub explained: [f64; 2],
}

/// Projects `rows f32 [n, num_features]`.
///
/// Subspace iteration from a fixed start, then Rayleigh–Ritz: 16 turns of 8 directions are 1 G multiplications for 2,000 rows
/// of 1,280 numbers; all singular vectors would be 10 G. The largest coordinate of each axis is positive, as
/// scikit-learn has it (`tests/golden/plane.json`).
pub fn principal_plane(mut rows: Vec<f32>, num_features: usize) -> Plane {
    let width = num_features.max(1);
    centre(&mut rows, width);
    let all: f64 = rows.iter().map(|x| f64::from(x * x)).sum::<f64>().max(f64::MIN_POSITIVE);
    let mut random = fastrand::Rng::with_seed(1);
    let mut basis: Vec<f32> = (0..DIRECTIONS.min(width) * width).map(|_| random.f32() - 0.5).collect();
    orthonormalise(&mut basis, width);
    for _ in 0..TURNS {
        let mut next = vec![0.0; basis.len()];
        for row in rows.chunks_exact(width) {
            for (axis, next) in basis.chunks_exact(width).zip(next.chunks_exact_mut(width)) {
                add(next, dot(row, axis), row);
            }
        }
        basis = next;
        orthonormalise(&mut basis, width);
    }
    let (axes, explained) = strongest(&rows, &basis, width);
    let place = |row: &[f32]| axes.each_ref().map(|axis| dot(row, axis));
    let points: Vec<[f32; 2]> = rows.chunks_exact(width).map(place).collect();
    Plane { points, explained: explained.map(|variance| variance / all) }
}

fn centre(rows: &mut [f32], width: usize) {
    let n = (rows.len() / width).max(1) as f64;
    let mut mean = vec![0f64; width];
    for row in rows.chunks_exact(width) {
        mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += f64::from(*x) / n);
    }
    for row in rows.chunks_exact_mut(width) {
        row.iter_mut().zip(&mean).for_each(|(x, mean)| *x -= *mean as f32);
    }
}

fn add(to: &mut [f32], factor: f32, row: &[f32]) {
    to.iter_mut().zip(row).for_each(|(to, x)| *to += factor * x);
}

/// Gram–Schmidt, twice: once loses digits where two are almost parallel. What is nothing but rounding becomes zeros.
fn orthonormalise(basis: &mut [f32], width: usize) {
    for at in 0..basis.len() / width {
        let (before, from_here) = basis.split_at_mut(at * width);
        let axis = &mut from_here[..width];
        let start = dot(axis, axis).sqrt();
        for _ in 0..2 {
            before.chunks_exact(width).for_each(|other| add(axis, -dot(axis, other), other));
        }
        let length = dot(axis, axis).sqrt();
        let scale = if length > start * 1e-6 { 1.0 / length } else { 0.0 };
        axis.iter_mut().for_each(|x| *x *= scale);
    }
}

/// The two directions of the basis' span along which the rows vary most, and their sums of squares.
fn strongest(rows: &[f32], basis: &[f32], width: usize) -> ([Vec<f32>; 2], [f64; 2]) {
    let k = basis.len() / width;
    let mut gram = vec![0f64; k * k];
    for row in rows.chunks_exact(width) {
        let along: Vec<f64> = basis.chunks_exact(width).map(|axis| f64::from(dot(row, axis))).collect();
        gram.iter_mut().enumerate().for_each(|(at, sum)| *sum += along[at / k] * along[at % k]);
    }
    let vectors = diagonalise(&mut gram, k);
    let mut order: Vec<usize> = (0..k).collect();
    order.sort_by(|a, b| gram[b * k + b].total_cmp(&gram[a * k + a]));
    let axis = |rank: usize| {
        let mut axis = vec![0.0; width];
        let Some(column) = order.get(rank) else { return axis };
        for (at, direction) in basis.chunks_exact(width).enumerate() {
            add(&mut axis, vectors[at * k + column] as f32, direction);
        }
        let largest = axis.iter().copied().fold(0f32, |a, b| if b.abs() > a.abs() { b } else { a });
        axis.iter_mut().for_each(|x| *x *= largest.signum());
        axis
    };
    ([axis(0), axis(1)], [0, 1].map(|rank| order.get(rank).map_or(0.0, |at| gram[at * k + at])))
}

/// Jacobi's method: makes a symmetric matrix diagonal and gives its eigenvectors in columns.
fn diagonalise(matrix: &mut [f64], k: usize) -> Vec<f64> {
    let mut vectors: Vec<f64> = (0..k * k).map(|at| f64::from(u8::from(at / k == at % k))).collect();
    let pairs = || (0..k).flat_map(|p| (p + 1..k).map(move |q| (p, q)));
    for (p, q) in (0..SWEEPS).flat_map(|_| pairs()) {
        let between = matrix[p * k + q];
        if between == 0.0 {
            continue;
        }
        let theta = (matrix[q * k + q] - matrix[p * k + p]) / (2.0 * between);
        let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
        let cos = 1.0 / tangent.hypot(1.0);
        let turn = (cos, tangent * cos);
        (0..k).for_each(|i| rotate(matrix, i * k + p, i * k + q, turn));
        (0..k).for_each(|i| rotate(matrix, p * k + i, q * k + i, turn));
        (0..k).for_each(|i| rotate(&mut vectors, i * k + p, i * k + q, turn));
    }
    vectors
}

fn rotate(numbers: &mut [f64], p: usize, q: usize, (cos, sin): (f64, f64)) {
    (numbers[p], numbers[q]) = (cos * numbers[p] - sin * numbers[q], sin * numbers[p] + cos * numbers[q]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_none_and_equal_ones_lie_in_the_middle() {
        assert_eq!(principal_plane(vec![], 4), Plane::default());
        assert_eq!(principal_plane(vec![1.0, 2.0, 3.0], 3).points, [[0.0, 0.0]]);
        let same = principal_plane([1.0, 2.0, 3.0].repeat(5), 3);
        assert_eq!((same.points, same.explained), (vec![[0.0, 0.0]; 5], [0.0, 0.0]));
    }

    #[test]
    fn a_line_is_one_dimension() {
        let rows: Vec<f32> = (0..9).flat_map(|i| [3.0 * i as f32, 4.0 * i as f32]).collect();
        let plane = principal_plane(rows, 2);
        assert!((plane.explained[0] - 1.0).abs() < 1e-6 && plane.explained[1] < 1e-6, "{:?}", plane.explained);
        assert!((plane.points[8][0] - 20.0).abs() < 1e-4 && (plane.points[0][0] + 20.0).abs() < 1e-4);
    }
}
