//! Nearest neighbours against scikit-learn's, on the same rows (`tests/golden/neighbors.py`), and as a head of a project.

#[cfg(test)]
mod reference;

use std::ops::ControlFlow;

use headstart::artifact::head_file::{Card, head_from_safetensors, safetensors_from_head};
use headstart::device::Device;
use headstart::error::Error;
use headstart::head::neighbors::{NeighborWeights, Neighbors};
use headstart::head::{Head, HeadKind, Standardizer, top};
use headstart::learning_curve::learning_curve;
use headstart::project::{Project, SplitConfig};
use headstart::train::{FitConfig, Fitted, Rows, TrainingSet, fit};
use serde_json::Value;

use crate::reference::{data, halves, npy};

const GOLDEN: &str = include_str!("golden/neighbors.json");

/// `number(seed)` of tests/golden/README.md.
fn numbers(seed: u32) -> impl Iterator<Item = f32> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(next(&seed), next).map(|state| (state >> 8) as f32 / 8_388_608.0 - 1.0)
}

/// Training rows and rows that are asked for.
fn drawn() -> (TrainingSet, Vec<f32>) {
    const WIDTH: usize = 27;
    let rows = |count: usize, seed: u32| {
        let raised = |at: usize| if at % WIDTH % 5 == at / WIDTH % 5 { 0.25 } else { 0.0 };
        numbers(seed).take(count * WIDTH).enumerate().map(|(at, x)| x + raised(at)).collect::<Vec<f32>>()
    };
    let (train, mut asked) = (rows(150, 1), rows(40, 2));
    asked[..WIDTH].copy_from_slice(&train[7 * WIDTH..][..WIDTH]);
    (set(train, (0..150).map(|row| row % 5).collect(), WIDTH), asked)
}

/// Photos of TrashNet, every fifth held back.
fn trashnet() -> Option<(TrainingSet, Vec<f32>)> {
    let npz = data()?.join("golden/features/trashnet-mini.lite0.npz");
    let (features, classes) = (halves(&npy(&npz, "features.npy")), npy(&npz, "labels.npy"));
    let (mut train, mut asked, mut of) = (Vec::new(), Vec::new(), Vec::new());
    for (at, (row, class)) in features.chunks_exact(1280).zip(classes.as_chunks().0).enumerate() {
        if at % 5 == 0 {
            asked.extend_from_slice(row);
        } else {
            train.extend_from_slice(row);
            of.push(i64::from_le_bytes(*class) as usize);
        }
    }
    Some((set(train, of, 1280), asked))
}

fn set(features: Vec<f32>, classes: Vec<usize>, num_features: usize) -> TrainingSet {
    let labels = (0..=classes.iter().copied().max().unwrap()).map(|class| format!("class {class}")).collect();
    let train = Rows { features, classes };
    TrainingSet { labels, num_features, validation: train.clone(), train, views: vec![] }
}

fn config(neighbors: usize, neighbor_weights: NeighborWeights) -> FitConfig {
    FitConfig { head: HeadKind::Neighbors, neighbors, neighbor_weights, ..FitConfig::default() }
}

fn fitted(set: &TrainingSet, config: &FitConfig) -> Result<Fitted, Error> {
    pollster::block_on(fit(set, config, &Device::Cpu, || 0.0, async |_| ControlFlow::Continue(())))
}

fn voting(head: &Head) -> &Neighbors {
    head.neighbors.as_ref().unwrap()
}

/// The shares of the votes.
fn votes(head: &Head, asked: &[f32]) -> Vec<f32> {
    voting(head).votes(asked)
}

