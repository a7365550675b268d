//! The BatchNorm lab: heads trained side by side on one frozen backbone whose BatchNorm layers follow different policies.
//!
//! With the backbone in the loop, an epoch is: shuffle by the seed, batches, feature rows and statistics of each, steps of
//! the heads, moving averages, validation. A batch's statistics depend on its images alone, not on what was trained, so all
//! runs share them and any number of workers can compute them at once. [`Lab`] therefore says what is to be computed
//! ([`Lab::tasks`]), is given it ([`Lab::advance`]) and goes on; it never runs a backbone, and knows no clock or thread.
//!
//! Heads read raw rows, not standardised ones: so does the Keras model whose failure this reproduces.

pub mod config;
mod data;
pub mod distance;
pub mod explanation;
mod order;
pub mod outcome;
pub mod projection;
mod run;
mod table;
pub mod task;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::error::Error;
use crate::head::Standardizer;
use crate::lab::config::{BatchNormPolicy, LabConfig};
use crate::lab::distance::{layer_distances, mean_of};
use crate::lab::explanation::explain;
use crate::lab::order::{batches, whole};
use crate::lab::outcome::{Finished, Inside, LabResult, RunEpoch};
use crate::lab::projection::project;
use crate::lab::run::Run;
use crate::lab::table::Table;
use crate::lab::task::{Phase, Task};
use crate::run::batch_norm::{Batch, Statistics};
use crate::train::FitConfig;

pub use crate::lab::data::{LabBackbone, LabImages};

/// Runs side by side.
pub struct Lab {
    config: LabConfig,
    fit: FitConfig,
    images: LabImages,
    backbone: LabBackbone,
    runs: Vec<Run>,
    /// By stored statistics, by re-estimated ones, and of validation images in batches of their own.
    stored: Table,
    reestimated: Table,
    batched: Table,
    /// Of this epoch's views, where runs that compute no batches see them.
    viewed: Table,
    /// By shuffle.
    batches: BTreeMap<usize, Vec<Batch>>,
    /// Over the batches of the first epoch.
    of_training_images: Statistics,
    inside: Inside,
    phase: Phase,
    /// From 1.
    epoch: usize,
    tasks: Vec<Task>,
    started_secs: f64,
}

impl Lab {
    /// Prepares all runs; `fit.seed` decides weights, dropout and which images make a batch.
    ///
    /// # Errors
    /// [`Error::BatchOfOne`] where statistics would come from batches of one image; what [`FitConfig::check_steps`] refuses.
    pub fn new(config: LabConfig, fit: FitConfig, images: LabImages, backbone: LabBackbone) -> Result<Self, Error> {
        fit.check_steps()?;
        if let Some(norm) = backbone.norms.first()
            && fit.batch_size.min(images.train.len()) < 2
        {
            return Err(Error::BatchOfOne { layer: norm.layer.clone() });
        }
        let runs = config.runs.iter().map(|run| Run::new(*run, &fit, &images, &backbone)).collect();
        let stored = Table::of_all(&images.stored, images.num_features);
        let mut lab = Self {
            config,
            fit,
            runs,
            stored,
            reestimated: Table::default(),
            batched: Table::default(),
            viewed: Table::default(),
            batches: BTreeMap::new(),
            of_training_images: backbone.stored.clone(),
            inside: Inside::default(),
            images,
            backbone,
            phase: Phase::Batches,
            epoch: 1,
            tasks: Vec::new(),
            started_secs: 0.0,
        };
        lab.tasks = lab.wanted();
        Ok(lab)
    }

    /// What to compute now, in any order; possibly nothing. All results go to [`Lab::advance`] together.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// Whether all epochs of all runs are done.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// The network's inside, once the first batches are there.
    pub fn inside(&self) -> Option<&Inside> {
        (self.epoch > 1 || self.phase != Phase::Batches).then_some(&self.inside)
    }

    /// What was found so far.
    pub fn result(&self) -> LabResult {
        let runs: Vec<_> = self.runs.iter().map(Run::result).collect();
        let sentences = explain(&runs, &self.inside, &self.backbone);
        LabResult { runs, inside: self.inside.clone(), sentences }
    }

    /// The heads, one a run.
    ///
    /// # Errors
    /// Never on the CPU.
    pub async fn finish(self) -> Result<Vec<Finished>, Error> {
        let LabImages { train, validation: images, .. } = self.images;
        let mut finished = Vec::new();
        for run in self.runs {
            let statistics = match run.validation {
                BatchNormPolicy::Reestimated => Some(self.of_training_images.clone()),
                BatchNormPolicy::Updated => Some(run.kept_averages.clone()),
                BatchNormPolicy::Stored | BatchNormPolicy::Batch => None,
            };
            let (mut fitted, validation) = run.finish().await?;
            fitted.head.statistics = statistics;
            finished.push(Finished { fitted, validation, images: images.clone(), train: train.clone() });
        }
        Ok(finished)
    }

