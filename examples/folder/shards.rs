//! Shards of feature rows as docs/features.md defines them: all is checked when they are opened, rows are read when they are
//! asked for. In memory are 36 bytes a row.
#![allow(clippy::disallowed_methods, reason = "the core does no I/O; a program does")]
#![allow(dead_code, reason = "each example uses its part")]

use std::error::Error;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use headstart::image::Fit;
use headstart::train::Rows;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What a manifest and each of its shards call themselves.
const FORMAT: &str = "headstart-features";
const VERSION: u64 = 1;
/// Of a shard's header. A real one has 1 kB.
const MAX_HEADER_BYTES: u64 = 1 << 20;
/// Read at once of a file that is hashed, and at most of one whose rows are read.
const PIECE_BYTES: usize = 1 << 20;
/// Rows between two wanted ones that are read along, rather than asked for anew.
const GAP: usize = 4;

/// `manifest.json`, as far as training needs it.
#[derive(Deserialize)]
struct Manifest {
    backbone: Backbone,
    #[serde(default)]
    preprocessing: Preprocessing,
    labels: Vec<String>,
    shards: Vec<Named>,
}

#[derive(Default, Deserialize)]
struct Preprocessing {
    #[serde(default)]
    fit: Fit,
}

/// Whose features they are.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Backbone {
    /// As in the API.
    pub name: String,
    /// Of its weights.
    pub sha256: String,
    /// Width of a row.
    pub num_features: usize,
}

#[derive(Deserialize)]
struct Named {
    file: String,
    rows: usize,
    sha256: String,
}

/// Rows in files.
pub struct Shards {
    /// The same in all.
    pub backbone: Backbone,
    /// What of each picture the rows are of.
    pub fit: Fit,
    /// Class names in order.
    pub labels: Vec<String>,
    /// Of each row.
    pub classes: Vec<u32>,
    /// Of each row's image file.
    pub sha256: Vec<[u8; 32]>,
    files: Vec<Shard>,
}

struct Shard {
    path: PathBuf,
    /// Number of its first row.
    first: usize,
    /// Where its features begin, in bytes.
    features_at: u64,
}

impl Shards {
    /// Opens a manifest and looks at every shard: hash, backbone, shapes, classes. `backbone` is the one that is asked for.
    ///
    /// # Errors
    /// Say which file does not fit, why, and what to do.
    pub fn open(manifest: &Path, backbone: Option<&str>) -> Result<Self, Box<dyn Error>> {
        let Manifest { backbone: found, preprocessing, labels, shards } = read_manifest(manifest)?;
        if let Some(asked) = backbone.filter(|asked| *asked != found.name) {
            let file = manifest.display();
            return Err(format!(
                "{file} holds features of {}, not {asked}. Leave --backbone out, or extract them by {asked}.",
                found.name
            )
            .into());
        }
        let fit = preprocessing.fit;
        let mut all = Self { backbone: found, fit, labels, classes: vec![], sha256: vec![], files: vec![] };
        for Named { file, rows, sha256 } in shards {
            if Path::new(&file).components().count() != 1 || file == ".." {
                return Err(format!(
                    "{}: {file:?} is no name of a file beside it. Extract the features again.",
                    manifest.display()
                )
                .into());
            }
            let path = manifest.with_file_name(&file);
            all.add(path.clone(), rows, &sha256).map_err(|reason| format!("{}: {reason}", path.display()))?;
        }
        Ok(all)
    }

