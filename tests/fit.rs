//! What a backbone sees of a picture by each fit, byte for byte as Pillow makes it (`tests/golden/fit.py`).

use headstart::backbone::spec::{BackboneSpec, networks, sha256_hex};
use headstart::image::{Fit, Interpolation, Pixels, Preprocess, prepare, resize_center_crop};
use serde_json::Value;

fn picture(width: u32, height: u32) -> Pixels {
    let sample = |x: u32, y: u32, c: u32| ((x * (7 + c) + y * (13 + 5 * c) + x * y / 8) % 256) as u8;
    let rgb = (0..height).flat_map(|y| (0..width).flat_map(move |x| (0..3).map(move |c| sample(x, y, c))));
    Pixels { width, height, rgb: rgb.collect() }
}

#[test]
fn pixels_equal_pillows() {
    let golden: Value = serde_json::from_str(include_str!("golden/fit.json")).unwrap();
    let cases = golden["cases"].as_array().unwrap();
    for case in cases {
        let whole = |value: &Value| value.as_u64().unwrap() as u32;
        let interpolation = match case["interpolation"].as_str() {
            Some("bilinear") => Interpolation::Bilinear,
            _ => Interpolation::Bicubic,
        };
        let fill = [0, 1, 2].map(|channel| whole(&case["fill"][channel]) as u8);
        let wanted = Preprocess { input_size: whole(&case["size"]), crop_pct: 0.875, interpolation, fill };
        let shares = case["region"].as_array().map(|shares| shares.iter().map(Value::to_string).collect::<Vec<_>>());
        let fit: Fit = shares.map_or("pad".into(), |shares| format!("region:{}", shares.join(","))).parse().unwrap();
        let square = prepare(&picture(whole(&case["width"]), whole(&case["height"])), &wanted, &fit);
        assert_eq!(sha256_hex(&square), case["sha256"].as_str().unwrap(), "{case}");
    }
    assert_eq!(cases.len(), 57);
}

#[test]
fn crop_is_what_it_always_was_and_bars_have_the_networks_mean_colour() {
    let lite0 = BackboneSpec::named("efficientnet-lite0").unwrap().preprocess();
    let photo = picture(300, 200);
    assert_eq!(prepare(&photo, &lite0, &Fit::Crop), resize_center_crop(&photo, &lite0));
    assert_eq!(lite0.fill, [127; 3]);
    for spec in networks() {
        let (wanted, [red, green, blue]) = (spec.preprocess(), spec.mean);
        let bars = prepare(&photo, &wanted, &Fit::Pad)[..3].to_vec();
        assert!(
            bars.iter().zip([red, green, blue]).all(|(bar, mean)| (f32::from(*bar) - mean).abs() <= 0.5),
            "{}",
            spec.name
        );
    }
}
