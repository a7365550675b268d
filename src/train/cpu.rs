//! Training on the CPU by kernels of our own: forward, backward and update, with nothing allocated in a step.
//!
//! The features stay where they are: a step gathers its rows by number, standardises them and multiplies the dropout
//! in while it writes them into planes. Of a weight's gradient only one plane exists at a time; the update uses it up.

use crate::error::Error;
use crate::head::packed::{Packed, PackedDense, ROWS, multiply, read_row, write_row};
use crate::head::{Classifier, Standardizer, softmax, top};
use crate::run::cpu::dense::{BLOCK, outputs, transpose, weight_gradient};
use crate::run::cpu::update::State;
use crate::run::optimizer::Update;
use crate::train::epochs::{RowsView, Stepper};

/// A run on the CPU.
pub struct CpuStepper {
    standardizer: Standardizer,
    class_weights: Vec<f32>,
    packed: Packed,
    kept: Packed,
    /// Of each layer's weight and bias.
    states: Vec<[State; 2]>,
    work: Work,
    trained: [f64; 2],
}

/// Memory that every step uses again.
struct Work {
    /// Rows that it is made for.
    rows: usize,
    /// What the first layer reads, and what each makes of it.
    values: Vec<Vec<f32>>,
    /// Gradients of what a layer makes and of what it reads.
    dy: Vec<f32>,
    dx: Vec<f32>,
    /// One plane of a weight's gradient, or of a transposed weight.
    plane: Vec<f32>,
    /// One row.
    row: Vec<f32>,
}

impl Work {
    fn new(packed: &Packed, rows: usize) -> Self {
        let widths = packed.layers.iter().map(|layer| layer.width_in().max(layer.bias.len()));
        let widest = widths.max().unwrap_or(0);
        let zeros = |len: usize| vec![0.0; len];
        let (dy, dx, plane, row) = (zeros(rows * widest), zeros(rows * widest), zeros(widest * BLOCK), zeros(widest));
        Self { rows, values: packed.values(rows), dy, dx, plane, row }
    }
}

impl CpuStepper {
    /// A run from these weights on.
    pub fn new(standardizer: Standardizer, start: &Classifier) -> Self {
        let packed = Packed::new(start);
        let zeros = |layer: &PackedDense| [&layer.weight, &layer.bias].map(|values| State::new(values.len()));
        Self {
            standardizer,
            class_weights: vec![1.0; packed.num_classes()],
            states: packed.layers.iter().map(zeros).collect(),
            work: Work::new(&packed, ROWS),
            kept: packed.clone(),
            packed,
            trained: [0.0; 2],
        }
    }

    /// Gathers rows into the planes of `values[0]`.
    fn gather(&mut self, of: RowsView, rows: &[usize], mask: Option<&Vec<f32>>) {
        let (width, Work { values, row, .. }) = (self.standardizer.mean.len(), &mut self.work);
        for (at, number) in rows.iter().enumerate() {
            let row = &mut row[..width];
            row.copy_from_slice(&of.features[number * width..][..width]);
            self.standardizer.apply(row);
            if let Some(mask) = mask {
                row.iter_mut().zip(&mask[at * width..]).for_each(|(x, mask)| *x *= mask);
            }
            write_row(row, rows.len(), at, &mut values[0]);
        }
    }

    /// Summed loss and right rows of the logits; their gradient, of the mean loss, goes to `dy`. Training rows have weights.
    fn losses(&mut self, of: RowsView, rows: &[usize], is_training: bool) -> [f64; 2] {
        let (classes, Work { values, dy, row, .. }) = (self.packed.num_classes(), &mut self.work);
        let (row, scale) = (&mut row[..classes], 1.0 / rows.len() as f32);
        let [mut loss, mut right] = [0.0; 2];
        for (at, number) in rows.iter().enumerate() {
            let class = of.classes[*number];
            read_row(&values[self.packed.layers.len()], rows.len(), at, row);
            let logit = row[class];
            let weight = if is_training { self.class_weights[class] } else { 1.0 };
            right += f64::from(u8::from(top(row).0 == class));
            loss += f64::from(weight * (softmax(row) - logit));
            row[class] -= 1.0;
            row.iter_mut().for_each(|gradient| *gradient *= weight * scale);
            write_row(row, rows.len(), at, dy);
        }
        [loss, right]
    }

