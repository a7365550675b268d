//! Depthwise convolution, 3×3 or 5×5 and any other, with SAME or other zeros around.
//!
//! 3×3: 18 FLOP over 8 bytes = 2.3 FLOP/byte, 5×5: 6.3: bound by memory, hence bias and activation in the same pass. A
//! thread computes 7 pixels of a row for four channels: at stride 1, 3×3 it loads 9 vectors a row of the window for 21
//! multiply-adds, not 21. 7 divides the widths of all networks on 224 × 224 (112, 56, 28, 14, 7). Neighbouring threads
//! take neighbouring channels, so that loads and stores are coalesced. Kernel and stride are fixed in a pipeline, since
//! the window lives in registers; all sizes are arguments.

use cubecl::client::Client;
use cubecl::prelude::*;

use crate::run::gpu::buffers::{Buffer, Finish, Geometry, LANES, grid};
use crate::run::gpu::layers::Layer;

/// Pixels of a row that a thread computes.
const ACROSS: u32 = 7;

/// `activation(depthwise(x) + bias)`.
///
/// `x [images, height, width, groups]` → `[images, out height, out width, groups]`, in vectors of four channels.
pub fn run(client: &Client, x: &Buffer, layer: &Layer, geometry: &Geometry, finish: Finish) -> Buffer {
    let Geometry { images, input, output, window } = *geometry;
    let groups = layer.bias.len;
    let rows = images * output.height;
    let out = Buffer::empty(client, rows * output.width * groups);
    let (count, dim) = grid(rows * output.width.div_ceil(ACROSS as usize) * groups);
    // SAFETY: the sizes are those of the buffers; the kernel clamps what it reads to them and stores below them.
    unsafe {
        depthwise::launch_unchecked(
            client,
            count,
            dim,
            LANES,
            x.arg(),
            layer.weight.arg(),
            layer.bias.arg(),
            out.arg(),
            rows as u32,
            input.height as u32,
            input.width as u32,
            output.height as u32,
            output.width as u32,
            groups as u32,
            window.padding.top as u32,
            window.padding.left as u32,
            finish.low,
            finish.high,
            window.kernel as u32,
            window.stride as u32,
        );
    }
    out
}

#[expect(clippy::too_many_arguments, reason = "buffers and scalars of one pipeline")]
#[cube(launch_unchecked)]
fn depthwise<N: Size>(
    x: &[Vector<f32, N>],
    weight: &[Vector<f32, N>],
    bias: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    rows: u32,
    height: u32,
    width: u32,
    out_height: u32,
    out_width: u32,
    groups: u32,
    top: u32,
    left: u32,
    low: f32,
    high: f32,
    #[comptime] kernel: u32,
    #[comptime] stride: u32,
) {
    let tiles = out_width.div_ceil(ACROSS);
    let group = ABSOLUTE_POS_X % groups;
    let tile = ABSOLUTE_POS_X / groups;
    let row = tile / tiles;
    if row >= rows {
        terminate!();
    }
    let first = tile % tiles * ACROSS;
    let mut sums = Array::<Vector<f32, N>>::new(comptime![ACROSS as usize]);
    #[unroll]
    for o in 0..ACROSS {
        sums[o as usize] = bias[group as usize];
    }
    for ky in 0..kernel {
        // Above the picture this wraps around, and so is not below `height`; the same holds for columns.
        let from = row % out_height * stride + ky - top;
        if from < height {
            let line = (row / out_height * height + from) * width;
            let start = first * stride - left;
            add_row(x, weight, &mut sums, line, start, width, groups, group, ky * kernel, kernel, stride);
        }
    }
    #[unroll]
    for o in 0..ACROSS {
        if first + o < out_width {
            let to = ((row * out_width + first + o) * groups + group) as usize;
            out[to] = clamp(sums[o as usize], Vector::new(low), Vector::new(high));
        }
    }
}

/// One row of the window over a row of the picture.
#[expect(clippy::too_many_arguments, reason = "part of the kernel above")]
#[cube]
fn add_row<N: Size>(
    x: &[Vector<f32, N>],
    weight: &[Vector<f32, N>],
    sums: &mut Array<Vector<f32, N>>,
    line: u32,
    start: u32,
    width: u32,
    groups: u32,
    group: u32,
    first_tap: u32,
    #[comptime] kernel: u32,
    #[comptime] stride: u32,
) {
    let mut taps = Array::<Vector<f32, N>>::new(comptime![kernel as usize]);
    #[unroll]
    for kx in 0..kernel {
        taps[kx as usize] = weight[((first_tap + kx) * groups + group) as usize];
    }
    #[unroll]
    for i in 0..comptime![(ACROSS - 1) * stride + kernel] {
        let column = start + i;
        let inside = x[((line + min(column, width - 1)) * groups + group) as usize];
        let value = select(column < width, inside, Vector::new(0f32));
        #[unroll]
        for o in 0..ACROSS {
            if comptime![i >= o * stride && i < o * stride + kernel] {
                sums[o as usize] += value * taps[comptime![(i - o * stride) as usize]];
            }
        }
    }
}
