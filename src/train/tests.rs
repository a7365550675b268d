//! Our kernels against burn's: the same history and the same weights, whatever the sizes. What a run promises.

use super::*;
use crate::head::HeadKind;
use crate::run::optimizer::Optimizer;

/// Sizes of a run.
struct Case {
    head: HeadKind,
    num_features: usize,
    classes: usize,
    train: usize,
    validation: usize,
    batch_size: usize,
}

fn rows(n: usize, case: &Case, random: &mut fastrand::Rng) -> Rows {
    let classes: Vec<usize> = (0..n).map(|i| i % case.classes).collect();
    let value = |class: usize, j: usize, noise: f32| noise * 3.0 + if j % case.classes == class { 1.0 } else { 0.0 };
    let row = |class: &usize| (0..case.num_features).map(|j| value(*class, j, random.f32())).collect::<Vec<_>>();
    Rows { features: classes.iter().flat_map(row).collect(), classes }
}

fn set(case: &Case) -> TrainingSet {
    let mut random = fastrand::Rng::with_seed(3);
    let labels = (0..case.classes).map(|class| class.to_string()).collect();
    let [train, validation] = [case.train, case.validation].map(|n| rows(n, case, &mut random));
    TrainingSet { labels, num_features: case.num_features, train, validation }
}

fn config(case: &Case, epochs: usize) -> FitConfig {
    FitConfig { head: case.head, epochs, batch_size: case.batch_size, ..FitConfig::default() }
}

fn fitted(case: &Case, config: &FitConfig, device: &Device) -> Fitted {
    pollster::block_on(fit(&set(case), config, device, || 0.0, async |_| ControlFlow::Continue(()))).unwrap()
}

fn assert_close(ours: &Fitted, burn: &Fitted, what: &str) {
    let mut worst = 0f64;
    for (a, b) in ours.history.iter().zip(&burn.history) {
        worst = worst.max((a.loss - b.loss).abs()).max((a.val_loss - b.val_loss).abs());
        assert!((a.accuracy - b.accuracy).abs() < 1e-3 && (a.val_accuracy - b.val_accuracy).abs() < 1e-3);
    }
    assert_eq!(ours.best_epoch, burn.best_epoch);
    for (a, b) in ours.head.classifier.layers.iter().zip(&burn.head.classifier.layers) {
        assert_eq!(a.sizes(), b.sizes());
        let both = a.weight.iter().zip(&b.weight).chain(a.bias.iter().zip(&b.bias));
        worst = both.fold(worst, |worst, (a, b)| worst.max(f64::from((a - b).abs())));
    }
    println!("{what}: {worst:.1e}");
    assert!(worst < 1e-3, "{what}: {worst}");
}

const CASES: [Case; 6] = [
    Case { head: HeadKind::Mlp, num_features: 24, classes: 2, train: 50, validation: 9, batch_size: 16 },
    Case { head: HeadKind::Mlp, num_features: 37, classes: 7, train: 65, validation: 70, batch_size: 64 },
    Case { head: HeadKind::Mlp, num_features: 5, classes: 3, train: 7, validation: 1, batch_size: 1 },
    Case { head: HeadKind::Mlp, num_features: 12, classes: 9, train: 45, validation: 20, batch_size: 1000 },
    Case { head: HeadKind::Linear, num_features: 33, classes: 2, train: 70, validation: 130, batch_size: 23 },
    Case { head: HeadKind::Linear, num_features: 1, classes: 12, train: 30, validation: 12, batch_size: 8 },
];

#[test]
fn training_equals_burn_within_a_thousandth() {
    for case in &CASES {
        let config = config(case, 5);
        let burn = fitted(case, &config, &Device::Burn(::burn::tensor::Device::flex()));
        let what = format!("{:?}, {} features, {} classes", case.head, case.num_features, case.classes);
        assert_close(&fitted(case, &config, &Device::Cpu), &burn, &what);
    }
}

