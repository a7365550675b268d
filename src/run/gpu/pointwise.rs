//! Pointwise (1×1) convolution as a register-blocked matrix product, `x [pixels, c_in] · w [c_in, c_out]`.
//!
//! 14×14, 112 → 672: 29.5 MFLOP over 0.9 MB = 33 FLOP/byte; 112×112, 16 → 96: 38.5 MFLOP over 5.6 MB = 7, bound by
//! memory, hence bias, residual and activation in the same pass. A thread holds a tile of 8 pixels × 8 channels: for four
//! input channels it loads 8 vectors of `x` and 8 of `w` and does 256 multiply-adds, 4 FLOP a byte asked of the cache
//! (4 × 4: 2). Neighbouring threads take neighbouring channels: loads of `w` and stores are coalesced, those of `x` are
//! the same address. No workgroup memory: a barrier costs more than the L1 cache that serves the repeated loads.
//!
//! Tried on the software adapter, all layers of EfficientNet-Lite0, CPU-ms: 4 × 4 490, 8 × 4 390–460, 4 × 8 390, **8 × 8
//! 310–330**, 12 × 8 300, 8 × 12 300, 16 × 4 380; one channel a thread with scalar loads 430–1100; weights packed in
//! panels 320. The large tile leaves a discrete GPU idle on few pixels, and the small one asks more of its cache: which is
//! faster where is timed on the adapter ([`crate::run::gpu::tiles`]); until it was, layers with few tiles run on 4 × 4.

use cubecl::client::Client;
use cubecl::prelude::*;
use serde::{Deserialize, Serialize};

use crate::run::gpu::buffers::{Buffer, Finish, LANES, grid};
use crate::run::gpu::layers::Layer;

/// Pixels and channel vectors that a thread computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    rows: u32,
    cols: u32,
}

/// Fewest loads a multiply-add.
const LARGE: Tile = Tile { rows: 8, cols: 2 };

/// Most threads.
const SMALL: Tile = Tile { rows: 4, cols: 1 };

/// Threads below which a GPU idles: an integrated one runs some thousand at a time.
const ENOUGH_THREADS: usize = 4096;

/// Raise it when a tile or the kernel changes: what was timed before says nothing any more.
pub const TILES_VERSION: u32 = 1;

/// Which tile a layer runs on. All give the same bits: each output is summed in the same order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tiling {
    /// The large one throughout: a CPU that plays the GPU has no lanes to fill.
    Large,
    /// The small one throughout.
    Small,
    /// The small one where the large one would leave a GPU idle.
    BySize,
}

impl Tiling {
    /// Does not look at the batch.
    fn tile(self, pixels_an_image: usize, groups_out: usize) -> Tile {
        let few = LARGE.threads(pixels_an_image, groups_out) < ENOUGH_THREADS;
        match self {
            Tiling::Small => SMALL,
            Tiling::BySize if few => SMALL,
            Tiling::BySize | Tiling::Large => LARGE,
        }
    }
}

/// Whether a layer runs on the small tile under `tiling`.
pub fn takes_small_tile(tiling: Tiling, pixels_an_image: usize, groups_out: usize) -> bool {
    tiling.tile(pixels_an_image, groups_out) == SMALL
}

/// Calls with a tiling for each tile that `tiling` may take.
pub fn each_tile(tiling: Tiling, mut call: impl FnMut(Tiling)) {
    match tiling {
        Tiling::BySize => [Tiling::Large, Tiling::Small].into_iter().for_each(call),
        one => call(one),
    }
}

impl Tile {
    fn threads(self, pixels: usize, groups_out: usize) -> usize {
        pixels.div_ceil(self.rows as usize) * groups_out.div_ceil(self.cols as usize)
    }
}

