//! What a split promises, whatever the images.

use super::*;
use proptest::prelude::*;

/// Class and hash of made-up files.
pub(super) fn items(files: &[(u8, u32)]) -> Vec<(String, String)> {
    files.iter().map(|(class, file)| (format!("class {class}"), format!("{file:064x}"))).collect()
}

pub(super) fn borrowed(owned: &[(String, String)]) -> Vec<Item<'_>> {
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
        borrowed(&owned).into_iter().enumerate().map(|(at, item)| Item { group: first(at), ..item }).collect::<Vec<_>>()
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
