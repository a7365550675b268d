//! Which images train and which validate.
//!
//! The side of an image is decided by bytes alone: `hash(seed, SHA-256 of the first file of its group)`. It never changes
//! when other images come or go, with one exception: where a new image shows that two groups are one, the later group
//! takes the side of the earlier one. A group (copies and near-duplicates, [`crate::groups`]) is always on one side.

pub mod folds;

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
            groups.sort_by_key(|group| hash(seed, group));
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn items(files: &[(u8, u32)]) -> Vec<(String, String)> {
        files.iter().map(|(class, file)| (format!("class {class}"), format!("{file:064x}"))).collect()
    }

    fn borrowed(owned: &[(String, String)]) -> Vec<Item<'_>> {
        owned.iter().map(|(class, sha256)| Item { class, sha256, group: sha256 }).collect()
    }

    proptest! {
        #[test]
        fn a_split_never_moves_an_image_when_others_come(
            first in prop::collection::vec((0u8..3, 0u32..100_000), 6..40),
            more in prop::collection::vec((0u8..4, 0u32..100_000), 1..60),
            seed in 0u64..9,
        ) {
            let (mut known, first) = (BTreeMap::new(), items(&first));
            let all: Vec<_> = first.iter().cloned().chain(items(&more)).collect();
            if Split::by_hash(&borrowed(&first), seed, 0.2, &mut known).is_ok() {
                let before = known.clone();
                let _ = Split::by_hash(&borrowed(&all), seed, 0.2, &mut known);
                prop_assert!(before.iter().all(|(file, side)| known.get(file) == Some(side)));
            }
        }

        #[test]
        fn one_file_is_on_one_side_and_every_class_on_both(
            files in prop::collection::vec((0u8..3, 0u32..50), 12..80), seed in 0u64..9,
        ) {
            let owned = items(&files);
            let items = borrowed(&owned);
            if let Ok(split) = Split::by_hash(&items, seed, 0.2, &mut BTreeMap::new()) {
                let on = |rows: &[usize]| rows.iter().map(|at| items[*at].sha256).collect::<Vec<_>>();
                let (train, validation) = (on(split.train()), on(split.validation()));
                prop_assert!(train.iter().all(|file| !validation.contains(file)));
                prop_assert_eq!(train.len() + validation.len(), files.len());
            }
        }
    }

    #[test]
    fn a_group_is_on_one_side_and_a_class_of_one_group_is_trained_on() {
        let owned = items(&(0..60).map(|i| ((i / 30) as u8, i)).collect::<Vec<_>>());
        let grouped = |size: usize| {
            let first = |at: usize| owned[at / size * size].1.as_str();
            borrowed(&owned)
                .into_iter()
                .enumerate()
                .map(|(at, item)| Item { group: first(at), ..item })
                .collect::<Vec<_>>()
        };
        for seed in 0..20 {
            let split = Split::by_hash(&grouped(5), seed, 0.2, &mut BTreeMap::new()).unwrap();
            let validates = |at: usize| split.validation().contains(&at);
            assert!((0..60).all(|at| validates(at) == validates(at / 5 * 5)));
            assert!((0..30).any(validates) && (30..60).any(validates), "each class is on both sides");
            let burst: Vec<Item> = grouped(30).into_iter().take(30).chain(grouped(5).into_iter().skip(30)).collect();
            let split = Split::by_hash(&burst, seed, 0.2, &mut BTreeMap::new()).unwrap();
            assert!(split.validation().iter().all(|at| *at >= 30) && split.train().contains(&0));
        }
        let error = Split::by_hash(&grouped(30), 1, 0.2, &mut BTreeMap::new()).unwrap_err();
        assert_eq!(error.code(), "empty-validation");
    }

    #[test]
    fn each_class_validates_about_a_fifth() {
        let owned = items(&(0..3000).map(|i| ((i % 3) as u8, i)).collect::<Vec<_>>());
        let items = borrowed(&owned);
        let split = Split::by_hash(&items, 1, 0.2, &mut BTreeMap::new()).unwrap();
        for class in ["class 0", "class 1", "class 2"] {
            let count = split.validation().iter().filter(|at| items[**at].class == class).count();
            assert!((160..=240).contains(&count), "{class}: {count} of 1000");
        }
        let other = Split::by_hash(&items, 2, 0.2, &mut BTreeMap::new()).unwrap();
        assert_ne!(split, other, "the seed decides too");
    }

    #[test]
    fn a_class_of_two_gives_one_to_each_side() {
        let owned = items(&[(0, 1), (0, 2), (1, 3), (1, 4)]);
        for seed in 0..50 {
            let split = Split::by_hash(&borrowed(&owned), seed, 0.2, &mut BTreeMap::new()).unwrap();
            assert_eq!((split.train().len(), split.validation().len()), (2, 2));
        }
    }

    #[test]
    fn tail_is_as_long_as_keras_makes_it_and_mixes_sorted_classes() {
        // 101 and 0.2: Keras 3 trains on floor(80.8) = 80.
        let owned = items(&(0..101).map(|i| ((i / 51) as u8, i)).collect::<Vec<_>>());
        let split = Split::tail(&borrowed(&owned), 1, 0.2).unwrap();
        assert_eq!((split.train().len(), split.validation().len()), (80, 21));
        let first_class = split.validation().iter().filter(|at| **at <= 50).count();
        assert!((5..=16).contains(&first_class), "{first_class} of 21");
        assert_eq!(split, Split::tail(&borrowed(&owned), 1, 0.2).unwrap());
        assert_ne!(split, Split::tail(&borrowed(&owned), 2, 0.2).unwrap());
        let error = Split::tail(&borrowed(&owned), 1, 0.0).unwrap_err();
        assert_eq!(error.code(), "empty-validation");
    }

    #[test]
    fn what_cannot_be_split_is_named() {
        let split = |owned: &[(String, String)]| Split::by_hash(&borrowed(owned), 1, 0.2, &mut BTreeMap::new());
        assert_eq!(split(&items(&[(0, 1), (0, 2)])).unwrap_err().code(), "too-few-classes");
        let error = split(&items(&[(0, 1), (0, 2), (1, 3)])).unwrap_err();
        assert!(error.to_string().contains("class 1"), "{error}");
        let same_file_twice = split(&items(&[(0, 1), (0, 2), (1, 3), (1, 3)])).unwrap_err();
        assert_eq!(same_file_twice.code(), "too-few-images");
    }
}
