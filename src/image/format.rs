//! What kind of file it is, by its first bytes; names and extensions are not asked.

use std::fmt;

use crate::error::Error;

/// A format that [`decode`](crate::image::decode) reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Baseline or progressive, 8 bit.
    Jpeg,
    /// 1 to 16 bit; of an animation the still picture.
    Png,
    /// Lossy or lossless; of an animation the first frame.
    WebP,
    /// Windows bitmap.
    Bmp,
    /// Of an animation the first frame.
    Gif,
}

impl Format {
    /// As people write it: "JPEG", "PNG", "WebP", "BMP", "GIF".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
        }
    }

    /// The format of `bytes`.
    ///
    /// # Errors
    /// [`Error::UnsupportedFormat`] for a picture of a kind that can't be read here, else [`Error::NotAnImage`].
    pub(super) fn of(file: &str, bytes: &[u8]) -> Result<Self, Error> {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Self::Png),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Self::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Self::Gif),
            [b'B', b'M', ..] if is_bitmap(bytes) => Ok(Self::Bmp),
            _ => Err(match unsupported(bytes) {
                Some(format) => Error::UnsupportedFormat { file: file.into(), format: format.into() },
                None => Error::NotAnImage { file: file.into() },
            }),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// "BM" alone may start a text: the size of one of the known headers has to stand at its place.
fn is_bitmap(bytes: &[u8]) -> bool {
    matches!(bytes.get(14..18), Some([12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
}

/// Pictures that people have and that are not read here, so that they are told what to do.
fn unsupported(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => media_brand(brand),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("TIFF or camera raw"),
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some("JPEG XL"),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => Some("JPEG 2000"),
        [b'8', b'B', b'P', b'S', ..] => Some("Photoshop"),
        [0, 0, 1, 0, ..] => Some("icon"),
        [b'<', ..] if bytes.iter().take(1024).copied().collect::<Vec<u8>>().windows(4).any(|w| w == b"<svg") => {
            Some("SVG")
        }
        _ => None,
    }
}

/// The brands of an ISO media file (major, then compatible ones) that are still pictures; a film has none of them.
fn media_brand(brands: &[u8]) -> Option<&'static str> {
    brands.chunks_exact(4).take(16).find_map(|brand| match brand {
        b"avif" | b"avis" => Some("AVIF"),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Some("HEIC"),
        b"crx " => Some("camera raw"),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_that_are_not_read_here_are_named() {
        for (start, name) in [
            (&b"\0\0\0\x1cftypavif\0\0\0\0mif1miaf"[..], "AVIF"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
            (b"II*\0\x08\0\0\0", "TIFF or camera raw"),
            (b"<?xml version=\"1.0\"?><svg xmlns=", "SVG"),
            (b"8BPS\0\x01", "Photoshop"),
        ] {
            let expected = Error::UnsupportedFormat { file: "x".into(), format: name.into() };
            assert_eq!(Format::of("x", start), Err(expected));
        }
    }

    #[test]
    fn other_files_are_no_pictures() {
        for start in [
            &b"hello"[..],
            b"<html><body>404</body>",
            b"PK\x03\x04",
            b"BMI of 40 patients, by year",
            b"\0\0\0\x18ftypisom\0\0\0\0isomavc1",
            b"B",
        ] {
            assert_eq!(Format::of("x", start), Err(Error::NotAnImage { file: "x".into() }));
        }
    }
}
