//! Convolutions of each channel by itself, and with a window of one pixel anything that goes number by number.
//!
//! The arithmetic, for 5×5 over 28×28×240: 9.4 MFLOP over 1.7 MB (input with its border 0.98 MB, output 0.75 MB) = 5.4
//! FLOP a byte; 3×3: 18 FLOP over 8 bytes = 2.2. From memory that would bound it, hence it works on one plane of eight
//! channels, which the expansion before it has just written (28×28: 33 kB; 14×14: 10 kB), and writes bias, residual and
//! activation in the same pass. Then the loads bound it: one a multiplication, unless neighbours share them.
//!
//! The tile is 7 outputs of a row × 4 channels: every row of a 224-pixel network is a multiple of 7 wide, from 112 down
//! to 7. For one row of the window it holds 7 sums and 5 weights and loads 11 inputs (stride 1) for 35 multiplications.
//! The border lies in memory as zeros, so no tile asks where it is.
//!
//! Reached in Chromium on one core (AMD EPYC, Zen 4): 36–56 GFLOP/s with relaxed-simd, 0.6–0.95 of the FMA limit
//! (3×3 at 36, 5×5 at 38 and more), 30–38 with simd128; 1.65 ms an image for EfficientNet-Lite0's 69 MFLOP, where a first
//! kernel took 5.6. Tiles of 4, 5, 6 and 8 were 10–30 % slower, all rows of the window at once half as fast (spills).
//! Measured by `node bench/kernels.mjs` with the expansion left out of it; the whole image: `node bench/features.mjs`.

use crate::backbone::plan::{Activation, Window};
use crate::backbone::weights::Weight;
use crate::run::cpu::layout::{BLOCK, Layout};
use crate::run::cpu::matrix::{Ends, range_of};
#[cfg(target_arch = "x86_64")]
use crate::run::cpu::simd::F32x8;
use crate::run::cpu::simd::{F32x4, Isa, Vector};

/// Neighbouring outputs that are computed together.
const TILE: usize = 7;

/// A depthwise convolution, its weights packed.
#[derive(Clone, Debug)]
pub struct Depthwise {
    /// `[channels / 8][tap][8]`
    weights: Vec<f32>,
    /// `[channels / 8][8]`
    bias: Vec<f32>,
    range: [f32; 2],
    window: Window,
    input: Layout,
    output: Layout,
    residual: Layout,
}

impl Depthwise {
    /// Packs weights `[channels, 1, kernel, kernel]` and biases `[channels]`.
    pub fn new(weight: &Weight, bias: &[f32], window: Window, activation: Option<Activation>, ends: &Ends) -> Self {
        let (channels, taps) = (ends.output.shape.channels, window.kernel * window.kernel);
        let filled = channels.next_multiple_of(BLOCK);
        let mut weights = vec![0.0; filled * taps];
        for (channel, kernel) in weight.values.chunks_exact(taps).enumerate() {
            for (tap, value) in kernel.iter().enumerate() {
                weights[(channel / BLOCK * taps + tap) * BLOCK + channel % BLOCK] = *value;
            }
        }
        Self {
            weights,
            bias: (0..filled).map(|c| bias.get(c).copied().unwrap_or(0.0)).collect(),
            range: range_of(activation),
            window,
            input: ends.input,
            output: ends.output,
            residual: ends.residual,
        }
    }

    /// Planes of input and output.
    pub fn blocks(&self) -> usize {
        self.bias.len() / BLOCK
    }

    /// Computes plane `block`; all three are that one plane.
    pub fn run(&self, isa: Isa, block: usize, input: &[f32], residual: Option<&[f32]>, output: &mut [f32]) {
        assert!(block < self.blocks());
        assert!(input.len() >= self.reach() && output.len() >= self.output.plane());
        assert!(residual.is_none_or(|residual| residual.len() >= self.residual.plane()));
        let taps = self.window.kernel * self.window.kernel;
        let job = Job {
            depthwise: self,
            weights: self.weights[block * taps * BLOCK..][..taps * BLOCK].as_ptr(),
            bias: self.bias[block * BLOCK..][..BLOCK].as_ptr(),
            input: input.as_ptr(),
            residual: residual.map(<[f32]>::as_ptr),
            output: output.as_mut_ptr(),
        };
        match isa {
            // SAFETY: all three planes are as large as their layouts say, and the layouts hold every window.
            Isa::Portable => unsafe { job.plane::<F32x4>() },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above, and `Isa::detect` has seen AVX2 and FMA.
            Isa::Avx2(_) => unsafe { job.plane_avx2() },
        }
    }
}

impl Depthwise {
    /// Numbers up to the end of the last window in a plane of the input.
    fn reach(&self) -> usize {
        let Window { kernel, stride, .. } = self.window;
        let rows = (self.output.shape.height - 1) * stride + kernel - 1;
        let columns = (self.output.shape.width - 1) * stride + kernel;
        self.input.window_start(&self.window) + rows * self.input.row() + columns * BLOCK
    }
}

