//! A run as a file between two epochs: whoever goes on from it ends with the same weights, bit for bit on the CPU.
//!
//! Holds weights, kept weights and the optimiser's state as safetensors, and in its one metadata key what the epochs
//! left. Random numbers need no place: seed and epoch decide them.

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::backbone::weights::{Weight, Weights, safetensors_from, weight_from_view};
use crate::error::Error;
use crate::train::epochs::{Stepper, Training, random};
use crate::train::{Epoch, FitConfig, TrainingSet};

/// The only metadata key.
const KEY: &str = "headstart-checkpoint";
/// Of the layout.
const VERSION: u32 = 1;

/// What is not a tensor. Numbers with a point travel as their bits: JSON would lose infinity, and perhaps the last digit.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    version: u32,
    /// Of the set and the configuration.
    run: String,
    /// Who took the steps, for the layout of the tensors.
    stepper: String,
    steps: i32,
    best: usize,
    rate: [u64; 2],
    waits: [usize; 2],
    history: Vec<[u64; 6]>,
}

/// Names the run that these rows and options make: another set or another option is another run.
pub fn run_name(set: &TrainingSet, config: &FitConfig) -> String {
    let mut hash = Sha256::new();
    let options = serde_json::to_string(&(config, &set.labels, set.num_features));
    hash.update(options.unwrap_or_default());
    for rows in [&set.train, &set.validation] {
        rows.classes.iter().for_each(|class| hash.update((*class as u64).to_le_bytes()));
        rows.features.iter().for_each(|value| hash.update(value.to_le_bytes()));
    }
    set.views.iter().for_each(|value| hash.update(value.to_le_bytes()));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl<S: Stepper> Training<S> {
    /// The run as it is after an epoch.
    pub(super) async fn checkpoint(&self, run: &str) -> Result<Vec<u8>, Error> {
        let mut weights = Weights::new();
        for (at, values) in self.stepper.save().await?.into_iter().enumerate() {
            weights.insert(format!("{at:04}"), Weight { shape: vec![values.len()], values });
        }
        let (rate, waits) = self.learning_rate.state();
        let progress = Progress {
            version: VERSION,
            run: run.into(),
            stepper: S::NAME.into(),
            steps: self.steps,
            best: self.best,
            rate: rate.map(f64::to_bits),
            waits,
            history: self.history.iter().map(bits_of).collect(),
        };
        let json = serde_json::to_string(&progress).map_err(|error| invalid(error.to_string()))?;
        safetensors_from(&weights, Some([KEY, &json]))
    }

    /// Goes on from a checkpoint of the same run.
    pub(super) fn resume(&mut self, run: &str, bytes: &[u8]) -> Result<(), Error> {
        let progress = progress_of(bytes)?;
        if (progress.version, progress.run.as_str(), progress.stepper.as_str()) != (VERSION, run, S::NAME) {
            return Err(invalid("it belongs to another run".into()));
        }
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| invalid(error.to_string()))?;
        let mut numbers = Vec::new();
        for at in 0..tensors.len() {
            let name = format!("{at:04}");
            let view = tensors.tensor(&name).map_err(|_| invalid(format!("missing: {name}")))?;
            numbers.push(weight_from_view(&name, &view).map_err(invalid)?.values);
        }
        if progress.best >= progress.history.len() || !self.stepper.load(numbers) {
            return Err(invalid("its sizes are others".into()));
        }
        self.learning_rate.restore(progress.rate.map(f64::from_bits), progress.waits);
        self.steps = progress.steps;
        self.best = progress.best;
        self.history = progress.history.iter().enumerate().map(|(at, bits)| epoch_of(at + 1, bits)).collect();
        self.random = random(self.config.seed, self.history.len() + 1);
        Ok(())
    }
}

fn progress_of(bytes: &[u8]) -> Result<Progress, Error> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| invalid(error.to_string()))?;
    let json = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
    let json = json.ok_or_else(|| invalid(format!("its metadata lack the key '{KEY}'")))?;
    serde_json::from_str(json).map_err(|error| invalid(error.to_string()))
}

fn bits_of(epoch: &Epoch) -> [u64; 6] {
    let Epoch { loss, accuracy, val_loss, val_accuracy, learning_rate, seconds, .. } = epoch;
    [*loss, *accuracy, *val_loss, *val_accuracy, *learning_rate, *seconds].map(f64::to_bits)
}

fn epoch_of(epoch: usize, bits: &[u64; 6]) -> Epoch {
    let [loss, accuracy, val_loss, val_accuracy, learning_rate, seconds] = bits.map(f64::from_bits);
    Epoch { epoch, loss, accuracy, val_loss, val_accuracy, learning_rate, seconds }
}

fn invalid(reason: String) -> Error {
    Error::WeightsInvalid { file: "checkpoint".into(), reason }
}
