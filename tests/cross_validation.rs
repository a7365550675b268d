//! Cross-validation against scikit-learn's, on the same rows and the same folds (`tests/golden/cross_validation.py`).

#[cfg(test)]
mod reference;

use std::ops::ControlFlow;

use headstart::device::Device;
use headstart::head::HeadKind;
use headstart::project::{Project, SplitConfig};
use headstart::run::optimizer::Optimizer;
use headstart::split::folds::Fold;
use headstart::train::{FitConfig, fit};
use serde_json::Value;

use crate::reference::{data, halves, npy};

const FOLDS: usize = 5;

/// `number(seed)` of tests/golden/README.md.
fn numbers(seed: u32) -> impl Iterator<Item = f32> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(next(&seed), next).map(|state| (state >> 8) as f32 / 8_388_608.0 - 1.0)
}

/// 600 rows of 48 features in 4 classes, in groups of three that share half of what they are.
fn drawn() -> Project {
    const ROWS: usize = 600;
    const WIDTH: usize = 48;
    const GROUP: usize = 3;
    let own: Vec<f32> = numbers(1).take(ROWS * WIDTH).collect();
    let shared: Vec<f32> = numbers(2).take(ROWS / GROUP * WIDTH).collect();
    let mut project = Project::default();
    for row in 0..ROWS {
        let class = row / GROUP % 4;
        let raised = |column: usize| if column % 4 == class { 0.3 } else { 0.0 };
        let value = |column| (own[row * WIDTH + column] + shared[row / GROUP * WIDTH + column]) / 2.0 + raised(column);
        add(&mut project, row, class, (0..WIDTH).map(value).collect());
    }
    for first in (0..ROWS as u32).step_by(GROUP) {
        project.keep_together(&[first, first + 1, first + 2]);
    }
    project
}

/// 360 photos of TrashNet, as the reference sees them.
fn trashnet() -> Option<Project> {
    let npz = data()?.join("golden/features/trashnet-mini.lite0.npz");
    let features = halves(&npy(&npz, "features.npy"));
    let classes = npy(&npz, "labels.npy");
    let mut project = Project::default();
    for (row, (features, class)) in features.chunks_exact(1280).zip(classes.as_chunks().0).enumerate() {
        add(&mut project, row, i64::from_le_bytes(*class) as usize, features.into());
    }
    Some(project)
}

fn add(project: &mut Project, row: usize, class: usize, features: Vec<f32>) {
    project
        .add_image(&format!("{row}.jpg"), &format!("class {class}"), &format!("{row:064x}"), None, features)
        .unwrap();
}

/// scikit-learn's model: C = 1 takes `w / n` off in the gradient of the mean loss. Momentum goes ten times as far with a gradient, and
/// not with the decay. So weak a pull needs thousands of epochs to be felt.
fn logistic_regression(images: usize) -> FitConfig {
    let (optimizer, momentum, learning_rate) = (Optimizer::Sgd, 0.9, 1e-2);
    let weight_decay = Some(1.0 / (1.0 - momentum) / (images - images / FOLDS) as f64);
    FitConfig {
        head: HeadKind::Linear,
        epochs: 3000,
        optimizer,
        momentum,
        learning_rate,
        weight_decay,
        ..FitConfig::default()
    }
}

/// Share of all images that were called right in their fold, by the last epoch.
fn cross_validated(project: &mut Project, config: FitConfig) -> f64 {
    let config = FitConfig { restore_best_weights: false, ..config };
    let (mut right, mut total) = (0.0, 0);
    for number in 0..FOLDS {
        let fold = Some(Fold { number, of: FOLDS });
        let (set, split) = project.training_set(&SplitConfig { fold, ..SplitConfig::default() }).unwrap();
        let go_on = async |_: &_| ControlFlow::Continue(());
        let fitted = pollster::block_on(fit(&set, &config, &Device::Cpu, || 0.0, go_on)).unwrap();
        let sides = project.sides(&split);
        project.keep(&fitted, sides);
        let report = project.evaluate().unwrap();
        right += (report.accuracy * report.validation as f64).round();
        total += report.validation;
    }
    right / total as f64
}

#[test]
fn accuracy_is_within_two_points_of_scikit_learns() {
    let golden: Value = serde_json::from_str(include_str!("golden/cross_validation.json")).unwrap();
    let sets = [("drawn", Some(drawn())), ("trashnet", trashnet())];
    for (name, project) in sets {
        let Some(mut project) = project else { continue };
        let expected = golden[name]["accuracy"].as_f64().unwrap();
        let linear = logistic_regression(project.images().len());
        for (which, config) in [("the same model", linear), ("the page's defaults", FitConfig::default())] {
            let found = cross_validated(&mut project, config);
            println!("{name}, {which}: {found:.4}, scikit-learn {expected:.4}");
            assert!((found - expected).abs() <= 0.02, "{name}, {which}: {found} {expected}");
        }
    }
}
