//! Convolutions over all channels, pointwise and any other, as one matrix kernel. Reads windows where they lie: nothing
//! is gathered first (no im2col).
//!
//! The arithmetic, for 14×14, 480 → 112: 21.1 MFLOP over 0.68 MB (input 376 kB, weights 215 kB, output 88 kB) = 31 FLOP
//! a byte; 112×112, 32 → 16: 12.8 MFLOP over 2.4 MB = 5.3. Bound by multiplications everywhere: a core that starts two
//! 128-bit FMAs a cycle does 16 FLOP a cycle, 58 GFLOP/s at 3.6 GHz.
//!
//! The tile is 6 pixels × 8 outputs where a multiplication and an addition are one instruction: 12 sums hide its latency
//! of 4 cycles behind 2 a cycle, and with 2 vectors of weights and a number of the input they are the 15 registers that V8
//! gives. That holds only if each number is used up before the next is loaded: `build/dist.sh` tells LLVM to keep the order
//! of the source, its own spills (half the speed). Without FMA a tile is 4 × 8. Weights lie as `[outputs / 8][terms][8]`,
//! so they are read in order. [`Matrix::run`] computes one plane of eight outputs, so that a depthwise convolution can take
//! it over while it is in the cache.
//!
//! Reached in Chromium on one core (AMD EPYC, Zen 4, 62.9 GFLOP/s of FMA): 55–57 GFLOP/s with relaxed-simd, 0.88–0.91 of the
//! limit, and 50 at 7×7, where each weight, from the third-level cache, serves 49 pixels only; 40–42 with simd128. Tiles of
//! 4 × 8 in LLVM's order reached 51.5. Tried and slower: eight terms for each turn of the loop, a tile of 5 pixels, weights
//! of the next plane touched in advance (1 % faster, within the noise). Measured by `node bench/kernels.mjs`.

mod tile;

use std::ops::Range;

use crate::backbone::plan::{Activation, Shape, Window};
use crate::backbone::weights::Weight;
use crate::run::cpu::layout::{BLOCK, Layout, Offsets};
use crate::run::cpu::simd::{F32x4, Isa};
use tile::Job;

/// Pixels in a tile of [`F32x4`]: with a multiplication and an addition in one instruction, 12 sums keep it busy, and just
/// fit; without, 8 are faster.
const PIXELS: usize = if cfg!(any(target_feature = "relaxed-simd", target_arch = "aarch64")) { 6 } else { 4 };

/// A convolution over all channels, its weights packed and its addresses laid out.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// `[outputs / 8][terms of a sum][8]`, terms in the order in which they lie in memory.
    weights: Vec<f32>,
    /// `[outputs / 8][8]`
    bias: Vec<f32>,
    /// Smallest and largest output.
    range: [f32; 2],
    runs: Runs,
    inputs: Offsets,
    outputs: Offsets,
    residuals: Offsets,
    /// Whether pixel `i` of the input starts at `8 i` in each plane.
    dense: bool,
}

/// The terms of an output's sum: `planes × rows` runs of `len` neighbours each.
#[derive(Clone, Copy, Debug)]
struct Runs {
    planes: usize,
    plane_step: usize,
    rows: usize,
    row_step: usize,
    len: usize,
}

/// The values that a convolution reads and writes.
pub struct Ends {
    /// What it reads.
    pub input: Layout,
    /// What it writes.
    pub output: Layout,
    /// What it adds; as `output` where it adds nothing.
    pub residual: Layout,
}

impl Matrix {
    /// Packs weights `[out, in, kernel, kernel]` and biases `[out]`.
    pub fn new(weight: &Weight, bias: &[f32], window: &Window, activation: Option<Activation>, ends: &Ends) -> Self {
        let (input, shape) = (&ends.input, ends.output.shape);
        let runs = Runs {
            planes: input.blocks(),
            plane_step: input.plane(),
            rows: window.kernel,
            row_step: input.row(),
            len: window.kernel * input.block,
        };
        Self {
            weights: packed(weight, window.kernel, input, shape),
            bias: (0..shape.channels.next_multiple_of(BLOCK)).map(|o| bias.get(o).copied().unwrap_or(0.0)).collect(),
            range: range_of(activation),
            runs,
            inputs: Offsets::of_windows(input, window, shape),
            outputs: Offsets::of(&ends.output),
            residuals: Offsets::of(&ends.residual),
            dense: window.kernel == 1 && window.stride == 1 && input.is_dense() && input.block == BLOCK,
        }
    }

    /// Planes of the output.
    pub fn blocks(&self) -> usize {
        self.bias.len() / BLOCK
    }

    /// Pixels of the output.
    pub fn pixels(&self) -> usize {
        self.outputs.all().len()
    }

    /// Numbers that each pixel of a sum reads.
    pub fn terms(&self) -> usize {
        self.runs.planes * self.runs.rows * self.runs.len
    }

    /// Computes `pixels` of plane `block`: `input` is the whole value, `output` and `residual` are that one plane.
    pub fn run(
        &self,
        isa: Isa,
        block: usize,
        pixels: Range<usize>,
        input: &[f32],
        residual: Option<&[f32]>,
        output: &mut [f32],
    ) {
        let Runs { planes, plane_step, rows, row_step, len } = self.runs;
        assert!(pixels.start <= pixels.end && pixels.end <= self.pixels() && block < self.blocks());
        assert!(self.inputs.last() + (planes - 1) * plane_step + (rows - 1) * row_step + len <= input.len());
        assert!(self.outputs.last() + BLOCK <= output.len());
        assert!(residual.is_none_or(|residual| self.residuals.last() + BLOCK <= residual.len()));
        let job = Job {
            matrix: self,
            weights: self.weights[block * BLOCK * self.terms()..][..BLOCK * self.terms()].as_ptr(),
            bias: self.bias[block * BLOCK..][..BLOCK].as_ptr(),
            input: input.as_ptr(),
            residual: residual.map(<[f32]>::as_ptr),
            output: output.as_mut_ptr(),
        };
        match isa {
            // SAFETY: all that a tile reads and writes was checked above: the largest offset of each table fits.
            Isa::Portable => unsafe { job.pixels::<F32x4, PIXELS, 2>(pixels) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above, and `Isa::detect` has seen AVX2 and FMA.
            Isa::Avx2(_) => unsafe { job.pixels_avx2(pixels) },
        }
    }
}

/// `[out / 8][plane][row of the window][column][channel of the plane][8]` from `[out, in, kernel, kernel]`.
fn packed(weight: &Weight, kernel: usize, input: &Layout, output: Shape) -> Vec<f32> {
    let (c_in, c_out) = (input.shape.channels, output.channels);
    let mut all = Vec::with_capacity(c_out.next_multiple_of(BLOCK) * input.blocks() * input.block * kernel * kernel);
    for o_block in 0..c_out.div_ceil(BLOCK) {
        for plane in 0..input.blocks() {
            for tap in 0..kernel * kernel {
                for i in plane * input.block..(plane + 1) * input.block {
                    let one = |o: usize| match o < c_out && i < c_in {
                        true => weight.values[(o * c_in + i) * kernel * kernel + tap],
                        false => 0.0,
                    };
                    all.extend((o_block * BLOCK..(o_block + 1) * BLOCK).map(one));
                }
            }
        }
    }
    all
}

/// Smallest and largest result of an activation.
pub fn range_of(activation: Option<Activation>) -> [f32; 2] {
    match activation {
        None => [f32::NEG_INFINITY, f32::INFINITY],
        Some(Activation::Relu) => [0.0, f32::INFINITY],
        Some(Activation::Relu6) => [0.0, 6.0],
    }
}
