//! Which groups are set aside, to be looked at once, when all choices are made.
//!
//! Decided by the hash of the group alone, whatever the seed of a training: another seed must not train on them. Like a
//! side, it is remembered, so that it never changes when other images come.

use std::collections::BTreeMap;

use crate::split::{Item, hash};

/// Of all groups of a class so many are trained on at least.
const LEFT: usize = 2;
/// A class with so many groups gives one to the test set at least.
const ENOUGH: usize = 5;

/// Decides on the groups that are not in `known` yet: each has the chance `share`. Of a class with five groups or more one is
/// set aside at least, and two of each class stay.
pub fn set_aside(items: &[Item], share: f64, known: &mut BTreeMap<String, bool>) {
    let mut classes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for item in items {
        classes.entry(item.class).or_default().push(item.group);
    }
    for mut groups in classes.into_values() {
        groups.sort_by_cached_key(|group| place(group));
        groups.dedup();
        let fresh: Vec<&str> = groups.iter().copied().filter(|group| !known.contains_key(*group)).collect();
        known.extend(fresh.iter().map(|group| (group.to_string(), place(group) < share)));
        let aside =
            |known: &BTreeMap<String, bool>| groups.iter().filter(|group| known.get(**group) == Some(&true)).count();
        if groups.len() >= ENOUGH && aside(known) == 0 {
            known.extend(fresh.first().map(|group| (group.to_string(), true)));
        }
        for group in fresh.iter().rev() {
            if groups.len() - aside(known) < LEFT {
                known.insert(group.to_string(), false);
            }
        }
    }
}

fn place(group: &str) -> impl PartialOrd<f64> + Ord + use<> {
    hash(0, &format!("test {group}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::tests::{borrowed, items};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_image_moves_when_others_come_and_each_class_keeps_two(
            first in prop::collection::vec((0u8..3, 0u32..100_000), 1..40),
            more in prop::collection::vec((0u8..4, 0u32..100_000), 1..60),
            share in 0.0f64..0.5,
        ) {
            let (mut known, first) = (BTreeMap::new(), items(&first));
            set_aside(&borrowed(&first), share, &mut known);
            let before = known.clone();
            let all: Vec<_> = first.iter().cloned().chain(items(&more)).collect();
            set_aside(&borrowed(&all), share, &mut known);
            prop_assert!(before.iter().all(|(group, aside)| known.get(group) == Some(aside)));
            for class in 0..4 {
                let of = |wanted: bool| {
                    let name = format!("class {class}");
                    let mut groups: Vec<&String> = all.iter().filter(|(class, _)| *class == name).map(|(_, file)| file).collect();
                    groups.sort_unstable();
                    groups.dedup();
                    groups.into_iter().filter(|file| known[*file] == wanted).count()
                };
                let (aside, left) = (of(true), of(false));
                prop_assert!(left >= (aside + left).min(2), "{left} of {}", aside + left);
            }
        }
    }

    #[test]
    fn about_a_share_of_each_class_is_set_aside_and_a_small_class_gives_one() {
        let files: Vec<_> = (0..2000).map(|i| ((i % 2) as u8, i)).chain((0..6).map(|i| (2, 5000 + i))).collect();
        let owned = items(&files);
        let mut known = BTreeMap::new();
        set_aside(&borrowed(&owned), 0.2, &mut known);
        let count = |name: &str| owned.iter().filter(|(class, file)| class == name && known[file]).count();
        assert!(
            (160..=240).contains(&count("class 0")) && (160..=240).contains(&count("class 1")),
            "{}",
            count("class 0")
        );
        assert!((1..=4).contains(&count("class 2")));
        let mut none = BTreeMap::new();
        set_aside(&borrowed(&owned[..8]), 0.0, &mut none);
        assert!(none.len() == 8);
    }
}
