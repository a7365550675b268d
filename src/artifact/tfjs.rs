//! A head as TensorFlow.js's layers model, in the three files of a Teachable Machine export.
//!
//! Input `f32 [n, num_features]`, not standardised; output probabilities. Its layers know neither a standardisation nor a
//! temperature, so both are folded into the dense layers. Does not hold the backbone.

use serde_json::{Value, json};

use crate::artifact::head_file::layer_names;
use crate::backbone::import::File;
use crate::backbone::spec::BackboneSpec;
use crate::error::Error;
use crate::head::{Dense, Head};

/// `model.json`, `weights.bin` and `metadata.json`.
///
/// # Errors
/// [`Error::NeighborsInLayers`] of nearest neighbours; [`Error::WeightsInvalid`] never in practice: all are numbers and text.
pub fn layers_model_from_head(head: &Head, spec: &BackboneSpec) -> Result<Vec<File>, Error> {
    if head.neighbors.is_some() {
        return Err(Error::NeighborsInLayers);
    }
    let layers = folded(head);
    let names = layer_names(layers.len());
    let (mut weights, mut entries, mut configs) = (Vec::new(), Vec::new(), Vec::new());
    for (number, (name, layer)) in names.iter().zip(&layers).enumerate() {
        let [d_in, d_out] = layer.sizes();
        let activation = if number + 1 == layers.len() { "softmax" } else { "relu" };
        configs.push(dense(name, [d_in, d_out], activation, number == 0));
        for (part, shape, values) in [("kernel", vec![d_in, d_out], &layer.weight), ("bias", vec![d_out], &layer.bias)]
        {
            entries.push(json!({ "name": format!("{name}/{part}"), "shape": shape, "dtype": "float32" }));
            weights.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        }
    }
    let model = json!({
        "format": "layers-model",
        "generatedBy": concat!("headstart ", env!("CARGO_PKG_VERSION")),
        "convertedBy": null,
        "modelTopology": { "class_name": "Sequential", "config": { "name": "head", "layers": configs }, "keras_version": "tfjs-layers 4.22.0", "backend": "tensor_flow.js" },
        "weightsManifest": [{ "paths": ["weights.bin"], "weights": entries }],
    });
    let metadata = json!({
        "packageName": "headstart",
        "packageVersion": env!("CARGO_PKG_VERSION"),
        "modelName": "headstart-head",
        "labels": head.labels,
        "imageSize": spec.input_size,
        "userMetadata": { "backbone": spec.name, "backboneSha256": spec.sha256, "numFeatures": spec.num_features },
    });
    let file = |name: &str, bytes| File { name: name.into(), bytes };
    let text = |value: &Value| {
        let invalid =
            |error: serde_json::Error| Error::WeightsInvalid { file: "head".into(), reason: error.to_string() };
        serde_json::to_vec_pretty(value).map_err(invalid)
    };
    Ok(vec![file("model.json", text(&model)?), file("weights.bin", weights), file("metadata.json", text(&metadata)?)])
}

fn dense(name: &str, [d_in, d_out]: [usize; 2], activation: &str, is_first: bool) -> Value {
    let mut config =
        json!({ "name": name, "units": d_out, "activation": activation, "use_bias": true, "dtype": "float32" });
    if is_first {
        config["batch_input_shape"] = json!([null, d_in]);
    }
    json!({ "class_name": "Dense", "config": config })
}

/// `w · (x − mean) / std + b = (w / std) · x + (b − w · mean / std)`, in double precision; the last layer over the temperature.
fn folded(head: &Head) -> Vec<Dense> {
    let mut layers = head.classifier.layers.clone();
    if let Some(Dense { weight, bias }) = layers.first_mut() {
        let width = bias.len();
        let mut sums: Vec<f64> = bias.iter().map(|value| f64::from(*value)).collect();
        let statistics = head.standardizer.mean.iter().zip(&head.standardizer.std);
        for (row, (mean, std)) in weight.chunks_exact_mut(width).zip(statistics) {
            for (value, sum) in row.iter_mut().zip(&mut sums) {
                let scaled = f64::from(*value) / f64::from(*std);
                *sum -= scaled * f64::from(*mean);
                *value = scaled as f32;
            }
        }
        *bias = sums.into_iter().map(|sum| sum as f32).collect();
    }
    if let Some(Dense { weight, bias }) = layers.last_mut() {
        weight.iter_mut().chain(bias).for_each(|value| *value /= head.temperature);
    }
    layers
}
