//! What the lab asks for: images to run through the backbone.

use crate::image::augment::Augmentation;
use crate::lab::config::BatchNormPolicy;
use crate::lab::run::Run;
use crate::lab::{Lab, order};
use crate::run::batch_norm::Statistics;

/// Images to run through the backbone, by statistics of their own or by given ones.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Numbers of the images.
    pub images: Vec<usize>,
    /// `None`: these images are a batch, and its statistics are wanted too.
    pub statistics: Option<Statistics>,
    /// Where the pictures are to be replaced by other views: how, by which seed, and the views' number.
    pub view: Option<View>,
}

/// A view of each picture of a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    augment: Augmentation,
    seed: u64,
    number: u32,
}

impl Task {
    /// The pictures that the backbone is to see, in place of these, which are those of the task's images, one after the
    /// other: `u8 [n, side, side, 3]` → the same.
    pub fn viewed(&self, pixels: Vec<u8>) -> Vec<u8> {
        let Some(View { augment, seed, number }) = self.view else { return pixels };
        let pictures = pixels.chunks_exact((pixels.len() / self.images.len().max(1)).max(1));
        // The number of an image is known here, its file is not.
        let view = |(picture, image): (&[u8], &usize)| augment.view(picture, &image.to_string(), seed, number);
        pictures.zip(&self.images).flat_map(view).collect()
    }
}

/// What is asked for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The batches of this epoch.
    Batches,
    /// Rows that are computed once: by re-estimated statistics, and of validation batches.
    Tables,
    /// Rows of the validation images by this epoch's moving averages.
    Validation,
    /// Nothing more.
    Over,
}

impl Lab {
    /// The tasks of this phase.
    pub(super) fn wanted(&self) -> Vec<Task> {
        let batches = |images: Vec<Vec<usize>>| {
            images.into_iter().map(|images| Task { images, statistics: None, view: None }).collect::<Vec<_>>()
        };
        let (seed, number) = (self.fit.seed, self.shuffle() as u32);
        let view = self.config.augment.map(|augment| View { augment, seed, number });
        let any = |policy| self.runs.iter().any(|run| run.validation == policy);
        match self.phase {
            Phase::Batches if self.epoch > 1 && self.sees_views() => {
                let batches = if self.wants_batches() { batches(self.composition()) } else { vec![] };
                batches.into_iter().map(|task| Task { view, ..task }).chain(self.views(view)).collect()
            }
            Phase::Tables if self.backbone.norms.is_empty() && self.sees_views() => self.views(view),
            _ if self.backbone.norms.is_empty() => vec![],
            Phase::Batches if self.batches.contains_key(&self.shuffle()) => vec![],
            Phase::Batches if self.wants_batches() => {
                batches(self.composition()).into_iter().map(|task| Task { view, ..task }).collect()
            }
            Phase::Tables => {
                let trains = self.runs.iter().any(|run| run.training == BatchNormPolicy::Reestimated);
                let validates = trains || any(BatchNormPolicy::Reestimated);
                let train = trains.then_some(&self.images.train).into_iter().flatten();
                let validation = validates.then_some(&self.images.validation).into_iter().flatten();
                let images: Vec<usize> = train.chain(validation).copied().collect();
                let mut tasks = by_statistics(&images, &self.of_training_images);
                if any(BatchNormPolicy::Batch) {
                    tasks.extend(batches(order::whole(&self.images.validation, self.fit.batch_size)));
                }
                tasks.extend(if self.sees_views() { self.views(view) } else { vec![] });
                tasks
            }
            Phase::Validation => self.by_moved_averages(),
            _ => vec![],
        }
    }
}

impl Lab {
    /// The validation images by each run's moving averages.
    fn by_moved_averages(&self) -> Vec<Task> {
        let mut moved: Vec<&Statistics> = vec![];
        for run in self.runs.iter().filter(|run| run.validation == BatchNormPolicy::Updated) {
            if !moved.contains(&&run.averages) {
                moved.push(&run.averages);
            }
        }
        moved.into_iter().flat_map(|averages| by_statistics(&self.images.validation, averages)).collect()
    }

    /// Whether this epoch needs its batches; the first ones show the inside, and re-estimate.
    fn wants_batches(&self) -> bool {
        let reestimates = |run: &Run| [run.training, run.validation].contains(&BatchNormPolicy::Reestimated);
        let first = self.epoch == 1 && (!self.config.is_training || self.runs.iter().any(reestimates));
        first || self.runs.iter().any(Run::needs_batches)
    }

    /// Whether the head learns from views whose rows are computed image by image.
    pub(super) fn sees_views(&self) -> bool {
        self.config.is_training && self.config.augment.is_some() && !self.runs.iter().any(Run::trains_on_batches)
    }

    /// This epoch's views of the training images, by the statistics that hold in training.
    fn views(&self, view: Option<View>) -> Vec<Task> {
        let reestimates = self.runs.iter().any(|run| run.training == BatchNormPolicy::Reestimated);
        let statistics = if reestimates { &self.of_training_images } else { &self.backbone.stored };
        let tasks = by_statistics(&self.images.train, statistics);
        tasks.into_iter().map(|task| Task { view, ..task }).collect()
    }
}

/// Images that one worker takes at a time, where each is computed by itself.
const IMAGES_A_TASK: usize = 16;

fn by_statistics(images: &[usize], statistics: &Statistics) -> Vec<Task> {
    let task = |images: &[usize]| Task { images: images.to_vec(), statistics: Some(statistics.clone()), view: None };
    images.chunks(IMAGES_A_TASK).map(task).collect()
}
