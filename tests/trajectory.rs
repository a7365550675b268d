//! The MLP head's losses over five epochs against Keras and PyTorch: same weights, same order, no dropout
//! (`tests/golden/trajectory.py`).

use headstart::device::Device;
use headstart::head::{Classifier, Dense, HIDDEN, Standardizer};
use headstart::run::optimizer::Optimizer;
use headstart::train::{ClassWeight, Epoch, FitConfig, HeadTrainer, Rows};
use serde_json::Value;

const FEATURES: usize = 24;
const CLASSES: usize = 5;
const TRAIN: usize = 100;
const VALIDATION: usize = 40;
const BATCH: usize = 32;

#[test]
fn losses_equal_keras_and_pytorch() {
    let golden: Value = serde_json::from_str(include_str!("golden/trajectory.json")).unwrap();
    let runs = golden.as_object().unwrap().iter().filter(|(name, _)| *name != "versions");
    let mut compared = 0;
    for (name, run) in runs {
        let history = history(&config(name, run), !run["class_weight"].is_null());
        let mut worst = 0f64;
        for (key, figure) in FIGURES {
            let expected = run[key].as_array().unwrap();
            assert_eq!(expected.len(), history.len());
            let differences =
                history.iter().zip(expected).map(|(epoch, value)| figure(epoch) - value.as_f64().unwrap());
            worst = differences.fold(worst, |worst, difference| worst.max(difference.abs()));
        }
        println!("{name}, by {}: largest difference {worst:.1e}", run["by"]);
        assert!(worst < 1e-3, "{name}: {worst}");
        compared += 1;
    }
    assert_eq!(compared, 12);
}

type Figure = (&'static str, fn(&Epoch) -> f64);

const FIGURES: [Figure; 4] = [
    ("loss", |epoch| epoch.loss),
    ("accuracy", |epoch| epoch.accuracy),
    ("val_loss", |epoch| epoch.val_loss),
    ("val_accuracy", |epoch| epoch.val_accuracy),
];

fn config(name: &str, run: &Value) -> FitConfig {
    let optimizer = name.split('-').next().unwrap();
    let optimizer: Optimizer = serde_json::from_value(optimizer.into()).unwrap();
    FitConfig {
        optimizer,
        learning_rate: run["learning_rate"].as_f64().unwrap(),
        momentum: run["momentum"].as_f64().unwrap_or(0.0),
        nesterov: run["nesterov"].as_bool().unwrap_or(false),
        class_weight: if run["class_weight"].is_null() { ClassWeight::None } else { ClassWeight::Balanced },
        weight_decay: run["weight_decay"].as_f64(),
        epochs: 5,
        batch_size: BATCH,
        shuffle: false,
        dropout: vec![0.0],
        hidden: serde_json::from_value(run["hidden"].clone()).unwrap_or(HIDDEN.to_vec()),
        ..FitConfig::default()
    }
}

fn history(config: &FitConfig, is_unbalanced: bool) -> Vec<Epoch> {
    let labels = (0..CLASSES).map(|class| class.to_string()).collect();
    let (mut train, validation) = (rows(TRAIN, 1), rows(VALIDATION, 2));
    if is_unbalanced {
        train = unbalanced(&train);
    }
    let identity = Standardizer::identity(FEATURES);
    let mut trainer = HeadTrainer::start_from(&classifier(&config.hidden), labels, identity, config, &Device::Cpu);
    trainer.weigh(&train.classes);
    let n = train.classes.len();
    while !trainer.is_over() {
        assert_eq!(trainer.order(n), (0..n).collect::<Vec<_>>());
        for (features, classes) in train.features.chunks(BATCH * FEATURES).zip(train.classes.chunks(BATCH)) {
            trainer.step(features, classes);
        }
        pollster::block_on(trainer.end_epoch(&validation, || 0.0)).unwrap();
    }
    pollster::block_on(trainer.finish()).unwrap().history
}

fn rows(n: usize, seed: u32) -> Rows {
    let classes: Vec<usize> = (0..n).map(|row| row % CLASSES).collect();
    let raise = |at: usize| if at % FEATURES % CLASSES == at / FEATURES % CLASSES { 0.5 } else { 0.0 };
    let features = numbers(seed).take(n * FEATURES).enumerate().map(|(at, number)| number + raise(at)).collect();
    Rows { features, classes }
}

/// Of the last three classes only those among the first 40 rows.
fn unbalanced(all: &Rows) -> Rows {
    let kept = all.classes.iter().zip(all.features.chunks(FEATURES)).enumerate();
    let kept: Vec<_> = kept.filter(|(at, (class, _))| **class < 2 || *at < 40).collect();
    Rows {
        features: kept.iter().flat_map(|(_, (_, row))| row.iter().copied()).collect(),
        classes: kept.iter().map(|(_, (class, _))| **class).collect(),
    }
}

fn classifier(hidden: &[usize]) -> Classifier {
    let widths = [&[FEATURES], hidden, &[CLASSES]].concat();
    let sizes = widths.windows(2).map(|pair| [pair[0], pair[1]]);
    let layer = |(seed, [d_in, d_out]): (u32, [usize; 2])| {
        let limit = (6.0 / (d_in + d_out) as f32).sqrt();
        let weight = numbers(seed).take(d_in * d_out).map(|number| number * limit).collect();
        Dense { weight, bias: vec![0.0; d_out] }
    };
    Classifier { layers: (3..).zip(sizes).map(layer).collect() }
}

fn numbers(seed: u32) -> impl Iterator<Item = f32> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(next(&seed), next).map(|state| (state >> 8) as f32 / (1 << 23) as f32 - 1.0)
}
