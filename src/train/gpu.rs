//! Training on WebGPU by kernels of our own. Features go up once, a step's row numbers, classes and masks in one small
//! upload, and figures come back once an epoch.

use cubecl::client::Client;

use crate::device::Webgpu;
use crate::error::Error;
use crate::head::{Classifier, Dense, Standardizer};
use crate::run::gpu::buffers::{Buffer, LANES, Words};
use crate::run::gpu::training::product::{Activation, Place, backward, forward};
use crate::run::gpu::training::rows::{Mask, gather, losses, mask_words};
use crate::run::gpu::training::tile::Tile;
use crate::run::gpu::training::update::{copy, update};
use crate::run::optimizer::Update;
use crate::train::epochs::{RowsView, Stepper};

/// Rows of validation that pass through the layers together, at least.
const ROWS: usize = 256;

/// A run on WebGPU.
pub struct GpuStepper {
    client: Client,
    tile: Tile,
    standardizer: Standardizer,
    /// Of each class: in training, and in validation.
    class_weights: [Buffer; 2],
    /// Widths of each layer.
    sizes: Vec<[usize; 2]>,
    places: Vec<Place>,
    parameters: Buffer,
    kept: Buffer,
    states: Buffer,
    work: Work,
    /// Of this epoch, from before `work` grew.
    past: Vec<Buffer>,
}

/// Rows on the device.
pub struct GpuRows<'a> {
    of: RowsView<'a>,
    /// Standardised; `None` where they are more than a buffer holds, and each step brings its own.
    features: Option<Buffer>,
}

/// Memory that every step uses again.
struct Work {
    rows: usize,
    /// What the first layer reads, and what each makes of it.
    values: Vec<Buffer>,
    /// Gradients of what a layer makes and of what it reads.
    dy: Buffer,
    dx: Buffer,
    /// Loss and rightness by row: of steps, then of validation.
    figures: Buffer,
}

impl Work {
    fn new(client: &Client, places: &[Place], rows: usize) -> Self {
        let first = places.first().map(|place| place.groups_in);
        let widths: Vec<usize> = first.into_iter().chain(places.iter().map(|place| place.groups_out)).collect();
        let widest = widths.iter().copied().max().unwrap_or(1);
        let empty = |width: &usize| Buffer::empty(client, rows * width);
        Self {
            rows,
            values: widths.iter().map(empty).collect(),
            dy: empty(&widest),
            dx: empty(&widest),
            figures: no_figures(client, rows),
        }
    }
}

fn no_figures(client: &Client, rows: usize) -> Buffer {
    Buffer::from_floats(client, &vec![0.0; 2 * rows * LANES])
}

/// All classes alike.
fn no_weights(client: &Client, sizes: &[[usize; 2]]) -> Buffer {
    let classes = sizes.last().map_or(1, |[_, classes]| *classes);
    Buffer::from_floats(client, &vec![1.0; classes.next_multiple_of(LANES)])
}

/// Masks of a step: none.
const OPEN: Mask = Mask { from: 0, keep: 1.0 };

impl GpuStepper {
    /// A run from these weights on.
    pub fn new(standardizer: Standardizer, start: &Classifier, device: &Webgpu) -> Self {
        let client = device.client.clone();
        let sizes: Vec<[usize; 2]> = start.layers.iter().map(Dense::sizes).collect();
        let (mut places, mut packed) = (Vec::new(), Vec::new());
        for layer in &start.layers {
            let [groups_in, groups_out] = layer.sizes().map(|width| width.div_ceil(LANES));
            places.push(Place { from: packed.len() / LANES, groups_in, groups_out });
            pack(layer, &mut packed);
        }
        let parameters = Buffer::from_floats(&client, &packed);
        let stepper = Self {
            tile: if device.is_software { Tile::LARGE } else { Tile::SMALL },
            standardizer,
            class_weights: [(); 2].map(|()| no_weights(&client, &sizes)),
            sizes,
            kept: Buffer::empty(&client, parameters.len),
            states: Buffer::from_floats(&client, &vec![0.0; 2 * packed.len()]),
            parameters,
            work: Work::new(&client, &places, ROWS),
            places,
            past: Vec::new(),
            client,
        };
        copy(&stepper.client, &stepper.parameters, &stepper.kept);
        stepper
    }

