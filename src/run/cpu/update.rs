//! The optimisers' update ([`crate::run::optimizer`]), fused: one pass over weight, gradient and state.
//!
//! 921,000 parameters of the MLP with Adam: 22 MB read and written, 12 FLOP each = half a FLOP a byte, bound by memory;
//! hence a plane of gradients is used while it is still in the cache, and never stored in full. LLVM vectorises the
//! loops.

use crate::run::cpu::simd::Isa;
use crate::run::optimizer::{BETAS, RHO, Rule, Update};

/// What an optimiser remembers of each number: `m` and `v`.
#[derive(Clone, Debug)]
pub struct State([Vec<f32>; 2]);

impl State {
    /// Zeros for `len` numbers.
    pub fn new(len: usize) -> Self {
        Self([vec![0.0; len], vec![0.0; len]])
    }

    /// `m` and `v`, to be written to a file.
    pub fn moments(&self) -> &[Vec<f32>; 2] {
        &self.0
    }

    /// `m` and `v`, to be put back; their lengths must stay.
    pub fn moments_mut(&mut self) -> &mut [Vec<f32>; 2] {
        &mut self.0
    }

    /// `m`: after one step of Adam a tenth of the gradients.
    pub fn first(&self) -> &[f32] {
        &self.0[0]
    }
}

impl Update {
    /// Moves the values from `start` on by their gradients.
    pub fn apply(&self, isa: Isa, values: &mut [f32], state: &mut State, start: usize, gradients: &[f32]) {
        let part = start..start + gradients.len();
        let values = &mut values[part.clone()];
        let state = state.0.each_mut().map(|state| &mut state[part.clone()]);
        match isa {
            Isa::Portable => self.run(values, state, gradients),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Isa::detect` has seen AVX2 and FMA.
            Isa::Avx2(_) => unsafe { self.run_avx2(values, state, gradients) },
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn run_avx2(&self, values: &mut [f32], state: [&mut [f32]; 2], gradients: &[f32]) {
        self.run(values, state, gradients);
    }

    #[inline(always)]
    fn run(&self, values: &mut [f32], state: [&mut [f32]; 2], gradients: &[f32]) {
        let Self { rule, rate, epsilon, momentum, decay } = *self;
        if decay != 0.0 {
            values.iter_mut().for_each(|value| *value -= *value * decay);
        }
        let [[beta1, rest1], [beta2, rest2]] = BETAS.map(|beta| [beta as f32, (1.0 - beta) as f32]);
        let [rho, rest] = [RHO as f32, (1.0 - RHO) as f32];
        match rule {
            Rule::Adam => each(values, state, gradients, |value, m, v, g| {
                *m = flushed(*m * beta1 + g * rest1);
                *v = flushed(*v * beta2 + g * g * rest2);
                *value -= rate * *m / (v.sqrt() + epsilon);
            }),
            Rule::Sgd => each(values, state, gradients, |value, m, _, g| {
                *m = flushed(*m * momentum - g * rate);
                *value += *m;
            }),
            Rule::Nesterov => each(values, state, gradients, |value, m, _, g| {
                *m = flushed(*m * momentum - g * rate);
                *value += *m * momentum - g * rate;
            }),
            Rule::Rmsprop => each(values, state, gradients, |value, m, v, g| {
                *v = flushed(*v * rho + g * g * rest);
                *m = flushed(*m * momentum + rate * g / (*v + epsilon).sqrt());
                *value -= *m;
            }),
        }
    }
}

#[inline(always)]
fn each(
    values: &mut [f32],
    [first, second]: [&mut [f32]; 2],
    gradients: &[f32],
    step: impl Fn(&mut f32, &mut f32, &mut f32, f32),
) {
    let state = first.iter_mut().zip(second);
    for ((value, (m, v)), g) in values.iter_mut().zip(state).zip(gradients) {
        step(value, m, v, *g);
    }
}

/// Zero instead of a number that is not normal: on some processors a hundred times slower, and the state of a unit that
/// gives nothing any more ends there and stays.
#[inline(always)]
fn flushed(x: f32) -> f32 {
    if x.abs() < f32::MIN_POSITIVE { 0.0 } else { x }
}
