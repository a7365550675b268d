//! What makes the answers honest, on the reference's feature rows of real photos: calibration, label errors, learning curve.

#[cfg(test)]
mod reference;

use std::ops::ControlFlow;

use headstart::calibration::{answers, reliability, temperature};
use headstart::device::Device;
use headstart::head::HeadKind;
use headstart::train::{FitConfig, Rows, TrainingSet, fit};

use crate::reference::{data, npy};

const WIDTH: usize = 1280;
const CLASSES: usize = 6;

/// TrashNet's first 60 photos a class, in an order drawn by a seed.
fn trashnet() -> Option<Rows> {
    let npz = data()?.join("golden/features/trashnet-mini.lite0.npz");
    let numbers = npy(&npz, "features.npy").as_chunks().0.iter().map(|two| half(u16::from_le_bytes(*two))).collect();
    let classes =
        npy(&npz, "labels.npy").as_chunks().0.iter().map(|eight| i64::from_le_bytes(*eight) as usize).collect();
    let rows = Rows { features: numbers, classes };
    let mut order: Vec<usize> = (0..rows.classes.len()).collect();
    fastrand::Rng::with_seed(1).shuffle(&mut order);
    Some(chosen(&rows, order))
}

/// IEEE 754 half precision.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023) / 1024.0);
    let size = if exponent == 0 { fraction * 2f32.powi(-14) } else { (1.0 + fraction) * 2f32.powi(exponent - 15) };
    if bits >> 15 == 1 { -size } else { size }
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
            let set = TrainingSet { labels: labels(), num_features: WIDTH, train, validation };
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
