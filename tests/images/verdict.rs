//! What `decode` says of a file, looked at as a person would.

use headstart::image::{Decoded, decode};

/// The code of the refusal, after a look at what the person reads: the file, a whole sentence, and no more than three.
pub fn refusal(name: &str, bytes: &[u8]) -> &'static str {
    let error = match decode(name, bytes) {
        Ok(Decoded { pixels, format }) => panic!("{name} was taken: {format}, {} × {}", pixels.width, pixels.height),
        Err(error) => error,
    };
    let text = error.to_string();
    println!("{name}: {}: {text}", error.code());
    assert!(text.starts_with(&format!("“{name}”")) && text.ends_with('.') && text.len() < 300, "{text}");
    assert_eq!(error.file(), Some(name));
    error.code()
}

/// The picture; a refusal fails the test.
pub fn taken(name: &str, bytes: &[u8]) -> Decoded {
    decode(name, bytes).unwrap_or_else(|error| panic!("{error}"))
}

/// Largest and mean absolute difference.
pub fn difference(ours: &[u8], theirs: &[u8]) -> (u8, f64) {
    assert_eq!(ours.len(), theirs.len());
    let each = || ours.iter().zip(theirs).map(|(a, b)| a.abs_diff(*b));
    (each().max().unwrap_or(0), each().map(f64::from).sum::<f64>() / ours.len() as f64)
}
