//! BatchNorm by statistics of the batch, on the CPU: the kernels of a single image, layer after layer over all of them.
//!
//! A layer's statistics need every image, so each layer's raw sums are kept for the whole batch, normalised in place once
//! they are complete, and freed image by image as the next layer reads them. What an expansion gives is six times larger
//! than all else (308 MB for 64 images of 112×112×96), so it is computed twice instead and never kept: plane by plane for
//! its statistics, then normalised in the cache for the depthwise convolution that reads it. EfficientNet-Lite0 takes
//! 1.5 times the arithmetic of a folded run, and 64 images of it some 130 MB.
//!
//! One batch, one thread, images in order: the same bits whatever else runs. Who has several cores gives each a batch.

pub mod chosen;
mod moments;
#[cfg(test)]
mod tests;

use crate::backbone::plan::{Plan, Value};
use crate::backbone::spec::BackboneSpec;
use crate::backbone::stored::taking;
use crate::backbone::weights::Weights;
use crate::error::Error;
use crate::run::batch_norm::{After, Batch, Raw, Statistics, check_batch, norms};
use crate::run::cpu::buffers::Buffer;
use crate::run::cpu::depthwise::Depthwise;
use crate::run::cpu::layout::{BLOCK, Layout};
use crate::run::cpu::matrix::{Matrix, range_of};
use crate::run::cpu::program::{Step, Work};
use crate::run::cpu::{CpuBackbone, Run};
use moments::{Affine, Moments};

/// A backbone whose BatchNorm layers normalise by the batch.
#[derive(Debug)]
pub struct CpuBatchNorm {
    /// Not folded, as it came.
    plan: Plan,
    /// Raw sums; its buffers serve for the picture alone.
    raw: CpuBackbone,
    /// By value: what comes after its raw sums.
    after: Vec<Option<After>>,
    channels: usize,
    /// Memory that is free.
    spare: Vec<Buffer>,
}

/// The values of each image; `None` before they are written and after they were last read.
type Values = Vec<Vec<Option<Buffer>>>;

impl CpuBatchNorm {
    /// Packs the weights. `plan` is that of `spec`, not folded.
    ///
    /// # Errors
    /// [`Error::WeightsInvalid`] where a weight of the plan is missing.
    pub fn new(spec: &BackboneSpec, plan: &Plan, weights: &Weights) -> Result<Self, Error> {
        let Raw { plan: folded, weights, after } = Raw::new(plan, weights)?;
        let channels = norms(plan).iter().map(|norm| norm.channels).sum();
        let raw = CpuBackbone::from_folded(spec, &folded, taking(weights))?;
        let after = [None].into_iter().chain(after).collect();
        Ok(Self { plan: plan.clone(), raw, after, channels, spare: Vec::new() })
    }

    /// Runs all images as one batch.
    ///
    /// # Shapes
    /// `pixels u8 [n, input_size, input_size, 3]` → features `f32 [n, num_features]`
    ///
    /// # Errors
    /// [`Error::WrongPixels`] where the last image is cut short, [`Error::BatchOfOne`] where a layer would see one number
    /// a channel.
    pub fn forward_batch(&mut self, pixels: &[u8]) -> Result<Batch, Error> {
        let (expected, found) = (self.plan.input.len(), pixels.len());
        if found == 0 || !found.is_multiple_of(expected) {
            return Err(Error::WrongPixels { expected, found });
        }
        let images: Vec<&[u8]> = pixels.chunks_exact(expected).collect();
        check_batch(&self.plan, images.len())?;
        let zeros = vec![0.0; self.channels];
        let mut statistics = Statistics { mean: zeros.clone(), var: zeros };
        let mut values: Values = self.after.iter().map(|_| images.iter().map(|_| None).collect()).collect();
        for at in 0..self.raw.program.steps.len() {
            self.step(at, &images, &mut values, &mut statistics);
        }
        let width = self.raw.num_features;
        let rows = values.pop().into_iter().flatten().flatten();
        let mut features = Vec::with_capacity(images.len() * width);
        for row in rows {
            features.extend_from_slice(&row.get()[..width]);
            self.spare.push(row);
        }
        Ok(Batch { features, statistics })
    }

