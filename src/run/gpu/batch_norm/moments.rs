//! Mean and variance of each channel over a batch, and the normalisation by them.
//!
//! Rows first, then the rows of an image, then the images: each sum has a few hundred terms at most and is of deviations
//! from a mean near it, so single precision keeps six digits; the order is fixed, so the bits are too. Each number is read
//! three times and written once, bound by memory.

use cubecl::client::Client;
use cubecl::prelude::*;

use crate::backbone::plan::Shape;
use crate::run::gpu::buffers::{Buffer, Finish, LANES, grid, groups};

/// Mean and squared deviations of each row of each image: `[image][row][group][mean, squares]`.
pub struct Moments {
    of_rows: Buffer,
    images: usize,
    /// Images added so far.
    added: usize,
    shape: Shape,
}

impl Moments {
    /// No image yet, of `images`.
    pub fn new(client: &Client, images: usize, shape: Shape) -> Self {
        let of_rows = Buffer::empty(client, images * shape.height * groups(shape) * 2);
        Self { of_rows, images, added: 0, shape }
    }

    /// Adds some images. `x [images, height, width, groups]`
    pub fn add(&mut self, client: &Client, x: &Buffer, images: usize) {
        let Shape { height, width, .. } = self.shape;
        let (groups, rows, first) = (groups(self.shape), images * height, self.added * height);
        let (count, dim) = grid(rows * groups);
        // SAFETY: `rows` rows of `width` pixels lie in `x`; as many, after the first, have room in `of_rows`, since no more
        // images are added than it was made for.
        unsafe {
            moments_of_rows::launch_unchecked(
                client,
                count,
                dim,
                LANES,
                x.arg(),
                self.of_rows.arg(),
                rows as u32,
                width as u32,
                groups as u32,
                first as u32,
            );
        }
        self.added += images;
    }

    /// Scale and shift of each group, `[group][scale, shift]`; mean and variance go to `statistics`, from group `start` on.
    pub fn finish(self, client: &Client, weights: &Buffer, epsilon: f32, statistics: &Buffer, start: usize) -> Buffer {
        let Shape { height, width, .. } = self.shape;
        let groups = groups(self.shape);
        let of_images = merged(client, &self.of_rows, [self.images, height], width, groups);
        let of_batch = merged(client, &of_images, [1, self.images], height * width, groups);
        let out = Buffer::empty(client, groups * 2);
        let (count, dim) = grid(groups);
        let numbers = (self.images * height * width) as f32;
        // SAFETY: each buffer has two vectors a group, and `statistics` has them for all layers.
        unsafe {
            affine::launch_unchecked(
                client,
                count,
                dim,
                LANES,
                of_batch.arg(),
                weights.arg(),
                statistics.arg(),
                out.arg(),
                groups as u32,
                start as u32,
                numbers,
                epsilon,
            );
        }
        out
    }
}

/// Merges each `parts` neighbours of `[merged × parts][group][2]`, which have `numbers` each, into one.
fn merged(client: &Client, of_parts: &Buffer, [merged, parts]: [usize; 2], numbers: usize, groups: usize) -> Buffer {
    let out = Buffer::empty(client, merged * groups * 2);
    let (count, dim) = grid(merged * groups);
    let (all, parts, groups) = (merged as u32, parts as u32, groups as u32);
    // SAFETY: the sizes are those of the buffers.
    unsafe {
        merge::launch_unchecked(
            client,
            count,
            dim,
            LANES,
            of_parts.arg(),
            out.arg(),
            all,
            parts,
            groups,
            numbers as f32,
        );
    }
    out
}

/// `activation(x · scale + shift + residual)` for each channel; `scale [group][scale, shift]`.
pub fn normalise(client: &Client, x: &Buffer, scale: &Buffer, finish: Finish) -> Buffer {
    let out = Buffer::empty(client, x.len);
    let (count, dim) = grid(x.len);
    let (residual, has_residual) = (finish.residual.unwrap_or(x), finish.residual.is_some() as u32);
    let (len, groups) = (x.len as u32, (scale.len / 2) as u32);
    // SAFETY: `x`, residual and output have `len` vectors, `scale` has two a group.
    unsafe {
        scaled::launch_unchecked(
            client,
            count,
            dim,
            LANES,
            x.arg(),
            scale.arg(),
            residual.arg(),
            out.arg(),
            len,
            groups,
            has_residual,
            finish.low,
            finish.high,
        );
    }
    out
}

