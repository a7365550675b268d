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

/// Of a fit's share in two classes, the difference from which on a head could learn it in place of them.
const TELLING: f64 = 0.5;

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
        let notes = self.two_labels().into_iter().chain(self.mixed_fits());
        let check = |error: Error, blocking| Check { code: error.code().into(), message: error.to_string(), blocking };
        let blocking = errors.into_iter().map(|error| check(error, true));
        blocking.chain(notes.map(|error| check(error, false))).collect()
    }

    /// The two classes that are told most easily by what of their images is shown, where that is half of the images or more.
    fn mixed_fits(&self) -> Option<Error> {
        let mut classes: BTreeMap<&str, BTreeMap<&str, f64>> = BTreeMap::new();
        for image in self.images.iter().filter(|image| !self.is_set_aside(image)) {
            *classes.entry(&image.label).or_default().entry(image.fit.kind()).or_default() += 1.0;
        }
        let share = |kinds: &BTreeMap<&str, f64>, kind| {
            kinds.get(kind).copied().unwrap_or_default() / kinds.values().sum::<f64>()
        };
        let mut widest: Option<(f64, [&str; 2])> = None;
        for kind in classes.values().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>() {
            let mut shares: Vec<(f64, &str)> =
                classes.iter().map(|(class, kinds)| (share(kinds, kind), *class)).collect();
            shares.sort_by(|a, b| a.0.total_cmp(&b.0));
            let [(low, least), .., (high, most)] = shares.as_slice() else { continue };
            if high - low >= TELLING && widest.is_none_or(|(before, _)| high - low > before) {
                widest = Some((high - low, [least.min(most), least.max(most)]));
            }
        }
        widest.map(|(_, [class, other])| Error::MixedFits { class: class.into(), other: other.into() })
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
