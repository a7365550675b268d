//! Short side to `input_size / crop_pct` pixels, antialiased, and the centre square of that.
//!
//! Pillow's arithmetic, bit for bit: weights in 22-bit fixed point, rows before columns, rounded to `u8` in between.
//! So a feature row does not depend on where the picture was prepared. Only the square is computed, never the whole
//! resized picture: at 1 : 20 that would be 20 times the work.

use std::ops::Range;

use crate::image::Pixels;

/// Pillow's `PRECISION_BITS`: 32 bits less 8 of the sample and 2 of headroom for negative weights.
const PRECISION_BITS: u32 = 22;
/// A sum starts at one half, so that cutting off the fraction rounds.
const ROUND: i32 = 1 << (PRECISION_BITS - 1);

/// How a picture is resized: antialiased, as Pillow does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Interpolation {
    /// A triangle: the nearest pixels.
    Bilinear,
    /// Keys' cubic.
    Bicubic,
}

impl Interpolation {
    /// Source pixels that it reaches to each side, times the reduction.
    fn support(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
        }
    }

    /// Weight of a pixel at that distance.
    fn weight(self, x: f64) -> f64 {
        match self {
            Self::Bilinear => (1.0 - x.abs()).max(0.0),
            Self::Bicubic => bicubic(x),
        }
    }
}

/// What a backbone wants to see.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preprocess {
    /// Side of the square that comes out, pixels. At least 1.
    pub input_size: u32,
    /// Share of the resized short side that the square keeps, above 0 and up to 1 (timm's `crop_pct`).
    pub crop_pct: f32,
    /// How.
    pub interpolation: Interpolation,
}

/// Resizes the short side to `input_size / crop_pct` and cuts the centre square.
///
/// `pixels` → `u8 [input_size, input_size, 3]`. Smaller pictures are enlarged. Never fails: `Pixels` has at least one
/// pixel each way.
///
/// Source: Pillow's `Image.resize` with `BICUBIC` or `BILINEAR`, and the sizes of torchvision's `Resize` and `CenterCrop`.
pub fn resize_center_crop(pixels: &Pixels, preprocess: &Preprocess) -> Vec<u8> {
    let side = preprocess.input_size.max(1) as usize;
    let short = (side as f64 / f64::from(preprocess.crop_pct.clamp(0.01, 1.0))).round_ties_even() as usize;
    let (w, h) = (pixels.width as usize, pixels.height as usize);
    let shortest = w.min(h);
    let length = |source: usize| short * source / shortest;
    let columns = weights(w, length(w), side, preprocess.interpolation);
    let rows = weights(h, length(h), side, preprocess.interpolation);
    let needed = needed(&rows);
    let source = &pixels.rgb[3 * w * needed.start..3 * w * needed.end];
    let mut narrow = vec![0; 3 * side * needed.len()];
    for (out, row) in narrow.chunks_exact_mut(3 * side).zip(source.chunks_exact(3 * w)) {
        resize_row(row, &columns, out);
    }
    let mut square = vec![0; 3 * side * side];
    for (out, taps) in square.chunks_exact_mut(3 * side).zip(&rows) {
        resize_column(&narrow[3 * side * (taps.start - needed.start)..], taps, out);
    }
    square
}

/// The source pixels that make one output pixel, and how much each weighs.
struct Taps {
    start: usize,
    weights: Vec<i32>,
}

/// Taps of the central `crop` of `resized` pixels, along one side of `source` pixels.
fn weights(source: usize, resized: usize, crop: usize, interpolation: Interpolation) -> Vec<Taps> {
    let scale = source as f64 / resized as f64;
    let stretch = scale.max(1.0);
    let shrink = 1.0 / stretch;
    let support = interpolation.support() * stretch;
    let first = margin(resized, crop);
    let taps = |at: usize| {
        let center = (at as f64 + 0.5) * scale;
        // Pillow casts (x + 0.5) to int after taking the support off or adding it.
        let start = (center - support + 0.5).max(0.0) as usize;
        let end = ((center + support + 0.5) as usize).min(source);
        let raw: Vec<f64> = (start..end).map(|x| interpolation.weight((x as f64 - center + 0.5) * shrink)).collect();
        let sum: f64 = raw.iter().sum();
        Taps { start, weights: raw.iter().map(|w| fixed(w / sum)).collect() }
    };
    (first..first + crop).map(taps).collect()
}

/// What is cut off in front, so that `crop` of `resized` pixels stay.
fn margin(resized: usize, crop: usize) -> usize {
    ((resized - crop) as f64 / 2.0).round_ties_even() as usize
}

/// Keys' cubic convolution with a = −0.5.
fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    match x {
        0.0..1.0 => ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0,
        1.0..2.0 => (((x - 5.0) * x + 8.0) * x - 4.0) * A,
        _ => 0.0,
    }
}

