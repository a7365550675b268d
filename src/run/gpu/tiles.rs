//! Which tile an adapter runs faster: both are timed on layers of the plan, while its weights load.
//!
//! On paper the large tile asks the cache for less and the small one fills a GPU sooner; where they trade places differs
//! between GPUs, so neither is assumed. Content does not matter: the buffers hold what chance left there.

use cubecl::client::Client;

use crate::backbone::plan::{Kind, Op, Plan, Shape, Window};
use crate::error::Error;
use crate::run::gpu::buffers::{Buffer, Finish, LANES, groups, vectors};
use crate::run::gpu::layers::Layer;
use crate::run::gpu::{Tiling, most_images, open, pointwise};

/// How much is timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Four layers from the plan's beginning to its end, on up to eight images: some milliseconds on a GPU.
    Full,
    /// The middle layer on one image: an adapter in software takes as long for that.
    Short,
}

/// A layer's product, in the order of [`TILES`].
type Seconds = [f64; 2];

const TILES: [Tiling; 2] = [Tiling::Large, Tiling::Small];

/// Times both tiles, and gives the tiling that would have taken least on the layers timed. `clock_secs` is any clock.
///
/// # Errors
/// [`Error::NoDevice`] where the device is lost or binds too few buffers.
pub async fn fastest_tiling(plan: &Plan, effort: Effort, clock_secs: impl Fn() -> f64) -> Result<Tiling, Error> {
    let client = &open()?;
    let (samples, images) = match effort {
        Effort::Full => (4, most_images(client, plan).min(8)),
        Effort::Short => (1, 1),
    };
    let mut totals = [Tiling::Large, Tiling::Small, Tiling::BySize].map(|tiling| (tiling, 0.0));
    for op in sampled(plan, samples) {
        let product = Product::new(client, plan.shape(op.input), op.output, images);
        let seconds = product.race(client, effort, &clock_secs).await?;
        for (tiling, total) in &mut totals {
            *total += seconds[usize::from(product.runs_small(*tiling))];
        }
    }
    let fastest = totals.into_iter().min_by(|a, b| a.1.total_cmp(&b.1));
    Ok(fastest.map_or(Tiling::BySize, |(tiling, _)| tiling))
}

/// `count` of the plan's pointwise convolutions, evenly from first to last; the middle one where only one is wanted.
fn sampled(plan: &Plan, count: usize) -> Vec<&Op> {
    let is_pointwise = |op: &&Op| matches!(op.kind, Kind::Conv(Window { kernel: 1, stride: 1, .. }, ..));
    let all: Vec<&Op> = plan.ops.iter().filter(is_pointwise).collect();
    let place = |i: usize| if count == 1 { all.len() / 2 } else { i * all.len().saturating_sub(1) / (count - 1) };
    (0..count).filter_map(|i| all.get(place(i)).copied()).collect()
}

/// A pointwise convolution's size, with buffers for it.
struct Product {
    x: Buffer,
    layer: Layer,
    images: usize,
    pixels: usize,
}

impl Product {
    fn new(client: &Client, input: Shape, output: Shape, images: usize) -> Self {
        let weight = Buffer::empty(client, groups(input) * LANES * groups(output));
        let layer = Layer { weight, bias: Buffer::empty(client, groups(output)) };
        Self { x: Buffer::empty(client, images * vectors(input)), layer, images, pixels: input.height * input.width }
    }

    fn runs_small(&self, tiling: Tiling) -> bool {
        pointwise::takes_small_tile(tiling, self.pixels, self.layer.bias.len)
    }

    /// The shortest time of each tile; they take turns, so that a busy moment does not decide.
    async fn race(&self, client: &Client, effort: Effort, clock_secs: impl Fn() -> f64) -> Result<Seconds, Error> {
        let (rounds, launches) = if effort == Effort::Full { (3, 8) } else { (1, 1) };
        let mut least = [f64::INFINITY; 2];
        for tiling in TILES {
            self.launch(client, tiling, 1).await?; // compiled here, if it was not yet
        }
        for _ in 0..rounds {
            for (tiling, least) in TILES.into_iter().zip(&mut least) {
                let start = clock_secs();
                self.launch(client, tiling, launches).await?;
                *least = least.min(clock_secs() - start);
            }
        }
        Ok(least)
    }

    /// Waits for the last launch by reading a vector that comes after it in the queue.
    async fn launch(&self, client: &Client, tiling: Tiling, launches: usize) -> Result<(), Error> {
        for _ in 0..launches {
            pointwise::run(client, &self.x, &self.layer, [self.images, self.pixels], tiling, Finish::new(None, None));
        }
        Buffer::empty(client, 1).read(client).await.map(drop)
    }
}