    /// One layer for all images: raw sums, statistics, normalisation.
    fn step(&mut self, at: usize, images: &[&[u8]], values: &mut Values, statistics: &mut Statistics) {
        let (output, residual) = (self.raw.program.steps[at].output, self.raw.program.steps[at].residual);
        let first = self.first_of_expansion(at, images, values, statistics);
        let mut moments = self.moments(output);
        for (number, pixels) in images.iter().enumerate() {
            let mut sums = self.take(self.raw.program.layouts[output].len());
            self.run(at, (pixels, number), values, first.as_ref(), sums.get_mut());
            if let Some(moments) = &mut moments {
                moments.add_image(sums.get());
            }
            values[output][number] = Some(sums);
            let input = self.raw.program.steps[at].input;
            if residual != Some(input) {
                self.free_after(at, input, number, values);
            }
        }
        let affine = moments.and_then(|moments| self.affine(output, &moments, statistics));
        for number in 0..images.len() {
            if let Some(affine) = &affine {
                self.normalise(affine, output, residual, number, values);
            }
            residual.into_iter().for_each(|residual| self.free_after(at, residual, number, values));
        }
    }

    /// Raw sums of one image, or all that the step does where nothing is normalised after it.
    fn run(
        &mut self,
        at: usize,
        (pixels, number): (&[u8], usize),
        values: &Values,
        first: Option<&Affine>,
        sums: &mut [f32],
    ) {
        if self.raw.program.steps[at].input == 0 {
            self.raw.write_picture(pixels);
        }
        let between = match &self.raw.program.steps[at].work {
            Work::Expand(..) => self.raw.program.layouts[self.raw.program.steps[at].output - 1].plane(),
            _ => 0,
        };
        let mut between = if between > 0 { self.take(between) } else { Buffer::default() };
        let (step, layouts) = (&self.raw.program.steps[at], &self.raw.program.layouts);
        let is_normalised = self.after[step.output].is_some();
        let residual = step.residual.filter(|_| !is_normalised).map(|value| self.value(value, number, values));
        let input = self.value(step.input, number, values);
        let run = Run { step, layouts, isa: self.raw.isa, input, residual };
        match (&step.work, first) {
            (Work::Expand(matrix, depthwise), Some(first)) => {
                run.expand(matrix, depthwise, first, sums, between.get_mut());
            }
            _ => run.step(sums, between.get_mut()),
        }
        if !between.get().is_empty() {
            self.spare.push(between);
        }
    }

    /// The normalisation between an expansion and its depthwise convolution; `None` for another step.
    fn first_of_expansion(
        &mut self,
        at: usize,
        images: &[&[u8]],
        values: &Values,
        statistics: &mut Statistics,
    ) -> Option<Affine> {
        let Step { work: Work::Expand(..), output, .. } = self.raw.program.steps[at] else { return None };
        let mut moments = self.moments(output - 1)?;
        let mut plane = self.take(self.raw.program.layouts[output - 1].plane());
        for (number, pixels) in images.iter().enumerate() {
            if self.raw.program.steps[at].input == 0 {
                self.raw.write_picture(pixels);
            }
            let step = &self.raw.program.steps[at];
            let Work::Expand(matrix, _) = &step.work else { return None };
            let input = self.value(step.input, number, values);
            for block in 0..matrix.blocks() {
                matrix.run(self.raw.isa, block, 0..matrix.pixels(), input, None, plane.get_mut());
                moments.add_plane(block, plane.get());
            }
            moments.end_image();
        }
        self.spare.push(plane);
        self.affine(output - 1, &moments, statistics)
    }

    /// Empty ones for a value that is normalised.
    fn moments(&self, value: Value) -> Option<Moments> {
        self.after[value].as_ref().map(|_| Moments::new(self.raw.program.layouts[value]))
    }

