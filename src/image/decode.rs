//! Bytes of a file to upright pixels, within limits that are checked before anything is allocated.

use std::io::{Cursor, ErrorKind};

use ::image::{DynamicImage, ImageDecoder, ImageError, Limits, codecs};

use crate::error::Error;
use crate::image::{Decoded, Format, Pixels, jpeg, orient};

/// Largest file, 64 MB. A photo of 50 megapixels has 10 to 25 MB as JPEG.
pub const MAX_FILE_BYTES: usize = 64 << 20;
/// Largest picture: 50 megapixels, counted in 1024², since phones' "50 MP" is 8192 × 6144.
pub const MAX_PIXELS: u64 = 50 << 20;
/// Shortest side. Below one block of a JPEG nothing can be recognised.
pub const MIN_SIDE_PX: u32 = 8;
/// Longest side for each pixel of the shortest. Beyond it the centre square would show less than 5 % of the picture.
pub const MAX_ASPECT: u32 = 20;

/// Alpha is composited on this: white, as on paper and on most pages.
const BACKGROUND: u32 = 255;
/// What a decoder may allocate besides the pixels: metadata, palettes, a line.
const MAX_METADATA_BYTES: u64 = 64 << 20;

/// Reads a picture: JPEG (also CMYK), PNG, WebP, BMP, or GIF, of an animation the first frame.
///
/// `file` is only for messages: the content decides the format. EXIF orientation is applied, alpha composited on white,
/// 16 bits scaled by 1/257, grey spread over the three channels. `bytes` are refused by size, and the picture by the
/// width and height in its header, before anything is allocated for it.
///
/// # Errors
/// [`Error::EmptyFile`], [`Error::TooLarge`], [`Error::NotAnImage`], [`Error::UnsupportedFormat`], [`Error::Truncated`],
/// [`Error::Damaged`], [`Error::TooManyPixels`], [`Error::TooNarrow`], [`Error::TooSmall`]; each names `file`.
pub fn decode(file: &str, bytes: &[u8]) -> Result<Decoded, Error> {
    if bytes.is_empty() {
        return Err(Error::EmptyFile { file: file.into() });
    }
    if bytes.len() > MAX_FILE_BYTES {
        return Err(Error::TooLarge { file: file.into(), megabytes: bytes.len().div_ceil(1 << 20) });
    }
    let format = Format::of(file, bytes)?;
    let failed = |error: ImageError| failure(file, error);
    let read = Cursor::new(bytes);
    let pixels = match format {
        Format::Jpeg => jpeg::decode(file, bytes),
        Format::Png => {
            if let Some((width, height)) = png_size(bytes) {
                check_size(file, width, height)?;
            }
            let mut limits = Limits::no_limits();
            limits.max_alloc = Some(MAX_METADATA_BYTES);
            still(file, codecs::png::PngDecoder::with_limits(read, limits).map_err(failed)?)
        }
        Format::WebP => {
            check_webp(file, bytes)?;
            still(file, codecs::webp::WebPDecoder::new(read).map_err(failed)?)
        }
        Format::Bmp => still(file, codecs::bmp::BmpDecoder::new(read).map_err(failed)?),
        Format::Gif => still(file, codecs::gif::GifDecoder::new(read).map_err(failed)?),
    }?;
    Ok(Decoded { pixels, format })
}

/// Refuses a picture by its header.
pub(super) fn check_size(file: &str, width: u32, height: u32) -> Result<(), Error> {
    check_pixels(file, width, height)?;
    let file = file.to_string();
    let (short, long) = (width.min(height), width.max(height));
    if short == 0 {
        return Err(Error::Damaged { file, reason: "its width or height is 0".into() });
    }
    if long > short.saturating_mul(MAX_ASPECT) {
        return Err(Error::TooNarrow { file, width, height });
    }
    if short < MIN_SIDE_PX {
        return Err(Error::TooSmall { file, width, height });
    }
    Ok(())
}

/// Width and height, which every PNG gives first. Its decoder tells them only after all other headers.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| bytes.get(at..)?.first_chunk().map(|four| u32::from_be_bytes(*four));
    (bytes.get(12..16)? == b"IHDR").then_some((number(16)?, number(20)?))
}

