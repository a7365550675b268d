//! Classifies the pictures of a folder with a head that `train_folder --export` or the page wrote:
//! `cargo run --release --example predict_folder -- head.safetensors DIR [--weights FILE]`
//!
//! Prints one line a picture, tab-separated: file, class, probability; pictures that can't be read go to stderr.

mod folder;

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use headstart::artifact::head_file::head_from_safetensors;

use crate::folder::{Extractor, argument, refuse_unknown, sorted};

const HELP: &str = "predict_folder HEAD.safetensors DIR [--weights FILE]";

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

#[expect(clippy::disallowed_methods, reason = "the core does no I/O; a program does")]
fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, pictures, rest @ ..] = arguments.as_slice() else { return Err(HELP.into()) };
    refuse_unknown(rest, &["--weights"], &[], HELP)?;
    let bytes = std::fs::read(file).map_err(|error| format!("{file} can't be read: {error}"))?;
    let (head, card) = head_from_safetensors(file, &bytes)?;
    let weights = argument(rest, "--weights").map(PathBuf::from);
    let mut extractor = Extractor { fit: head.fit, ..Extractor::new(Some(&card.backbone), weights.as_deref())? };
    // A pipe that closes early (`| head`) is an error to end on, not a panic.
    let mut out = std::io::stdout().lock();
    for path in sorted(Path::new(pictures))?.into_iter().filter(|path| path.is_file()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match extractor.features(&name, &path) {
            Err(reason) => eprintln!("{reason}"),
            Ok(row) => {
                let probabilities = head.predict_probabilities(row.features);
                let best = head.labels.iter().zip(probabilities).max_by(|a, b| a.1.total_cmp(&b.1));
                if let Some((label, probability)) = best {
                    writeln!(out, "{name}\t{label}\t{probability:.4}")?;
                }
            }
        }
    }
    Ok(())
}
