//! The mean over height and width, and the largest number of each window. 7 × 7 × 1280: 63 kFLOP over 0.25 MB;
//! 3×3 over 112 × 112 × 64: 1.8 M comparisons over 4 MB. A thousandth of a backbone; kept simple.

use std::ops::Range;

use crate::backbone::plan::Window;
use crate::run::cpu::layout::{BLOCK, Layout};

/// Maxima of each channel over the part of each window that lies on the input.
pub fn max_pool(from: &Layout, window: &Window, input: &[f32], to: &Layout, output: &mut [f32]) {
    let (height, width) = (from.shape.height, from.shape.width);
    let planes = input[..from.len()].chunks_exact(from.plane());
    for (input, output) in planes.zip(output.chunks_exact_mut(to.plane())) {
        for y in 0..to.shape.height {
            let rows = on_input(y, window, window.padding.top, height);
            for x in 0..to.shape.width {
                let columns = on_input(x, window, window.padding.left, width);
                let mut most = [f32::NEG_INFINITY; BLOCK];
                for row in rows.clone() {
                    let pixels = &input[from.at(row, columns.start)..][..columns.len() * BLOCK];
                    for pixel in pixels.as_chunks::<BLOCK>().0 {
                        most.iter_mut().zip(pixel).for_each(|(most, x)| *most = if *x > *most { *x } else { *most });
                    }
                }
                output[to.at(y, x)..][..BLOCK].copy_from_slice(&most);
            }
        }
    }
}

/// The rows or columns of the window at output `at` that are not padding.
fn on_input(at: usize, window: &Window, before: usize, size: usize) -> Range<usize> {
    let start = at * window.stride;
    start.saturating_sub(before)..(start + window.kernel).saturating_sub(before).min(size)
}

/// Means of each channel. `input` has a layout without padding; `output` holds as many planes of one pixel.
pub fn global_avg_pool(layout: &Layout, input: &[f32], output: &mut [f32]) {
    let scale = 1.0 / layout.pixels() as f32;
    let planes = input[..layout.len()].chunks_exact(layout.plane());
    for (plane, means) in planes.zip(output.as_chunks_mut::<BLOCK>().0) {
        let mut sums = [0.0; BLOCK];
        for row in 0..layout.shape.height {
            let pixels = &plane[layout.at(row, 0)..][..layout.shape.width * BLOCK];
            for pixel in pixels.as_chunks::<BLOCK>().0 {
                sums.iter_mut().zip(pixel).for_each(|(sum, x)| *sum += x);
            }
        }
        *means = sums.map(|sum| sum * scale);
    }
}
