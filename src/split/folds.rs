//! k-fold cross-validation: each image validates in one fold and trains in all others.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::split::{Item, Split, hash};

/// One fold of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fold {
    /// From 0.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

impl Split {
    /// The split of one fold, whose images validate.
    ///
    /// Stratified: the groups of a class, in the order of their hashes, go round the folds, and each class begins where
    /// the one before ended, so both a class and the whole differ by at most one group between folds. Copies and
    /// near-duplicates are in one fold. A class that is one group trains in every fold and never validates. Other images
    /// move groups between folds: compare results on the same images only.
    ///
    /// # Errors
    /// [`Error::WrongFolds`] for fewer than two folds or more than groups, [`Error::TooFewClasses`],
    /// [`Error::TooFewImages`] for a class with a single file, [`Error::EmptyValidation`] beyond the last fold.
    pub fn fold(items: &[Item], seed: u64, fold: Fold) -> Result<Self, Error> {
        let folds = folds(items, seed, fold.of)?;
        let (validation, train) = (0..items.len()).partition(|at| folds.get(items[*at].group) == Some(&fold.number));
        Self::checked(items, train, validation)
    }
}

/// The fold of each group; none of one that is a whole class.
fn folds<'a>(items: &[Item<'a>], seed: u64, of: usize) -> Result<BTreeMap<&'a str, usize>, Error> {
    let mut classes: BTreeMap<&str, [BTreeSet<&str>; 2]> = BTreeMap::new();
    for item in items {
        let [files, groups] = classes.entry(item.class).or_default();
        files.insert(item.sha256);
        groups.insert(item.group);
    }
    if let Some((class, [files, _])) = classes.iter().find(|(_, [files, _])| files.len() < 2) {
        return Err(Error::TooFewImages { class: class.to_string(), found: files.len() });
    }
    let alone: BTreeSet<&str> =
        classes.values().filter(|[_, groups]| groups.len() == 1).flat_map(|[_, groups]| groups).copied().collect();
    let mut folds = BTreeMap::new();
    for [_, groups] in classes.into_values() {
        // A group that two classes have is dealt with the first of them.
        let is_left = |group: &&str| !folds.contains_key(group) && !alone.contains(group);
        let mut groups: Vec<&str> = groups.into_iter().filter(is_left).collect();
        groups.sort_by_key(|group| hash(seed, group));
        for group in groups {
            folds.insert(group, folds.len() % of.max(1));
        }
    }
    match (2..=folds.len()).contains(&of) {
        true => Ok(folds),
        false => Err(Error::WrongFolds { folds: of, images: folds.len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::tests::{borrowed, items};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_image_validates_once_and_copies_stay_together(
            files in prop::collection::vec((0u8..3, 0u32..60), 20..90), of in 2usize..8, seed in 0u64..9,
        ) {
            let owned = items(&files);
            let items = borrowed(&owned);
            let splits: Result<Vec<_>, _> = (0..of).map(|number| Split::fold(&items, seed, Fold { number, of })).collect();
            if let Ok(splits) = splits {
                let mut rows: Vec<usize> = splits.iter().flat_map(|split| split.validation().iter().copied()).collect();
                rows.sort_unstable();
                prop_assert_eq!(rows, (0..items.len()).collect::<Vec<_>>());
                for split in splits {
                    prop_assert_eq!(split.train().len() + split.validation().len(), items.len());
                    let training: BTreeSet<&str> = split.train().iter().map(|at| items[*at].sha256).collect();
                    prop_assert!(split.validation().iter().all(|at| !training.contains(items[*at].sha256)));
                }
            }
        }

        #[test]
        fn a_class_differs_by_one_between_folds(sizes in prop::collection::vec(2u32..40, 2..5), of in 2usize..6, seed in 0u64..9) {
            let files: Vec<_> = sizes.iter().zip(0u8..).flat_map(|(n, class)| (0..*n).map(move |i| (class, u32::from(class) * 1000 + i))).collect();
            let owned = items(&files);
            let items = borrowed(&owned);
            if files.len() >= of {
                let splits: Vec<_> = (0..of).map(|number| Split::fold(&items, seed, Fold { number, of })).collect::<Result<_, _>>().unwrap();
                let differ = |counts: Vec<usize>| counts.iter().max().zip(counts.iter().min()).map(|(most, least)| most - least);
                for class in 0..sizes.len() {
                    let name = format!("class {class}");
                    let counts = splits.iter().map(|split| split.validation().iter().filter(|at| items[**at].class == name).count());
                    prop_assert!(differ(counts.collect()) <= Some(1));
                }
                prop_assert!(differ(splits.iter().map(|split| split.validation().len()).collect()) <= Some(1));
            }
        }
    }

    #[test]
    fn a_group_is_in_one_fold_and_a_class_that_is_one_group_always_trains() {
        // Bursts of three; the last class is one burst.
        let files: Vec<_> = (0..63).map(|i| (if i < 60 { (i / 30) as u8 } else { 2 }, i)).collect();
        let owned = items(&files);
        let bursts: Vec<_> = borrowed(&owned)
            .into_iter()
            .enumerate()
            .map(|(at, item)| Item { group: &owned[at - at % 3].1, ..item })
            .collect();
        let splits = [0, 1, 2, 3].map(|number| Split::fold(&bursts, 1, Fold { number, of: 4 }).unwrap());
        for split in &splits {
            let groups = |rows: &[usize]| rows.iter().map(|at| bursts[*at].group).collect::<BTreeSet<_>>();
            assert!(groups(split.train()).is_disjoint(&groups(split.validation())));
            assert!((60..63).all(|at| split.train().contains(&at)));
            assert_eq!(split.validation().len(), 15);
        }
        let mut rows: Vec<usize> = splits.iter().flat_map(|split| split.validation().iter().copied()).collect();
        rows.sort_unstable();
        assert_eq!(rows, (0..60).collect::<Vec<_>>());
        let error = Split::fold(&bursts, 1, Fold { number: 0, of: 21 }).unwrap_err();
        assert_eq!(error.code(), "wrong-folds");
    }

    #[test]
    fn the_seed_decides_and_the_order_of_the_images_does_not() {
        let files: Vec<_> = (0..40).map(|i| ((i % 2) as u8, i)).collect();
        let (forward, backward) = (items(&files), items(&files.iter().rev().copied().collect::<Vec<_>>()));
        let side = |owned: &[(String, String)], seed| {
            let split = Split::fold(&borrowed(owned), seed, Fold { number: 0, of: 5 }).unwrap();
            split.validation().iter().map(|at| owned[*at].1.clone()).collect::<BTreeSet<_>>()
        };
        assert_eq!(side(&forward, 1), side(&backward, 1));
        assert_ne!(side(&forward, 1), side(&forward, 2));
    }

    #[test]
    fn folds_that_cannot_be_are_named() {
        let fold = |files: &[(u8, u32)], number, of| {
            Split::fold(&borrowed(&items(files)), 1, Fold { number, of }).map_err(|e| e.code())
        };
        let four = [(0, 1), (0, 2), (1, 3), (1, 4)];
        assert_eq!(fold(&four, 0, 1), Err("wrong-folds"));
        assert_eq!(fold(&four, 0, 0), Err("wrong-folds"));
        assert_eq!(fold(&four, 0, 5), Err("wrong-folds"));
        assert_eq!(fold(&four, 4, 4), Err("empty-validation"));
        assert_eq!(fold(&four, 3, 4).map(|split| split.validation().len()), Ok(1));
        assert_eq!(fold(&four[..3], 0, 2), Err("too-few-images"));
        assert_eq!(fold(&four[..2], 0, 2), Err("too-few-classes"));
        let error = Error::WrongFolds { folds: 9, images: 4 }.to_string();
        assert!(error.contains('9') && error.contains('4'), "{error}");
    }
}
