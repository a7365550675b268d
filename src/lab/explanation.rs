//! Three sentences for a learner: what happened, why, and what helps. They say what was measured, in plain words.

use crate::lab::LabBackbone;
use crate::lab::config::BatchNormPolicy;
use crate::lab::outcome::{Inside, RunResult};

/// A loss of accuracy that a learner would see on the curves.
const VISIBLE: f64 = 0.05;

/// What happened, why, and what helps, from what is known so far.
pub fn explain(runs: &[RunResult], inside: &Inside, backbone: &LabBackbone) -> Vec<String> {
    let ended: Vec<&RunResult> = runs.iter().filter(|run| run.last().is_some()).collect();
    match () {
        () if ended.is_empty() => vec![],
        () if backbone.norms.is_empty() => without_norms(&ended, backbone),
        () => vec![what_happened(&ended), why(&ended, inside, backbone), what_helps(&ended)],
    }
}

fn without_norms(runs: &[&RunResult], backbone: &LabBackbone) -> Vec<String> {
    let val = percent(runs[0].last().map_or(0.0, |[_, val]| val));
    vec![
        format!(
            "Every policy gives the same curve: {val} of the validation images are called right under each of them."
        ),
        format!(
            "{} has no BatchNorm layer, so nothing in it depends on which images share a batch: training and validation see the same network.",
            backbone.title
        ),
        "With such a network, training on images is safe, only slower than on features computed once.".into(),
    ]
}

fn what_happened(runs: &[&RunResult]) -> String {
    let (worst, best) = (worst(runs), best(runs));
    let ([train, val], [_, best_val]) = (worst.last().unwrap_or_default(), best.last().unwrap_or_default());
    if worst.is_consistent() || best_val - val < VISIBLE {
        return match runs.len() {
            1 => format!("With {}, {} of the validation images are called right.", described(best), percent(best_val)),
            _ => format!(
                "No policy stands out on these images: validation ends between {} and {}.",
                percent(val),
                percent(best_val)
            ),
        };
    }
    let peak = worst.epochs.iter().map(|one| one.epoch.val_accuracy).fold(0.0, f64::max);
    let fell = if peak - val >= VISIBLE { format!(", after {} at its best", percent(peak)) } else { String::new() };
    format!(
        "With {}, the head calls {} of the training images right and only {} of the validation images{fell}; with {} validation reaches {}.",
        described(worst),
        percent(train),
        percent(val),
        described(best),
        percent(best_val)
    )
}

fn why(runs: &[&RunResult], inside: &Inside, backbone: &LabBackbone) -> String {
    let (count, title, moved) = (inside.layers.len(), &backbone.title, inside.projection.moved);
    let mean = inside.layers.iter().map(|layer| layer.distance).sum::<f64>() / count.max(1) as f64;
    let most = inside.layers.iter().max_by(|a, b| a.distance.total_cmp(&b.distance));
    let at_most = most.map_or(String::new(), |layer| format!(" (most in {}: {:.2})", layer.layer, layer.distance));
    let apart = format!("on average {mean:.2} stored standard deviations apart{at_most}");
    let lost = val(best(runs)) - val(worst(runs));
    match lost >= VISIBLE && !worst(runs).is_consistent() {
        true => format!(
            "In training the {count} BatchNorm layers of {title} normalised with the means and deviations of your own images, in validation with other ones; they are {apart}, and from layer to layer that adds up: the same picture's features move by {moved:.1} times their usual distance from the centre, so the head is asked about a network that it never saw."
        ),
        false => format!(
            "The means and deviations of your images and the stored ones are {apart} in the {count} BatchNorm layers of {title}, and the same picture's features move by {moved:.1} times their usual distance from the centre: too little to confuse a head that tells these classes apart."
        ),
    }
}

fn what_helps(runs: &[&RunResult]) -> String {
    let cures: Vec<&&RunResult> = runs.iter().filter(|run| is_cure(run)).collect();
    let moving = runs.iter().filter(|run| run.validation_policy == BatchNormPolicy::Updated);
    let slowest = moving.min_by(|a, b| come(a).total_cmp(&come(b))).filter(|run| come(run) < 0.9);
    let mut sentence = match cures.iter().max_by(|a, b| val(a).total_cmp(&val(b))) {
        Some(cure) => format!(
            "What helps is one network in both phases: with {} validation ends at {}",
            described(cure),
            percent(val(cure))
        ),
        None => "What helps is one network in both phases: stored statistics, or features computed once".into(),
    };
    if let Some(run) = slowest
        && let Some(last) = run.epochs.last()
    {
        sentence += &format!(
            "; moving averages with momentum {} had come {} of the way after {} updates",
            run.momentum,
            percent(last.come),
            last.updates
        );
    }
    sentence + "."
}

fn is_cure(run: &RunResult) -> bool {
    run.is_consistent() || run.validation_policy != BatchNormPolicy::Stored
}

fn worst<'a>(runs: &[&'a RunResult]) -> &'a RunResult {
    runs.iter().skip(1).fold(runs[0], |worst, run| if val(run) < val(worst) { run } else { worst })
}

fn best<'a>(runs: &[&'a RunResult]) -> &'a RunResult {
    runs.iter().skip(1).fold(runs[0], |best, run| if val(run) > val(best) { run } else { best })
}

fn val(run: &RunResult) -> f64 {
    run.last().map_or(0.0, |[_, val]| val)
}

fn come(run: &RunResult) -> f64 {
    run.epochs.last().map_or(0.0, |last| last.come)
}

/// "statistics of the batch in training and stored ones in validation"
fn described(run: &RunResult) -> String {
    let name = |policy| match policy {
        BatchNormPolicy::Stored => "stored statistics".to_string(),
        BatchNormPolicy::Batch => "statistics of the batch".into(),
        BatchNormPolicy::Updated => format!("moving averages (momentum {})", run.momentum),
        BatchNormPolicy::Reestimated => "statistics re-estimated on the training images".into(),
    };
    match run.policy == run.validation_policy {
        true => name(run.policy),
        false => format!("{} in training and {} in validation", name(run.policy), name(run.validation_policy)),
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
