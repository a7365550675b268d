//! Exports prove themselves, and notice when they are spoiled: their own scripts run, as a user runs them, in Node and, where a Python
//! (HEADSTART_PYTHON, else python3) has what they need, there.

#[cfg(test)]
mod reference;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::{env, fs};

use headstart::artifact::export::{Export, Sample};
use headstart::artifact::head_file::{Card, head_for, safetensors_from_head};
use headstart::artifact::samples::{drawn as drawn_pictures, own};
use headstart::backbone::import::File;
use headstart::backbone::spec::BackboneSpec;
use headstart::backbone::weights::Weights;
use headstart::device::Device;
use headstart::head::neighbors::NeighborWeights;
use headstart::head::{HIDDEN, Head, HeadKind};
use headstart::image::{Fit, Pixels, decode, prepare, resize_center_crop};
use headstart::project::fits::Whose;
use headstart::project::{Project, SplitConfig};
use headstart::run::batch_norm::Statistics;
use headstart::run::cpu::CpuBackbone;
use headstart::train::further::fit_further;
use headstart::train::{FitConfig, Moment, fit};

use crate::reference::drawn::{drawn, noise};
use crate::reference::read;

struct Material {
    project: Project,
    spec: BackboneSpec,
    weights: Weights,
    fit: FitConfig,
    samples: Vec<(File, Vec<f32>)>,
}

/// A head trained on the drawn pictures, each in many brightnesses.
fn material() -> Material {
    material_with(&HIDDEN)
}

/// The same with hidden layers of these widths.
fn material_with(hidden: &[usize]) -> Material {
    material_seen(hidden, Fit::Crop)
}

/// The same of what this fit shows.
fn material_seen(hidden: &[usize], seen: Fit) -> Material {
    material_by(FitConfig { head: HeadKind::Mlp, hidden: hidden.to_vec(), epochs: 3, ..FitConfig::default() }, seen)
}

/// The same by these options.
fn material_by(config: FitConfig, seen: Fit) -> Material {
    let spec = BackboneSpec::named("mobilenetv2-0.35").unwrap();
    let weights = drawn(&(spec.plan)());
    let mut backbone = CpuBackbone::new(&spec, &(spec.plan)(), &weights).unwrap();
    let mut features = |pixels: &Pixels| backbone.forward_features(&prepare(pixels, &spec.preprocess(), &seen));
    let mine = own(&Pixels { width: 1300, height: 900, rgb: noise(1140)[..1300 * 900 * 3].to_vec() }, 1);
    let pictures = [drawn_pictures().as_slice(), &[mine]].concat();
    let decoded: Vec<Pixels> = pictures.iter().map(|file| decode(&file.name, &file.bytes).unwrap().pixels).collect();
    let mut project = Project::default();
    project.set_fit(seen, Whose::Project);
    for (label, pixels) in ["board", "wave|s", "specks"].iter().zip(&decoded) {
        for dark in 0..8 {
            let rgb = pixels.rgb.iter().map(|value| value - value / 16 * dark).collect();
            let row = features(&Pixels { rgb, ..*pixels });
            project.add_image(&format!("{dark}.png"), label, &format!("{label} {dark}"), None, row).unwrap();
        }
    }
    let (set, split) = project.training_set(&SplitConfig::default()).unwrap();
    let sides = project.sides(&split);
    let goes_on = async |_: &_| ControlFlow::Continue(());
    let fitted = pollster::block_on(fit(&set, &config, &Device::Cpu, || 0.0, goes_on)).unwrap();
    project.keep(&fitted, sides);
    let samples = pictures.into_iter().zip(decoded.iter().map(features)).collect();
    Material { project, spec, weights, fit: config, samples }
}

impl Material {
    fn export(&self) -> Export<'_> {
        let samples = self.samples.iter().map(|(file, row)| Sample { file: file.clone(), features: row.clone() });
        Export { project: &self.project, spec: &self.spec, training: Some(&self.fit), samples: samples.collect() }
    }
}

