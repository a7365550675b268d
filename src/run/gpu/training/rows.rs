//! A batch's rows: gathered with their dropout, and judged.
//!
//! Each number is read once; a 64th of a step's arithmetic. A step's upload holds, in this order: row numbers, classes,
//! masks ([`mask_words`]).

use cubecl::client::Client;
use cubecl::prelude::*;

use crate::run::gpu::buffers::{Buffer, LANES, Words, grid};

/// A dropout mask in a step's upload.
#[derive(Clone, Copy, Debug)]
pub struct Mask {
    /// Its first word; 0 is none.
    pub from: u32,
    /// What a number that stays is multiplied by.
    pub keep: f32,
}

/// A mask `f32 [n, width]` as bits, four for each vector, 1 for what stays.
pub fn mask_words(mask: &[f32], width: usize) -> impl Iterator<Item = u32> {
    let groups = width.div_ceil(LANES);
    let vectors = mask.len() / width * groups;
    let nibble = move |vector: usize| {
        let (row, first) = (vector / groups * width, vector % groups * LANES);
        let lanes = mask[row + first..row + width.min(first + LANES)].iter().enumerate();
        lanes.fold(0, |bits, (lane, value)| bits | u32::from(*value != 0.0) << lane)
    };
    let word = move |from: usize| (from..vectors.min(from + 8)).fold(0, |w, at| w | nibble(at) << (at % 8 * LANES));
    (0..vectors).step_by(8).map(word)
}

/// Rows of `features [_, groups]` by their numbers, times their mask → `out [rows, groups]`.
pub fn gather(client: &Client, features: &Buffer, words: &Words, out: &Buffer, [rows, groups]: [usize; 2], mask: Mask) {
    let (count, dim) = grid(rows * groups);
    let (rows, groups, Mask { from, keep }) = (rows as u32, groups as u32, mask);
    // SAFETY: the first `rows` words are rows of `features`; `out` has room for `rows`.
    unsafe {
        gather_rows::launch_unchecked(
            client,
            count,
            dim,
            LANES,
            features.arg(),
            words.arg(),
            out.arg(),
            rows,
            groups,
            from,
            keep,
        );
    }
}

/// Cross-entropy of `logits [rows, groups]` times the weight of the row's class: its gradient, of the mean, to `dy`; loss
/// and whether the row is right are added to `figures [from + row]`.
pub fn losses(
    client: &Client,
    logits: &Buffer,
    (words, weights): (&Words, &Buffer),
    dy: &Buffer,
    (figures, from): (&Buffer, usize),
    [rows, classes]: [usize; 2],
) {
    let (count, dim) = grid(rows);
    let (rows, classes, from) = (rows as u32, classes as u32, from as u32);
    // SAFETY: words `rows..2 rows` are classes; the buffers have room for `rows` rows of `classes` filled up, `weights` for
    // one row, `figures` for `from + rows`.
    unsafe {
        row_losses::launch_unchecked(
            client,
            count,
            dim,
            LANES,
            logits.arg(),
            words.arg(),
            weights.arg(),
            dy.arg(),
            figures.arg(),
            rows,
            classes,
            from,
        );
    }
}

/// What vector `at` of the mask multiplies.
#[cube]
pub fn mask_of<N: Size>(words: &[u32], from: u32, at: u32, keep: f32) -> Vector<f32, N> {
    let bits = words[(from + at / 8) as usize] >> (at % 8 * 4);
    let mut mask = Vector::<f32, N>::new(0f32);
    #[unroll]
    for lane in 0..4u32 {
        mask.insert(comptime![lane as usize], f32::cast_from((bits >> lane) & 1) * keep);
    }
    mask
}

#[cube(launch_unchecked)]
fn gather_rows<N: Size>(
    features: &[Vector<f32, N>],
    words: &[u32],
    out: &mut [Vector<f32, N>],
    rows: u32,
    groups: u32,
    mask: u32,
    keep: f32,
) {
    let at = ABSOLUTE_POS_X;
    if at >= rows * groups {
        terminate!();
    }
    let mut x = features[(words[(at / groups) as usize] * groups + at % groups) as usize];
    if mask != 0 {
        x *= mask_of::<N>(words, mask, at, keep);
    }
    out[at as usize] = x;
}

#[cube(launch_unchecked)]
fn row_losses<N: Size>(
    logits: &[Vector<f32, N>],
    words: &[u32],
    weights: &[Vector<f32, N>],
    dy: &mut [Vector<f32, N>],
    figures: &mut [Vector<f32, N>],
    rows: u32,
    classes: u32,
    from: u32,
) {
    let row = ABSOLUTE_POS_X;
    if row >= rows {
        terminate!();
    }
    let groups = classes.div_ceil(4);
    let start = row * groups;
    let class = words[(rows + row) as usize];
    let (largest, top) = largest(logits, start, classes);
    let mut sum = 0f32;
    let mut logit = 0f32;
    let mut weight = 1f32;
    for group in 0..groups {
        let four = logits[(start + group) as usize];
        let of_class = weights[group as usize];
        #[unroll]
        for lane in 0..4u32 {
            let x = four.extract(comptime![lane as usize]);
            let at = group * 4 + lane;
            sum += select(at < classes, (x - largest).exp(), 0f32);
            logit = select(at == class, x, logit);
            weight = select(at == class, of_class.extract(comptime![lane as usize]), weight);
        }
    }
    for group in 0..groups {
        let four = logits[(start + group) as usize];
        let mut gradient = Vector::<f32, N>::new(0f32);
        #[unroll]
        for lane in 0..4u32 {
            let at = group * 4 + lane;
            let probability = (four.extract(comptime![lane as usize]) - largest).exp() / sum;
            let value = select(at == class, probability - 1f32, probability);
            gradient
                .insert(comptime![lane as usize], select(at < classes, weight * value / f32::cast_from(rows), 0f32));
        }
        dy[(start + group) as usize] = gradient;
    }
    let mut figure = figures[(from + row) as usize];
    figure.insert(0usize, figure.extract(0usize) + weight * (largest + sum.ln() - logit));
    figure.insert(1usize, figure.extract(1usize) + select(top == class, 1f32, 0f32));
    figures[(from + row) as usize] = figure;
}

/// The largest of a row's logits and its class; the first of equals.
#[cube]
fn largest<N: Size>(logits: &[Vector<f32, N>], start: u32, classes: u32) -> (f32, u32) {
    let mut largest = logits[start as usize].extract(0usize);
    let mut top = 0u32;
    for group in 0..classes.div_ceil(4) {
        let four = logits[(start + group) as usize];
        #[unroll]
        for lane in 0..4u32 {
            let x = four.extract(comptime![lane as usize]);
            let is_larger = group * 4 + lane < classes && x > largest;
            largest = select(is_larger, x, largest);
            top = select(is_larger, group * 4 + lane, top);
        }
    }
    (largest, top)
}
