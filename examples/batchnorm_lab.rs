//! The BatchNorm lab on a folder of class folders: policies × backbones side by side, from the same batches.
//! `cargo run --release --example batchnorm_lab -- DIR [--policies stored,batch,…] [--epochs N] [--seeds 1,2,3] [--json] …`
//!
//! A policy is written `stored`, `batch`, `updated`, `updated@0.99` (its momentum), `reestimated`, or `batch:reestimated`
//! (in training : in validation). Prints a table; `--json` adds one JSON object on the last line.

mod folder;

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use headstart::backbone::import::Imported;
use headstart::head::HeadKind;
use headstart::image::Fit;
use headstart::lab::config::{BatchNormPolicy, LabConfig};
use headstart::lab::outcome::{LabResult, RunResult};
use headstart::project::SplitConfig;
use headstart::split::Method;
use headstart::train::FitConfig;
use serde_json::{Value, json};

use crate::folder::lab::{LabFolder, policies};
use crate::folder::{argument, flag, loaded, refuse_unknown};

const HELP: &str =
    "batchnorm_lab DIR [--backbone NAME,…] [--weights FILE,…] [--policies P,…] [--head linear|mlp] [--epochs N]
              [--seeds N,…] [--batch-size N] [--shuffles N] [--split hash|tail] [--limit N a class] [--json]
P is stored, batch, updated, updated@0.99, reestimated, or TRAINING:VALIDATION such as batch:reestimated.
The split is Keras's, the tail, unless --split hash. --shuffles N: after N epochs the same batches come again, from memory.";

const VALUES: [&str; 10] = [
    "--backbone",
    "--weights",
    "--policies",
    "--head",
    "--epochs",
    "--seeds",
    "--batch-size",
    "--shuffles",
    "--split",
    "--limit",
];

/// The failure and its cures.
const POLICIES: &str = "stored,batch,updated,updated@0.99,reestimated,batch:reestimated";

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

#[expect(clippy::disallowed_methods, reason = "a program owns its clock")]
fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = arguments.first().filter(|first| !first.starts_with("--")).map(PathBuf::from).ok_or(HELP)?;
    refuse_unknown(&arguments[1..], &VALUES, &["--json"], HELP)?;
    let text = |name: &str, default: &str| argument(&arguments, name).unwrap_or(default.into());
    let number = |name: &str, default: usize| text(name, &default.to_string()).parse::<usize>();
    let head: HeadKind = serde_json::from_value(Value::from(text("--head", "mlp")))?;
    let split: Method = serde_json::from_value(Value::from(text("--split", "tail")))?;
    let shuffles = argument(&arguments, "--shuffles").map(|text| text.parse()).transpose()?;
    let config = LabConfig { runs: policies(&text("--policies", POLICIES))?, shuffles, ..LabConfig::default() };
    let seeds: Vec<u64> = text("--seeds", "1").split(',').map(str::parse).collect::<Result<_, _>>()?;
    let mut of_backbones = Vec::new();
    for (name, weights) in backbones(&arguments) {
        let Imported { spec, weights } = loaded(name.as_deref(), weights.as_deref())?;
        let mut lab = LabFolder::open(&folder, number("--limit", usize::MAX)?, Fit::Crop, spec.clone(), weights)?;
        lab.rejected.iter().for_each(|left_out| println!("left out: {}", left_out.reason));
        println!("{}: {} images, features in {:.1} s", spec.name, lab.project.images().len(), lab.feature_secs);
        let (mut results, start) = (Vec::new(), Instant::now());
        for seed in &seeds {
            let (epochs, batch_size) = (number("--epochs", 30)?, number("--batch-size", 64)?);
            let fit = FitConfig { head, epochs, batch_size, seed: *seed, ..FitConfig::default() };
            let split = SplitConfig { split, seed: *seed, ..SplitConfig::default() };
            results.push(lab.run(config.clone(), fit, &split, |_| ())?);
        }
        print_table(&results);
        let seconds = start.elapsed().as_secs_f64();
        let peak = folder::peak_memory_bytes();
        of_backbones.push(json!({ "backbone": spec.name, "seeds": seeds, "results": results, "seconds": seconds,
            "featureSeconds": lab.feature_secs, "peakMemoryBytes": peak }));
    }
    if flag(&arguments, "--json") {
        println!("{}", json!({ "lab": of_backbones }));
    }
    Ok(())
}

/// Names and weights files in pairs.
fn backbones(arguments: &[String]) -> Vec<(Option<String>, Option<PathBuf>)> {
    let listed = |name: &str| -> Vec<String> {
        argument(arguments, name).map_or(vec![], |text| text.split(',').map(String::from).collect())
    };
    let (names, files) = (listed("--backbone"), listed("--weights"));
    let pair = |at: usize| (names.get(at).cloned(), files.get(at).map(PathBuf::from));
    (0..names.len().max(files.len()).max(1)).map(pair).collect()
}

/// Means over the seeds, and the first seed's layers and sentences.
fn print_table(results: &[LabResult]) {
    let mean = |at: usize, of: &dyn Fn(&RunResult) -> f64| {
        results.iter().map(|result| of(&result.runs[at])).sum::<f64>() / results.len() as f64 * 100.0
    };
    println!("  in training    in validation  momentum   train   valid   best   first  updates  come");
    for (at, run) in results[0].runs.iter().enumerate() {
        let val = |run: &RunResult| run.epochs.iter().map(|one| one.epoch.val_accuracy).collect::<Vec<_>>();
        let [train, valid] = [0, 1].map(|side| mean(at, &|run| run.last().unwrap_or_default()[side]));
        let best = mean(at, &|run| val(run).into_iter().fold(0.0, f64::max));
        let first = mean(at, &|run| val(run).first().copied().unwrap_or(0.0));
        let updates = run.epochs.last().map_or(0, |last| last.updates);
        let come = mean(at, &|run| run.epochs.last().map_or(0.0, |last| last.come));
        let momentum = if updates > 0 { run.momentum.to_string() } else { String::new() };
        let (policy, validation) = (name(run.policy), name(run.validation_policy));
        println!(
            "  {policy:13}  {validation:13}  {momentum:>8}  {train:6.1}  {valid:6.1} {best:6.1}  {first:6.1}  {updates:7}  {come:4.0}"
        );
    }
    let layers = &results[0].inside.layers;
    let mean = |of: fn(&headstart::lab::distance::LayerDistance) -> f64| {
        layers.iter().map(of).sum::<f64>() / layers.len().max(1) as f64
    };
    let (shift, spread, noise) = (mean(|layer| layer.shift), mean(|layer| layer.spread), mean(|layer| layer.noise));
    let moved = results[0].inside.projection.moved;
    println!(
        "  {} BatchNorm layers: shift {shift:.2}, spread {spread:.2}, noise {noise:.2}; moved {moved:.2}",
        layers.len()
    );
    results[0].sentences.iter().for_each(|sentence| println!("  {sentence}"));
}

fn name(policy: BatchNormPolicy) -> String {
    serde_json::to_value(policy).ok().and_then(|name| name.as_str().map(String::from)).unwrap_or_default()
}
