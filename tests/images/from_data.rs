//! The folder that the environment variable HEADSTART_DATA names: `bad/`, made by its make_bad.py, and
//! `golden/lite0.npz` of Pillow 13.0.0. Says so when it is not set.

use headstart::image::{Decoded, Format, Interpolation, Preprocess, resize_center_crop};

use crate::reference::{data, npy, read, text};
use crate::verdict::{difference, refusal, taken};

const LITE0: Preprocess =
    Preprocess { input_size: 224, crop_pct: 0.875, interpolation: Interpolation::Bicubic, fill: [127; 3] };

#[test]
fn broken_files_are_refused_for_what_is_wrong() {
    let Some(data) = data() else { return };
    for (name, code) in [
        ("empty.jpg", "empty-file"),
        ("text.jpg", "not-an-image"),
        ("html.png", "not-an-image"),
        ("noise.jpg", "damaged"),
        ("truncated.jpg", "truncated"),
        ("truncated-header.jpg", "truncated"),
        ("wrong-crc.png", "damaged"),
        ("bomb-60000x60000.png", "too-many-pixels"),
        ("zero-width.png", "damaged"),
        ("1x1.png", "too-small"),
        ("1x8000.png", "too-narrow"),
        ("damaged.zip", "not-an-image"),
    ] {
        assert_eq!(refusal(name, &read(data.join("bad").join(name))), code);
    }
}

/// The files differ in size, so they are compared as the backbone sees them.
#[test]
fn odd_files_show_the_scene() {
    let Some(data) = data() else { return };
    let square = |name: &str| {
        let Decoded { pixels, format } = taken(name, &read(data.join("bad").join(name)));
        (resize_center_crop(&pixels, &LITE0), format)
    };
    let (scene, _) = square("photo.bmp");
    for (name, format, most_mean) in [
        ("progressive.jpg", Format::Jpeg, 2.5),
        ("cmyk.jpg", Format::Jpeg, 2.5),
        ("jpeg-named.png", Format::Jpeg, 2.5),
        ("photo.webp", Format::WebP, 2.5),
        ("palette.png", Format::Png, 6.0),
        ("animated.gif", Format::Gif, 6.0),
    ] {
        let (ours, found) = square(name);
        let (_, mean) = difference(&ours, &scene);
        println!("{name}: {found}, mean difference to the bitmap {mean:.2}");
        assert!(found == format && mean < most_mean, "{name}: {found}, {mean}");
    }
    let luma = |p: &[u8; 3]| (0.299 * f64::from(p[0]) + 0.587 * f64::from(p[1]) + 0.114 * f64::from(p[2])) as u8;
    let grey: Vec<u8> = scene.as_chunks::<3>().0.iter().flat_map(|pixel| [luma(pixel); 3]).collect();
    for name in ["grayscale.jpg", "16bit.png"] {
        let (ours, _) = square(name);
        assert!(ours.as_chunks::<3>().0.iter().all(|[r, g, b]| r == g && g == b), "{name}");
        let (_, mean) = difference(&ours, &grey);
        println!("{name}: mean difference to the bitmap's luma {mean:.2}");
        assert!(mean < 2.5, "{name}: {mean}");
    }
    let (oval, center) = (square("alpha.png").0, 3 * (112 * 224 + 112));
    assert_eq!((&oval[..3], &oval[center..center + 3]), (&[255; 3][..], &scene[center..center + 3]));
}

#[test]
fn every_name_is_shown_as_it_is() {
    let Some(data) = data() else { return };
    let mut entries: Vec<_> =
        std::fs::read_dir(data.join("bad/names")).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.retain(|path| path.is_file());
    assert!(entries.len() >= 8);
    for path in entries {
        let name = path.file_name().unwrap().to_str().unwrap();
        taken(name, &read(path.clone()));
        assert_eq!(refusal(name, b"no picture"), "not-an-image");
    }
}

#[test]
fn the_eight_orientations_show_one_scene() {
    let Some(data) = data() else { return };
    let oriented = |n: u32| {
        let name = format!("orientation-{n}.jpg");
        taken(&name, &read(data.join("bad/exif").join(&name))).pixels
    };
    let first = oriented(1);
    for n in 1..=8 {
        let pixels = oriented(n);
        assert_eq!((pixels.width, pixels.height), (256, 192), "{n}");
        let (most, mean) = difference(&pixels.rgb, &first.rgb);
        println!("orientation {n}: at most {most}, mean {mean:.3}");
        assert!(most <= 7, "{n}: {most}");
    }
}

#[test]
fn pixels_equal_pillow() {
    let Some(data) = data() else { return };
    let golden = data.join("golden/lite0.npz");
    let (files, pixels) = (npy(&golden, "files.npy"), npy(&golden, "pixels.npy"));
    let files: Vec<String> = files.chunks_exact(files.len() / 10).map(text).collect();
    for (file, theirs) in files.iter().zip(pixels.chunks_exact(224 * 224 * 3)) {
        let Decoded { pixels, format } = taken(file, &read(data.join(file)));
        let (most, mean) = difference(&resize_center_crop(&pixels, &LITE0), theirs);
        println!("{file}: at most {most}, mean {mean:.4}");
        match format {
            Format::Jpeg => assert!(most <= 6 && mean < 0.5, "{file}: {most}, {mean}"),
            _ => assert_eq!(most, 0, "{file}"),
        }
    }
}
