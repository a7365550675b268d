//! The lab on a small network, run by the CPU executor; and its arithmetic.

mod training;

use super::*;
use crate::backbone::builder::Builder;
use crate::backbone::efficientnet_lite::LITE0;
use crate::backbone::plan::{Parameter, Plan};
use crate::backbone::spec::BackboneSpec;
use crate::backbone::weights::{Weight, Weights};
use crate::image::augment::Augmentation;
use crate::lab::config::RunConfig;
use crate::lab::distance::share_come;
use crate::run::batch_norm::norms;
use crate::run::cpu::batch_norm::chosen::ChosenStatistics;

const SIDE: usize = 12;

fn with_norms() -> Plan {
    plan(true)
}

fn without_norms() -> Plan {
    plan(false)
}

fn plan(has_norms: bool) -> Plan {
    let mut net = Builder::new("test", SIDE, 1e-3);
    for (name, stride) in [("a", 2), ("b", 1), ("c", 2)] {
        net.conv(name, 12, 3, stride);
        if has_norms {
            net.batch_norm(&format!("{name}.norm"));
        }
        net.relu6(&format!("{name}.act"));
    }
    net.global_avg_pool("pool")
}

fn weights_of(plan: &Plan) -> Weights {
    let weight = |(seed, p): (usize, Parameter)| {
        let mut random = fastrand::Rng::with_seed(seed as u64);
        let is_scale = p.name.ends_with("running_var") || p.name.ends_with("norm.weight");
        let len = p.shape.iter().product();
        let values = (0..len).map(|_| if is_scale { 1.0 } else { random.f32() - 0.5 }).collect();
        (p.name, Weight { shape: p.shape, values })
    };
    plan.parameters().into_iter().enumerate().map(weight).collect()
}

/// Bright and dark pictures, `n` of them, in turn.
fn pictures(n: usize) -> Vec<Vec<u8>> {
    let mut random = fastrand::Rng::with_seed(5);
    let mut picture = |at: usize| (0..SIDE * SIDE * 3).map(|_| random.u8(0..100) + 120 * (at % 2) as u8).collect();
    (0..n).map(&mut picture).collect()
}

struct Bench {
    spec: BackboneSpec,
    plan: Plan,
    weights: Weights,
    pictures: Vec<Vec<u8>>,
}

impl Bench {
    fn new(has_norms: bool, n: usize) -> Self {
        let spec = BackboneSpec { plan: if has_norms { with_norms } else { without_norms }, ..LITE0 };
        let plan = plan(has_norms);
        Self { spec, weights: weights_of(&plan), plan, pictures: pictures(n) }
    }

    fn images(&self) -> LabImages {
        let (n, everything) = (self.pictures.len(), (0..self.pictures.len()).collect::<Vec<_>>());
        let stored = Statistics::stored(&self.plan, &self.weights).unwrap();
        let stored = self.compute(&Task { images: everything, statistics: Some(stored), view: None }).features;
        let (train, validation) = (0..n).partition(|image| image % 5 != 0);
        let classes = (0..n).map(|at| at % 2).collect();
        let labels = vec!["dark".to_string(), "bright".to_string()];
        LabImages { labels, classes, train, validation, stored, num_features: 12 }
    }

    fn lab(&self, config: LabConfig, fit: FitConfig) -> Result<Lab, Error> {
        let stored = Statistics::stored(&self.plan, &self.weights).unwrap();
        let backbone = LabBackbone { title: "Test".into(), norms: norms(&self.plan), stored };
        Lab::new(config, fit, self.images(), backbone)
    }

    fn compute(&self, task: &Task) -> Batch {
        let pixels = task.viewed(self.pixels(task));
        ChosenStatistics::new(self.spec.clone(), self.weights.clone())
            .compute(&pixels, task.statistics.as_ref())
            .unwrap()
    }

    fn pixels(&self, task: &Task) -> Vec<u8> {
        task.images.iter().flat_map(|image| &self.pictures[*image]).copied().collect()
    }

    /// Runs all; gives the result and how many batches were computed.
    fn run(&self, config: LabConfig, fit: FitConfig) -> (LabResult, usize) {
        let (mut lab, mut batches) = (self.lab(config, fit).unwrap(), 0);
        while !lab.is_over() {
            batches += lab.tasks().iter().filter(|task| task.statistics.is_none()).count();
            let results = lab.tasks().iter().map(|task| self.compute(task)).collect();
            pollster::block_on(lab.advance(results, || 0.0)).unwrap();
        }
        (lab.result(), batches)
    }
}