/// `activation(x · weight + bias + residual)` for each pixel.
///
/// `x [images × pixels, groups in]` → `[images × pixels, groups out]`, in vectors of four channels.
pub fn run(
    client: &Client,
    x: &Buffer,
    layer: &Layer,
    [images, pixels_an_image]: [usize; 2],
    tiling: Tiling,
    finish: Finish,
) -> Buffer {
    let (pixels, groups_out) = (images * pixels_an_image, layer.bias.len);
    let tile = tiling.tile(pixels_an_image, groups_out);
    let out = Buffer::empty(client, pixels * groups_out);
    let (count, dim) = grid(tile.threads(pixels, groups_out));
    // SAFETY: pixels, groups_in and groups_out are those of the buffers; the kernel clamps what it reads to them and
    // stores below them.
    unsafe {
        pointwise::launch_unchecked(
            client,
            count,
            dim,
            LANES,
            x.arg(),
            layer.weight.arg(),
            layer.bias.arg(),
            finish.residual.unwrap_or(&layer.bias).arg(),
            out.arg(),
            pixels as u32,
            (x.len / pixels) as u32,
            groups_out as u32,
            finish.residual.is_some() as u32,
            finish.low,
            finish.high,
            tile.rows,
            tile.cols,
        );
    }
    out
}

#[expect(clippy::too_many_arguments, reason = "buffers and scalars of one pipeline")]
#[cube(launch_unchecked)]
fn pointwise<N: Size>(
    x: &[Vector<f32, N>],
    weight: &[Vector<f32, N>],
    bias: &[Vector<f32, N>],
    residual: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    pixels: u32,
    groups_in: u32,
    groups_out: u32,
    has_residual: u32,
    low: f32,
    high: f32,
    #[comptime] rows: u32,
    #[comptime] cols: u32,
) {
    // A thread's channel vectors lie `blocks` apart, so that neighbours load neighbouring vectors.
    let blocks = groups_out.div_ceil(cols);
    let first = ABSOLUTE_POS_X / blocks * rows;
    let block = ABSOLUTE_POS_X % blocks;
    if first >= pixels {
        terminate!();
    }
    let mut sums = Array::<Vector<f32, N>>::new(comptime![(rows * cols) as usize]);
    accumulate(x, weight, bias, &mut sums, first, block, blocks, pixels, groups_in, groups_out, rows, cols);
    #[unroll]
    for r in 0..rows {
        #[unroll]
        for c in 0..cols {
            let group = block + c * blocks;
            if first + r < pixels && group < groups_out {
                let to = ((first + r) * groups_out + group) as usize;
                let mut sum = sums[(r * cols + c) as usize];
                if has_residual == 1 {
                    sum += residual[to];
                }
                out[to] = clamp(sum, Vector::new(low), Vector::new(high));
            }
        }
    }
}

/// Bias and products of a tile. Beyond the last pixel or channel it computes the last one again.
#[expect(clippy::too_many_arguments, reason = "part of the kernel above")]
#[cube]
fn accumulate<N: Size>(
    x: &[Vector<f32, N>],
    weight: &[Vector<f32, N>],
    bias: &[Vector<f32, N>],
    sums: &mut Array<Vector<f32, N>>,
    first: u32,
    block: u32,
    blocks: u32,
    pixels: u32,
    groups_in: u32,
    groups_out: u32,
    #[comptime] rows: u32,
    #[comptime] cols: u32,
) {
    let mut starts = Array::<u32>::new(comptime![rows as usize]);
    let mut groups = Array::<u32>::new(comptime![cols as usize]);
    #[unroll]
    for c in 0..cols {
        groups[c as usize] = min(block + c * blocks, groups_out - 1);
    }
    #[unroll]
    for r in 0..rows {
        starts[r as usize] = min(first + r, pixels - 1) * groups_in;
        #[unroll]
        for c in 0..cols {
            sums[(r * cols + c) as usize] = bias[groups[c as usize] as usize];
        }
    }
    for k in 0..groups_in {
        let mut w = Array::<Vector<f32, N>>::new(comptime![(4 * cols) as usize]);
        #[unroll]
        for i in 0..4u32 {
            #[unroll]
            for c in 0..cols {
                w[(i * cols + c) as usize] = weight[((k * 4 + i) * groups_out + groups[c as usize]) as usize];
            }
        }
        // Row by row, so that a row's sums stay in registers for sixteen multiply-adds.
        #[unroll]
        for r in 0..rows {
            let a = x[(starts[r as usize] + k) as usize];
            #[unroll]
            for i in 0..4u32 {
                #[unroll]
                for c in 0..cols {
                    let product = Vector::new(a.extract(comptime![i as usize])) * w[(i * cols + c) as usize];
                    sums[(r * cols + c) as usize] += product;
                }
            }
        }
    }
}
