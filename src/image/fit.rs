//! Which part of a picture becomes the square that a backbone sees: the centre, all of it, or a region.
//!
//! A backbone looks at a square, and a photo is none. `Crop` is what the weights were trained with; `Pad` loses nothing and
//! shows everything smaller, between bars of the mean colour; `Region` cuts a part out first.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::image::Pixels;
use crate::image::resize::{Preprocess, margin, resize, resize_center_crop};

/// What is made of a picture that is no square.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Fit {
    /// The short side is resized and the centre cut out: [`resize_center_crop`].
    #[default]
    Crop,
    /// The whole picture, its long side resized, between bars: Pillow's `ImageOps.pad`.
    Pad,
    /// That part of it, cut out on whole pixels, then as `Pad`: a square one has no bars.
    Region(Region),
}

/// A part of an upright picture. In ten-thousandths of its sides, so that a region has one text in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    left: u16,
    top: u16,
    width: u16,
    height: u16,
}

const WHOLE: u16 = 10_000;
/// Least part of a side that a region takes: a hundredth.
const LEAST: u16 = 100;

impl Region {
    /// From shares of the picture's sides, 0 to 1.
    ///
    /// # Errors
    /// [`Error::WrongFit`] where it leaves the picture or has less than a hundredth of a side.
    pub fn new(left: f64, top: f64, width: f64, height: f64) -> Result<Self, Error> {
        let wrong = || Error::WrongFit { found: format!("region:{left},{top},{width},{height}") };
        let whole = |share: f64| match share {
            0.0..=1.0 => Ok((share * f64::from(WHOLE)).round() as u16),
            _ => Err(wrong()),
        };
        let region = Self { left: whole(left)?, top: whole(top)?, width: whole(width)?, height: whole(height)? };
        let inside = |start: u16, length: u16| length >= LEAST && start + length <= WHOLE;
        match inside(region.left, region.width) && inside(region.top, region.height) {
            true => Ok(region),
            false => Err(wrong()),
        }
    }

    /// Shares of the picture's sides: left, top, width, height.
    pub fn shares(&self) -> [f64; 4] {
        [self.left, self.top, self.width, self.height].map(|part| f64::from(part) / f64::from(WHOLE))
    }

    /// The part of a picture that it names; at least one pixel each way.
    pub fn cut(&self, pixels: &Pixels) -> Pixels {
        let edges = |start: u16, length: u16, side: u32| {
            let at = |share: u16| (f64::from(share) / f64::from(WHOLE) * f64::from(side)).round_ties_even() as u32;
            let first = at(start).min(side - 1);
            (first, at(start + length).clamp(first + 1, side))
        };
        let (left, right) = edges(self.left, self.width, pixels.width);
        let (top, bottom) = edges(self.top, self.height, pixels.height);
        let (line, width) = (3 * pixels.width as usize, right - left);
        let row = |y: u32| &pixels.rgb[line * y as usize + 3 * left as usize..][..3 * width as usize];
        Pixels { width, height: bottom - top, rgb: (top..bottom).flat_map(row).copied().collect() }
    }
}

impl Fit {
    /// Whether it is the one that every picture has unless another is chosen.
    pub fn is_crop(&self) -> bool {
        *self == Self::Crop
    }

    /// For what compares classes: a region counts as one, wherever it lies.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::Pad => "pad",
            Self::Region(_) => "region",
        }
    }
}

/// `crop`, `pad`, or `region:` with left, top, width and height as shares of the sides.
impl fmt::Display for Fit {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::Region(region) => {
                let [left, top, width, height] = region.shares();
                write!(f, "region:{left},{top},{width},{height}")
            }
            fit => f.write_str(fit.kind()),
        }
    }
}

impl FromStr for Fit {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::WrongFit { found: text.into() };
        match text {
            "crop" => Ok(Self::Crop),
            "pad" => Ok(Self::Pad),
            _ => {
                let shares = text.strip_prefix("region:").ok_or_else(wrong)?.split(',');
                let shares: Vec<f64> = shares.map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
                let [left, top, width, height] = shares.try_into().map_err(|_| wrong())?;
                Region::new(left, top, width, height).map(Self::Region)
            }
        }
    }
}

impl From<Fit> for String {
    fn from(fit: Fit) -> Self {
        fit.to_string()
    }
}

