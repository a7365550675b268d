//! Features against PyTorch, on every executor: the committed golden (`tests/golden/README.md`) and, where
//! HEADSTART_DATA is set, real photos. WebGPU is tested in a browser: `tests/web/features.test.mjs`.

#[cfg(test)]
mod executors;
#[cfg(test)]
mod reference;

use headstart::backbone::spec::BackboneSpec;
use headstart::backbone::weights::read_safetensors;
use headstart::image::{decode, resize_center_crop};
use safetensors::SafeTensors;

use crate::reference::{data, floats, npy, read, texts, weights};

const SIDE: usize = 224;
const TOLERANCE: f32 = 1e-4;

fn on_every_executor(check: impl FnMut(&str, &mut dyn FnMut(&[u8]) -> Vec<f32>)) {
    let Some(file) = weights() else { return };
    let spec = BackboneSpec::named("efficientnet-lite0").unwrap();
    spec.verify(&file).unwrap();
    let weights = read_safetensors(&spec.file, &file, &(spec.plan)()).unwrap();
    executors::on_each(&spec, &weights, check);
}

fn assert_close(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let worst = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{what}: largest difference {worst:.2e}");
    assert!(worst <= TOLERANCE, "{what}: {worst}");
}

/// PyTorch's own single precision is off by 7.4e-4 (tests/golden/README.md).
fn assert_close_by_batch(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let worst = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{what}: largest difference {worst:.2e}");
    assert!(worst <= 1e-3, "{what}: {worst}");
}

#[test]
fn features_equal_pytorch() {
    let golden = read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/lite0.safetensors").into());
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let expected = floats(golden.tensor("features").unwrap().data());
    let pictures = [noise(), gradient(), shapes(), clouds()];
    on_every_executor(|name, executor| {
        for (i, (picture, expected)) in pictures.iter().zip(expected.chunks_exact(1280)).enumerate() {
            assert_close(&format!("{name}, picture {i}"), &executor(picture), expected);
        }
    });
}

#[test]
fn features_of_photos_equal_pytorch() {
    let Some(data) = data() else { return };
    let npz = data.join("golden/lite0.npz");
    let (pixels, expected) = (npy(&npz, "pixels.npy"), floats(&npy(&npz, "features.npy")));
    on_every_executor(|name, executor| {
        let pictures = pixels.chunks_exact(SIDE * SIDE * 3).zip(expected.chunks_exact(1280));
        // The plain twin takes a third of a second a picture.
        let count = if name.starts_with("plain") { 2 } else { 10 };
        for (i, (picture, expected)) in pictures.take(count).enumerate() {
            assert_close(&format!("{name}, photo {i}"), &executor(picture), expected);
        }
    });
}

#[test]
fn features_by_statistics_of_the_batch_equal_pytorch() {
    let Some(file) = weights() else { return };
    let spec = BackboneSpec::named("efficientnet-lite0").unwrap();
    let weights = read_safetensors(&spec.file, &file, &(spec.plan)()).unwrap();
    let golden = read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/lite0.safetensors").into());
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let expected = floats(golden.tensor("features_batch").unwrap().data());
    let pictures = [noise(), gradient(), shapes(), clouds()].concat();
    executors::on_each_by_batch(&spec, &weights, |name, batch| {
        assert_close_by_batch(&format!("{name}, 4 pictures"), &batch(&pictures), &expected);
    });
    let Some(data) = data() else { return };
    let npz = data.join("golden/lite0.npz");
    let (pixels, expected) = (npy(&npz, "pixels.npy"), floats(&npy(&npz, "features_batch.npy")));
    executors::on_each_by_batch(&spec, &weights, |name, batch| {
        // The plain twin takes a third of a second a picture.
        if !name.starts_with("plain") {
            assert_close_by_batch(&format!("{name}, 10 photos"), &batch(&pixels), &expected);
        }
    });
}

#[test]
fn features_from_the_file_on_point_the_same_way() {
    let Some(data) = data() else { return };
    let npz = data.join("golden/lite0.npz");
    let (files, expected) = (npy(&npz, "files.npy"), floats(&npy(&npz, "features.npy")));
    let preprocess = BackboneSpec::named("efficientnet-lite0").unwrap().preprocess();
    let files = texts(&files, 10);
    on_every_executor(|name, executor| {
        let files = files.iter().zip(expected.chunks_exact(1280)).filter(|_| name == "cpu");
        for (file, expected) in files {
            let pixels = decode(file, &read(data.join(file))).unwrap().pixels;
            let ours = executor(&resize_center_crop(&pixels, &preprocess));
            let cosine = cosine(&ours, expected);
            println!("{file}: cosine {cosine:.5}");
            assert!(cosine >= 0.995, "{file}: {cosine}");
        }
    });
}

#[test]
fn a_feature_row_does_not_depend_on_what_came_before() {
    let pictures = [noise(), shapes(), clouds()];
    on_every_executor(|name, executor| {
        if !name.starts_with("plain") {
            let alone = executor(&pictures[1]);
            pictures.iter().for_each(|picture| drop(executor(picture)));
            assert_eq!(alone, executor(&pictures[1]), "{name}");
        }
    });
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn random(seed: u32) -> impl Iterator<Item = u8> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(next(&seed), next).map(|state| (state >> 24) as u8)
}

fn picture(pixel: impl Fn(usize, usize) -> [u8; 3]) -> Vec<u8> {
    (0..SIDE * SIDE).flat_map(|at| pixel(at / SIDE, at % SIDE)).collect()
}

fn noise() -> Vec<u8> {
    random(1).take(SIDE * SIDE * 3).collect()
}

fn gradient() -> Vec<u8> {
    picture(|y, x| [x * 255 / 223, y * 255 / 223, (x + y) * 255 / 446].map(|value| value as u8))
}

fn shapes() -> Vec<u8> {
    picture(|y, x| match (x, y) {
        (120..200, 130..190) => [30, 160, 80],
        _ if x.abs_diff(90).pow(2) + y.abs_diff(100).pow(2) < 60 * 60 => [200, 50, 40],
        _ if (x / 16 + y / 16) % 2 == 0 => [230, 225, 210],
        _ => [40, 60, 90],
    })
}

fn clouds() -> Vec<u8> {
    let nodes: Vec<usize> = random(2).take(8 * 8 * 3).map(usize::from).collect();
    picture(|y, x| {
        let (i, v, j, u) = (y / 32, y % 32, x / 32, x % 32);
        std::array::from_fn(|c| {
            let node = |i: usize, j: usize| nodes[(i * 8 + j) * 3 + c];
            let row = |i: usize| node(i, j) * (32 - u) + node(i, j + 1) * u;
            ((row(i) * (32 - v) + row(i + 1) * v) / 1024) as u8
        })
    })
}
