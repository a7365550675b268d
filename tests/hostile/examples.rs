//! Small whole files of each kind.

use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use headstart::artifact::head_file::{Card, safetensors_from_head};
use headstart::device::Device;
use headstart::head::neighbors::{NeighborWeights, Neighbors};
use headstart::head::{Classifier, ClassifierConfig, Head, HeadKind, Standardizer};
use headstart::image::Fit;
use headstart::project::{Project, SplitConfig};
use headstart::train::{Epoch, FitConfig, Moment, TrainingSet, fit_from, run_name};
use image::{ImageFormat, RgbImage};
use serde_json::json;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

pub fn images() -> Vec<Vec<u8>> {
    let picture = RgbImage::from_fn(19, 13, |x, y| image::Rgb([x as u8 * 12, y as u8 * 18, (x * y) as u8]));
    let formats = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::WebP];
    let file = |format| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    formats.map(file).into()
}

/// A head of four features and two classes.
pub fn head(hidden: &[usize]) -> Head {
    let kind = if hidden.is_empty() { HeadKind::Linear } else { HeadKind::Mlp };
    let sizes = ClassifierConfig { kind, hidden: hidden.to_vec(), num_features: 4, num_classes: 2 };
    let labels = vec!["class 0".into(), "class 1".into()];
    let standardizer = Standardizer::identity(4);
    let (classifier, statistics, fit) = (sizes.init(1), None, Fit::Crop);
    Head { kind, labels, standardizer, classifier, neighbors: None, temperature: 1.0, statistics, fit }
}

/// The same by three rows that vote.
fn voting() -> Head {
    let neighbors = Neighbors::new(&[1.0; 12], vec![0, 1, 1], 2, 2, NeighborWeights::Uniform);
    Head {
        kind: HeadKind::Neighbors,
        classifier: Classifier { layers: vec![] },
        neighbors: Some(neighbors),
        ..head(&[])
    }
}

/// Files of heads, which are safetensors too.
pub fn heads() -> Vec<Vec<u8>> {
    let file = |head: Head| safetensors_from_head(&head, &Card::new(&head, "backbone", "0")).unwrap();
    vec![file(head(&[])), file(head(&[3])), file(voting())]
}

/// A project of twelve images.
pub fn trained_on() -> Project {
    let mut project = Project::default();
    for i in 0..12_u32 {
        let fingerprint = format!("{i:064x}").parse().ok();
        project.add_image("a", &format!("class {}", i % 2), &format!("{i:x}"), fingerprint, vec![i as f32; 4]).unwrap();
    }
    project
}

pub fn saved() -> Vec<u8> {
    let mut project = trained_on();
    project.set_test_share(0.2).unwrap();
    project.test_set();
    let (set, split) = project.training_set(&SplitConfig::default()).unwrap();
    let (sides, config) = (project.sides(&split), run().1);
    let go_on = async |_: &Epoch, _: Moment<'_>| ControlFlow::Continue(());
    let fitted = pollster::block_on(fit_from(None, &set, &config, &Device::Cpu, || 0.0, go_on)).unwrap();
    project.keep(&fitted, sides);
    serde_json::to_vec(&project.saved()).unwrap()
}

/// A run of two epochs.
pub fn run() -> (TrainingSet, FitConfig) {
    let set = trained_on().training_set(&SplitConfig::default()).unwrap().0;
    (set, FitConfig { head: HeadKind::Linear, epochs: 2, ..FitConfig::default() })
}

/// What the first of its epochs left.
pub fn checkpoint() -> Vec<u8> {
    let (set, config) = run();
    let (name, mut left) = (run_name(&set, &config), Vec::new());
    let once = async |_: &Epoch, now: Moment<'_>| {
        left = now.checkpoint(&name).await.unwrap();
        ControlFlow::Break(())
    };
    pollster::block_on(fit_from(None, &set, &config, &Device::Cpu, || 0.0, once)).unwrap();
    left
}

