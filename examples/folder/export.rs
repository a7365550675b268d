//! Writes a trained model for elsewhere, as the page's zip has it.
#![allow(dead_code, reason = "each example uses its part")]

use std::error::Error;
use std::fs;
use std::path::Path;

use headstart::artifact::export::{Export, Sample};
use headstart::artifact::samples::{drawn, own};
use headstart::backbone::import::File;
use headstart::backbone::spec::BackboneSpec;
use headstart::backbone::weights::Weights;
use headstart::image::{decode, prepare as prepare_picture};
use headstart::project::Project;
use headstart::run::cpu::CpuBackbone;
use headstart::train::FitConfig;

/// Validation images that go along where they are wanted.
const SHOWN: usize = 3;

/// What to write, and where.
pub struct Request<'a> {
    /// Made where there is none.
    pub folder: &'a Path,
    /// `bundle`, `pytorch` or `tfjs`
    pub kind: &'a str,
    /// Where the images lie, if their files are wanted along.
    pub pictures: Option<&'a Path>,
}

/// Computes the samples' features and writes all files.
pub fn export(
    request: &Request,
    project: &Project,
    spec: &BackboneSpec,
    weights: Weights,
    fit: &FitConfig,
) -> Result<(), Box<dyn Error>> {
    let plan = (spec.plan)();
    let mut backbone = CpuBackbone::new(spec, &plan, &project.head()?.adapt(&plan, weights.clone())?)?;
    let mut files = drawn().to_vec();
    if let Some(folder) = request.pictures {
        for (at, image) in project.to_show(SHOWN)?.into_iter().enumerate() {
            let path = folder.join(&image.name);
            let bytes = fs::read(&path).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
            files.push(own(&decode(&image.name, &bytes)?.pixels, at + 1));
        }
    }
    let mut samples = Vec::new();
    for file in files {
        let pixels =
            prepare_picture(&decode(&file.name, &file.bytes)?.pixels, &spec.preprocess(), &project.head()?.fit);
        samples.push(Sample { features: backbone.forward_features(&pixels), file });
    }
    let export = Export { project, spec, training: Some(fit), samples };
    let files = match request.kind {
        "bundle" => export.bundle(weights)?,
        "pytorch" => export.pytorch(weights)?,
        "tfjs" => export.tfjs()?,
        other => return Err(format!("--export-as takes {}, not {other:?}", KINDS.join(", ")).into()),
    };
    write(request.folder, &files)
}

/// The kinds of [`Request`].
pub const KINDS: [&str; 3] = ["bundle", "pytorch", "tfjs"];

/// Makes the folder, so that nobody trains first and is refused then.
pub fn prepare(folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder).map_err(|error| refused(folder, &error))
}

/// All of it beside the targets first: where the disk is full, what was there before stays.
fn write(folder: &Path, files: &[File]) -> Result<(), Box<dyn Error>> {
    let place = |name: &str| (folder.join(name), folder.join(format!("{name}.part")));
    for File { name, bytes } in files {
        let (path, partial) = place(name);
        let written = fs::create_dir_all(path.parent().unwrap_or(folder)).and_then(|()| fs::write(&partial, bytes));
        if let Err(error) = written {
            files.iter().for_each(|File { name, .. }| drop(fs::remove_file(place(name).1)));
            return Err(refused(&path, &error));
        }
    }
    files.iter().try_for_each(|File { name, .. }| {
        let (path, partial) = place(name);
        fs::rename(partial, &path).map_err(|error| refused(&path, &error))
    })
}

fn refused(path: &Path, error: &std::io::Error) -> Box<dyn Error> {
    format!("{} can't be written: {error}. Choose another folder for --export, or make room.", path.display()).into()
}