/// Writes an export where Node finds this repository's packages.
fn written(name: &str, files: &[File]) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("export");
    fs::create_dir_all(home.join(name).join("samples")).unwrap();
    // Anew, since a target folder that is kept may have the link of another checkout.
    static LINKED: Once = Once::new();
    LINKED.call_once(|| {
        let modules = home.join("node_modules");
        let _ = fs::remove_file(&modules);
        std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules"), modules).unwrap();
    });
    files.iter().for_each(|File { name: file, bytes }| fs::write(home.join(name).join(file), bytes).unwrap());
    home.join(name)
}

/// What a check said, and whether it passed; none where its tools are missing.
type Verdict = Option<(bool, String)>;

fn verdict(mut command: Command, folder: &Path) -> Verdict {
    let output = command.current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    Some((output.status.success(), said))
}

fn in_node(folder: &Path, package: &str) -> Verdict {
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules").join(package).exists() {
        println!("skipped: node_modules has no {package}; ./build.sh build installs it");
        return None;
    }
    let mut command = Command::new("node");
    command.arg("check.mjs");
    verdict(command, folder)
}

fn in_python(folder: &Path, packages: &str) -> Verdict {
    let python = env::var("HEADSTART_PYTHON").unwrap_or("python3".into());
    let has = Command::new(&python).args(["-c", &format!("import {packages}")]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        println!("skipped: no python3 with {packages}");
        return None;
    }
    let mut command = Command::new(python);
    command.arg("check.py");
    verdict(command, folder)
}

/// Adds 10 to the number at byte `at` of a file.
fn spoil(file: &Path, at: usize) {
    let mut bytes = read(file.into());
    let four: [u8; 4] = bytes[at..at + 4].try_into().unwrap();
    bytes[at..at + 4].copy_from_slice(&(f32::from_le_bytes(four) + 10.0).to_le_bytes());
    fs::write(file, bytes).unwrap();
}

/// Where a file has these numbers.
fn place(file: &Path, numbers: &[f32]) -> usize {
    let pattern: Vec<u8> = numbers.iter().flat_map(|value| value.to_le_bytes()).collect();
    read(file.into()).windows(pattern.len()).position(|window| window == pattern).unwrap()
}

