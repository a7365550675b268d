//! The epochs of a run, whatever takes its steps: orders, dropout, learning rates, figures, which weights are kept.

use std::borrow::Cow;
use std::ops::ControlFlow;

use crate::error::Error;
use crate::head::dropout::Dropout;
use crate::head::{Classifier, Head, Standardizer};
use crate::image::Fit;
use crate::run::optimizer::Update;
use crate::train::schedule::LearningRate;
use crate::train::{Epoch, FitConfig, Fitted, Rows, TrainingSet};

/// Borrowed [`Rows`].
#[derive(Clone, Copy)]
pub(super) struct RowsView<'a> {
    /// `f32 [n, num_features]`, row-major.
    pub(super) features: &'a [f32],
    /// `n` class numbers.
    pub(super) classes: &'a [usize],
}

impl Rows {
    pub(super) fn view(&self) -> RowsView<'_> {
        RowsView { features: &self.features, classes: &self.classes }
    }
}

impl TrainingSet {
    /// The training rows, and behind them all rows of each view.
    fn with_views(&self) -> Cow<'_, Rows> {
        let (n, train) = (self.train.classes.len(), &self.train);
        let views = self.views.len() / (n * self.num_features).max(1);
        if views == 0 {
            return Cow::Borrowed(train);
        }
        let features = [&train.features[..], &self.views].concat();
        Cow::Owned(Rows { features, classes: train.classes.repeat(1 + views) })
    }
}

/// Takes the steps of a run on some device; all that is random comes from the run.
pub(super) trait Stepper {
    /// Rows where the steps can read them.
    type Held<'a>;

    /// Counts the training loss of each class so much, from now on; before it, all alike.
    fn weigh(&mut self, class_weights: Vec<f32>);

