//! Weights that a user brings: real files of others, and each network against the library it comes from.

#[cfg(test)]
mod executors;
#[cfg(test)]
mod reference;

use headstart::backbone::import::{File, Imported, import};
use headstart::error::Error;

use crate::reference::{data, floats, npy, read, texts};

/// Of the largest feature.
const TOLERANCE: f32 = 1e-4;

fn assert_close(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(0f32, |most, value| most.max(value.abs()));
    let worst = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{what}: largest difference {worst:.2e} of {scale:.2}");
    assert!(worst <= TOLERANCE * scale, "{what}: {worst} of {scale}");
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
