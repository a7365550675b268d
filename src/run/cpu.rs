//! The executor on the CPU: one image, one thread, SIMD kernels of our own.
//!
//! A plan is compiled once ([`program`]): BatchNorm folded, weights packed, memory shared out. A run then allocates
//! nothing but its result. Does not know threads: whoever has several cores gives each an image of its own.

pub mod batch_norm;
mod buffers;
pub mod cost;
#[cfg(feature = "train")]
pub mod dense;
mod depthwise;
mod layout;
mod matrix;
mod pool;
mod program;
pub mod simd;
#[cfg(test)]
mod tests;
#[cfg(feature = "train")]
pub mod update;

use crate::backbone::fold::Folded;
use crate::backbone::plan::Plan;
use crate::backbone::spec::BackboneSpec;
use crate::backbone::stored::{Take, copying};
use crate::backbone::weights::Weights;
use crate::error::Error;
use buffers::Buffer;
use cost::Cost;
use layout::Layout;
use matrix::Matrix;
use program::{Program, Step, Work, compile};
use simd::Isa;

/// A frozen backbone, ready to run.
#[derive(Debug)]
pub struct CpuBackbone {
    program: Program,
    buffers: Vec<Buffer>,
    /// What each of the 256 levels of each channel becomes.
    levels: Vec<[f32; 256]>,
    num_features: usize,
    costs: Vec<Cost>,
    isa: Isa,
}

impl CpuBackbone {
    /// Folds BatchNorm into the convolutions and packs the weights. `plan` is that of `spec`, not folded.
    ///
    /// # Errors
    /// [`Error::WeightsInvalid`] where a weight of the plan is missing.
    pub fn new(spec: &BackboneSpec, plan: &Plan, weights: &Weights) -> Result<Self, Error> {
        Self::taking(spec, plan, copying(weights))
    }

    /// The same from weights that are taken one after the other, each once: of a large network none but the packed ones
    /// are in memory.
    ///
    /// # Errors
    /// As [`CpuBackbone::new`], or what `take` refuses.
    pub fn taking(spec: &BackboneSpec, plan: &Plan, take: impl Take) -> Result<Self, Error> {
        let folded = Folded::of(plan);
        Self::from_folded(spec, &folded.plan, folded.taking(take))
    }

    /// The same for a plan that is folded already.
    fn from_folded(spec: &BackboneSpec, plan: &Plan, take: impl Take) -> Result<Self, Error> {
        let program = compile(plan, take)?;
        let level = |channel: usize, level: usize| (level as f32 - spec.mean[channel]) / spec.std[channel];
        Ok(Self {
            buffers: program.sharing.lens.iter().map(|len| Buffer::new(*len)).collect(),
            levels: (0..3).map(|channel| std::array::from_fn(|value| level(channel, value))).collect(),
            num_features: plan.num_features(),
            costs: program.steps.iter().map(|step| Cost::of(plan, step)).collect(),
            isa: Isa::detect(),
            program,
        })
    }

    /// The feature row of one image; the same bits whatever ran before.
    ///
    /// # Shapes
    /// `pixels u8 [input_size, input_size, 3]` → `f32 [num_features]`. Rows that are missing count as the mean colour.
    pub fn forward_features(&mut self, pixels: &[u8]) -> Vec<f32> {
        self.write_picture(pixels);
        for at in 0..self.program.steps.len() {
            self.run(at);
        }
        let last = self.program.steps.last().map_or(0, |step| step.output);
        self.buffers[self.program.sharing.buffer_of[last]].get()[..self.num_features].to_vec()
    }

    /// The last feature map of one image, before the global pool: its mean over the positions is the feature row. Empty
    /// where the plan does not end in that pool.
    ///
    /// # Shapes
    /// `pixels u8 [input_size, input_size, 3]` → `f32 [height, width, num_features]`
    pub fn forward_feature_map(&mut self, pixels: &[u8]) -> Vec<f32> {
        self.forward_features(pixels);
        let Some(pool) = self.program.steps.last().filter(|step| matches!(step.work, Work::GlobalAvgPool)) else {
            return Vec::new();
        };
        // The pool read it while it wrote the row: it still lies there whole.
        let (layout, channels) = (self.program.layouts[pool.input], self.num_features);
        let planes = self.buffers[self.program.sharing.buffer_of[pool.input]].get();
        let (rows, columns) = (layout.shape.height, layout.shape.width);
        let pixels = (0..rows).flat_map(|row| (0..columns).map(move |column| layout.at(row, column)));
        let number = |pixel: usize, channel: usize| {
            planes[channel / layout.block * layout.plane() + pixel + channel % layout.block]
        };
        pixels.flat_map(|pixel| (0..channels).map(move |channel| number(pixel, channel))).collect()
    }

