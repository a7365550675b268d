//! Vectors of single-precision numbers: just what the kernels need, one type for each instruction set.
//!
//! | target | type | `mul_add` |
//! |---|---|---|
//! | wasm32 with relaxed-simd | [`F32x4`] | one rounding (FMA) where the CPU has it |
//! | wasm32 with simd128 | [`F32x4`] | two roundings |
//! | aarch64 | [`F32x4`] (NEON) | one rounding |
//! | x86_64 with AVX2 and FMA, found at run time | [`F32x8`] | one rounding |
//! | anything else | [`F32x4`], an array that LLVM vectorises | two roundings |

/// Which kernels this processor runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isa {
    /// [`F32x4`], chosen when compiling.
    Portable,
    /// [`F32x8`]. Only [`Isa::detect`] makes it, where the processor has AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2(Detected),
}

/// Proof that [`Isa::detect`] found the instructions.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Detected(());

impl Isa {
    /// The best that this processor has.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
            return Self::Avx2(Detected(()));
        }
        Self::Portable
    }
}

/// A vector of `LANES` numbers.
pub trait Vector: Copy {
    /// Numbers in it; 4 or 8.
    const LANES: usize;

    /// The same number in each lane.
    fn splat(value: f32) -> Self;

    /// Reads `LANES` numbers.
    ///
    /// # Safety
    /// As many numbers can be read at `at`; it need not be aligned to more than one.
    unsafe fn load(at: *const f32) -> Self;

    /// Reads one number into each lane.
    ///
    /// # Safety
    /// A number can be read at `at`.
    #[inline(always)]
    unsafe fn load_splat(at: *const f32) -> Self {
        // SAFETY: the caller vouches for it.
        Self::splat(unsafe { *at })
    }

    /// Writes `LANES` numbers.
    ///
    /// # Safety
    /// As many numbers can be written at `at`.
    unsafe fn store(self, at: *mut f32);

    /// `self · by + plus`
    fn mul_add(self, by: Self, plus: Self) -> Self;

    /// `self + other`
    fn add(self, other: Self) -> Self;

    /// `min(max(self, low), high)`
    fn clamp(self, low: Self, high: Self) -> Self;
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod narrow {
    use core::arch::wasm32::{
        f32x4_add, f32x4_pmax, f32x4_pmin, f32x4_splat, v128, v128_load, v128_load32_splat, v128_store,
    };

    /// Four numbers.
    #[derive(Clone, Copy)]
    pub struct F32x4(v128);

    impl super::Vector for F32x4 {
        const LANES: usize = 4;

        #[inline(always)]
        fn splat(value: f32) -> Self {
            Self(f32x4_splat(value))
        }

        #[inline(always)]
        unsafe fn load(at: *const f32) -> Self {
            // SAFETY: the caller vouches for four numbers.
            Self(unsafe { v128_load(at.cast()) })
        }

        #[inline(always)]
        unsafe fn load_splat(at: *const f32) -> Self {
            // SAFETY: the caller vouches for one number.
            Self(unsafe { v128_load32_splat(at.cast()) })
        }

        #[inline(always)]
        unsafe fn store(self, at: *mut f32) {
            // SAFETY: the caller vouches for four numbers.
            unsafe { v128_store(at.cast(), self.0) }
        }

        #[inline(always)]
        fn mul_add(self, by: Self, plus: Self) -> Self {
            #[cfg(target_feature = "relaxed-simd")]
            return Self(core::arch::wasm32::f32x4_relaxed_madd(self.0, by.0, plus.0));
            #[cfg(not(target_feature = "relaxed-simd"))]
            return Self(f32x4_add(core::arch::wasm32::f32x4_mul(self.0, by.0), plus.0));
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Self(f32x4_add(self.0, other.0))
        }

        // `pmin` and `pmax` are one instruction on x86; `min` and `max`, which care for NaN, are six.
        #[inline(always)]
        fn clamp(self, low: Self, high: Self) -> Self {
            Self(f32x4_pmin(f32x4_pmax(self.0, low.0), high.0))
        }
    }
}

#[cfg(target_arch = "aarch64")]
mod narrow {
    use core::arch::aarch64::{
        float32x4_t, vaddq_f32, vdupq_n_f32, vfmaq_f32, vld1q_f32, vmaxq_f32, vminq_f32, vst1q_f32,
    };

