//! Pictures by which an export proves itself: drawn ones, which are nobody's, and what a user's own becomes.
//!
//! As BMP: lossless, and it needs no decoder worth the name.

use crate::backbone::import::File;
use crate::image::Pixels;

/// Pixels of the longer side of a user's own picture.
const LONGEST: u32 = 1024;

/// One is wide, one is tall, one is smaller than any network's input.
pub fn drawn() -> [File; 3] {
    [
        file("samples/drawn-1.bmp", bmp(320, 240, board)),
        file("samples/drawn-2.bmp", bmp(270, 401, waves)),
        file("samples/drawn-3.bmp", bmp(97, 61, speckles)),
    ]
}

/// A user's picture without what its file says besides; of a large one every second, third, … pixel. `number` from 1.
pub fn own(pixels: &Pixels, number: usize) -> File {
    let Pixels { width, height, rgb } = pixels;
    let step = width.max(height).div_ceil(LONGEST);
    let pixel = |x: u32, y: u32| {
        let at = 3 * (y * step * width + x * step) as usize;
        std::array::from_fn(|channel| rgb[at + channel])
    };
    file(&format!("samples/own-{number}.bmp"), bmp(width.div_ceil(step), height.div_ceil(step), pixel))
}

fn file(name: &str, bytes: Vec<u8>) -> File {
    File { name: name.into(), bytes }
}

/// A disc and a rectangle on a board.
fn board(x: u32, y: u32) -> [u8; 3] {
    match (x, y) {
        (190..290, 130..210) => [30, 160, 80],
        _ if x.abs_diff(110).pow(2) + y.abs_diff(110).pow(2) < 80 * 80 => [200, 50, 40],
        _ if (x / 24 + y / 24).is_multiple_of(2) => [230, 225, 210],
        _ => [40, 60, 90],
    }
}

/// Slopes that turn back.
fn waves(x: u32, y: u32) -> [u8; 3] {
    let triangle = |value: u32| 255 - (value % 510).abs_diff(255) as u8;
    [triangle(3 * x), triangle(2 * y), triangle(x + y)]
}

/// Specks on a slope.
fn speckles(x: u32, y: u32) -> [u8; 3] {
    let hash = (x.wrapping_mul(2_654_435_769) ^ y.wrapping_mul(2_246_822_507)).wrapping_mul(3_266_489_909);
    let speck = ((hash >> 24) as u8) / 4;
    [96 + speck, (2 * x) as u8 / 2 + speck, 160 - y as u8 + speck]
}

/// 24 bits a pixel, blue first, rows from the bottom, each filled up to four bytes.
fn bmp(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    const HEADERS: u32 = 14 + 40;
    let row = (3 * width).next_multiple_of(4);
    let mut bytes = b"BM".to_vec();
    for number in [HEADERS + row * height, 0, HEADERS, 40, width, height, 1 | 24 << 16, 0, row * height, 0, 0, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    for y in (0..height).rev() {
        let start = bytes.len();
        bytes.extend((0..width).map(|x| pixel(x, y)).flat_map(|[red, green, blue]: [u8; 3]| [blue, green, red]));
        bytes.resize(start + row as usize, 0);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::decode;

    #[test]
    fn drawn_pictures_are_read_as_they_were_drawn() {
        let draw: [fn(u32, u32) -> [u8; 3]; 3] = [board, waves, speckles];
        for (File { name, bytes }, draw) in drawn().iter().zip(draw) {
            let pixels = decode(name, bytes).unwrap().pixels;
            for (x, y) in [(0, 0), (pixels.width - 1, 0), (pixels.width / 2, pixels.height / 2)] {
                let at = 3 * (y * pixels.width + x) as usize;
                assert_eq!(pixels.rgb[at..at + 3], draw(x, y), "{name} at {x}, {y}");
            }
        }
    }

    #[test]
    fn a_small_picture_stays_as_it_is_and_a_large_one_is_thinned() {
        let pixels = |width: u32, height: u32| {
            let rgb = (0..width * height).flat_map(|at| [at as u8, (at >> 8) as u8, 7]).collect();
            Pixels { width, height, rgb }
        };
        let read = |pixels: &Pixels| decode("own", &own(pixels, 1).bytes).unwrap().pixels;
        assert_eq!(read(&pixels(33, 21)), pixels(33, 21));
        let thinned = read(&pixels(2049, 300));
        assert_eq!((thinned.width, thinned.height), (683, 100));
        assert_eq!(thinned.rgb[3..6], [3, 0, 7]);
    }
}
