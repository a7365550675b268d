//! The lab as `fit` uses it: one head, to be used afterwards.

use super::*;
use BatchNormPolicy::{Batch, Reestimated, Stored, Updated};

/// Runs one head to its end.
fn trained(bench: &Bench, run: RunConfig, augment: Option<Augmentation>, fit: FitConfig) -> Finished {
    let config = LabConfig { runs: vec![run], augment, is_training: true, ..LabConfig::default() };
    let mut lab = bench.lab(config, fit).unwrap();
    while !lab.is_over() {
        let results = lab.tasks().iter().map(|task| bench.compute(task)).collect();
        pollster::block_on(lab.advance(results, || 0.0)).unwrap();
    }
    pollster::block_on(lab.finish()).unwrap().swap_remove(0)
}

/// A head is used by rows that are made image by image, so these must be the rows that its best epoch was validated on.
#[test]
fn the_kept_epoch_was_validated_on_rows_by_the_heads_own_statistics() {
    let bench = Bench::new(true, 20);
    let stored = Statistics::stored(&bench.plan, &bench.weights).unwrap();
    for (policy, validation) in [(Stored, Stored), (Batch, Stored), (Updated, Updated), (Reestimated, Reestimated)] {
        // A step so large that the best epoch is not the last.
        let fit = FitConfig { learning_rate: 0.3, ..fit(6) };
        let finished = trained(&bench, run(policy, Some(validation)), Some(Augmentation::default()), fit);
        let head = &finished.fitted.head;
        assert_eq!(head.statistics.is_some(), validation != Stored);
        assert_ne!(head.standardizer.mean, [0.0; 12], "rows are standardised");
        let images: Vec<Vec<usize>> = finished.images.iter().map(|image| vec![*image]).collect();
        let statistics = Some(head.statistics.clone().unwrap_or(stored.clone()));
        let row = |images| bench.compute(&Task { images, statistics: statistics.clone(), view: None }).features;
        let rows: Vec<f32> = images.into_iter().flat_map(row).collect();
        assert_eq!(rows, finished.validation.features, "{policy:?}");
        let (right, classes) = (head.forward_head(rows), &finished.validation.classes);
        let right = right.chunks(2).zip(classes).filter(|(row, class)| crate::head::top(row).0 == **class).count();
        let best = &finished.fitted.history[finished.fitted.best_epoch - 1];
        assert_eq!(best.val_accuracy, right as f64 / classes.len() as f64, "{policy:?}");
    }
}

#[test]
fn views_reach_a_head_by_whichever_statistics_and_patience_ends_it() {
    for (has_norms, policy) in [(true, Stored), (true, Reestimated), (true, Batch), (false, Stored)] {
        let bench = Bench::new(has_norms, 20);
        let losses = |augment| {
            let finished = trained(&bench, run(policy, None), augment, fit(3));
            finished.fitted.history.iter().map(|epoch| epoch.loss).collect::<Vec<_>>()
        };
        let (plain, changed) = (losses(None), losses(Some(Augmentation::default())));
        assert_eq!(plain.len(), 3);
        assert_ne!(plain, changed, "{policy:?}");
        assert_eq!(changed, losses(Some(Augmentation::default())), "the same by the same seed");
    }
    let bench = Bench::new(true, 20);
    let fit = FitConfig { patience: Some(1), learning_rate: 0.5, ..fit(50) };
    let finished = trained(&bench, run(Stored, None), None, fit);
    assert!(finished.fitted.history.len() < 50 && !finished.fitted.stopped);
}