fn passes(verdict: Verdict, compared: usize) {
    let Some((passed, said)) = verdict else { return };
    assert!(passed, "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("pass ")).count(), compared, "{said}");
}

/// Fails by its figures, not only by a hash.
fn fails(verdict: Verdict, what: &str) {
    let Some((passed, said)) = verdict else { return };
    assert!(!passed, "{said}");
    let found = said.lines().any(|line| line.starts_with("FAIL") && line.contains(what) && line.contains("difference"));
    assert!(found, "{said}");
    assert!(said.lines().any(|line| line.starts_with("FAIL") && line.contains("SHA-256")), "{said}");
}

#[test]
fn the_model_for_elsewhere_proves_itself_and_notices_a_spoiled_weight() {
    let material = material();
    let files = material.export().bundle(material.weights.clone()).unwrap();
    let folder = written("bundle", &files);
    assert_eq!(files, material.export().bundle(material.weights.clone()).unwrap(), "the same head, the same bytes");
    passes(in_node(&folder, "onnxruntime-web"), 12);
    passes(in_python(&folder, "numpy, PIL, onnxruntime"), 12);

    let model = folder.join("model.onnx");
    spoil(&model, place(&model, &material.project.head().unwrap().classifier.layers[2].bias));
    fails(in_node(&folder, "onnxruntime-web"), "probabilities");
    fails(in_python(&folder, "numpy, PIL, onnxruntime"), "probabilities");

    let folder = written("bundle", &files);
    let head = folder.join("head.safetensors");
    spoil(&head, place(&head, &material.project.head().unwrap().classifier.layers[2].bias));
    fails(in_node(&folder, "onnxruntime-web"), "head");
    fails(in_python(&folder, "numpy, PIL, onnxruntime"), "head");
}

#[test]
fn the_model_for_pytorch_proves_itself_and_notices_a_spoiled_weight() {
    let material = material();
    let folder = written("pytorch", &material.export().pytorch(material.weights.clone()).unwrap());
    passes(in_python(&folder, "numpy, PIL, torch, safetensors"), 12);
    let backbone = folder.join("backbone.safetensors");
    spoil(&backbone, place(&backbone, &material.weights["Conv_1_bn.bias"].values));
    fails(in_python(&folder, "numpy, PIL, torch, safetensors"), "features");
}

#[test]
fn the_head_for_tensorflow_js_proves_itself_and_notices_a_spoiled_weight() {
    let material = material();
    let folder = written("tfjs", &material.export().tfjs().unwrap());
    passes(in_node(&folder, "@tensorflow/tfjs-layers"), 4);
    let weights = folder.join("weights.bin");
    let length = read(weights.clone()).len();
    spoil(&weights, length - 4);
    fails(in_node(&folder, "@tensorflow/tfjs-layers"), "head");
}

#[test]
fn heads_of_other_widths_prove_themselves_and_open_again() {
    for hidden in [&[9][..], &[65, 3, 100]] {
        let material = material_with(hidden);
        let files = material.export().bundle(material.weights.clone()).unwrap();
        let folder = written("widths", &files);
        passes(in_node(&folder, "onnxruntime-web"), 12);
        passes(in_python(&folder, "numpy, PIL, onnxruntime"), 12);
        let folder = written("widths-pytorch", &material.export().pytorch(material.weights.clone()).unwrap());
        passes(in_python(&folder, "numpy, PIL, torch, safetensors"), 12);
        passes(in_node(&written("widths-tfjs", &material.export().tfjs().unwrap()), "@tensorflow/tfjs-layers"), 4);
        let bytes = &files.iter().find(|file| file.name == "head.safetensors").unwrap().bytes;
        let opened = head_for(&material.spec, "head.safetensors", bytes).unwrap();
        assert_eq!(opened.classifier, material.project.head().unwrap().classifier);
        assert_eq!(opened.hidden(), hidden);
    }
}

#[test]
fn nearest_neighbours_prove_themselves_notice_a_spoiled_row_and_open_again() {
    for neighbor_weights in [NeighborWeights::Uniform, NeighborWeights::Distance] {
        let head = HeadKind::Neighbors;
        let material =
            material_by(FitConfig { head, neighbor_weights, neighbors: 4, ..FitConfig::default() }, Fit::Crop);
        let files = material.export().bundle(material.weights.clone()).unwrap();
        let folder = written("neighbors", &files);
        passes(in_node(&folder, "onnxruntime-web"), 12);
        passes(in_python(&folder, "numpy, PIL, onnxruntime"), 12);
        let pytorch = written("neighbors-pytorch", &material.export().pytorch(material.weights.clone()).unwrap());
        passes(in_python(&pytorch, "numpy, PIL, torch, safetensors"), 12);
        let trained = material.project.head().unwrap();
        let bytes = &files.iter().find(|file| file.name == "head.safetensors").unwrap().bytes;
        let opened = head_for(&material.spec, "head.safetensors", bytes).unwrap();
        assert_eq!(opened.neighbors, trained.neighbors);
        let row = material.samples[3].1.clone();
        assert_eq!(opened.predict_probabilities(row.clone()), trained.predict_probabilities(row));
        let refused = material.export().tfjs().unwrap_err();
        assert!(refused.to_string().contains("Take the ONNX model"), "{refused}");
        assert_eq!(refused.code(), "neighbors-in-layers");
        // Each row gets an axis of its own, so that others are near.
        for name in ["model.onnx", "head.safetensors"] {
            let folder = written("neighbors", &files);
            let rows = trained.neighbors.as_ref().unwrap().rows();
            let (start, width) = (place(&folder.join(name), &rows[..64]), material.spec.num_features);
            (0..rows.len() / width).for_each(|at| spoil(&folder.join(name), start + 4 * (at * width + 7 * at)));
            let what = if name == "model.onnx" { "probabilities" } else { "head" };
            fails(in_node(&folder, "onnxruntime-web"), what);
            fails(in_python(&folder, "numpy, PIL, onnxruntime"), what);
        }
    }
}

#[test]
fn a_head_that_sees_whole_pictures_or_a_part_takes_that_along() {
    for (seen, words) in [("pad", "The whole picture"), ("region:0.1,0.0333,0.5,0.9", "begins at 0.1 of its width")] {
        let fit: Fit = seen.parse().unwrap();
        let material = material_seen(&[9], fit);
        let files = material.export().bundle(material.weights.clone()).unwrap();
        let folder = written("fit", &files);
        passes(in_node(&folder, "onnxruntime-web"), 12);
        passes(in_python(&folder, "numpy, PIL, onnxruntime"), 12);
        let pytorch = material.export().pytorch(material.weights.clone()).unwrap();
        passes(in_python(&written("fit-pytorch", &pytorch), "numpy, PIL, torch, safetensors"), 12);
        passes(in_node(&written("fit-tfjs", &material.export().tfjs().unwrap()), "@tensorflow/tfjs-layers"), 4);
        let content = |name: &str| &files.iter().find(|file| file.name == name).unwrap().bytes;
        assert_eq!(head_for(&material.spec, "head", content("head.safetensors")).unwrap().fit, fit);
        let card: serde_json::Value = serde_json::from_slice(content("card.json")).unwrap();
        assert_eq!((&card["preprocessing"]["fit"], &card["preprocessing"]["fill"]), (&seen.into(), &[128; 3].into()));
        assert!(String::from_utf8_lossy(content("README.md")).contains(words));
        assert!(String::from_utf8_lossy(content("model.onnx")).contains(seen));
        // By the card alone: where it says another fit, the pictures give other answers.
        let spoiled =
            String::from_utf8(content("card.json").clone()).unwrap().replace(&format!("\"{seen}\""), "\"crop\"");
        fs::write(folder.join("card.json"), spoiled).unwrap();
        for verdict in [in_node(&folder, "onnxruntime-web"), in_python(&folder, "numpy, PIL, onnxruntime")] {
            let Some((passed, said)) = verdict else { continue };
            assert!(!passed && said.contains("FAIL"), "{said}");
        }
    }
}

#[test]
fn the_card_of_nearest_neighbours_says_how_they_vote() {
    let material =
        material_by(FitConfig { head: HeadKind::Neighbors, neighbors: 4, ..FitConfig::default() }, Fit::Crop);
    let files = material.export().bundle(material.weights.clone()).unwrap();
    let content = |name: &str| &files.iter().find(|file| file.name == name).unwrap().bytes;
    let card: serde_json::Value = serde_json::from_slice(content("card.json")).unwrap();
    assert_eq!(card["head"]["kind"], "knn");
    let rows = material.project.head().unwrap().neighbors.as_ref().unwrap().classes.len();
    let votes = serde_json::json!({ "n_neighbors": 4, "metric": "cosine", "weights": "distance", "rows": rows });
    assert_eq!(card["head"]["neighbors"], votes);
    let readme = String::from_utf8(content("README.md").clone()).unwrap();
    for part in ["4 nearest of", "cosine distance", "the feature row of each image"] {
        assert!(readme.contains(part), "{part}: {readme}");
    }
}

/// A head whose rows are made by other statistics than those of the weights: the network that is exported has them.
#[test]
fn a_head_with_statistics_of_its_own_takes_them_along() {
    let Material { mut project, spec, weights, samples, .. } = material_with(&[9]);
    let plan = (spec.plan)();
    let mut statistics = Statistics::stored(&plan, &weights).unwrap();
    statistics.var.iter_mut().for_each(|var| *var *= 1.5);
    let head = Head { statistics: Some(statistics), ..project.head().unwrap().clone() };
    let adapted = head.adapt(&plan, weights.clone()).unwrap();
    project.adopt(head.clone());
    let mut backbone = CpuBackbone::new(&spec, &plan, &adapted).unwrap();
    let sample = |(file, _): &(File, Vec<f32>)| {
        let pixels = decode(&file.name, &file.bytes).unwrap().pixels;
        let features = backbone.forward_features(&resize_center_crop(&pixels, &spec.preprocess()));
        Sample { file: file.clone(), features }
    };
    let samples: Vec<Sample> = samples.iter().map(sample).collect();
    let again =
        samples.iter().map(|Sample { file, features }| Sample { file: file.clone(), features: features.clone() });
    let export = |samples| Export { project: &project, spec: &spec, training: None, samples };
    let files = export(again.collect()).bundle(weights.clone()).unwrap();
    passes(in_node(&written("adapted", &files), "onnxruntime-web"), 12);
    let files = export(samples).pytorch(weights).unwrap();
    passes(in_python(&written("adapted-pytorch", &files), "numpy, PIL, torch, safetensors"), 12);
    let bytes = |name: &str| &files.iter().find(|file| file.name == name).unwrap().bytes;
    let opened = head_for(&spec, "head.safetensors", bytes("head.safetensors")).unwrap();
    assert_eq!(opened.statistics, head.statistics);
    assert!(String::from_utf8_lossy(bytes("README.md")).contains("other BatchNorm statistics"));
}

#[test]
fn the_card_tells_what_was_done() {
    let material = material();
    let files = material.export().bundle(material.weights.clone()).unwrap();
    let content = |name: &str| &files.iter().find(|file| file.name == name).unwrap().bytes;
    let card: serde_json::Value = serde_json::from_slice(content("card.json")).unwrap();
    assert_eq!(card["head"]["labels"], serde_json::json!(["board", "specks", "wave|s"]));
    let counts = card["classes"].as_array().unwrap().iter();
    let counted = counts.map(|class| class["train"].as_u64().unwrap() + class["validation"].as_u64().unwrap());
    assert_eq!(counted.collect::<Vec<_>>(), [8, 8, 8]);
    assert_eq!(card["split"]["seed"], 1);
    assert_eq!(card["training"]["epochs"], 3);
    assert_eq!(card["preprocessing"]["crop_pct"], 0.875);
    assert_eq!(card["backbone"]["license"], "Apache-2.0");
    let [low, high] = [0, 1].map(|at| card["metrics"]["interval_95"][at].as_f64().unwrap());
    assert!(low < high, "{card}");
    assert!(card["files"].as_object().unwrap().len() >= 9, "{card}");
    let readme = String::from_utf8(content("README.md").clone()).unwrap();
    for part in ["wave\\|s", "95 % interval", "224 × 224", "bicubic", "check.py", "Apache-2.0"] {
        assert!(readme.contains(part), "{part}: {readme}");
    }
    assert_eq!(content("labels.txt"), b"board\nspecks\nwave|s\n");
}

#[test]
fn a_head_that_was_opened_goes_on_with_what_it_learnt() {
    let Material { mut project, spec, fit: config, samples, .. } = material();
    let file = safetensors_from_head(project.head().unwrap(), &Card::new(project.head().unwrap(), spec.name, ""));
    let head = head_for(&spec, "head.safetensors", &file.unwrap()).unwrap();
    project.adopt(head.clone());
    for at in 0..4u8 {
        let row = samples[3].1.iter().map(|value| value + f32::from(at) / 100.0).collect();
        project.add_image(&format!("{at}.png"), "noise", &format!("noise {at}"), None, row).unwrap();
    }
    let (set, split) = project.training_set(&SplitConfig::default()).unwrap();
    let sides = project.sides(&split);
    // Steps too small to move a weight: what comes out is what it started from.
    let config = FitConfig { learning_rate: 1e-12, epochs: 1, ..config };
    let opened = project.opened(&config).unwrap();
    for other in
        [FitConfig { head: HeadKind::Linear, ..config.clone() }, FitConfig { hidden: vec![9], ..config.clone() }]
    {
        assert!(project.opened(&other).is_none(), "another kind, or other widths");
    }
    let goes_on = async |_: &_, _: Moment<'_>| ControlFlow::Continue(());
    let fitted = pollster::block_on(fit_further(opened, &set, &config, &Device::Cpu, || 0.0, goes_on)).unwrap();
    assert_eq!(fitted.head.labels, ["board", "noise", "specks", "wave|s"]);
    let row = &samples[0].1;
    let (before, after) = (head.forward_head(row.clone()), fitted.head.forward_head(row.clone()));
    for (old, new) in [(0, 0), (1, 2), (2, 3)] {
        assert!((before[old] - after[new]).abs() <= 1e-4, "{before:?} {after:?}");
    }
    project.keep(&fitted, sides);
    assert!(project.opened(&config).is_none(), "trained since: the next run starts anew");
}

#[test]
fn nothing_is_exported_before_training() {
    let Material { spec, weights, .. } = material();
    let project = Project::default();
    let export = Export { project: &project, spec: &spec, training: None, samples: vec![] };
    assert_eq!(export.bundle(weights).unwrap_err().code(), "no-model");
}