/// What `torch.save` writes of one tensor of 2 by 2, without its numbers.
fn pickle() -> Vec<u8> {
    let mut bytes = b"\x80\x02ccollections\nOrderedDict\n)R(X\x08\x00\x00\x00a.weight".to_vec();
    bytes.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n");
    bytes.extend(b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQK\x00K\x02K\x02\x86K\x02K\x01\x86\x89");
    bytes.extend(b"ccollections\nOrderedDict\n)RtRu.");
    bytes
}

/// Zips, and the older kind: magic number, protocol, machine, state, the keys of its storages, and a storage.
pub fn pths() -> Vec<Vec<u8>> {
    let mut older = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.".to_vec();
    older.extend(pickle());
    older.extend(b"\x80\x02]X\x01\x00\x00\x000a.");
    older.extend(4_u64.to_le_bytes());
    older.extend([1; 16]);
    vec![pth(false), pth(true), older]
}

pub fn zips() -> Vec<Vec<u8>> {
    vec![pth(false), pth(true)]
}

fn pth(is_packed: bool) -> Vec<u8> {
    let method = if is_packed { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
    let options = SimpleFileOptions::default().compression_method(method);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("a/data.pkl", pickle()), ("a/byteorder", b"little".to_vec()), ("a/data/0", vec![1; 16])] {
        zip.start_file(name, options).unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A Teachable Machine export's two dense layers, and a file of quantised weights without layers.
pub fn layers_models() -> Vec<Vec<u8>> {
    let dense = |name: &str, activation: &str| json!({ "class_name": "Dense", "config": { "name": name, "activation": activation } });
    let weight = |name: &str, shape: &[usize]| json!({ "name": name, "shape": shape, "dtype": "float32" });
    let manifest = |weights| json!([{ "paths": ["folder/group1-shard1of1.bin"], "weights": weights }]);
    let layers = json!({ "config": { "layers": [dense("one", "relu"), dense("two", "softmax")] } });
    let weights = json!([weight("one/kernel", &[4, 3]), weight("one/bias", &[3]), weight("two/kernel", &[3, 2])]);
    let head = json!({ "modelTopology": layers, "weightsManifest": manifest(weights) });
    let packed = json!([{ "name": "Conv1/kernel", "shape": [2, 2, 1, 4], "quantization": { "dtype": "uint8", "scale": 0.5, "min": -1 } }]);
    let packed = json!({ "modelTopology": {}, "weightsManifest": manifest(packed) });
    let files = |model: serde_json::Value, numbers| {
        let metadata = json!({ "labels": ["a", "b"] });
        [model.to_string().as_bytes(), b"\0", metadata.to_string().as_bytes(), b"\0", numbers].concat()
    };
    vec![files(head, &[0; 4 * (12 + 3 + 6)]), files(packed, &[7; 16])]
}

/// The convolutions of VGG16, as Keras 1 named them.
pub fn keras() -> Vec<u8> {
    let (mut lines, mut c_in) = (String::new(), 3);
    for (block, (layers, c_out)) in [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)].into_iter().enumerate() {
        for layer in 1..=layers {
            let name = format!("block{}_conv{layer}", block + 1);
            lines += &format!("{name}/{name}_W_1:0 3 3 {c_in} {c_out}\n{name}/{name}_b_1:0 {c_out}\n");
            c_in = c_out;
        }
    }
    lines.into_bytes()
}

/// Two rows of three features.
pub fn features() -> Vec<u8> {
    let header = json!({
        "__metadata__": { "format": "headstart-features", "version": "1", "backbone": "backbone", "backbone_sha256": "0" },
        "features": { "dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24] },
        "classes": { "dtype": "U32", "shape": [2], "data_offsets": [24, 32] },
        "sha256": { "dtype": "U8", "shape": [2, 32], "data_offsets": [32, 96] },
    })
    .to_string();
    [b"2 3\0", &(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 96]].concat()
}

/// Of this process alone; the system clears it away.
pub fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("headstart-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Writes a shard and its manifest, and gives where that is.
pub fn shard_in(folder: &Path, shard: &[u8], rows: usize, width: usize) -> std::io::Result<PathBuf> {
    let sha256: String = Sha256::digest(shard).iter().map(|byte| format!("{byte:02x}")).collect();
    let manifest = json!({
        "format": "headstart-features", "version": 1, "labels": ["a", "b"],
        "backbone": { "name": "backbone", "sha256": "0", "num_features": width },
        "shards": [{ "file": "shard", "rows": rows, "sha256": sha256 }],
    });
    let path = folder.join("manifest.json");
    std::fs::write(folder.join("shard"), shard)?;
    std::fs::write(&path, manifest.to_string())?;
    Ok(path)
}
