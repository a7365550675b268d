//! What to say before training starts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::error::Error;
use crate::features::Image;
use crate::project::Project;

/// Something to say before training starts.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// For programs.
    pub code: String,
    /// For the person.
    pub message: String,
    /// True where training cannot start.
    pub blocking: bool,
}

/// Classes that a head may have: as many as ImageNet.
pub const MOST_CLASSES: usize = 1000;

/// # Errors
/// [`Error::WrongOption`] where there are more than [`MOST_CLASSES`].
pub(super) fn check_classes(labels: &[String]) -> Result<(), Error> {
    if labels.len() <= MOST_CLASSES {
        return Ok(());
    }
    let (name, value) = ("The number of classes".into(), labels.len() as f64);
    Err(Error::WrongOption { name, value, least: 2.0, most: MOST_CLASSES as f64 })
}

impl Project {
    /// What stands in the way of training, and what makes it less honest.
    pub fn checks(&self) -> Vec<Check> {
        let labels = self.labels();
        let mut errors = Vec::new();
        if labels.len() < 2 {
            errors.push(Error::TooFewClasses { found: labels.len() });
        }
        errors.extend(check_classes(&labels).err());
        for class in labels {
            let files = self.images.iter().filter(|image| image.label == class && !self.is_set_aside(image));
            let found = files.map(|image| &image.sha256).collect::<BTreeSet<_>>().len();
            if found < 2 {
                errors.push(Error::TooFewImages { class, found });
            }
        }
        let check = |error: Error, blocking| Check { code: error.code().into(), message: error.to_string(), blocking };
        let blocking = errors.into_iter().map(|error| check(error, true));
        blocking.chain(self.two_labels().into_iter().map(|error| check(error, false))).collect()
    }

    /// Files that stand in two classes.
    fn two_labels(&self) -> Vec<Error> {
        let mut first: BTreeMap<&str, &Image> = BTreeMap::new();
        let mut found = Vec::new();
        for image in &self.images {
            match first.get(image.sha256.as_str()) {
                Some(other) => found.push(Error::TwoLabels {
                    file: image.name.clone(),
                    label: image.label.clone(),
                    other: other.name.clone(),
                    other_label: other.label.clone(),
                }),
                None => drop(first.insert(&image.sha256, image)),
            }
        }
        found
    }
}
