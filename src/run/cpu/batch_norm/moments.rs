//! Mean and variance of each channel over a batch, and the normalisation by them.
//!
//! A row is summed in single precision, rows and images in double, deviations from the image's own mean: a layer of
//! 64 × 112 × 112 numbers a channel keeps seven digits. Images come in order, so the sums have the same bits each time.

use crate::run::cpu::batch_norm::{Pixel, rows};
use crate::run::cpu::layout::{BLOCK, Layout};

/// Sums so far, by channel.
#[derive(Debug)]
pub struct Moments {
    layout: Layout,
    images: usize,
    mean: Vec<[f64; BLOCK]>,
    /// Squared deviations from the mean.
    squares: Vec<[f64; BLOCK]>,
}

impl Moments {
    /// No image yet.
    pub fn new(layout: Layout) -> Self {
        let zeros = vec![[0.0; BLOCK]; layout.blocks()];
        Self { layout, images: 0, mean: zeros.clone(), squares: zeros }
    }

    /// Adds all planes of an image.
    pub fn add_image(&mut self, planes: &[f32]) {
        for (block, plane) in planes.chunks_exact(self.layout.plane()).take(self.layout.blocks()).enumerate() {
            self.add_plane(block, plane);
        }
        self.end_image();
    }

    /// Adds one plane of the image that is under way.
    ///
    /// Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979.
    pub fn add_plane(&mut self, block: usize, plane: &[f32]) {
        let [mean, squares] = of_plane(&self.layout, plane);
        let (n, before) = (self.layout.pixels() as f64, self.images as f64);
        for channel in 0..BLOCK {
            let delta = mean[channel] - self.mean[block][channel];
            self.mean[block][channel] += delta / (before + 1.0);
            self.squares[block][channel] += squares[channel] + delta * delta * n * before / (before + 1.0);
        }
    }

    /// The next plane belongs to the next image.
    pub fn end_image(&mut self) {
        self.images += 1;
    }

    /// Means and biased variances, `f64 [channels]` each.
    pub fn mean_and_variance(&self) -> [Vec<f64>; 2] {
        let count = (self.images * self.layout.pixels()).max(1) as f64;
        let mut both = [self.mean.concat(), self.squares.iter().flatten().map(|sum| sum / count).collect()];
        both.iter_mut().for_each(|all| all.truncate(self.layout.shape.channels));
        both
    }
}

/// Mean and squared deviations from it.
fn of_plane(layout: &Layout, plane: &[f32]) -> [[f64; BLOCK]; 2] {
    let n = layout.pixels() as f64;
    let mean = sums(layout, plane, |pixel| *pixel).map(|sum| sum / n);
    let near = mean.map(|mean| mean as f32);
    let mut squares = sums(layout, plane, |pixel| {
        std::array::from_fn(|channel| {
            let deviation = pixel[channel] - near[channel];
            deviation * deviation
        })
    });
    for channel in 0..BLOCK {
        // `near` is the mean rounded, and these were deviations from it.
        squares[channel] -= n * (mean[channel] - f64::from(near[channel])).powi(2);
    }
    [mean, squares.map(|sum| sum.max(0.0))]
}

/// The sum of `of` over all pixels.
#[inline(always)]
fn sums(layout: &Layout, plane: &[f32], of: impl Fn(&Pixel) -> Pixel) -> [f64; BLOCK] {
    let mut all = [0.0; BLOCK];
    for row in rows(layout, plane) {
        let mut of_row = [0.0; BLOCK];
        for pixel in row {
            let terms = of(pixel);
            of_row.iter_mut().zip(terms).for_each(|(sum, term)| *sum += term);
        }
        all.iter_mut().zip(of_row).for_each(|(sum, of_row)| *sum += f64::from(of_row));
    }
    all
}

/// `clamp(x · scale + shift + residual)` for each channel.
#[derive(Debug)]
pub struct Affine {
    scale: Vec<Pixel>,
    shift: Vec<Pixel>,
    range: [f32; 2],
}

impl Affine {
    /// From scale and shift of each channel. What fills up the last plane stays zero.
    pub fn new(scale: &[f32], shift: &[f32], range: [f32; 2]) -> Self {
        let filled = |values: &[f32]| {
            let pixel = |eight: &[f32]| std::array::from_fn(|channel| eight.get(channel).copied().unwrap_or(0.0));
            values.chunks(BLOCK).map(pixel).collect()
        };
        Self { scale: filled(scale), shift: filled(shift), range }
    }

    /// Normalises plane `block`, whose zeros around it stay. `residual` is that plane of what is added, in its layout.
    pub fn apply(&self, block: usize, layout: &Layout, residual: Option<(&Layout, &[f32])>, plane: &mut [f32]) {
        let (scale, shift, [low, high]) = (&self.scale[block], &self.shift[block], self.range);
        let len = layout.shape.width * BLOCK;
        for row in 0..layout.shape.height {
            let pixels = plane[layout.at(row, 0)..][..len].as_chunks_mut::<BLOCK>().0;
            match residual {
                None => pixels.iter_mut().for_each(|x| {
                    *x = std::array::from_fn(|c| (x[c] * scale[c] + shift[c]).max(low).min(high));
                }),
                Some((from, residual)) => {
                    let added = residual[from.at(row, 0)..][..len].as_chunks::<BLOCK>().0;
                    pixels.iter_mut().zip(added).for_each(|(x, added)| {
                        *x = std::array::from_fn(|c| (x[c] * scale[c] + shift[c] + added[c]).max(low).min(high));
                    });
                }
            }
        }
    }
}
