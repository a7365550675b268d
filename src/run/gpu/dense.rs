//! Convolution over all channels with any window: the stem (3 → 32, 3×3, stride 2), and 3×3 layers of other networks.
//!
//! The stem on 224 × 224: 21.7 MFLOP over 2.4 MB = 9 FLOP/byte (with its input filled up to four channels 29 MFLOP). A
//! matrix product whose rows are gathered: a thread holds 8 pixels × 4 channels, in the flat order of pixels, so that
//! odd widths leave no thread half idle. Zeros around the picture are selected, not branched on. Neighbouring threads
//! take neighbouring channels, as in `pointwise`.

use cubecl::client::Client;
use cubecl::prelude::*;

use crate::run::gpu::buffers::{Buffer, Finish, Geometry, LANES, grid, groups};
use crate::run::gpu::layers::Layer;

/// Pixels that a thread computes.
const ROWS: u32 = 8;

/// `activation(convolution(x) + bias + residual)`.
///
/// `x [images, height, width, groups in]` → `[images, out height, out width, groups out]`, in vectors of four channels.
pub fn run(client: &Client, x: &Buffer, layer: &Layer, geometry: &Geometry, finish: Finish) -> Buffer {
    let Geometry { images, input, output, window } = *geometry;
    let groups_out = layer.bias.len;
    let pixels = images * output.height * output.width;
    let out = Buffer::empty(client, pixels * groups_out);
    let (count, dim) = grid(pixels.div_ceil(ROWS as usize) * groups_out);
    // SAFETY: the sizes are those of the buffers; the kernel clamps what it reads to them and stores below them.
    unsafe {
        dense::launch_unchecked(
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
            input.height as u32,
            input.width as u32,
            output.height as u32,
            output.width as u32,
            groups(input) as u32,
            groups_out as u32,
            window.kernel as u32,
            window.stride as u32,
            window.padding.top as u32,
            window.padding.left as u32,
            finish.residual.is_some() as u32,
            finish.low,
            finish.high,
        );
    }
    out
}

/// Where a thread's pixels read: the first row of each one's image, and the window's corner before padding.
#[derive(CubeType)]
struct Corners {
    image: Array<u32>,
    y: Array<u32>,
    x: Array<u32>,
}

#[expect(clippy::too_many_arguments, reason = "buffers and scalars of one pipeline")]
#[cube(launch_unchecked)]
fn dense<N: Size>(
    x: &[Vector<f32, N>],
    weight: &[Vector<f32, N>],
    bias: &[Vector<f32, N>],
    residual: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    pixels: u32,
    height: u32,
    width: u32,
    out_height: u32,
    out_width: u32,
    groups_in: u32,
    groups_out: u32,
    kernel: u32,
    stride: u32,
    top: u32,
    left: u32,
    has_residual: u32,
    low: f32,
    high: f32,
) {
    let group = ABSOLUTE_POS_X % groups_out;
    let first = ABSOLUTE_POS_X / groups_out * ROWS;
    if first >= pixels {
        terminate!();
    }
    let corners = corners(first, height, out_height, out_width, stride);
    let mut sums = Array::<Vector<f32, N>>::new(comptime![ROWS as usize]);
    #[unroll]
    for r in 0..ROWS {
        sums[r as usize] = bias[group as usize];
    }
    let last = pixels / out_width / out_height * height * width - 1;
    let mut at = group;
    for ky in 0..kernel {
        for kx in 0..kernel {
            let mut starts = Array::<u32>::new(comptime![ROWS as usize]);
            let mut inside = Array::<bool>::new(comptime![ROWS as usize]);
            #[unroll]
            for r in 0..ROWS {
                // Above and left of the picture these wrap around, and so are not below `height` and `width`.
                let (from_y, from_x) = (corners.y[r as usize] + ky - top, corners.x[r as usize] + kx - left);
                inside[r as usize] = from_y < height && from_x < width;
                starts[r as usize] = min((corners.image[r as usize] + from_y) * width + from_x, last) * groups_in;
            }
            add_tap(x, weight, &mut sums, &starts, &inside, at, groups_in, groups_out);
            at += groups_in * 4 * groups_out;
        }
    }
    #[unroll]
    for r in 0..ROWS {
        if first + r < pixels {
            let to = ((first + r) * groups_out + group) as usize;
            let mut sum = sums[r as usize];
            if has_residual == 1 {
                sum += residual[to];
            }
            out[to] = clamp(sum, Vector::new(low), Vector::new(high));
        }
    }
}

/// By one division; the next pixels follow by counting on.
#[cube]
fn corners(first: u32, height: u32, out_height: u32, out_width: u32, stride: u32) -> Corners {
    let mut image = Array::<u32>::new(comptime![ROWS as usize]);
    let mut y = Array::<u32>::new(comptime![ROWS as usize]);
    let mut x = Array::<u32>::new(comptime![ROWS as usize]);
    let line = first / out_width;
    let mut at_image = line / out_height * height;
    let mut at_y = line % out_height;
    let mut at_x = first % out_width;
    #[unroll]
    for r in 0..ROWS {
        image[r as usize] = at_image;
        y[r as usize] = at_y * stride;
        x[r as usize] = at_x * stride;
        at_x += 1;
        let next_line = at_x == out_width;
        at_x = select(next_line, 0, at_x);
        at_y += select(next_line, 1, 0);
        let next_image = at_y == out_height;
        at_y = select(next_image, 0, at_y);
        at_image += select(next_image, height, 0);
    }
    Corners { image, y, x }
}

/// One tap of the window over all input channels.
#[expect(clippy::too_many_arguments, reason = "part of the kernel above")]
#[cube]
fn add_tap<N: Size>(
    x: &[Vector<f32, N>],
    weight: &[Vector<f32, N>],
    sums: &mut Array<Vector<f32, N>>,
    starts: &Array<u32>,
    inside: &Array<bool>,
    at: u32,
    groups_in: u32,
    groups_out: u32,
) {
    for k in 0..groups_in {
        let mut w = Array::<Vector<f32, N>>::new(4usize);
        #[unroll]
        for i in 0..4u32 {
            w[i as usize] = weight[(at + (k * 4 + i) * groups_out) as usize];
        }
        #[unroll]
        for r in 0..ROWS {
            let a = select(inside[r as usize], x[(starts[r as usize] + k) as usize], Vector::new(0f32));
            #[unroll]
            for i in 0..4u32 {
                sums[r as usize] += Vector::new(a.extract(comptime![i as usize])) * w[i as usize];
            }
        }
    }
}
