//! The classifier in a model that TensorFlow.js saved whole: a Teachable Machine export is a network and then dense layers,
//! trained by whoever made it, with the names of its classes in a file beside it.

use serde_json::Value;

use crate::backbone::import::{Source, Tensors, find_layers_model, tfjs};
use crate::backbone::stored::MOST_JSON_BYTES;
use crate::backbone::weights::Weight;
use crate::error::Error;
use crate::head::{Classifier, Dense, Head, HeadKind, Standardizer};
use crate::image::Fit;

/// A dense layer of the topology.
struct Layer {
    name: String,
    activation: String,
}

/// The head of a `model.json`, its shards and its `metadata.json` in any order; `None` where the files are of another
/// kind, or end in something else than dense layers with relu between and softmax at the end.
///
/// # Errors
/// [`Error::WeightsInvalid`] where a layer's numbers are not whole, or there are not as many names as classes.
pub fn open_head(files: &[Source]) -> Result<Option<Head>, Error> {
    let Some(main) = find_layers_model(files)? else { return Ok(None) };
    let (file, whole) = (&files[main].name, 0..files[main].bytes.size());
    let invalid = |reason: String| Error::WeightsInvalid { file: file.clone(), reason };
    let json: Value = serde_json::from_slice(&files[main].bytes.read(whole)?)
        .map_err(|error| invalid(format!("not whole as JSON: {error}")))?;
    let mut layers = Vec::new();
    dense_layers(&json["modelTopology"], &mut layers);
    let Some((last, before)) = layers.split_last() else { return Ok(None) };
    if last.activation != "softmax" || before.iter().any(|layer| layer.activation != "relu") {
        return Ok(None);
    }
    let (mut tensors, _) = tfjs::read(files, main)?;
    let dense = layers.iter().map(|layer| dense(&layer.name, &mut tensors).and_then(|found| found.map_err(&invalid)));
    let classifier = Classifier { layers: dense.collect::<Result<Vec<_>, _>>()? };
    let sizes: Vec<[usize; 2]> = classifier.layers.iter().map(Dense::sizes).collect();
    if let Some(pair) = sizes.windows(2).find(|pair| pair[0][1] != pair[1][0]) {
        return Err(invalid(format!("a dense layer gives {} numbers, and the next reads {}", pair[0][1], pair[1][0])));
    }
    let (num_features, num_classes) = (sizes[0][0], sizes[sizes.len() - 1][1]);
    let labels = labels(files, num_classes)?;
    let kind = if layers.len() == 1 { HeadKind::Linear } else { HeadKind::Mlp };
    let standardizer = Standardizer::identity(num_features);
    let fit = Fit::Crop;
    Ok(Some(Head { kind, labels, standardizer, classifier, neighbors: None, temperature: 1.0, statistics: None, fit }))
}

/// Those of a sequence in its order, whatever it is nested in.
fn dense_layers(value: &Value, found: &mut Vec<Layer>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| dense_layers(item, found)),
        Value::Object(fields) if fields.get("class_name").and_then(Value::as_str) == Some("Dense") => {
            let text = |key: &str| value["config"][key].as_str().unwrap_or_default().to_string();
            found.push(Layer { name: text("name"), activation: text("activation") });
        }
        Value::Object(fields) => fields.values().for_each(|field| dense_layers(field, found)),
        _ => {}
    }
}

/// Kernel `[in, out]` and bias of a layer; zeros where it has no bias. What is wrong with them is a phrase.
fn dense(name: &str, tensors: &mut Tensors) -> Result<Result<Dense, String>, Error> {
    let mut read = |part: &str| -> Result<Option<Weight>, Error> {
        let path = format!("{name}/{part}");
        let at = tensors.iter().position(|(name, _)| *name == path || name.ends_with(&format!("/{path}")));
        at.map(|at| tensors.swap_remove(at).1.read()).transpose()
    };
    let (kernel, bias) = (read("kernel")?, read("bias")?);
    let Some(Weight { shape, values: weight }) = kernel.filter(|kernel| kernel.shape.len() == 2) else {
        return Ok(Err(format!("missing: {name}/kernel")));
    };
    let bias = bias.map_or_else(|| vec![0.0; shape[1]], |bias| bias.values);
    if bias.len() != shape[1] || bias.is_empty() {
        return Ok(Err(format!("{name} has {} biases for {} outputs", bias.len(), shape[1])));
    }
    match weight.iter().chain(&bias).all(|value| value.is_finite()) {
        true => Ok(Ok(Dense { weight, bias })),
        false => Ok(Err(format!("{name} holds a value that is not a finite number"))),
    }
}

/// Of the `metadata.json` among the files; numbers where there is none.
fn labels(files: &[Source], num_classes: usize) -> Result<Vec<String>, Error> {
    let Some(file) = files.iter().find(|file| file.name == "metadata.json") else {
        return Ok((1..=num_classes).map(|number| format!("Class {number}")).collect());
    };
    let invalid = |reason: String| Error::WeightsInvalid { file: file.name.clone(), reason };
    if file.bytes.size() > MOST_JSON_BYTES {
        return Err(invalid("it is larger than that of any model".into()));
    }
    let metadata: Value = serde_json::from_slice(&file.bytes.read(0..file.bytes.size())?)
        .map_err(|error| invalid(format!("not whole as JSON: {error}")))?;
    let labels = metadata["labels"].as_array().into_iter().flatten();
    let labels: Vec<String> = labels.filter_map(Value::as_str).map(String::from).collect();
    match labels.len() == num_classes {
        true => Ok(labels),
        false => Err(invalid(format!("it names {} classes, and the model has {num_classes}", labels.len()))),
    }
}
