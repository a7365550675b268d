//! Exported graphs in an independent runtime, against the goldens: ONNX Runtime in Node, and ONNX's own checker where a Python
//! has it (HEADSTART_PYTHON, else python3).

#[cfg(test)]
mod reference;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use headstart::artifact::onnx::{onnx_from_head, onnx_from_network};
use headstart::backbone::spec::{BackboneSpec, networks};
use headstart::backbone::weights::{Weights, read_safetensors};
use headstart::head::neighbors::{NeighborWeights, Neighbors};
use headstart::head::{Classifier, ClassifierConfig, HIDDEN, Head, HeadKind, Standardizer};
use headstart::image::Fit;
use headstart::run::plain::normalize;
use safetensors::SafeTensors;

use crate::reference::drawn::{drawn, noise, shapes};
use crate::reference::{floats, npy, read, weights};

/// Every part of it does something: features are moved and stretched, logits divided.
fn head(kind: HeadKind, hidden: &[usize], num_features: usize) -> Head {
    let labels: Vec<String> = ["ash", "birch", "cedar “red”", "douglas fir", "elm"].map(String::from).into();
    let hidden = hidden.to_vec();
    let classifier = ClassifierConfig { kind, hidden, num_features, num_classes: labels.len() }.init(3);
    let column = |base: f32| (0..num_features).map(|at| base + (at % 7) as f32 / 10.0).collect();
    let standardizer = Standardizer { mean: column(0.0), std: column(0.5) };
    let (neighbors, fit) = (None, Fit::Crop);
    Head { kind, labels, standardizer, classifier, neighbors, temperature: 1.7, statistics: None, fit }
}

/// A folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("onnx").join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Outputs by ONNX Runtime: features and probabilities, as far as the graph has them.
fn run(folder: &Path, model: &[u8], input: &[f32], sizes: &[usize]) -> Option<[Vec<f32>; 2]> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if !root.join("node_modules/onnxruntime-web").exists() {
        println!("skipped: node_modules has no onnxruntime-web; ./build.sh build installs it");
        return None;
    }
    let [path, numbers] = ["model.onnx", "input.f32"].map(|name| folder.join(name));
    fs::write(&path, model).unwrap();
    fs::write(&numbers, input.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>()).unwrap();
    let mut node = Command::new("node");
    node.current_dir(root).arg("tests/reference/onnxruntime.mjs").args([&path, &numbers, &folder.into()]);
    let output = node.args(sizes.iter().map(usize::to_string)).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    check(&path);
    let values = ["features.f32", "probabilities.f32"].map(|name| folder.join(name));
    Some(values.map(|path| if path.exists() { floats(&read(path)) } else { vec![] }))
}

/// `onnx.checker`, where there is one.
fn check(model: &Path) {
    let python = env::var("HEADSTART_PYTHON").unwrap_or("python3".into());
    let mut checker = Command::new(python);
    let script = "import sys\ntry: import onnx\nexcept ImportError: sys.exit(42)\nonnx.checker.check_model(sys.argv[1], full_check=True)";
    match checker.args(["-c", script]).arg(model).output() {
        Ok(output) if output.status.code() == Some(42) => println!("skipped: python3 has no onnx"),
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => println!("skipped: no python3"),
    }
}

/// `u8 [h, w, 3]` images to `f32 [n, 3, h, w]`.
fn input(spec: &BackboneSpec, images: &[Vec<u8>]) -> Vec<f32> {
    let nchw = |pixels: &Vec<u8>| {
        let nhwc = normalize(pixels, spec.mean, spec.std);
        (0..nhwc.len()).map(|at| nhwc[at % (nhwc.len() / 3) * 3 + at / (nhwc.len() / 3)]).collect::<Vec<f32>>()
    };
    images.iter().flat_map(nchw).collect()
}

fn largest_difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The network's graph gives `expected` features, and its head's probabilities for them.
fn equals(spec: &BackboneSpec, weights: Weights, images: &[Vec<u8>], expected: &[f32], tolerance: f32) {
    let head = head(HeadKind::Mlp, &HIDDEN, spec.num_features);
    let model = onnx_from_network(weights, &head, spec).unwrap();
    let (size, images_count) = (spec.input_size, images.len());
    let sizes = [images_count, 3, size, size];
    let Some([features, probabilities]) = run(&folder(spec.name), &model, &input(spec, images), &sizes) else { return };
    let [of_features, of_probabilities] = [
        largest_difference(&features, expected),
        largest_difference(&probabilities, &head.predict_probabilities(features.clone())),
    ];
    println!("{}: features {of_features:.2e}, probabilities from features {of_probabilities:.2e}", spec.name);
    assert!(of_features <= tolerance, "{}: features {of_features}", spec.name);
    assert!(of_probabilities <= 1e-5, "{}: probabilities {of_probabilities}", spec.name);
}

