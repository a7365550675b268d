//! Pictures made in the test itself: each guard fires, each kind of samples comes out right.

use std::io::Cursor;

use headstart::error::Error;
use headstart::image::{Decoded, Format, Pixels, decode};
use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage, Rgba};

use crate::verdict::{difference, refusal, taken};

/// A picture in which each place has its own colour.
fn scene(width: u32, height: u32) -> RgbImage {
    ImageBuffer::from_fn(width, height, |x, y| Rgb([(x * 5) as u8, (y * 7) as u8, (x + 3 * y) as u8]))
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).expect("a picture in memory can be written");
    bytes.into_inner()
}

#[test]
fn each_format_gives_its_pixels_back_whatever_the_name_says() {
    let lossless =
        [(ImageFormat::Png, Format::Png), (ImageFormat::Bmp, Format::Bmp), (ImageFormat::WebP, Format::WebP)];
    for (to, format) in lossless {
        let decoded = taken("holiday.jpg", &encoded(scene(40, 30), to));
        let pixels = Pixels { width: 40, height: 30, rgb: scene(40, 30).into_raw() };
        assert_eq!(decoded, Decoded { pixels, format });
    }
    let gif = taken("holiday.jpg", &encoded(RgbImage::from_pixel(9, 12, Rgb([255, 0, 0])), ImageFormat::Gif));
    assert_eq!((gif.format, &gif.pixels.rgb[..3]), (Format::Gif, &[255, 0, 0][..]));
}

#[test]
fn sixteen_bits_are_divided_by_257() {
    let grey = ImageBuffer::from_fn(32, 8, |x, y| Luma([((x + 32 * y) * 257) as u16]));
    let decoded = taken("x-ray.png", &encoded(DynamicImage::ImageLuma16(grey), ImageFormat::Png));
    let expected: Vec<u8> = (0..=255).flat_map(|value| [value; 3]).collect();
    assert_eq!(decoded.pixels.rgb, expected);
}

#[test]
fn alpha_is_composited_on_white() {
    let half = ImageBuffer::from_fn(8, 8, |x, _| Rgba([200, 0, 100, [0, 255, 128, 51][x as usize % 4]]));
    let decoded = taken("logo.png", &encoded(DynamicImage::ImageRgba8(half), ImageFormat::Png));
    let expected = [[255, 255, 255], [200, 0, 100], [227, 127, 177], [244, 204, 224]];
    assert_eq!(decoded.pixels.rgb.as_chunks::<3>().0[..4], expected);
}

#[test]
fn a_picture_without_its_end_is_refused() {
    for format in [ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP, ImageFormat::Gif] {
        let whole = encoded(scene(64, 48), format);
        for share in [0.3, 0.5, 0.9, 0.98] {
            let cut = &whole[..(whole.len() as f64 * share) as usize];
            assert_eq!(refusal("cut", cut), "truncated", "{format:?}, {share}");
        }
    }
}

#[test]
fn a_jpeg_counts_as_whole_when_it_reaches_its_end_marker() {
    let whole = encoded(scene(64, 48), ImageFormat::Jpeg);
    let Decoded { pixels, format } = taken("a.jpg", &whole);
    let (most, mean) = difference(&pixels.rgb, &scene(64, 48).into_raw());
    assert!(format == Format::Jpeg && mean < 8.0, "at most {most}, mean {mean}");

    for length in (4..whole.len()).step_by(7) {
        assert_eq!(refusal("cut.jpg", &whole[..length]), "truncated", "{length} of {} bytes", whole.len());
    }
    let zeros = [&whole[..whole.len() / 2], &[0; 500]].concat();
    assert_eq!(refusal("holes.jpg", &zeros), "truncated");

    let second_picture = [&whole[..], &[0; 9], &whole[..100]].concat();
    let thumbnail = with_segment(&whole, 0xe1, &[b"Exif\0\0", &whole[..]].concat());
    let stray_bytes = [&whole[..20], &[0; 8], &whole[20..]].concat();
    for bytes in [second_picture, thumbnail, stray_bytes] {
        assert_eq!(taken("a.jpg", &bytes).pixels, pixels);
    }
}

#[test]
fn a_jpeg_is_turned_upright() {
    let stored = encoded(scene(64, 48), ImageFormat::Jpeg);
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let mut expected = RgbImage::from_raw(64, 48, taken("a.jpg", &stored).pixels.rgb).unwrap();
    expected = image::imageops::rotate90(&expected);
    let turned = taken("a.jpg", &with_segment(&stored, 0xe1, exif)).pixels;
    assert_eq!((turned.width, turned.height, turned.rgb), (48, 64, expected.into_raw()));
}

