//! Dense layers, there and back: the two matrix kernels of a training step.
//!
//! Every matrix lies in planes of eight columns, `[columns / 8][rows][8]`, filled up with zeros: eight outputs of a row
//! are one or two vectors, and a step through a sum moves each pointer by a constant.
//!
//! | product | kernel | sums over |
//! |---|---|---|
//! | `y = x · w + bias` | [`outputs`] | inputs |
//! | `dx = dy · wᵀ` | [`outputs`] on a plane of `wᵀ`, see [`transpose`] | outputs |
//! | `dw = xᵀ · dy` | [`weight_gradient`] | rows |
//!
//! 1280 → 512 on 64 rows: 84 MFLOP over 2.6 MB of weights = 32 FLOP a byte, bound by arithmetic. A tile is 4 inputs or,
//! with FMA, 6 rows × 8 outputs: its sums, two weights and one number stay in V8's 15 registers without a spill, if terms
//! come one by one (see [`crate::run::cpu::matrix`]); without FMA eight terms a turn are faster. With AVX2 the eight
//! outputs are one vector, and a tile has eight rows.

#[cfg(target_arch = "x86_64")]
use crate::run::cpu::simd::F32x8;
use crate::run::cpu::simd::{F32x4, Isa, Vector};

/// Whether [`F32x4`] multiplies and adds in one instruction.
const HAS_FMA: bool = cfg!(any(target_feature = "relaxed-simd", target_arch = "aarch64"));
/// Rows of a tile, and terms for each turn of the loop, with [`F32x4`].
const ROWS: usize = if HAS_FMA { 6 } else { 4 };
const TERMS: usize = if HAS_FMA { 1 } else { 8 };

/// Columns in a plane.
pub const BLOCK: usize = 8;

/// One plane of outputs.
///
/// # Shapes
/// `x f32 [d_in / 8][rows][8]`, `weights f32 [d_in, 8]`, `bias f32 [8]` → `y f32 [rows, 8]`
pub fn outputs(isa: Isa, rows: usize, x: &[f32], weights: &[f32], bias: &[f32; BLOCK], y: &mut [f32]) {
    let planes = weights.len() / (BLOCK * BLOCK);
    assert!(weights.len() == planes * BLOCK * BLOCK && x.len() == planes * rows * BLOCK && y.len() == rows * BLOCK);
    // Hidden from LLVM, which would unroll the loop over it.
    let len = std::hint::black_box(BLOCK);
    let job = Outputs { rows, planes, len, x: x.as_ptr(), weights: weights.as_ptr(), bias, y: y.as_mut_ptr() };
    match isa {
        // SAFETY: the lengths were checked above.
        Isa::Portable => unsafe { job.run::<F32x4, ROWS, 2, TERMS>() },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above, and `Isa::detect` has seen AVX2 and FMA.
        Isa::Avx2(_) => unsafe { job.run_avx2() },
    }
}

/// One plane of a weight's gradient.
///
/// # Shapes
/// `x f32 [d_in / 8][rows][8]`, `dy f32 [rows, 8]` → `dw f32 [d_in, 8]`
pub fn weight_gradient(isa: Isa, rows: usize, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    let planes = dw.len() / (BLOCK * BLOCK);
    assert!(dw.len() == planes * BLOCK * BLOCK && x.len() == planes * rows * BLOCK && dy.len() == rows * BLOCK);
    let job = WeightGradient { rows, planes, x: x.as_ptr(), dy: dy.as_ptr(), dw: dw.as_mut_ptr() };
    match isa {
        // SAFETY: the lengths were checked above.
        Isa::Portable => unsafe { job.run::<F32x4, 4, 2, TERMS>() },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above, and `Isa::detect` has seen AVX2 and FMA.
        Isa::Avx2(_) => unsafe { job.run_avx2() },
    }
}

/// Plane `at` of `wᵀ`.
///
/// # Shapes
/// `weights f32 [d_out / 8][d_in][8]` → `transposed f32 [d_out, 8]`
pub fn transpose(at: usize, weights: &[f32], transposed: &mut [f32]) {
    let d_in = weights.len() / transposed.len() * BLOCK;
    let planes = weights.chunks_exact(d_in * BLOCK).zip(transposed.as_chunks_mut::<{ BLOCK * BLOCK }>().0);
    for (plane, out) in planes {
        if let Some(square) = plane[at * BLOCK * BLOCK..].first_chunk::<{ BLOCK * BLOCK }>() {
            *out = std::array::from_fn(|i| square[i % BLOCK * BLOCK + i / BLOCK]);
        }
    }
}