    /// Rows by number, in any order: those of a file are read in the order in which they lie there.
    ///
    /// # Errors
    /// Where a file can't be read any more, or a number is none.
    pub fn read(&self, numbers: &[usize]) -> Result<Rows, Box<dyn Error>> {
        let width = self.backbone.num_features;
        let mut rows = Rows { features: vec![0.0; numbers.len() * width], classes: vec![] };
        rows.classes.extend(numbers.iter().map(|number| self.classes[*number] as usize));
        let mut places: Vec<(usize, usize)> = numbers.iter().copied().zip(0..).collect();
        places.sort_unstable();
        let mut left = places.as_slice();
        while let Some((number, _)) = left.first() {
            let at = self.files.partition_point(|shard| shard.first <= *number) - 1;
            let end = self.files.get(at + 1).map_or(self.classes.len(), |next| next.first);
            let (here, others) = left.split_at(left.partition_point(|(number, _)| *number < end));
            let shard = &self.files[at];
            read_rows(shard, here, width, &mut rows.features)
                .map_err(|error| format!("{} can't be read any more: {error}.", shard.path.display()))?;
            left = others;
        }
        match rows.features.iter().position(|value| !value.is_finite()) {
            Some(at) => {
                Err(format!("Row {} holds a feature that is no number. Extract its shard again.", numbers[at / width])
                    .into())
            }
            None => Ok(rows),
        }
    }

    fn add(&mut self, path: PathBuf, rows: usize, sha256: &str) -> Result<(), Box<dyn Error>> {
        let mut file = File::open(&path)
            .map_err(|error| format!("it can't be read ({error}). Put all shards beside the manifest."))?;
        let found = hash(&mut file)?;
        if found != sha256 {
            return Err(format!(
                "its SHA-256 is {found}, and the manifest says {sha256}. Copy it again, or extract the features again."
            )
            .into());
        }
        let header = Header::read(&mut file)?;
        header.check_backbone(&self.backbone)?;
        let features_at = header.place(&format!("{:?}", [rows, self.backbone.num_features]), "features", "F32")?;
        let classes_at = header.place(&format!("{:?}", [rows]), "classes", "U32")?;
        let sha256_at = header.place(&format!("{:?}", [rows, 32]), "sha256", "U8")?;
        let classes = bytes_at(&mut file, classes_at, 4 * rows)?;
        let classes: Vec<u32> = classes.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four)).collect();
        if let Some(class) = classes.iter().find(|class| **class as usize >= self.labels.len()) {
            return Err(format!("it has a row of class {class}, and the manifest names {} classes (0 to {}). Take the manifest that belongs to it.", self.labels.len(), self.labels.len() - 1).into());
        }
        let hashes = bytes_at(&mut file, sha256_at, 32 * rows)?;
        self.files.push(Shard { path, first: self.classes.len(), features_at });
        self.classes.extend(classes);
        self.sha256.extend(hashes.as_chunks::<32>().0);
        Ok(())
    }
}

fn read_manifest(path: &Path) -> Result<Manifest, Box<dyn Error>> {
    let file = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("{file} can't be read: {error}. Name a manifest.json."))?;
    let again = "Extract the features again with scale/extract.py.";
    let value: Value =
        serde_json::from_slice(&bytes).map_err(|error| format!("{file} is no manifest ({error}). {again}"))?;
    if value["format"] != FORMAT || value["version"] != VERSION {
        let (format, version) = (&value["format"], &value["version"]);
        return Err(format!(
            "{file} is of format {format}, version {version}; {FORMAT:?}, version {VERSION}, is read here. {again}"
        )
        .into());
    }
    let manifest: Manifest =
        serde_json::from_value(value).map_err(|error| format!("{file} is damaged ({error}). {again}"))?;
    if manifest.labels.is_empty() || manifest.backbone.num_features == 0 {
        return Err(format!("{file} names no classes, or rows without features. {again}").into());
    }
    if !manifest.labels.is_sorted_by(|a, b| a < b) {
        return Err(format!("{file}: its labels are out of order, or one is there twice. {again}").into());
    }
    Ok(manifest)
}

/// A safetensors header, and where what is behind it begins.
struct Header {
    value: Value,
    start: u64,
    /// Of all behind it.
    bytes: u64,
}

impl Header {
    fn read(file: &mut File) -> Result<Self, Box<dyn Error>> {
        let length = bytes_at(file, 0, 8)?;
        let length = length.as_chunks().0.first().map_or(0, |eight| u64::from_le_bytes(*eight));
        if length > MAX_HEADER_BYTES {
            return Err(format!("its header is said to have {length} bytes. It is no shard.").into());
        }
        let value = serde_json::from_slice(&bytes_at(file, 8, length as usize)?)
            .map_err(|error| format!("its header is damaged ({error})"))?;
        let (start, end) = (8 + length, file.metadata()?.len());
        Ok(Self { value, start, bytes: end.saturating_sub(start) })
    }