fn run(policy: BatchNormPolicy, validation_policy: Option<BatchNormPolicy>) -> RunConfig {
    RunConfig { policy, validation_policy, ..RunConfig::default() }
}

fn all_policies() -> Vec<RunConfig> {
    use BatchNormPolicy::*;
    let mut runs: Vec<RunConfig> = [Stored, Batch, Updated, Reestimated].map(|policy| run(policy, None)).into();
    runs.extend([Batch, Updated, Reestimated].map(|validation| run(Batch, Some(validation))));
    runs.push(run(Stored, Some(Updated)));
    runs
}

fn fit(epochs: usize) -> FitConfig {
    FitConfig { epochs, batch_size: 8, ..FitConfig::default() }
}

#[test]
fn every_policy_runs_and_repeats() {
    let bench = Bench::new(true, 30);
    let config = LabConfig { runs: all_policies(), ..LabConfig::default() };
    let (result, batches) = bench.run(config.clone(), fit(3));
    // 24 training images make 3 batches an epoch, 6 validation images one of their own.
    assert_eq!(batches, 3 * 3 + 1);
    for run in &result.runs {
        assert_eq!(run.epochs.len(), 3, "{run:?}");
        assert!(run.epochs.iter().all(|one| one.epoch.loss.is_finite()));
    }
    assert_eq!(result.runs[1].validation_policy, BatchNormPolicy::Stored, "that is the failure");
    assert_eq!(result.runs[2].epochs[2].updates, 9);
    assert_eq!(result.inside.layers.len(), 3);
    assert_eq!(result.sentences.len(), 3);
    assert_eq!(bench.run(config, fit(3)).0, result);
}

#[test]
fn batches_come_again_from_memory_where_asked_for() {
    let bench = Bench::new(true, 30);
    let runs = vec![run(BatchNormPolicy::Batch, None)];
    let (result, batches) = bench.run(LabConfig { runs, shuffles: Some(2), ..LabConfig::default() }, fit(5));
    assert_eq!((batches, result.runs[0].epochs.len()), (6, 5));
}

#[test]
fn moving_averages_come_as_far_as_their_momentum_lets_them() {
    let bench = Bench::new(true, 30);
    let updated = |momentum| RunConfig { momentum, ..run(BatchNormPolicy::Updated, None) };
    let config = LabConfig { runs: vec![updated(0.9), updated(0.99)], shuffles: Some(1), ..LabConfig::default() };
    let (result, _) = bench.run(config, fit(4));
    for run in &result.runs {
        for one in &run.epochs {
            // The same three batches again and again: 1 − mⁿ, but for their differences.
            let expected = 1.0 - run.momentum.powi(one.updates as i32);
            assert!((one.come - expected).abs() < 0.02, "{} after {}: {expected}", one.come, one.updates);
        }
    }
}

#[test]
fn without_batch_norm_all_policies_are_one_bit_for_bit() {
    let bench = Bench::new(false, 30);
    let (result, batches) = bench.run(LabConfig { runs: all_policies(), ..LabConfig::default() }, fit(3));
    assert_eq!(batches, 0);
    let of = |at: usize| result.runs[at].epochs.iter().map(|one| one.epoch.clone()).collect::<Vec<_>>();
    (1..result.runs.len()).for_each(|at| assert_eq!(of(at), of(0)));
    assert!(result.sentences[1].contains("has no BatchNorm layer"), "{:?}", result.sentences);
}

#[test]
fn a_batch_of_one_image_is_refused_in_words() {
    let bench = Bench::new(true, 30);
    let fit = FitConfig { batch_size: 1, ..FitConfig::default() };
    let error = bench.lab(LabConfig { runs: all_policies(), ..LabConfig::default() }, fit).err().unwrap();
    assert_eq!(error.code(), "batch-of-one");
    assert!(error.to_string().contains("a.norm"), "{error}");
}

#[test]
fn results_that_are_not_those_of_the_tasks_are_refused() {
    let bench = Bench::new(true, 30);
    let mut lab = bench.lab(LabConfig { runs: all_policies(), ..LabConfig::default() }, fit(1)).unwrap();
    assert!(lab.inside().is_none());
    let error = pollster::block_on(lab.advance(vec![], || 0.0)).unwrap_err();
    assert_eq!(error, Error::WrongRows { expected: 24 * 12, found: 0 });
    let mut results: Vec<Batch> = lab.tasks().iter().map(|task| bench.compute(task)).collect();
    results[1].statistics.var.pop();
    let error = pollster::block_on(lab.advance(results, || 0.0)).unwrap_err();
    assert_eq!(error, Error::WrongStatistics { expected: 36, found: 35 });
}

