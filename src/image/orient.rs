//! Turns pixels upright: the eight EXIF orientations.

use ::image::metadata::Orientation;

use crate::image::Pixels;

/// Pixels a side of the squares in which a turned picture is copied, so that both its rows and the source's stay in
/// the first-level cache: 2 · 32 · 32 · 3 bytes.
const TILE: usize = 32;

/// The orientation in an EXIF block, with or without JPEG's `Exif\0\0` in front; as stored, where it says nothing.
pub(super) fn of_exif(exif: &[u8]) -> Orientation {
    let tiff = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Orientation::from_exif_chunk(tiff).unwrap_or(Orientation::NoTransforms)
}

/// Undoes what the camera did. Never fails.
pub(super) fn upright(pixels: Pixels, orientation: Orientation) -> Pixels {
    use Orientation::*;
    let swaps = matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH);
    let mirrors_x = matches!(orientation, FlipHorizontal | Rotate180 | Rotate270 | Rotate270FlipH);
    let mirrors_y = matches!(orientation, FlipVertical | Rotate180 | Rotate90 | Rotate270FlipH);
    if orientation == NoTransforms {
        return pixels;
    }
    let (w, h) = (pixels.width as usize, pixels.height as usize);
    let (out_w, out_h) = if swaps { (h, w) } else { (w, h) };
    let source = |x: usize, y: usize| {
        let (x, y) = if swaps { (y, x) } else { (x, y) };
        let x = if mirrors_x { w - 1 - x } else { x };
        let y = if mirrors_y { h - 1 - y } else { y };
        3 * (y * w + x)
    };
    let mut rgb = vec![0; pixels.rgb.len()];
    for tile_y in (0..out_h).step_by(TILE) {
        for tile_x in (0..out_w).step_by(TILE) {
            let columns = tile_x..out_w.min(tile_x + TILE);
            for y in tile_y..out_h.min(tile_y + TILE) {
                let row = 3 * y * out_w;
                let out = &mut rgb[row + 3 * columns.start..row + 3 * columns.end];
                for (pixel, x) in out.as_chunks_mut::<3>().0.iter_mut().zip(columns.clone()) {
                    let at = source(x, y);
                    pixel.copy_from_slice(&pixels.rgb[at..at + 3]);
                }
            }
        }
    }
    Pixels { width: out_w as u32, height: out_h as u32, rgb }
}

#[cfg(test)]
mod tests {
    use ::image::{DynamicImage, RgbImage};

    use super::*;

    #[test]
    fn equals_the_image_crate_in_all_eight() {
        let (w, h) = (37, 70);
        let rgb: Vec<u8> = (0..w * h * 3).map(|i| (i * 7 % 251) as u8).collect();
        for exif in 1..=8 {
            let orientation = Orientation::from_exif(exif).unwrap();
            let ours = upright(Pixels { width: w, height: h, rgb: rgb.clone() }, orientation);
            let mut theirs = DynamicImage::ImageRgb8(RgbImage::from_raw(w, h, rgb.clone()).unwrap());
            theirs.apply_orientation(orientation);
            assert_eq!((ours.width, ours.height), (theirs.width(), theirs.height()), "{exif}");
            assert_eq!(ours.rgb, theirs.into_bytes(), "{exif}");
        }
    }

    #[test]
    fn exif_that_says_nothing_leaves_the_picture_as_it_is() {
        for exif in [&b""[..], b"Exif\0\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08\0\x01"] {
            assert_eq!(of_exif(exif), Orientation::NoTransforms);
        }
        let six = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        assert_eq!(of_exif(six), Orientation::Rotate90);
    }
}
