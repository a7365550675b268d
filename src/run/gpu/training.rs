//! The kernels of a head's training step: [`rows`] gathers and judges, [`product`] goes through a layer and back,
//! [`update`] makes a weight's gradient and uses it up at once.
//!
//! | in a step of the MLP | launches |
//! |---|---|
//! | rows by number, with the dropout | 1 |
//! | `y = relu(x · w + bias)`, with the dropout | 3 |
//! | loss, its gradient, figures | 1 |
//! | `dx = dy · wᵀ` where `x > 0` | 2 |
//! | `dw = xᵀ · dy` and the optimiser, bias too | 3 |
//!
//! Matrices are row-major in vectors of four columns, filled up with zeros. All weights lie in one buffer, all that the
//! optimiser remembers in another, what changes from step to step (row numbers, classes, masks) in one upload. Nothing
//! is read back. Each sum is made in one thread in a fixed order: a seed gives the same bits.

pub mod product;
pub mod rows;
pub mod tile;
pub mod update;
