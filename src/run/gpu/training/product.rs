//! Through a dense layer and back: two matrix products on register tiles, as in `pointwise`.
//!
//! 64 rows, 1280 → 512: 84 MFLOP over 2.9 MB = 29 FLOP a byte. There `w` is read along its rows, back across: a thread
//! turns each block of 4 × 4 weights in its registers, so that `wᵀ` is stored nowhere.

use cubecl::client::Client;
use cubecl::prelude::*;

use crate::run::gpu::buffers::{Buffer, LANES, Words, grid};
use crate::run::gpu::training::rows::{Mask, mask_of};
use crate::run::gpu::training::tile::{Tile, accumulate};

/// A dense layer among all weights: `[in, out]`, then the bias `[out]`.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Its first vector.
    pub from: usize,
    /// Vectors of an input row.
    pub groups_in: usize,
    /// Vectors of an output row.
    pub groups_out: usize,
}

/// What becomes of `x · w + bias`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Stays.
    Linear,
    /// Negative numbers become zero.
    Relu,
}

/// `y = activation(x · w + bias) · mask`. `x [rows, groups_in]` → `y [rows, groups_out]`
#[expect(clippy::too_many_arguments, reason = "buffers of one launch")]
pub fn forward(
    client: &Client,
    tile: Tile,
    x: &Buffer,
    (parameters, place): (&Buffer, Place),
    words: &Words,
    y: &Buffer,
    rows: usize,
    (activation, mask): (Activation, Mask),
) {
    let Place { from, groups_in, groups_out } = place;
    let (count, dim) = grid(tile.threads(rows, groups_out));
    // SAFETY: `x` and `y` have room for `rows` rows, `parameters` for the layer; the kernel clamps what it reads to them
    // and stores below them.
    unsafe {
        forward_tile::launch_unchecked(
            client,
            count,
            dim,
            LANES,
            x.arg(),
            parameters.arg(),
            words.arg(),
            y.arg(),
            rows as u32,
            groups_in as u32,
            groups_out as u32,
            from as u32,
            (activation == Activation::Relu) as u32,
            mask.from,
            mask.keep,
            tile.rows,
            tile.cols,
        );
    }
}

/// `dx = dy · wᵀ · keep` where `x > 0`, else 0. `dy [rows, groups_out]`, `x [rows, groups_in]` → `dx` as `x`
#[expect(clippy::too_many_arguments, reason = "buffers of one launch")]
pub fn backward(
    client: &Client,
    tile: Tile,
    dy: &Buffer,
    (parameters, place): (&Buffer, Place),
    x: &Buffer,
    dx: &Buffer,
    rows: usize,
    keep: f32,
) {
    let Place { from, groups_in, groups_out } = place;
    let (count, dim) = grid(tile.threads(rows, groups_in));
    // SAFETY: as in `forward`.
    unsafe {
        backward_tile::launch_unchecked(
            client,
            count,
            dim,
            LANES,
            dy.arg(),
            parameters.arg(),
            x.arg(),
            dx.arg(),
            rows as u32,
            groups_out as u32,
            groups_in as u32,
            from as u32,
            keep,
            tile.rows,
            tile.cols,
        );
    }
}

#[expect(clippy::too_many_arguments, reason = "buffers and scalars of one pipeline")]
#[cube(launch_unchecked)]
fn forward_tile<N: Size>(
    x: &[Vector<f32, N>],
    parameters: &[Vector<f32, N>],
    words: &[u32],
    y: &mut [Vector<f32, N>],
    rows: u32,
    groups_in: u32,
    groups_out: u32,
    from: u32,
    is_relu: u32,
    mask: u32,
    keep: f32,
    #[comptime] tile_rows: u32,
    #[comptime] tile_cols: u32,
) {
    let blocks = groups_out.div_ceil(tile_cols);
    let first = ABSOLUTE_POS_X / blocks * tile_rows;
    let block = ABSOLUTE_POS_X % blocks;
    if first >= rows {
        terminate!();
    }
    let mut sums = Array::<Vector<f32, N>>::new(comptime![(tile_rows * tile_cols) as usize]);
    #[unroll]
    for c in 0..tile_cols {
        let group = min(block + c * blocks, groups_out - 1);
        let bias = parameters[(from + groups_in * 4 * groups_out + group) as usize];
        #[unroll]
        for r in 0..tile_rows {
            sums[(r * tile_cols + c) as usize] = bias;
        }
    }
    accumulate(
        x, parameters, &mut sums, first, block, blocks, rows, groups_in, groups_out, from, false, tile_rows, tile_cols,
    );
    #[unroll]
    for r in 0..tile_rows {
        #[unroll]
        for c in 0..tile_cols {
            let group = block + c * blocks;
            if first + r < rows && group < groups_out {
                let to = (first + r) * groups_out + group;
                let mut sum = sums[(r * tile_cols + c) as usize];
                if is_relu == 1 {
                    sum = max(sum, Vector::new(0f32));
                }
                if mask != 0 {
                    sum *= mask_of::<N>(words, mask, to, keep);
                }
                y[to as usize] = sum;
            }
        }
    }
}

#[expect(clippy::too_many_arguments, reason = "buffers and scalars of one pipeline")]
#[cube(launch_unchecked)]
fn backward_tile<N: Size>(
    dy: &[Vector<f32, N>],
    parameters: &[Vector<f32, N>],
    x: &[Vector<f32, N>],
    dx: &mut [Vector<f32, N>],
    rows: u32,
    groups_in: u32,
    groups_out: u32,
    from: u32,
    keep: f32,
    #[comptime] tile_rows: u32,
    #[comptime] tile_cols: u32,
) {
    let blocks = groups_out.div_ceil(tile_cols);
    let first = ABSOLUTE_POS_X / blocks * tile_rows;
    let block = ABSOLUTE_POS_X % blocks;
    if first >= rows {
        terminate!();
    }
    let mut sums = Array::<Vector<f32, N>>::new(comptime![(tile_rows * tile_cols) as usize]);
    #[unroll]
    for i in 0..tile_rows * tile_cols {
        sums[i as usize] = Vector::new(0f32);
    }
    accumulate(
        dy, parameters, &mut sums, first, block, blocks, rows, groups_in, groups_out, from, true, tile_rows, tile_cols,
    );
    #[unroll]
    for r in 0..tile_rows {
        #[unroll]
        for c in 0..tile_cols {
            let group = block + c * blocks;
            if first + r < rows && group < groups_out {
                let to = (first + r) * groups_out + group;
                let gate = x[to as usize];
                let sum = sums[(r * tile_cols + c) as usize];
                let mut gradient = Vector::<f32, N>::new(0f32);
                #[unroll]
                for lane in 0..4u32 {
                    let number = sum.extract(comptime![lane as usize]) * keep;
                    let is_open = gate.extract(comptime![lane as usize]) > 0f32;
                    gradient.insert(comptime![lane as usize], select(is_open, number, 0f32));
                }
                dx[to as usize] = gradient;
            }
        }
    }
}