    fn check_backbone(&self, expected: &Backbone) -> Result<(), Box<dyn Error>> {
        let about = |key: &str| self.value["__metadata__"][key].as_str().unwrap_or("nothing").to_string();
        if about("format") != FORMAT || about("version") != VERSION.to_string() {
            return Err(format!(
                "it is of {} version {}; {FORMAT} version {VERSION} is read here.",
                about("format"),
                about("version")
            )
            .into());
        }
        let (name, sha256) = (about("backbone"), about("backbone_sha256"));
        if name != expected.name || sha256 != expected.sha256 {
            let short = |text: &str| text.get(..8).unwrap_or(text).to_string();
            return Err(format!(
                "its features are of {name} (weights {}…), and the manifest's of {} (weights {}…). Extract them anew by one backbone.",
                short(&sha256), expected.name, short(&expected.sha256)
            ).into());
        }
        Ok(())
    }

    /// Where a tensor of this shape and type begins.
    fn place(&self, shape: &str, name: &str, dtype: &str) -> Result<u64, Box<dyn Error>> {
        let entry = &self.value[name];
        let found = entry["shape"].to_string().replace(',', ", ");
        if found != shape || entry["dtype"] != dtype {
            return Err(format!(
                "its {name} are {} {found}, and should be {dtype} {shape}. Extract it again.",
                entry["dtype"]
            )
            .into());
        }
        let numbers = shape.trim_matches(['[', ']']).split(", ").filter_map(|text| text.parse::<u64>().ok());
        let each = if dtype == "U8" { 1 } else { 4 };
        let bytes = numbers.into_iter().try_fold(each, |bytes: u64, number| bytes.checked_mul(number));
        let [begin, end] = [0, 1].map(|at| entry["data_offsets"][at].as_u64());
        match (begin, end) {
            (Some(begin), Some(end))
                if bytes.is_some_and(|bytes| begin.checked_add(bytes) == Some(end)) && end <= self.bytes =>
            {
                Ok(self.start + begin)
            }
            _ => Err(format!("its {name} lie outside of it. Extract it again.").into()),
        }
    }
}

fn bytes_at(file: &mut File, at: u64, length: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut bytes = vec![0; length];
    file.seek(SeekFrom::Start(at))?;
    file.read_exact(&mut bytes).map_err(|error| format!("it is cut off ({error})"))?;
    Ok(bytes)
}

/// SHA-256 of a whole file, piece by piece.
fn hash(file: &mut File) -> Result<String, Box<dyn Error>> {
    let (mut digest, mut piece) = (Sha256::new(), vec![0; PIECE_BYTES]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            length => digest.update(&piece[..length]),
        }
    }
}

/// Rows of one file, `(number, place)` by number, to their places in `features`.
fn read_rows(shard: &Shard, rows: &[(usize, usize)], width: usize, features: &mut [f32]) -> std::io::Result<()> {
    let mut file = File::open(&shard.path)?;
    let mut bytes = Vec::new();
    let most = (PIECE_BYTES / (4 * width)).max(1);
    let mut left = rows;
    while let Some((start, _)) = left.first() {
        let near = left.windows(2).take_while(|pair| pair[1].0 - pair[0].0 <= GAP && pair[1].0 - start < most).count();
        let (span, others) = left.split_at(near + 1);
        bytes.resize(4 * width * (span[near].0 - start + 1), 0);
        file.seek(SeekFrom::Start(shard.features_at + 4 * (width * (start - shard.first)) as u64))?;
        file.read_exact(&mut bytes)?;
        for (number, place) in span {
            let row = &bytes[4 * width * (number - start)..][..4 * width];
            let numbers = row.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four));
            features[place * width..][..width].iter_mut().zip(numbers).for_each(|(to, from)| *to = from);
        }
        left = others;
    }
    Ok(())
}
