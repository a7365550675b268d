//! Training on shards: the head that `fit` would make of the same rows, to the bit, with 64 MB of them in memory at a time.
#![allow(dead_code, reason = "each example uses its part")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use headstart::calibration::{calibration, temperature};
use headstart::device::Device;
use headstart::evaluate::Report;
use headstart::head::{Head, Standardizer, top};
use headstart::metrics::{confusion_matrix, per_class, wilson_interval};
use headstart::project::SplitConfig;
use headstart::split::{Item, Method, Split};
use headstart::train::{Epoch, FitConfig, HeadTrainer, Rows};

use super::shards::Shards;

/// Of the rows that are in memory at a time.
pub const PIECE_BYTES: usize = 64 << 20;
/// Of the logits by which the temperature is set: every so-manieth row where there are more.
const MAX_LOGITS: usize = 1 << 22;

/// What came of it.
pub struct Streamed {
    /// With its temperature.
    pub head: Head,
    /// All epochs.
    pub history: Vec<Epoch>,
    /// Without single images.
    pub report: Report,
    /// Rows of a file that its class has already.
    pub copies: usize,
}

/// Row numbers of both sides.
pub struct Sides {
    /// What the head learns from.
    pub train: Vec<usize>,
    /// What only measures.
    pub validation: Vec<usize>,
    /// Left out.
    pub copies: usize,
}

/// Splits as a project does: the side of an image follows from its file. Near-duplicates are not looked for.
pub fn sides(shards: &Shards, config: &SplitConfig) -> Result<Sides, Box<dyn Error>> {
    let mut seen = BTreeSet::new();
    let all = shards.sha256.iter().zip(&shards.classes).enumerate();
    let rows: Vec<usize> = all.filter(|(_, file)| seen.insert(*file)).map(|(row, _)| row).collect();
    drop(seen);
    let hex = |row: &usize| shards.sha256[*row].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let hashes: Vec<String> = rows.iter().map(hex).collect();
    let items: Vec<Item> = rows
        .iter()
        .zip(&hashes)
        .map(|(row, sha256)| Item { class: &shards.labels[shards.classes[*row] as usize], sha256, group: sha256 })
        .collect();
    let split = match config.split {
        Method::Hash => Split::by_hash(&items, config.seed, config.validation_split, &mut BTreeMap::new())?,
        Method::Tail => Split::tail(&items, config.seed, config.validation_split)?,
    };
    let [train, validation] = [split.train(), split.validation()].map(|side| side.iter().map(|at| rows[*at]).collect());
    Ok(Sides { train, validation, copies: shards.classes.len() - rows.len() })
}

/// Reads rows piece by piece and keeps the first fault: what asks for pieces can't hear of it.
struct Pieces<'a> {
    shards: &'a Shards,
    rows: usize,
    fault: RefCell<Option<Box<dyn Error>>>,
}

impl<'a> Pieces<'a> {
    fn of(&'a self, numbers: &'a [usize]) -> impl Iterator<Item = Rows> + 'a {
        numbers.chunks(self.rows).map_while(|numbers| match self.shards.read(numbers) {
            Ok(rows) => Some(rows),
            Err(error) => {
                *self.fault.borrow_mut() = Some(error);
                None
            }
        })
    }

    fn check(&self) -> Result<(), Box<dyn Error>> {
        self.fault.borrow_mut().take().map_or(Ok(()), Err)
    }
}

/// Trains with so many bytes of rows at a time, tells each epoch, and judges.
pub fn train(
    shards: &Shards,
    sides: &Sides,
    config: &FitConfig,
    piece_bytes: usize,
    clock_secs: impl Fn() -> f64,
    mut on_epoch: impl FnMut(&Epoch),
) -> Result<Streamed, Box<dyn Error>> {
    let Sides { train, validation, copies } = sides;
    let (width, batch) = (shards.backbone.num_features, config.batch_size.max(1));
    // Whole batches, so that they are those of `fit`.
    let rows = (piece_bytes / (4 * width) / batch).max(1) * batch;
    let pieces = Pieces { shards, rows, fault: RefCell::default() };
    let standardizer = Standardizer::fit_in_pieces(width, || pieces.of(train).map(|rows| rows.features));
    pieces.check()?;
    let mut trainer = HeadTrainer::new(shards.labels.clone(), width, standardizer, config, &Device::Cpu);
    trainer.weigh(&train.iter().map(|row| shards.classes[*row] as usize).collect::<Vec<_>>());
    while !trainer.is_over() {
        let start = clock_secs();
        let order: Vec<usize> = trainer.order(train.len()).into_iter().map(|at| train[at]).collect();
        for Rows { features, classes } in pieces.of(&order) {
            for (features, classes) in features.chunks(batch * width).zip(classes.chunks(batch)) {
                trainer.step(features, classes);
            }
        }
        pieces.check()?;
        let ended = trainer.end_epoch_in_pieces(pieces.of(validation), || clock_secs() - start);
        let epoch = pollster::block_on(ended);
        pieces.check()?;
        on_epoch(&epoch?);
    }
    let fitted = pollster::block_on(trainer.finish())?;
    let (mut head, history) = (fitted.head, fitted.history);
    let report = judge(&pieces, sides, &mut head, fitted.best_epoch)?;
    Ok(Streamed { head, history, report, copies: *copies })
}

/// Sets the temperature, and counts.
fn judge(pieces: &Pieces, sides: &Sides, head: &mut Head, best_epoch: usize) -> Result<Report, Box<dyn Error>> {
    let num_classes = head.labels.len();
    let every = (sides.validation.len() * num_classes).div_ceil(MAX_LOGITS).max(1);
    let (mut logits, mut classes) = (Vec::new(), Vec::new());
    let seen = seen_by(pieces, head, &sides.validation, |at, class, row| {
        if at % every == 0 {
            logits.extend_from_slice(row);
            classes.push(class);
        }
    })?;
    head.temperature = temperature(&logits, &classes, num_classes);
    let trained = seen_by(pieces, head, &sides.train, |_, _, _| ())?;
    let right = |[truth, predicted]: &[Vec<usize>; 2]| truth.iter().zip(predicted).filter(|(a, b)| a == b).count();
    let [train, validation] = [sides.train.len(), sides.validation.len()];
    let confusion = confusion_matrix(&seen[0], &seen[1], num_classes);
    Ok(Report {
        per_class: per_class(&head.labels, &confusion),
        confusion,
        accuracy: right(&seen) as f64 / validation as f64,
        interval: wilson_interval(right(&seen), validation),
        train_accuracy: right(&trained) as f64 / train as f64,
        train,
        validation,
        best_epoch,
        calibration: calibration(&logits, &classes, num_classes),
        labels: head.labels.clone(),
        images: Vec::new(),
        train_ids: Vec::new(),
    })
}

/// True and predicted class of each row; `each` hears place, class and logits.
fn seen_by(
    pieces: &Pieces,
    head: &Head,
    numbers: &[usize],
    mut each: impl FnMut(usize, usize, &[f32]),
) -> Result<[Vec<usize>; 2], Box<dyn Error>> {
    let (mut truth, mut predicted) = (Vec::new(), Vec::new());
    for Rows { features, classes } in pieces.of(numbers) {
        for (class, row) in classes.iter().zip(head.forward_head(features).chunks_exact(head.labels.len())) {
            each(truth.len(), *class, row);
            truth.push(*class);
            predicted.push(top(row).0);
        }
    }
    pieces.check()?;
    Ok([truth, predicted])
}
