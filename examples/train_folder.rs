//! Trains on a folder of class folders, as the page does, and prints what validation says:
//! `cargo run --release --example train_folder -- DIR [--head linear|mlp|knn] [--epochs N] [--seed N] [--json] …`
//!
//! `DIR/CLASS/*.jpg`; see `--help`. Needs the weights that `./build.sh build` puts into `dist/weights`.

mod folder;

use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use headstart::backbone::import::Imported;
use headstart::backbone::spec::BackboneSpec;
use headstart::backbone::summary::Summary;
use headstart::device::Device;
use headstart::error::Error as Failure;
use headstart::evaluate::Report;
use headstart::head::{Head, HeadKind};
use headstart::image::Fit;
use headstart::image::augment::Augmentation;
use headstart::lab::config::{BatchNormPolicy, LabConfig, RunConfig};
use headstart::project::fits::Whose;
use headstart::project::views::ViewsConfig;
use headstart::project::{Project, SplitConfig};
use headstart::split::Method;
use headstart::train::{Epoch, FitConfig, fit};
use serde_json::{Value, json};

use crate::folder::export::{KINDS, Request, export, prepare};
use crate::folder::lab::{LabFolder, one_policy};
use crate::folder::shards::Shards;
use crate::folder::streamed::{self, PIECE_BYTES, Streamed, sides};
use crate::folder::{Extractor, Rejected, argument, class_files, flag, loaded};

const HELP: &str = "train_folder DIR|--features MANIFEST [--backbone NAME] [--head linear|mlp|knn] [--hidden 512,512] [--weights FILE]
             [--neighbors 5] [--neighbor-weights uniform|distance]
             [--policy stored|batch|updated|updated@MOMENTUM|reestimated] [--validation-policy P]
             [--epochs N] [--seed N] [--split hash|tail] [--limit N a class] [--summary] [--json]
             [--fit crop|pad|region:LEFT,TOP,WIDTH,HEIGHT]
             [--export DIR] [--export-as bundle|pytorch|tfjs] [--export-pictures]
             [--optimizer adam|adamw|sgd|rmsprop] [--learning-rate N] [--momentum N] [--nesterov] [--patience N]
             [--class-weight none|balanced] [--augment VIEWS]
             [--schedule constant|stepDecay|exponentialDecay|cosineDecay|reduceLrOnPlateau]
DIR holds one folder a class; MANIFEST is the manifest.json of scale/extract.py, whose rows are read 64 MB at a time.
FILE says itself which backbone it is: a model.json with its shards beside it, .pth,
.safetensors. --fit says what the backbone sees of each picture: the centre, the whole between bars, or a part in shares of
its sides. A policy other than stored runs the backbone in every epoch and keeps the last one. --augment learns
from VIEWS other views of each training image too; batch and updated take a new one in every epoch. --export writes
the model with scripts that check it; --export-pictures puts three of your validation pictures beside them. --json prints one JSON object on the last line.";

struct Options {
    folder: PathBuf,
    features: Option<PathBuf>,
    backbone: Option<String>,
    weights: Option<PathBuf>,
    fit: FitConfig,
    split: SplitConfig,
    views: ViewsConfig,
    policy: RunConfig,
    image_fit: Fit,
    limit: usize,
    export: Option<PathBuf>,
    export_as: String,
    export_pictures: bool,
    summary: bool,
    json: bool,
}

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

fn options() -> Result<Options, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, features) = source(&arguments)?;
    let text = |name: &str, default: &str| argument(&arguments, name).unwrap_or(default.into());
    let number = |name: &str, default: u64| {
        let value = text(name, &default.to_string());
        value.parse::<u64>().map_err(|_| format!("{name} takes a whole number, not {value:?}"))
    };
    let policy = policies(&arguments)?;
    let export_as = text("--export-as", KINDS[0]);
    if !KINDS.contains(&export_as.as_str()) {
        return Err(format!("--export-as takes {}, not {export_as:?}", KINDS.join(", ")).into());
    }
    let seed = number("--seed", 1)?;
    let views = number("--augment", 0)? as u32;
    let augment = (views > 0).then(Augmentation::default);
    let fit = fit_config(&arguments, seed)?;
    if fit.head == HeadKind::Neighbors && augment.is_some() {
        return Err(Failure::NeighborsWithViews.into());
    }
    if features.is_some() {
        fit.check_steps().map_err(|_| NEEDS_ALL_ROWS)?;
    }
    let split: Method = serde_json::from_value(Value::from(text("--split", "hash")))?;
    Ok(Options {
        folder,
        features,
        backbone: argument(&arguments, "--backbone"),
        weights: argument(&arguments, "--weights").map(PathBuf::from),
        fit,
        split: SplitConfig { split, seed, ..SplitConfig::default() },
        views: ViewsConfig { augment, views, seed },
        policy,
        image_fit: text("--fit", "crop").parse()?,
        limit: number("--limit", u64::MAX)? as usize,
        export: argument(&arguments, "--export").map(PathBuf::from),
        export_as,
        export_pictures: flag(&arguments, "--export-pictures"),
        summary: flag(&arguments, "--summary"),
        json: flag(&arguments, "--json"),
    })
}

