//! What Keras's `summary()` prints: each layer with its output's shape and its parameters, and the sums.

use std::fmt::{Display, Formatter};

use serde::Serialize;

use crate::backbone::plan::SummaryRow;

/// Layers and sums.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    rows: Vec<SummaryRow>,
    total: usize,
    trainable: usize,
    non_trainable: usize,
}

impl Summary {
    /// The sums over rows of a backbone and a head.
    pub fn of(rows: impl IntoIterator<Item = SummaryRow>) -> Self {
        let rows: Vec<SummaryRow> = rows.into_iter().collect();
        let sum = |trainable| rows.iter().filter(|row| row.trainable == trainable).map(|row| row.parameters).sum();
        let (trainable, non_trainable): (usize, usize) = (sum(true), sum(false));
        Self { total: trainable + non_trainable, trainable, non_trainable, rows }
    }

    /// Parameters: all, those that training changes, the others.
    pub fn totals(&self) -> [usize; 3] {
        [self.total, self.trainable, self.non_trainable]
    }
}

/// One line a layer, then Keras's three lines of sums.
impl Display for Summary {
    fn fmt(&self, out: &mut Formatter) -> std::fmt::Result {
        writeln!(out, "{:<52} {:<22} {:>12}", "Layer (type)", "Output Shape", "Param #")?;
        for SummaryRow { name, r#type, output_shape, parameters, .. } in &self.rows {
            let sizes: Vec<String> = output_shape.iter().map(usize::to_string).collect();
            let (layer, shape) = (format!("{name} ({type})"), format!("(None, {})", sizes.join(", ")));
            writeln!(out, "{layer:<52} {shape:<22} {:>12}", grouped(*parameters))?;
        }
        writeln!(out, "Total params: {}", grouped(self.total))?;
        writeln!(out, "Trainable params: {}", grouped(self.trainable))?;
        writeln!(out, "Non-trainable params: {}", grouped(self.non_trainable))
    }
}

/// 1234567 → 1,234,567
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let comma = |at: usize| if at > 0 && (digits.len() - at).is_multiple_of(3) { "," } else { "" };
    digits.chars().enumerate().map(|(at, digit)| format!("{}{digit}", comma(at))).collect()
}
