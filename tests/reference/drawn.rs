//! Weights and pictures that any language can draw again: `tests/golden/README.md`.

use headstart::backbone::plan::{Parameter, Plan};
use headstart::backbone::weights::{Weight, Weights};

/// -1…1, by an integer hash of the name and the place: `tests/golden/README.md`.
pub fn uniform(name: &str, at: usize) -> f32 {
    let seed = name.bytes().fold(2_166_136_261u32, |seed, byte| (seed ^ u32::from(byte)).wrapping_mul(16_777_619));
    let mut h = (at as u32).wrapping_mul(2_654_435_769).wrapping_add(seed);
    h = (h ^ (h >> 16)).wrapping_mul(2_246_822_507);
    h = (h ^ (h >> 13)).wrapping_mul(3_266_489_909);
    ((h ^ (h >> 16)) >> 8) as f32 / (1 << 23) as f32 - 1.0
}

/// Weights of a network without its file.
pub fn drawn(plan: &Plan) -> Weights {
    let weight = |Parameter { name, shape }: Parameter| {
        let fan_in: usize = shape.iter().skip(1).product();
        let [base, scale] = match name.rsplit('.').next() {
            _ if shape.len() > 1 => [0.0, (6.0 / fan_in as f64).sqrt() as f32],
            Some("running_var") => [1.0, 0.5],
            Some("weight") => [1.0, 0.25],
            _ => [0.0, 0.125],
        };
        let values = (0..shape.iter().product()).map(|at| base + scale * uniform(&name, at)).collect();
        (name, Weight { shape, values })
    };
    plan.parameters().into_iter().map(weight).collect()
}

fn random(seed: u32) -> impl Iterator<Item = u8> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(next(&seed), next).map(|state| (state >> 24) as u8)
}

/// `u8 [side, side, 3]`
pub fn noise(side: usize) -> Vec<u8> {
    random(1).take(side * side * 3).collect()
}

/// `u8 [side, side, 3]`
pub fn shapes(side: usize) -> Vec<u8> {
    let pixel = |(y, x): (usize, usize)| match (x, y) {
        (120..200, 130..190) => [30, 160, 80],
        _ if x.abs_diff(90).pow(2) + y.abs_diff(100).pow(2) < 60 * 60 => [200, 50, 40],
        _ if (x / 16 + y / 16) % 2 == 0 => [230, 225, 210],
        _ => [40, 60, 90],
    };
    (0..side * side).flat_map(|at| pixel((at / side, at % side))).collect()
}
