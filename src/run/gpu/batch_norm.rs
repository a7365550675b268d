//! BatchNorm by statistics of the batch, on WebGPU: the kernels of a folded run without their activation, then kernels
//! that sum each channel over the batch and normalise by it.
//!
//! As on the CPU ([`crate::run::cpu::batch_norm`]) every layer's raw sums are kept for the whole batch, in parts of a few
//! images, and an expansion is computed twice instead of being kept. Nothing is read back until the batch is through.

mod moments;

use crate::backbone::plan::{Activation, Kind, Op, Plan};
use crate::backbone::spec::BackboneSpec;
use crate::backbone::stored::taking;
use crate::backbone::weights::Weights;
use crate::error::Error;
use crate::run::batch_norm::{After, Batch, Raw, Statistics, check_batch, norms};
use crate::run::gpu::buffers::{Buffer, Finish, LANES, groups};
use crate::run::gpu::{GpuBackbone, Tiling, unknown, whole};
use moments::{Moments, normalise};

/// A backbone whose BatchNorm layers normalise by the batch.
pub struct GpuBatchNorm {
    /// Not folded, as it came.
    plan: Plan,
    /// Raw sums; what is added comes after the normalisation, so its plan does not add.
    raw: GpuBackbone,
    /// The same with what is added.
    folded: Plan,
    /// By operation.
    after: Vec<Option<Norm>>,
}

/// A BatchNorm on the device.
struct Norm {
    /// Gamma, then beta, by group.
    weights: Buffer,
    epsilon: f32,
    activation: Option<Activation>,
    /// Its first group in the statistics of all layers.
    start: usize,
}

/// Values of some images of the batch; `None` before they are written and after they were last read.
struct Part {
    images: usize,
    values: Vec<Option<Buffer>>,
}

impl GpuBatchNorm {
    /// Uploads the weights.
    ///
    /// # Errors
    /// As [`GpuBackbone::new`].
    pub fn new(spec: &BackboneSpec, weights: &Weights, tiling: Tiling) -> Result<Self, Error> {
        let plan = (spec.plan)();
        let Raw { plan: folded, weights, after } = Raw::new(&plan, weights)?;
        let mut sums = folded.clone();
        for (op, after) in sums.ops.iter_mut().zip(&after) {
            if let (Kind::Conv(_, _, epilogue) | Kind::Depthwise(_, _, epilogue), Some(_)) = (&mut op.kind, after) {
                epilogue.residual = None;
            }
        }
        let raw = GpuBackbone::from_folded(sums, taking(weights), [spec.mean, spec.std], tiling)?;
        let mut start = 0;
        let mut norm = |op: &Op, after: Option<After>| {
            let mut both = after.as_ref()?.gamma.clone();
            both.resize(groups(op.output) * LANES, 0.0);
            both.extend(&after.as_ref()?.beta);
            both.resize(2 * groups(op.output) * LANES, 0.0);
            let After { norm, activation, .. } = after?;
            let weights = Buffer::from_floats(&raw.client, &both);
            start += groups(op.output);
            Some(Norm { weights, epsilon: norm.names.epsilon, activation, start: start - groups(op.output) })
        };
        let after = folded.ops.iter().zip(after).map(|(op, after)| norm(op, after)).collect();
        Ok(Self { plan, raw, folded, after })
    }

    /// Runs all images as one batch.
    ///
    /// # Shapes
    /// `pixels u8 [n, input_size, input_size, 3]` → features `f32 [n, num_features]`
    ///
    /// # Errors
    /// [`Error::WrongPixels`], [`Error::BatchOfOne`], [`Error::NoDevice`] where the device is lost.
    pub async fn forward_batch(&self, pixels: &[u8]) -> Result<Batch, Error> {
        let (expected, found) = (self.plan.input.len(), pixels.len());
        if found == 0 || !found.is_multiple_of(expected) {
            return Err(Error::WrongPixels { expected, found });
        }
        check_batch(&self.plan, found / expected)?;
        let raw = &self.raw;
        let part = |pixels: &[u8]| {
            let mut values = vec![None; self.folded.ops.len() + 1];
            values[0] = Some(whole::normalize(&raw.client, pixels, &raw.scale));
            Part { images: pixels.len() / expected, values }
        };
        let mut parts: Vec<Part> = pixels.chunks(raw.most_images() * expected).map(part).collect();
        let all: usize = self
            .after
            .iter()
            .zip(&self.folded.ops)
            .filter_map(|(after, op)| after.as_ref().map(|_| groups(op.output)))
            .sum();
        let statistics = Buffer::empty(&raw.client, 2 * all.max(1));
        let mut scales: Vec<Option<Buffer>> = vec![None; self.folded.ops.len()];
        for at in 0..self.folded.ops.len() {
            let name = || unknown(&self.folded.ops[at].name);
            scales[at] = self.layer(at, &mut parts, &scales, &statistics).ok_or_else(name)?;
        }
        let mut features = Vec::new();
        for mut part in parts {
            let rows = part.values.pop().flatten().ok_or_else(|| unknown(&self.plan.name))?;
            features.extend(self.without_filling(&rows.read(&raw.client).await?));
        }
        let statistics = statistics.read(&raw.client).await?;
        Ok(Batch { features, statistics: self.statistics(&statistics) })
    }