#[test]
fn answers_equal_scikit_learns() {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    for (name, material) in [("drawn", Some(drawn())), ("trashnet", trashnet())] {
        let Some((set, asked)) = material else { continue };
        let c = set.labels.len();
        for case in golden[name].as_array().unwrap() {
            let (k, weights) = (case["neighbors"].as_u64().unwrap() as usize, case["weights"].clone());
            let head = fitted(&set, &config(k, serde_json::from_value(weights.clone()).unwrap())).unwrap().head;
            let expected: Vec<Vec<f32>> = serde_json::from_value(case["probabilities"].clone()).unwrap();
            let predicted: Vec<usize> = serde_json::from_value(case["predicted"].clone()).unwrap();
            let (votes, logits) = (votes(&head, &asked), head.forward_head(asked.clone()));
            let difference =
                votes.iter().zip(expected.iter().flatten()).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            println!("{name}, {k} {weights}: {difference:.1e}");
            assert!(difference <= 1e-5, "{name}, {k} {weights}: {difference}");
            let ours: Vec<usize> = logits.chunks_exact(c).map(|row| top(row).0).collect();
            assert_eq!(ours, predicted, "{name}, {k} {weights}");
            // Before a temperature, probabilities are the votes with one vote more that all classes share.
            let probabilities = head.predict_probabilities(asked.clone());
            for (probability, share) in probabilities.iter().zip(&votes) {
                let smoothed = (k as f32 * share + 1.0 / c as f32) / (k as f32 + 1.0);
                assert!((probability - smoothed).abs() <= 1e-5 && *probability > 0.0);
            }
        }
    }
}

#[test]
fn one_epoch_tells_of_training_rows_that_do_not_vote_for_themselves() {
    let (set, _) = drawn();
    let Fitted { head, history, best_epoch, stopped } = fitted(&set, &config(1, NeighborWeights::Uniform)).unwrap();
    assert_eq!((history.len(), best_epoch, stopped), (1, 1, false));
    // Validation is the training rows here, which find themselves.
    assert_eq!(history[0].val_accuracy, 1.0);
    assert!(history[0].accuracy < 0.9, "{}", history[0].accuracy);
    let others = |row: usize| (0..150).filter(move |other| *other != row);
    assert_eq!(head.standardizer, Standardizer::identity(27));
    let rows = &set.train.features;
    let cosine = |a: usize, b: usize| headstart::features::cosine(&rows[a * 27..][..27], &rows[b * 27..][..27]);
    let nearest = |row: usize| others(row).max_by(|a, b| cosine(row, *a).total_cmp(&cosine(row, *b))).unwrap();
    let right = (0..150).filter(|row| row % 5 == nearest(*row) % 5).count();
    assert_eq!(history[0].accuracy, right as f64 / 150.0);
    assert!(history[0].loss.is_finite() && history[0].val_loss.is_finite());
}

#[test]
fn equals_go_by_their_order_and_too_few_rows_all_vote() {
    let (mut set, _) = drawn();
    set.train = Rows { features: [[1.0; 27], [1.0; 27], [-1.0; 27]].concat(), classes: vec![1, 0, 0] };
    let head = fitted(&set, &config(1, NeighborWeights::Uniform)).unwrap().head;
    assert_eq!(top(&votes(&head, &[1.0; 27])).0, 1, "the row that came first");
    let head = fitted(&set, &config(50, NeighborWeights::Uniform)).unwrap().head;
    assert_eq!(voting(&head).n_neighbors, 3);
    let shares = votes(&head, &[1.0; 27]);
    assert_eq!(shares.iter().map(|share| (share * 3.0).round()).collect::<Vec<_>>(), [2.0, 1.0, 0.0, 0.0, 0.0]);
    let twins = fitted(&set, &config(3, NeighborWeights::Distance)).unwrap().head;
    let shares = votes(&twins, &[1.0; 27]);
    assert!((shares[0] - 0.5).abs() < 1e-6 && (shares[1] - 0.5).abs() < 1e-6, "{shares:?}");
}

#[test]
fn rows_of_zeros_give_numbers() {
    let (mut set, _) = drawn();
    set.train = Rows { features: [[0.0; 27], [0.0; 27]].concat(), classes: vec![1, 0] };
    set.validation = set.train.clone();
    for weights in [NeighborWeights::Uniform, NeighborWeights::Distance] {
        let fitted = fitted(&set, &config(2, weights)).unwrap();
        assert!(fitted.history[0].val_loss.is_finite());
        assert!(fitted.head.predict_probabilities(vec![0.0; 27]).iter().all(|p| p.is_finite() && *p > 0.0));
    }
}