/// Adobe's "no transform" means RGB, whatever the components are called.
#[test]
fn a_jpeg_of_rgb_samples_is_not_taken_for_ycbcr() {
    let grey = encoded(RgbImage::from_pixel(16, 16, Rgb([90, 90, 90])), ImageFormat::Jpeg);
    let adobe = with_segment(&grey, 0xee, b"Adobe\0\x64\0\0\0\0\0");
    // Grey in YCbCr is (90, 128, 128); the same samples as RGB are a dull cyan.
    let pixels = taken("a.jpg", &adobe).pixels;
    assert!(difference(&pixels.rgb, &[90, 128, 128].repeat(256)).0 <= 1, "{:?}", &pixels.rgb[..3]);
}

#[test]
fn jpegs_that_no_browser_shows_are_named() {
    let whole = encoded(scene(16, 16), ImageFormat::Jpeg);
    let frame = whole.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    for (at, value) in [(frame + 1, 0xc3), (frame + 1, 0xc9), (frame + 4, 12)] {
        let mut bytes = whole.clone();
        bytes[at] = value;
        assert_eq!(refusal("scan.jpg", &bytes), "unsupported-format");
    }
    assert_eq!(refusal("nothing.jpg", b"\xff\xd8\xff\xd9"), "damaged");
}

#[test]
fn every_frame_header_of_a_jpeg_is_within_the_limits() {
    let whole = encoded(scene(16, 16), ImageFormat::Jpeg);
    let bomb = [8, 0xea, 0x60, 0xea, 0x60, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
    assert_eq!(refusal("first.jpg", &with_segment(&whole, 0xc0, &bomb)), "too-many-pixels");
    let end = whole.len() - 2;
    let last = [&whole[..end], &[0xff, 0xc0, 0, 17], &bomb, &whole[end..]].concat();
    assert_eq!(refusal("last.jpg", &last), "too-many-pixels");
}

/// `jpeg` with a segment more, behind its start marker.
fn with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, content, &jpeg[2..]].concat()
}

#[test]
fn limits_are_read_from_the_header() {
    let code = |width, height| refusal("x.png", &png_header(width, height));
    assert_eq!(code(8193, 6400), "too-many-pixels");
    assert_eq!(code(u32::MAX >> 1, u32::MAX >> 1), "too-many-pixels");
    assert_eq!((code(7, 7), code(7, 100)), ("too-small", "too-small"));
    assert_eq!((code(1, 8000), code(8000, 399)), ("too-narrow", "too-narrow"));
    assert_eq!((code(8192, 6400), code(8, 160)), ("truncated", "truncated"), "within the limits, but no pixels");
    assert_eq!(refusal("x.png", &vec![0x89; (64 << 20) + 1]), "too-large");
    assert_eq!(refusal("x.png", b""), "empty-file");
}

/// A PNG that ends after its header.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes().into_iter().chain(height.to_be_bytes()).chain([8, 2, 0, 0, 0]));
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    let crc = chunk.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
    });
    png.extend(chunk.into_iter().chain((!crc).to_be_bytes()));
    png
}

#[test]
fn a_lossy_webp_frame_may_not_be_larger_than_its_canvas_says() {
    let mut webp =
        b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x3f\0\0\x3f\0\0VP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f"
            .to_vec();
    webp[4] = webp.len() as u8 - 8;
    assert_eq!(refusal("x.webp", &webp), "too-many-pixels");
}

#[test]
fn formats_that_are_not_read_are_named() {
    for (name, start) in [("IMG_1.HEIC", &b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"[..]), ("a.avif", b"\0\0\0\x1cftypavif")]
    {
        assert_eq!(refusal(name, start), "unsupported-format");
    }
    assert!(matches!(decode("notes.txt", b"Dear diary"), Err(Error::NotAnImage { .. })));
}

#[test]
fn no_damage_makes_it_panic() {
    let mut random = fastrand::Rng::with_seed(1);
    let formats = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Bmp, ImageFormat::WebP, ImageFormat::Gif];
    for format in formats {
        let whole = encoded(scene(24, 17), format);
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..bytes.len());
                bytes[at] = random.u8(..);
            }
            if let Ok(Decoded { pixels, .. }) = decode("x", &bytes) {
                assert_eq!(pixels.rgb.len(), 3 * pixels.width as usize * pixels.height as usize);
            }
        }
    }
}
