//! Compiles pipelines ahead, while weights load: a launch of each kernel on one pixel of zeros.

use crate::backbone::plan::{Kind, Plan, Shape, Window};
use crate::error::Error;
use crate::run::gpu::buffers::{Buffer, Finish, Geometry, LANES};
use crate::run::gpu::layers::Layer;
use crate::run::gpu::{Tiling, dense, depthwise, open, pointwise, pool, whole};

/// Asks the driver for every pipeline that `plan` runs on; returns before they are there.
///
/// # Errors
/// [`Error::NoDevice`] where the adapter's limits are too small for the kernels.
pub fn warm_up(plan: &Plan, tiling: Tiling) -> Result<(), Error> {
    let client = &open()?;
    let pixel = Shape { height: 1, width: 1, channels: LANES };
    let scale = Buffer::from_floats(client, &[1.0; 2 * LANES]);
    let x = whole::normalize(client, &[0; 3], &scale);
    let finish = Finish::new(None, None);
    let mut seen = Vec::new();
    for op in &plan.ops {
        let (window, is_depthwise) = match &op.kind {
            Kind::Conv(window, ..) => (window, false),
            Kind::Depthwise(window, ..) => (window, true),
            Kind::MaxPool(window) => {
                pool::max_pool(client, &x, &Geometry { images: 1, input: pixel, output: pixel, window: *window });
                continue;
            }
            _ => continue,
        };
        let Window { kernel, stride, .. } = *window;
        if seen.contains(&(kernel, stride, is_depthwise)) {
            continue;
        }
        seen.push((kernel, stride, is_depthwise));
        let weight = Buffer::from_floats(client, &vec![0.0; kernel * kernel * LANES * LANES]);
        let layer = Layer { weight, bias: Buffer::from_floats(client, &[0.0; LANES]) };
        let geometry = Geometry { images: 1, input: pixel, output: pixel, window: *window };
        match (is_depthwise, kernel, stride) {
            (true, ..) => drop(depthwise::run(client, &x, &layer, &geometry, finish)),
            (false, 1, 1) => pointwise::each_tile(tiling, |tiling| {
                pointwise::run(client, &x, &layer, [1, 1], tiling, finish);
            }),
            (false, ..) => drop(dense::run(client, &x, &layer, &geometry, finish)),
        }
    }
    whole::mean(client, &x, 1, 1);
    client.flush().map_err(|error| Error::NoDevice { reason: error.to_string() })
}