/// The picture of one of the `image` crate's decoders.
fn still(file: &str, mut decoder: impl ImageDecoder) -> Result<Pixels, Error> {
    let (width, height) = decoder.dimensions();
    check_size(file, width, height)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(4 * MAX_PIXELS);
    decoder.set_limits(limits).map_err(|error| failure(file, error))?;
    // Metadata that can't be read is no reason to lose the picture.
    let exif = decoder.exif_metadata().ok().flatten().unwrap_or_default();
    let image = DynamicImage::from_decoder(decoder).map_err(|error| failure(file, error))?;
    let pixels = Pixels { width, height, rgb: rgb(image) };
    Ok(orient::upright(pixels, orient::of_exif(&exif)))
}

/// Any kind of samples to `u8 [h, w, 3]`. 16 bits are rounded to 8: 257 · 255 = 65535.
fn rgb(image: DynamicImage) -> Vec<u8> {
    if !image.color().has_alpha() {
        return image.into_rgb8().into_raw();
    }
    let rgba = image.into_rgba8().into_raw();
    let mut rgb = Vec::with_capacity(rgba.len() / 4 * 3);
    for &[r, g, b, alpha] in rgba.as_chunks::<4>().0 {
        let alpha = u32::from(alpha);
        let over = |value: u8| ((u32::from(value) * alpha + BACKGROUND * (255 - alpha) + 127) / 255) as u8;
        rgb.extend([over(r), over(g), over(b)]);
    }
    rgb
}

/// Refuses a WebP that is cut off, or whose first lossy frame is too large: its decoder would allocate for that frame
/// before it sees that the canvas has another size.
fn check_webp(file: &str, bytes: &[u8]) -> Result<(), Error> {
    let number = |at: usize| bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four));
    // The length stands behind "RIFF"; some writers count a padding byte that they leave out.
    if number(4).is_none_or(|length| u64::from(length) + 8 > bytes.len() as u64 + 1) {
        return Err(Error::Truncated { file: file.into() });
    }
    let mut at: usize = 12;
    while let (Some(kind), Some(length)) = (bytes.get(at..at.saturating_add(4)), number(at.saturating_add(4))) {
        match (kind, number(at.saturating_add(14))) {
            (b"VP8 ", Some(size)) => return check_pixels(file, size & 0x3fff, (size >> 16) & 0x3fff),
            (b"ANMF", _) => at += 8 + 16,
            _ => at = at.saturating_add(8 + length as usize + (length & 1) as usize),
        }
    }
    Ok(())
}

fn check_pixels(file: &str, width: u32, height: u32) -> Result<(), Error> {
    match u64::from(width) * u64::from(height) > MAX_PIXELS {
        true => Err(Error::TooManyPixels { file: file.into(), width, height }),
        false => Ok(()),
    }
}

/// A decoder's failure, in our words.
fn failure(file: &str, error: ImageError) -> Error {
    let file = file.to_string();
    match error {
        error if is_cut_off(&error) => Error::Truncated { file },
        ImageError::Unsupported(error) => Error::UnsupportedFormat { file, format: error.to_string() },
        error => Error::Damaged { file, reason: reason(&error) },
    }
}

/// "CRC error: expected 0x1 have 0x2" of "Format error decoding Png: CRC error: expected 0x1 have 0x2 while decoding …".
fn reason(error: &ImageError) -> String {
    let text = std::error::Error::source(error).map_or_else(|| error.to_string(), |cause| cause.to_string());
    text.split(" while decoding").next().unwrap_or_default().trim_end_matches('.').to_string()
}

/// Whether the decoder ran out of bytes; some say so only in the cause of the cause.
fn is_cut_off(error: &ImageError) -> bool {
    let mut cause: Option<&dyn std::error::Error> = match error {
        ImageError::IoError(io) => Some(io),
        error => Some(error),
    };
    while let Some(error) = cause {
        if error.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == ErrorKind::UnexpectedEof) {
            return true;
        }
        // The gif crate has an error of its own for it, which its text alone tells here.
        if error.to_string() == "Unexpected End of File" {
            return true;
        }
        cause = error.source();
    }
    false
}
