//! What was trained as ONNX, opset 17: runs wherever an ONNX runtime does, with the same answers.
//!
//! | graph | input | outputs |
//! |---|---|---|
//! | [`onnx_from_head`] | `features` f32 `[N, num_features]` | `probabilities` f32 `[N, num_classes]` |
//! | [`onnx_from_network`] | `pixels_normalized` f32 `[N, 3, size, size]`, red first | the same, and `features` |
//!
//! Decoding, resizing and normalising a picture is left to the caller, as the metadata say: `mean` and `std` are of pixels
//! 0–255, `crop_pct` and `interpolation` are timm's; `fit` and `fill` where it is not the centre that is seen. The same head and weights give the same bytes.

mod graph;
mod neighbors;
mod network;
mod proto;

use prost::Message;

use crate::artifact::head_file::{layer_names, transposed};
use crate::artifact::onnx::graph::{Graph, int};
use crate::artifact::onnx::proto::{GraphProto, ModelProto, OperatorSetIdProto, StringStringEntryProto};
use crate::backbone::spec::BackboneSpec;
use crate::backbone::weights::Weights;
use crate::error::Error;
use crate::head::Head;

/// Of ONNX 1.12; every runtime since mid-2022 reads it.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;

/// A head alone.
pub fn onnx_from_head(head: &Head, spec: &BackboneSpec) -> Vec<u8> {
    let mut graph = Graph::default();
    graph.input("features", &[spec.num_features]);
    append_head(&mut graph, head, "features");
    graph.output("probabilities", &[head.labels.len()]);
    model(graph.finish("headstart head"), head, spec)
}

/// A backbone with its head; `weights` are those of `spec.plan`, and are spent.
///
/// # Errors
/// [`Error::WeightsInvalid`] where a weight of the plan is not in `weights`.
pub fn onnx_from_network(weights: Weights, head: &Head, spec: &BackboneSpec) -> Result<Vec<u8>, Error> {
    let plan = (spec.plan)();
    let weights = head.adapt(&plan, weights)?;
    let mut graph = Graph::default();
    graph.input("pixels_normalized", &[plan.input.channels, plan.input.height, plan.input.width]);
    let features = network::append(&mut graph, &plan, weights, "pixels_normalized")?;
    append_head(&mut graph, head, &features);
    graph.output("probabilities", &[head.labels.len()]);
    graph.output("features", &[spec.num_features]);
    Ok(model(graph.finish(&format!("headstart {}", spec.name)), head, spec))
}

/// `softmax(logits / temperature)` of standardised rows.
fn append_head(graph: &mut Graph, head: &Head, features: &str) {
    let statistics = [("mean", &head.standardizer.mean), ("std", &head.standardizer.std)];
    let [mean, std] =
        statistics.map(|(name, values)| graph.weight(&format!("standardize.{name}"), &[values.len()], values));
    let centered = graph.push("Sub", "standardize/centered", &[features, &mean], vec![]);
    let value = graph.push("Div", "standardize", &[&centered, &std], vec![]);
    let logits = match &head.neighbors {
        Some(voting) => neighbors::append(graph, voting, &value),
        None => append_layers(graph, head, value),
    };
    let temperature = graph.number("temperature", head.temperature);
    let scaled = graph.push("Div", "scaled", &[&logits, &temperature], vec![]);
    graph.push("Softmax", "probabilities", &[&scaled], vec![int("axis", 1)]);
}

/// Dense layers; gives the name of their logits.
fn append_layers(graph: &mut Graph, head: &Head, mut value: String) -> String {
    let names = layer_names(head.classifier.layers.len());
    for (number, (name, layer)) in names.iter().zip(&head.classifier.layers).enumerate() {
        let [d_in, d_out] = layer.sizes();
        // PyTorch's layout, as in the head's own file.
        let weight = graph.weight(&format!("{name}.weight"), &[d_out, d_in], &transposed(&layer.weight, d_out));
        let bias = graph.weight(&format!("{name}.bias"), &[d_out], &layer.bias);
        value = graph.push("Gemm", name, &[&value, &weight, &bias], vec![int("transB", 1)]);
        if number + 1 < names.len() {
            value = graph.push("Relu", &format!("{name}/relu"), &[&value], vec![]);
        }
    }
    value
}

fn model(graph: GraphProto, head: &Head, spec: &BackboneSpec) -> Vec<u8> {
    ModelProto {
        ir_version: IR_VERSION,
        producer_name: "headstart".into(),
        producer_version: env!("CARGO_PKG_VERSION").into(),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto { version: OPSET }],
        metadata_props: metadata(head, spec)
            .into_iter()
            .map(|(key, value)| StringStringEntryProto { key: key.into(), value })
            .collect(),
    }
    .encode_to_vec()
}

/// What a caller must know besides the graph. Lists are JSON.
fn metadata(head: &Head, spec: &BackboneSpec) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("labels", serde_json::json!(head.labels).to_string()),
        ("backbone", spec.name.into()),
        ("backbone_sha256", spec.sha256.to_string()),
        ("input_size", spec.input_size.to_string()),
        // As text: JSON's double precision would write 0.882 as 0.8820000290870667.
        ("mean", format!("{:?}", spec.mean)),
        ("std", format!("{:?}", spec.std)),
        ("crop_pct", spec.crop_pct.to_string()),
        ("interpolation", format!("{:?}", spec.interpolation).to_lowercase()),
    ];
    if !head.fit.is_crop() {
        all.push(("fit", head.fit.to_string()));
        all.push(("fill", format!("{:?}", spec.preprocess().fill)));
    }
    if head.statistics.is_some() {
        all.push(("batch_norm", "statistics of the training images, not those of backbone_sha256".into()));
    }
    all
}
