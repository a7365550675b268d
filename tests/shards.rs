//! Shards of feature rows (docs/features.md): trained on piece by piece they give the head of `fit`, and what does not belong
//! together is refused with the reason. The shards are written here, byte by byte; those of `scale/` are read in `tests/scale`.

#[path = "../examples/folder/shards.rs"]
mod shards;
#[path = "../examples/folder/streamed.rs"]
mod streamed;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use headstart::device::Device;
use headstart::head::HeadKind;
use headstart::project::SplitConfig;
use headstart::split::Method;
use headstart::train::{ClassWeight, FitConfig, TrainingSet, fit};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::shards::Shards;
use crate::streamed::{sides, train};

const WIDTH: usize = 9;
const LABELS: [&str; 3] = ["cat", "dog", "fox"];

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A shard with these rows' numbers; class and features follow from the number.
fn shard(numbers: &[u32], backbone: &str, class: impl Fn(u32) -> u32) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(u64::from(numbers[0]));
    let mut row = |number: u32, at: usize| f32::from(u8::from(at as u32 % 3 == number % 3)) + random.f32() * 1.5;
    let features: Vec<u8> = numbers
        .iter()
        .flat_map(|n| (0..WIDTH).map(|at| row(*n, at)).collect::<Vec<_>>())
        .flat_map(f32::to_le_bytes)
        .collect();
    let classes: Vec<u8> = numbers.iter().flat_map(|n| class(*n).to_le_bytes()).collect();
    let hashes: Vec<u8> = numbers.iter().flat_map(|n| Sha256::digest(n.to_le_bytes()).to_vec()).collect();
    let (n, f, c) = (numbers.len(), features.len(), classes.len());
    let header = json!({
        "__metadata__": { "format": "headstart-features", "version": "1", "backbone": backbone, "backbone_sha256": "abcdef012345" },
        "features": { "dtype": "F32", "shape": [n, WIDTH], "data_offsets": [0, f] },
        "classes": { "dtype": "U32", "shape": [n], "data_offsets": [f, f + c] },
        "sha256": { "dtype": "U8", "shape": [n, 32], "data_offsets": [f + c, f + c + hashes.len()] },
    })
    .to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &features, &classes, &hashes].concat()
}

/// Writes shards and their manifest, which `change` may spoil.
fn written(name: &str, shards: &[Vec<u8>], rows: &[usize], change: impl FnOnce(&mut Value)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shards").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let mut listed = Vec::new();
    for (number, (bytes, rows)) in shards.iter().zip(rows).enumerate() {
        let file = format!("shard-{number}.safetensors");
        std::fs::write(folder.join(&file), bytes).unwrap();
        listed.push(json!({ "file": file, "rows": rows, "sha256": hex(bytes) }));
    }
    let mut manifest = json!({
        "format": "headstart-features", "version": 1, "labels": LABELS, "shards": listed,
        "backbone": { "name": "efficientnet-lite0", "sha256": "abcdef012345", "num_features": WIDTH },
    });
    change(&mut manifest);
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    folder.join("manifest.json")
}

/// 330 rows in three shards, of which five are copies.
fn some() -> ([Vec<u8>; 3], [usize; 3]) {
    let numbers: [Vec<u32>; 3] = [(0..101).collect(), (101..300).collect(), (295..325).collect()];
    (
        numbers.each_ref().map(|numbers| shard(numbers, "efficientnet-lite0", |n| n % 3)),
        numbers.map(|numbers| numbers.len()),
    )
}

#[test]
fn pieces_give_the_head_of_fit_to_the_bit() {
    let (files, rows) = some();
    let shards = Shards::open(&written("whole", &files, &rows, |_| ()), Some("efficientnet-lite0")).unwrap();
    for (kind, split) in [(HeadKind::Mlp, Method::Hash), (HeadKind::Linear, Method::Tail)] {
        let sides = sides(&shards, &SplitConfig { split, ..SplitConfig::default() }).unwrap();
        assert_eq!((sides.train.len() + sides.validation.len(), sides.copies), (325, 5));
        let config = FitConfig {
            head: kind,
            epochs: 3,
            batch_size: 16,
            class_weight: ClassWeight::Balanced,
            ..FitConfig::default()
        };
        let read = |numbers: &[usize]| shards.read(numbers).unwrap();
        let (train_rows, validation) = (read(&sides.train), read(&sides.validation));
        let labels = LABELS.map(String::from).to_vec();
        let set = TrainingSet { labels, num_features: WIDTH, train: train_rows, validation, views: vec![] };
        let goes_on = async |_: &_| ControlFlow::Continue(());
        let whole = pollster::block_on(fit(&set, &config, &Device::Cpu, || 0.0, goes_on)).unwrap();
        let mut epochs = 0;
        let pieces = train(&shards, &sides, &config, 4 * WIDTH * 40, || 0.0, |_| epochs += 1).unwrap();
        assert_eq!(epochs, 3);
        assert_eq!(pieces.head.standardizer, whole.head.standardizer);
        for (ours, theirs) in pieces.head.classifier.layers.iter().zip(&whole.head.classifier.layers) {
            assert!(ours.weight == theirs.weight && ours.bias == theirs.bias, "another head");
        }
        for (ours, theirs) in pieces.history.iter().zip(&whole.history) {
            assert!((ours.val_loss - theirs.val_loss).abs() < 1e-9 && ours.val_accuracy == theirs.val_accuracy);
            assert_eq!((ours.loss, ours.accuracy), (theirs.loss, theirs.accuracy));
        }
        let report = &pieces.report;
        assert_eq!(report.accuracy, pieces.history[report.best_epoch - 1].val_accuracy);
        assert_eq!(report.confusion.iter().flatten().sum::<usize>(), sides.validation.len());
    }
}