    /// From `dy` of layer `at` to its `dx`, through the activation and the dropout before it.
    fn backward(&mut self, at: usize, rows: usize, mask: Option<&Vec<f32>>) {
        let (layer, Work { values, dy, dx, plane, .. }) = (&self.packed.layers[at], &mut self.work);
        let (dy, transposed) = (&dy[..rows * layer.bias.len()], &mut plane[..layer.bias.len() * BLOCK]);
        let planes = dx.chunks_exact_mut(rows * BLOCK).zip(values[at].chunks_exact(rows * BLOCK));
        for (plane, (dx, x)) in planes.take(layer.width_in() / BLOCK).enumerate() {
            transpose(plane, &layer.weight, transposed);
            outputs(self.packed.isa, rows, dy, transposed, &[0.0; BLOCK], dx);
            dx.iter_mut().zip(x).for_each(|(dx, x)| *dx = if *x > 0.0 { *dx } else { 0.0 });
            if let Some(mask) = mask {
                multiply(dx, mask, plane, layer.sizes[0]);
            }
        }
    }

    /// Moves weight and bias of layer `at` by the gradients that `dy` gives them.
    fn update(&mut self, at: usize, rows: usize, update: &Update) {
        let (layer, isa) = (&mut self.packed.layers[at], self.packed.isa);
        let [weight_state, bias_state] = &mut self.states[at];
        let Work { values, dy, plane: dw, .. } = &mut self.work;
        let x = &values[at][..rows * layer.width_in()];
        let dw = &mut dw[..layer.width_in() * BLOCK];
        for (plane, dy) in dy.chunks_exact(rows * BLOCK).take(layer.bias.len() / BLOCK).enumerate() {
            weight_gradient(isa, rows, x, dy, dw);
            update.apply(isa, &mut layer.weight, weight_state, plane * dw.len(), dw);
            let mut sums = [0.0; BLOCK];
            for row in dy.as_chunks::<BLOCK>().0 {
                sums.iter_mut().zip(row).for_each(|(sum, dy)| *sum += dy);
            }
            update.apply(isa, &mut layer.bias, bias_state, plane * BLOCK, &sums);
        }
    }
}

impl Stepper for CpuStepper {
    type Held<'a> = RowsView<'a>;

    fn weigh(&mut self, class_weights: Vec<f32>) {
        self.class_weights = class_weights;
    }