    /// One layer for all images; gives scale and shift where it is normalised. The outer `None` is a fault of the plan.
    fn layer(
        &self,
        at: usize,
        parts: &mut [Part],
        scales: &[Option<Buffer>],
        statistics: &Buffer,
    ) -> Option<Option<Buffer>> {
        let (client, op) = (&self.raw.client, &self.folded.ops[at]);
        let images = parts.iter().map(|part| part.images).sum();
        let norm = self.after[at].as_ref();
        let mut moments = norm.map(|_| Moments::new(client, images, op.output));
        for part in &mut *parts {
            let sums = self.sums(at, part, scales)?;
            if let Some(moments) = &mut moments {
                moments.add(client, &sums, part.images);
            }
            if !self.is_expansion(at) {
                part.values[at + 1] = Some(sums);
            }
        }
        let scale = moments
            .zip(norm)
            .map(|(moments, norm)| moments.finish(client, &norm.weights, norm.epsilon, statistics, norm.start));
        for part in parts {
            if let (Some(scale), Some(norm)) = (&scale, norm)
                && let Some(sums) = part.values[at + 1].take()
            {
                let residual = match op.residual() {
                    Some(residual) => Some(part.values[residual].as_ref()?),
                    None => None,
                };
                part.values[at + 1] = Some(normalise(client, &sums, scale, Finish::new(norm.activation, residual)));
            }
            if !self.is_expansion(at) {
                let from = if at > 0 && self.is_expansion(at - 1) { at - 1 } else { at };
                for done in from..=at {
                    self.folded.last_read_by(done).for_each(|value| part.values[value] = None);
                }
            }
        }
        Some(scale)
    }

    /// What an operation gives before it is normalised. The expansion that it reads is computed again.
    fn sums(&self, at: usize, part: &mut Part, scales: &[Option<Buffer>]) -> Option<Buffer> {
        let run = |at: usize, part: &Part| self.raw.run(at, &self.raw.plan.ops[at], part.images, &part.values);
        if at > 0 && self.is_expansion(at - 1) {
            let sums = run(at - 1, part)?;
            let finish = Finish::new(self.after[at - 1].as_ref()?.activation, None);
            part.values[at] = Some(normalise(&self.raw.client, &sums, scales[at - 1].as_ref()?, finish));
            let sums = run(at, part);
            part.values[at] = None;
            return sums;
        }
        run(at, part)
    }

    /// Whether only a depthwise convolution right after it reads what a normalised convolution gives.
    fn is_expansion(&self, at: usize) -> bool {
        let (op, Some(next)) = (&self.folded.ops[at], self.folded.ops.get(at + 1)) else { return false };
        let reads = next.input == at + 1 && next.residual() != Some(at + 1) && self.folded.readers(at + 1) == 1;
        let kinds = matches!((&op.kind, &next.kind), (Kind::Conv(..), Kind::Depthwise(..)));
        reads && kinds && op.residual().is_none() && self.after[at].is_some()
    }

    fn without_filling(&self, rows: &[f32]) -> Vec<f32> {
        let channels = self.plan.num_features();
        rows.chunks_exact(channels.next_multiple_of(LANES)).flat_map(|row| &row[..channels]).copied().collect()
    }

    /// From `[group][mean, variance][4]`, layers in the order of the folded plan, which is that of the plan itself.
    fn statistics(&self, read: &[f32]) -> Statistics {
        let mut statistics = Statistics::default();
        let mut first = 0;
        for norm in norms(&self.plan) {
            let at =
                |channel: usize, which: usize| read[((first + channel / LANES) * 2 + which) * LANES + channel % LANES];
            statistics.mean.extend((0..norm.channels).map(|channel| at(channel, 0)));
            statistics.var.extend((0..norm.channels).map(|channel| at(channel, 1)));
            first += norm.channels.div_ceil(LANES);
        }
        statistics
    }
}
