//! The largest number of each window. 3×3 over 112 × 112 × 64: 1.8 M comparisons over 4 MB, bound by memory.

use cubecl::client::Client;
use cubecl::prelude::*;

use crate::run::gpu::buffers::{Buffer, Geometry, LANES, grid, groups};

/// Maxima over the part of each window that lies on the input; zeros around it never win.
///
/// `x [images, height, width, groups]` → `[images, out height, out width, groups]`, in vectors of four channels.
pub fn max_pool(client: &Client, x: &Buffer, geometry: &Geometry) -> Buffer {
    let Geometry { images, input, output, window } = *geometry;
    let groups = groups(input);
    let len = images * output.height * output.width * groups;
    let out = Buffer::empty(client, len);
    let (count, dim) = grid(len);
    // SAFETY: the sizes are those of the buffers; the kernel clamps what it reads to them and stores below them.
    unsafe {
        max_of_window::launch_unchecked(
            client,
            count,
            dim,
            LANES,
            x.arg(),
            out.arg(),
            len as u32,
            input.height as u32,
            input.width as u32,
            output.height as u32,
            output.width as u32,
            groups as u32,
            window.kernel as u32,
            window.stride as u32,
            window.padding.top as u32,
            window.padding.left as u32,
        );
    }
    out
}

#[expect(clippy::too_many_arguments, reason = "buffers and scalars of one pipeline")]
#[cube(launch_unchecked)]
fn max_of_window<N: Size>(
    x: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    len: u32,
    height: u32,
    width: u32,
    out_height: u32,
    out_width: u32,
    groups: u32,
    kernel: u32,
    stride: u32,
    top: u32,
    left: u32,
) {
    let at = ABSOLUTE_POS_X;
    if at >= len {
        terminate!();
    }
    let group = at % groups;
    let column = at / groups % out_width * stride;
    let row = at / groups / out_width % out_height * stride;
    let image = at / groups / out_width / out_height * height;
    let mut most = Vector::<f32, N>::new(f32::MIN);
    for ky in 0..kernel {
        for kx in 0..kernel {
            // Above and left of the picture these wrap around, and so are not below `height` and `width`.
            let (from_y, from_x) = (row + ky - top, column + kx - left);
            let inside = from_y < height && from_x < width;
            let from = ((image + min(from_y, height - 1)) * width + min(from_x, width - 1)) * groups + group;
            most = max(most, select(inside, x[from as usize], most));
        }
    }
    out[at as usize] = most;
}
