//! The lab on a folder: pictures as pixels, batches on all cores.
#![allow(dead_code, reason = "each example uses its part")]

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use headstart::backbone::spec::{BackboneSpec, sha256_hex};
use headstart::backbone::weights::Weights;
use headstart::image::{Fingerprint, Fit, decode, prepare};
use headstart::lab::config::{BatchNormPolicy, LabConfig, RunConfig};
use headstart::lab::outcome::{Finished, LabResult, RunEpoch};
use headstart::lab::task::Task;
use headstart::lab::{Lab, LabBackbone};
use headstart::project::fits::Whose;
use headstart::project::{Project, SplitConfig};
use headstart::run::batch_norm::{Batch, Statistics, norms};
use headstart::run::cpu::batch_norm::chosen::ChosenStatistics;
use headstart::train::FitConfig;

use super::{Rejected, class_files};

/// A backbone on every core, and the pictures that it sees.
pub struct LabFolder {
    /// Images and classes; rows by stored statistics.
    pub project: Project,
    /// What was left out.
    pub rejected: Vec<Rejected>,
    /// How long reading and stored features took.
    pub feature_secs: f64,
    spec: BackboneSpec,
    stored: Statistics,
    pixels: Vec<Vec<u8>>,
    workers: Vec<ChosenStatistics>,
}

impl LabFolder {
    /// Reads `folder`'s first `limit` pictures of each class and computes their stored features.
    pub fn open(
        folder: &Path,
        limit: usize,
        fit: Fit,
        spec: BackboneSpec,
        weights: Weights,
    ) -> Result<Self, Box<dyn Error>> {
        let start = Instant::now();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let worker = || ChosenStatistics::new(spec.clone(), weights.clone());
        let workers: Vec<ChosenStatistics> = (0..cores).map(|_| worker()).collect();
        let stored = workers[0].stored()?;
        let (mut files, mut rejected, mut pixels) = (vec![], vec![], vec![]);
        for (label, paths) in class_files(folder, limit)? {
            for path in paths {
                let name = format!("{label}/{}", path.file_name().unwrap_or_default().to_string_lossy());
                match read(&name, &path, &spec, &fit) {
                    Ok((sha256, fingerprint, picture)) => {
                        files.push((name, label.clone(), sha256, fingerprint));
                        pixels.push(picture);
                    }
                    Err(reason) => rejected.push(Rejected { name, reason: reason.to_string() }),
                }
            }
        }
        let mut project = Project::default();
        project.set_fit(fit, Whose::Project);
        let mut lab = Self { project, rejected, feature_secs: 0.0, spec, stored: stored.clone(), pixels, workers };
        let everything: Vec<usize> = (0..lab.pixels.len()).collect();
        let tasks = everything.chunks(16).map(|some| Task {
            images: some.into(),
            statistics: Some(stored.clone()),
            view: None,
        });
        let rows =
            lab.compute(&tasks.collect::<Vec<_>>())?.into_iter().flat_map(|batch| batch.features).collect::<Vec<_>>();
        let mut kept = Vec::new();
        for (((name, label, sha256, fingerprint), row), pixels) in
            files.into_iter().zip(rows.chunks(lab.spec.num_features)).zip(std::mem::take(&mut lab.pixels))
        {
            match lab.project.add_image(&name, &label, &sha256, Some(fingerprint), row.to_vec()) {
                Ok(_) => kept.push(pixels),
                Err(reason) => lab.rejected.push(Rejected { name, reason: reason.to_string() }),
            }
        }
        (lab.pixels, lab.feature_secs) = (kept, start.elapsed().as_secs_f64());
        Ok(lab)
    }

    /// Runs the lab and tells each epoch.
    pub fn run(
        &mut self,
        config: LabConfig,
        fit: FitConfig,
        split: &SplitConfig,
        mut on_epoch: impl FnMut(&RunEpoch),
    ) -> Result<LabResult, Box<dyn Error>> {
        Ok(self.until_over(config, fit, split, &mut on_epoch)?.result())
    }

    /// The same; gives the trained heads.
    pub fn finish(
        &mut self,
        config: LabConfig,
        fit: FitConfig,
        split: &SplitConfig,
        mut on_epoch: impl FnMut(&RunEpoch),
    ) -> Result<Vec<Finished>, Box<dyn Error>> {
        Ok(pollster::block_on(self.until_over(config, fit, split, &mut on_epoch)?.finish())?)
    }

    fn until_over(
        &mut self,
        config: LabConfig,
        fit: FitConfig,
        split: &SplitConfig,
        mut on_epoch: impl FnMut(&RunEpoch),
    ) -> Result<Lab, Box<dyn Error>> {
        let start = Instant::now();
        let images = self.project.lab_images(split)?;
        let (title, norms) = (self.spec.title.to_string(), norms(&(self.spec.plan)()));
        let mut lab = Lab::new(config, fit, images, LabBackbone { title, norms, stored: self.stored.clone() })?;
        while !lab.is_over() {
            let results = self.compute(lab.tasks())?;
            let ended = pollster::block_on(lab.advance(results, || start.elapsed().as_secs_f64()))?;
            ended.iter().for_each(&mut on_epoch);
        }
        Ok(lab)
    }

    /// Each worker takes the next task until none is left; the results are in the order of the tasks.
    fn compute(&mut self, tasks: &[Task]) -> Result<Vec<Batch>, headstart::error::Error> {
        let (next, pixels) = (AtomicUsize::new(0), &self.pixels);
        let results: Vec<Mutex<Option<_>>> = tasks.iter().map(|_| Mutex::new(None)).collect();
        std::thread::scope(|scope| {
            for worker in &mut self.workers {
                scope.spawn(|| {
                    while let Some((at, task)) =
                        Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, tasks.get(at)?)))
                    {
                        let pixels: Vec<u8> = task.images.iter().flat_map(|image| &pixels[*image]).copied().collect();
                        let result = worker.compute(&task.viewed(pixels), task.statistics.as_ref());
                        if let Ok(mut slot) = results[at].lock() {
                            *slot = Some(result);
                        }
                    }
                });
            }
        });
        results.into_iter().filter_map(|slot| slot.into_inner().ok().flatten()).collect()
    }
}

/// A file's hash, its picture's fingerprint, and pixels.
fn read(
    name: &str,
    path: &Path,
    spec: &BackboneSpec,
    fit: &Fit,
) -> Result<(String, Fingerprint, Vec<u8>), Box<dyn Error>> {
    let bytes = fs::read(path).map_err(|error| format!("{name} can't be read: {error}"))?;
    let whole = decode(name, &bytes)?.pixels;
    Ok((sha256_hex(&bytes), Fingerprint::of(&whole), prepare(&whole, &spec.preprocess(), fit)))
}

/// Policies as they are written on the command line, separated by commas.
pub fn policies(text: &str) -> Result<Vec<RunConfig>, Box<dyn Error>> {
    text.split(',').map(one_policy).collect()
}

/// `batch`, `updated@0.99` or `batch:reestimated`.
pub fn one_policy(text: &str) -> Result<RunConfig, Box<dyn Error>> {
    let policy = |text: &str| -> Result<BatchNormPolicy, Box<dyn Error>> {
        serde_json::from_value(text.into()).map_err(|_| format!("there is no policy {text:?}").into())
    };
    let (names, momentum) = text.split_once('@').unwrap_or((text, "0.9"));
    let (training, validation) = names.split_once(':').map_or((names, None), |(a, b)| (a, Some(b)));
    let validation_policy = validation.map(policy).transpose()?;
    Ok(RunConfig { policy: policy(training)?, validation_policy, momentum: momentum.parse()? })
}
