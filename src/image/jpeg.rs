//! JPEG: a walk over the markers, which knows whether the file is whole, and then the decoder.
//!
//! Decoders are lenient: of half a file they give half a picture and grey. A cut-off picture must not be learnt, so the
//! file has to reach its end marker. What follows that marker (a thumbnail, the second picture of an MPF file, padding)
//! does not matter.

use std::borrow::Cow;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::error::Error;
use crate::image::{Pixels, decode::check_size, orient};

/// Second byte of the markers that the walk knows; the first is 0xFF.
mod marker {
    pub const RESTART_0: u8 = 0xd0;
    pub const RESTART_7: u8 = 0xd7;
    pub const END: u8 = 0xd9;
    pub const SCAN: u8 = 0xda;
    pub const APP_0: u8 = 0xe0;
    pub const APP_15: u8 = 0xef;
    pub const ADOBE: u8 = 0xee;
}

/// Upright pixels of a JPEG file.
pub(super) fn decode(file: &str, bytes: &[u8]) -> Result<Pixels, Error> {
    let markers = Markers::of(file, bytes)?;
    let damaged = |error: &dyn ToString| Error::Damaged { file: file.into(), reason: error.to_string() };

    let (bytes, samples) = match markers.rgb_transform {
        Some(at) => (as_ycbcr(bytes, at), ColorSpace::YCbCr),
        None => (bytes.into(), ColorSpace::RGB),
    };
    let side = usize::from(u16::MAX);
    let options = DecoderOptions::new_fast().set_max_width(side).set_max_height(side).jpeg_set_out_colorspace(samples);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&bytes[..]), options);
    // Cameras leave stray bytes between segments, so only the picture itself is read strictly.
    decoder.decode_headers().map_err(|error| damaged(&error))?;
    decoder.set_options(decoder.options().set_strict_mode(true));
    let mut rgb = vec![0; 3 * markers.width as usize * markers.height as usize];
    decoder.decode_into(&mut rgb).map_err(|error| damaged(&error))?;

    let orientation = orient::of_exif(decoder.exif().map_or(&[], |exif| exif));
    Ok(orient::upright(Pixels { width: markers.width, height: markers.height, rgb }, orientation))
}

/// Marks RGB samples as YCbCr, which are then asked for as they are: the decoder knows RGB only by component names.
fn as_ycbcr(bytes: &[u8], transform_at: usize) -> Cow<'_, [u8]> {
    let mut bytes = bytes.to_vec();
    bytes[transform_at] = 1;
    bytes.into()
}

/// What the markers of a whole file tell.
#[derive(Debug, PartialEq)]
struct Markers {
    width: u32,
    height: u32,
    /// Where Adobe's segment says "no transform" of three components: the samples are RGB.
    rgb_transform: Option<usize>,
}

/// What a frame header says.
struct Frame {
    width: u32,
    height: u32,
    components: Vec<u8>,
}

impl Markers {
    /// Walks from the start to the end marker, and refuses what is too large on the way.
    fn of(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        let truncated = || Error::Truncated { file: file.into() };
        let damaged = |reason: &str| Error::Damaged { file: file.into(), reason: reason.into() };
        let (mut at, mut frame, mut no_transform, mut scans) = (2, None::<Frame>, None, 0);
        loop {
            let (kind, start) = next_marker(bytes, at).ok_or_else(truncated)?;
            if kind == marker::END {
                break;
            }
            let length = bytes.get(start..start + 2).ok_or_else(truncated)?;
            let end = start + usize::from(u16::from_be_bytes([length[0], length[1]]));
            let Some(segment) = bytes.get(start + 2..end.max(start + 2)) else {
                return Err(if is_noise(kind, &bytes[start + 2..]) {
                    damaged("it is no JPEG inside")
                } else {
                    truncated()
                });
            };
            match kind {
                0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&kind) => {
                    let found = Frame::of(file, kind, segment)?;
                    // Each, since a second one may be what the decoder allocates for.
                    check_size(file, found.width, found.height)?;
                    frame.get_or_insert(found);
                }
                marker::SCAN => scans += 1,
                marker::ADOBE if segment.starts_with(b"Adobe") && segment.get(11) == Some(&0) => {
                    no_transform = Some(start + 2 + 11);
                }
                _ => {}
            }
            at = end.max(start + 2);
        }
        let frame = frame.filter(|_| scans > 0).ok_or_else(|| damaged("there is no picture in it"))?;
        let rgb_transform = no_transform.filter(|_| frame.components.len() == 3 && frame.components != *b"RGB");
        Ok(Self { width: frame.width, height: frame.height, rgb_transform })
    }
}

impl Frame {
    fn of(file: &str, kind: u8, segment: &[u8]) -> Result<Self, Error> {
        let unsupported = |format: &str| Error::UnsupportedFormat { file: file.into(), format: format.into() };
        let damaged = || Error::Damaged { file: file.into(), reason: "its frame header is broken".into() };
        let &[precision, h1, h0, w1, w0, count, ref rest @ ..] = segment else { return Err(damaged()) };
        match (kind, precision) {
            (0xc0..=0xc2, 8) => {}
            (0xc0..=0xc2, _) => return Err(unsupported("JPEG with more than 8 bits")),
            _ => return Err(unsupported("lossless, hierarchical or arithmetic JPEG")),
        }
        let components: Vec<u8> = rest.as_chunks::<3>().0.iter().map(|component| component[0]).collect();
        if components.len() != usize::from(count) || ![1, 3, 4].contains(&count) {
            return Err(damaged());
        }
        let (width, height) = (u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into());
        Ok(Self { width, height, components })
    }
}

/// The next marker from `at` on, and where its segment starts. Coded data in between is passed over: there 0xFF is
/// followed by 0, by a restart marker, or, as filling, by another 0xFF.
fn next_marker(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let coded = |kind: u8| matches!(kind, 0 | 1 | 0xff | marker::RESTART_0..=marker::RESTART_7);
    let pairs = bytes.get(at..)?.windows(2);
    let found = pairs.into_iter().position(|pair| pair[0] == 0xff && !coded(pair[1]))?;
    Some((bytes[at + found + 1], at + found + 2))
}

/// Whether a segment that runs past the end was none: an application segment starts with a printable name.
fn is_noise(kind: u8, rest: &[u8]) -> bool {
    let is_application = (marker::APP_0..=marker::APP_15).contains(&kind);
    is_application && !rest.iter().take(4).all(|byte| byte.is_ascii_graphic() || *byte == b' ')
}
