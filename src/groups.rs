//! Which images show the same: copies of a file, and near-duplicates by their fingerprints and feature rows.
//!
//! A group grows by whatever is near one of its images, so a burst is one group though its ends differ. An image that is near
//! images of two groups joins them; the group is then known by the earlier one. Each new image is compared with every
//! other: four words each, 10,000 images in 0.03 ms, a three-hundredth of what its features take.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::image::Fingerprint;

/// Bits of 255 that near-duplicates may differ by.
///
/// On copies cropped by up to 6 pixels of 256 each side, resized, brightened and saved anew (10 of each photo): all of 41
/// photos of TrashNet and 41 of 42 of Caltech-101 stayed one group. Of 2,527 photos of TrashNet, 68 were grouped, in pairs,
/// most of them the same photo twice; of 698 of Caltech-101, 6. Nearly blank solar cells look alike to it: of 480,
/// 128 in groups of up to 22, which costs nothing but a coarser split.
pub const MAX_DISTANCE: u32 = 56;
/// Cosine of their feature rows that near-duplicates have at least. Different photos seldom reach it.
pub const MIN_COSINE: f32 = 0.8;

/// The groups of all images that were ever added, so that one that comes back finds its place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(into = "Vec<Member>", try_from = "Vec<Member>")]
pub struct Groups {
    members: Vec<Member>,
    by_id: BTreeMap<u32, usize>,
    by_file: BTreeMap<String, usize>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Member {
    id: u32,
    sha256: String,
    /// None where it is not known, or the image was taken out: then no other is compared with it.
    fingerprint: Option<Fingerprint>,
    /// A place before it in the same group, or its own.
    parent: usize,
}

impl Groups {
    /// Takes an image in; one that is known stays where it is. `cosine(id)` is that of its feature row with another's,
    /// asked for few.
    ///
    /// Gives the image that it is nearest to, of those that make it a near-duplicate; of a known one none.
    pub fn add(
        &mut self,
        id: u32,
        sha256: &str,
        fingerprint: Option<Fingerprint>,
        cosine: impl Fn(u32) -> f32,
    ) -> Option<u32> {
        let place = self.members.len();
        if self.by_id.contains_key(&id) {
            return None;
        }
        self.by_id.insert(id, place);
        self.members.push(Member { id, sha256: sha256.into(), fingerprint, parent: place });
        let copy = *self.by_file.entry(sha256.into()).or_insert(place);
        let near = self.near(place, &cosine);
        for other in near.iter().map(|(_, other)| *other).chain([copy]) {
            self.join(place, other);
        }
        near.first().map(|(_, other)| self.members[*other].id)
    }

    /// Makes images one group though they need not look alike: the burst of a camera. Unknown ids are passed over.
    pub fn unite(&mut self, ids: &[u32]) {
        let places: Vec<usize> = ids.iter().filter_map(|id| self.place(*id)).collect();
        for pair in places.windows(2) {
            self.join(pair[0], pair[1]);
        }
    }

    /// No image is compared with these any more; their groups stay as they are.
    pub fn remove(&mut self, ids: &[u32]) {
        for id in ids {
            if let Some(place) = self.place(*id) {
                self.members[place].fingerprint = None;
            }
        }
    }

    /// SHA-256 of the first image of the group, by which it is known; of an unknown image none.
    pub fn key(&self, id: u32) -> Option<&str> {
        self.place(id).map(|place| self.members[self.root(place)].sha256.as_str())
    }

    /// The nearest first.
    fn near(&self, place: usize, cosine: &impl Fn(u32) -> f32) -> Vec<(u32, usize)> {
        let Some(fingerprint) = self.members[place].fingerprint else { return Vec::new() };
        let near = |(other, member): (usize, &Member)| {
            let distance = fingerprint.distance(member.fingerprint.as_ref()?);
            (distance <= MAX_DISTANCE && cosine(member.id) >= MIN_COSINE).then_some((distance, other))
        };
        let mut near: Vec<_> = self.members[..place].iter().enumerate().filter_map(near).collect();
        near.sort_unstable();
        near
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.members[a.max(b)].parent = a.min(b);
    }

    fn root(&self, mut place: usize) -> usize {
        while self.members[place].parent != place {
            place = self.members[place].parent;
        }
        place
    }

    fn place(&self, id: u32) -> Option<usize> {
        self.by_id.get(&id).copied()
    }
}

impl From<Groups> for Vec<Member> {
    fn from(groups: Groups) -> Self {
        groups.members
    }
}

/// From a file: what would lead out of the list or round in it is refused.
impl TryFrom<Vec<Member>> for Groups {
    type Error = &'static str;