    /// Puts rows there.
    fn hold<'a>(&self, rows: RowsView<'a>) -> Self::Held<'a>;

    /// One step on rows `at` of those held. `masks[i] f32 [rows, width]` is multiplied into what layer `i` reads.
    fn step(&mut self, held: &Self::Held<'_>, at: &[usize], masks: &[Vec<f32>], update: &Update);

    /// Summed loss and number of right rows: of the steps since it was last asked, and of validation.
    async fn figures(&mut self, validation: &Self::Held<'_>) -> Result<[[f64; 2]; 2], Error>;

    /// Keeps the weights of now, in place of those kept before.
    fn keep(&mut self);

    /// Who takes the steps, for the layout of what [`Stepper::save`] gives.
    const NAME: &'static str;

    /// Weights, kept weights and the optimiser's state.
    async fn save(&self) -> Result<Vec<Vec<f32>>, Error>;

    /// Puts back what [`Stepper::save`] gave; false where the sizes are others.
    fn load(&mut self, numbers: Vec<Vec<f32>>) -> bool;

    /// What was kept last.
    async fn kept(self) -> Result<Classifier, Error>;
}

/// A run on some device.
pub(super) struct Training<S> {
    pub(super) stepper: S,
    labels: Vec<String>,
    standardizer: Standardizer,
    pub(super) config: FitConfig,
    dropout: Dropout,
    pub(super) random: fastrand::Rng,
    pub(super) learning_rate: LearningRate,
    /// Taken so far.
    pub(super) steps: i32,
    /// Rows of this epoch's steps.
    rows: usize,
    pub(super) history: Vec<Epoch>,
    /// Place of the best epoch.
    pub(super) best: usize,
}

impl<S: Stepper> Training<S> {
    pub(super) fn new(stepper: S, labels: Vec<String>, standardizer: Standardizer, config: &FitConfig) -> Self {
        let sizes = config.classifier(standardizer.mean.len(), labels.len());
        Self {
            stepper,
            labels,
            standardizer,
            dropout: sizes.dropout(&config.dropout),
            random: random(config.seed, 1),
            learning_rate: LearningRate::new(config.schedule, config.learning_rate, config.epochs),
            config: config.clone(),
            steps: 0,
            rows: 0,
            history: Vec::new(),
            best: 0,
        }
    }

    pub(super) async fn fit(
        mut self,
        set: &TrainingSet,
        clock_secs: impl Fn() -> f64,
        mut on_epoch: impl AsyncFnMut(&Epoch, &Self) -> ControlFlow<()>,
    ) -> Result<Fitted, Error> {
        self.weigh(&set.train.classes);
        let with_views = set.with_views();
        let variants = with_views.classes.len() / set.train.classes.len().max(1);
        let [train, validation] = [&with_views, &set.validation].map(|rows| self.stepper.hold(rows.view()));
        while !self.is_over() {
            let start = clock_secs();
            let mut order = self.order(set.train.classes.len());
            self.draw_views(&mut order, variants);
            for at in order.chunks(self.config.batch_size.max(1)) {
                self.step(&train, at);
            }
            let epoch = self.end_epoch(&validation, set.validation.classes.len(), || clock_secs() - start).await?;
            if on_epoch(&epoch, &self).await.is_break() {
                break;
            }
        }
        self.finish().await
    }

    pub(super) fn order(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        if self.config.shuffle {
            self.random.shuffle(&mut order);
        }
        order
    }

    /// Of each row, one of its `variants`: those of all rows stand behind each other.
    fn draw_views(&mut self, order: &mut [usize], variants: usize) {
        let n = order.len();
        if variants > 1 {
            // By 32 bits, which are drawn alike whatever a pointer has.
            order.iter_mut().for_each(|at| *at += n * self.random.u32(..variants as u32) as usize);
        }
    }

    /// Says of which classes the training rows are.
    pub(super) fn weigh(&mut self, classes: &[usize]) {
        self.stepper.weigh(self.config.class_weight.weights(classes, self.labels.len()));
    }

    pub(super) fn step(&mut self, held: &S::Held<'_>, at: &[usize]) {
        self.steps += 1;
        self.rows += at.len();
        self.dropout.draw(at.len(), &mut self.random);
        let update = self.config.update(self.learning_rate.now, self.steps);
        self.stepper.step(held, at, &self.dropout.masks, &update);
    }

    pub(super) async fn end_epoch(
        &mut self,
        validation: &S::Held<'_>,
        n_val: usize,
        seconds: impl FnOnce() -> f64,
    ) -> Result<Epoch, Error> {
        let figures = self.stepper.figures(validation).await?;
        self.end_epoch_with(figures, n_val, seconds())
    }

    /// The same on validation rows that come piece by piece.
    pub(super) async fn end_epoch_in_pieces(
        &mut self,
        pieces: impl Iterator<Item = Rows>,
        seconds: impl FnOnce() -> f64,
    ) -> Result<Epoch, Error> {
        let (mut sums, mut n_val) = ([[0.0; 2]; 2], 0);
        for rows in pieces {
            let held = self.stepper.hold(rows.view());
            // Those of the steps come with the first piece; asked again, they are 0.
            let figures = self.stepper.figures(&held).await?;
            sums.iter_mut().flatten().zip(figures.iter().flatten()).for_each(|(sum, figure)| *sum += figure);
            n_val += rows.classes.len();
        }
        self.end_epoch_with(sums, n_val, seconds())
    }

    fn end_epoch_with(&mut self, figures: [[f64; 2]; 2], n_val: usize, seconds: f64) -> Result<Epoch, Error> {
        let epoch = self.figured(figures, n_val, seconds)?;
        if self.history.get(self.best).is_none_or(|best| epoch.beats(best, self.config.monitor)) {
            self.best = self.history.len();
            self.stepper.keep();
        }
        self.history.push(epoch.clone());
        self.learning_rate.advance(epoch.epoch, epoch.val_loss);
        self.random = random(self.config.seed, epoch.epoch + 1);
        self.rows = 0;
        Ok(epoch)
    }

    fn figured(&self, figures: [[f64; 2]; 2], n_val: usize, seconds: f64) -> Result<Epoch, Error> {
        let [[loss, accuracy], [val_loss, val_accuracy]] = figures;
        let (epoch, n, n_val) = (self.history.len() + 1, self.rows as f64, n_val as f64);
        if !(loss.is_finite() && val_loss.is_finite()) {
            return Err(Error::Diverged { epoch });
        }
        Ok(Epoch {
            epoch,
            loss: loss / n,
            accuracy: accuracy / n,
            val_loss: val_loss / n_val,
            val_accuracy: val_accuracy / n_val,
            learning_rate: self.learning_rate.now,
            seconds,
        })
    }

    pub(super) fn is_over(&self) -> bool {
        let worse = self.history.len().saturating_sub(self.best + 1);
        let is_patient = |patience: usize| worse < patience.max(1);
        self.history.len() >= self.config.epochs.max(1) || !self.config.patience.is_none_or(is_patient)
    }

    pub(super) fn keeps_last(&self) -> bool {
        !self.config.restore_best_weights || self.best + 1 == self.history.len()
    }

    pub(super) async fn finish(mut self) -> Result<Fitted, Error> {
        let stopped = !self.is_over();
        if !self.config.restore_best_weights {
            self.best = self.history.len().saturating_sub(1);
            self.stepper.keep();
        }
        let Self { stepper, labels, standardizer, config, history, best, .. } = self;
        let (kind, classifier) = (config.head, stepper.kept().await?);
        let (neighbors, statistics, fit) = (None, None, Fit::Crop);
        let head = Head { kind, labels, standardizer, classifier, neighbors, temperature: 1.0, statistics, fit };
        Ok(Fitted { head, best_epoch: best + 1, history, stopped })
    }
}

/// Shuffle and dropout depend on seed and epoch alone, not on what ran before.
pub(super) fn random(seed: u64, epoch: usize) -> fastrand::Rng {
    fastrand::Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(epoch as u64))
}