#[test]
fn a_single_image_at_the_end_joins_the_batch_before() {
    let images: Vec<usize> = (0..17).collect();
    let sizes = |batch_size| batches(&images, batch_size, 1, 0).iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes(8), [8, 9]);
    assert_eq!(sizes(7), [7, 7, 3]);
    assert_eq!(batches(&images, 8, 1, 3), batches(&images, 8, 1, 3));
    assert_ne!(batches(&images, 8, 1, 3), batches(&images, 8, 1, 4));
    assert_ne!(batches(&images, 8, 1, 3), batches(&images, 8, 2, 3));
}

#[test]
fn distances_are_what_they_say() {
    let plan = plan(true);
    let backbone = LabBackbone {
        title: "Test".into(),
        norms: norms(&plan),
        stored: Statistics { mean: vec![0.0; 36], var: vec![1.0 - 1e-3; 36] },
    };
    let batch = |mean: f32| Statistics { mean: vec![mean; 36], var: vec![4.0 - 1e-3; 36] };
    let layers = layer_distances(&backbone, &[&batch(1.0), &batch(3.0)]);
    for layer in &layers {
        assert!((layer.shift - 2.0).abs() < 1e-6 && (layer.noise - 1.0).abs() < 1e-6, "{layer:?}");
        assert!((layer.spread - 2f64.ln()).abs() < 1e-4, "{layer:?}");
        assert!((layer.distance - 5f64.sqrt()).abs() < 1e-4, "{layer:?}");
    }
    assert_eq!((layers.len(), layers[2].layer.as_str()), (3, "c.norm"));
    assert!((share_come(&backbone, &batch(1.0), &batch(4.0)) - 0.25).abs() < 1e-6);
    assert_eq!(share_come(&backbone, &backbone.stored, &backbone.stored), 0.0);
}

#[test]
fn the_projection_finds_the_plane() {
    // Two clouds along two directions of five, with little else.
    let (mut stored, mut batch) = (Table::default(), Table::default());
    let mut random = fastrand::Rng::with_seed(2);
    for image in 0..40 {
        let row: Vec<f32> = [8.0, 3.0, 0.1, 0.1, 0.1].iter().map(|scale: &f32| (random.f32() - 0.5) * scale).collect();
        batch.insert(&[image], &row.iter().map(|x| x + 1.0).collect::<Vec<_>>());
        stored.insert(&[image], &row);
    }
    let images = LabImages {
        labels: vec!["a".into()],
        classes: vec![0; 40],
        train: (0..40).collect(),
        validation: vec![],
        stored: vec![],
        num_features: 5,
    };
    let found = project(&images, [&stored, &batch]);
    assert_eq!((found.stored.len(), found.batch.len(), found.images.len()), (40, 40, 40));
    assert!(found.explained[0] > found.explained[1] && found.explained.iter().sum::<f64>() > 0.85, "{found:?}");
    assert!((found.moved - 5f64.sqrt() / 2.2).abs() < 0.3, "{}", found.moved);
}

#[test]
fn augmentation_changes_training_batches_alone_and_each_shuffle_anew() {
    let bench = Bench::new(true, 30);
    let config = LabConfig { runs: all_policies(), augment: Some(Augmentation::default()), ..LabConfig::default() };
    let mut lab = bench.lab(config.clone(), fit(3)).unwrap();
    let mut views = vec![];
    while !lab.is_over() {
        for task in lab.tasks() {
            let pixels = bench.pixels(task);
            let trains = task.statistics.is_none() && task.images.iter().all(|image| image % 5 != 0);
            assert_eq!(task.viewed(pixels.clone()) != pixels, trains);
            if let (true, Some(at)) = (trains, task.images.iter().position(|image| *image == 1)) {
                views.push(task.viewed(pixels).chunks(SIDE * SIDE * 3).nth(at).unwrap().to_vec());
            }
        }
        let results = lab.tasks().iter().map(|task| bench.compute(task)).collect();
        pollster::block_on(lab.advance(results, || 0.0)).unwrap();
    }
    assert_eq!(views.len(), 3);
    assert!(views[0] != views[1] && views[1] != views[2]);
    assert_eq!(bench.run(config, fit(3)).0, lab.result(), "a seed repeats it");
}