    /// Notes a layer's statistics and gives what they make of its raw sums.
    fn affine(&self, value: Value, moments: &Moments, statistics: &mut Statistics) -> Option<Affine> {
        let after = self.after[value].as_ref()?;
        let [mean, var] = moments.mean_and_variance();
        let start = after.norm.start;
        for (to, from) in [(&mut statistics.mean, &mean), (&mut statistics.var, &var)] {
            to[start..].iter_mut().zip(from).for_each(|(to, from)| *to = *from as f32);
        }
        let [scale, shift] = after.affine(&mean, &var);
        Some(Affine::new(&scale, &shift, range_of(after.activation)))
    }

    fn normalise(&self, affine: &Affine, value: Value, residual: Option<Value>, number: usize, values: &mut Values) {
        let layouts = &self.raw.program.layouts;
        let Some(mut sums) = values[value][number].take() else { return };
        let added = residual.map(|residual| (&layouts[residual], self.value(residual, number, values)));
        for block in 0..layouts[value].blocks() {
            let plane = &mut sums.get_mut()[block * layouts[value].plane()..][..layouts[value].plane()];
            let added = added.map(|(layout, numbers)| (layout, &numbers[block * layout.plane()..]));
            affine.apply(block, &layouts[value], added, plane);
        }
        values[value][number] = Some(sums);
    }

    /// A value of one image: the picture, or what a step wrote.
    fn value<'a>(&'a self, value: Value, number: usize, values: &'a Values) -> &'a [f32] {
        match value {
            0 => self.raw.buffers[self.raw.program.sharing.buffer_of[0]].get(),
            _ => values[value][number].as_ref().map_or(&[], Buffer::get),
        }
    }

    /// Frees a value of an image, if no later step reads it.
    fn free_after(&mut self, at: usize, value: Value, number: usize, values: &mut Values) {
        let later = &self.raw.program.steps[at + 1..];
        if !later.iter().any(|step| step.input == value || step.residual == Some(value)) {
            self.spare.extend(values[value][number].take());
        }
    }

    /// The smallest free buffer that is large enough, but not twice as large; else a new one in place of free ones, so
    /// that no more is held than was ever alive.
    fn take(&mut self, len: usize) -> Buffer {
        let size = |at: usize| self.spare[at].get().len();
        let fits = (0..self.spare.len()).filter(|at| (len..=2 * len).contains(&size(*at)));
        if let Some(at) = fits.min_by_key(|at| size(*at)) {
            return self.spare.swap_remove(at);
        }
        let mut freed = 0;
        while freed < len
            && let Some(buffer) = self.spare.pop()
        {
            freed += buffer.get().len();
        }
        Buffer::new(len)
    }
}

impl Run<'_> {
    /// An expansion whose planes are normalised before the depthwise convolution reads them.
    fn expand(&self, matrix: &Matrix, depthwise: &Depthwise, first: &Affine, output: &mut [f32], between: &mut [f32]) {
        let (layout, middle) = (&self.layouts[self.step.output], &self.layouts[self.step.output - 1]);
        middle.clear_border(&mut between[..middle.plane()]);
        for block in 0..matrix.blocks() {
            let plane = &mut output[block * layout.plane()..][..layout.plane()];
            layout.clear_border(plane);
            matrix.run(self.isa, block, 0..matrix.pixels(), self.input, None, between);
            first.apply(block, middle, None, between);
            depthwise.run(self.isa, block, between, self.residual(block), plane);
        }
    }
}

/// Numbers of eight channels.
type Pixel = [f32; BLOCK];

/// The pixels of each row of a plane.
fn rows<'a>(layout: &'a Layout, plane: &'a [f32]) -> impl Iterator<Item = &'a [Pixel]> {
    (0..layout.shape.height).map(|row| plane[layout.at(row, 0)..][..layout.shape.width * BLOCK].as_chunks::<BLOCK>().0)
}
