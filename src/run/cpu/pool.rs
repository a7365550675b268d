//! The mean over height and width. 7 × 7 × 1280: 63 kFLOP over 0.25 MB, a thousandth of a backbone; kept simple.

use crate::run::cpu::layout::{BLOCK, Layout};

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
