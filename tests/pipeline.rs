//! From feature rows to a judged head and its file, on made-up rows: what holds whatever the images are.

use std::ops::ControlFlow;

use headstart::artifact::head_file::{Card, head_from_safetensors, safetensors_from_head};
use headstart::backbone::spec::sha256_hex;
use headstart::device::Device;
use headstart::error::Error;
use headstart::features::Image;
use headstart::head::{Head, HeadKind};
use headstart::image::{Fingerprint, Fit};
use headstart::project::{Project, SplitConfig};
use headstart::review::Ranked;
use headstart::split::Method;
use headstart::split::folds::Fold;
use headstart::train::{Epoch, FitConfig, Fitted, fit};

const WIDTH: usize = 24;

#[test]
fn more_classes_than_imagenet_has_are_refused_in_words() {
    let mut project = Project::default();
    for i in 0..2002_u32 {
        project.add_image("a.jpg", &format!("class {}", i / 2), &format!("{i:064x}"), None, vec![i as f32]).unwrap();
    }
    let sentence = "The number of classes is 1001, but it takes a number from 2 to 1000.";
    let check = project.checks().into_iter().find(|check| check.message == sentence).unwrap();
    assert!(check.blocking);
    assert_eq!(project.training_set(&SplitConfig::default()).unwrap_err().to_string(), sentence);
    project.relabel(0, "class 1000");
    project.relabel(1, "class 1000");
    assert!(project.training_set(&SplitConfig::default()).is_ok(), "1,000 may be trained on");
}

/// Rows around a centre for each class, the same in each run.
fn project(classes: usize, images: usize) -> Project {
    let (mut project, mut random) = (Project::default(), fastrand::Rng::with_seed(7));
    for i in 0..images {
        let class = i % classes;
        let value = |j: usize, noise: f32| noise + if j % classes == class { 1.5 } else { 0.0 };
        let row = (0..WIDTH).map(|j| value(j, random.f32() * 2.0)).collect();
        project.add_image(&format!("{i}.jpg"), &format!("class {class}"), &sha256_hex(&[i as u8]), None, row).unwrap();
    }
    project
}

fn train(project: &mut Project, config: &FitConfig) -> Result<Fitted, Error> {
    train_while(project, config, |_| true)
}

fn train_while(project: &mut Project, config: &FitConfig, go_on: impl Fn(&Epoch) -> bool) -> Result<Fitted, Error> {
    let (set, split) = project.training_set(&SplitConfig::default())?;
    let sides = project.sides(&split);
    let on_epoch = async |epoch: &Epoch| match go_on(epoch) {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    };
    let fitted = pollster::block_on(fit(&set, config, &Device::Cpu, || 0.0, on_epoch))?;
    project.keep(&fitted, sides);
    Ok(fitted)
}

#[test]
fn both_heads_learn_what_can_be_learnt() {
    for head in [HeadKind::Linear, HeadKind::Mlp] {
        let mut project = project(4, 200);
        let fitted = train(&mut project, &FitConfig { head, epochs: 80, ..FitConfig::default() }).unwrap();
        let report = project.evaluate().unwrap();
        assert!(report.accuracy >= 0.95, "{head:?}: {}", report.accuracy);
        assert_eq!(report.train + report.validation, 200);
        assert_eq!(report.confusion.iter().flatten().sum::<usize>(), report.validation);
        assert!(report.interval[0] <= report.accuracy && report.accuracy <= report.interval[1]);
        let kept = &fitted.history[fitted.best_epoch - 1];
        assert_eq!(report.accuracy, kept.val_accuracy, "the kept head is that of the best epoch");
        assert!(fitted.history.iter().all(|epoch| epoch.val_accuracy <= kept.val_accuracy));
    }
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let history = |seed| {
        let config = FitConfig { epochs: 4, seed, ..FitConfig::default() };
        train(&mut project(3, 90), &config).unwrap().history
    };
    assert_eq!(history(5), history(5));
    assert_ne!(history(5), history(6));
}