    fn hold<'a>(&self, rows: RowsView<'a>) -> RowsView<'a> {
        rows
    }

    fn step(&mut self, of: &RowsView, rows: &[usize], masks: &[Vec<f32>], update: &Update) {
        if rows.len() > self.work.rows {
            self.work = Work::new(&self.packed, rows.len());
        }
        self.gather(*of, rows, masks.first());
        self.packed.forward(rows.len(), &mut self.work.values, masks);
        let figures = self.losses(*of, rows, true);
        self.trained.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
        for at in (0..self.packed.layers.len()).rev() {
            // Before the update: the gradient goes through the weights that the step started with.
            if at > 0 {
                self.backward(at, rows.len(), masks.get(at));
            }
            self.update(at, rows.len(), update);
            std::mem::swap(&mut self.work.dy, &mut self.work.dx);
        }
    }

    async fn figures(&mut self, validation: &Self::Held<'_>) -> Result<[[f64; 2]; 2], Error> {
        let mut validated = [0.0; 2];
        let numbers: Vec<usize> = (0..validation.classes.len()).collect();
        for rows in numbers.chunks(self.work.rows) {
            self.gather(*validation, rows, None);
            self.packed.forward(rows.len(), &mut self.work.values, &[]);
            let figures = self.losses(*validation, rows, false);
            validated.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
        }
        Ok([std::mem::take(&mut self.trained), validated])
    }

    fn keep(&mut self) {
        self.kept.clone_from(&self.packed);
    }

    const NAME: &'static str = "cpu";

    async fn save(&self) -> Result<Vec<Vec<f32>>, Error> {
        let layers = self.packed.layers.iter().chain(&self.kept.layers).flat_map(|layer| [&layer.weight, &layer.bias]);
        let states = self.states.iter().flatten().flat_map(State::moments);
        Ok(layers.chain(states).cloned().collect())
    }

    fn load(&mut self, numbers: Vec<Vec<f32>>) -> bool {
        let layers = self.packed.layers.iter_mut().chain(&mut self.kept.layers);
        let layers = layers.flat_map(|layer| [&mut layer.weight, &mut layer.bias]);
        let states = self.states.iter_mut().flatten().flat_map(State::moments_mut);
        let own: Vec<&mut Vec<f32>> = layers.chain(states).collect();
        let fits = own.iter().map(|values| values.len()).eq(numbers.iter().map(Vec::len));
        if fits {
            own.into_iter().zip(numbers).for_each(|(own, values)| *own = values);
        }
        fits
    }

    async fn kept(self) -> Result<Classifier, Error> {
        Ok(self.kept.unpack())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::{ClassifierConfig, DROPOUT, HIDDEN, HeadKind};

    fn rows() -> (Vec<f32>, [usize; 6]) {
        let mut random = fastrand::Rng::with_seed(9);
        ((0..6 * 11).map(|_| random.f32() - 0.5).collect(), [0, 1, 2, 2, 1, 0])
    }

    /// The mean loss of a classifier on all rows, with dropout.
    fn loss(of: RowsView, standardizer: &Standardizer, classifier: &Classifier, masks: &[Vec<f32>]) -> f64 {
        let mut stepper = CpuStepper::new(standardizer.clone(), classifier);
        let rows = [0, 1, 2, 3, 4, 5];
        stepper.gather(of, &rows, masks.first());
        stepper.packed.forward(6, &mut stepper.work.values, masks);
        stepper.losses(of, &rows, true)[0] / 6.0
    }

    #[test]
    fn gradients_equal_finite_differences() {
        let (features, classes) = rows();
        let of = RowsView { features: &features, classes: &classes };
        let standardizer = Standardizer::fit(&features, 11);
        let sizes = ClassifierConfig { kind: HeadKind::Mlp, hidden: HIDDEN.to_vec(), num_features: 11, num_classes: 3 };
        let (start, mut dropout) = (sizes.init(4), sizes.dropout(&DROPOUT));
        dropout.draw(6, &mut fastrand::Rng::with_seed(2));
        let mut stepper = CpuStepper::new(standardizer.clone(), &start);
        stepper.step(&of, &[0, 1, 2, 3, 4, 5], &dropout.masks, &Update::adam(1e-3, 1));
        for (layer, at) in [(0, 4), (0, 1027), (0, 11 * 512 - 1), (1, 77), (1, 512 * 300 + 5), (2, 0), (2, 512 * 3 - 2)]
        {
            let moved = |by: f32| {
                let mut classifier = start.clone();
                classifier.layers[layer].weight[at] += by;
                loss(of, &standardizer, &classifier, &dropout.masks)
            };
            let difference = (moved(1e-3) - moved(-1e-3)) / 2e-3;
            // After one step the first moment is a tenth of the gradient.
            let gradient = stepper.gradient(layer, at) * 10.0;
            assert!(
                (difference - gradient).abs() < 1e-4 + 0.01 * gradient.abs(),
                "{layer} {at}: {difference} {gradient}"
            );
        }
    }

    impl CpuStepper {
        /// The first moment of a weight, by its place in the row-major matrix.
        fn gradient(&self, layer: usize, at: usize) -> f64 {
            let dense = &self.packed.layers[layer];
            let mut row = vec![0.0; dense.sizes[1]];
            read_row(self.states[layer][0].first(), dense.width_in(), at / dense.sizes[1], &mut row);
            f64::from(row[at % dense.sizes[1]])
        }
    }
}
