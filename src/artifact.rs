//! What leaves headstart: files that other programs read.

pub mod head_file;
pub mod samples;
pub mod tfjs;
pub mod onnx;
pub mod pytorch;
pub mod model_card;
pub mod export;
