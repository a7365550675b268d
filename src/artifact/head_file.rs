//! A trained head as safetensors: PyTorch's names and layout, class names and backbone in the metadata.
//!
//! | tensor | shape |
//! |---|---|
//! | `standardize.mean`, `standardize.std` | `[num_features]` |
//! | `fc1.weight`, `fc2.weight` … (MLP only, one a hidden layer), `classifier.weight` | `[out, in]` |
//! | `fc1.bias`, `fc2.bias` … (MLP only), `classifier.bias` | `[out]` |
//! | `neighbors.rows` (nearest neighbours only, in place of the layers), standardised, each of length one | `[n, num_features]` |
//! | `neighbors.classes` (the same), numbers of classes | `[n]` |
//! | `batch_norm.mean`, `batch_norm.var` (where the backbone is not to use its own) | `[channels of all layers]` |
//!
//! `logits = classifier(relu(fc2(relu(fc1((x − mean) / std)))))`, or what [`crate::head::neighbors`] says; probabilities
//! `softmax(logits / temperature)`. The metadata key `headstart` holds a JSON object,
//! see [`Card`]. Does not hold the backbone.

mod neighbors;

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use crate::backbone::spec::BackboneSpec;
use crate::backbone::weights::{Weight, Weights, safetensors_from, weight_from_view};
use crate::error::Error;
use crate::head::neighbors::NeighborWeights;
use crate::head::{Classifier, ClassifierConfig, Dense, HIDDEN, Head, HeadKind, Standardizer, check_hidden};
use crate::run::batch_norm::{Statistics, norms};

/// The only metadata key: with one, the same head gives the same bytes.
const KEY: &str = "headstart";
/// Of the layout above.
const VERSION: u32 = 1;
/// With nearest neighbours, which earlier versions of headstart do not know: they refuse the file by this number.
const WITH_NEIGHBORS: u32 = 2;
const MEAN: &str = "batch_norm.mean";
const VAR: &str = "batch_norm.var";

/// What a head's file says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Of this format.
    pub version: u32,
    /// Name of the backbone whose rows the head reads.
    pub backbone: String,
    /// SHA-256 of the backbone's weights.
    pub backbone_sha256: String,
    /// Which head.
    pub head: HeadKind,
    /// Widths of the hidden layers, where they are not [`HIDDEN`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Vec<usize>>,
    /// How many neighbours vote, where the head is nearest neighbours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbors: Option<usize>,
    /// How much each of their votes counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbor_weights: Option<NeighborWeights>,
    /// Class names in the order of the logits.
    pub labels: Vec<String>,
    /// Fitted on validation; see [`crate::calibration`].
    #[serde(default = "one")]
    pub temperature: f32,
}

/// A file without a temperature.
fn one() -> f32 {
    1.0
}

impl Card {
    /// The card of a head on a backbone.
    pub fn new(head: &Head, backbone: &str, backbone_sha256: &str) -> Self {
        let [backbone, backbone_sha256] = [backbone, backbone_sha256].map(String::from);
        let (labels, temperature) = (head.labels.clone(), head.temperature);
        let hidden = Some(head.hidden()).filter(|hidden| head.kind == HeadKind::Mlp && *hidden != HIDDEN);
        let voting = head.neighbors.as_ref();
        Self {
            version: if voting.is_some() { WITH_NEIGHBORS } else { VERSION },
            backbone,
            backbone_sha256,
            head: head.kind,
            hidden,
            neighbors: voting.map(|voting| voting.n_neighbors),
            neighbor_weights: voting.map(|voting| voting.weights),
            labels,
            temperature,
        }
    }
}

/// Writes a head. The same head gives the same bytes.
///
/// # Errors
/// [`Error::WeightsInvalid`] where the head is not whole.
pub fn safetensors_from_head(head: &Head, card: &Card) -> Result<Vec<u8>, Error> {
    let mut weights = Weights::new();
    let rows = |values: &Vec<f32>| Weight { shape: vec![values.len()], values: values.clone() };
    weights.insert("standardize.mean".into(), rows(&head.standardizer.mean));
    weights.insert("standardize.std".into(), rows(&head.standardizer.std));
    let names = layer_names(head.classifier.layers.len());
    for (name, layer) in names.iter().zip(&head.classifier.layers) {
        let [d_in, d_out] = layer.sizes();
        let values = transposed(&layer.weight, d_out);
        weights.insert(format!("{name}.weight"), Weight { shape: vec![d_out, d_in], values });
        weights.insert(format!("{name}.bias"), rows(&layer.bias));
    }
    if let Some(voting) = &head.neighbors {
        neighbors::write(voting, &mut weights);
    }
    if let Some(Statistics { mean, var }) = &head.statistics {
        weights.insert(MEAN.into(), rows(mean));
        weights.insert(VAR.into(), rows(var));
    }
    let json = serde_json::to_string(card).map_err(|error| invalid("head", error.to_string()))?;
    safetensors_from(&weights, Some([KEY, &json]))
}

