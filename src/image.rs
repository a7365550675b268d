//! From the bytes of a picture file to the pixels that a backbone sees: decode, orient, fit into a square.
//!
//! The same bytes give the same pixels natively and in every browser. Takes what people send as it is (wrong
//! extensions, EXIF turns, CMYK, 16 bit, palettes) and refuses, by name and with advice, what must not be learnt: cut
//! off, damaged, empty, too large. Does not read files, and does not apply colour profiles: samples count as sRGB.

pub mod augment;
mod decode;
mod fingerprint;
pub mod fit;
mod format;
mod jpeg;
mod orient;
mod resize;

pub use decode::{MAX_ASPECT, MAX_FILE_BYTES, MAX_PIXELS, MIN_SIDE_PX, decode};
pub use fingerprint::Fingerprint;
pub use fit::{Fit, prepare};
pub use format::Format;
pub use resize::{Interpolation, Preprocess, resize_center_crop};

/// Raised when the same file gives other pixels than before: feature rows that were kept are then computed anew.
pub const PREPROCESSING: u32 = 1;

/// A picture in memory. At least one pixel each way, and `rgb.len() == 3 · width · height`.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// sRGB, `u8 [height, width, 3]`, row-major.
    pub rgb: Vec<u8>,
}

/// What [`decode`] finds in a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The picture, upright.
    pub pixels: Pixels,
    /// What the file really is, whatever its name says.
    pub format: Format,
}