    /// Four numbers.
    #[derive(Clone, Copy)]
    pub struct F32x4(float32x4_t);

    // SAFETY of all blocks here: every aarch64 processor has NEON; for memory, the caller vouches.
    impl super::Vector for F32x4 {
        const LANES: usize = 4;

        #[inline(always)]
        fn splat(value: f32) -> Self {
            // SAFETY: NEON.
            Self(unsafe { vdupq_n_f32(value) })
        }

        #[inline(always)]
        unsafe fn load(at: *const f32) -> Self {
            // SAFETY: the caller vouches for four numbers.
            Self(unsafe { vld1q_f32(at) })
        }

        #[inline(always)]
        unsafe fn store(self, at: *mut f32) {
            // SAFETY: the caller vouches for four numbers.
            unsafe { vst1q_f32(at, self.0) }
        }

        #[inline(always)]
        fn mul_add(self, by: Self, plus: Self) -> Self {
            // SAFETY: NEON.
            Self(unsafe { vfmaq_f32(plus.0, self.0, by.0) })
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: NEON.
            Self(unsafe { vaddq_f32(self.0, other.0) })
        }

        #[inline(always)]
        fn clamp(self, low: Self, high: Self) -> Self {
            // SAFETY: NEON.
            Self(unsafe { vminq_f32(vmaxq_f32(self.0, low.0), high.0) })
        }
    }
}

#[cfg(not(any(all(target_arch = "wasm32", target_feature = "simd128"), target_arch = "aarch64")))]
mod narrow {
    /// Four numbers.
    #[derive(Clone, Copy)]
    pub struct F32x4([f32; 4]);

    impl super::Vector for F32x4 {
        const LANES: usize = 4;

        #[inline(always)]
        fn splat(value: f32) -> Self {
            Self([value; 4])
        }

        #[inline(always)]
        unsafe fn load(at: *const f32) -> Self {
            // SAFETY: the caller vouches for four numbers.
            Self(unsafe { at.cast::<[f32; 4]>().read_unaligned() })
        }

        #[inline(always)]
        unsafe fn store(self, at: *mut f32) {
            // SAFETY: the caller vouches for four numbers.
            unsafe { at.cast::<[f32; 4]>().write_unaligned(self.0) }
        }

        #[inline(always)]
        fn mul_add(self, by: Self, plus: Self) -> Self {
            Self(std::array::from_fn(|i| self.0[i] * by.0[i] + plus.0[i]))
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
        }

        #[inline(always)]
        fn clamp(self, low: Self, high: Self) -> Self {
            Self(std::array::from_fn(|i| self.0[i].max(low.0[i]).min(high.0[i])))
        }
    }
}

pub use narrow::F32x4;

#[cfg(target_arch = "x86_64")]
mod wide {
    use core::arch::x86_64::{
        __m256, _mm256_add_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_max_ps, _mm256_min_ps, _mm256_set1_ps,
        _mm256_storeu_ps,
    };

    /// Eight numbers. Only for code that runs under [`Isa::Avx2`](super::Isa::Avx2).
    #[derive(Clone, Copy)]
    pub struct F32x8(__m256);

    // SAFETY of all blocks here: the type is used under `Isa::Avx2` alone; for memory, the caller vouches.
    impl super::Vector for F32x8 {
        const LANES: usize = 8;

        #[inline(always)]
        fn splat(value: f32) -> Self {
            // SAFETY: AVX2.
            Self(unsafe { _mm256_set1_ps(value) })
        }

        #[inline(always)]
        unsafe fn load(at: *const f32) -> Self {
            // SAFETY: the caller vouches for eight numbers.
            Self(unsafe { _mm256_loadu_ps(at) })
        }

        #[inline(always)]
        unsafe fn store(self, at: *mut f32) {
            // SAFETY: the caller vouches for eight numbers.
            unsafe { _mm256_storeu_ps(at, self.0) }
        }

        #[inline(always)]
        fn mul_add(self, by: Self, plus: Self) -> Self {
            // SAFETY: FMA.
            Self(unsafe { _mm256_fmadd_ps(self.0, by.0, plus.0) })
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: AVX2.
            Self(unsafe { _mm256_add_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn clamp(self, low: Self, high: Self) -> Self {
            // SAFETY: AVX2.
            Self(unsafe { _mm256_min_ps(_mm256_max_ps(self.0, low.0), high.0) })
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub use wide::F32x8;
