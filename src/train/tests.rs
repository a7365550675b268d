//! Our kernels against burn's: the same history and the same weights, whatever the sizes. What a run promises.

use super::check::{CASES, Case, config, difference, runs, set};
use super::*;
use crate::run::optimizer::Optimizer;

fn fitted(case: &Case, config: &FitConfig, device: &Device) -> Fitted {
    pollster::block_on(check::fitted(case, config, device)).unwrap()
}

#[test]
fn training_equals_burn_within_a_thousandth() {
    let burn = Device::Burn(::burn::tensor::Device::flex());
    for (case, config) in runs() {
        let (ours, burn) = (fitted(&case, &config, &Device::Cpu), fitted(&case, &config, &burn));
        let worst = difference(&ours, &burn);
        println!("{:?}, momentum {}, {case:?}: {worst:.1e}", config.optimizer, config.momentum);
        assert!(worst < 1e-3 && ours.best_epoch == burn.best_epoch, "{worst}");
    }
}

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
        "schedule": {"type": "reduceLrOnPlateau", "factor": 0.5}, "monitor": "valLoss", "patience": 5, "dropout": [0, 0.5], "hidden": [100]}"#;
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
        dropout: vec![0.0, 0.5],
        hidden: vec![100],
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

/// Copies of the rows as views; a linear head has no dropout, which would be drawn otherwise.
#[test]
fn an_epoch_takes_each_image_once_whichever_view_it_takes() {
    let case = &CASES[4];
    let config = config(case, 4);
    let plain = set(case);
    let copies = TrainingSet { views: plain.train.features.repeat(3), ..plain.clone() };
    for device in [Device::Cpu, flex()] {
        let [plain, copies] = [&plain, &copies].map(|set| {
            let go_on = async |_: &Epoch| ControlFlow::Continue(());
            pollster::block_on(fit(set, &config, &device, || 0.0, go_on)).unwrap()
        });
        assert_same(&plain, &copies);
    }
}

#[test]
fn views_are_learnt_from_and_are_another_run() {
    let (plain, config) = (set(&CASES[4]), config(&CASES[4], 4));
    let views = TrainingSet { views: vec![0.0; plain.train.features.len()], ..plain.clone() };
    let go_on = async |_: &Epoch| ControlFlow::Continue(());
    let fitted = pollster::block_on(fit(&views, &config, &Device::Cpu, || 0.0, go_on)).unwrap();
    assert!(fitted.history[3].loss > self::fitted(&CASES[4], &config, &Device::Cpu).history[3].loss);
    assert_ne!(run_name(&plain, &config), run_name(&views, &config));
}
