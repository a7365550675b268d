//! The pixels that a backbone sees, for programs in other languages: `scale/` runs one of these beside each worker, so that a
//! JPEG gives there what it gives here, to the bit.
//!
//! `pixels NAME [--fit FIT]` writes one line of JSON that says what it does, then answers each picture of standard input on standard output
//! until it ends. Numbers are little-endian.
//!
//! | | |
//! |---|---|
//! | in | `u32` length of a name, the name, `u32` length of the file, the file |
//! | out, read | `u8` 0, fingerprint `u8 [32]`, pixels `u8 [input_size, input_size, 3]` |
//! | with `--features`, in place of the pixels | `f32 [num_features]` by our own kernels, what `scale/`'s tests compare with |
//! | out, refused | `u8` 1, `u32` length of a reason, the reason |

mod folder;

use std::error::Error;
use std::io::{BufReader, BufWriter, ErrorKind, Read, Write};

use headstart::backbone::spec::BackboneSpec;
use headstart::image::{Fingerprint, Fit, PREPROCESSING, Preprocess, decode, prepare};
use serde_json::json;

use crate::folder::{Extractor, argument, flag};

const HELP: &str = "pixels BACKBONE [--fit crop|pad|region:LEFT,TOP,WIDTH,HEIGHT] [--features] reads pictures from standard input; scale/ starts it.";

fn main() {
    if let Err(error) = run() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let spec = BackboneSpec::named(arguments.first().ok_or(HELP)?)?;
    let fit: Fit = argument(&arguments, "--fit").map_or(Ok(Fit::Crop), |text| text.parse())?;
    let mut extractor = flag(&arguments, "--features").then(|| Extractor::new(Some(spec.name), None)).transpose()?;
    let (mut input, mut output) = (BufReader::new(std::io::stdin()), BufWriter::new(std::io::stdout()));
    let said = json!({
        "decoder": format!("headstart {}", env!("CARGO_PKG_VERSION")),
        "version": PREPROCESSING,
        "input_size": spec.input_size,
        "crop_pct": spec.crop_pct,
        "interpolation": spec.interpolation,
        "fit": fit,
        "fill": spec.preprocess().fill,
    });
    writeln!(output, "{said}")?;
    output.flush()?;
    while let Some(name) = part(&mut input)? {
        let file = part(&mut input)?.ok_or("standard input ends before the file")?;
        answer(&String::from_utf8_lossy(&name), &file, &(spec.preprocess(), fit), extractor.as_mut(), &mut output)?;
        output.flush()?;
    }
    Ok(())
}

fn answer(
    name: &str,
    file: &[u8],
    (wanted, fit): &(Preprocess, Fit),
    extractor: Option<&mut Extractor>,
    output: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    match decode(name, file) {
        Ok(decoded) => {
            output.write_all(&[0])?;
            output.write_all(&bytes_of(&Fingerprint::of(&decoded.pixels))?)?;
            let pixels = prepare(&decoded.pixels, wanted, fit);
            match extractor {
                None => output.write_all(&pixels)?,
                Some(extractor) => {
                    let row = extractor.backbone.forward_features(&pixels);
                    output.write_all(&row.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
                }
            }
        }
        Err(error) => {
            let reason = error.to_string();
            output.write_all(&[1])?;
            output.write_all(&u32::try_from(reason.len())?.to_le_bytes())?;
            output.write_all(reason.as_bytes())?;
        }
    }
    Ok(())
}

/// In the order of its 64 hex digits.
fn bytes_of(fingerprint: &Fingerprint) -> Result<Vec<u8>, Box<dyn Error>> {
    let digits = fingerprint.to_string();
    let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16));
    Ok(pairs.collect::<Result<Vec<_>, _>>()?)
}

/// Bytes behind their length; none where the input ended before it.
fn part(input: &mut impl Read) -> Result<Option<Vec<u8>>, std::io::Error> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut bytes = Vec::new();
    let length = u64::from(u32::from_le_bytes(length));
    if input.take(length).read_to_end(&mut bytes)? as u64 == length {
        Ok(Some(bytes))
    } else {
        Err(ErrorKind::UnexpectedEof.into())
    }
}
