//! A classifier as the kernels want it: in planes of eight columns ([`crate::run::cpu::dense`]), filled up with zeros.

use crate::head::{Classifier, Dense};
use crate::run::cpu::dense::{BLOCK, outputs};
use crate::run::cpu::simd::Isa;

/// Rows that pass through the layers together: what each layer makes of them stays in the second-level cache.
pub const ROWS: usize = 64;

/// Dense layers in planes.
#[derive(Clone, Debug)]
pub struct Packed {
    /// `relu` follows each but the last.
    pub layers: Vec<PackedDense>,
    /// The kernels to run.
    pub isa: Isa,
}

/// A dense layer in planes.
#[derive(Clone, Debug)]
pub struct PackedDense {
    /// Widths without the zeros.
    pub sizes: [usize; 2],
    /// `f32 [out / 8][in][8]`
    pub weight: Vec<f32>,
    /// `f32 [out / 8][8]`
    pub bias: Vec<f32>,
}

impl PackedDense {
    fn new(layer: &Dense) -> Self {
        let [d_in, d_out] = layer.sizes();
        let [rows, columns] = [d_in, d_out].map(|width| width.next_multiple_of(BLOCK));
        let (mut weight, mut bias) = (vec![0.0; rows * columns], layer.bias.clone());
        bias.resize(columns, 0.0);
        for (at, row) in layer.weight.chunks_exact(d_out.max(1)).enumerate() {
            write_row(row, rows, at, &mut weight);
        }
        Self { sizes: [d_in, d_out], weight, bias }
    }

    fn unpack(&self) -> Dense {
        let [d_in, d_out] = self.sizes;
        let (mut weight, bias) = (vec![0.0; d_in * d_out], self.bias[..d_out].to_vec());
        for (at, row) in weight.chunks_exact_mut(d_out.max(1)).enumerate() {
            read_row(&self.weight, self.width_in(), at, row);
        }
        Dense { weight, bias }
    }

    /// Input width with the zeros.
    pub fn width_in(&self) -> usize {
        self.sizes[0].next_multiple_of(BLOCK)
    }
}

impl Packed {
    /// Packs a classifier.
    pub fn new(classifier: &Classifier) -> Self {
        Self { layers: classifier.layers.iter().map(PackedDense::new).collect(), isa: Isa::detect() }
    }

    /// The same in its usual form.
    pub fn unpack(&self) -> Classifier {
        Classifier { layers: self.layers.iter().map(PackedDense::unpack).collect() }
    }

    /// Width of the logits.
    pub fn num_classes(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.sizes[1])
    }

    /// Memory for [`Packed::forward`]: what the first layer reads, and what each makes of it.
    pub fn values(&self, rows: usize) -> Vec<Vec<f32>> {
        let first = self.layers.first().map(PackedDense::width_in);
        let widths = first.into_iter().chain(self.layers.iter().map(|layer| layer.bias.len()));
        widths.map(|width| vec![0.0; rows * width]).collect()
    }

    /// Runs `rows` rows, standardised, through all layers. `masks[i]`, where there is one, is multiplied into what layer
    /// `i` reads; that of layer 0 the caller has multiplied.
    ///
    /// # Shapes
    /// `values[i] f32 [width / 8][rows][8]`, the first given, the last the logits; `masks[i] f32 [rows, width]`
    pub fn forward(&self, rows: usize, values: &mut [Vec<f32>], masks: &[Vec<f32>]) {
        for (at, layer) in self.layers.iter().enumerate() {
            let [x, y, ..] = &mut values[at..] else { return };
            let x = &x[..rows * layer.width_in()];
            let is_last = at + 1 == self.layers.len();
            let mask = masks.get(at + 1);
            let weights = layer.weight.chunks_exact(layer.width_in() * BLOCK);
            let planes = weights.zip(layer.bias.as_chunks().0).zip(y.chunks_exact_mut(rows * BLOCK));
            for (plane, ((weights, bias), y)) in planes.enumerate() {
                outputs(self.isa, rows, x, weights, bias, y);
                if !is_last {
                    y.iter_mut().for_each(|y| *y = relu(*y));
                }
                if let Some(mask) = mask {
                    multiply(y, mask, plane, layer.sizes[1]);
                }
            }
        }
    }

    /// Standardised feature rows to logits.
    ///
    /// # Shapes
    /// `features f32 [n, num_features]` → `f32 [n, num_classes]`, row-major
    pub fn forward_head(&self, features: &[f32]) -> Vec<f32> {
        let (Some(first), Some(last)) = (self.layers.first(), self.layers.last()) else { return vec![] };
        let (d_in, d_out) = (first.sizes[0].max(1), last.sizes[1].max(1));
        let mut logits = vec![0.0; features.len() / d_in * d_out];
        let mut values = self.values(ROWS.min(features.len() / d_in));
        for (features, logits) in features.chunks(ROWS * d_in).zip(logits.chunks_mut(ROWS * d_out)) {
            let rows = features.len() / d_in;
            let given = features.chunks_exact(d_in).enumerate();
            given.for_each(|(at, row)| write_row(row, rows, at, &mut values[0]));
            self.forward(rows, &mut values, &[]);
            let made = logits.chunks_exact_mut(d_out).enumerate();
            made.for_each(|(at, row)| read_row(&values[self.layers.len()], rows, at, row));
        }
        logits
    }
}

/// NaN stays NaN, so that a loss that is no number is seen.
fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// Writes row `at` of `rows` into planes; columns that fill up the last plane become zeros.
pub fn write_row(row: &[f32], rows: usize, at: usize, planes: &mut [f32]) {
    let mut planes = planes.chunks_exact_mut(rows * BLOCK).map(|plane| &mut plane[at * BLOCK..][..BLOCK]);
    let (full, rest) = row.as_chunks::<BLOCK>();
    for (numbers, eight) in full.iter().zip(&mut planes) {
        eight.copy_from_slice(numbers);
    }
    if let (false, Some(eight)) = (rest.is_empty(), planes.next()) {
        eight[..rest.len()].copy_from_slice(rest);
        eight[rest.len()..].fill(0.0);
    }
}

/// Reads row `at` of `rows` from planes.
pub fn read_row(planes: &[f32], rows: usize, at: usize, row: &mut [f32]) {
    for (numbers, plane) in row.chunks_mut(BLOCK).zip(planes.chunks_exact(rows * BLOCK)) {
        numbers.copy_from_slice(&plane[at * BLOCK..][..numbers.len()]);
    }
}

/// Multiplies columns `8 at…` of a row-major matrix into a plane.
pub fn multiply(plane: &mut [f32], matrix: &[f32], at: usize, columns: usize) {
    let start = at * BLOCK;
    for (eight, row) in plane.as_chunks_mut::<BLOCK>().0.iter_mut().zip(matrix.chunks_exact(columns)) {
        match row[start..].first_chunk::<BLOCK>() {
            Some(by) => eight.iter_mut().zip(by).for_each(|(value, by)| *value *= by),
            None => eight.iter_mut().zip(&row[start..]).for_each(|(value, by)| *value *= by),
        }
    }
}
