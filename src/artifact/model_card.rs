//! What a model says of itself: `card.json` for programs, `README.md` for people. The keys are timm's and scikit-learn's words.

mod preprocessing;

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;

use crate::backbone::spec::BackboneSpec;
use crate::evaluate::Report;
use crate::head::neighbors::{NeighborWeights, Neighbors};
use crate::head::{Head, HeadKind};
use crate::image::{Fit, Interpolation, PREPROCESSING};
use crate::metrics::ClassMetrics;
use crate::project::{Project, SplitConfig};
use crate::train::FitConfig;

/// Of the layout.
const VERSION: u32 = 1;

/// All there is to know besides the weights.
#[derive(Serialize)]
pub struct ModelCard<'a> {
    format: &'static str,
    version: u32,
    headstart: &'static str,
    backbone: BackboneFacts<'a>,
    preprocessing: Preprocessing,
    head: HeadFacts<'a>,
    classes: Vec<ClassImages>,
    split: Option<SplitConfig>,
    /// As `fit` takes them; none where the head came from a file.
    training: Option<&'a FitConfig>,
    metrics: Option<Metrics>,
    /// SHA-256 by name.
    pub files: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct BackboneFacts<'a> {
    name: &'static str,
    title: &'static str,
    sha256: &'a str,
    num_features: usize,
    license: &'static str,
    source: &'static str,
}

#[derive(Serialize)]
struct Preprocessing {
    version: u32,
    input_size: usize,
    crop_pct: f32,
    interpolation: Interpolation,
    /// `crop`, `pad` or `region:LEFT,TOP,WIDTH,HEIGHT`.
    fit: Fit,
    /// Colour of the bars beside a picture that is padded.
    fill: [u8; 3],
    mean: [f32; 3],
    std: [f32; 3],
    channels: &'static str,
    layout: &'static str,
}

#[derive(Serialize)]
struct HeadFacts<'a> {
    kind: HeadKind,
    /// By other BatchNorm statistics than those of the backbone's weights.
    adapted: bool,
    /// Widths of the hidden layers.
    hidden: Vec<usize>,
    /// Where the head is nearest neighbours.
    #[serde(skip_serializing_if = "Option::is_none")]
    neighbors: Option<Votes>,
    labels: &'a [String],
    temperature: f32,
}

/// As scikit-learn's `KNeighborsClassifier` has it.
#[derive(Serialize)]
struct Votes {
    n_neighbors: usize,
    metric: &'static str,
    weights: NeighborWeights,
    /// Training rows among which the neighbours are.
    rows: usize,
}

#[derive(Serialize)]
struct ClassImages {
    label: String,
    train: usize,
    validation: usize,
}

#[derive(Serialize)]
struct Metrics {
    accuracy: f64,
    interval_95: [f64; 2],
    train_accuracy: f64,
    best_epoch: usize,
    support: usize,
    ece: f64,
    per_class: Vec<ClassMetrics>,
    confusion_matrix: Vec<Vec<usize>>,
}

impl<'a> ModelCard<'a> {
    /// Of a project's head. A head that was opened without its images has no counts and no metrics.
    pub fn new(project: &Project, head: &'a Head, spec: &'a BackboneSpec, training: Option<&'a FitConfig>) -> Self {
        let classes = project.images_by_side().unwrap_or_default().into_iter();
        let report = project.evaluate().ok().filter(|report| report.validation > 0);
        Self {
            format: "headstart-model",
            version: VERSION,
            headstart: env!("CARGO_PKG_VERSION"),
            backbone: BackboneFacts {
                name: spec.name,
                title: spec.title,
                sha256: &spec.sha256,
                num_features: spec.num_features,
                license: spec.license,
                source: spec.source,
            },
            preprocessing: Preprocessing {
                version: PREPROCESSING,
                input_size: spec.input_size,
                crop_pct: spec.crop_pct,
                interpolation: spec.interpolation,
                fit: head.fit,
                fill: spec.preprocess().fill,
                mean: spec.mean,
                std: spec.std,
                channels: "RGB, 0 to 255, alpha on white",
                layout: "NCHW",
            },
            head: HeadFacts {
                kind: head.kind,
                adapted: head.statistics.is_some(),
                hidden: head.hidden(),
                neighbors: head.neighbors.as_ref().map(Votes::of),
                labels: &head.labels,
                temperature: head.temperature,
            },
            classes: classes.map(|(label, [train, validation])| ClassImages { label, train, validation }).collect(),
            split: report.is_some().then(|| project.split_config()),
            training,
            metrics: report.map(Metrics::of),
            files: BTreeMap::new(),
        }
    }