    fn try_from(members: Vec<Member>) -> Result<Self, Self::Error> {
        let by_id: BTreeMap<u32, usize> =
            members.iter().enumerate().map(|(place, member)| (member.id, place)).collect();
        let is_in_order = members.iter().enumerate().all(|(place, member)| member.parent <= place);
        if by_id.len() < members.len() || !is_in_order {
            return Err("groups of images are out of order");
        }
        let mut by_file = BTreeMap::new();
        for (place, member) in members.iter().enumerate() {
            by_file.entry(member.sha256.clone()).or_insert(place);
        }
        Ok(Self { members, by_id, by_file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first `bits` bits of 64 hex digits.
    fn fingerprint(bits: usize) -> Option<Fingerprint> {
        let digits = "f".repeat(bits / 4) + &"0".repeat(64 - bits / 4);
        digits.parse().ok()
    }

    fn added(groups: &mut Groups, id: u32, bits: usize) -> Option<u32> {
        groups.add(id, &format!("file {id}"), fingerprint(bits), |_| 1.0)
    }

    #[test]
    fn a_group_grows_by_what_is_near_one_of_its_images() {
        let mut groups = Groups::default();
        assert_eq!(
            [added(&mut groups, 3, 0), added(&mut groups, 5, 40), added(&mut groups, 9, 80)],
            [None, Some(3), Some(5)]
        );
        assert_eq!(added(&mut groups, 10, 140), None);
        assert_eq!([3, 5, 9, 10].map(|id| groups.key(id)), ["file 3", "file 3", "file 3", "file 10"].map(Some));
        assert_eq!(groups.key(4), None);
    }

    #[test]
    fn what_is_near_two_groups_joins_them_under_the_earlier_one() {
        let mut groups = Groups::default();
        assert_eq!(
            [added(&mut groups, 0, 0), added(&mut groups, 1, 80), added(&mut groups, 2, 44)],
            [None, None, Some(1)]
        );
        assert_eq!([0, 1, 2].map(|id| groups.key(id)), [Some("file 0"); 3]);
    }

    #[test]
    fn a_burst_is_one_group_whatever_it_shows() {
        let mut groups = Groups::default();
        for (id, bits) in [(0, 0), (1, 80), (2, 160), (3, 240)] {
            added(&mut groups, id, bits);
        }
        groups.unite(&[3, 1, 7]);
        assert_eq!([0, 1, 2, 3].map(|id| groups.key(id)), ["file 0", "file 1", "file 2", "file 1"].map(Some));
    }

    #[test]
    fn the_rows_have_a_say_and_a_copy_needs_none() {
        let mut groups = Groups::default();
        groups.add(0, "file", fingerprint(0), |_| 0.0);
        assert_eq!(groups.add(1, "another", fingerprint(4), |_| 0.7), None);
        assert_eq!(groups.add(2, "file", None, |_| 0.0), None);
        assert_eq!([0, 1, 2].map(|id| groups.key(id)), ["file", "another", "file"].map(Some));
    }

    #[test]
    fn a_removed_image_is_compared_with_no_more_but_its_file_finds_its_group_again() {
        let mut groups = Groups::default();
        added(&mut groups, 0, 0);
        added(&mut groups, 1, 40);
        groups.remove(&[0, 7]);
        assert_eq!(added(&mut groups, 2, 0), Some(1));
        groups.add(3, "file 0", None, |_| 0.0);
        assert_eq!([1, 2, 3].map(|id| groups.key(id)), [Some("file 0"); 3]);
    }

    #[test]
    fn groups_that_were_kept_are_the_same_and_damaged_ones_are_refused() {
        let mut groups = Groups::default();
        for (id, bits) in [(0, 0), (4, 80), (5, 44), (6, 140)] {
            added(&mut groups, id, bits);
        }
        groups.remove(&[4]);
        let json = serde_json::to_string(&groups).unwrap();
        assert_eq!(serde_json::from_str::<Groups>(&json).unwrap(), groups);
        for (whole, damaged) in [(r#""parent":3"#, r#""parent":4"#), (r#""id":5"#, r#""id":4"#)] {
            assert!(json.contains(whole), "{json}");
            assert!(serde_json::from_str::<Groups>(&json.replace(whole, damaged)).is_err(), "{damaged}");
        }
    }
}
