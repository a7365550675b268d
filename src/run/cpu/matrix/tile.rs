//! The inner loops of the matrix kernel. All `unsafe` here rests on the checks of `Matrix::run`.

use std::ops::Range;

use crate::run::cpu::layout::BLOCK;
use crate::run::cpu::matrix::{Matrix, Runs};
#[cfg(target_arch = "x86_64")]
use crate::run::cpu::simd::F32x8;
use crate::run::cpu::simd::Vector;

/// One call's pointers.
pub(super) struct Job<'a> {
    pub(super) matrix: &'a Matrix,
    /// Of the plane that is computed.
    pub(super) weights: *const f32,
    /// Of the plane that is computed.
    pub(super) bias: *const f32,
    /// The whole input.
    pub(super) input: *const f32,
    /// One plane.
    pub(super) residual: Option<*const f32>,
    /// One plane.
    pub(super) output: *mut f32,
}

impl Job<'_> {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn pixels_avx2(&self, pixels: Range<usize>) {
        // SAFETY: the caller vouches for it.
        unsafe { self.pixels::<F32x8, 8, 1>(pixels) }
    }

    /// Tiles of `P` pixels, then two of four for the rest. `PARTS` vectors make eight channels.
    ///
    /// A tile of fewer than four takes as long as one of four: too few sums to hide the latency of an addition. So the
    /// last tiles may overlap; both write the same numbers.
    #[inline(always)]
    pub(super) unsafe fn pixels<V: Vector, const P: usize, const PARTS: usize>(&self, pixels: Range<usize>) {
        let mut at = pixels.start;
        // SAFETY: the caller vouches for all pixels of the range.
        unsafe {
            while at + P == pixels.end || at + P + 4 <= pixels.end {
                self.tile::<V, P, PARTS>(at);
                at += P;
            }
            while at + 4 < pixels.end {
                self.tile::<V, 4, PARTS>(at);
                at += 4;
            }
            match pixels.end - at {
                0 => {}
                _ if pixels.len() >= 4 => self.tile::<V, 4, PARTS>(pixels.end - 4),
                _ => (at..pixels.end).for_each(|at| self.tile::<V, 1, PARTS>(at)),
            }
        }
    }

    #[inline(always)]
    unsafe fn tile<V: Vector, const P: usize, const PARTS: usize>(&self, at: usize) {
        // SAFETY: pixels `at..at + P` exist, and what they read and write was checked.
        unsafe {
            let sums = match self.matrix.dense {
                true => self.dense_sums::<V, P, PARTS>(at),
                false => self.sums::<V, P, PARTS>(at),
            };
            self.finish(at, sums);
        }
    }

    #[inline(always)]
    unsafe fn start<V: Vector, const P: usize, const PARTS: usize>(&self) -> [[V; PARTS]; P] {
        // SAFETY: eight biases.
        let bias = std::array::from_fn(|part| unsafe { V::load(self.bias.add(part * V::LANES)) });
        [bias; P]
    }

    /// One term for `P` pixels: `x` points to the pixels' numbers, `w` to eight weights.
    #[inline(always)]
    unsafe fn term<V: Vector, const P: usize, const PARTS: usize>(
        sums: &mut [[V; PARTS]; P],
        w: *const f32,
        x: impl Fn(usize) -> *const f32,
    ) {
        // SAFETY: the caller vouches for eight weights and for each pixel's number.
        unsafe {
            let weights: [V; PARTS] = std::array::from_fn(|part| V::load(w.add(part * V::LANES)));
            for (pixel, sums) in sums.iter_mut().enumerate() {
                let x = V::load_splat(x(pixel));
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum = x.mul_add(weight, *sum);
                }
            }
        }
    }

    /// Sums over a dense input: one pointer, all pixels at constant distances from it.
    #[inline(always)]
    unsafe fn dense_sums<V: Vector, const P: usize, const PARTS: usize>(&self, at: usize) -> [[V; PARTS]; P] {
        let Runs { planes, plane_step, len, .. } = self.matrix.runs;
        // SAFETY: `planes` planes of at least `at + P` pixels, and as many weights.
        unsafe {
            let mut sums = self.start::<V, P, PARTS>();
            let (mut x, mut w) = (self.input.add(at * BLOCK), self.weights);
            for _ in 0..planes {
                // `len` is always 8, and LLVM must not know it: an unrolled loop is slower (see the module above).
                for k in 0..len {
                    Self::term(&mut sums, w.add(k * BLOCK), |pixel| x.add(pixel * BLOCK + k));
                }
                x = x.wrapping_add(plane_step);
                w = w.add(len * BLOCK);
            }
            sums
        }
    }

    /// Sums over any input: a pointer for each pixel.
    #[inline(always)]
    unsafe fn sums<V: Vector, const P: usize, const PARTS: usize>(&self, at: usize) -> [[V; PARTS]; P] {
        let Runs { planes, plane_step, rows, row_step, len } = self.matrix.runs;
        // SAFETY: the tables have `at + P` entries, and each window lies inside the input.
        unsafe {
            let mut sums = self.start::<V, P, PARTS>();
            let starts = self.matrix.inputs.all().as_ptr().add(at);
            let pixels: [*const f32; P] = std::array::from_fn(|pixel| self.input.add(*starts.add(pixel) as usize));
            let mut w = self.weights;
            for plane in 0..planes {
                for row in 0..rows {
                    let run = plane * plane_step + row * row_step;
                    for k in run..run + len {
                        Self::term(&mut sums, w, |pixel| pixels[pixel].add(k));
                        w = w.add(BLOCK);
                    }
                }
            }
            sums
        }
    }

    /// Adds the residual, applies the activation, writes.
    #[inline(always)]
    unsafe fn finish<V: Vector, const P: usize, const PARTS: usize>(&self, at: usize, mut sums: [[V; PARTS]; P]) {
        let [low, high] = self.matrix.range.map(V::splat);
        // SAFETY: the tables have `at + P` entries; eight numbers lie at each offset.
        unsafe {
            // One question a tile: asked for each vector, it costs 0.4 of 15.5 ms an image.
            if let Some(residual) = self.residual {
                let starts = self.matrix.residuals.all().as_ptr().add(at);
                for (pixel, sums) in sums.iter_mut().enumerate() {
                    let added = residual.add(*starts.add(pixel) as usize);
                    for (part, sum) in sums.iter_mut().enumerate() {
                        *sum = sum.add(V::load(added.add(part * V::LANES)));
                    }
                }
            }
            let starts = self.matrix.outputs.all().as_ptr().add(at);
            for (pixel, sums) in sums.into_iter().enumerate() {
                let output = self.output.add(*starts.add(pixel) as usize);
                for (part, sum) in sums.into_iter().enumerate() {
                    sum.clamp(low, high).store(output.add(part * V::LANES));
                }
            }
        }
    }
}