    /// The model card for people. `what` says what the files are and how they are checked.
    pub fn readme(&self, what: &str) -> String {
        let Self { backbone, head, .. } = self;
        let mut text = format!("# A classifier of {} classes\n\n{what}\n\n## What it is\n\n", head.labels.len());
        // Writing to a String never fails.
        let _ = writeln!(
            text,
            "A {} on {} (frozen), trained with headstart {}.\nClasses, in the order of the probabilities: {}.",
            head.words(),
            backbone.title,
            self.headstart,
            head.labels.join(", ")
        );
        text.push_str(head.notes());
        let _ = match &self.metrics {
            Some(metrics) => writeln!(text, "\n## How good it is\n\n{}", metrics.words()),
            None => {
                writeln!(text, "\n## How good it is\n\nNot known: the head was opened from a file, without images.")
            }
        };
        self.write_classes(&mut text);
        let _ = write!(text, "\n{}\n\n{}", self.preprocessing.words(), self.licences());
        text
    }

    /// The table of the classes, where there are any.
    fn write_classes(&self, text: &mut String) {
        if !self.classes.is_empty() {
            text.push_str(
                "\n| class | trained on | validated on | precision | recall | F1 |\n|---|---|---|---|---|---|\n",
            );
        }
        for (number, ClassImages { label, train, validation }) in self.classes.iter().enumerate() {
            let figures = self.metrics.as_ref().and_then(|metrics| metrics.per_class.get(number));
            let figures =
                figures.map_or("| | ".into(), |c| format!("{:.3} | {:.3} | {:.3}", c.precision, c.recall, c.f1));
            let _ = writeln!(text, "| {} | {train} | {validation} | {figures} |", label.replace('|', "\\|"));
        }
    }

    fn licences(&self) -> String {
        let BackboneFacts { title, license, source, sha256, .. } = &self.backbone;
        format!(
            "## Licences\n\nBackbone: {title}, {license}, from {source}; the weights used here have the SHA-256\n`{sha256}`. \
            Its weights were trained on ImageNet (ILSVRC 2012), whose pictures are for research and education.\n\
            The head and the pictures that it learned from are yours; headstart claims no rights in them. The scripts are MIT OR Apache-2.0.\n"
        )
    }
}

impl HeadFacts<'_> {
    /// What whoever uses it has to know.
    fn notes(&self) -> &'static str {
        match (&self.neighbors, self.adapted) {
            (Some(_), _) => {
                "\nIt holds the feature row of each image that it was trained on, not the images; whoever gets the model gets these rows.\n\
                A class's share of the votes is counted as if all classes had one vote more together, so that none is impossible.\n"
            }
            (None, true) => {
                "\nIt was trained on features by other BatchNorm statistics than those of the backbone's weights: they are in `head.safetensors`\n\
                (`batch_norm.*`), and in the graph or weights of the whole network where these are here. Without them its answers are wrong.\n"
            }
            (None, false) => "",
        }
    }

    fn words(&self) -> String {
        if let Some(Votes { n_neighbors, rows, weights, .. }) = &self.neighbors {
            let counted = match weights {
                NeighborWeights::Uniform => "each counting the same",
                NeighborWeights::Distance => "counting by the inverse of its distance",
            };
            let those = if *n_neighbors == 1 { "nearest".into() } else { format!("{n_neighbors} nearest") };
            return format!(
                "vote of the {those} of {rows} training rows (k-nearest neighbours, cosine distance, {counted})"
            );
        }
        let widths: Vec<String> = self.hidden.iter().map(usize::to_string).collect();
        match widths.as_slice() {
            [] => "linear head".into(),
            [width] => format!("head with a hidden layer of {width}"),
            [before @ .., last] => {
                format!("head with {} hidden layers of {} and {last}", widths.len(), before.join(", "))
            }
        }
    }
}

impl Votes {
    fn of(neighbors: &Neighbors) -> Self {
        let Neighbors { n_neighbors, weights, .. } = *neighbors;
        Self { n_neighbors, metric: "cosine", weights, rows: neighbors.classes.len() }
    }
}

impl Metrics {
    fn of(report: Report) -> Self {
        Self {
            accuracy: report.accuracy,
            interval_95: report.interval,
            train_accuracy: report.train_accuracy,
            best_epoch: report.best_epoch,
            support: report.validation,
            ece: report.calibration.after.ece,
            per_class: report.per_class,
            confusion_matrix: report.confusion,
        }
    }

    fn words(&self) -> String {
        let Self { accuracy, interval_95: [low, high], train_accuracy, support, ece, .. } = self;
        let [accuracy, low, high, train] = [accuracy, low, high, train_accuracy].map(|share| share * 100.0);
        format!(
            "{accuracy:.1} % of {support} validation images are called right (95 % interval {low:.1} to {high:.1} %), {train:.1} % of those trained on.\n\
            Near-duplicates were kept on one side of the split. The best epoch was chosen by the same validation images, so expect a\n\
            little less of new ones, and much less where they come from elsewhere. Expected calibration error: {ece:.3}.\n\
            It always answers with one of its classes, also for a picture that shows none of them."
        )
    }
}