/// The folder, or none and the manifest of feature rows; refuses options that are none, and those that rows can't serve.
fn source(arguments: &[String]) -> Result<(PathBuf, Option<PathBuf>), Box<dyn Error>> {
    let features = argument(arguments, "--features").map(PathBuf::from);
    let folder = arguments.first().filter(|first| !first.starts_with("--"));
    if features.is_some() == folder.is_some() {
        return Err(HELP.into());
    }
    folder::refuse_unknown(&arguments[usize::from(folder.is_some())..], &VALUES, &FLAGS, HELP)?;
    match NEEDS_IMAGES.iter().find(|option| features.is_some() && flag(arguments, option)) {
        Some(option) => Err(format!("{option} needs images, and --features gives rows alone: leave one out").into()),
        None => Ok((folder.map(PathBuf::from).unwrap_or_default(), features)),
    }
}

/// Of training and of validation.
fn policies(arguments: &[String]) -> Result<RunConfig, Box<dyn Error>> {
    let mut policy = one_policy(&argument(arguments, "--policy").unwrap_or("stored".into()))?;
    if let Some(validation) = argument(arguments, "--validation-policy") {
        policy.validation_policy = Some(one_policy(&validation)?.policy);
    }
    if policy.validation_policy == Some(BatchNormPolicy::Batch) && flag(arguments, "--export") {
        let reason =
            "--export needs a head that can see one image: choose another --validation-policy, or leave --export out";
        return Err(reason.into());
    }
    Ok(policy)
}

/// The options that have the names of Keras's.
fn fit_config(arguments: &[String], seed: u64) -> Result<FitConfig, Box<dyn Error>> {
    let mut config = json!({ "seed": seed, "nesterov": flag(arguments, "--nesterov") });
    for (name, key) in FIT_TEXTS {
        if let Some(text) = argument(arguments, name) {
            config[key] = if key == "schedule" { json!({ "type": text }) } else { text.into() };
        }
    }
    if let Some(widths) = argument(arguments, "--hidden") {
        let hidden: Result<Vec<usize>, _> = widths.split(',').map(|width| width.trim().parse()).collect();
        config["hidden"] = json!(hidden.map_err(|_| format!("--hidden takes widths like 256,64, not {widths:?}"))?);
    }
    for (name, key) in FIT_NUMBERS {
        if let Some(text) = argument(arguments, name) {
            config[key] = serde_json::from_str(&text).map_err(|_| format!("{name} takes a number, not {text:?}"))?;
        }
    }
    let config: FitConfig = serde_json::from_value(config)?;
    config.check()?;
    Ok(config)
}

const FIT_TEXTS: [(&str, &str); 5] = [
    ("--head", "head"),
    ("--optimizer", "optimizer"),
    ("--schedule", "schedule"),
    ("--class-weight", "classWeight"),
    ("--neighbor-weights", "neighborWeights"),
];

const FIT_NUMBERS: [(&str, &str); 5] = [
    ("--neighbors", "neighbors"),
    ("--epochs", "epochs"),
    ("--learning-rate", "learningRate"),
    ("--momentum", "momentum"),
    ("--patience", "patience"),
];

const FLAGS: [&str; 4] = ["--json", "--nesterov", "--summary", "--export-pictures"];

/// Shards are read piece by piece, by as many rows as there may be.
const NEEDS_ALL_ROWS: &str =
    "--head knn needs all rows in memory, and those of --features are read 64 MB at a time: choose linear or mlp";

/// Options that rows alone can't serve.
const NEEDS_IMAGES: [&str; 7] =
    ["--augment", "--fit", "--policy", "--validation-policy", "--limit", "--summary", "--export-pictures"];

/// Options that take a value.
const VALUES: [&str; 23] = [
    "--neighbors",
    "--neighbor-weights",
    "--fit",
    "--features",
    "--augment",
    "--hidden",
    "--class-weight",
    "--backbone",
    "--head",
    "--policy",
    "--validation-policy",
    "--weights",
    "--epochs",
    "--seed",
    "--split",
    "--limit",
    "--export",
    "--export-as",
    "--optimizer",
    "--learning-rate",
    "--momentum",
    "--patience",
    "--schedule",
];
