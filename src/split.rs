//! Which images train and which validate.
//!
//! The side of an image is decided by bytes alone: `hash(seed, SHA-256 of the first file of its group)`. It never changes
//! when other images come or go, with one exception: where a new image shows that two groups are one, the later group
//! takes the side of the earlier one. A group (copies and near-duplicates, [`crate::groups`]) is always on one side.

pub mod folds;
pub mod test_set;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// On which side of the split an image is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The head learns from it.
    Train,
    /// It only measures.
    Validation,
}

/// How the sides are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// By the hash of the file, class by class.
    #[default]
    Hash,
    /// The last images after a shuffle by the seed: Keras's `validation_split`.
    Tail,
}

/// What the split needs to know of an image.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Name of its class.
    pub class: &'a str,
    /// SHA-256 of its file.
    pub sha256: &'a str,
    /// SHA-256 of the first file of its group; its own where it is alone.
    pub group: &'a str,
}

/// Row numbers of both sides. Training has two classes or more, and validation at least one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    train: Vec<usize>,
    validation: Vec<usize>,
}

impl Split {
    /// Splits by hash. Sides in `known`, by group, stay as they are; sides found here are added to it.
    ///
    /// Every group has the chance `validation_split` by itself; a class in which all fell on one side gives its
    /// group with the lowest (highest) hash to the other. A class that is one group is trained on.
    ///
    /// # Errors
    /// [`Error::TooFewClasses`], or [`Error::TooFewImages`] for a class with a single image (or a single file).
    pub fn by_hash(
        items: &[Item],
        seed: u64,
        validation_split: f64,
        known: &mut BTreeMap<String, Side>,
    ) -> Result<Self, Error> {
        let mut classes: BTreeMap<&str, [Vec<&str>; 2]> = BTreeMap::new();
        for item in items {
            let [files, groups] = classes.entry(item.class).or_default();
            files.push(item.sha256);
            groups.push(item.group);
        }
        if classes.len() < 2 {
            return Err(Error::TooFewClasses { found: classes.len() });
        }
        for (class, [files, groups]) in &mut classes {
            files.sort_unstable();
            files.dedup();
            if files.len() < 2 {
                return Err(Error::TooFewImages { class: class.to_string(), found: files.len() });
            }
            groups.sort_by_cached_key(|group| hash(seed, group));
            groups.dedup();
            assign(groups, seed, validation_split, known);
        }
        let side = |at: &usize| known.get(items[*at].group).copied();
        let (validation, train) = (0..items.len()).partition(|at| side(at) == Some(Side::Validation));
        Self::checked(items, train, validation)
    }

    /// Keras's `validation_split`: shuffled by `seed`, the last `n − floor(n · (1 − validation_split))` validate. A side
    /// can change when images come or go, and copies of one file can be on both.
    ///
    /// Source: Keras `image_dataset_from_directory(validation_split=…, seed=…)`; the shuffle is another.
    ///
    /// # Errors
    /// [`Error::TooFewClasses`] where fewer than two classes are left to train on, [`Error::EmptyValidation`].
    pub fn tail(items: &[Item], seed: u64, validation_split: f64) -> Result<Self, Error> {
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|at| place(seed, *at));
        let mut train = order;
        let mut validation = train.split_off((items.len() as f64 * (1.0 - validation_split)).floor() as usize);
        train.sort_unstable();
        validation.sort_unstable();
        Self::checked(items, train, validation)
    }

    /// Row numbers of the training images, ascending.
    pub fn train(&self) -> &[usize] {
        &self.train
    }

    /// Row numbers of the validation images, ascending.
    pub fn validation(&self) -> &[usize] {
        &self.validation
    }

    /// The same split in the numbers of a longer list, of which the items were `rows`.
    pub fn among(self, rows: &[usize]) -> Self {
        let [train, validation] = [self.train, self.validation].map(|side| side.iter().map(|at| rows[*at]).collect());
        Self { train, validation }
    }

    fn checked(items: &[Item], train: Vec<usize>, validation: Vec<usize>) -> Result<Self, Error> {
        let mut classes: Vec<&str> = train.iter().map(|at| items[*at].class).collect();
        classes.sort_unstable();
        classes.dedup();
        match (classes.len(), validation.len()) {
            (found @ 0..2, _) => Err(Error::TooFewClasses { found }),
            (_, 0) => Err(Error::EmptyValidation),
            _ => Ok(Self { train, validation }),
        }
    }
}

/// Which of `folds` parts a group is in: decided as its side is, and independent of it.
pub fn fold(seed: u64, group: &str, folds: usize) -> usize {
    (hash(seed, &format!("fold {group}")).0 % folds.max(1) as u64) as usize
}

/// Row numbers in the order of their groups' hashes.
pub fn hash_order(seed: u64, groups: &[&str]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_cached_key(|at| hash(seed, &format!("order {}", groups[*at])));
    order
}

/// Gives a side to each group of one class, sorted by hash, that has none yet.
fn assign(groups: &[&str], seed: u64, validation_split: f64, known: &mut BTreeMap<String, Side>) {
    if let [alone] = groups {
        known.entry(alone.to_string()).or_insert(Side::Train);
    }
    let fresh: Vec<&str> = groups.iter().copied().filter(|group| !known.contains_key(*group)).collect();
    for group in &fresh {
        let side = if hash(seed, group) < validation_split { Side::Validation } else { Side::Train };
        known.insert(group.to_string(), side);
    }
    for (side, nearest) in [(Side::Validation, fresh.first()), (Side::Train, fresh.last())] {
        if groups.len() > 1 && !groups.iter().any(|group| known.get(*group) == Some(&side)) {
            known.extend(nearest.map(|group| (group.to_string(), side)));
        }
    }
}

/// Where row `at` comes after the shuffle. Its number decides, not its file, as in Keras.
fn place(seed: u64, at: usize) -> Ratio {
    hash(seed, &at.to_string())
}

/// A number in `[0, 1)` that depends on seed and file alone.
fn hash(seed: u64, sha256: &str) -> Ratio {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(sha256).finalize();
    let first = digest.iter().take(8).fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    Ratio(first)
}

/// A fraction of 2⁶⁴: ordered and comparable with a share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ratio(u64);

impl PartialEq<f64> for Ratio {
    fn eq(&self, share: &f64) -> bool {
        self.as_f64() == *share
    }
}

impl PartialOrd<f64> for Ratio {
    fn partial_cmp(&self, share: &f64) -> Option<std::cmp::Ordering> {
        self.as_f64().partial_cmp(share)
    }
}

impl Ratio {
    fn as_f64(self) -> f64 {
        self.0 as f64 / 2f64.powi(64)
    }
}
