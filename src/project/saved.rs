//! A project put back as it was: what is kept of it besides the images, their rows and the head's own file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::features::Image;
use crate::groups::Groups;
use crate::head::Head;
use crate::project::{Model, Project, SplitConfig};
use crate::split::Side;

/// What [`Project::restore`] needs besides images and head. Its fields are for a file, and nobody else's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Saved {
    next_id: u32,
    groups: Groups,
    split: SplitConfig,
    sides: BTreeMap<String, Side>,
    kept: Option<Kept>,
}

/// Of the head: which epoch it is, and the ids on both sides of its split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    best_epoch: usize,
    train: Vec<u32>,
    validation: Vec<u32>,
}

impl Project {
    /// Puts an image back under the id that it had, at its place in the order.
    ///
    /// # Errors
    /// [`Error::Duplicate`] where the id is taken, or as in [`Project::add_image`].
    pub fn restore_image(&mut self, image: Image) -> Result<(), Error> {
        let same =
            |other: &&Image| other.id == image.id || (other.sha256 == image.sha256 && other.label == image.label);
        if let Some(other) = self.images.iter().find(same) {
            return Err(Error::Duplicate { file: image.name.clone(), other: other.name.clone() });
        }
        self.next_id = self.next_id.max(image.id + 1);
        self.images.insert(self.images.partition_point(|other| other.id < image.id), image);
        Ok(())
    }

    /// What is to be kept besides images and head.
    pub fn saved(&self) -> Saved {
        let kept = self.model.as_ref().map(|model| Kept {
            best_epoch: model.best_epoch,
            train: model.train.clone(),
            validation: model.validation.clone(),
        });
        let (groups, (split, sides)) = (self.groups.clone(), self.sides.clone());
        Saved { next_id: self.next_id, groups, split, sides, kept }
    }

    /// Goes on from what was kept, with its head if there was one; the images come by [`Project::restore_image`].
    pub fn restore(&mut self, saved: Saved, head: Option<Head>) {
        self.next_id = self.next_id.max(saved.next_id);
        self.groups = saved.groups;
        self.sides = (saved.split, saved.sides);
        self.model = saved.kept.zip(head).map(|(kept, head)| {
            let Kept { best_epoch, train, validation } = kept;
            Model { head, best_epoch, train, validation }
        });
    }
}
