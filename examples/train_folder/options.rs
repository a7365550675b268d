//! What the command line asks for: every option, checked before anything is read.

use std::error::Error;
use std::path::PathBuf;

use headstart::error::Error as Failure;
use headstart::head::HeadKind;
use headstart::image::Fit;
use headstart::image::augment::Augmentation;
use headstart::lab::config::{BatchNormPolicy, RunConfig};
use headstart::project::SplitConfig;
use headstart::project::views::ViewsConfig;
use headstart::split::Method;
use headstart::train::FitConfig;
use serde_json::{Value, json};

use crate::folder::export::KINDS;
use crate::folder::lab::one_policy;
use crate::folder::{argument, flag, refuse_unknown};

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

pub struct Options {
    pub folder: PathBuf,
    pub features: Option<PathBuf>,
    pub backbone: Option<String>,
    pub weights: Option<PathBuf>,
    pub fit: FitConfig,
    pub split: SplitConfig,
    pub views: ViewsConfig,
    pub policy: RunConfig,
    pub image_fit: Fit,
    pub limit: usize,
    pub export: Option<PathBuf>,
    pub export_as: String,
    pub export_pictures: bool,
    pub summary: bool,
    pub json: bool,
}

/// What the command line asks for, or why that can't be.
pub fn options() -> Result<Options, Box<dyn Error>> {
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
    refuse_unknown(&arguments[usize::from(folder.is_some())..], &VALUES, &FLAGS, HELP)?;
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