    /// Takes what the tasks gave, in their order, and goes on to the next; gives the epochs that ended, one a run.
    ///
    /// # Errors
    /// [`Error::WrongRows`], [`Error::WrongStatistics`] where the results are not those of the tasks, [`Error::Diverged`].
    pub async fn advance(&mut self, results: Vec<Batch>, clock_secs: impl Fn() -> f64) -> Result<Vec<RunEpoch>, Error> {
        let mut ended = Vec::new();
        self.check(&results)?;
        match self.phase {
            Phase::Batches => {
                self.take_batches(results);
                self.phase = if self.epoch == 1 { Phase::Tables } else { self.train() };
            }
            Phase::Tables => {
                let tasks = self.tasks.iter().zip(results);
                for (Task { images, statistics, view }, Batch { features, .. }) in tasks {
                    let table = match (statistics, view) {
                        (Some(_), Some(_)) => &mut self.viewed,
                        (Some(_), None) => &mut self.reestimated,
                        (None, _) => &mut self.batched,
                    };
                    table.insert(images, &features);
                }
                self.started_secs = clock_secs();
                self.phase = self.train();
            }
            Phase::Validation => {
                let started_secs = self.started_secs;
                ended = self.validate(results, || clock_secs() - started_secs).await?;
                self.started_secs = clock_secs();
                self.epoch += 1;
                self.phase = if self.are_over() { Phase::Over } else { Phase::Batches };
            }
            Phase::Over => {}
        }
        self.tasks = self.wanted();
        Ok(ended)
    }

    fn are_over(&self) -> bool {
        let is_over = |run: &Run| self.config.is_training && run.is_over();
        self.epoch > self.fit.epochs.max(1) || self.runs.iter().all(is_over)
    }

    /// Whether these are the results of the tasks.
    fn check(&self, results: &[Batch]) -> Result<(), Error> {
        let rows = |images: usize| images * self.images.num_features;
        let expected = self.tasks.iter().map(|task| rows(task.images.len())).collect::<Vec<_>>();
        let found = results.iter().map(|batch| batch.features.len()).collect::<Vec<_>>();
        if expected != found {
            return Err(Error::WrongRows { expected: expected.iter().sum(), found: found.iter().sum() });
        }
        let channels = self.backbone.stored.mean.len();
        for (task, Batch { statistics: Statistics { mean, var }, .. }) in self.tasks.iter().zip(results) {
            if task.statistics.is_none() && (mean.len() != channels || var.len() != channels) {
                return Err(Error::WrongStatistics { expected: channels, found: mean.len().min(var.len()) });
            }
        }
        Ok(())
    }

    /// Which of the shuffles this epoch has.
    fn shuffle(&self) -> usize {
        (self.epoch - 1) % self.config.shuffles.unwrap_or(usize::MAX).max(1)
    }

    /// The images of each batch of this epoch.
    fn composition(&self) -> Vec<Vec<usize>> {
        match self.fit.shuffle {
            true => batches(&self.images.train, self.fit.batch_size, self.fit.seed, self.shuffle()),
            false => whole(&self.images.train, self.fit.batch_size),
        }
    }

    /// Keeps this epoch's batches; the first ones show the inside.
    fn take_batches(&mut self, mut results: Vec<Batch>) {
        let batches = self.tasks.iter().take_while(|task| task.statistics.is_none()).count();
        for (task, batch) in self.tasks[batches..].iter().zip(results.split_off(batches)) {
            self.viewed.insert(&task.images, &batch.features);
        }
        if self.epoch == 1 && !results.is_empty() {
            let statistics: Vec<&Statistics> = results.iter().map(|batch| &batch.statistics).collect();
            self.of_training_images = mean_of(&statistics);
            let mut of_batches = Table::default();
            for (task, batch) in self.tasks.iter().zip(&results) {
                of_batches.insert(&task.images, &batch.features);
            }
            if !self.config.is_training {
                let layers = layer_distances(&self.backbone, &statistics);
                self.inside = Inside { layers, projection: project(&self.images, [&self.stored, &of_batches]) };
            }
        }
        if !results.is_empty() {
            self.batches.insert(self.shuffle(), results);
        }
    }

    /// The steps of an epoch, of every run.
    fn train(&mut self) -> Phase {
        let (composition, shuffle) = (self.composition(), self.shuffle());
        let (computed, sees_views) = (self.batches.get(&shuffle), self.sees_views());
        let batches: Vec<_> =
            composition.iter().enumerate().map(|(at, images)| (computed.and_then(|all| all.get(at)), images)).collect();
        for run in &mut self.runs {
            let table = match run.training {
                _ if sees_views => &self.viewed,
                BatchNormPolicy::Reestimated => &self.reestimated,
                _ => &self.stored,
            };
            if self.config.is_training && self.epoch == 1 {
                let rows: Vec<f32> =
                    batches.iter().flat_map(|(batch, images)| run.rows(*batch, table, images)).collect();
                run.standardize(Standardizer::fit(&rows, self.images.num_features), &self.fit, &self.images);
            }
            for (batch, images) in &batches {
                let classes: Vec<usize> = images.iter().map(|image| self.images.classes[*image]).collect();
                run.step(*batch, table, images, &classes);
            }
        }
        if self.config.shuffles.is_none() {
            self.batches.remove(&shuffle);
        }
        Phase::Validation
    }

    /// Figures of every run; `results` are the rows of those that validate by moving averages.
    async fn validate(&mut self, results: Vec<Batch>, seconds: impl Fn() -> f64) -> Result<Vec<RunEpoch>, Error> {
        let mut ended = Vec::new();
        for (at, run) in self.runs.iter_mut().enumerate() {
            let mut moved = Table::default();
            for (task, rows) in self.tasks.iter().zip(&results).filter(|(task, _)| run.is_by(task)) {
                moved.insert(&task.images, &rows.features);
            }
            let table = match run.validation {
                BatchNormPolicy::Stored => &self.stored,
                BatchNormPolicy::Batch => &self.batched,
                BatchNormPolicy::Reestimated => &self.reestimated,
                BatchNormPolicy::Updated => &moved,
            };
            let come = distance::share_come(&self.backbone, &run.averages, &self.of_training_images);
            ended.push(run.end_epoch(at, table.rows(&self.images), come, &seconds).await?);
        }
        Ok(ended)
    }
}
