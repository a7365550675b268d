//! Exports of several files, each with what proves it: sample pictures, what is expected of them, and a script that computes it anew.
//!
//! The samples are drawn, so that the proof needs nobody's photo; a user's own may come along. All are lossless: decoders of JPEG
//! differ by a few levels, and that alone moves a probability by 0.01 (three of TrashNet's, Pillow). Does not zip and does not write.

use serde::Serialize;

use crate::artifact::head_file::{Card, safetensors_from_head};
use crate::artifact::model_card::ModelCard;
use crate::artifact::onnx::onnx_from_network;
use crate::artifact::pytorch::Layers;
use crate::artifact::tfjs::layers_model_from_head;
use crate::backbone::import::File;
use crate::backbone::spec::{BackboneSpec, sha256_hex};
use crate::backbone::weights::{Weights, safetensors_from};
use crate::error::Error;
use crate::head::Head;
use crate::project::Project;
use crate::train::FitConfig;

/// A picture and its features.
pub struct Sample {
    /// `samples/…`, with its content.
    pub file: File,
    /// `f32 [num_features]`
    pub features: Vec<f32>,
}

/// What all exports are made of.
pub struct Export<'a> {
    /// What a user has.
    pub project: &'a Project,
    /// Of the features.
    pub spec: &'a BackboneSpec,
    /// How the head was trained, where that is known.
    pub training: Option<&'a FitConfig>,
    /// Pictures with features by this backbone.
    pub samples: Vec<Sample>,
}

/// What a check must find.
#[derive(Serialize)]
struct Expected<'a> {
    tolerance: Tolerance,
    samples: Vec<ExpectedSample<'a>>,
}

/// Largest differences: of probabilities from the picture and from the features, of features as a share of the largest.
#[derive(Serialize)]
struct Tolerance {
    picture: f64,
    head: f64,
    features: f64,
}

#[derive(Serialize)]
struct ExpectedSample<'a> {
    file: &'a str,
    probabilities: Vec<f32>,
    features: &'a [f32],
}

const TOLERANCE: Tolerance = Tolerance { picture: 1e-3, head: 1e-5, features: 1e-3 };

const CHECK: &str = "recompute what is expected of the pictures in `samples/`, from the file on and resizing included, and say pass or fail.\n\
    Each says on top what to install. The samples are lossless, because decoders of JPEG differ by a few levels: of a JPEG, expect\n\
    probabilities that differ by some thousandths elsewhere.";

impl Export<'_> {
    /// The model for elsewhere: `model.onnx`, `head.safetensors`, scripts that check it. `weights` are the backbone's.
    ///
    /// # Errors
    /// [`Error::NoModel`] before the first training; [`Error::WeightsInvalid`] where a weight of the plan is not in `weights`.
    pub fn bundle(self, weights: Weights) -> Result<Vec<File>, Error> {
        let head = self.project.head()?;
        let files = vec![
            File { name: "model.onnx".into(), bytes: onnx_from_network(weights, head, self.spec)? },
            self.head_file(head)?,
            text("check.py", include_str!("scripts/check.py")),
            text("check.mjs", include_str!("scripts/check.mjs")),
        ];
        let what = "`model.onnx` (opset 17) holds backbone and head, `head.safetensors` the head alone, which headstart opens again. `labels.txt` has the classes,\n\
            `card.json` everything below for programs.";
        self.finish(files, &format!("{what} `check.py` (Python) and `check.mjs` (Node)\n{CHECK}"))
    }

    /// The model for PyTorch: `model.py` with the weights of backbone and head.
    ///
    /// # Errors
    /// As [`Export::bundle`].
    pub fn pytorch(self, weights: Weights) -> Result<Vec<File>, Error> {
        let head = self.project.head()?;
        let invalid =
            |error: serde_json::Error| Error::WeightsInvalid { file: "plan".into(), reason: error.to_string() };
        let plan = (self.spec.plan)();
        let weights = head.adapt(&plan, weights)?;
        let plan = serde_json::to_vec(&Layers::of(&plan)).map_err(invalid)?;
        let files = vec![
            text("model.py", include_str!("scripts/model.py")),
            File { name: "plan.json".into(), bytes: plan },
            File { name: "backbone.safetensors".into(), bytes: safetensors_from(&weights, None)? },
            self.head_file(head)?,
            text("check.py", include_str!("scripts/check.py")),
        ];
        let what = "`model.py` builds the network as a `torch.nn.Module` from `plan.json`, `backbone.safetensors` and `head.safetensors`.";
        self.finish(files, &format!("{what}\n`check.py` can\n{}", CHECK.replace("Each says", "It says")))
    }

    /// The head for TensorFlow.js: a layers model, as Teachable Machine exports one.
    ///
    /// # Errors
    /// [`Error::NoModel`] before the first training, [`Error::NeighborsInLayers`] of nearest neighbours.
    pub fn tfjs(self) -> Result<Vec<File>, Error> {
        let mut files = layers_model_from_head(self.project.head()?, self.spec)?;
        files.push(text("check.mjs", include_str!("scripts/check_tfjs.mjs")));
        let what = "`tf.loadLayersModel` reads `model.json` with `weights.bin`: feature rows in, probabilities out. Standardisation and temperature are inside.\n\
            It needs the features of the backbone below; `metadata.json` has the classes. `check.mjs` runs it on the sample pictures' features.";
        self.finish(files, what)
    }

    fn head_file(&self, head: &Head) -> Result<File, Error> {
        let card = Card::new(head, self.spec.name, &self.spec.sha256);
        Ok(File { name: "head.safetensors".into(), bytes: safetensors_from_head(head, &card)? })
    }

    /// Adds what all have: labels, what is expected, samples, and the card with everyone's hash.
    fn finish(self, mut files: Vec<File>, what: &str) -> Result<Vec<File>, Error> {
        let head = self.project.head()?;
        let invalid =
            |error: serde_json::Error| Error::WeightsInvalid { file: "card".into(), reason: error.to_string() };
        let expected = serde_json::to_vec(&self.expected(head)).map_err(invalid)?;
        files.push(text("labels.txt", &head.labels.iter().map(|label| format!("{label}\n")).collect::<String>()));
        files.push(File { name: "expected.json".into(), bytes: expected });
        files.extend(self.samples.iter().map(|sample| sample.file.clone()));
        let mut card = ModelCard::new(self.project, head, self.spec, self.training);
        card.files = files.iter().map(|file| (file.name.clone(), sha256_hex(&file.bytes))).collect();
        files.push(File { name: "card.json".into(), bytes: serde_json::to_vec_pretty(&card).map_err(invalid)? });
        files.push(text("README.md", &card.readme(what)));
        Ok(files)
    }

    fn expected(&self, head: &Head) -> Expected<'_> {
        let samples = self.samples.iter().map(|Sample { file, features }| {
            let probabilities = head.predict_probabilities(features.clone());
            ExpectedSample { file: &file.name, probabilities, features }
        });
        Expected { tolerance: TOLERANCE, samples: samples.collect() }
    }
}

fn text(name: &str, content: &str) -> File {
    File { name: name.into(), bytes: content.into() }
}
