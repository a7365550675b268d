//! What Teachable Machine exports: its backbone and its head.

use headstart::backbone::import::{File, Imported, Source, import};
use headstart::error::Error;
use headstart::head::brought::open_head;
use headstart::run::cpu::CpuBackbone;

use crate::reference::{data, floats, npy, read, texts};
use crate::{TOLERANCE, assert_close, executors};

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
            assert_close(&format!("{name}, photo {i}, PyTorch"), &ours, &torch[row.clone()], TOLERANCE);
            if same[i] {
                assert_close(&format!("{name}, photo {i}, TensorFlow.js"), &ours, &tensorflow[row], TOLERANCE);
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
