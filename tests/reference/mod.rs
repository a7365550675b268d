//! Where the tests find reference data and weights: folders that are not part of the repository.
#![allow(dead_code, reason = "each test uses its part")]

pub mod drawn;

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folder that HEADSTART_DATA names; `None` is said aloud.
pub fn data() -> Option<PathBuf> {
    let folder = env::var_os("HEADSTART_DATA").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: HEADSTART_DATA is not set");
    }
    folder
}

/// The weights of EfficientNet-Lite0: HEADSTART_WEIGHTS, or what the build left in dist/. `None` is said aloud.
pub fn weights() -> Option<Vec<u8>> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/weights/efficientnet-lite0.safetensors");
    let path = env::var_os("HEADSTART_WEIGHTS").map_or(built, PathBuf::from);
    if !path.exists() {
        println!("skipped: no weights at {}; ./build.sh build makes them", path.display());
        return None;
    }
    Some(read(path))
}

/// A whole file.
#[expect(clippy::disallowed_methods, reason = "the core does no I/O, its tests do")]
pub fn read(path: PathBuf) -> Vec<u8> {
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The numbers of one array in an .npz, little-endian as they are stored.
pub fn npy(npz: &Path, name: &str) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(Cursor::new(read(npz.into()))).unwrap();
    let mut bytes = Vec::new();
    archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes.split_off(10 + header)
}

/// NumPy's text: UTF-32, filled up with zeros.
pub fn text(utf32: &[u8]) -> String {
    let points = utf32.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four));
    points.take_while(|point| *point != 0).filter_map(char::from_u32).collect()
}

/// The `count` texts of an array.
pub fn texts(utf32: &[u8], count: usize) -> Vec<String> {
    utf32.chunks_exact(utf32.len() / count).map(text).collect()
}

/// `f32` numbers from their little-endian bytes.
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

/// The pictures in a class folder, in the order of their names.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The half-precision numbers of an array.
pub fn halves(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|two| half(u16::from_le_bytes(*two))).collect()
}

/// IEEE 754 half precision.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023) / 1024.0);
    let size = if exponent == 0 { fraction * 2f32.powi(-14) } else { (1.0 + fraction) * 2f32.powi(exponent - 15) };
    if bits >> 15 == 1 { -size } else { size }
}