/// One call's pointers.
struct Outputs<'a> {
    rows: usize,
    planes: usize,
    /// Always [`BLOCK`].
    len: usize,
    x: *const f32,
    weights: *const f32,
    bias: &'a [f32; BLOCK],
    y: *mut f32,
}

impl Outputs<'_> {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn run_avx2(&self) {
        // SAFETY: the caller vouches for it.
        unsafe { self.run::<F32x8, 8, 1, 8>() }
    }

    /// Tiles of `R` rows, then smaller ones for the rest. `PARTS` vectors make eight outputs,
    /// `UNROLL` terms a turn of the loop.
    #[inline(always)]
    unsafe fn run<V: Vector, const R: usize, const PARTS: usize, const UNROLL: usize>(&self) {
        let mut at = 0;
        // SAFETY: the caller vouches for all rows.
        unsafe {
            while at + R <= self.rows {
                self.tile::<V, R, PARTS, UNROLL>(at);
                at += R;
            }
            while at + 4 <= self.rows {
                self.tile::<V, 4, PARTS, UNROLL>(at);
                at += 4;
            }
            while at + 2 <= self.rows {
                self.tile::<V, 2, PARTS, UNROLL>(at);
                at += 2;
            }
            if at < self.rows {
                self.tile::<V, 1, PARTS, UNROLL>(at);
            }
        }
    }

    #[inline(always)]
    unsafe fn tile<V: Vector, const R: usize, const PARTS: usize, const UNROLL: usize>(&self, at: usize) {
        // SAFETY: rows `at..at + R` exist in each of the planes, and 64 weights for each plane.
        unsafe {
            let bias = std::array::from_fn(|part| V::load(self.bias.as_ptr().add(part * V::LANES)));
            let mut sums: [[V; PARTS]; R] = [bias; R];
            let (mut x, mut w) = (self.x.add(at * BLOCK), self.weights);
            let len = if UNROLL == BLOCK { BLOCK } else { self.len };
            for _ in 0..self.planes {
                for k in (0..len).step_by(UNROLL) {
                    for k in k..k + UNROLL {
                        term(&mut sums, w.add(k * BLOCK), |row| x.add(row * BLOCK + k));
                    }
                }
                x = x.wrapping_add(self.rows * BLOCK);
                w = w.add(BLOCK * BLOCK);
            }
            write(sums, self.y.add(at * BLOCK));
        }
    }
}

/// One call's pointers.
struct WeightGradient {
    rows: usize,
    planes: usize,
    x: *const f32,
    dy: *const f32,
    dw: *mut f32,
}

impl WeightGradient {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn run_avx2(&self) {
        // SAFETY: the caller vouches for it.
        unsafe { self.run::<F32x8, 8, 1, 4>() }
    }

    /// Tiles of `I` inputs, 4 or 8, and `UNROLL` rows at a time. `PARTS` vectors make eight outputs.
    #[inline(always)]
    unsafe fn run<V: Vector, const I: usize, const PARTS: usize, const UNROLL: usize>(&self) {
        for input in (0..self.planes * BLOCK).step_by(I) {
            // SAFETY: inputs `input..input + I` exist and lie in one plane.
            unsafe { self.tile::<V, I, PARTS, UNROLL>(input) }
        }
    }

    #[inline(always)]
    unsafe fn tile<V: Vector, const I: usize, const PARTS: usize, const UNROLL: usize>(&self, input: usize) {
        // SAFETY: `rows` rows of the plane and of `dy` exist.
        unsafe {
            let mut sums = [[V::splat(0.0); PARTS]; I];
            let mut x = self.x.add(input / BLOCK * BLOCK * self.rows + input % BLOCK);
            let mut dy = self.dy;
            for _ in 0..self.rows / UNROLL {
                for row in 0..UNROLL {
                    term(&mut sums, dy.add(row * BLOCK), |input| x.add(row * BLOCK + input));
                }
                x = x.wrapping_add(UNROLL * BLOCK);
                dy = dy.add(UNROLL * BLOCK);
            }
            for row in 0..self.rows % UNROLL {
                term(&mut sums, dy.add(row * BLOCK), |input| x.add(row * BLOCK + input));
            }
            write(sums, self.dw.add(input * BLOCK));
        }
    }
}

