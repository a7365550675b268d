//! Trains on a folder of class folders, as the page does, and prints what validation says:
//! `cargo run --release --example train_folder -- DIR [--head linear|mlp|knn] [--epochs N] [--seed N] [--json] …`
//!
//! `DIR/CLASS/*.jpg`; see `--help`. Needs the weights that `./build.sh build` puts into `dist/weights`.

#[path = "../folder/mod.rs"]
mod folder;
mod options;

use std::error::Error;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use headstart::backbone::import::Imported;
use headstart::backbone::spec::BackboneSpec;
use headstart::backbone::summary::Summary;
use headstart::device::Device;
use headstart::evaluate::Report;
use headstart::head::Head;
use headstart::lab::config::{BatchNormPolicy, LabConfig, RunConfig};
use headstart::project::Project;
use headstart::project::fits::Whose;
use headstart::train::{Epoch, FitConfig, fit};
use serde_json::{Value, json};

use crate::folder::export::{Request, export, prepare};
use crate::folder::lab::LabFolder;
use crate::folder::shards::Shards;
use crate::folder::streamed::{self, PIECE_BYTES, Streamed, sides};
use crate::folder::{Extractor, Rejected, class_files, loaded};
use crate::options::{Options, options};

struct Trained {
    spec: BackboneSpec,
    /// In memory; of shards it has the head alone.
    project: Project,
    images: usize,
    rejected: Vec<Rejected>,
    history: Vec<Epoch>,
    report: Report,
    feature_secs: f64,
    augment_secs: f64,
    train_secs: f64,
}

