//! What the examples share: a folder of class folders, its pictures' feature rows, options on the command line.
#![expect(clippy::disallowed_methods, reason = "the core does no I/O; a program does")]
#![allow(dead_code, reason = "each example uses its part")]

pub mod export;
pub mod lab;
pub mod shards;
pub mod streamed;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use headstart::backbone::import::{File, Imported, import, tfjs};
use headstart::backbone::spec::{BACKBONES, BackboneSpec, sha256_hex};
use headstart::backbone::stored::taking;
use headstart::backbone::weights::read_safetensors;
use headstart::image::{Fingerprint, Fit, decode, prepare};
use headstart::project::Project;
use headstart::project::views::ViewsConfig;
use headstart::run::cpu::CpuBackbone;

/// A file that did not become an image.
pub struct Rejected {
    /// `CLASS/FILE`
    pub name: String,
    /// What is wrong and what to do.
    pub reason: String,
}

/// A picture's features and hash.
pub struct Row {
    /// Of the file.
    pub sha256: String,
    /// Of the whole picture.
    pub fingerprint: Fingerprint,
    /// `f32 [num_features]`
    pub features: Vec<f32>,
}

/// Files to feature rows.
pub struct Extractor {
    /// The backbone and its weights.
    pub spec: BackboneSpec,
    /// Pixels to features.
    pub backbone: CpuBackbone,
    /// What it sees of a picture.
    pub fit: Fit,
}

impl Extractor {
    /// Loads a backbone as [`loaded`] does.
    pub fn new(name: Option<&str>, weights: Option<&Path>) -> Result<Self, Box<dyn Error>> {
        let Imported { spec, weights } = loaded(name, weights)?;
        let backbone = CpuBackbone::taking(&spec, &(spec.plan)(), taking(weights))?;
        Ok(Self { spec, backbone, fit: Fit::Crop })
    }

    /// Reads, decodes, resizes and runs the backbone.
    pub fn features(&mut self, name: &str, file: &Path) -> Result<Row, Box<dyn Error>> {
        let bytes = fs::read(file).map_err(|error| format!("{name} can't be read: {error}"))?;
        let whole = decode(name, &bytes)?.pixels;
        let features = self.backbone.forward_features(&prepare(&whole, &self.spec.preprocess(), &self.fit));
        Ok(Row { sha256: sha256_hex(&bytes), fingerprint: Fingerprint::of(&whole), features })
    }
}

impl Extractor {
    /// Computes the views of training images that the project lacks; `folder` is where their names begin.
    pub fn fill_bank(
        &mut self,
        project: &mut Project,
        train: &[u32],
        config: &ViewsConfig,
        folder: &Path,
    ) -> Result<(), Box<dyn Error>> {
        let Some(augment) = config.augment else { return Ok(()) };
        for (id, has) in project.missing_views(config, train)? {
            let Some(image) = project.images().iter().find(|image| image.id == id) else { continue };
            let (name, sha256) = (image.name.clone(), image.sha256.clone());
            let bytes = fs::read(folder.join(&name)).map_err(|error| format!("{name} can't be read: {error}"))?;
            let pixels = prepare(&decode(&name, &bytes)?.pixels, &self.spec.preprocess(), &self.fit);
            let view = |number| augment.view(&pixels, &sha256, config.seed, number);
            let rows: Vec<f32> =
                (has..config.views).flat_map(|number| self.backbone.forward_features(&view(number))).collect();
            project.add_views(config, id, &rows)?;
        }
        Ok(())
    }
}

/// A backbone: from `weights`, which say themselves what they are, else from `dist/weights`. `name` is the backbone that is
/// asked for, the built-in one where none is.
pub fn loaded(name: Option<&str>, weights: Option<&Path>) -> Result<Imported, Box<dyn Error>> {
    let imported = match weights {
        Some(path) => import(files(path)?)?,
        None => built_in(BackboneSpec::named(name.unwrap_or(BACKBONES[0].name))?)?,
    };
    match name.filter(|name| *name != imported.spec.name) {
        Some(name) => Err(format!("{} holds {}, not {name}", imported.spec.file, imported.spec.name).into()),
        None => Ok(imported),
    }
}

/// The weights that `./build.sh build` left in `dist/weights`.
fn built_in(spec: BackboneSpec) -> Result<Imported, Box<dyn Error>> {
    let advice = "Run ./build.sh build, or name the file with --weights";
    if spec.file.is_empty() {
        return Err(format!("The weights of {} are not built in: name the file with --weights.", spec.name).into());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/weights").join(&*spec.file);
    let file = fs::read(&path).map_err(|error| format!("No weights at {}: {error}. {advice}.", path.display()))?;
    spec.verify(&file)?;
    let weights = read_safetensors(&spec.file, &file, &(spec.plan)())?;
    Ok(Imported { spec, weights })
}

/// A weights file, and the shards beside it where it names some.
fn files(path: &Path) -> Result<Vec<File>, Box<dyn Error>> {
    let read = |path: &Path| -> Result<File, Box<dyn Error>> {
        let bytes = fs::read(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
        Ok(File { name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes })
    };
    let first = read(path)?;
    let beside = tfjs::shards(&first).unwrap_or_default().into_iter().map(|name| path.with_file_name(name));
    let shards = beside.filter(|path| path.exists()).map(|path| read(&path)).collect::<Result<Vec<_>, _>>()?;
    Ok([first].into_iter().chain(shards).collect())
}

/// A class and its files.
pub type ClassFiles = (String, Vec<PathBuf>);

/// Sub-folders as classes, each with its first `limit` files; both in the order of their names, hidden files left out.
pub fn class_files(folder: &Path, limit: usize) -> Result<Vec<ClassFiles>, Box<dyn Error>> {
    let mut classes = Vec::new();
    for class in sorted(folder)?.into_iter().filter(|path| path.is_dir()) {
        let label = class.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let files = sorted(&class)?.into_iter().filter(|path| path.is_file()).take(limit).collect();
        classes.push((label, files));
    }
    Ok(classes)
}

/// The visible entries of a folder in the order of their names.
pub fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{} can't be read: {error}", folder.display()))?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    paths.retain(|path| !path.file_name().unwrap_or_default().to_string_lossy().starts_with('.'));
    paths.sort();
    Ok(paths)
}

/// The value that follows option `name`.
pub fn argument(arguments: &[String], name: &str) -> Option<String> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1).cloned()
}

/// Whether option `name` is there.
pub fn flag(arguments: &[String], name: &str) -> bool {
    arguments.iter().any(|argument| argument == name)
}

/// A typing error in an option is said, not passed over.
pub fn refuse_unknown(options: &[String], values: &[&str], flags: &[&str], help: &str) -> Result<(), Box<dyn Error>> {
    let mut rest = options.iter();
    while let Some(option) = rest.next() {
        match option.as_str() {
            name if flags.contains(&name) => {}
            name if values.contains(&name) => {
                rest.next().ok_or_else(|| format!("{name} needs a value\n{help}"))?;
            }
            name => return Err(format!("unknown option {name}\n{help}").into()),
        }
    }
    Ok(())
}

/// The process's largest resident size; Linux only.
pub fn peak_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}
