//! Augmentation against torchvision on fixed parameters (`tests/golden/augment.py`), and that seeds mean the same everywhere.

use std::ops::Range;

use headstart::backbone::spec::sha256_hex;
use headstart::image::augment::{Augmentation, Change, Region};
use safetensors::SafeTensors;
use serde_json::Value;

const SIDE: usize = 48;
/// The rows and columns that are cut out of the pictures of the golden's README.
const PART: Range<usize> = 64..64 + SIDE;

/// Levels of 255. Sums in another order put a point on the other side of a rounding now and then, nothing more.
const TOLERANCE: u8 = 1;
/// Bytes that may differ by that.
const MOST: f64 = 0.002;

#[test]
fn views_equal_torchvisions() {
    let bytes = include_bytes!("golden/augment.safetensors");
    let golden = SafeTensors::deserialize(bytes).unwrap();
    let (_, header) = SafeTensors::read_metadata(bytes).unwrap();
    let cases: Value = serde_json::from_str(&header.metadata().as_ref().unwrap()["cases"]).unwrap();
    let mut compared = 0;
    for (name, pixels) in [("clouds", clouds(PART)), ("shapes", shapes(PART))] {
        for (number, case) in cases.as_array().unwrap().iter().enumerate() {
            let ours = change(case).apply(&pixels);
            let theirs = golden.tensor(&format!("{name}.{number}")).unwrap();
            assert_eq!(ours.len(), theirs.data().len());
            let differences: Vec<u8> = ours.iter().zip(theirs.data()).map(|(a, b)| a.abs_diff(*b)).collect();
            let (worst, other) = (differences.iter().max().unwrap(), differences.iter().filter(|d| **d > 0).count());
            assert!(*worst <= TOLERANCE && other as f64 <= MOST * ours.len() as f64, "{name} {case}: {worst}, {other}");
            compared += 1;
        }
    }
    assert_eq!(compared, 32);
}

fn change(case: &Value) -> Change {
    let number = |name: &str, default: f64| case[name].as_f64().unwrap_or(default);
    let whole = |of: &Value, name: &str, default: u32| of[name].as_u64().map_or(default, |value| value as u32);
    let side = SIDE as u32;
    let region = Region {
        top: whole(&case["region"], "top", 0),
        left: whole(&case["region"], "left", 0),
        height: whole(&case["region"], "height", side),
        width: whole(&case["region"], "width", side),
    };
    Change {
        degrees: number("degrees", 0.0),
        translate: [0, 1].map(|at| case["translate"][at].as_i64().unwrap_or(0) as i32),
        region,
        flip: case["flip"].as_bool().unwrap_or(false),
        brightness: number("brightness", 1.0),
        contrast: number("contrast", 1.0),
        saturation: number("saturation", 1.0),
        order: [0, 1, 2].map(|at| case["order"][at].as_u64().unwrap_or(at as u64) as u8),
    }
}

/// The same hash stands in `tests/web/augment.test.mjs`: what is computed natively and in the browser is one.
#[test]
fn views_are_the_same_to_the_bit_everywhere() {
    let settings = Augmentation { translate: 0.05, degrees: 25.0, ..Augmentation::default() };
    let views: Vec<u8> = (0..4).flat_map(|number| settings.view(&clouds(0..224), "0123", 7, number)).collect();
    assert_eq!(sha256_hex(&views), SAME_EVERYWHERE);
}

const SAME_EVERYWHERE: &str = "1caba44c5d11533dfab1952144b9a41c5966f942dcb7dbf285cb67d008c27616";

fn picture(part: Range<usize>, pixel: impl Fn(usize, usize) -> [u8; 3]) -> Vec<u8> {
    let places = part.clone().flat_map(|y| part.clone().map(move |x| (y, x)));
    places.flat_map(|(y, x)| pixel(y, x)).collect()
}

fn shapes(part: Range<usize>) -> Vec<u8> {
    picture(part, |y, x| match (y, x) {
        (130..190, 120..200) => [30, 160, 80],
        _ if x.abs_diff(90).pow(2) + y.abs_diff(100).pow(2) < 3600 => [200, 50, 40],
        _ if (x / 16 + y / 16).is_multiple_of(2) => [230, 225, 210],
        _ => [40, 60, 90],
    })
}

fn clouds(part: Range<usize>) -> Vec<u8> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let nodes: Vec<usize> =
        std::iter::successors(next(&2), next).map(|state| (state >> 24) as usize).take(192).collect();
    picture(part, |y, x| {
        let (i, v, j, u) = (y / 32, y % 32, x / 32, x % 32);
        [0, 1, 2].map(|channel| {
            let node = |i: usize, j: usize| nodes[(i * 8 + j) * 3 + channel];
            let row = |i: usize| node(i, j) * (32 - u) + node(i, j + 1) * u;
            ((row(i) * (32 - v) + row(i + 1) * v) / 1024) as u8
        })
    })
}