fn main() {
    if let Err(error) = options().and_then(run) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run(options: Options) -> Result<(), Box<dyn Error>> {
    if let Some(folder) = &options.export {
        prepare(folder)?;
    }
    let trained = match &options.features {
        Some(manifest) => train_on_shards(&options, manifest)?,
        None if is_stored(&options.policy) => train(&options)?,
        None => train_by_policy(&options)?,
    };
    if let Some(folder) = &options.export {
        let Imported { weights, .. } = loaded(Some(trained.spec.name), options.weights.as_deref())?;
        let pictures = options.export_pictures.then_some(options.folder.as_path());
        let request = Request { folder, kind: &options.export_as, pictures };
        export(&request, &trained.project, &trained.spec, weights, &options.fit)?;
    }
    print_table(&trained);
    if options.json {
        println!("{}", summary(&options, &trained));
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a program owns its clock")]
fn train(options: &Options) -> Result<Trained, Box<dyn Error>> {
    let mut extractor = Extractor::new(options.backbone.as_deref(), options.weights.as_deref())?;
    let (mut project, mut rejected) = (Project::default(), Vec::new());
    extractor.fit = options.image_fit;
    project.set_fit(options.image_fit, Whose::Project);
    let start = Instant::now();
    for (label, files) in class_files(&options.folder, options.limit)? {
        for file in files {
            let name = format!("{label}/{}", file.file_name().unwrap_or_default().to_string_lossy());
            let row = extractor.features(&name, &file);
            let added = row.and_then(|row| {
                Ok(project.add_image(&name, &label, &row.sha256, Some(row.fingerprint), row.features)?)
            });
            rejected.extend(added.err().map(|reason| Rejected { name, reason: reason.to_string() }));
        }
    }
    let feature_secs = start.elapsed().as_secs_f64();
    for check in project.checks() {
        eprintln!("{}", check.message);
    }
    let start = Instant::now();
    let (mut set, split) = project.training_set(&options.split)?;
    let sides = project.sides(&split);
    extractor.fill_bank(&mut project, &sides[0], &options.views, &options.folder)?;
    project.take_views(&mut set, &split, &options.views)?;
    let augment_secs = start.elapsed().as_secs_f64();
    let start = Instant::now();
    if options.summary {
        let num_classes = set.labels.len();
        let head = options.fit.classifier(set.num_features, num_classes);
        println!("{}", Summary::of((extractor.spec.plan)().summary().into_iter().chain(head.summary())));
    }
    let clock = || start.elapsed().as_secs_f64();
    let fitted = pollster::block_on(fit(&set, &options.fit, &Device::Cpu, clock, async |_| ControlFlow::Continue(())))?;
    let train_secs = clock();
    project.keep(&fitted, sides);
    let report = project.evaluate()?;
    let (spec, history, images) = (extractor.spec, fitted.history, project.images().len());
    Ok(Trained { spec, project, images, rejected, history, report, feature_secs, augment_secs, train_secs })
}

/// Features that never depend on a batch: computed once, as the page does.
fn is_stored(policy: &RunConfig) -> bool {
    [Some(policy.policy), policy.validation_policy]
        .into_iter()
        .flatten()
        .all(|policy| policy == BatchNormPolicy::Stored)
}

#[expect(clippy::disallowed_methods, reason = "a program owns its clock")]
fn train_by_policy(options: &Options) -> Result<Trained, Box<dyn Error>> {
    let Imported { spec, weights } = loaded(options.backbone.as_deref(), options.weights.as_deref())?;
    let mut lab = LabFolder::open(&options.folder, options.limit, options.image_fit, spec.clone(), weights)?;
    let start = Instant::now();
    let config = LabConfig { runs: vec![options.policy], augment: options.views.augment, ..LabConfig::default() };
    // No early end on a good epoch: the last one shows what the policy does.
    let fit = FitConfig { restore_best_weights: false, ..options.fit.clone() };
    let finished = lab.finish(config, fit, &options.split, |_| ())?.swap_remove(0);
    let LabFolder { mut project, rejected, feature_secs, .. } = lab;
    project.keep_from_lab(&finished);
    let report = project.evaluate_in_lab(&finished);
    let (history, train_secs) = (finished.fitted.history, start.elapsed().as_secs_f64());
    let images = project.images().len();
    Ok(Trained { spec, project, images, rejected, history, report, feature_secs, augment_secs: 0.0, train_secs })
}

/// Rows that were computed before, here or on many machines.
#[expect(clippy::disallowed_methods, reason = "a program owns its clock")]
fn train_on_shards(options: &Options, manifest: &Path) -> Result<Trained, Box<dyn Error>> {
    let start = Instant::now();
    let shards = Shards::open(manifest, options.backbone.as_deref())?;
    let spec = BackboneSpec::named(&shards.backbone.name)?;
    if options.export.is_some() {
        let loaded = loaded(Some(spec.name), options.weights.as_deref())?.spec;
        if loaded.sha256 != *shards.backbone.sha256 {
            return Err(format!(
                "The features are of {} with weights {}, and the export would have weights {}. Name those with --weights.",
                spec.name, shards.backbone.sha256, loaded.sha256
            )
            .into());
        }
    }
    let sides = sides(&shards, &options.split)?;
    let feature_secs = start.elapsed().as_secs_f64();
    eprintln!("{} rows of {} classes checked in {feature_secs:.0} s", shards.classes.len(), shards.labels.len());
    if sides.copies > 0 {
        eprintln!("{} copies of images that their class has already were left out.", sides.copies);
    }
    let start = Instant::now();
    let clock = || start.elapsed().as_secs_f64();
    let tell =
        |epoch: &Epoch| eprintln!("epoch {}: val_accuracy {:.4}, {:.0} s", epoch.epoch, epoch.val_accuracy, clock());
    let trained = streamed::train(&shards, &sides, &options.fit, PIECE_BYTES, clock, tell)?;
    let (train_secs, images) = (clock(), sides.train.len() + sides.validation.len());
    let mut project = Project::default();
    let Streamed { head, history, report, .. } = trained;
    project.adopt(Head { fit: shards.fit, ..head });
    let spec = BackboneSpec { sha256: shards.backbone.sha256.into(), ..spec };
    Ok(Trained {
        spec,
        project,
        images,
        rejected: vec![],
        history,
        report,
        feature_secs,
        augment_secs: 0.0,
        train_secs,
    })
}

fn print_table(trained: &Trained) {
    let Trained { report, rejected, history, .. } = trained;
    for Rejected { reason, .. } in rejected {
        println!("left out: {reason}");
    }
    println!("epoch    loss  accuracy  val_loss  val_accuracy");
    for Epoch { epoch, loss, accuracy, val_loss, val_accuracy, .. } in history {
        let kept = if *epoch == report.best_epoch { "  kept" } else { "" };
        println!("{epoch:5} {loss:7.4} {accuracy:9.4} {val_loss:9.4} {val_accuracy:13.4}{kept}");
    }
    println!("\nprecision  recall      f1  support  class");
    for row in &report.per_class {
        println!("{:9.3} {:7.3} {:7.3} {:8}  {}", row.precision, row.recall, row.f1, row.support, row.label);
    }
    let [low, high] = report.interval.map(|share| share * 100.0);
    println!(
        "\nvalidation {:.1} % (95 % interval {low:.1} to {high:.1}) on {} images; training {:.1} % on {}",
        report.accuracy * 100.0,
        report.validation,
        report.train_accuracy * 100.0,
        report.train
    );
}

fn summary(options: &Options, trained: &Trained) -> Value {
    let Trained { spec, images, rejected, history, report, feature_secs, augment_secs, train_secs, .. } = trained;
    json!({
        "images": images,
        "rejected": rejected.len(),
        "rejectedFiles": rejected.iter().map(|r| json!({ "name": r.name, "reason": r.reason })).collect::<Vec<_>>(),
        "classes": report.labels,
        "backbone": spec.name,
        "device": "cpu",
        "policy": options.policy.policy,
        "validationPolicy": options.policy.validation_policy.unwrap_or(options.policy.policy.in_validation()),
        "train": report.train,
        "validation": report.validation,
        "featureSeconds": feature_secs,
        "msPerImage": feature_secs * 1000.0 / (*images).max(1) as f64,
        "augmentSeconds": augment_secs,
        "trainSeconds": train_secs,
        "totalSeconds": feature_secs + augment_secs + train_secs,
        "epochs": history,
        "bestEpoch": report.best_epoch,
        "accuracy": report.train_accuracy,
        "valAccuracy": report.accuracy,
        "confusion": report.confusion,
        "peakMemoryBytes": folder::peak_memory_bytes(),
    })
}
