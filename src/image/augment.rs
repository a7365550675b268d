//! Other views of a training picture: turned, shifted, cut, mirrored, in another light. Validation never sees one.
//!
//! Names and meanings are torchvision's (`RandomAffine`, `RandomResizedCrop`, `RandomHorizontalFlip`, `ColorJitter`, in
//! this order), the arithmetic is Pillow's. What a turn or a shift uncovers is filled by reflection, as Keras's
//! `RandomRotation` does: black corners are nothing that validation has. Seed, file and number decide a view, natively and
//! in wasm to the bit: sine, cosine and exponential are sums of our own, since each platform has others.

mod affine;
mod colour;
mod series;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::image::augment::affine::affine;
use crate::image::augment::colour::{brightness, contrast, saturation};
use crate::image::augment::series::exp;
use crate::image::resize::{Interpolation, resize};
use crate::image::{PREPROCESSING, Pixels};

/// Raised when the same settings give other views than before.
const VERSION: u32 = 1;
/// torchvision's `ratio` is 3/4 to 4/3; this is the logarithm of the latter.
const LOG_RATIO: f64 = 0.287_682_072_451_780_9;
/// So often a region is drawn before the whole picture is taken.
const ATTEMPTS: usize = 10;

/// How far views go from the picture. The default is mild; 0 (`scale` 1) switches a change off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Augmentation {
    /// Share of views that are mirrored, left to right (`RandomHorizontalFlip(p)`).
    pub horizontal_flip: f64,
    /// Least share of the area that a view keeps (`RandomResizedCrop(scale=(scale, 1))`, sides 3 : 4 to 4 : 3).
    pub scale: f64,
    /// Turned by up to so many degrees, either way (`RandomAffine(degrees)`).
    pub degrees: f64,
    /// Shifted by up to this share of the side, each way (`RandomAffine(translate)`).
    pub translate: f64,
    /// Light times `1 − brightness` to `1 + brightness` (`ColorJitter`).
    pub brightness: f64,
    /// The same for the distance from the mean grey.
    pub contrast: f64,
    /// The same for the distance from grey.
    pub saturation: f64,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            horizontal_flip: 0.5,
            scale: 0.7,
            degrees: 10.0,
            translate: 0.0,
            brightness: 0.2,
            contrast: 0.2,
            saturation: 0.2,
        }
    }
}

/// What makes one view. [`Change::apply`] does it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Turned, degrees, clockwise as torchvision counts.
    pub degrees: f64,
    /// Shifted right and down, pixels.
    pub translate: [i32; 2],
    /// What is kept.
    pub region: Region,
    /// Mirrored.
    pub flip: bool,
    /// Factors; 1 changes nothing.
    pub brightness: f64,
    /// As `brightness`.
    pub contrast: f64,
    /// As `brightness`.
    pub saturation: f64,
    /// The order of the last three, by their places above.
    pub order: [u8; 3],
}

/// A part of a picture, pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Rows above it.
    pub top: u32,
    /// Columns left of it.
    pub left: u32,
    /// Its rows.
    pub height: u32,
    /// Its columns.
    pub width: u32,
}

impl Augmentation {
    /// # Errors
    /// [`Error::WrongOption`] names the first value that is out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let ranges = [
            ("horizontalFlip", self.horizontal_flip, [0.0, 1.0]),
            ("scale", self.scale, [0.05, 1.0]),
            ("degrees", self.degrees, [0.0, 180.0]),
            ("translate", self.translate, [0.0, 0.5]),
            ("brightness", self.brightness, [0.0, 1.0]),
            ("contrast", self.contrast, [0.0, 1.0]),
            ("saturation", self.saturation, [0.0, 1.0]),
        ];
        match ranges.into_iter().find(|(_, value, [least, most])| !(*least..=*most).contains(value)) {
            Some((name, value, [least, most])) => Err(Error::WrongOption { name: name.into(), value, least, most }),
            None => Ok(()),
        }
    }

    /// Names the views that these settings and this seed give: where it is the same, so are they.
    pub fn key(&self, seed: u64) -> String {
        let Self { horizontal_flip, scale, degrees, translate, brightness, contrast, saturation } = self;
        let numbers = [horizontal_flip, scale, degrees, translate, brightness, contrast, saturation];
        let numbers: Vec<String> = numbers.into_iter().map(f64::to_string).collect();
        format!("{VERSION}.{PREPROCESSING} {seed} {}", numbers.join(" "))
    }

    /// View `number` of a square picture `u8 [side, side, 3]`, whose file has this hash.
    pub fn view(&self, pixels: &[u8], sha256: &str, seed: u64, number: u32) -> Vec<u8> {
        let side = pixels_side(pixels.len());
        self.draw(side, &mut random(sha256, seed, number)).apply(pixels)
    }

    /// The change of one view of a picture with this side, pixels.
    pub fn draw(&self, side: u32, random: &mut fastrand::Rng) -> Change {
        let degrees = within(-self.degrees, self.degrees, random);
        let most = self.translate * f64::from(side);
        let translate = [(); 2].map(|()| within(-most, most, random).round_ties_even() as i32);
        let region = self.region(side, random);
        let flip = random.f64() < self.horizontal_flip;
        let [brightness, contrast, saturation] = [self.brightness, self.contrast, self.saturation]
            .map(|most| within((1.0 - most).max(0.0), 1.0 + most, random));
        let mut order = [0, 1, 2];
        // Not `shuffle`: it draws otherwise where a pointer has 32 bits.
        order.swap(2, random.u32(..3) as usize);
        order.swap(1, random.u32(..2) as usize);
        Change { degrees, translate, region, flip, brightness, contrast, saturation, order }
    }

    /// `RandomResizedCrop.get_params` of a square.
    fn region(&self, side: u32, random: &mut fastrand::Rng) -> Region {
        let area = f64::from(side) * f64::from(side);
        for _ in 0..ATTEMPTS {
            let area = area * within(self.scale, 1.0, random);
            let ratio = exp(within(-LOG_RATIO, LOG_RATIO, random));
            let [width, height] = [area * ratio, area / ratio].map(|square| square.sqrt().round_ties_even() as u32);
            if self.scale < 1.0 && (1..=side).contains(&width) && (1..=side).contains(&height) {
                let (top, left) = (random.u32(..=side - height), random.u32(..=side - width));
                return Region { top, left, height, width };
            }
        }
        Region { top: 0, left: 0, height: side, width: side }
    }
}

