//! Short side to `input_size / crop_pct` pixels, antialiased, and the centre square of that.
//!
//! Pillow's arithmetic, bit for bit: weights in 22-bit fixed point, rows before columns, rounded to `u8` in between.
//! So a feature row does not depend on where the picture was prepared. Only the square is computed, never the whole
//! resized picture: at 1 : 20 that would be 20 times the work.

mod lanes;

use crate::image::Pixels;
use lanes::{Pairs, Sums, Weights};

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
    /// What stands beside a picture that is padded, red first (Pillow's `color`, torchvision's `fill`).
    pub fill: [u8; 3],
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
    let columns = Taps::new(w, length(w), side, preprocess.interpolation);
    let rows = Taps::new(h, length(h), side, preprocess.interpolation);
    resample(pixels, &columns, &rows)
}

/// Resizes the whole picture, whatever its shape: `u8 [height, width, 3]`.
pub(super) fn resize(pixels: &Pixels, [width, height]: [usize; 2], interpolation: Interpolation) -> Vec<u8> {
    let taps = |source: u32, side: usize| Taps::new(source as usize, side, side, interpolation);
    resample(pixels, &taps(pixels.width, width), &taps(pixels.height, height))
}

fn resample(pixels: &Pixels, columns: &Taps, rows: &Taps) -> Vec<u8> {
    let (w, h) = (pixels.width as usize, pixels.height as usize);
    let (width, height) = (columns.starts.len(), rows.starts.len());
    let (from, to) = rows.reach();
    // A line that ends with the picture has nothing behind it that a vector could read.
    let (line, mut last) = (3 * w, vec![0; columns.reach().1 * 3 + SLACK]);
    let mut narrow = Narrow::new(width, to - from);
    for (y, out) in (from..to.min(h)).zip(narrow.lines.chunks_exact_mut(narrow.stride)) {
        let rest = &pixels.rgb[line * y..];
        let bytes = rest.get(..last.len()).unwrap_or_else(|| {
            last[..line].copy_from_slice(&rest[..line]);
            &last
        });
        narrow_line(bytes, columns, out);
    }
    let mut resized = vec![0; 3 * width * height];
    for (out, (start, weights)) in resized.chunks_exact_mut(3 * width).zip(rows.each()) {
        mix_lines(&narrow.lines[narrow.stride * (start - from)..], narrow.stride, weights, out);
    }
    resized
}

/// Bytes that are loaded behind the last pixel of a pair.
const SLACK: usize = 2;
/// Samples of a line that are made together.
const SAMPLES: usize = 16;

/// Lines of the final width, one below the other.
struct Narrow {
    /// Whole groups of [`SAMPLES`].
    stride: usize,
    lines: Vec<u8>,
}

impl Narrow {
    fn new(width: usize, height: usize) -> Self {
        let stride = (3 * width).next_multiple_of(SAMPLES);
        Self { stride, lines: vec![0; stride * height] }
    }
}

/// The source pixels that make each output pixel, and how much they weigh, in pairs. All have as many; those that fill
/// up weigh nothing, and may lie behind the end of the source.
struct Taps {
    starts: Vec<usize>,
    weights: Vec<Weights>,
}

impl Taps {
    /// Of the central `crop` of `resized` pixels, along one side of `source` pixels.
    fn new(source: usize, resized: usize, crop: usize, interpolation: Interpolation) -> Self {
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
            let raw: Vec<f64> =
                (start..end).map(|x| interpolation.weight((x as f64 - center + 0.5) * shrink)).collect();
            let sum: f64 = raw.iter().sum();
            (start, raw.iter().map(|w| fixed(w / sum)).collect::<Vec<i32>>())
        };
        let all: Vec<(usize, Vec<i32>)> = (first..first + crop).map(taps).collect();
        let pairs = all.iter().map(|(_, weights)| weights.len().div_ceil(2)).max().unwrap_or(0);
        let weight = |weights: &[i32], at: usize| weights.get(at).copied().unwrap_or(0);
        let pair = |weights: &[i32], at: usize| Weights::new([weight(weights, 2 * at), weight(weights, 2 * at + 1)]);
        Self {
            starts: all.iter().map(|(start, _)| *start).collect(),
            weights: all.iter().flat_map(|(_, weights)| (0..pairs).map(move |at| pair(weights, at))).collect(),
        }
    }

    /// Start and weights of each output pixel.
    fn each(&self) -> impl Iterator<Item = (usize, &[Weights])> {
        let pairs = self.weights.len() / self.starts.len().max(1);
        self.starts.iter().copied().zip(self.weights.chunks_exact(pairs.max(1)))
    }

    /// The first source pixel that is touched, and the one behind the last.
    fn reach(&self) -> (usize, usize) {
        let (first, last) = (self.starts.first().copied(), self.each().last());
        (first.unwrap_or(0), last.map_or(0, |(start, weights)| start + 2 * weights.len()))
    }
}

/// What is cut off in front, so that `crop` of `resized` pixels stay; also what stands in front of `crop` in `resized`.
pub(super) fn margin(resized: usize, crop: usize) -> usize {
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

/// One line: `[w, 3]`, and [`SLACK`] → `out [crop, 3]`.
fn narrow_line(line: &[u8], columns: &Taps, out: &mut [u8]) {
    for (pixel, (start, weights)) in out.as_chunks_mut::<3>().0.iter_mut().zip(columns.each()) {
        let mut sums = Sums::new();
        let pixels = line[3 * start..][..6 * weights.len() + SLACK].array_windows().step_by(6);
        for (two, weights) in pixels.zip(weights) {
            sums.add(Pairs::of_pixels(two), *weights);
        }
        let [r, g, b, _] = sums.samples();
        *pixel = [r, g, b];
    }
}

/// One line of the result, from those below each other in `lines`.
fn mix_lines(lines: &[u8], stride: usize, weights: &[Weights], out: &mut [u8]) {
    for (at, out) in out.chunks_mut(SAMPLES).enumerate() {
        let mut sums = [Sums::new(); 4];
        let group = |line: &[u8]| line[SAMPLES * at..].first_chunk().copied().unwrap_or_default();
        for (two, weights) in lines.chunks_exact(2 * stride).zip(weights) {
            let (above, below) = two.split_at(stride);
            for (sums, pairs) in sums.iter_mut().zip(Pairs::of_rows(&group(above), &group(below))) {
                sums.add(pairs, *weights);
            }
        }
        let samples = sums.map(Sums::samples);
        out.copy_from_slice(&samples.as_flattened()[..out.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITE0: Preprocess =
        Preprocess { input_size: 224, crop_pct: 0.875, interpolation: Interpolation::Bicubic, fill: [127; 3] };

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
            let wanted = Preprocess { input_size: 4, crop_pct: 1.0, interpolation, fill: [0; 3] };
            let square = resize_center_crop(&source, &wanted);
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
