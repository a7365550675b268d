//! What reads files of strangers, kind by kind, each with whole examples that are made here: the bodies of `tests/fuzz.rs`, which
//! damages them at random, and of `fuzz/`, which looks for new ways through the code.

mod examples;
#[path = "../../examples/folder/shards.rs"]
mod shards;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::LazyLock;

use headstart::artifact::head_file::head_from_safetensors;
use headstart::backbone::import::{File, Source, import, open_tensors, stored_entry};
use headstart::backbone::stored::Tensor;
use headstart::device::Device;
use headstart::error::Error;
use headstart::features::Image;
use headstart::head::brought::open_head;
use headstart::image::decode;
use headstart::project::saved::Saved;
use headstart::project::{Project, SplitConfig};
use headstart::train::{FitConfig, TrainingSet, fit_from};

/// A kind of file.
pub struct Kind {
    /// As `fuzz/fuzz_targets/` names it.
    pub name: &'static str,
    /// Whole ones; [`Kind::read`] finds the first whole.
    pub examples: fn() -> Vec<Vec<u8>>,
    /// What reads it: true where it finds it whole.
    pub read: fn(&[u8]) -> bool,
}

/// All kinds.
pub const KINDS: [Kind; 10] = [
    Kind { name: "image", examples: examples::images, read: |bytes| decode("file", bytes).is_ok() },
    Kind { name: "head", examples: examples::heads, read: |bytes| head_from_safetensors("file", bytes).is_ok() },
    Kind { name: "checkpoint", examples: || vec![examples::checkpoint()], read: read_checkpoint },
    Kind { name: "project", examples: || vec![examples::saved()], read: read_project },
    Kind { name: "safetensors", examples: examples::heads, read: read_weights },
    Kind { name: "pth", examples: examples::pths, read: read_weights },
    Kind { name: "tfjs", examples: examples::layers_models, read: read_layers_model },
    Kind { name: "keras", examples: || vec![examples::keras()], read: read_keras },
    Kind { name: "zip", examples: examples::zips, read: |bytes| stored_entry(&bytes.to_vec(), "a/data/0").is_some() },
    Kind { name: "features", examples: || vec![examples::features()], read: read_features },
];

/// Whole, but of no network that there is.
fn read_weights(bytes: &[u8]) -> bool {
    let imported = import(vec![File { name: "file".into(), bytes: bytes.to_vec() }]);
    imported.is_err_and(|error| error.code() == "unknown-network")
}

/// `model.json`, `metadata.json` and a shard, with a zero byte between: JSON has none.
fn read_layers_model(bytes: &[u8]) -> bool {
    let names = ["model.json", "metadata.json", "group1-shard1of1.bin"];
    let parts = bytes.splitn(names.len(), |byte| *byte == 0);
    let files = names.into_iter().zip(parts).map(|(name, part)| File { name: name.into(), bytes: part.to_vec() });
    let files: Vec<Source> = files.map(Source::from).collect();
    let opened = headstart::backbone::import::open(&files);
    let is_known = opened.is_ok_and(|opened| opened.read().is_ok());
    is_known
        || open_head(&files)
            .is_ok_and(|head| head.is_some_and(|head| !head.predict_probabilities(vec![0.0; 4]).is_empty()))
}

/// What the page's reader of HDF5 hands over: a line a tensor, its path and sizes. Large ones can't be read.
fn read_keras(bytes: &[u8]) -> bool {
    const MOST_NUMBERS: usize = 10_000;
    let text = String::from_utf8_lossy(bytes);
    let tensors = text.lines().map(|line| {
        let mut words = line.split(' ');
        let path = words.next().unwrap_or_default().to_string();
        let shape: Vec<usize> = words.filter_map(|word| word.parse().ok()).collect();
        let (own, len) = (path.clone(), shape.iter().fold(1usize, |len, size| len.wrapping_mul(*size)));
        let numbers = move || match len <= MOST_NUMBERS {
            true => Ok(vec![1.0; len]),
            false => Err(Error::WeightsInvalid { file: own, reason: "too large to be read here".into() }),
        };
        (path, Tensor::checked("file", line, shape, numbers))
    });
    let opened = open_tensors("file", tensors.collect(), &bytes.to_vec());
    opened
        .is_ok_and(|opened| opened.tensors.into_iter().fold(false, |found, (_, tensor)| tensor.read().is_ok() || found))
}

/// A project goes on from it as the page's does: images, sides, test set, head.
fn read_project(bytes: &[u8]) -> bool {
    let Ok(saved) = serde_json::from_slice::<Saved>(bytes) else { return false };
    let mut project = Project::default();
    project.restore(saved, Some(examples::head(&[])));
    for image in examples::trained_on().images() {
        let again = Image { looks_like: None, ..image.clone() };
        let _ = project.restore_image(again, "0".repeat(64).parse().ok());
    }
    let _ = project.add_image("b", "class 1", "ff", None, vec![1.0; 4]);
    let _ = (project.test_set(), project.open_test_set(0.0), project.checks());
    let _ = project.training_set(&SplitConfig::default());
    let _ = project.evaluate();
    serde_json::to_vec(&project.saved()).is_ok_and(|saved| serde_json::from_slice::<Saved>(&saved).is_ok())
}

/// A run goes on from it for an epoch.
fn read_checkpoint(bytes: &[u8]) -> bool {
    static RUN: LazyLock<(TrainingSet, FitConfig)> = LazyLock::new(examples::run);
    let (set, config) = &*RUN;
    let mut first = 0;
    let once = async |epoch: &headstart::train::Epoch, _: headstart::train::Moment<'_>| {
        first = epoch.epoch;
        ControlFlow::Break(())
    };
    let fitted = pollster::block_on(fit_from(Some(bytes), set, config, &Device::Cpu, || 0.0, once));
    fitted.is_ok() && first > 1
}

/// Rows and columns, a zero byte, and a shard of `scale/`. Its manifest says so, and its hash.
fn read_features(bytes: &[u8]) -> bool {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(examples::folder);
    let Some((sizes, shard)) = bytes.iter().position(|byte| *byte == 0).map(|at| (&bytes[..at], &bytes[at + 1..]))
    else {
        return false;
    };
    let sizes = String::from_utf8_lossy(sizes);
    let mut sizes = sizes.split(' ').map(|word| word.parse::<usize>().unwrap_or(0));
    let [rows, width] = [0; 2].map(|none| sizes.next().unwrap_or(none));
    let Ok(manifest) = examples::shard_in(&FOLDER, shard, rows, width) else { return false };
    let opened = shards::Shards::open(&manifest, None);
    opened.is_ok_and(|shards| shards.read(&(0..shards.classes.len()).collect::<Vec<_>>()).is_ok())
}
