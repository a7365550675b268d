//! Images as the trained head sees them, where its backbone has other BatchNorm statistics than those of the weights: such
//! rows are computed outside, image by image, and judge the head in place of the stored ones.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::calibration::temperature;
use crate::features::Image;
use crate::lab::outcome::Finished;
use crate::project::{Model, Project, rows_of};
use crate::run::batch_norm::Statistics;

impl Project {
    /// Keeps a head of the lab that was trained to be used, with the images on both sides of its split.
    pub fn keep_from_lab(&mut self, finished: &Finished) {
        let Finished { fitted, validation, images, train } = finished;
        let ids = |numbers: &[usize]| numbers.iter().filter_map(|at| Some(self.images.get(*at)?.id)).collect();
        let [train, validated]: [Vec<u32>; 2] = [ids(train), ids(images)];
        let width = validation.features.len() / images.len().max(1);
        let rows = validated.iter().copied().zip(validation.features.chunks_exact(width.max(1)).map(<[f32]>::to_vec));
        let (head, best_epoch) = (fitted.head.clone(), fitted.best_epoch);
        let seen = if head.statistics.is_some() { rows.collect() } else { BTreeMap::new() };
        self.keep_model(Model { head, best_epoch, train, validation: validated, seen, threshold: 0.0 });
    }

    /// Keeps a model whose temperature the validation images set.
    pub(super) fn keep_model(&mut self, mut model: Model) {
        let images = self.as_seen(&model, &model.validation);
        let rows = rows_of(images.iter().map(Cow::as_ref), &model.head.labels);
        let logits = model.head.forward_head(rows.features);
        model.head.fit = self.default_fit();
        model.head.temperature = temperature(&logits, &rows.classes, model.head.labels.len());
        let before = self.model.as_ref().filter(|before| before.head.labels == model.head.labels);
        model.threshold = before.map_or(0.0, |before| before.threshold);
        self.model = Some(model);
        self.test.trained();
    }

    /// By which statistics the classifying head's rows are to be made, where not by the stored ones.
    pub fn statistics(&self) -> Option<&Statistics> {
        self.classifying_head().ok()?.statistics.as_ref()
    }

    /// Images on both sides of the head's split, or set aside, whose rows by its statistics are missing.
    pub fn unseen(&self) -> Vec<u32> {
        let Some(model) = self.model.as_ref().filter(|model| model.head.statistics.is_some()) else { return vec![] };
        let aside = self.images.iter().filter(|image| self.is_set_aside(image)).map(|image| &image.id);
        let sides = model.train.iter().chain(&model.validation).chain(aside);
        sides.filter(|id| !model.seen.contains_key(id)).copied().collect()
    }

    /// Takes an image's row by the head's statistics.
    pub fn see(&mut self, id: u32, row: Vec<f32>) {
        if let Some(model) = &mut self.model {
            model.seen.insert(id, row);
        }
    }

    /// The images with these ids, as a head sees them; those of which that is not known are left out.
    pub(super) fn as_seen<'a>(&'a self, model: &Model, ids: &[u32]) -> Vec<Cow<'a, Image>> {
        let images = self.with_ids(ids).into_iter();
        if model.head.statistics.is_none() {
            return images.map(Cow::Borrowed).collect();
        }
        let seen = |image: &Image| Some(Image { features: model.seen.get(&image.id)?.clone(), ..image.clone() });
        images.filter_map(seen).map(Cow::Owned).collect()
    }
}
