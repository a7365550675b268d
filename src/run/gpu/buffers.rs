//! Buffers of `vec4<f32>` on the device, and how a kernel is launched over them.

use cubecl::client::Client;
use cubecl::prelude::{BufferArg, CubeCount, CubeDim};
use cubecl::server::Handle;

use crate::backbone::plan::{Activation, Shape, Window};
use crate::error::Error;

/// Channels in one vector, and the vector width that each kernel is compiled for.
pub const LANES: usize = 4;

/// Invocations of a workgroup: a multiple of every GPU's subgroup, and below every adapter's limit.
const UNITS: u32 = 64;

/// Vectors on the device.
#[derive(Clone, Debug)]
pub struct Buffer {
    handle: Handle,
    /// How many vectors.
    pub len: usize,
}

impl Buffer {
    /// Uploads numbers; their count is a multiple of [`LANES`].
    pub fn from_floats(client: &Client, values: &[f32]) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { handle: client.create_from_slice(&bytes), len: values.len() / LANES }
    }

    /// Room for `len` vectors; their content is left to chance.
    pub fn empty(client: &Client, len: usize) -> Self {
        Self { handle: client.empty(len * LANES * size_of::<f32>()), len }
    }

    /// The first `len` vectors, at most as many as there are.
    pub fn shortened(self, len: usize) -> Self {
        Self { len: len.min(self.len), ..self }
    }

    /// The buffer as a kernel's argument.
    pub fn arg(&self) -> BufferArg {
        // SAFETY: both constructors reserve `len` vectors, and `shortened` never lengthens.
        unsafe { BufferArg::from_raw_parts(self.handle.clone(), self.len) }
    }

    /// Asks for the numbers; the future has them when all launches before are done.
    ///
    /// # Errors
    /// [`Error::NoDevice`] where the device is lost or refused a launch.
    pub fn read(self, client: &Client) -> impl Future<Output = Result<Vec<f32>, Error>> {
        let read = client.read_async(vec![self.handle]);
        async move {
            let lost = |reason: String| Error::NoDevice { reason };
            let read = read.await.map_err(|error| lost(error.to_string()))?;
            let bytes = read.first().ok_or_else(|| lost("nothing came back".into()))?;
            Ok(bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect())
        }
    }
}

/// Words on the device.
#[derive(Clone, Debug)]
pub struct Words {
    handle: Handle,
    /// How many.
    len: usize,
}

impl Words {
    /// Uploads them.
    pub fn new(client: &Client, words: &[u32]) -> Self {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        Self { handle: client.create_from_slice(&bytes), len: words.len() }
    }

    /// The words as a kernel's argument.
    pub fn arg(&self) -> BufferArg {
        // SAFETY: `new` uploads `len` words.
        unsafe { BufferArg::from_raw_parts(self.handle.clone(), self.len) }
    }
}

/// What a kernel does to a sum before it stores it: adds, then clamps.
#[derive(Clone, Copy, Debug)]
pub struct Finish<'a> {
    /// Added, if there is one.
    pub residual: Option<&'a Buffer>,
    /// Lower bound.
    pub low: f32,
    /// Upper bound.
    pub high: f32,
}

impl<'a> Finish<'a> {
    /// An activation as bounds, so that all activations share a pipeline.
    pub fn new(activation: Option<Activation>, residual: Option<&'a Buffer>) -> Self {
        let (low, high) = match activation {
            None => (f32::MIN, f32::MAX),
            Some(Activation::Relu) => (0.0, f32::MAX),
            Some(Activation::Relu6) => (0.0, 6.0),
        };
        Self { residual, low, high }
    }
}

/// What a convolution slides over what.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    /// Images in the batch.
    pub images: usize,
    /// One image's input.
    pub input: Shape,
    /// One image's output.
    pub output: Shape,
    /// Kernel, stride, zeros around.
    pub window: Window,
}

/// Vectors that a pixel takes.
pub fn groups(shape: Shape) -> usize {
    shape.channels.div_ceil(LANES)
}

/// Vectors that one image's value takes.
pub fn vectors(shape: Shape) -> usize {
    shape.height * shape.width * groups(shape)
}

/// Workgroups and their size for `threads` invocations in one dimension.
pub fn grid(threads: usize) -> (CubeCount, CubeDim) {
    let cubes = (threads as u32).div_ceil(UNITS);
    (CubeCount::Static(cubes, 1, 1), CubeDim::new_1d(UNITS))
}

/// The most invocations that one launch can have.
pub fn most_threads(client: &Client) -> usize {
    (client.properties().hardware.max_cube_count.0 as usize).saturating_mul(UNITS as usize)
}