#[test]
fn each_optimizer_equals_burn() {
    for (optimizer, momentum, nesterov) in OPTIMIZERS {
        let config = FitConfig { optimizer, momentum, nesterov, ..config(&CASES[1], 4) };
        let burn = fitted(&CASES[1], &config, &Device::Burn(::burn::tensor::Device::flex()));
        assert_close(&fitted(&CASES[1], &config, &Device::Cpu), &burn, &format!("{optimizer:?}, {momentum}"));
    }
}

const OPTIMIZERS: [(Optimizer, f64, bool); 6] = [
    (Optimizer::Adamw, 0.0, false),
    (Optimizer::Sgd, 0.0, false),
    (Optimizer::Sgd, 0.9, false),
    (Optimizer::Sgd, 0.9, true),
    (Optimizer::Rmsprop, 0.0, false),
    (Optimizer::Rmsprop, 0.9, false),
];

#[test]
fn a_seed_gives_the_same_bits() {
    for case in &CASES {
        let [one, two] = [1, 2].map(|_| fitted(case, &config(case, 2), &Device::Cpu));
        assert_same(&one, &two);
    }
}

fn assert_same(one: &Fitted, two: &Fitted) {
    assert_eq!(one.head.classifier, two.head.classifier);
    assert_eq!(one.history, two.history);
    assert_eq!((one.best_epoch, one.stopped), (two.best_epoch, two.stopped));
}

#[test]
fn rows_from_outside_train_as_rows_at_hand() {
    for case in &CASES {
        let (set, config) = (set(case), config(case, 3));
        let standardizer = Standardizer::fit(&set.train.features, set.num_features);
        let mut trainer =
            HeadTrainer::new(set.labels.clone(), set.num_features, standardizer, &config, &Device::default());
        while !trainer.is_over() {
            for at in trainer.order(set.train.classes.len()).chunks(config.batch_size) {
                let row = |at: &usize| set.train.features[at * set.num_features..][..set.num_features].to_vec();
                let classes: Vec<usize> = at.iter().map(|at| set.train.classes[*at]).collect();
                trainer.step(&at.iter().flat_map(row).collect::<Vec<f32>>(), &classes);
            }
            pollster::block_on(trainer.end_epoch(&set.validation, || 0.0)).unwrap();
        }
        assert_same(&pollster::block_on(trainer.finish()).unwrap(), &fitted(case, &config, &Device::Cpu));
    }
}

#[test]
fn patience_ends_a_run_that_gets_no_better() {
    let whole = FitConfig { monitor: Monitor::ValLoss, learning_rate: 0.05, ..config(&CASES[0], 40) };
    let patient = FitConfig { patience: Some(3), ..whole.clone() };
    let (whole, patient) = (fitted(&CASES[0], &whole, &Device::Cpu), fitted(&CASES[0], &patient, &Device::Cpu));
    let (best, ran) = (patient.best_epoch, patient.history.len());
    assert!(ran == best + 3 && ran < 40 && !patient.stopped, "{best} {ran}");
    assert_eq!(patient.history, whole.history[..ran]);
    assert!(patient.history.iter().all(|epoch| epoch.val_loss >= patient.history[best - 1].val_loss));
}

#[test]
fn the_last_weights_are_kept_where_the_best_are_not_wanted() {
    let last = FitConfig { restore_best_weights: false, ..config(&CASES[1], 4) };
    let fitted = fitted(&CASES[1], &last, &Device::Cpu);
    assert_eq!(fitted.best_epoch, 4);
    let validation = set(&CASES[1]).validation;
    let probabilities = fitted.head.predict_probabilities(validation.features);
    let right = probabilities.chunks_exact(7).zip(&validation.classes);
    let right = right.filter(|(row, class)| crate::head::top(row).0 == **class).count();
    assert_eq!(right as f64 / 70.0, fitted.history[3].val_accuracy);
}