#[cube(launch_unchecked)]
fn moments_of_rows<N: Size>(
    x: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    rows: u32,
    width: u32,
    groups: u32,
    first: u32,
) {
    let group = ABSOLUTE_POS_X % groups;
    let row = ABSOLUTE_POS_X / groups;
    if row >= rows {
        terminate!();
    }
    let start = row * width * groups + group;
    let mut sum = Vector::<f32, N>::new(0f32);
    for pixel in 0..width {
        sum += x[(start + pixel * groups) as usize];
    }
    let mean = sum / Vector::new(f32::cast_from(width));
    let mut squares = Vector::<f32, N>::new(0f32);
    for pixel in 0..width {
        let deviation = x[(start + pixel * groups) as usize] - mean;
        squares += deviation * deviation;
    }
    let to = ((first + row) * groups + group) * 2;
    out[to as usize] = mean;
    out[(to + 1) as usize] = squares;
}

#[cube(launch_unchecked)]
fn merge<N: Size>(
    of_parts: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    merged: u32,
    parts: u32,
    groups: u32,
    numbers: f32,
) {
    let group = ABSOLUTE_POS_X % groups;
    let at = ABSOLUTE_POS_X / groups;
    if at >= merged {
        terminate!();
    }
    let start = (at * parts * groups + group) * 2;
    let mut sum = Vector::<f32, N>::new(0f32);
    for part in 0..parts {
        sum += of_parts[(start + part * groups * 2) as usize];
    }
    let mean = sum / Vector::new(f32::cast_from(parts));
    let mut squares = Vector::<f32, N>::new(0f32);
    for part in 0..parts {
        let from = start + part * groups * 2;
        let off = of_parts[from as usize] - mean;
        squares += of_parts[(from + 1) as usize] + off * off * Vector::new(numbers);
    }
    let to = (at * groups + group) * 2;
    out[to as usize] = mean;
    out[(to + 1) as usize] = squares;
}

#[expect(clippy::too_many_arguments, reason = "buffers and scalars of one pipeline")]
#[cube(launch_unchecked)]
fn affine<N: Size>(
    of_batch: &[Vector<f32, N>],
    weights: &[Vector<f32, N>],
    statistics: &mut [Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    groups: u32,
    start: u32,
    numbers: f32,
    epsilon: f32,
) {
    let group = ABSOLUTE_POS_X;
    if group >= groups {
        terminate!();
    }
    let mean = of_batch[(group * 2) as usize];
    let var = of_batch[(group * 2 + 1) as usize] / Vector::new(numbers);
    statistics[((start + group) * 2) as usize] = mean;
    statistics[((start + group) * 2 + 1) as usize] = var;
    let scale = weights[group as usize] / Vector::sqrt(var + Vector::new(epsilon));
    out[(group * 2) as usize] = scale;
    out[(group * 2 + 1) as usize] = weights[(groups + group) as usize] - mean * scale;
}

#[expect(clippy::too_many_arguments, reason = "buffers and scalars of one pipeline")]
#[cube(launch_unchecked)]
fn scaled<N: Size>(
    x: &[Vector<f32, N>],
    scale: &[Vector<f32, N>],
    residual: &[Vector<f32, N>],
    out: &mut [Vector<f32, N>],
    len: u32,
    groups: u32,
    has_residual: u32,
    low: f32,
    high: f32,
) {
    let at = ABSOLUTE_POS_X;
    if at >= len {
        terminate!();
    }
    let group = at % groups * 2;
    let mut value = x[at as usize] * scale[group as usize] + scale[(group + 1) as usize];
    if has_residual == 1 {
        value += residual[at as usize];
    }
    out[at as usize] = clamp(value, Vector::new(low), Vector::new(high));
}