#[test]
fn a_row_is_the_one_that_was_written_whatever_the_order() {
    let (files, rows) = some();
    let shards = Shards::open(&written("order", &files, &rows, |_| ()), None).unwrap();
    let all: Vec<usize> = (0..330).collect();
    let whole = shards.read(&all).unwrap();
    let order = [329, 0, 101, 100, 3, 300, 7, 8, 299];
    let some = shards.read(&order).unwrap();
    for (at, number) in order.into_iter().enumerate() {
        assert_eq!(some.features[at * WIDTH..][..WIDTH], whole.features[number * WIDTH..][..WIDTH], "row {number}");
        assert_eq!(some.classes[at], whole.classes[number]);
    }
}

/// What opening says.
fn refused(manifest: &Path) -> String {
    Shards::open(manifest, None).err().unwrap().to_string()
}

#[test]
fn what_does_not_belong_together_is_refused_with_the_reason() {
    let (files, rows) = some();
    let [first, second, _] = files;
    let rows = &rows[..2];
    let other = shard(&(0..101).collect::<Vec<_>>(), "mobilenetv2-1.0", |n| n % 3);
    let fourth = shard(&(0..101).collect::<Vec<_>>(), "efficientnet-lite0", |n| n % 4);
    type Case<'a> = (&'a str, Vec<Vec<u8>>, fn(&mut Value), &'a str);
    let cases: [Case; 9] = [
        ("backbone", vec![other, second.clone()], |_| (), "features are of mobilenetv2-1.0"),
        ("classes", vec![fourth, second.clone()], |_| (), "class 3, and the manifest names 3 classes"),
        (
            "hash",
            vec![first.clone(), second.clone()],
            |m| m["shards"][1]["sha256"] = "00".into(),
            "shard-1.safetensors: its SHA-256",
        ),
        ("version", vec![first.clone(), second.clone()], |m| m["version"] = 2.into(), "version 2"),
        ("format", vec![first.clone(), second.clone()], |m| m["format"] = "other".into(), "format \"other\""),
        ("rows", vec![first.clone(), second.clone()], |m| m["shards"][0]["rows"] = 7.into(), "should be F32 [7, 9]"),
        ("missing", vec![first.clone()], |m| m["shards"][0]["file"] = "shard-9.safetensors".into(), "can't be read"),
        (
            "outside",
            vec![first.clone()],
            |m| m["shards"][0]["file"] = "../order/shard-0.safetensors".into(),
            "no name of a file beside it",
        ),
        ("labels", vec![first.clone()], |m| m["labels"] = json!(["dog", "cat", "fox"]), "out of order"),
    ];
    for (name, shards, change, reason) in cases {
        let said = refused(&written(name, &shards, rows, change));
        assert!(said.contains(reason), "{name}: {said}");
    }
}

#[test]
fn a_backbone_that_was_not_asked_for_and_a_damaged_shard_are_refused() {
    let ([first, second, _], rows) = some();
    let rows = &rows[..2];
    let whole = written("asked", &[first.clone(), second], rows, |_| ());
    let said = Shards::open(&whole, Some("resnet50")).err().unwrap().to_string();
    assert!(said.contains("features of efficientnet-lite0, not resnet50"), "{said}");
    let cut = first[..first.len() - 5].to_vec();
    assert!(refused(&written("cut", &[cut], rows, |_| ())).contains("lie outside of it"));
    let nan = [
        &first[..first.len() - 101 * (4 * WIDTH + 36)],
        &f32::NAN.to_le_bytes(),
        &first[first.len() - 101 * (4 * WIDTH + 36) + 4..],
    ]
    .concat();
    let open = Shards::open(&written("nan", &[nan], rows, |_| ()), None).unwrap();
    assert!(open.read(&[0]).err().unwrap().to_string().contains("Row 0 holds a feature that is no number"));
}