#[test]
fn wrong_numbers_views_and_steps_are_refused_in_words() {
    let refused = |neighbors| FitConfig { neighbors, ..FitConfig::default() }.check().unwrap_err().to_string();
    assert_eq!(refused(0), "neighbors is 0, but it takes a number from 1 to 50.");
    assert_eq!(refused(51), "neighbors is 51, but it takes a number from 1 to 50.");
    let (set, _) = drawn();
    let set = TrainingSet { views: set.train.features.clone(), ..set };
    let error = fitted(&set, &config(5, NeighborWeights::Uniform)).unwrap_err();
    assert_eq!(error.code(), "neighbors-with-views");
    assert!(error.to_string().contains("Switch augmentation off"), "{error}");
    let error = config(5, NeighborWeights::Uniform).check_steps().unwrap_err();
    assert_eq!(error.code(), "neighbors-on-images");
    assert!(error.to_string().contains("Choose features as input"), "{error}");
    assert!(FitConfig::default().check_steps().is_ok());
}

/// The drawn rows as images.
fn project() -> Project {
    let (set, _) = drawn();
    let mut project = Project::default();
    for (at, row) in set.train.features.chunks_exact(27).enumerate() {
        let (name, label) = (format!("{at}.jpg"), format!("class {}", at % 5));
        project.add_image(&name, &label, &format!("{at:064x}"), None, row.into()).unwrap();
    }
    project
}

#[test]
fn a_project_judges_keeps_and_opens_it() {
    let mut project = project();
    let (set, split) = project.training_set(&SplitConfig::default()).unwrap();
    let sides = project.sides(&split);
    let config = config(5, NeighborWeights::Distance);
    let fitted = fitted(&set, &config).unwrap();
    project.keep(&fitted, sides);
    let report = project.evaluate().unwrap();
    assert_eq!(report.train_accuracy, fitted.history[0].accuracy, "no row for itself there either");
    assert_eq!(report.accuracy, fitted.history[0].val_accuracy);
    assert!(report.images.iter().all(|image| image.loss.is_finite()));
    assert!(report.calibration.after.ece.is_finite() && report.calibration.temperature > 0.25);
    let head = project.head().unwrap().clone();
    let card = Card::new(&head, "some network", "");
    let file = safetensors_from_head(&head, &card).unwrap();
    let (opened, read) = head_from_safetensors("head.safetensors", &file).unwrap();
    assert_eq!((read.version, read.neighbors, read.neighbor_weights), (2, Some(5), Some(NeighborWeights::Distance)));
    assert_eq!((&opened.neighbors, opened.temperature), (&head.neighbors, head.temperature));
    assert_eq!(safetensors_from_head(&opened, &read).unwrap(), file, "the same bytes again");
    project.adopt(opened);
    assert!(project.opened(&config).is_none(), "made anew");
}

#[test]
fn a_file_that_is_not_whole_is_refused_with_the_reason() {
    let (set, _) = drawn();
    let head = fitted(&set, &config(5, NeighborWeights::Uniform)).unwrap().head;
    let refused = |card: Card, labels: usize| {
        let card = Card { labels: card.labels[..labels].to_vec(), ..card };
        let file = safetensors_from_head(&head, &card).unwrap();
        head_from_safetensors("it", &file).unwrap_err().to_string()
    };
    let card = || Card::new(&head, "some network", "");
    assert!(refused(Card { neighbors: Some(0), ..card() }, 5).contains("0 neighbours of 150 rows"));
    assert!(refused(Card { neighbors: None, ..card() }, 5).contains("0 neighbours of 150 rows"));
    assert!(refused(card(), 4).contains("neighbors.classes has 4, and there are 4 classes"));
    assert!(refused(Card { version: 3, ..card() }, 5).contains("version 3 of the format; this headstart reads 2"));
    let longer = Head { neighbors: None, ..head.clone() };
    let file = safetensors_from_head(&longer, &card()).unwrap();
    assert!(head_from_safetensors("it", &file).unwrap_err().to_string().contains("missing: neighbors.rows"));
}

#[test]
fn a_learning_curve_takes_parts_with_fewer_rows_than_neighbours() {
    let mut project = project();
    let (set, split) = project.training_set(&SplitConfig::default()).unwrap();
    let order = project.learning_order(&split, 1);
    let config = config(50, NeighborWeights::Uniform);
    let go_on = async |_: &_| ControlFlow::Continue(());
    let points = pollster::block_on(learning_curve(&set, &order, &config, &Device::Cpu, go_on)).unwrap();
    assert!(points.len() >= 4 && points[0].images <= 5, "{points:?}");
}
