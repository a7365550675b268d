//! A picture's fingerprint: 255 bits that stay nearly the same when it is saved anew, resized, brightened, or loses a few
//! pixels at its edges. Does not see turned or mirrored pictures as the same.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::image::Pixels;

/// Cells each way that the whole picture is averaged to.
const CELLS: usize = 32;
/// Samples each way in a cell. The cost is the same for every size of picture: 36,864 samples, 0.1 ms.
const SAMPLES: usize = 6;
/// Lowest frequencies each way that are kept.
const FREQUENCIES: usize = 16;
/// Of the cosines, which are whole numbers: the same picture has the same bits on every machine.
const SCALE: f64 = 4096.0;

/// Signs of the lowest frequencies of a picture. How far near-duplicates are apart stands in [`crate::groups`].
///
/// In a file it is its hex digits: JavaScript, through which what is kept passes, rounds whole numbers beyond 2⁵³.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "Written")]
pub struct Fingerprint([u64; 4]);

/// As it stands in files, of before too: as numbers, which may have been rounded.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Hex(String),
    Words([u64; 4]),
    Rounded([f64; 4]),
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.to_string()
    }
}

impl TryFrom<Written> for Fingerprint {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Hex(digits) => digits.parse().map_err(|()| "a fingerprint is not 64 hex digits"),
            Written::Words(words) => Ok(Self(words)),
            Written::Rounded(words) => Ok(Self(words.map(|word| word as u64))),
        }
    }
}

impl Fingerprint {
    /// Of the whole, upright picture, whatever a backbone sees of it.
    ///
    /// Source: pHash (Zauner 2010), with 16 × 16 frequencies of 32 × 32 cells in place of 8 × 8, and signs in place of the
    /// comparison with the median.
    pub fn of(pixels: &Pixels) -> Self {
        let cells = cells(pixels);
        let cosines = cosines();
        let rows = cells.map(|row| cosines.map(|wave| dot(&row, &wave)));
        let mut words = [0; 4];
        for bit in 1..FREQUENCIES * FREQUENCIES {
            let (u, v) = (bit / FREQUENCIES, bit % FREQUENCIES);
            let column: [i64; CELLS] = std::array::from_fn(|y| rows[y][v]);
            if dot(&column, &cosines[u]) > 0 {
                words[bit / 64] |= 1 << (bit % 64);
            }
        }
        Self(words)
    }

    /// Bits that differ, 0 to 255. Different pictures are about 127 apart.
    pub fn distance(&self, other: &Self) -> u32 {
        self.0.iter().zip(&other.0).map(|(a, b)| (a ^ b).count_ones()).sum()
    }
}

/// Sums of luma, `[y][x]`.
fn cells(pixels: &Pixels) -> [[i64; CELLS]; CELLS] {
    let (w, h) = (pixels.width as usize, pixels.height as usize);
    let at = |sample: usize, length: usize| (2 * sample + 1) * length / (2 * CELLS * SAMPLES);
    let columns: [usize; CELLS * SAMPLES] = std::array::from_fn(|sample| 3 * at(sample, w));
    let mut cells = [[0; CELLS]; CELLS];
    for y in 0..CELLS * SAMPLES {
        let row = &pixels.rgb[3 * w * at(y, h)..][..3 * w];
        for (cell, columns) in cells[y / SAMPLES].iter_mut().zip(columns.chunks_exact(SAMPLES)) {
            *cell += columns.iter().map(|x| luma(&row[*x..*x + 3])).sum::<i64>();
        }
    }
    cells
}

/// A thousandfold, by ITU-R BT.601.
fn luma(rgb: &[u8]) -> i64 {
    299 * i64::from(rgb[0]) + 587 * i64::from(rgb[1]) + 114 * i64::from(rgb[2])
}

/// The cosine transform's waves.
fn cosines() -> [[i64; CELLS]; FREQUENCIES] {
    let wave = |k: usize, n: usize| std::f64::consts::PI * (k * (2 * n + 1)) as f64 / (2 * CELLS) as f64;
    std::array::from_fn(|k| std::array::from_fn(|n| (wave(k, n).cos() * SCALE).round() as i64))
}

fn dot(a: &[i64; CELLS], b: &[i64; CELLS]) -> i64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// 64 hex digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.iter().try_for_each(|word| write!(f, "{word:016x}"))
    }
}

/// From what [`Display`](fmt::Display) writes; `Err` for any other text.
impl FromStr for Fingerprint {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let word = |at: usize| u64::from_str_radix(text.get(16 * at..16 * (at + 1))?, 16).ok();
        match [word(0), word(1), word(2), word(3)] {
            [Some(a), Some(b), Some(c), Some(d)] if text.len() == 64 => Ok(Self([a, b, c, d])),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_hex_digits_and_numbers_of_before_are_read() {
        let fingerprint = Fingerprint([u64::MAX, 1, 0, 1 << 63 | 1]);
        let text = serde_json::to_string(&fingerprint).unwrap();
        assert_eq!(text, format!("\"{fingerprint}\""));
        let read = |text: &str| serde_json::from_str::<Fingerprint>(text).map_err(|error| error.to_string());
        assert_eq!(read(&text), Ok(fingerprint));
        assert_eq!(read("[18446744073709551615, 1, 0, 9223372036854775809]"), Ok(fingerprint));
        assert_eq!(read("[1.8446744073709552e+19, 1, 0, 2]"), Ok(Fingerprint([u64::MAX, 1, 0, 2])));
        assert!(read("\"12\"").unwrap_err().contains("hex digits"));
    }

    fn picture(width: u32, height: u32, seed: u32) -> Pixels {
        let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let level = |x: u32, y: u32| {
            let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
            let wave = |k: u32| ((u * (k % 5) as f32 + v * (k % 7) as f32) * 3.0 + k as f32).sin();
            (128.0 + 40.0 * (wave(seed) + wave(seed * 3 + 1) + wave(seed * 7 + 2))).clamp(0.0, 255.0) as u8
        };
        Pixels { width, height, rgb: rgb.flat_map(|(x, y)| [level(x, y); 3]).collect() }
    }

    #[test]
    fn a_smaller_copy_is_near_and_another_picture_is_far() {
        let of = |width, height, seed| Fingerprint::of(&picture(width, height, seed));
        let whole = of(640, 480, 1);
        for (width, height) in [(640, 480), (320, 240), (201, 150), (64, 48)] {
            let distance = whole.distance(&of(width, height, 1));
            assert!(distance <= 40, "{width} × {height}: {distance}");
        }
        assert!(whole.distance(&of(640, 480, 2)) > 80);
    }

    #[test]
    fn a_flat_picture_has_no_frequency_and_any_size_has_a_fingerprint() {
        for (width, height) in [(1, 1), (8, 8), (8, 160), (33, 31), (192, 7)] {
            let flat = Pixels { width, height, rgb: vec![200; (3 * width * height) as usize] };
            assert_eq!(Fingerprint::of(&flat), Fingerprint::default(), "{width} × {height}");
            Fingerprint::of(&picture(width, height, 3));
        }
    }

    #[test]
    fn it_survives_its_text() {
        let fingerprint = Fingerprint::of(&picture(300, 200, 5));
        assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        for wrong in ["", "xyz", &"0".repeat(65), &"é".repeat(32)] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(()));
        }
    }
}