/// One term of each sum: `factor` points to a sum's own number, `eight` to the eight that all share.
#[inline(always)]
unsafe fn term<V: Vector, const N: usize, const PARTS: usize>(
    sums: &mut [[V; PARTS]; N],
    eight: *const f32,
    factor: impl Fn(usize) -> *const f32,
) {
    // SAFETY: the caller vouches for eight numbers and for each factor.
    unsafe {
        let eight: [V; PARTS] = std::array::from_fn(|part| V::load(eight.add(part * V::LANES)));
        for (at, sums) in sums.iter_mut().enumerate() {
            let factor = V::load_splat(factor(at));
            for (sum, other) in sums.iter_mut().zip(eight) {
                *sum = factor.mul_add(other, *sum);
            }
        }
    }
}

#[inline(always)]
unsafe fn write<V: Vector, const N: usize, const PARTS: usize>(sums: [[V; PARTS]; N], to: *mut f32) {
    for (at, sums) in sums.into_iter().enumerate() {
        for (part, sum) in sums.into_iter().enumerate() {
            // SAFETY: the caller vouches for `8 N` numbers.
            unsafe { sum.store(to.add(at * BLOCK + part * V::LANES)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row-major numbers and the same in planes.
    fn matrix(rows: usize, columns: usize, random: &mut fastrand::Rng) -> (Vec<f32>, Vec<f32>) {
        let numbers: Vec<f32> = (0..rows * columns).map(|_| random.f32() - 0.5).collect();
        let place = |at: usize| (at % BLOCK, at / BLOCK % rows, at / BLOCK / rows);
        let number = |(lane, row, plane): (usize, usize, usize)| numbers[row * columns + plane * BLOCK + lane];
        let planes = (0..rows * columns).map(|at| number(place(at))).collect();
        (numbers, planes)
    }

    fn assert_close(ours: &[f32], plain: impl Iterator<Item = f32>) {
        let worst = ours.iter().zip(plain).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 1e-5, "{worst}");
    }

    #[test]
    fn kernels_equal_their_plain_twins() {
        let mut random = fastrand::Rng::with_seed(1);
        for (rows, d_in) in [(1, 8), (2, 16), (3, 40), (5, 520), (7, 64), (64, 24), (65, 1280)] {
            let ((x, x_planes), (w, _), (dy, _)) =
                (matrix(rows, d_in, &mut random), matrix(d_in, BLOCK, &mut random), matrix(rows, BLOCK, &mut random));
            let bias = std::array::from_fn(|_| random.f32());
            for isa in [Isa::Portable, Isa::detect()] {
                let mut y = vec![f32::NAN; rows * BLOCK];
                outputs(isa, rows, &x_planes, &w, &bias, &mut y);
                let dot = |row: usize, o: usize| (0..d_in).map(|i| x[row * d_in + i] * w[i * BLOCK + o]).sum::<f32>();
                assert_close(&y, (0..rows * BLOCK).map(|at| bias[at % BLOCK] + dot(at / BLOCK, at % BLOCK)));
                let mut dw = vec![f32::NAN; d_in * BLOCK];
                weight_gradient(isa, rows, &x_planes, &dy, &mut dw);
                let sum = |i: usize, o: usize| (0..rows).map(|n| x[n * d_in + i] * dy[n * BLOCK + o]).sum::<f32>();
                assert_close(&dw, (0..d_in * BLOCK).map(|at| sum(at / BLOCK, at % BLOCK)));
            }
        }
    }

    #[test]
    fn transposed_twice_is_the_same() {
        let (numbers, planes) = matrix(16, 24, &mut fastrand::Rng::with_seed(2));
        for plane in 0..2 {
            let mut transposed = [0.0; 24 * BLOCK];
            transpose(plane, &planes, &mut transposed);
            let place = |at: usize| numbers[(plane * BLOCK + at % BLOCK) * 24 + at / BLOCK];
            assert!(transposed.iter().enumerate().all(|(at, number)| *number == place(at)));
        }
    }
}
