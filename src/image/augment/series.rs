//! Sine, cosine and exponential by their series: additions and multiplications, which are the same everywhere.

/// Enough for |x| ≤ π: the next term is below 1e-15.
const TERMS: i32 = 30;

/// `[sin x, cos x]` of −π to π, within 1e-14.
pub(super) fn sin_cos(x: f64) -> [f64; 2] {
    let (mut term, mut sums) = (1.0, [0.0; 2]);
    for n in 0..TERMS {
        let sign = if n % 4 < 2 { 1.0 } else { -1.0 };
        sums[(n % 2) as usize] += sign * term;
        term *= x / f64::from(n + 1);
    }
    let [cos, sin] = sums;
    [sin, cos]
}

/// `eˣ` of −1 to 1, within 1e-15.
pub(super) fn exp(x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 0.0);
    for n in 0..TERMS {
        sum += term;
        term *= x / f64::from(n + 1);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_the_platforms_own() {
        for at in -180..=180 {
            let x = f64::from(at).to_radians();
            let [sin, cos] = sin_cos(x);
            assert!((sin - x.sin()).abs() < 1e-14 && (cos - x.cos()).abs() < 1e-14, "{at}: {sin} {cos}");
            assert!((exp(x / 4.0) - (x / 4.0).exp()).abs() < 1e-14);
        }
    }
}
