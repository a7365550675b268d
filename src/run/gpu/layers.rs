//! Weights in the order in which the kernels read them.

use cubecl::client::Client;

use crate::backbone::plan::{Kind, Op};
use crate::backbone::stored::Take;
use crate::backbone::weights::Weight;
use crate::error::Error;
use crate::run::gpu::buffers::{Buffer, LANES};

/// Weight and bias of a convolution on the device.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Dense: `[tap][input channel][output group]`; depthwise: `[tap][group]`.
    pub weight: Buffer,
    /// `[output group]`
    pub bias: Buffer,
}

impl Layer {
    /// Packs and uploads the weights of `op`; `None` where it has none.
    ///
    /// # Errors
    /// What `take` refuses.
    pub fn upload(client: &Client, op: &Op, take: &mut impl Take) -> Result<Option<Self>, Error> {
        let (weight, epilogue, pack): (_, _, fn(&Weight) -> Vec<f32>) = match &op.kind {
            Kind::Conv(_, weight, epilogue) => (weight, epilogue, packed_dense),
            Kind::Depthwise(_, weight, epilogue) => (weight, epilogue, packed_depthwise),
            _ => return Ok(None),
        };
        let Some(bias) = &epilogue.bias else { return Ok(None) };
        let weight = Buffer::from_floats(client, &pack(&take(weight)?));
        let mut bias = take(bias)?.values;
        bias.resize(bias.len().next_multiple_of(LANES), 0.0);
        Ok(Some(Self { weight, bias: Buffer::from_floats(client, &bias) }))
    }
}

/// `[out, in, kernel, kernel]` → `[tap][in][out]`, channels filled up with zeros to whole vectors.
fn packed_dense(weight: &Weight) -> Vec<f32> {
    let (out, taps) = (weight.shape[0], weight.shape[2] * weight.shape[3]);
    let (wide_in, wide_out) = (weight.shape[1].next_multiple_of(LANES), out.next_multiple_of(LANES));
    let mut packed = vec![0.0; taps * wide_in * wide_out];
    for (at, value) in weight.values.iter().enumerate() {
        let (tap, i, o) = (at % taps, at / taps % weight.shape[1], at / taps / weight.shape[1]);
        packed[(tap * wide_in + i) * wide_out + o] = *value;
    }
    packed
}

/// `[channels, 1, kernel, kernel]` → `[tap][channel]`, channels filled up with zeros to whole vectors.
fn packed_depthwise(weight: &Weight) -> Vec<f32> {
    let taps = weight.shape[2] * weight.shape[3];
    let wide = weight.shape[0].next_multiple_of(LANES);
    let mut packed = vec![0.0; taps * wide];
    for (at, value) in weight.values.iter().enumerate() {
        packed[at % taps * wide + at / taps] = *value;
    }
    packed
}
