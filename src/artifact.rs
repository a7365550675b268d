//! What leaves headstart: files that other programs read.

pub mod head_file;
pub mod onnx;
