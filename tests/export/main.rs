//! Exports prove themselves, and notice when they are spoiled: their own scripts run, as a user runs them, in Node and, where a Python
//! (HEADSTART_PYTHON, else python3) has what they need, there.

#[cfg(test)]
mod cards;
#[cfg(test)]
mod checks;
#[cfg(test)]
mod material;
#[cfg(test)]
#[path = "../reference/mod.rs"]
mod reference;

use std::fs;
use std::path::PathBuf;

use headstart::artifact::export::{Export, Sample};
use headstart::artifact::head_file::head_for;
use headstart::backbone::import::File;
use headstart::head::neighbors::NeighborWeights;
use headstart::head::{Head, HeadKind};
use headstart::image::{Fit, decode, resize_center_crop};
use headstart::run::batch_norm::Statistics;
use headstart::run::cpu::CpuBackbone;
use headstart::train::FitConfig;

use crate::checks::{content, fails, in_onnx_runtime, in_pytorch, in_tfjs, passes, place, spoil, written};
use crate::material::{Material, material, material_by, material_seen, material_with};
use crate::reference::read;

/// The model for elsewhere, and its folder, after it and the one for PyTorch have proved themselves.
fn proven(name: &str, material: &Material) -> (Vec<File>, PathBuf) {
    let files = material.export().bundle(material.weights.clone()).unwrap();
    let folder = written(name, &files);
    in_onnx_runtime(&folder).into_iter().for_each(|verdict| passes(verdict, 12));
    let pytorch = material.export().pytorch(material.weights.clone()).unwrap();
    passes(in_pytorch(&written(&format!("{name}-pytorch"), &pytorch)), 12);
    (files, folder)
}

#[test]
fn the_model_for_elsewhere_proves_itself_and_notices_a_spoiled_weight() {
    let material = material();
    let files = material.export().bundle(material.weights.clone()).unwrap();
    let folder = written("bundle", &files);
    assert_eq!(files, material.export().bundle(material.weights.clone()).unwrap(), "the same head, the same bytes");
    in_onnx_runtime(&folder).into_iter().for_each(|verdict| passes(verdict, 12));

    let model = folder.join("model.onnx");
    spoil(&model, place(&model, &material.project.head().unwrap().classifier.layers[2].bias));
    in_onnx_runtime(&folder).into_iter().for_each(|verdict| fails(verdict, "probabilities"));

    let folder = written("bundle", &files);
    let head = folder.join("head.safetensors");
    spoil(&head, place(&head, &material.project.head().unwrap().classifier.layers[2].bias));
    in_onnx_runtime(&folder).into_iter().for_each(|verdict| fails(verdict, "head"));
}

#[test]
fn the_model_for_pytorch_proves_itself_and_notices_a_spoiled_weight() {
    let material = material();
    let folder = written("pytorch", &material.export().pytorch(material.weights.clone()).unwrap());
    passes(in_pytorch(&folder), 12);
    let backbone = folder.join("backbone.safetensors");
    spoil(&backbone, place(&backbone, &material.weights["Conv_1_bn.bias"].values));
    fails(in_pytorch(&folder), "features");
}

#[test]
fn the_head_for_tensorflow_js_proves_itself_and_notices_a_spoiled_weight() {
    let material = material();
    let folder = written("tfjs", &material.export().tfjs().unwrap());
    passes(in_tfjs(&folder), 4);
    let weights = folder.join("weights.bin");
    let length = read(weights.clone()).len();
    spoil(&weights, length - 4);
    fails(in_tfjs(&folder), "head");
}

#[test]
fn heads_of_other_widths_prove_themselves_and_open_again() {
    for hidden in [&[9][..], &[65, 3, 100]] {
        let material = material_with(hidden);
        let (files, _) = proven("widths", &material);
        passes(in_tfjs(&written("widths-tfjs", &material.export().tfjs().unwrap())), 4);
        let opened = head_for(&material.spec, "head.safetensors", content(&files, "head.safetensors")).unwrap();
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
        let (files, _) = proven("neighbors", &material);
        let trained = material.project.head().unwrap();
        let opened = head_for(&material.spec, "head.safetensors", content(&files, "head.safetensors")).unwrap();
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
            in_onnx_runtime(&folder).into_iter().for_each(|verdict| fails(verdict, what));
        }
    }
}

#[test]
fn a_head_that_sees_whole_pictures_or_a_part_takes_that_along() {
    for (seen, words) in [("pad", "The whole picture"), ("region:0.1,0.0333,0.5,0.9", "begins at 0.1 of its width")] {
        let fit: Fit = seen.parse().unwrap();
        let material = material_seen(&[9], fit);
        let (files, folder) = proven("fit", &material);
        passes(in_tfjs(&written("fit-tfjs", &material.export().tfjs().unwrap())), 4);
        let content = |name: &str| content(&files, name);
        assert_eq!(head_for(&material.spec, "head", content("head.safetensors")).unwrap().fit, fit);
        let card: serde_json::Value = serde_json::from_slice(content("card.json")).unwrap();
        assert_eq!((&card["preprocessing"]["fit"], &card["preprocessing"]["fill"]), (&seen.into(), &[128; 3].into()));
        assert!(String::from_utf8_lossy(content("README.md")).contains(words));
        assert!(String::from_utf8_lossy(content("model.onnx")).contains(seen));
        // By the card alone: where it says another fit, the pictures give other answers.
        let spoiled =
            String::from_utf8(content("card.json").to_vec()).unwrap().replace(&format!("\"{seen}\""), "\"crop\"");
        fs::write(folder.join("card.json"), spoiled).unwrap();
        for verdict in in_onnx_runtime(&folder) {
            let Some((passed, said)) = verdict else { continue };
            assert!(!passed && said.contains("FAIL"), "{said}");
        }
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
    in_onnx_runtime(&written("adapted", &files)).into_iter().for_each(|verdict| passes(verdict, 12));
    let files = export(samples).pytorch(weights).unwrap();
    passes(in_pytorch(&written("adapted-pytorch", &files)), 12);
    let opened = head_for(&spec, "head.safetensors", content(&files, "head.safetensors")).unwrap();
    assert_eq!(opened.statistics, head.statistics);
    assert!(String::from_utf8_lossy(content(&files, "README.md")).contains("other BatchNorm statistics"));
}
