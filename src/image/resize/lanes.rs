//! Two samples times two weights, four of them at once: what the passes of the resize are made of.
//!
//! A weight has 23 bits, a vector multiplies 16: so it is taken apart into `high · 2¹¹ + low`, and the two sums are put
//! together at the end. Integers, hence the same sum as of whole weights, bit for bit.

#[cfg(target_arch = "wasm32")]
pub use wasm::{Pairs, Sums};

#[cfg(not(target_arch = "wasm32"))]
pub use portable::{Pairs, Sums};

use super::{PRECISION_BITS, ROUND};

const LOW_BITS: u32 = 11;

/// Two neighbouring weights, each taken apart: the first in the lower half of either number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    high: u32,
    low: u32,
}

impl Weights {
    /// Of two weights in fixed point, each below 16.
    pub fn new([first, second]: [i32; 2]) -> Self {
        let packed = |first: i32, second: i32| first as u32 & 0xffff | (second as u32) << 16;
        let low = (1 << LOW_BITS) - 1;
        Self { high: packed(first >> LOW_BITS, second >> LOW_BITS), low: packed(first & low, second & low) }
    }
}

/// One instruction for each step: shuffle, multiply and add pairs, narrow with saturation.
#[cfg(target_arch = "wasm32")]
mod wasm {
    use core::arch::wasm32::*;

    use super::{LOW_BITS, PRECISION_BITS, ROUND, Weights};

    /// Four pairs of samples, as 16 bits.
    #[derive(Clone, Copy)]
    pub struct Pairs(v128);

    impl Pairs {
        /// Two pixels `r g b r g b`, and two bytes that do not matter: `r r`, `g g`, `b b`, and a pair that nobody reads.
        #[inline(always)]
        pub fn of_pixels(bytes: &[u8; 8]) -> Self {
            let bytes = u64x2_splat(u64::from_le_bytes(*bytes));
            let pairs = u8x16_shuffle::<0, 3, 1, 4, 2, 5, 6, 7, 0, 3, 1, 4, 2, 5, 6, 7>(bytes, bytes);
            Self(u16x8_extend_low_u8x16(pairs))
        }

        /// Sixteen samples and those below them.
        #[inline(always)]
        pub fn of_rows(above: &[u8; 16], below: &[u8; 16]) -> [Self; 4] {
            let (above, below) = (vector(above), vector(below));
            let first = u8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(above, below);
            let last = u8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(above, below);
            [
                u16x8_extend_low_u8x16(first),
                u16x8_extend_high_u8x16(first),
                u16x8_extend_low_u8x16(last),
                u16x8_extend_high_u8x16(last),
            ]
            .map(Self)
        }
    }

    fn vector(bytes: &[u8; 16]) -> v128 {
        let [low, high] = [0, 8].map(|at| u64::from_le_bytes(std::array::from_fn(|byte| bytes[at + byte])));
        u64x2(low, high)
    }

    /// Four sums.
    #[derive(Clone, Copy)]
    pub struct Sums {
        high: v128,
        low: v128,
    }

    impl Sums {
        /// Of nothing.
        #[inline(always)]
        pub fn new() -> Self {
            Self { high: i32x4_splat(0), low: i32x4_splat(ROUND) }
        }

        /// One more pair for each.
        #[inline(always)]
        pub fn add(&mut self, Pairs(pairs): Pairs, weights: Weights) {
            self.high = i32x4_add(self.high, i32x4_dot_i16x8(pairs, u32x4_splat(weights.high)));
            self.low = i32x4_add(self.low, i32x4_dot_i16x8(pairs, u32x4_splat(weights.low)));
        }

        /// The samples that the sums are.
        #[inline(always)]
        pub fn samples(self) -> [u8; 4] {
            let words = i16x8_narrow_i32x4(self.whole(), self.whole());
            u32x4_extract_lane::<0>(u8x16_narrow_i16x8(words, words)).to_le_bytes()
        }

        fn whole(self) -> v128 {
            i32x4_shr(i32x4_add(i32x4_shl(self.high, LOW_BITS), self.low), PRECISION_BITS)
        }
    }
}

/// The same in plain Rust.
#[cfg(not(target_arch = "wasm32"))]
mod portable {
    use super::{LOW_BITS, PRECISION_BITS, ROUND, Weights};

    /// Four pairs of samples.
    #[derive(Clone, Copy)]
    pub struct Pairs([[u8; 2]; 4]);

    impl Pairs {
        /// Two pixels `r g b r g b`, and two bytes that do not matter: `r r`, `g g`, `b b`, and a pair that nobody reads.
        #[inline(always)]
        pub fn of_pixels(&[r, g, b, r2, g2, b2, ..]: &[u8; 8]) -> Self {
            Self([[r, r2], [g, g2], [b, b2], [0; 2]])
        }

        /// Sixteen samples and those below them.
        #[inline(always)]
        pub fn of_rows(above: &[u8; 16], below: &[u8; 16]) -> [Self; 4] {
            let pair = |at: usize| [above[at], below[at]];
            std::array::from_fn(|four| Self(std::array::from_fn(|lane| pair(4 * four + lane))))
        }
    }

    /// Four sums.
    #[derive(Clone, Copy)]
    pub struct Sums {
        high: [i32; 4],
        low: [i32; 4],
    }

    impl Sums {
        /// Of nothing.
        #[inline(always)]
        pub fn new() -> Self {
            Self { high: [0; 4], low: [ROUND; 4] }
        }

        /// One more pair for each.
        #[inline(always)]
        pub fn add(&mut self, Pairs(pairs): Pairs, weights: Weights) {
            let dot = |[a, b]: [u8; 2], weights: u32| {
                i32::from(a) * i32::from(weights as i16) + i32::from(b) * i32::from((weights >> 16) as i16)
            };
            for (lane, pair) in pairs.into_iter().enumerate() {
                self.high[lane] += dot(pair, weights.high);
                self.low[lane] += dot(pair, weights.low);
            }
        }

        /// The samples that the sums are.
        #[inline(always)]
        pub fn samples(self) -> [u8; 4] {
            let whole = |lane: usize| ((self.high[lane] << LOW_BITS) + self.low[lane]) >> PRECISION_BITS;
            std::array::from_fn(|lane| whole(lane).clamp(0, 255) as u8)
        }
    }
}