impl Change {
    /// `u8 [side, side, 3]` → the same. Never fails.
    pub fn apply(&self, pixels: &[u8]) -> Vec<u8> {
        let side = pixels_side(pixels.len());
        let mut view = affine(pixels, side as usize, self.degrees, self.translate);
        let whole = Region { top: 0, left: 0, height: side, width: side };
        if self.region != whole {
            view = resize(&self.region.cut(&view, side), [side as usize; 2], Interpolation::Bilinear);
        }
        if self.flip {
            mirror(&mut view, side);
        }
        for which in self.order {
            match which {
                0 => brightness(&mut view, self.brightness),
                1 => contrast(&mut view, self.contrast),
                _ => saturation(&mut view, self.saturation),
            }
        }
        view
    }
}

impl Region {
    fn cut(&self, pixels: &[u8], side: u32) -> Pixels {
        let Self { top, left, height, width } = *self;
        let row = |y: u32| pixels[3 * (y * side + left) as usize..][..3 * width as usize].iter().copied();
        Pixels { width, height, rgb: (top..top + height).flat_map(row).collect() }
    }
}

fn mirror(pixels: &mut [u8], side: u32) {
    for row in pixels.as_chunks_mut::<3>().0.chunks_exact_mut(side as usize) {
        row.reverse();
    }
}

/// The side of a square picture of so many bytes.
fn pixels_side(bytes: usize) -> u32 {
    (bytes / 3).isqrt() as u32
}

fn within(least: f64, most: f64, random: &mut fastrand::Rng) -> f64 {
    least + (most - least) * random.f64()
}

/// Numbers that depend on file, seed and view alone.
fn random(sha256: &str, seed: u64, number: u32) -> fastrand::Rng {
    let words = [seed.to_le_bytes(), u64::from(number).to_le_bytes()];
    let bytes = words.iter().flatten().chain(sha256.as_bytes());
    // FNV-1a: the hash is as random as the file's.
    let seed =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    fastrand::Rng::with_seed(seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(side: u32) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(3);
        (0..3 * side * side).map(|_| random.u8(..)).collect()
    }

    #[test]
    fn nothing_changes_where_everything_is_off() {
        let off = Augmentation {
            horizontal_flip: 0.0,
            scale: 1.0,
            degrees: 0.0,
            translate: 0.0,
            brightness: 0.0,
            contrast: 0.0,
            saturation: 0.0,
        };
        let pixels = picture(33);
        for number in 0..20 {
            assert_eq!(off.view(&pixels, "ab", 1, number), pixels);
        }
    }

    #[test]
    fn seed_file_and_number_decide_a_view_and_nothing_else() {
        let (settings, pixels) = (Augmentation::default(), picture(40));
        let view = |sha256, seed, number| settings.view(&pixels, sha256, seed, number);
        assert_eq!(view("ab", 1, 0), view("ab", 1, 0));
        for other in [view("ac", 1, 0), view("ab", 2, 0), view("ab", 1, 1)] {
            assert_ne!(other, view("ab", 1, 0));
        }
    }

    #[test]
    fn changes_stay_in_their_ranges_and_reach_them() {
        let settings = Augmentation { translate: 0.1, scale: 0.25, ..Augmentation::default() };
        let mut random = fastrand::Rng::with_seed(1);
        let changes: Vec<Change> = (0..4000).map(|_| settings.draw(100, &mut random)).collect();
        let reach = |of: &dyn Fn(&Change) -> f64, [least, most]: [f64; 2]| {
            let values = || changes.iter().map(of);
            let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
            let close = (most - least) * 0.05;
            assert!(least <= low && low < least + close && most - close < high && high <= most, "{low} to {high}");
        };
        reach(&|change| change.degrees, [-10.0, 10.0]);
        reach(&|change| f64::from(change.translate[1]), [-10.0, 10.0]);
        reach(&|change| change.contrast, [0.8, 1.2]);
        reach(&|change| f64::from(change.region.width * change.region.height) / 10_000.0, [0.24, 1.0]);
        reach(&|change| f64::from(change.region.left) / f64::from(101 - change.region.width), [0.0, 1.0]);
        let flipped = changes.iter().filter(|change| change.flip).count();
        assert!((1800..2200).contains(&flipped), "{flipped}");
        let first = |which| changes.iter().filter(|change| change.order[0] == which).count();
        assert!([0, 1, 2].iter().all(|which| (1200..1470).contains(&first(*which))));
    }

    #[test]
    fn a_value_out_of_its_range_is_named() {
        let text = |settings: Augmentation| settings.check().unwrap_err().to_string();
        assert!(text(Augmentation { degrees: 200.0, ..Augmentation::default() }).contains("degrees"));
        assert!(text(Augmentation { scale: f64::NAN, ..Augmentation::default() }).contains("scale"));
        assert!(Augmentation::default().check().is_ok());
    }
}
