//! Nearest neighbours in ONNX's words: the rows are a weight, and those with the largest cosines vote.

use crate::artifact::onnx::graph::{Graph, int, ints};
use crate::head::neighbors::{LEAST_DISTANCE, NeighborWeights, Neighbors};

/// Under any length that a row has, over zero.
const LEAST_LENGTH: f32 = 1e-30;

/// Appends what [`Neighbors::forward_head`] does; `rows` is standardised. Gives the name of the logits.
pub fn append(graph: &mut Graph, neighbors: &Neighbors, rows: &str) -> String {
    let (n, c) = (neighbors.classes.len(), neighbors.num_classes);
    let all = neighbors.rows();
    let known = graph.weight("neighbors.rows", &[n, all.len() / n.max(1)], &all);
    let classes = graph.whole("neighbors.classes", &[n], &neighbors.classes);
    let length = graph.push("ReduceL2", "length", &[rows], vec![ints("axes", &[1]), int("keepdims", 1)]);
    let least = graph.number("least_length", LEAST_LENGTH);
    let length = graph.push("Max", "length/positive", &[&length, &least], vec![]);
    let unit = graph.push("Div", "unit", &[rows, &length], vec![]);
    let cosines = graph.push("Gemm", "cosines", &[&unit, &known], vec![int("transB", 1)]);
    let count = graph.whole("n_neighbors", &[1], &[neighbors.n_neighbors]);
    let settings = vec![int("axis", 1), int("largest", 1), int("sorted", 1)];
    let [_, nearest] =
        graph.push_with("TopK", "nearest", &[&cosines, &count], ["nearest/cosines", "nearest"], settings);
    let of = graph.push("Gather", "nearest/classes", &[&classes, &nearest], vec![int("axis", 0)]);
    let depth = graph.whole("num_classes", &[1], &[c]);
    let marks = graph.weight("marks", &[2], &[0.0, 1.0]);
    // [N, k, classes]
    let votes = graph.push("OneHot", "votes", &[&of, &depth, &marks], vec![]);
    let mean = |graph: &mut Graph, name: &str, value: &str| {
        graph.push("ReduceMean", name, &[value], vec![ints("axes", &[1]), int("keepdims", 0)])
    };
    let shares = match neighbors.weights {
        NeighborWeights::Uniform => mean(graph, "shares", &votes),
        NeighborWeights::Distance => {
            let weights = closeness(graph, &known, &unit, &nearest);
            let weighed = graph.push("Mul", "votes/weighed", &[&votes, &weights], vec![]);
            let [sums, all] =
                [("shares/sums", &weighed), ("shares/all", &weights)].map(|(name, of)| mean(graph, name, of));
            graph.push("Div", "shares", &[&sums, &all], vec![])
        }
    };
    let [scale, shift] = neighbors.smoothing();
    let [scale, shift] =
        [("share_scale", scale), ("share_shift", shift)].map(|(name, value)| graph.number(name, value as f32));
    let scaled = graph.push("Mul", "shares/scaled", &[&shares, &scale], vec![]);
    let smoothed = graph.push("Add", "shares/smoothed", &[&scaled, &shift], vec![]);
    graph.push("Log", "logits", &[&smoothed], vec![])
}

/// The inverse of each neighbour's distance: `[N, k, 1]`.
fn closeness(graph: &mut Graph, known: &str, unit: &str, nearest: &str) -> String {
    let rows = graph.push("Gather", "nearest/rows", &[known, nearest], vec![int("axis", 0)]);
    let axis = graph.whole("middle", &[1], &[1]);
    let unit = graph.push("Unsqueeze", "unit/beside", &[unit, &axis], vec![]);
    let difference = graph.push("Sub", "nearest/difference", &[&rows, &unit], vec![]);
    let settings = vec![ints("axes", &[2]), int("keepdims", 1)];
    let squares = graph.push("ReduceSumSquare", "nearest/squares", &[&difference], settings);
    let half = graph.number("half", 0.5);
    let distance = graph.push("Mul", "nearest/distance", &[&squares, &half], vec![]);
    let least = graph.number("least_distance", LEAST_DISTANCE as f32);
    let distance = graph.push("Max", "nearest/positive", &[&distance, &least], vec![]);
    graph.push("Reciprocal", "nearest/closeness", &[&distance], vec![])
}
