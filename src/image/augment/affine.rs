//! A turn about the centre and a shift, with the pixels between interpolated linearly.

use crate::image::augment::series::sin_cos;

/// Turned by `degrees` clockwise and then shifted by `[right, down]` pixels; what is uncovered is reflected, the outermost
/// pixels twice.
///
/// Source: torchvision's `affine` (`scale=1`, no shear, `BILINEAR`) of a Pillow image that `pad` with
/// `padding_mode="symmetric"` made larger.
pub(super) fn affine(pixels: &[u8], side: usize, degrees: f64, translate: [i32; 2]) -> Vec<u8> {
    if degrees == 0.0 && translate == [0, 0] {
        return pixels.to_vec();
    }
    let [sin, cos] = sin_cos(degrees.to_radians());
    let center = side as f64 * 0.5;
    let [dx, dy] = translate.map(f64::from);
    let shift_x = cos * (-center - dx) + sin * (-center - dy) + center;
    let shift_y = -sin * (-center - dx) + cos * (-center - dy) + center;
    let mut view = Vec::with_capacity(pixels.len());
    for y in 0..side {
        for x in 0..side {
            let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
            view.extend(between(pixels, side, cos * x + sin * y + shift_x, -sin * x + cos * y + shift_y));
        }
    }
    view
}

/// The colour at a point, by Pillow's rounding: down.
fn between(pixels: &[u8], side: usize, x: f64, y: f64) -> [u8; 3] {
    let (x, y) = (x - 0.5, y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let (dx, dy) = (x - left, y - top);
    let [columns, rows] = [left, top].map(|first| [0, 1].map(|next| reflected(first as i64 + next, side)));
    let at = |row: usize, column: usize, channel: usize| f64::from(pixels[3 * (row * side + column) + channel]);
    [0, 1, 2].map(|channel| {
        let [above, below] = rows.map(|row| {
            let [a, b] = columns.map(|column| at(row, column, channel));
            a + (b - a) * dx
        });
        (above + (below - above) * dy) as u8
    })
}

/// A place inside for one outside.
fn reflected(at: i64, side: usize) -> usize {
    let side = side as i64;
    let at = at.rem_euclid(2 * side);
    (if at < side { at } else { 2 * side - 1 - at }) as usize
}