#[test]
fn a_head_survives_its_file() {
    for head in [HeadKind::Linear, HeadKind::Mlp] {
        let mut project = project(3, 60);
        train(&mut project, &FitConfig { head, epochs: 2, ..FitConfig::default() }).unwrap();
        let head = project.head().unwrap();
        let card = Card::new(head, "efficientnet-lite0", "a hash");
        let file = safetensors_from_head(head, &card).unwrap();
        assert_eq!(file, safetensors_from_head(head, &card).unwrap());
        let (read, read_card) = head_from_safetensors("head", &file).unwrap();
        assert_eq!(read_card, card);
        let row = project.images()[0].features.clone();
        let probabilities = |head: &headstart::head::Head| head.predict_probabilities(row.clone());
        assert_eq!(probabilities(&read), probabilities(head));
        assert!((probabilities(head).iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert_eq!(read.fit, Fit::Crop);
        let whole = Head { fit: Fit::Pad, ..head.clone() };
        let card = Card::new(&whole, "efficientnet-lite0", "a hash");
        let fitted = safetensors_from_head(&whole, &card).unwrap();
        assert_eq!(head_from_safetensors("head", &fitted).unwrap().0.fit, Fit::Pad);
        assert!(card.version == 2 && read_card.version == 1, "who knows of no fit refuses it");
        let cut = head_from_safetensors("cut.safetensors", &file[..file.len() - 9]).unwrap_err();
        assert!(cut.to_string().contains("cut.safetensors"), "{cut}");
    }
}

#[test]
fn training_stops_when_told_and_keeps_what_it_has() {
    let mut project = project(3, 60);
    let config = FitConfig { epochs: 50, ..FitConfig::default() };
    let fitted = train_while(&mut project, &config, |epoch| epoch.epoch < 3).unwrap();
    assert!(fitted.stopped && fitted.history.len() == 3);
    assert!(project.evaluate().is_ok());
}

#[test]
fn a_loss_that_is_no_number_is_said_with_its_epoch() {
    let mut project = project(3, 60);
    let error = train(&mut project, &FitConfig { learning_rate: 1e30, ..FitConfig::default() }).unwrap_err();
    assert!(error.to_string().contains("epoch") && error.code() == "diverged", "{error}");
}

#[test]
fn what_stands_in_the_way_of_training_is_said_first() {
    let codes = |project: &Project| project.checks().into_iter().map(|check| check.code).collect::<Vec<_>>();
    assert_eq!(codes(&project(1, 9)), ["too-few-classes"]);
    let mut project = project(2, 9);
    assert!(codes(&project).is_empty());
    project.add_image("lonely.jpg", "alone", "hash of its own", None, vec![0.0; WIDTH]).unwrap();
    assert_eq!(codes(&project), ["too-few-images"]);
    let first = project.images()[0].clone();
    let again = project.add_image("again.jpg", &first.label, &first.sha256, None, vec![0.0; WIDTH]).unwrap_err();
    assert!(again.to_string().contains("again.jpg") && again.to_string().contains(&first.name), "{again}");
    project.add_image("twin.jpg", "class 1", &first.sha256, None, vec![0.0; WIDTH]).unwrap();
    assert_eq!(codes(&project), ["too-few-images", "two-labels"]);
    let twin = project.checks().into_iter().find(|check| check.code == "two-labels").unwrap();
    assert!(!twin.blocking && twin.message.contains("twin.jpg") && twin.message.contains(&first.name), "{twin:?}");
    assert_eq!(project.head().unwrap_err().code(), "no-model");
}

#[test]
fn a_removed_image_leaves_the_report_and_a_renamed_class_its_name() {
    let mut project = project(2, 40);
    train(&mut project, &FitConfig { epochs: 3, ..FitConfig::default() }).unwrap();
    let report = project.evaluate().unwrap();
    project.remove_images(&[report.images[0].id]);
    project.rename_class("class 0", "first");
    let after = project.evaluate().unwrap();
    assert_eq!(after.validation, report.validation - 1);
    assert_eq!(after.labels, ["first", "class 1"]);
    assert!(after.accuracy >= 0.9, "{}", after.accuracy);
}

#[test]
fn the_tail_split_trains_too() {
    let mut project = project(2, 50);
    let config = SplitConfig { split: Method::Tail, ..SplitConfig::default() };
    let (set, split) = project.training_set(&config).unwrap();
    assert_eq!((set.train.classes.len(), split.validation().len()), (40, 10));
}

#[test]
fn a_project_that_was_kept_goes_on_as_if_never_closed() {
    let mut project = project(3, 40);
    project.remove_images(&[4, 39]);
    train(&mut project, &FitConfig { epochs: 3, ..FitConfig::default() }).unwrap();
    let json = serde_json::to_string(&project.saved()).unwrap();
    let head = safetensors_from_head(project.head().unwrap(), &Card::new(project.head().unwrap(), "b", "0")).unwrap();

    let mut again = Project::default();
    again.restore(serde_json::from_str(&json).unwrap(), Some(head_from_safetensors("head", &head).unwrap().0));
    for image in project.images().iter().rev() {
        again.restore_image(image.clone(), None).unwrap();
    }
    assert_eq!(again.images(), project.images());
    assert_eq!(again.saved(), project.saved());
    assert_eq!(
        serde_json::to_value(again.evaluate().unwrap()).unwrap(),
        serde_json::to_value(project.evaluate().unwrap()).unwrap()
    );
    let copy = project.images()[0].clone();
    again.restore_image(Image { id: 77, ..copy }, None).unwrap(); // two classes that became one
    again.remove_images(&[77]);
    let id = again.add_image("new", "class 0", "ff", None, vec![0.0; WIDTH]).unwrap();
    assert_eq!(id, 78, "an id is never used twice");
    let taken = again.restore_image(project.images()[0].clone(), None).unwrap_err();
    assert_eq!(taken.code(), "duplicate");
    let (one, two) = (
        again.training_set(&SplitConfig::default()).unwrap().1,
        project.training_set(&SplitConfig::default()).unwrap().1,
    );
    assert!(two.validation().iter().all(|at| one.validation().contains(at)), "no image changes its side");
}

#[test]
fn groups_outlive_the_page_with_what_came_since_and_what_was_taken_out() {
    let fingerprints =
        [0, 10, 20, 30].map(|digits| ("f".repeat(digits) + &"0".repeat(64 - digits)).parse::<Fingerprint>());
    let fingerprint = |id: u32| fingerprints[id as usize].ok();
    let mut project = Project::default();
    let add = |project: &mut Project, id: u32| {
        project.add_image("photo", "class", &id.to_string(), fingerprint(id), vec![1.0; WIDTH]).unwrap();
    };
    (0..3).for_each(|id| add(&mut project, id));
    project.remove_images(&[1]);
    let saved = serde_json::to_string(&project.saved()).unwrap();
    add(&mut project, 3);
    assert_eq!(project.groups(), [[0, 2, 3]], "the one that was taken out held them together");
    let opened = |saved: &str, reversed: bool| {
        let mut again = Project::default();
        again.restore(serde_json::from_str(saved).unwrap(), None);
        let mut images = project.images().to_vec();
        if reversed {
            images.reverse();
        }
        for image in images {
            let fingerprint = fingerprint(image.id);
            again.restore_image(image, fingerprint).unwrap();
        }
        again
    };
    for reversed in [false, true] {
        assert_eq!(opened(&saved, reversed).groups(), [[0, 2, 3]]);
        assert_eq!(opened(&saved, reversed).images(), project.images());
    }
    let mut before: serde_json::Value = serde_json::from_str(&saved).unwrap();
    before.as_object_mut().unwrap().remove("groups").unwrap();
    assert_eq!(opened(&before.to_string(), false).groups(), [[2, 3]], "kept before there were groups: compared anew");
}

#[test]
fn what_is_set_aside_is_in_no_side_fold_or_review() {
    let mut project = project(3, 120);
    assert_eq!(project.open_test_set(0.0).unwrap_err().code(), "no-test-set");
    assert_eq!(project.set_test_share(0.6).unwrap_err().code(), "wrong-option");
    train(&mut project, &FitConfig { epochs: 2, ..FitConfig::default() }).unwrap();
    project.set_test_share(0.25).unwrap();
    let ids = project.test_set().ids;
    assert!((15..=45).contains(&ids.len()), "{}", ids.len());
    assert_eq!(project.open_test_set(0.0).unwrap_err().code(), "test-set-seen");
    for fold in [None, Some(Fold { number: 0, of: 3 }), Some(Fold { number: 2, of: 3 })] {
        for (seed, split) in [(1, Method::Hash), (2, Method::Hash), (1, Method::Tail)] {
            let split = project.split(&SplitConfig { fold, seed, split, ..SplitConfig::default() }).unwrap();
            let sides = project.sides(&split).concat();
            assert_eq!(sides.len() + ids.len(), 120);
            assert!(sides.iter().all(|id| !ids.contains(id)));
        }
    }
    let (rows, labels, _) = project.review_set(1);
    assert_eq!(rows.classes.len() + ids.len(), 120);
    let all: Vec<Ranked> =
        (0..rows.classes.len()).map(|row| Ranked { row, suggested: 0, score: 0.0, likely: false }).collect();
    let doubts = project.doubts(&all, &labels);
    assert!(
        doubts
            .iter()
            .zip(&rows.classes)
            .all(|(doubt, class)| doubt.label == labels[*class] && !ids.contains(&doubt.id))
    );
}

#[test]
fn a_test_set_is_judged_once_and_kept_as_used() {
    let mut project = project(3, 120);
    project.set_test_share(0.25).unwrap();
    let ids = project.test_set().ids;
    train(&mut project, &FitConfig { epochs: 20, ..FitConfig::default() }).unwrap();
    let opened = project.open_test_set(7.0).unwrap();
    assert_eq!((opened.images, opened.at_millis, opened.trainings_since), (ids.len(), 7.0, 0));
    assert_eq!(opened.confusion.iter().flatten().sum::<usize>(), ids.len());
    assert_eq!(project.open_test_set(8.0).unwrap_err().code(), "test-set-opened");
    train(&mut project, &FitConfig { epochs: 1, ..FitConfig::default() }).unwrap();
    let saved = serde_json::to_string(&project.saved()).unwrap();
    let mut other = Project::default();
    other.restore(serde_json::from_str(&saved).unwrap(), None);
    for image in project.images() {
        other.restore_image(image.clone(), None).unwrap();
    }
    let there = other.test_set();
    assert_eq!(there.ids, ids);
    assert_eq!(there.opened.map(|opened| (opened.accuracy, opened.trainings_since)), Some((opened.accuracy, 1)));
    other.set_test_share(0.0).unwrap();
    assert!(other.test_set().ids.is_empty() && other.test_set().opened.is_some());
}