/// To fixed point, rounded half away from zero.
fn fixed(weight: f64) -> i32 {
    (weight * f64::from(1 << PRECISION_BITS)).round() as i32
}

/// Rows of the source that any tap touches.
fn needed(rows: &[Taps]) -> Range<usize> {
    let start = rows.first().map_or(0, |taps| taps.start);
    start..rows.last().map_or(start, |taps| taps.start + taps.weights.len())
}

/// Back from fixed point.
fn sample(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}

/// One row: `row [w, 3]` → `out [crop, 3]`.
///
/// A tap loads four bytes and leaves the fourth lane unused: one 4-lane multiply and add instead of three scalar ones,
/// 2.3 cycles a tap in V8. Two or four rows at once, sharing the weight, took twice as long.
fn resize_row(row: &[u8], columns: &[Taps], out: &mut [u8]) {
    for (pixel, taps) in out.as_chunks_mut::<3>().0.iter_mut().zip(columns) {
        let Some((last, weights)) = taps.weights.split_last() else { continue };
        let bytes = &row[3 * taps.start..3 * (taps.start + taps.weights.len())];
        let mut sums = [ROUND; 4];
        for (quad, weight) in bytes.windows(4).step_by(3).zip(weights) {
            for lane in 0..4 {
                sums[lane] += i32::from(quad[lane]) * weight;
            }
        }
        for (lane, value) in bytes[bytes.len() - 3..].iter().enumerate() {
            pixel[lane] = sample(sums[lane] + i32::from(*value) * last);
        }
    }
}

/// One row of the result, from the rows below each other in `narrow`.
fn resize_column(narrow: &[u8], taps: &Taps, out: &mut [u8]) {
    let mut sums = vec![ROUND; out.len()];
    for (row, weight) in narrow.chunks_exact(out.len()).zip(&taps.weights) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += i32::from(value) * weight;
        }
    }
    for (value, sum) in out.iter_mut().zip(sums) {
        *value = sample(sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITE0: Preprocess = Preprocess { input_size: 224, crop_pct: 0.875, interpolation: Interpolation::Bicubic };

    fn pixels(width: u32, height: u32, at: impl Fn(u32, u32) -> [u8; 3]) -> Pixels {
        let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| at(x, y)).collect();
        Pixels { width, height, rgb }
    }

    #[test]
    fn one_colour_stays_that_colour_at_any_size() {
        for (w, h) in [(1, 1), (1, 20), (8, 160), (9, 7), (223, 225), (256, 256), (640, 480), (3000, 151)] {
            let square = resize_center_crop(&pixels(w, h, |_, _| [7, 130, 255]), &LITE0);
            assert_eq!(square.len(), 224 * 224 * 3);
            assert!(square.as_chunks::<3>().0.iter().all(|pixel| *pixel == [7, 130, 255]), "{w} × {h}");
        }
    }

    #[test]
    fn at_the_right_size_only_the_margin_goes() {
        let source = pixels(256, 300, |x, y| [x as u8, (y % 251) as u8, (x ^ y) as u8]);
        let square = resize_center_crop(&source, &LITE0);
        for (x, y) in [(0, 0), (223, 0), (100, 57), (223, 223)] {
            let (from, to) = (3 * ((y + 38) * 256 + x + 16), 3 * (y * 224 + x));
            assert_eq!(square[to..to + 3], source.rgb[from..from + 3], "{x}, {y}");
        }
    }

    /// Pillow 13: `Image.fromarray(a).resize((4, 4), Image.BICUBIC)`, where a[y, x] = (37 x + 11 y²) mod 256, 8 × 8.
    #[test]
    fn equals_pillow() {
        let source = pixels(8, 8, |x, y| [((37 * x + 11 * y * y) % 256) as u8; 3]);
        let red = |interpolation| -> Vec<u8> {
            let square = resize_center_crop(&source, &Preprocess { input_size: 4, crop_pct: 1.0, interpolation });
            square.as_chunks::<3>().0.iter().map(|pixel| pixel[0]).collect()
        };
        let bicubic = [24, 97, 187, 117, 101, 163, 157, 71, 134, 144, 124, 141, 93, 160, 146, 134];
        let bilinear = [37, 104, 173, 118, 103, 154, 152, 86, 129, 144, 130, 135, 100, 154, 145, 135];
        assert_eq!(red(Interpolation::Bicubic), bicubic);
        assert_eq!(red(Interpolation::Bilinear), bilinear);
    }

    #[test]
    fn odd_margins_round_half_to_even_as_python_does() {
        assert_eq!([224, 225, 227, 229, 256].map(|resized| margin(resized, 224)), [0, 0, 2, 2, 16]);
    }
}
