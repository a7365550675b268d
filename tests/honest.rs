//! What makes the answers honest, on the reference's feature rows of real photos: calibration, label errors, learning curve.

#[cfg(test)]
mod reference;

use std::ops::ControlFlow;

use headstart::backbone::spec::BackboneSpec;
use headstart::backbone::weights::read_safetensors;
use headstart::calibration::{answers, reliability, temperature};
use headstart::device::Device;
use headstart::head::HeadKind;
use headstart::image::{decode, resize_center_crop};
use headstart::learning_curve::learning_curve;
use headstart::review::{FOLDS, cross_validated, rank};
use headstart::run::cpu::CpuBackbone;
use headstart::train::{FitConfig, Rows, TrainingSet, fit};

use crate::reference::{data, files, halves, npy, read, weights};

const WIDTH: usize = 1280;
const CLASSES: usize = 6;

/// TrashNet's first 60 photos a class, in an order drawn by a seed.
fn trashnet() -> Option<Rows> {
    let npz = data()?.join("golden/features/trashnet-mini.lite0.npz");
    let features = halves(&npy(&npz, "features.npy"));
    let classes =
        npy(&npz, "labels.npy").as_chunks().0.iter().map(|eight| i64::from_le_bytes(*eight) as usize).collect();
    let rows = Rows { features, classes };
    let mut order: Vec<usize> = (0..rows.classes.len()).collect();
    fastrand::Rng::with_seed(1).shuffle(&mut order);
    Some(chosen(&rows, order))
}

fn chosen(rows: &Rows, at: impl IntoIterator<Item = usize>) -> Rows {
    let mut found = Rows::default();
    for at in at {
        found.features.extend_from_slice(&rows.features[at * WIDTH..][..WIDTH]);
        found.classes.push(rows.classes[at]);
    }
    found
}

fn labels() -> Vec<String> {
    (0..CLASSES).map(|class| format!("class {class}")).collect()
}

#[test]
fn a_temperature_fitted_on_validation_takes_a_third_off_the_error_on_images_held_out() {
    let Some(rows) = trashnet() else { return };
    let n = rows.classes.len();
    for head in [HeadKind::Linear, HeadKind::Mlp] {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for fold in 0..5 {
            let part = |wanted: &[usize]| chosen(&rows, (0..n).filter(|at| wanted.contains(&((at + fold) % 5))));
            let (train, validation, held_out) = (part(&[0, 1, 2]), part(&[3]), part(&[4]));
            let set = TrainingSet { labels: labels(), num_features: WIDTH, train, validation, views: Vec::new() };
            let config = FitConfig { head, ..FitConfig::default() };
            let go_on = async |_: &_| ControlFlow::Continue(());
            let head = pollster::block_on(fit(&set, &config, &Device::Cpu, || 0.0, go_on)).unwrap().head;
            let logits = |rows: &Rows| head.forward_head(rows.features.clone());
            let fitted = temperature(&logits(&set.validation), &set.validation.classes, CLASSES);
            let judged = |temperature| answers(&logits(&held_out), &held_out.classes, CLASSES, temperature);
            before.extend(judged(1.0));
            after.extend(judged(fitted));
        }
        let [before, after] = [before, after].map(|answers| reliability(&answers).ece);
        println!("{head:?}: {before:.4} → {after:.4}");
        assert!(after <= before * 2.0 / 3.0, "{head:?}: {before} → {after}");
    }
}

/// Every third photo of TrashNet, with features by our own executor.
fn every_third_photo() -> Option<Rows> {
    let (data, file) = (data()?, weights()?);
    let spec = BackboneSpec::named("efficientnet-lite0").unwrap();
    let plan = (spec.plan)();
    let mut backbone = CpuBackbone::new(&spec, &plan, &read_safetensors(&spec.file, &file, &plan).unwrap()).unwrap();
    let mut rows = Rows::default();
    for (class, label) in ["cardboard", "glass", "metal", "paper", "plastic", "trash"].into_iter().enumerate() {
        for path in files(&data.join("trashnet-256").join(label)).into_iter().step_by(3) {
            let pixels = decode(label, &read(path)).unwrap().pixels;
            let square = resize_center_crop(&pixels, &spec.preprocess());
            rows.features.extend(backbone.forward_features(&square));
            rows.classes.push(class);
        }
    }
    Some(rows)
}

#[test]
fn three_fifths_of_planted_label_errors_are_in_the_first_tenth_of_the_review() {
    let Some(rows) = every_third_photo() else { return };
    let (n, names) = (rows.classes.len(), labels());
    for seed in 1..=3 {
        let (mut random, mut rows) = (fastrand::Rng::with_seed(seed), rows.clone());
        let planted = random.choose_multiple(0..n, n / 20);
        for at in &planted {
            rows.classes[*at] = (rows.classes[*at] + random.usize(1..CLASSES)) % CLASSES;
        }
        let folds: Vec<usize> = (0..n).map(|_| random.usize(0..FOLDS)).collect();
        let go_on = async |_: f64| ControlFlow::Continue(());
        let judged = pollster::block_on(cross_validated(&rows, &names, &folds, 1, go_on)).unwrap().unwrap();
        let ranked = rank(&judged, &rows.classes, CLASSES);
        let first: Vec<usize> = ranked.iter().take(n / 10).map(|doubt| doubt.row).collect();
        let found = planted.iter().filter(|at| first.contains(at)).count();
        println!("{found} of {} planted are among the first {}", planted.len(), first.len());
        assert!(found * 5 >= planted.len() * 3);
    }
    let folds = vec![0; n];
    let ended = cross_validated(&rows, &names, &folds, 1, async |_: f64| ControlFlow::Break(()));
    assert_eq!(pollster::block_on(ended).unwrap(), None);
}

#[test]
fn a_learning_curve_rises_and_ends_with_all_training_images() {
    let Some(rows) = trashnet() else { return };
    let (train, validation) = (chosen(&rows, 0..280), chosen(&rows, 280..360));
    let set = TrainingSet { labels: labels(), num_features: WIDTH, train, validation, views: Vec::new() };
    let config = FitConfig { head: HeadKind::Linear, ..FitConfig::default() };
    let (order, mut told): (Vec<usize>, _) = ((0..280).collect(), 0);
    let on_point = async |_: &_| {
        told += 1;
        ControlFlow::Continue(())
    };
    let points = pollster::block_on(learning_curve(&set, &order, &config, &Device::Cpu, on_point)).unwrap();
    let images: Vec<usize> = points.iter().map(|point| point.images).collect();
    println!("{points:?}");
    assert!(told == 6 && images.is_sorted() && images[5] == 280);
    assert!(points[5].accuracy > points[0].accuracy + 0.1);
    assert!(points.iter().all(|point| point.interval[0] <= point.accuracy && point.accuracy <= point.interval[1]));
}
