//! What runs over whole images: pixels to normalised vectors, the global average pool, addition.
//!
//! Each number is read once and used once, so each is bound by memory; together they are under 2 % of a network.

use cubecl::client::Client;
use cubecl::prelude::*;

use crate::run::gpu::buffers::{Buffer, Finish, LANES, grid};

/// Of four pixels, which fill three words.
const BYTES: usize = 12;

/// `(x − mean) / std` for each channel, zero in the fourth.
///
/// `pixels u8 [n, 3]` → `[n]`; `scale` holds mean and std.
pub fn normalize(client: &Client, bytes: &[u8], scale: &Buffer) -> Buffer {
    let (pixels, fours) = (bytes.len() / 3, bytes.len().div_ceil(BYTES));
    let mut words = bytes.to_vec();
    words.resize(fours * BYTES, 0);
    let handle = client.create_from_slice(&words);
    let out = Buffer::empty(client, fours * 4);
    let (count, dim) = grid(fours);
    // SAFETY: as many words as `words` fills, three for each four pixels of `out`.
    unsafe {
        let bytes = BufferArg::from_raw_parts(handle, fours * 3);
        vectors_from_bytes::launch_unchecked(client, count, dim, LANES, bytes, scale.arg(), out.arg(), fours as u32);
    }
    out.shortened(pixels)
}

/// Mean over height and width. `x [images, pixels, groups]` → `[images, groups]`
pub fn mean(client: &Client, x: &Buffer, images: usize, pixels: usize) -> Buffer {
    let groups = x.len / images / pixels;
    let out = Buffer::empty(client, images * groups);
    let (count, dim) = grid(images * groups);
    let (images, pixels, groups) = (images as u32, pixels as u32, groups as u32);
    // SAFETY: the sizes are those of the buffers.
    unsafe {
        mean_of_pixels::launch_unchecked(client, count, dim, LANES, x.arg(), out.arg(), images, pixels, groups);
    }
    out
}

/// `activation(x + residual)`
pub fn add(client: &Client, x: &Buffer, finish: Finish) -> Buffer {
    let out = Buffer::empty(client, x.len);
    let (count, dim) = grid(x.len);
    let (other, has_other) = (finish.residual.unwrap_or(x), finish.residual.is_some() as u32);
    let (len, Finish { low, high, .. }) = (x.len as u32, finish);
    // SAFETY: all three buffers hold `len` vectors.
    unsafe {
        sum::launch_unchecked(client, count, dim, LANES, x.arg(), other.arg(), out.arg(), len, has_other, low, high);
    }
    out
}

#[cube(launch_unchecked)]
fn vectors_from_bytes<N: Size>(bytes: &[u32], scale: &[Vector<f32, N>], out: &mut [Vector<f32, N>], fours: u32) {
    let four = ABSOLUTE_POS_X;
    if four >= fours {
        terminate!();
    }
    let mut words = Array::<u32>::new(3usize);
    #[unroll]
    for i in 0..3u32 {
        words[i as usize] = bytes[(four * 3 + i) as usize];
    }
    #[unroll]
    for pixel in 0..4u32 {
        let mut value = Vector::<f32, N>::new(0f32);
        #[unroll]
        for channel in 0..3u32 {
            let byte = comptime![pixel * 3 + channel];
            let shifted = words[comptime![(byte / 4) as usize]] >> comptime![byte % 4 * 8];
            value.insert(comptime![channel as usize], f32::cast_from(shifted & 255));
        }
        out[(four * 4 + pixel) as usize] = (value - scale[0]) / scale[1];
    }
}

#[cube(launch_unchecked)]
fn mean_of_pixels<N: Size>(x: &[Vector<f32, N>], out: &mut [Vector<f32, N>], images: u32, pixels: u32, groups: u32) {
    let image = ABSOLUTE_POS_X / groups;
    if image >= images {
        terminate!();
    }
    let mut sum = Vector::<f32, N>::new(0f32);
    let mut at = image * pixels * groups + ABSOLUTE_POS_X % groups;
    for _ in 0..pixels {
        sum += x[at as usize];
        at += groups;
    }
    out[ABSOLUTE_POS_X as usize] = sum / Vector::new(f32::cast_from(pixels));
}

#[cube(launch_unchecked)]
fn sum<N: Size>(
    x: &[Vector<f32, N>],
    other: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    len: u32,
    has_other: u32,
    low: f32,
    high: f32,
) {
    let at = ABSOLUTE_POS_X;
    if at >= len {
        terminate!();
    }
    let mut sum = x[at as usize];
    if has_other == 1 {
        sum += other[at as usize];
    }
    out[at as usize] = clamp(sum, Vector::new(low), Vector::new(high));
}
