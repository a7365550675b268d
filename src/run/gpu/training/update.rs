//! A weight's gradient and the optimiser's step on it, in one launch: `dw = xᵀ · dy` never leaves the registers.
//!
//! 64 rows, 1280 → 512: 84 MFLOP, and 16 MB of weights and moments read and written = 5 FLOP a byte, bound by memory. A
//! thread holds 8 inputs × 8 outputs: for each row it loads four vectors and does 64 multiply-adds. The threads of the
//! first inputs also sum the bias's gradient.

use cubecl::client::Client;
use cubecl::prelude::*;

use crate::run::gpu::buffers::{Buffer, LANES, grid};
use crate::run::gpu::training::product::Place;
use crate::run::optimizer::{BETAS, RHO, Update};

/// Vectors of inputs and of outputs that a thread computes.
const TILE: u32 = 2;

/// Moves the layer at `place` by the gradient of its batch. `x [rows, groups_in]`, `dy [rows, groups_out]`; `states`
/// holds `m` and then `v` of all parameters.
pub fn update(
    client: &Client,
    x: &Buffer,
    dy: &Buffer,
    (parameters, states, place): (&Buffer, &Buffer, Place),
    rows: usize,
    update: &Update,
) {
    let Place { from, groups_in, groups_out } = place;
    let tiles = |groups: usize| groups.div_ceil(TILE as usize);
    let (count, dim) = grid(tiles(groups_in) * tiles(groups_out));
    let Update { rule, rate, epsilon, momentum, decay } = *update;
    // SAFETY: `x` and `dy` have `rows` rows, `parameters` the layer, `states` twice as much; a thread past the last tile
    // ends, and a tile's vectors past the layer are not stored.
    unsafe {
        update_tile::launch_unchecked(
            client,
            count,
            dim,
            LANES,
            x.arg(),
            dy.arg(),
            parameters.arg(),
            states.arg(),
            rows as u32,
            groups_in as u32,
            groups_out as u32,
            from as u32,
            parameters.len as u32,
            rule as u32,
            rate,
            epsilon,
            momentum,
            decay,
        );
    }
}

/// Copies all of a buffer into another as long.
pub fn copy(client: &Client, from: &Buffer, to: &Buffer) {
    let len = from.len.min(to.len);
    let (count, dim) = grid(len);
    // SAFETY: both hold `len` vectors.
    unsafe { copy_vectors::launch_unchecked(client, count, dim, LANES, from.arg(), to.arg(), len as u32) }
}

#[cube(launch_unchecked)]
fn copy_vectors<N: Size>(from: &[Vector<f32, N>], to: &mut [Vector<f32, N>], len: u32) {
    if ABSOLUTE_POS_X < len {
        to[ABSOLUTE_POS_X as usize] = from[ABSOLUTE_POS_X as usize];
    }
}

#[expect(clippy::too_many_arguments, reason = "buffers and scalars of one pipeline")]
#[cube(launch_unchecked)]
fn update_tile<N: Size>(
    x: &[Vector<f32, N>],
    dy: &[Vector<f32, N>],
    parameters: &mut [Vector<f32, N>],
    states: &mut [Vector<f32, N>],
    rows: u32,
    groups_in: u32,
    groups_out: u32,
    from: u32,
    len: u32,
    rule: u32,
    rate: f32,
    epsilon: f32,
    momentum: f32,
    decay: f32,
) {
    // A thread's output vectors lie `blocks` apart, so that neighbours load and store neighbouring vectors.
    let blocks = groups_out.div_ceil(TILE);
    let first = ABSOLUTE_POS_X / blocks * TILE;
    let block = ABSOLUTE_POS_X % blocks;
    if first >= groups_in {
        terminate!();
    }
    let mut sums = Array::<Vector<f32, N>>::new(comptime![(TILE * TILE * 4) as usize]);
    let mut bias = Array::<Vector<f32, N>>::new(comptime![TILE as usize]);
    #[unroll]
    for i in 0..TILE * TILE * 4 {
        sums[i as usize] = Vector::new(0f32);
    }
    #[unroll]
    for c in 0..TILE {
        bias[c as usize] = Vector::new(0f32);
    }
    accumulate(x, dy, &mut sums, &mut bias, first, block, blocks, rows, groups_in, groups_out);
    #[unroll]
    for c in 0..TILE {
        let group = block + c * blocks;
        if group < groups_out {
            #[unroll]
            for i in 0..TILE * 4 {
                if first + comptime![i / 4] < groups_in {
                    let at = from + (first * 4 + i) * groups_out + group;
                    let gradient = sums[(i * TILE + c) as usize];
                    apply(parameters, states, at, len, gradient, rule, rate, epsilon, momentum, decay);
                }
            }
            if first == 0 {
                let at = from + groups_in * 4 * groups_out + group;
                apply(parameters, states, at, len, bias[c as usize], rule, rate, epsilon, momentum, decay);
            }
        }
    }
}

