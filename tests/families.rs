//! Weights that a user brings: real files of others, and each network against the library it comes from.

#[cfg(test)]
mod executors;
#[cfg(test)]
mod reference;

use headstart::backbone::import::{File, Imported, Source, Tensors, import, open_tensors};
use headstart::backbone::plan::{Parameter, Plan};
use headstart::backbone::spec::{BackboneSpec, sha256_hex};
use headstart::backbone::summary::Summary;
use headstart::backbone::weights::Weight;
use headstart::error::Error;
use headstart::head::brought::open_head;
use headstart::head::{ClassifierConfig, HIDDEN, HeadKind};
use headstart::run::cpu::CpuBackbone;
use headstart::run::cpu::batch_norm::chosen::ChosenStatistics;
use safetensors::SafeTensors;

use crate::reference::drawn::{drawn, noise, shapes};
use crate::reference::{data, floats, npy, read, texts};

/// Of the largest feature.
const TOLERANCE: f32 = 1e-4;
/// Where a batch's own statistics come in: PyTorch's single precision is off by almost as much.
const BATCH_TOLERANCE: f32 = 1e-3;

fn assert_close(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(0f32, |most, value| most.max(value.abs()));
    let worst = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{what}: largest difference {worst:.2e} of {scale:.2}");
    assert!(worst <= TOLERANCE * scale, "{what}: {worst} of {scale}");
}

/// Each network with drawn weights, against the library that it comes from: the committed golden.
fn each_network_equals_its_library(names: &[&str]) {
    let golden = read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/families.safetensors").into());
    let golden = SafeTensors::deserialize(&golden).unwrap();
    for name in names {
        let spec = BackboneSpec::named(name).unwrap();
        let weights = drawn(&(spec.plan)());
        let expected = floats(golden.tensor(&format!("{name}.features")).unwrap().data());
        let pictures = [noise(spec.input_size), shapes(spec.input_size)];
        executors::on_each(&spec, &weights, |executor_name, executor| {
            // The plain twin takes many seconds a picture of a large network.
            let count = if executor_name.starts_with("plain") {
                usize::from(!name.starts_with("vgg") && !name.starts_with("resnet"))
            } else {
                2
            };
            for (i, picture) in pictures.iter().enumerate().take(count) {
                let expected = &expected[i * spec.num_features..(i + 1) * spec.num_features];
                assert_close(&format!("{name}, {executor_name}, picture {i}"), &executor(picture), expected);
            }
        });
    }
}

#[test]
fn mobilenet_v2_equals_keras() {
    each_network_equals_its_library(&["mobilenetv2-0.35", "mobilenetv2-1.0"]);
}

#[test]
fn larger_efficientnet_lites_equal_timm() {
    each_network_equals_its_library(&["efficientnet-lite1", "efficientnet-lite2"]);
}

#[test]
fn resnet50_equals_torchvision_and_keras() {
    each_network_equals_its_library(&["resnet50", "resnet50-keras"]);
}

#[test]
fn vgg_equals_torchvision_and_keras() {
    each_network_equals_its_library(&["vgg16", "vgg19", "vgg16-keras", "vgg19-keras"]);
}

/// Both pictures as one batch by its own statistics, as the library computes them in training.
fn each_network_by_batch_equals_its_library(names: &[&str]) {
    let golden = read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/families.safetensors").into());
    let golden = SafeTensors::deserialize(&golden).unwrap();
    for name in names {
        let spec = BackboneSpec::named(name).unwrap();
        let weights = drawn(&(spec.plan)());
        let expected = floats(golden.tensor(&format!("{name}.features_batch")).unwrap().data());
        let scale = expected.iter().fold(0f32, |most, value| most.max(value.abs()));
        let pictures = [noise(spec.input_size), shapes(spec.input_size)].concat();
        executors::on_each_by_batch(&spec, &weights, |executor_name, batch| {
            // The plain twin takes many seconds a picture of a large network.
            if executor_name == "plain" && *name != "mobilenetv2-0.35" {
                return;
            }
            let ours = batch(&pictures);
            assert_eq!(ours.len(), expected.len());
            let worst = ours.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            println!("{name}, {executor_name}, by batch: largest difference {worst:.2e} of {scale:.2}");
            assert!(worst <= BATCH_TOLERANCE * scale, "{name}, {executor_name}: {worst} of {scale}");
        });
    }
}

#[test]
fn statistics_of_a_batch_are_those_of_keras() {
    each_network_by_batch_equals_its_library(&["mobilenetv2-0.35", "mobilenetv2-1.0", "resnet50-keras"]);
}

#[test]
fn statistics_of_a_batch_are_those_of_pytorch() {
    each_network_by_batch_equals_its_library(&["efficientnet-lite1", "efficientnet-lite2", "resnet50"]);
}