    /// Rows `at` through all layers, to logits and their losses. `figures` is where the latter are added: 0 in training.
    fn run(&mut self, of: &GpuRows, at: &[usize], masks: &[Vec<f32>], figures: usize) -> Vec<Mask> {
        let (client, rows, work) = (&self.client, at.len(), &self.work);
        let own = of.features.is_none().then(|| self.upload(&gathered(of.of, at, self.sizes[0][0])));
        let numbers = at.iter().enumerate().map(|(i, row)| if own.is_some() { i } else { *row } as u32);
        let classes = at.iter().map(|row| of.of.classes[*row] as u32);
        let mut words: Vec<u32> = numbers.chain(classes).collect();
        let mut places = Vec::new();
        for (mask, [width, _]) in masks.iter().zip(&self.sizes) {
            let keep = mask.iter().copied().fold(1.0, f32::max);
            places.push(Mask { from: words.len() as u32, keep });
            words.extend(mask_words(mask, *width));
        }
        let words = Words::new(client, &words);
        let mask = |layer: usize| places.get(layer).copied().unwrap_or(OPEN);
        if let (Some(features), Some(first)) = (own.as_ref().or(of.features.as_ref()), self.places.first()) {
            gather(client, features, &words, &work.values[0], [rows, first.groups_in], mask(0));
        }
        for (layer, place) in self.places.iter().enumerate() {
            let [x, y, ..] = &work.values[layer..] else { continue };
            let is_last = layer + 1 == self.places.len();
            let activation = if is_last { Activation::Linear } else { Activation::Relu };
            let (weights, finish) = ((&self.parameters, *place), (activation, mask(layer + 1)));
            forward(client, self.tile, x, weights, &words, y, rows, finish);
        }
        if let (Some(logits), Some([_, classes])) = (work.values.last(), self.sizes.last()) {
            let weights = &self.class_weights[usize::from(figures > 0)];
            losses(client, logits, (&words, weights), &work.dy, (&work.figures, figures), [rows, *classes]);
        }
        places
    }

    /// Uploads standardised rows.
    fn upload(&self, rows: &[f32]) -> Buffer {
        let width = self.standardizer.mean.len();
        let wide = width.next_multiple_of(LANES);
        let mut values = vec![0.0; rows.len() / width.max(1) * wide];
        for (row, to) in rows.chunks_exact(width).zip(values.chunks_exact_mut(wide)) {
            to[..width].copy_from_slice(row);
            self.standardizer.apply(&mut to[..width]);
        }
        Buffer::from_floats(&self.client, &values)
    }
}

impl Stepper for GpuStepper {
    type Held<'a> = GpuRows<'a>;

    fn weigh(&mut self, mut class_weights: Vec<f32>) {
        class_weights.resize(class_weights.len().next_multiple_of(LANES), 1.0);
        self.class_weights[0] = Buffer::from_floats(&self.client, &class_weights);
    }

