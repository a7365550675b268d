//! What an export says of itself, and a head that is opened again.

use std::ops::ControlFlow;

use headstart::artifact::export::Export;
use headstart::artifact::head_file::{Card, head_for, safetensors_from_head};
use headstart::device::Device;
use headstart::head::HeadKind;
use headstart::image::Fit;
use headstart::project::{Project, SplitConfig};
use headstart::train::further::fit_further;
use headstart::train::{FitConfig, Moment};

use crate::checks::content;
use crate::material::{Material, material, material_by};

#[test]
fn the_card_of_nearest_neighbours_says_how_they_vote() {
    let material =
        material_by(FitConfig { head: HeadKind::Neighbors, neighbors: 4, ..FitConfig::default() }, Fit::Crop);
    let files = material.export().bundle(material.weights.clone()).unwrap();
    let content = |name: &str| content(&files, name);
    let card: serde_json::Value = serde_json::from_slice(content("card.json")).unwrap();
    assert_eq!(card["head"]["kind"], "knn");
    let rows = material.project.head().unwrap().neighbors.as_ref().unwrap().classes.len();
    let votes = serde_json::json!({ "n_neighbors": 4, "metric": "cosine", "weights": "distance", "rows": rows });
    assert_eq!(card["head"]["neighbors"], votes);
    let readme = String::from_utf8(content("README.md").to_vec()).unwrap();
    for part in ["4 nearest of", "cosine distance", "the feature row of each image"] {
        assert!(readme.contains(part), "{part}: {readme}");
    }
}

#[test]
fn the_card_tells_what_was_done() {
    let material = material();
    let files = material.export().bundle(material.weights.clone()).unwrap();
    let content = |name: &str| content(&files, name);
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
    let readme = String::from_utf8(content("README.md").to_vec()).unwrap();
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
