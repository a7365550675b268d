//! The tile of a matrix product that a thread holds in its registers, whichever way it reads the weights.

use cubecl::prelude::*;

/// Rows and vectors of columns that a thread computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Rows.
    pub rows: u32,
    /// Vectors of columns, as far apart as there are threads beside each other.
    pub cols: u32,
}

impl Tile {
    /// Fewest loads a multiply-add: for a CPU that plays the GPU.
    pub const LARGE: Tile = Tile { rows: 8, cols: 2 };
    /// Most threads: a batch of 64 rows has few.
    pub const SMALL: Tile = Tile { rows: 4, cols: 1 };

    /// Threads for all rows and columns.
    pub fn threads(self, rows: usize, groups: usize) -> usize {
        rows.div_ceil(self.rows as usize) * groups.div_ceil(self.cols as usize)
    }
}

/// Products of a tile over `groups_in` vectors. `transposed` reads the weights across. Beyond the last row or column it
/// computes the last one again.
#[expect(clippy::too_many_arguments, reason = "part of the kernels above")]
#[cube]
pub fn accumulate<N: Size>(
    x: &[Vector<f32, N>],
    parameters: &[Vector<f32, N>],
    sums: &mut Array<Vector<f32, N>>,
    first: u32,
    block: u32,
    blocks: u32,
    rows: u32,
    groups_in: u32,
    groups_out: u32,
    from: u32,
    #[comptime] transposed: bool,
    #[comptime] tile_rows: u32,
    #[comptime] tile_cols: u32,
) {
    let mut starts = Array::<u32>::new(comptime![tile_rows as usize]);
    #[unroll]
    for r in 0..tile_rows {
        starts[r as usize] = min(first + r, rows - 1) * groups_in;
    }
    for k in 0..groups_in {
        let mut w = Array::<Vector<f32, N>>::new(comptime![(4 * tile_cols) as usize]);
        #[unroll]
        for c in 0..tile_cols {
            let group = min(block + c * blocks, groups_out - 1);
            if transposed {
                let square = turned(parameters, from + group * 4 * groups_in + k, groups_in);
                #[unroll]
                for i in 0..4u32 {
                    w[(i * tile_cols + c) as usize] = square[i as usize];
                }
            } else {
                #[unroll]
                for i in 0..4u32 {
                    w[(i * tile_cols + c) as usize] = parameters[(from + (k * 4 + i) * groups_out + group) as usize];
                }
            }
        }
        #[unroll]
        for r in 0..tile_rows {
            let a = x[(starts[r as usize] + k) as usize];
            #[unroll]
            for i in 0..4u32 {
                #[unroll]
                for c in 0..tile_cols {
                    let product = Vector::new(a.extract(comptime![i as usize])) * w[(i * tile_cols + c) as usize];
                    sums[(r * tile_cols + c) as usize] += product;
                }
            }
        }
    }
}

/// Four vectors from `at` on, `stride` apart, with rows and columns exchanged.
#[cube]
fn turned<N: Size>(parameters: &[Vector<f32, N>], at: u32, stride: u32) -> Array<Vector<f32, N>> {
    let mut square = Array::<Vector<f32, N>>::new(4usize);
    let mut turned = Array::<Vector<f32, N>>::new(4usize);
    #[unroll]
    for i in 0..4u32 {
        square[i as usize] = parameters[(at + i * stride) as usize];
    }
    #[unroll]
    for i in 0..4u32 {
        let mut row = Vector::<f32, N>::new(0f32);
        #[unroll]
        for lane in 0..4u32 {
            row.insert(comptime![lane as usize], square[lane as usize].extract(comptime![i as usize]));
        }
        turned[i as usize] = row;
    }
    turned
}