/// A network without BatchNorm has nothing that a policy could change: the same bits, whoever is beside a picture.
fn every_policy_gives_the_same_bits(Imported { spec, weights }: Imported) {
    let plan = (spec.plan)();
    let pictures = [noise(spec.input_size), shapes(spec.input_size)];
    let mut folded = CpuBackbone::new(&spec, &plan, &weights).unwrap();
    let stored: Vec<Vec<f32>> = pictures.iter().map(|picture| folded.forward_features(picture)).collect();
    let mut chosen = ChosenStatistics::new(spec, weights);
    let averages = chosen.stored().unwrap();
    let both = pictures.concat();
    for statistics in [None, Some(&averages)] {
        assert!(chosen.compute(&both, statistics).unwrap().features == stored.concat());
        assert!(chosen.compute(&pictures[1], statistics).unwrap().features == stored[1], "alone");
    }
}

#[test]
fn vgg_of_keras_has_the_same_bits_under_every_policy() {
    let tensors = as_keras_writes(&(BackboneSpec::named("vgg16-keras").unwrap().plan)(), true);
    every_policy_gives_the_same_bits(open_tensors("w.h5", tensors, &vec![]).unwrap().read().unwrap());
}

#[test]
fn vgg_of_torchvision_has_the_same_bits_under_every_policy() {
    let Some(file) = saved("vgg16.pth") else { return };
    every_policy_gives_the_same_bits(import(vec![file]).unwrap());
}

/// The export of a Teachable Machine image project.
fn teachable_machine(names: &[&str]) -> Option<Vec<File>> {
    let folder = data()?.join("tm-mobilenet");
    Some(names.iter().map(|name| File { name: name.to_string(), bytes: read(folder.join(name)) }).collect())
}

#[test]
fn a_teachable_machine_export_is_a_backbone() {
    let Some(files) = teachable_machine(&["metadata.json", "weights.bin", "model.json"]) else { return };
    let Imported { spec, weights } = import(files).unwrap();
    assert_eq!((spec.name, &*spec.file, spec.bytes), ("mobilenetv2-0.35", "model.json", 2_154_832 + 91_816));
    let golden = data().unwrap().join("golden");
    let npz = golden.join("tm-mobilenet.npz");
    let (pixels, torch) = (npy(&npz, "pixels.npy"), floats(&npy(&npz, "features.npy")));
    let tfjs = golden.join("tm-mobilenet.tfjs.npz");
    let tensorflow = floats(&npy(&tfjs, "features.npy"));
    // TensorFlow.js saw the same pictures but one, under another name.
    let [names, seen] = [&npz, &tfjs].map(|npz| texts(&npy(npz, "files.npy"), 10));
    let same: Vec<bool> = names.iter().zip(&seen).map(|(a, b)| a == b).collect();
    assert_eq!(same.iter().filter(|same| **same).count(), 9);
    executors::on_each(&spec, &weights, |name, executor| {
        let count = if name.starts_with("plain") { 2 } else { 10 };
        for (i, picture) in pixels.chunks_exact(224 * 224 * 3).enumerate().take(count) {
            let (ours, row) = (executor(picture), i * 1280..(i + 1) * 1280);
            assert_close(&format!("{name}, photo {i}, PyTorch"), &ours, &torch[row.clone()]);
            if same[i] {
                assert_close(&format!("{name}, photo {i}, TensorFlow.js"), &ours, &tensorflow[row]);
            }
        }
    });
}

/// The probabilities that TensorFlow.js gives: `tests/golden/teachable.mjs`.
#[test]
fn the_head_of_a_teachable_machine_export_predicts() {
    let Some(files) = teachable_machine(&["metadata.json", "weights.bin", "model.json"]) else { return };
    let golden = read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/teachable.json").into());
    let golden: serde_json::Value = serde_json::from_slice(&golden).unwrap();
    let sources = |files: &[File]| files.iter().cloned().map(Source::from).collect::<Vec<_>>();
    let head = open_head(&sources(&files)).unwrap().unwrap();
    assert_eq!(golden["labels"], serde_json::json!(head.labels));
    let pixels = npy(&data().unwrap().join("golden/tm-mobilenet.npz"), "pixels.npy");
    let Imported { spec, weights } = import(files.clone()).unwrap();
    let mut backbone = CpuBackbone::new(&spec, &(spec.plan)(), &weights).unwrap();
    let mut worst = 0f64;
    let rows = golden["probabilities"].as_array().unwrap();
    for (picture, expected) in pixels.chunks_exact(224 * 224 * 3).zip(rows) {
        let ours = head.predict_probabilities(backbone.forward_features(picture));
        let pairs = ours.iter().zip(expected.as_array().unwrap());
        worst = pairs.map(|(a, b)| (f64::from(*a) - b.as_f64().unwrap()).abs()).fold(worst, f64::max);
    }
    println!("largest difference of a probability: {worst:.2e}");
    assert!(worst <= 1e-4, "{worst}");

    let numbered = open_head(&sources(&files[1..])).unwrap().unwrap();
    assert_eq!(numbered.labels, ["Class 1", "Class 2", "Class 3", "Class 4"]);
    let mut few = files.clone();
    few[0].bytes = br#"{"labels": ["one", "two", "three"]}"#.to_vec();
    let few = open_head(&sources(&few)).unwrap_err().to_string();
    assert!(few.contains("metadata.json") && few.contains("names 3 classes, and the model has 4"), "{few}");
    let mut other = files.clone();
    let json = String::from_utf8(files[2].bytes.clone()).unwrap();
    other[2].bytes = json.replace("\"softmax\"", "\"sigmoid\"").into_bytes();
    assert!(open_head(&sources(&other)).unwrap().is_none(), "no softmax, no classifier");
    assert!(open_head(&sources(&[File { name: "w.pth".into(), bytes: b"weights".to_vec() }])).unwrap().is_none());
}