/// One call's pointers.
struct Job<'a> {
    depthwise: &'a Depthwise,
    weights: *const f32,
    bias: *const f32,
    input: *const f32,
    residual: Option<*const f32>,
    output: *mut f32,
}

impl Job<'_> {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn plane_avx2(&self) {
        // SAFETY: the caller vouches for it.
        unsafe { self.plane::<F32x8>() }
    }

    #[inline(always)]
    unsafe fn plane<V: Vector>(&self) {
        let Window { kernel, stride, .. } = self.depthwise.window;
        // SAFETY: the caller vouches for it; the sizes are those of the window.
        unsafe {
            match (kernel, stride) {
                (3, 1) => self.rows::<V, 3, 1>(kernel, 1),
                (3, 2) => self.rows::<V, 3, 2>(kernel, 2),
                (5, 1) => self.rows::<V, 5, 1>(kernel, 1),
                (5, 2) => self.rows::<V, 5, 2>(kernel, 2),
                _ => self.rows::<V, 0, 0>(kernel, stride),
            }
        }
    }

    /// `K` and `S` are kernel and stride; 0 where they are known at run time only.
    #[inline(always)]
    unsafe fn rows<V: Vector, const K: usize, const S: usize>(&self, kernel: usize, stride: usize) {
        // Hidden from LLVM, which would unroll all rows of the window: V8 spills that (see above).
        let (kernel, stride) = (std::hint::black_box(kernel), if S == 0 { stride } else { S });
        let Depthwise { input, output, residual, window, .. } = self.depthwise;
        let (start, width) = (input.window_start(window), output.shape.width);
        for y in 0..output.shape.height {
            for part in (0..BLOCK).step_by(V::LANES) {
                // SAFETY: row `y` of the output and its windows exist in all three planes.
                unsafe {
                    let row = Row {
                        input: self.input.add(start + y * stride * input.row() + part),
                        input_row: input.row(),
                        weights: self.weights.add(part),
                        bias: V::load(self.bias.add(part)),
                        residual: self.residual.map(|at| at.add(residual.at(y, 0) + part)),
                        output: self.output.add(output.at(y, 0) + part),
                        range: self.depthwise.range.map(V::splat),
                        kernel,
                        stride,
                    };
                    row.all::<K, S>(width);
                }
            }
        }
    }
}

/// One row of outputs, `LANES` channels of them.
struct Row<V> {
    input: *const f32,
    input_row: usize,
    weights: *const f32,
    bias: V,
    residual: Option<*const f32>,
    output: *mut f32,
    range: [V; 2],
    kernel: usize,
    stride: usize,
}

impl<V: Vector> Row<V> {
    /// All `width` outputs; the last tile overlaps the one before, where they do not fill a row.
    #[inline(always)]
    unsafe fn all<const K: usize, const S: usize>(&self, width: usize) {
        // SAFETY: the caller vouches for `width` outputs.
        unsafe {
            if width < TILE {
                return (0..width).for_each(|x| self.tile::<K, S, 1>(x));
            }
            for x in (0..=width - TILE).step_by(TILE) {
                self.tile::<K, S, TILE>(x);
            }
            if !width.is_multiple_of(TILE) {
                self.tile::<K, S, TILE>(width - TILE);
            }
        }
    }

    /// Outputs `x..x + P`.
    #[inline(always)]
    unsafe fn tile<const K: usize, const S: usize, const P: usize>(&self, x: usize) {
        let (kernel, stride) = (self.kernel, if S == 0 { self.stride } else { S });
        let mut sums = [self.bias; P];
        // SAFETY: the caller vouches for the windows of these outputs, and for as many outputs.
        unsafe {
            let mut input = self.input.add(x * stride * BLOCK);
            let mut weights = self.weights;
            for _ in 0..kernel {
                self.add_row::<K, S, P>(&mut sums, input, weights);
                input = input.wrapping_add(self.input_row);
                weights = weights.wrapping_add(if K == 0 { kernel } else { K } * BLOCK);
            }
            for (pixel, sum) in sums.into_iter().enumerate() {
                let at = (x + pixel) * BLOCK;
                let sum = self.residual.map_or(sum, |residual| sum.add(V::load(residual.add(at))));
                sum.clamp(self.range[0], self.range[1]).store(self.output.add(at));
            }
        }
    }

    /// Adds one row of the windows.
    #[inline(always)]
    unsafe fn add_row<const K: usize, const S: usize, const P: usize>(
        &self,
        sums: &mut [V; P],
        input: *const f32,
        weights: *const f32,
    ) {
        let (kernel, stride) = if K == 0 { (self.kernel, self.stride) } else { (K, S) };
        for (pixel, sum) in sums.iter_mut().enumerate() {
            for tap in 0..kernel {
                // SAFETY: `kernel` weights, and as many inputs from each output's window on.
                let (weight, x) =
                    unsafe { (V::load(weights.add(tap * BLOCK)), V::load(input.add((pixel * stride + tap) * BLOCK))) };
                *sum = x.mul_add(weight, *sum);
            }
        }
    }
}
