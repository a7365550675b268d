//! How a value lies in memory: planes of eight channels, with the zeros around it that its readers want.
//!
//! `[channels / 8][height][width][8]`. Eight channels of a pixel are two 128-bit vectors or one of 256, so no kernel
//! has a tail of channels; neighbouring pixels of a plane lie at constant distances, which become immediate offsets;
//! and one plane is what a depthwise convolution needs of its input. Channels that fill up the last plane are zeros.
//! The picture itself has three channels and one "plane" of three.

use crate::backbone::plan::{Padding, Shape, Window};

/// Channels in a plane, and outputs that a tile of the matrix kernel computes.
pub const BLOCK: usize = 8;

/// Where each number of a value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The value's shape.
    pub shape: Shape,
    /// Zeros that lie around it.
    pub padding: Padding,
    /// Channels in a plane: [`BLOCK`], or all there are where these are fewer.
    pub block: usize,
}

impl Layout {
    /// The layout of a value around which `padding` zeros are wanted.
    pub fn new(shape: Shape, padding: Padding) -> Self {
        Self { shape, padding, block: BLOCK }
    }

    /// The layout of the picture.
    pub fn of_picture(shape: Shape, padding: Padding) -> Self {
        Self { shape, padding, block: shape.channels }
    }

    /// Planes.
    pub fn blocks(&self) -> usize {
        self.shape.channels.div_ceil(self.block)
    }

    /// Numbers in a row of a plane.
    pub fn row(&self) -> usize {
        (self.padding.left + self.shape.width + self.padding.right) * self.block
    }

    /// Numbers in a plane.
    pub fn plane(&self) -> usize {
        (self.padding.top + self.shape.height + self.padding.bottom) * self.row()
    }

    /// Numbers in all.
    pub fn len(&self) -> usize {
        self.blocks() * self.plane()
    }

    /// Pixels, zeros around them left out.
    pub fn pixels(&self) -> usize {
        self.shape.height * self.shape.width
    }

    /// Where a pixel of the first plane starts. Row and column count from the first pixel that is not padding.
    pub fn at(&self, row: usize, column: usize) -> usize {
        (self.padding.top + row) * self.row() + (self.padding.left + column) * self.block
    }

    /// Where the window of the first output starts; the padding must be at least the window's.
    pub fn window_start(&self, window: &Window) -> usize {
        let (have, wanted) = (self.padding, window.padding);
        assert!(have.top >= wanted.top && have.left >= wanted.left);
        let (top, left) = (have.top - wanted.top, have.left - wanted.left);
        top * self.row() + left * self.block
    }

    /// Whether all pixels of a plane lie one after the other.
    pub fn is_dense(&self) -> bool {
        self.padding == Padding::default()
    }

    /// Writes the zeros around one plane, and touches nothing else.
    pub fn clear_border(&self, plane: &mut [f32]) {
        let Padding { top, bottom, left, right } = self.padding;
        let (row, height) = (self.row(), self.shape.height);
        plane[..top * row].fill(0.0);
        plane[(top + height) * row..(top + height + bottom) * row].fill(0.0);
        for line in plane.chunks_exact_mut(row).skip(top).take(height) {
            line[..left * self.block].fill(0.0);
            line[row - right * self.block..].fill(0.0);
        }
    }
}

/// The padding that serves both: zeros enough on each side.
pub fn union(a: Padding, b: Padding) -> Padding {
    Padding {
        top: a.top.max(b.top),
        bottom: a.bottom.max(b.bottom),
        left: a.left.max(b.left),
        right: a.right.max(b.right),
    }
}

/// Start of each pixel in a plane, row by row, and the largest of them, against which a kernel checks a buffer.
#[derive(Clone, Debug)]
pub struct Offsets {
    at: Vec<u32>,
    last: usize,
}

impl Offsets {
    /// Starts of `count` pixels; `at(row, column)` gives each.
    pub fn new(height: usize, width: usize, at: impl Fn(usize, usize) -> usize) -> Self {
        let all = (0..height).flat_map(|row| (0..width).map(move |column| (row, column)));
        let at: Vec<u32> = all.map(|(row, column)| at(row, column) as u32).collect();
        let last = at.iter().max().map_or(0, |last| *last as usize);
        Self { at, last }
    }

    /// The pixels of a layout.
    pub fn of(layout: &Layout) -> Self {
        Self::new(layout.shape.height, layout.shape.width, |row, column| layout.at(row, column))
    }

    /// Where the window of each output starts in a plane of the input.
    pub fn of_windows(input: &Layout, window: &Window, output: Shape) -> Self {
        let (start, stride) = (input.window_start(window), window.stride);
        Self::new(output.height, output.width, |row, column| {
            start + row * stride * input.row() + column * stride * input.block
        })
    }

    /// All starts.
    pub fn all(&self) -> &[u32] {
        &self.at
    }

    /// The largest.
    pub fn last(&self) -> usize {
        self.last
    }
}