#[test]
fn what_is_wrong_with_a_layers_model_is_said() {
    let Some(whole) = teachable_machine(&["model.json", "weights.bin"]) else { return };
    let message = |files: Vec<File>| import(files).unwrap_err().to_string();
    let alone = message(vec![whole[0].clone()]);
    assert!(alone.contains("model.json") && alone.contains("shard weights.bin is missing"), "{alone}");
    let mut cut = whole.clone();
    cut[1].bytes.truncate(1_000_000);
    assert!(message(cut).contains("shards end before"));
    let mut torn = whole.clone();
    torn[0].bytes.truncate(5000);
    assert!(message(torn).contains("not whole as JSON"));
    let mut broken = whole.clone();
    broken[1].bytes[400..404].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(message(broken).contains("not a finite number"));
    let other = String::from_utf8(whole[0].bytes.clone()).unwrap();
    let renamed = other.replace("block_7_project/", "block_7_extra/").into_bytes();
    let renamed = message(vec![File { name: "m.json".into(), bytes: renamed }, whole[1].clone()]);
    for part in ["“m.json”", "MobileNetV2 0.35", "missing: block_7_project.weight", "unexpected: block_7_extra.weight"]
    {
        assert!(renamed.contains(part), "{renamed}");
    }
    let foreign = other.replace("block_", "stage_").into_bytes();
    let foreign = import(vec![File { name: "m.json".into(), bytes: foreign }, whole[1].clone()]).unwrap_err();
    assert!(matches!(foreign, Error::UnknownNetwork { .. }), "{foreign}");
}

