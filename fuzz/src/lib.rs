//! What the targets share: `tests/hostile`, and the files to start from, which are made when a target starts.

#[path = "../../tests/hostile/mod.rs"]
mod hostile;

use std::path::PathBuf;

use hostile::{KINDS, Kind};

/// Reads a file of a kind. What it says does not matter, as long as it says it.
pub fn read(name: &str, bytes: &[u8]) {
    if let Some(kind) = kind(name) {
        (kind.read)(bytes);
    }
}

/// Writes the examples of a kind into the first folder among the program's arguments: libFuzzer reads them from there.
pub fn write_examples(name: &str) {
    let folder = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).map(PathBuf::from);
    let (Some(folder), Some(kind)) = (folder.into_iter().find(|path| path.is_dir()), kind(name)) else { return };
    for (number, bytes) in (kind.examples)().iter().enumerate() {
        std::fs::write(folder.join(format!("made-{number}")), bytes).unwrap();
    }
}

fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}
