//! Near-duplicates of real photos stay on one side of the split, and different photos are not taken for one.

#[cfg(test)]
mod reference;

use std::collections::BTreeMap;

use headstart::backbone::spec::{BackboneSpec, sha256_hex};
use headstart::backbone::weights::read_safetensors;
use headstart::image::{Fingerprint, Pixels, decode, resize_center_crop};
use headstart::project::{Project, SplitConfig};
use headstart::run::cpu::CpuBackbone;
use headstart::split::folds::Fold;
use image::codecs::jpeg::JpegEncoder;
use image::{RgbImage, imageops};

use crate::reference::{data, files, read, weights};

/// Files into a project, as the page adds them.
struct Adder {
    spec: BackboneSpec,
    backbone: CpuBackbone,
    project: Project,
}

impl Adder {
    fn new() -> Option<Self> {
        let (spec, file) = (BackboneSpec::named("efficientnet-lite0").unwrap(), weights()?);
        let plan = (spec.plan)();
        let backbone = CpuBackbone::new(&spec, &plan, &read_safetensors(&spec.file, &file, &plan).unwrap()).unwrap();
        Some(Self { spec, backbone, project: Project::default() })
    }

    fn add(&mut self, name: &str, label: &str, bytes: &[u8]) -> u32 {
        let pixels = decode(name, bytes).unwrap().pixels;
        let features = self.backbone.forward_features(&resize_center_crop(&pixels, &self.spec.preprocess()));
        let fingerprint = Some(Fingerprint::of(&pixels));
        self.project.add_image(name, label, &sha256_hex(bytes), fingerprint, features).unwrap()
    }
}

/// Cut by up to `most` pixels each side and saved anew.
fn near_duplicate(pixels: &Pixels, most: u32, random: &mut fastrand::Rng) -> Vec<u8> {
    let whole = RgbImage::from_raw(pixels.width, pixels.height, pixels.rgb.clone()).unwrap();
    let [left, top, right, bottom] = std::array::from_fn(|_| random.u32(0..=most));
    let (width, height) = (pixels.width - left - right, pixels.height - top - bottom);
    let cut = imageops::crop_imm(&whole, left, top, width, height).to_image();
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, random.u8(60..=90)).encode_image(&cut).unwrap();
    file
}

#[test]
fn near_duplicates_of_photos_are_on_one_side_and_different_photos_are_not_lumped_together() {
    let (Some(data), Some(mut adder)) = (data(), Adder::new()) else { return };
    let mut random = fastrand::Rng::with_seed(1);
    let mut photo_of = BTreeMap::new();
    for class in ["cardboard", "glass", "metal", "paper", "plastic", "trash"] {
        for path in files(&data.join("trashnet-mini").join(class)).iter().step_by(12).take(5) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let pixels = decode(&name, &read(path.clone())).unwrap().pixels;
            for i in 0..10 {
                let file = near_duplicate(&pixels, 5, &mut random);
                photo_of.insert(adder.add(&format!("{i} of {name}"), class, &file), name.clone());
            }
        }
    }
    assert_eq!(photo_of.len(), 300);
    let groups = adder.project.groups();
    assert_eq!((groups.len(), groups.iter().map(Vec::len).sum::<usize>()), (30, 300));
    assert!(groups.iter().all(|group| group.iter().all(|id| photo_of[id] == photo_of[&group[0]])));
    let saved = serde_json::to_string(&adder.project.saved()).unwrap();
    let mut again = Project::default();
    again.restore(serde_json::from_str(&saved).unwrap(), None);
    for image in adder.project.images() {
        again.restore_image(image.clone(), None).unwrap();
    }
    assert_eq!(again.groups(), groups, "groups outlive the page");
    for seed in 0..20 {
        let (_, split) = adder.project.training_set(&SplitConfig { seed, ..SplitConfig::default() }).unwrap();
        let [train, validation] = adder.project.sides(&split);
        assert!(groups.iter().all(|group| group.iter().all(|id| train.contains(id) == train.contains(&group[0]))));
        assert!(!validation.is_empty() && train.len() + validation.len() == 300);
        let fold = Some(Fold { number: 0, of: 3 });
        let (_, split) = again.training_set(&SplitConfig { seed, fold, ..SplitConfig::default() }).unwrap();
        let [train, validation] = again.sides(&split);
        assert!(groups.iter().all(|group| group.iter().all(|id| train.contains(id) == train.contains(&group[0]))));
        assert_eq!(validation.len(), 100);
    }
}

#[test]
fn the_collection_of_duplicates_is_grouped_as_its_table_says() {
    let (Some(data), Some(mut adder)) = (data(), Adder::new()) else { return };
    let mut names = BTreeMap::new();
    for class in ["one", "two"] {
        for path in files(&data.join("bad/duplicates").join(class)) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            names.insert(adder.add(&name, class, &read(path)), name);
        }
    }
    let groups: Vec<Vec<&str>> =
        adder.project.groups().iter().map(|group| group.iter().map(|id| names[id].as_str()).collect()).collect();
    let all = ["a.jpg", "b-reencoded.jpg", "c-cropped.jpg", "d-resized.jpg", "a-again.jpg", "e-brighter.jpg"];
    assert_eq!(groups, [[&all[..], &["f-same-pixels.png"]].concat()]);
    let codes: Vec<String> = adder.project.checks().into_iter().map(|check| check.code).collect();
    assert_eq!(codes, ["two-labels"]);
    adder.project = Project::default();
    let turned = files(&data.join("bad/exif"));
    let turned = turned.iter().map(|path| adder.add(&path.to_string_lossy(), "turned", &read(path.clone())));
    let ids: Vec<u32> = turned.collect();
    assert_eq!(adder.project.groups(), [ids], "all turned pictures are one");
}