/// Keras's `summary()` of the model that this product was made from: ResNet50, and a head for 7 classes.
#[test]
fn a_summary_has_the_sums_of_keras() {
    let head = ClassifierConfig { kind: HeadKind::Mlp, hidden: HIDDEN.to_vec(), num_features: 2048, num_classes: 7 };
    let plan = (BackboneSpec::named("resnet50-keras").unwrap().plan)();
    // Standardised features are ours; Keras's model has none.
    let head = head.summary().into_iter().filter(|row| row.r#type != "Normalization");
    let summary = Summary::of(plan.summary().into_iter().chain(head));
    assert_eq!(summary.totals(), [24_903_047, 1_315_335, 23_587_712]);
    let text = summary.to_string();
    for line in ["Total params: 24,903,047", "Trainable params: 1,315,335", "Non-trainable params: 23,587,712"] {
        assert!(text.contains(line), "{text}");
    }
    assert!(text.contains("conv1_conv (Conv2D)") && text.contains("(None, 112, 112, 64)"), "{text}");
}

/// The plan's weights as Keras writes them: other names, `[height, width, in, out]`, blue first; in files of Keras 3
/// numbered.
fn as_keras_writes(plan: &Plan, numbered: bool) -> Tensors {
    let drawn = drawn(plan);
    let mut tensors = Tensors::new();
    for Parameter { name, .. } in plan.parameters() {
        let (layer, part) = name.rsplit_once('.').unwrap();
        let is_norm = drawn.contains_key(&format!("{layer}.running_mean"));
        let (word, number) = match part {
            "weight" if is_norm => ("gamma", 0),
            "weight" => ("kernel", 0),
            "bias" if is_norm => ("beta", 1),
            "bias" => ("bias", 1),
            "running_mean" => ("moving_mean", 2),
            _ => ("moving_variance", 3),
        };
        let weight = hwio(&drawn[&name], tensors.is_empty());
        let leaf = if numbered { format!("{number}") } else { format!("{layer}/{word}:0") };
        tensors.push((format!("{layer}/{leaf}"), weight.into()));
    }
    let classifier = Weight { shape: vec![plan.num_features(), 1001], values: vec![0.5; plan.num_features() * 1001] };
    tensors.push(("predictions/0".into(), classifier.into()));
    tensors.push(("predictions/1".into(), Weight { shape: vec![1001], values: vec![0.5; 1001] }.into()));
    tensors
}

fn hwio(weight: &Weight, blue_first: bool) -> Weight {
    let &[c_out, c_in, h, w] = weight.shape.as_slice() else { return weight.clone() };
    let channel = |i: usize| if blue_first { c_in - 1 - i } else { i };
    let at = |tap: usize, i: usize, o: usize| weight.values[(o * c_in + channel(i)) * h * w + tap];
    let all = (0..h * w).flat_map(|tap| (0..c_in).flat_map(move |i| (0..c_out).map(move |o| (tap, i, o))));
    let values = all.map(|(tap, i, o)| at(tap, i, o)).collect();
    Weight { shape: vec![h, w, c_in, c_out], values }
}

#[test]
fn what_keras_saves_is_recognised() {
    for name in ["resnet50-keras", "vgg16-keras"] {
        let plan = (BackboneSpec::named(name).unwrap().plan)();
        for numbered in [false, true] {
            let tensors = as_keras_writes(&plan, numbered);
            let Imported { spec, weights } =
                open_tensors("w.h5", tensors, &b"content".to_vec()).unwrap().read().unwrap();
            assert_eq!((spec.name, &*spec.sha256, spec.bytes), (name, sha256_hex(b"content").as_str(), 7));
            assert!(weights == drawn(&plan), "{name}");
        }
    }
}

/// What `families.py --files` wrote; the folder is HEADSTART_FAMILIES. `None` is said aloud.
fn saved(name: &str) -> Option<File> {
    let Some(folder) = std::env::var_os("HEADSTART_FAMILIES") else {
        println!("skipped: HEADSTART_FAMILIES is not set");
        return None;
    };
    Some(File { name: name.into(), bytes: read(std::path::PathBuf::from(folder).join(name)) })
}

#[test]
fn what_pytorch_and_timm_save_is_recognised() {
    for (file, network) in [
        ("efficientnet-lite1.pth", "efficientnet-lite1"),
        ("efficientnet-lite1.safetensors", "efficientnet-lite1"),
        ("resnet50.pth", "resnet50"),
        ("resnet50.safetensors", "resnet50"),
        ("vgg16.pth", "vgg16"),
        ("vgg16-legacy.pth", "vgg16"),
    ] {
        let Some(file) = saved(file) else { return };
        let Imported { spec, weights } = import(vec![File { name: "weights".into(), ..file }]).unwrap();
        assert_eq!(spec.name, network);
        assert!(weights == drawn(&(spec.plan)()), "{network}");
    }
}

#[test]
fn a_checkpoint_of_halves_is_read_too() {
    let Some(file) = saved("checkpoint.pth") else { return };
    let Imported { spec, weights } = import(vec![file]).unwrap();
    let drawn = drawn(&(spec.plan)());
    let near = |(name, weight): (&String, &Weight)| {
        let pairs = weight.values.iter().zip(&drawn[name].values);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    assert!(weights.iter().map(near).fold(0.0, f32::max) < 1e-3);
}

#[test]
fn what_is_wrong_with_a_pth_is_said_and_nothing_is_run() {
    let message =
        |bytes: &[u8]| import(vec![File { name: "w.pth".into(), bytes: bytes.into() }]).unwrap_err().to_string();
    // Python: `pickle.dumps` of an object whose `__reduce__` gives `(os.system, ("…",))`, behind PyTorch's older head.
    let mut code = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec();
    code.extend(
        b"\x80\x02M\xe9\x03.\x80\x02}q\x00.\x80\x02cposix\nsystem\nq\x00X\x04\x00\x00\x00trueq\x01\x85q\x02Rq\x03.",
    );
    assert!(message(&code).contains("holds code (posix.system), and code is never run"), "{}", message(&code));
    assert!(message(&code[..30]).contains("cut off"), "{}", message(&code[..30]));
    assert!(message(b"PK\x03\x04 and no more").contains("cut off"));
    assert!(message(b"\x00\x01\x02").contains("no kind that can be read"));
    assert_eq!(import(vec![File { name: "w.pth".into(), bytes: vec![] }]).unwrap_err().code(), "empty-file");
    for name in ["efficientnet-lite1.pth", "vgg16-legacy.pth", "efficientnet-lite1.safetensors"] {
        let Some(file) = saved(name) else { return };
        let half = message(&file.bytes[..file.bytes.len() / 2]);
        assert!(half.contains("cut off") || half.contains("not whole"), "{name}: {half}");
    }
}