    /// Normalises the pixels into value 0.
    fn write_picture(&mut self, pixels: &[u8]) {
        let layout = self.program.layouts[0];
        let picture = self.buffers[self.program.sharing.buffer_of[0]].get_mut();
        match pixels.len() < layout.shape.len() {
            true => picture[..layout.plane()].fill(0.0),
            false => layout.clear_border(&mut picture[..layout.plane()]),
        }
        let [red, green, blue] = self.levels.as_slice() else { return };
        let width = layout.shape.width;
        for (row, line) in pixels.chunks_exact(width * 3).take(layout.shape.height).enumerate() {
            let out = &mut picture[layout.at(row, 0)..][..width * 3];
            for (out, [r, g, b]) in out.as_chunks_mut().0.iter_mut().zip(line.as_chunks().0) {
                *out = [red[usize::from(*r)], green[usize::from(*g)], blue[usize::from(*b)]];
            }
        }
    }

    /// The steps of a run, for benches that time each by [`Self::run`].
    pub fn costs(&self) -> &[Cost] {
        &self.costs
    }

    /// Runs one step on what the buffers hold.
    pub fn run(&mut self, at: usize) {
        let Program { steps, layouts, sharing } = &self.program;
        let step = &steps[at];
        // Taken out while it is written: the values that are read lie in other buffers.
        let mut output = std::mem::take(&mut self.buffers[sharing.buffer_of[step.output]]);
        let between = sharing.buffer_of[step.output - 1];
        let mut plane = match step.work {
            Work::Expand(..) => std::mem::take(&mut self.buffers[between]),
            _ => Buffer::default(),
        };
        let value = |value: usize| self.buffers[sharing.buffer_of[value]].get();
        let run = Run { step, layouts, isa: self.isa, input: value(step.input), residual: step.residual.map(value) };
        run.step(output.get_mut(), plane.get_mut());
        self.buffers[sharing.buffer_of[step.output]] = output;
        if let Work::Expand(..) = step.work {
            self.buffers[between] = plane;
        }
    }
}

/// One step with the values that it reads.
struct Run<'a> {
    step: &'a Step,
    layouts: &'a [Layout],
    isa: Isa,
    input: &'a [f32],
    residual: Option<&'a [f32]>,
}

impl Run<'_> {
    fn step(&self, output: &mut [f32], between: &mut [f32]) {
        let layout = &self.layouts[self.step.output];
        let plane = |block: usize| block * layout.plane()..(block + 1) * layout.plane();
        if !layout.is_dense() {
            (0..layout.blocks()).for_each(|block| layout.clear_border(&mut output[plane(block)]));
        }
        match &self.step.work {
            Work::Matrix(matrix) => self.matrix(matrix, output),
            Work::Depthwise(depthwise) => {
                let input = &self.layouts[self.step.input];
                for block in 0..depthwise.blocks() {
                    let input = &self.input[block * input.plane()..];
                    depthwise.run(self.isa, block, input, self.residual(block), &mut output[plane(block)]);
                }
            }
            Work::Expand(matrix, depthwise) => {
                let middle = &self.layouts[self.step.output - 1];
                middle.clear_border(&mut between[..middle.plane()]);
                for block in 0..matrix.blocks() {
                    matrix.run(self.isa, block, 0..matrix.pixels(), self.input, None, between);
                    depthwise.run(self.isa, block, between, self.residual(block), &mut output[plane(block)]);
                }
            }
            Work::MaxPool(window) => pool::max_pool(&self.layouts[self.step.input], window, self.input, layout, output),
            Work::GlobalAvgPool => pool::global_avg_pool(&self.layouts[self.step.input], self.input, output),
        }
    }

    /// Bands of pixels whose inputs stay in the cache while each plane of the output is computed from them.
    fn matrix(&self, matrix: &Matrix, output: &mut [f32]) {
        // A quarter of the L2 cache of most processors; 64 kB and no bands at all differ by 1 %.
        const BAND_BYTES: usize = 256 << 10;
        let plane = self.layouts[self.step.output].plane();
        let band = (BAND_BYTES / size_of::<f32>() / matrix.terms() / 8).max(1) * 8;
        for start in (0..matrix.pixels()).step_by(band) {
            let pixels = start..(start + band).min(matrix.pixels());
            for (block, output) in output.chunks_exact_mut(plane).take(matrix.blocks()).enumerate() {
                matrix.run(self.isa, block, pixels.clone(), self.input, self.residual(block), output);
            }
        }
    }

    /// One plane of what is added.
    fn residual(&self, block: usize) -> Option<&[f32]> {
        let layout = &self.layouts[self.step.residual?];
        self.residual.map(|values| &values[block * layout.plane()..])
    }
}