/// Reads a head that [`safetensors_from_head`] wrote.
///
/// # Errors
/// [`Error::WeightsInvalid`] names `file` and what is wrong with it.
pub fn head_from_safetensors(file: &str, bytes: &[u8]) -> Result<(Head, Card), Error> {
    let wrong = |reason: String| invalid(file, reason);
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| wrong(format!("not safetensors: {error}")))?;
    let json = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
    let json = json.ok_or_else(|| wrong("not a head of headstart: its metadata lack the key 'headstart'".into()))?;
    let card: Card = serde_json::from_str(json).map_err(|error| wrong(format!("its metadata: {error}")))?;
    if ![VERSION, WITH_NEIGHBORS].contains(&card.version) {
        return Err(wrong(format!("version {} of the format; this headstart reads {WITH_NEIGHBORS}", card.version)));
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| wrong(error.to_string()))?;
    let tensor = |name: &str, shape: &[usize]| -> Result<Vec<f32>, Error> {
        let view = tensors.tensor(name).map_err(|_| wrong(format!("missing: {name}")))?;
        let weight = weight_from_view(name, &view).map_err(wrong)?;
        match weight.shape == shape {
            true => Ok(weight.values),
            false => Err(wrong(format!("{name} {:?} instead of {shape:?}", weight.shape))),
        }
    };
    let num_features = tensors.tensor("standardize.mean").map_or(0, |view| view.shape().iter().product());
    let standardizer = Standardizer {
        mean: tensor("standardize.mean", &[num_features])?,
        std: tensor("standardize.std", &[num_features])?,
    };
    check_hidden(card.hidden.as_deref().unwrap_or(&HIDDEN)).map_err(|error| wrong(error.to_string()))?;
    let classifier = layers_of(&card, num_features, &tensor)?;
    let voting = if card.head == HeadKind::Neighbors {
        Some(neighbors::read(&card, &tensors, num_features).map_err(wrong)?)
    } else {
        None
    };
    if !(card.temperature.is_finite() && card.temperature > 0.0) {
        return Err(wrong(format!("temperature {}", card.temperature)));
    }
    let has_statistics = tensors.tensor(MEAN).is_ok();
    let channels = tensors.tensor(MEAN).map_or(0, |view| view.shape().iter().product());
    let statistics = || Ok(Statistics { mean: tensor(MEAN, &[channels])?, var: tensor(VAR, &[channels])? });
    let statistics = has_statistics.then(statistics).transpose()?;
    let (labels, temperature) = (card.labels.clone(), card.temperature);
    let kind = card.head;
    Ok((Head { kind, labels, standardizer, classifier, neighbors: voting, temperature, statistics }, card))
}

/// The dense layers of a head; none of nearest neighbours.
fn layers_of(
    card: &Card,
    num_features: usize,
    tensor: &impl Fn(&str, &[usize]) -> Result<Vec<f32>, Error>,
) -> Result<Classifier, Error> {
    let hidden = card.hidden.clone().unwrap_or(HIDDEN.to_vec());
    let sizes = ClassifierConfig { kind: card.head, hidden, num_features, num_classes: card.labels.len() }.layers();
    let mut layers = Vec::new();
    for (name, [d_in, d_out]) in layer_names(sizes.len()).iter().zip(sizes) {
        let weight = transposed(&tensor(&format!("{name}.weight"), &[d_out, d_in])?, d_in);
        layers.push(Dense { weight, bias: tensor(&format!("{name}.bias"), &[d_out])? });
    }
    Ok(Classifier { layers })
}

/// Reads a head for this network.
///
/// # Errors
/// [`Error::OtherBackbone`] where it was trained on another one's features, else as [`head_from_safetensors`].
pub fn head_for(spec: &BackboneSpec, file: &str, bytes: &[u8]) -> Result<Head, Error> {
    let (head, card) = head_from_safetensors(file, bytes)?;
    let named = |name: &str, sha256: &str| format!("{name} (weights {}…)", &sha256[..sha256.len().min(8)]);
    match card.backbone == spec.name && card.backbone_sha256 == spec.sha256 {
        true if head.standardizer.mean.len() == spec.num_features && !head.labels.is_empty() => {
            let channels = norms(&(spec.plan)()).iter().map(|norm| norm.channels).sum::<usize>();
            match head.statistics.as_ref().map_or(channels, |statistics| statistics.mean.len()) {
                found if found == channels => Ok(head),
                found => Err(invalid(file, format!("{MEAN} has {found} channels instead of {channels}"))),
            }
        }
        true => {
            let reason = format!("{} features and {} classes", head.standardizer.mean.len(), head.labels.len());
            Err(invalid(file, reason))
        }
        false => Err(Error::OtherBackbone {
            file: file.into(),
            theirs: named(&card.backbone, &card.backbone_sha256),
            ours: named(spec.name, &spec.sha256),
        }),
    }
}

/// Names of a head's dense layers, of which there are so many.
pub(super) fn layer_names(layers: usize) -> Vec<String> {
    (1..layers).map(|i| format!("fc{i}")).chain(["classifier".into()]).collect()
}

/// `[n, columns]` → `[columns, n]`
pub(super) fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    let n = values.len() / columns.max(1);
    (0..values.len()).map(|at| values[at % n * columns + at / n]).collect()
}

fn invalid(file: &str, reason: String) -> Error {
    Error::WeightsInvalid { file: file.into(), reason }
}