#[test]
fn every_family_equals_its_library() {
    let golden = read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/families.safetensors").into());
    let golden = SafeTensors::deserialize(&golden).unwrap();
    for spec in networks() {
        let Ok(expected) = golden.tensor(&format!("{}.features", spec.name)) else { continue };
        let expected = floats(expected.data());
        let scale = expected.iter().fold(0f32, |most, value| most.max(value.abs()));
        let images = [noise(spec.input_size), shapes(spec.input_size)];
        equals(&spec, drawn(&(spec.plan)()), &images, &expected, 1e-4 * scale);
    }
}

#[test]
fn lite0_equals_pytorch() {
    let Some(file) = weights() else { return };
    let spec = BackboneSpec::named("efficientnet-lite0").unwrap();
    let golden = read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/lite0.safetensors").into());
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let expected = floats(golden.tensor("features").unwrap().data());
    // The golden's order: noise, gradient, shapes, clouds.
    let expected = [&expected[..1280], &expected[2 * 1280..3 * 1280]].concat();
    let weights = read_safetensors(&spec.file, &file, &(spec.plan)()).unwrap();
    equals(&spec, weights.clone(), &[noise(224), shapes(224)], &expected, 1e-4);
    let Some(data) = reference::data() else { return };
    let npz = data.join("golden/lite0.npz");
    let (pixels, expected) = (npy(&npz, "pixels.npy"), floats(&npy(&npz, "features.npy")));
    let photos: Vec<Vec<u8>> = pixels.chunks_exact(224 * 224 * 3).map(<[u8]>::to_vec).collect();
    equals(&spec, weights, &photos, &expected, 1e-4);
}

#[test]
fn a_head_alone_equals_ours() {
    let spec = BackboneSpec::named("efficientnet-lite0").unwrap();
    let heads =
        [(HeadKind::Linear, &[][..]), (HeadKind::Mlp, &HIDDEN), (HeadKind::Mlp, &[9]), (HeadKind::Mlp, &[65, 3, 100])];
    for (number, (kind, hidden)) in heads.into_iter().enumerate() {
        let head = head(kind, hidden, spec.num_features);
        let rows: Vec<f32> = noise(40)[..3 * spec.num_features].iter().map(|byte| f32::from(*byte) / 100.0).collect();
        let model = onnx_from_head(&head, &spec);
        assert_eq!(model, onnx_from_head(&head, &spec), "the same head gives the same bytes");
        let Some([_, theirs]) = run(&folder(&format!("head-{number}")), &model, &rows, &[3, spec.num_features]) else {
            return;
        };
        let difference = largest_difference(&theirs, &head.predict_probabilities(rows));
        println!("{kind:?} {hidden:?}: {difference:.2e}");
        assert!(difference <= 1e-5, "{kind:?} {hidden:?}: {difference}");
    }
}

/// Of 40 rows two are one another's twins; the asked rows have one in common with them.
#[test]
fn nearest_neighbours_alone_equal_ours() {
    let spec = BackboneSpec::named("efficientnet-lite0").unwrap();
    let width = spec.num_features;
    let bytes = noise(160);
    let rows = |from: usize, count: usize| {
        let part = bytes[from * width..][..count * width].iter();
        part.map(|byte| f32::from(*byte) / 100.0).collect::<Vec<f32>>()
    };
    let mut known = rows(0, 40);
    known.copy_within(..width, 7 * width);
    for (k, weights) in [(1, NeighborWeights::Uniform), (5, NeighborWeights::Uniform), (5, NeighborWeights::Distance)] {
        let mut head = head(HeadKind::Linear, &[], width);
        let mut standardized = known.clone();
        head.standardizer.apply(&mut standardized);
        let voting = Neighbors::new(&standardized, (0..40).map(|row| row * row % 5).collect(), 5, k, weights);
        head = Head {
            kind: HeadKind::Neighbors,
            classifier: Classifier { layers: vec![] },
            neighbors: Some(voting),
            ..head
        };
        let asked = [&known[..width], &rows(40, 5)].concat();
        let model = onnx_from_head(&head, &spec);
        assert_eq!(model, onnx_from_head(&head, &spec), "the same head gives the same bytes");
        let Some([_, theirs]) = run(&folder(&format!("knn-{k}")), &model, &asked, &[6, width]) else { return };
        let difference = largest_difference(&theirs, &head.predict_probabilities(asked));
        println!("{k} {weights:?}: {difference:.2e}");
        assert!(difference <= 1e-5, "{k} {weights:?}: {difference}");
    }
}

#[test]
fn a_weight_that_is_missing_is_named() {
    let spec = BackboneSpec::named("efficientnet-lite0").unwrap();
    let mut weights = drawn(&(spec.plan)());
    weights.remove("conv_stem.weight");
    let error = onnx_from_network(weights, &head(HeadKind::Linear, &[], spec.num_features), &spec).unwrap_err();
    assert!(error.to_string().contains("missing: conv_stem.weight"), "{error}");
}
