//! Brightness, contrast and saturation, as Pillow's `ImageEnhance` has them.

/// Every channel times `factor`.
pub(super) fn brightness(pixels: &mut [u8], factor: f64) {
    pixels.iter_mut().for_each(|value| *value = blend(0, *value, factor));
}

/// The distance from the picture's mean grey times `factor`.
pub(super) fn contrast(pixels: &mut [u8], factor: f64) {
    let all = pixels.as_chunks::<3>().0;
    let sum: u64 = all.iter().map(|pixel| u64::from(grey(*pixel))).sum();
    let mean = (sum as f64 / all.len().max(1) as f64 + 0.5) as u8;
    pixels.iter_mut().for_each(|value| *value = blend(mean, *value, factor));
}

/// Each pixel's distance from its own grey times `factor`.
pub(super) fn saturation(pixels: &mut [u8], factor: f64) {
    for pixel in pixels.as_chunks_mut::<3>().0 {
        let grey = grey(*pixel);
        pixel.iter_mut().for_each(|value| *value = blend(grey, *value, factor));
    }
}

/// `Image.convert("L")`: ITU-R 601-2, 16-bit fixed point.
fn grey([r, g, b]: [u8; 3]) -> u8 {
    ((u32::from(r) * 19595 + u32::from(g) * 38470 + u32::from(b) * 7471 + 0x8000) >> 16) as u8
}

/// `Image.blend`, in f32 and rounded down as there.
fn blend(from: u8, to: u8, factor: f64) -> u8 {
    let (from, to) = (f32::from(from), f32::from(to));
    (from + factor as f32 * (to - from)) as u8
}
