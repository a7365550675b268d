//! One run of the lab: a head in training, and the moving averages of its backbone.

use crate::device::Device;
use crate::error::Error;
use crate::head::Standardizer;
use crate::lab::config::{BatchNormPolicy, RunConfig};
use crate::lab::outcome::{RunEpoch, RunResult};
use crate::lab::table::Table;
use crate::lab::task::Task;
use crate::lab::{LabBackbone, LabImages};
use crate::run::batch_norm::{Batch, Statistics};
use crate::train::{FitConfig, Fitted, HeadTrainer, Rows};

/// One policy's head.
pub struct Run {
    config: RunConfig,
    /// What holds in training; the stored statistics where the backbone has no BatchNorm.
    pub training: BatchNormPolicy,
    /// The same in validation.
    pub validation: BatchNormPolicy,
    trainer: HeadTrainer,
    /// Moved by each batch where a policy says so.
    pub averages: Statistics,
    updates: usize,
    epochs: Vec<RunEpoch>,
    /// As the last epoch saw them.
    validated: Rows,
}

impl Run {
    /// From the seed of `fit` and the stored averages on.
    pub fn new(config: RunConfig, fit: &FitConfig, images: &LabImages, backbone: &LabBackbone) -> Self {
        let identity = Standardizer::identity(images.num_features);
        let labels = images.labels.clone();
        let policies = [config.policy, config.validation_policy.unwrap_or(config.policy.in_validation())];
        // Without BatchNorm there is nothing to choose.
        let [training, validation] = if backbone.norms.is_empty() { [BatchNormPolicy::Stored; 2] } else { policies };
        let mut trainer = HeadTrainer::new(labels, images.num_features, identity, fit, &Device::Cpu);
        trainer.weigh(&images.train.iter().map(|at| images.classes[*at]).collect::<Vec<_>>());
        Self {
            config: RunConfig { validation_policy: Some(policies[1]), ..config },
            training,
            validation,
            trainer,
            averages: backbone.stored.clone(),
            updates: 0,
            epochs: Vec::new(),
            validated: Rows::default(),
        }
    }

    /// Whether each epoch needs the backbone on its batches.
    pub fn needs_batches(&self) -> bool {
        self.trains_on_batches() || self.moves_averages()
    }

    fn trains_on_batches(&self) -> bool {
        matches!(self.training, BatchNormPolicy::Batch | BatchNormPolicy::Updated)
    }

    fn moves_averages(&self) -> bool {
        [self.training, self.validation].contains(&BatchNormPolicy::Updated)
    }

    /// One step on these images: on the batch's rows, or on those of `table`.
    pub fn step(&mut self, batch: Option<&Batch>, table: &Table, images: &[usize], classes: &[usize]) {
        match batch.filter(|_| self.trains_on_batches()) {
            Some(batch) => self.trainer.step(&batch.features, classes),
            None => self.trainer.step(&table.gather(images), classes),
        }
        if let Some(batch) = batch.filter(|_| self.moves_averages()) {
            self.averages.move_towards(&batch.statistics, self.config.momentum);
            self.updates += 1;
        }
    }

    /// Whether a task's rows are this run's validation images.
    pub fn is_by(&self, task: &Task) -> bool {
        self.validation == BatchNormPolicy::Updated && task.statistics.as_ref() == Some(&self.averages)
    }

    /// Figures of the epoch.
    ///
    /// # Errors
    /// [`Error::Diverged`]
    pub async fn end_epoch(
        &mut self,
        run: usize,
        validation: Rows,
        come: f64,
        seconds: impl FnOnce() -> f64,
    ) -> Result<RunEpoch, Error> {
        let epoch = self.trainer.end_epoch(&validation, seconds).await?;
        let ended = RunEpoch { run, epoch, updates: self.updates, come: if self.updates > 0 { come } else { 0.0 } };
        self.epochs.push(ended.clone());
        self.validated = validation;
        Ok(ended)
    }

    /// The head, and what it was validated on last.
    ///
    /// # Errors
    /// Never on the CPU.
    pub async fn finish(self) -> Result<(Fitted, Rows), Error> {
        Ok((self.trainer.finish().await?, self.validated))
    }

    /// How it went so far.
    pub fn result(&self) -> RunResult {
        let RunConfig { policy, validation_policy, momentum } = self.config;
        let validation_policy = validation_policy.unwrap_or(policy);
        RunResult { policy, validation_policy, momentum, epochs: self.epochs.clone() }
    }
}
