//! Images that are set aside: never trained or validated on, judged once by a click, then marked as used.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::evaluate::{Report, evaluate};
use crate::features::Image;
use crate::project::Project;
use crate::split::Item;
use crate::split::test_set::set_aside;

/// Largest share that can be set aside.
pub const MOST_SHARE: f64 = 0.5;

/// Which images are set aside, and what they said when they were looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TestSet {
    share: f64,
    /// By group.
    aside: BTreeMap<String, bool>,
    opened: Option<Opened>,
}

impl TestSet {
    /// A head was trained.
    pub(super) fn trained(&mut self) {
        if let Some(opened) = &mut self.opened {
            opened.trainings_since += 1;
        }
    }

    /// From a file: a share that can't be is none.
    pub(super) fn checked(self) -> Self {
        if (0.0..=MOST_SHARE).contains(&self.share) { self } else { Self { share: 0.0, ..self } }
    }
}

/// What the test set said of the head of that day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opened {
    /// When, in milliseconds since 1970.
    pub at_millis: f64,
    /// Images that were judged.
    pub images: usize,
    /// Share of them called right.
    pub accuracy: f64,
    /// Its 95 % Wilson interval.
    pub interval: [f64; 2],
    /// Validation accuracy of the same head.
    pub val_accuracy: f64,
    /// Class names, the order of rows and columns.
    pub labels: Vec<String>,
    /// True class in rows, predicted class in columns.
    pub confusion: Vec<Vec<usize>>,
    /// Heads that were trained since: their choice may have been led by this number.
    pub trainings_since: usize,
}

/// The test set as the page shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestSetView {
    /// Share that was asked for; 0 where none is set aside.
    pub share: f64,
    /// Images that are set aside.
    pub ids: Vec<u32>,
    /// Of these, the ones that the head of now has seen: it was trained before they were set aside.
    pub seen: usize,
    /// Once it was opened.
    pub opened: Option<Opened>,
}

impl Project {
    /// Sets a share of the images aside; 0 gives them back. The same share gives the same images each time.
    ///
    /// # Errors
    /// [`Error::WrongOption`] for a share beyond 0 to a half.
    pub fn set_test_share(&mut self, share: f64) -> Result<(), Error> {
        if !(0.0..=MOST_SHARE).contains(&share) {
            return Err(Error::WrongOption { name: "test share".into(), value: share, least: 0.0, most: MOST_SHARE });
        }
        if share != self.test.share {
            self.test = TestSet { share, aside: BTreeMap::new(), opened: self.test.opened.take() };
        }
        Ok(())
    }

    /// What is set aside as the images are now.
    pub fn test_set(&mut self) -> TestSetView {
        let rest = self.available();
        let images = self.images.iter().enumerate().filter(|(at, _)| rest.binary_search(at).is_err());
        let ids: Vec<u32> = images.map(|(_, image)| image.id).collect();
        TestSetView { share: self.test.share, seen: self.seen(&ids), ids, opened: self.test.opened.clone() }
    }

    /// Judges the trained head on the images that are set aside: once.
    ///
    /// # Errors
    /// [`Error::NoTestSet`], [`Error::TestSetOpened`], [`Error::NoModel`] before the first training,
    /// [`Error::TestSetSeen`] where the head has seen one of them.
    pub fn open_test_set(&mut self, at_millis: f64) -> Result<Opened, Error> {
        let TestSetView { ids, opened, seen, .. } = self.test_set();
        let model = self.model.as_ref().filter(|model| !model.train.is_empty());
        match (opened, ids.len(), model, seen) {
            (Some(_), ..) => Err(Error::TestSetOpened),
            (_, 0, ..) => Err(Error::NoTestSet),
            (_, _, None, _) => Err(Error::NoModel),
            (_, _, _, seen @ 1..) => Err(Error::TestSetSeen(seen)),
            (_, _, Some(model), 0) => {
                let rows = self.as_seen(model, &ids);
                let rows: Vec<&Image> = rows.iter().map(Cow::as_ref).collect();
                let Report { validation: images, accuracy, interval, labels, confusion, .. } =
                    evaluate(&model.head, model.best_epoch, [&[], &rows]);
                let val_accuracy = self.evaluate()?.accuracy;
                let opened = Opened {
                    at_millis,
                    images,
                    accuracy,
                    interval,
                    val_accuracy,
                    labels,
                    confusion,
                    trainings_since: 0,
                };
                self.test.opened = Some(opened.clone());
                Ok(opened)
            }
        }
    }

    /// Row numbers of the images that may be trained and validated on, ascending.
    pub(super) fn available(&mut self) -> Vec<usize> {
        if self.test.share > 0.0 {
            let mut aside = std::mem::take(&mut self.test.aside);
            let items: Vec<Item> = self.images.iter().map(|image| self.item_of(image)).collect();
            set_aside(&items, self.test.share, &mut aside);
            self.test.aside = aside;
        }
        (0..self.images.len()).filter(|at| !self.is_set_aside(&self.images[*at])).collect()
    }

    /// Whether it is known to be set aside.
    pub fn is_set_aside(&self, image: &Image) -> bool {
        self.test.share > 0.0 && self.test.aside.get(self.item_of(image).group) == Some(&true)
    }

    fn seen(&self, ids: &[u32]) -> usize {
        let known = |id: &&u32| {
            self.model.as_ref().is_some_and(|model| model.train.contains(id) || model.validation.contains(id))
        };
        ids.iter().filter(known).count()
    }
}