#[test]
fn options_are_read_by_their_names_in_keras() {
    let text = r#"{"optimizer": "sgd", "momentum": 0.9, "nesterov": true, "learningRate": 0.01, "batchSize": 32,
        "schedule": {"type": "reduceLrOnPlateau", "factor": 0.5}, "monitor": "valLoss", "patience": 5, "dropout": [0, 0.5]}"#;
    let config: FitConfig = serde_json::from_str(text).unwrap();
    let schedule = Schedule::ReduceLrOnPlateau { factor: 0.5, patience: 10, min_delta: 1e-4, cooldown: 0, min_lr: 0.0 };
    let expected = FitConfig {
        optimizer: Optimizer::Sgd,
        momentum: 0.9,
        nesterov: true,
        learning_rate: 0.01,
        batch_size: 32,
        schedule,
        monitor: Monitor::ValLoss,
        patience: Some(5),
        dropout: [0.0, 0.5],
        ..FitConfig::default()
    };
    assert_eq!(config, expected);
}

#[test]
fn a_run_that_was_broken_off_ends_with_the_same_bits() {
    let schedule = Schedule::ReduceLrOnPlateau { factor: 0.5, patience: 1, min_delta: 1e-4, cooldown: 1, min_lr: 0.0 };
    for (case, device) in CASES.iter().flat_map(|case| [(case, Device::Cpu), (case, flex())]) {
        let config = FitConfig { schedule, ..config(case, 5) };
        let (set, name) = (set(case), run_name(&set(case), &config));
        let mut checkpoint = Vec::new();
        let broken_off = async |epoch: &Epoch, now: Moment<'_>| {
            checkpoint = now.checkpoint(&name).await.unwrap();
            if epoch.epoch == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        pollster::block_on(fit_from(None, &set, &config, &device, || 0.0, broken_off)).unwrap();
        let mut told = Vec::new();
        let rest = async |epoch: &Epoch, _: Moment<'_>| {
            told.push(epoch.epoch);
            ControlFlow::Continue(())
        };
        let resumed = pollster::block_on(fit_from(Some(&checkpoint), &set, &config, &device, || 0.0, rest)).unwrap();
        assert_eq!(told, [3, 4, 5]);
        assert_same(&resumed, &fitted(case, &config, &device));
    }
}

fn flex() -> Device {
    Device::Burn(::burn::tensor::Device::flex())
}

#[test]
fn a_checkpoint_of_another_run_is_passed_over() {
    let (case, config) = (&CASES[0], config(&CASES[0], 3));
    let (set, mut checkpoint) = (set(case), Vec::new());
    let name = run_name(&set, &config);
    let take = async |_: &Epoch, now: Moment<'_>| {
        checkpoint = now.checkpoint(&name).await.unwrap();
        ControlFlow::Break(())
    };
    pollster::block_on(fit_from(None, &set, &config, &Device::Cpu, || 0.0, take)).unwrap();
    let other_seed = FitConfig { seed: 2, ..config.clone() };
    let mut other_rows = set.clone();
    other_rows.train.features[0] += 1.0;
    let half = &checkpoint[..checkpoint.len() / 2];
    for (bytes, set, config, device) in [
        (&checkpoint[..], &set, &other_seed, Device::Cpu),
        (&checkpoint[..], &other_rows, &config, Device::Cpu),
        (&checkpoint[..], &set, &config, flex()),
        (half, &set, &config, Device::Cpu),
        (b"nothing", &set, &config, Device::Cpu),
    ] {
        let on_epoch = async |_: &Epoch, _: Moment<'_>| ControlFlow::Continue(());
        let from = pollster::block_on(fit_from(Some(bytes), set, config, &device, || 0.0, on_epoch)).unwrap();
        let anew = async |_: &Epoch| ControlFlow::Continue(());
        assert_same(&from, &pollster::block_on(fit(set, config, &device, || 0.0, anew)).unwrap());
    }
}