    fn hold<'a>(&self, of: RowsView<'a>) -> GpuRows<'a> {
        let wide = self.standardizer.mean.len().next_multiple_of(LANES);
        let bytes = of.classes.len() * wide * size_of::<f32>();
        let fits = bytes as u64 <= self.client.properties().memory.max_page_size;
        GpuRows { of, features: fits.then(|| self.upload(of.features)) }
    }

    fn step(&mut self, of: &GpuRows, rows: &[usize], masks: &[Vec<f32>], by: &Update) {
        if rows.len() > self.work.rows {
            let grown = Work::new(&self.client, &self.places, rows.len());
            self.past.push(std::mem::replace(&mut self.work, grown).figures);
        }
        let masks = self.run(of, rows, masks, 0);
        let (client, rows) = (&self.client, rows.len());
        for (layer, place) in self.places.iter().enumerate().rev() {
            let Work { values, dy, dx, .. } = &mut self.work;
            // Before the update: the gradient goes through the weights that the step started with.
            if layer > 0 {
                let keep = masks.get(layer).map_or(1.0, |mask| mask.keep);
                backward(client, self.tile, dy, (&self.parameters, *place), &values[layer], dx, rows, keep);
            }
            update(client, &values[layer], dy, (&self.parameters, &self.states, *place), rows, by);
            std::mem::swap(dy, dx);
        }
    }

    /// One read from the device.
    async fn figures(&mut self, validation: &Self::Held<'_>) -> Result<[[f64; 2]; 2], Error> {
        let numbers: Vec<usize> = (0..validation.of.classes.len()).collect();
        for rows in numbers.chunks(self.work.rows) {
            self.run(validation, rows, &[], self.work.rows);
        }
        let fresh = no_figures(&self.client, self.work.rows);
        self.past.push(std::mem::replace(&mut self.work.figures, fresh));
        let mut sums = [[0.0; 2]; 2];
        for figures in std::mem::take(&mut self.past) {
            let figures = figures.read(&self.client).await?;
            let rows = figures.as_chunks::<LANES>().0;
            for (sum, half) in sums.iter_mut().zip(rows.chunks((rows.len() / 2).max(1))) {
                for [loss, right, ..] in half {
                    sum[0] += f64::from(*loss);
                    sum[1] += f64::from(*right);
                }
            }
        }
        Ok(sums)
    }

    fn keep(&mut self) {
        copy(&self.client, &self.parameters, &self.kept);
    }

    const NAME: &'static str = "webgpu";

    async fn save(&self) -> Result<Vec<Vec<f32>>, Error> {
        let mut numbers = Vec::new();
        for buffer in [&self.parameters, &self.kept, &self.states] {
            numbers.push(buffer.clone().read(&self.client).await?);
        }
        Ok(numbers)
    }

    fn load(&mut self, numbers: Vec<Vec<f32>>) -> bool {
        let own = [&mut self.parameters, &mut self.kept, &mut self.states];
        let fits = own.iter().map(|buffer| buffer.len * LANES).eq(numbers.iter().map(Vec::len));
        if fits {
            own.into_iter().zip(numbers).for_each(|(own, values)| *own = Buffer::from_floats(&self.client, &values));
        }
        fits
    }

    async fn kept(self) -> Result<Classifier, Error> {
        let packed = self.kept.read(&self.client).await?;
        let layer = |([d_in, d_out], place): (&[usize; 2], &Place)| {
            let rows = packed[place.from * LANES..].chunks_exact(place.groups_out * LANES);
            let numbers = |row: &[f32]| row[..*d_out].to_vec();
            let weight = rows.clone().take(*d_in).flat_map(numbers).collect();
            Dense { weight, bias: rows.skip(place.groups_in * LANES).take(1).flat_map(numbers).collect() }
        };
        Ok(Classifier { layers: self.sizes.iter().zip(&self.places).map(layer).collect() })
    }
}

/// Weight `[in, out]` and bias `[out]`, both widths filled up with zeros.
fn pack(layer: &Dense, packed: &mut Vec<f32>) {
    let [d_in, d_out] = layer.sizes();
    let [wide_in, wide_out] = [d_in, d_out].map(|width| width.next_multiple_of(LANES));
    let mut start = packed.len();
    packed.resize(start + (wide_in + 1) * wide_out, 0.0);
    for row in layer.weight.chunks_exact(d_out.max(1)) {
        packed[start..][..d_out].copy_from_slice(row);
        start += wide_out;
    }
    let bias = packed.len() - wide_out;
    packed[bias..][..d_out].copy_from_slice(&layer.bias);
}

/// Rows by number, on the host.
fn gathered(of: RowsView, at: &[usize], width: usize) -> Vec<f32> {
    at.iter().flat_map(|row| &of.features[row * width..][..width]).copied().collect()
}