impl TryFrom<String> for Fit {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

/// What a backbone sees of a picture: `pixels` → `u8 [input_size, input_size, 3]`. Never fails.
pub fn prepare(pixels: &Pixels, preprocess: &Preprocess, fit: &Fit) -> Vec<u8> {
    match fit {
        Fit::Crop => resize_center_crop(pixels, preprocess),
        Fit::Pad => pad(pixels, preprocess),
        Fit::Region(region) => pad(&region.cut(pixels), preprocess),
    }
}

/// Pillow's `ImageOps.pad(picture, (side, side), method, color)`.
fn pad(pixels: &Pixels, preprocess: &Preprocess) -> Vec<u8> {
    let side = preprocess.input_size.max(1) as usize;
    let (width, height) = contained(pixels, side);
    let picture = resize(pixels, [width, height], preprocess.interpolation);
    if width == height {
        return picture;
    }
    let (left, top) = (margin(side, width), margin(side, height));
    let mut square = preprocess.fill.repeat(side * side);
    for (row, line) in square.chunks_exact_mut(3 * side).skip(top).zip(picture.chunks_exact(3 * width)) {
        row[3 * left..][..3 * width].copy_from_slice(line);
    }
    square
}

/// Pillow's `ImageOps.contain`: the size at which the long side has `side` pixels.
fn contained(pixels: &Pixels, side: usize) -> (usize, usize) {
    let (w, h) = (f64::from(pixels.width), f64::from(pixels.height));
    let short = |share: f64| ((share * side as f64).round_ties_even() as usize).clamp(1, side);
    if w > h { (side, short(h / w)) } else { (short(w / h), side) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Interpolation;

    const SMALL: Preprocess =
        Preprocess { input_size: 8, crop_pct: 0.875, interpolation: Interpolation::Bicubic, fill: [127, 128, 129] };

    fn picture(width: u32, height: u32) -> Pixels {
        let rgb = (0..width * height).flat_map(|at| [(at % width) as u8, (at / width) as u8, 200]).collect();
        Pixels { width, height, rgb }
    }

    #[test]
    fn a_fit_has_one_text() {
        for text in ["crop", "pad", "region:0.1,0.2,0.5,0.5", "region:0,0,1,1", "region:0.3333,0.0001,0.01,0.9999"] {
            assert_eq!(text.parse::<Fit>().unwrap().to_string(), text);
        }
        let fit: Fit = "region:0.33333333,1e-9,0.5,5e-1".parse().unwrap();
        assert_eq!(fit.to_string(), "region:0.3333,0,0.5,0.5");
        assert_eq!(serde_json::to_string(&fit).unwrap(), "\"region:0.3333,0,0.5,0.5\"");
    }

    #[test]
    fn what_is_no_fit_is_named() {
        for text in [
            "",
            "squash",
            "region",
            "region:",
            "region:0,0,1",
            "region:0,0,1,1,1",
            "region:0.6,0,0.5,0.5",
            "region:0,0,0.001,1",
            "region:-0.1,0,0.5,0.5",
            "region:NaN,0,1,1",
            "region:0,0,inf,1",
        ] {
            let error = text.parse::<Fit>().unwrap_err();
            assert_eq!(error.code(), "wrong-fit");
            assert!(error.to_string().contains(text), "{error}");
        }
    }

    #[test]
    fn bars_have_the_mean_colour_and_the_picture_is_whole() {
        for (w, h, bars) in [(40, 20, [0, 2]), (20, 40, [2, 0]), (9, 9, [0, 0]), (160, 8, [0, 4])] {
            let square = prepare(&picture(w, h), &SMALL, &Fit::Pad);
            assert_eq!(square.len(), 8 * 8 * 3);
            let is_bar = |x: usize, y: usize| square[3 * (8 * y + x)..][..3] == SMALL.fill;
            assert_eq!(is_bar(0, 0), bars != [0, 0], "{w} × {h}");
            assert_eq!((0..8).take_while(|x| is_bar(*x, 4)).count(), bars[0], "{w} × {h}");
            assert_eq!((0..8).take_while(|y| is_bar(4, *y)).count(), bars[1], "{w} × {h}");
        }
    }

    #[test]
    fn a_region_is_cut_on_whole_pixels_inside_the_picture() {
        let of = |text: &str, w, h| match text.parse().unwrap() {
            Fit::Region(region) => region.cut(&picture(w, h)),
            _ => unreachable!(),
        };
        let part = of("region:0.25,0.5,0.5,0.25", 40, 20);
        assert_eq!((part.width, part.height, &part.rgb[..3]), (20, 5, &[10, 10, 200][..]));
        let corner = of("region:0.99,0.99,0.01,0.01", 8, 8);
        assert_eq!((corner.width, corner.height, &corner.rgb[..]), (1, 1, &[7, 7, 200][..]));
        assert_eq!(of("region:0,0,1,1", 13, 9), picture(13, 9));
    }

    #[test]
    fn a_square_region_is_resized_as_a_picture_of_its_own() {
        let region: Fit = "region:0.25,0,0.5,1".parse().unwrap();
        let part = Pixels {
            rgb: picture(40, 20).rgb.chunks(120).flat_map(|row| row[30..90].to_vec()).collect(),
            width: 20,
            height: 20,
        };
        assert_eq!(prepare(&picture(40, 20), &SMALL, &region), prepare(&part, &SMALL, &Fit::Pad));
        let whole: Fit = "region:0,0,1,1".parse().unwrap();
        assert_eq!(prepare(&picture(40, 20), &SMALL, &whole), prepare(&picture(40, 20), &SMALL, &Fit::Pad));
    }
}
