//! Our kernels against burn's: the same history and the same weights, whatever the sizes.

use super::*;

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

fn fitted(case: &Case, epochs: usize, device: &Device) -> Fitted {
    let config = FitConfig { head: case.head, epochs, batch_size: case.batch_size, ..FitConfig::default() };
    pollster::block_on(fit(&set(case), &config, device, || 0.0, async |_| ControlFlow::Continue(()))).unwrap()
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
        let burn = fitted(case, 5, &Device::Burn(::burn::tensor::Device::flex()));
        let ours = fitted(case, 5, &Device::Cpu);
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
        println!("{:?}, {} features, {} classes: {worst:.1e}", case.head, case.num_features, case.classes);
        assert!(worst < 1e-3, "{worst}");
    }
}

#[test]
fn a_seed_gives_the_same_bits() {
    for case in &CASES {
        let [one, two] = [fitted(case, 2, &Device::Cpu), fitted(case, 2, &Device::Cpu)];
        assert_eq!(one.head.classifier, two.head.classifier);
        assert_eq!(one.history, two.history);
    }
}