/// Gradients of a tile of weights and of its outputs' bias. Beyond the last vector it computes the last one again.
#[expect(clippy::too_many_arguments, reason = "part of the kernel above")]
#[cube]
fn accumulate<N: Size>(
    x: &[Vector<f32, N>],
    dy: &[Vector<f32, N>],
    sums: &mut Array<Vector<f32, N>>,
    bias: &mut Array<Vector<f32, N>>,
    first: u32,
    block: u32,
    blocks: u32,
    rows: u32,
    groups_in: u32,
    groups_out: u32,
) {
    for row in 0..rows {
        let mut numbers = Array::<Vector<f32, N>>::new(comptime![TILE as usize]);
        let mut gradients = Array::<Vector<f32, N>>::new(comptime![TILE as usize]);
        #[unroll]
        for c in 0..TILE {
            numbers[c as usize] = x[(row * groups_in + min(first + c, groups_in - 1)) as usize];
            gradients[c as usize] = dy[(row * groups_out + min(block + c * blocks, groups_out - 1)) as usize];
            bias[c as usize] += gradients[c as usize];
        }
        #[unroll]
        for i in 0..TILE * 4 {
            let number = Vector::new(numbers[comptime![(i / 4) as usize]].extract(comptime![(i % 4) as usize]));
            #[unroll]
            for c in 0..TILE {
                sums[(i * TILE + c) as usize] += number * gradients[c as usize];
            }
        }
    }
}

/// The formulas of [`crate::run::optimizer`], on four parameters.
#[expect(clippy::too_many_arguments, reason = "part of the kernel above")]
#[cube]
fn apply<N: Size>(
    parameters: &mut [Vector<f32, N>],
    states: &mut [Vector<f32, N>],
    at: u32,
    len: u32,
    g: Vector<f32, N>,
    rule: u32,
    rate: f32,
    epsilon: f32,
    momentum: f32,
    decay: f32,
) {
    let [[beta1, rest1], [beta2, rest2]] = comptime![BETAS.map(|beta| [beta as f32, (1.0 - beta) as f32])];
    let [rho, rest] = comptime![[RHO as f32, (1.0 - RHO) as f32]];
    let mut w = parameters[at as usize];
    let mut m = states[at as usize];
    w -= w * Vector::new(decay);
    if rule == 0 {
        let v = states[(len + at) as usize] * Vector::new(beta2) + g * g * Vector::new(rest2);
        states[(len + at) as usize] = v;
        m = m * Vector::new(beta1) + g * Vector::new(rest1);
        w -= Vector::new(rate) * m / (v.sqrt() + Vector::new(epsilon));
    } else if rule == 3 {
        let v = states[(len + at) as usize] * Vector::new(rho) + g * g * Vector::new(rest);
        states[(len + at) as usize] = v;
        m = m * Vector::new(momentum) + Vector::new(rate) * g / (v + Vector::new(epsilon)).sqrt();
        w -= m;
    } else {
        m = m * Vector::new(momentum) - g * Vector::new(rate);
        if rule == 2 {
            w += m * Vector::new(momentum) - g * Vector::new(rate);
        } else {
            w += m;
        }
    }
    states[at as usize] = m;
    parameters[at as usize] = w;
}
