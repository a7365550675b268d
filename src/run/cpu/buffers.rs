//! The memory of a backbone: a few buffers, each used by values that never live at the same time.

use crate::backbone::plan::{Plan, Value};

/// Numbers that start at a cache line, so that no vector crosses one.
#[derive(Debug, Default)]
pub struct Buffer {
    numbers: Vec<f32>,
    start: usize,
}

const LINE_BYTES: usize = 64;
const LINE: usize = LINE_BYTES / size_of::<f32>();

impl Buffer {
    /// `len` zeros.
    pub fn new(len: usize) -> Self {
        let numbers = vec![0.0; len + LINE];
        let start = numbers.as_ptr().align_offset(LINE_BYTES).min(LINE);
        Self { numbers, start }
    }

    /// The numbers.
    pub fn get(&self) -> &[f32] {
        &self.numbers[self.start..]
    }

    /// The same, to write.
    pub fn get_mut(&mut self) -> &mut [f32] {
        &mut self.numbers[self.start..]
    }
}

/// Which buffer each value of a plan lies in, and how long each is.
#[derive(Debug)]
pub struct Sharing {
    /// By value.
    pub buffer_of: Vec<usize>,
    /// By buffer.
    pub lens: Vec<usize>,
}

/// Gives each value the free buffer that fits it best.
///
/// `lens` says how long each value is, `step_of` in which step each operation runs: one step reads all its inputs
/// while it writes its outputs.
pub fn share(plan: &Plan, lens: &[usize], step_of: &[usize]) -> Sharing {
    let last_step = |value: Value| {
        let reader = plan.ops.iter().rposition(|op| op.input == value || op.residual() == Some(value));
        reader.map_or(usize::MAX, |op| step_of[op])
    };
    let mut sharing = Sharing { buffer_of: Vec::new(), lens: Vec::new() };
    // The step in which each buffer's value is last read; `None` before the first.
    let mut busy_until: Vec<Option<usize>> = Vec::new();
    for (value, len) in lens.iter().enumerate() {
        let written = value.checked_sub(1).map(|op| step_of[op]);
        let free = (0..busy_until.len()).filter(|buffer| busy_until[*buffer] < written);
        let best = free.min_by_key(|buffer| sharing.lens[*buffer].abs_diff(*len));
        let buffer = best.unwrap_or(busy_until.len());
        if buffer == busy_until.len() {
            busy_until.push(None);
            sharing.lens.push(0);
        }
        sharing.lens[buffer] = sharing.lens[buffer].max(*len);
        busy_until[buffer] = Some(last_step(value));
        sharing.buffer_of.push(buffer);
    }
    sharing
}
