//! The checks that come with an export, run as a user runs them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::{env, fs};

use headstart::backbone::import::File;

use crate::reference::read;

/// Writes an export where Node finds this repository's packages.
pub fn written(name: &str, files: &[File]) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("export");
    fs::create_dir_all(home.join(name).join("samples")).unwrap();
    // Anew, since a target folder that is kept may have the link of another checkout.
    static LINKED: Once = Once::new();
    LINKED.call_once(|| {
        let modules = home.join("node_modules");
        let _ = fs::remove_file(&modules);
        std::os::unix::fs::symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules"), modules).unwrap();
    });
    files.iter().for_each(|File { name: file, bytes }| fs::write(home.join(name).join(file), bytes).unwrap());
    home.join(name)
}

/// What a file of an export has.
pub fn content<'a>(files: &'a [File], name: &str) -> &'a [u8] {
    &files.iter().find(|file| file.name == name).unwrap().bytes
}

/// What a check said, and whether it passed; none where its tools are missing.
pub type Verdict = Option<(bool, String)>;

fn verdict(mut command: Command, folder: &Path) -> Verdict {
    let output = command.current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    println!("{said}");
    Some((output.status.success(), said))
}

fn in_node(folder: &Path, package: &str) -> Verdict {
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules").join(package).exists() {
        println!("skipped: node_modules has no {package}; ./build.sh build installs it");
        return None;
    }
    let mut command = Command::new("node");
    command.arg("check.mjs");
    verdict(command, folder)
}

fn in_python(folder: &Path, packages: &str) -> Verdict {
    let python = env::var("HEADSTART_PYTHON").unwrap_or("python3".into());
    let has = Command::new(&python).args(["-c", &format!("import {packages}")]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        println!("skipped: no python3 with {packages}");
        return None;
    }
    let mut command = Command::new(python);
    command.arg("check.py");
    verdict(command, folder)
}

/// Of a model for elsewhere, by ONNX Runtime in Node and in Python.
pub fn in_onnx_runtime(folder: &Path) -> [Verdict; 2] {
    [in_node(folder, "onnxruntime-web"), in_python(folder, "numpy, PIL, onnxruntime")]
}

pub fn in_pytorch(folder: &Path) -> Verdict {
    in_python(folder, "numpy, PIL, torch, safetensors")
}

pub fn in_tfjs(folder: &Path) -> Verdict {
    in_node(folder, "@tensorflow/tfjs-layers")
}

/// Adds 10 to the number at byte `at` of a file.
pub fn spoil(file: &Path, at: usize) {
    let mut bytes = read(file.into());
    let four: [u8; 4] = bytes[at..at + 4].try_into().unwrap();
    bytes[at..at + 4].copy_from_slice(&(f32::from_le_bytes(four) + 10.0).to_le_bytes());
    fs::write(file, bytes).unwrap();
}

/// Where a file has these numbers.
pub fn place(file: &Path, numbers: &[f32]) -> usize {
    let pattern: Vec<u8> = numbers.iter().flat_map(|value| value.to_le_bytes()).collect();
    read(file.into()).windows(pattern.len()).position(|window| window == pattern).unwrap()
}

pub fn passes(verdict: Verdict, compared: usize) {
    let Some((passed, said)) = verdict else { return };
    assert!(passed, "{said}");
    assert_eq!(said.lines().filter(|line| line.starts_with("pass ")).count(), compared, "{said}");
}

/// Fails by its figures, not only by a hash.
pub fn fails(verdict: Verdict, what: &str) {
    let Some((passed, said)) = verdict else { return };
    assert!(!passed, "{said}");
    let found = said.lines().any(|line| line.starts_with("FAIL") && line.contains(what) && line.contains("difference"));
    assert!(found, "{said}");
    assert!(said.lines().any(|line| line.starts_with("FAIL") && line.contains("SHA-256")), "{said}");
}
