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
    /// As the kept epoch saw them.
    validated: Rows,
    /// Of the kept epoch.
    pub kept_averages: Statistics,
}

impl Run {
    /// From the seed of `fit` and the stored averages on.
    pub fn new(config: RunConfig, fit: &FitConfig, images: &LabImages, backbone: &LabBackbone) -> Self {
        let policies = [config.policy, config.validation_policy.unwrap_or(config.policy.in_validation())];
        // Without BatchNorm there is nothing to choose.
        let [training, validation] = if backbone.norms.is_empty() { [BatchNormPolicy::Stored; 2] } else { policies };
        let trainer = trainer(Standardizer::identity(images.num_features), fit, images);
        Self {
            config: RunConfig { validation_policy: Some(policies[1]), ..config },
            training,
            validation,
            trainer,
            averages: backbone.stored.clone(),
            updates: 0,
            epochs: Vec::new(),
            validated: Rows::default(),
            kept_averages: backbone.stored.clone(),
        }
    }

    /// Whether each epoch needs the backbone on its batches.
    pub fn needs_batches(&self) -> bool {
        self.trains_on_batches() || self.moves_averages()
    }

    /// Whether it learns from rows that its batches made.
    pub fn trains_on_batches(&self) -> bool {
        matches!(self.training, BatchNormPolicy::Batch | BatchNormPolicy::Updated)
    }

    fn moves_averages(&self) -> bool {
        [self.training, self.validation].contains(&BatchNormPolicy::Updated)
    }

    /// The rows of these images: the batch's, or those of `table`.
    pub fn rows(&self, batch: Option<&Batch>, table: &Table, images: &[usize]) -> Vec<f32> {
        match batch.filter(|_| self.trains_on_batches()) {
            Some(batch) => batch.features.clone(),
            None => table.gather(images),
        }
    }

    /// Standardises by these rows from now on; before the first step alone.
    pub fn standardize(&mut self, standardizer: Standardizer, fit: &FitConfig, images: &LabImages) {
        self.trainer = trainer(standardizer, fit, images);
    }

    /// One step on these images.
    pub fn step(&mut self, batch: Option<&Batch>, table: &Table, images: &[usize], classes: &[usize]) {
        self.trainer.step(&self.rows(batch, table, images), classes);
        if let Some(batch) = batch.filter(|_| self.moves_averages()) {
            self.averages.move_towards(&batch.statistics, self.config.momentum);
            self.updates += 1;
        }
    }

    /// Whether all epochs ran, or patience ended.
    pub fn is_over(&self) -> bool {
        self.trainer.is_over()
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
        if self.trainer.keeps_last() {
            self.validated = validation;
            self.kept_averages.clone_from(&self.averages);
        }
        Ok(ended)
    }

    /// The head, and what it was validated on in the epoch that was kept.
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

/// From the seed of `fit` on.
fn trainer(standardizer: Standardizer, fit: &FitConfig, images: &LabImages) -> HeadTrainer {
    let mut trainer = HeadTrainer::new(images.labels.clone(), images.num_features, standardizer, fit, &Device::Cpu);
    trainer.weigh(&images.train.iter().map(|at| images.classes[*at]).collect::<Vec<_>>());
    trainer
}
