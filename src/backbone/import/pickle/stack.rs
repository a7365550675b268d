//! The stack of the machine that reads a pickle, and what it remembers.
//!
//! What is remembered may be taken out again, and again: a few bytes could grow to any size, or nest so deep that freeing
//! it ends the program. So each value is counted.

use std::collections::BTreeMap;
use std::ops::Add;

use crate::backbone::import::pickle::Value;

/// Of all values that are remembered and taken out again. Each tensor does so with a few names.
const MOST_COPIED_BYTES: usize = 64 << 20;
/// Lists and dictionaries in each other. A tensor in a checkpoint is in four or five.
const DEEPEST: usize = 64;

/// What values take with all that is in them, and how many are in each other.
#[derive(Clone, Copy, Default)]
pub struct Size {
    bytes: usize,
    depth: usize,
}

impl Size {
    /// Of a value that holds so many bytes and no other value.
    pub fn of(bytes: usize) -> Self {
        Self { bytes: size_of::<Value>() + bytes, depth: 0 }
    }

    /// Of a list of these.
    pub fn within(self) -> Self {
        Self { bytes: size_of::<Value>() + self.bytes, depth: self.depth + 1 }
    }
}

impl Add for Size {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, depth: self.depth.max(other.depth) }
    }
}

/// Values in order, and those that are remembered by their places.
#[derive(Default)]
pub struct Stack {
    values: Vec<(Value, Size)>,
    /// Heights.
    marks: Vec<usize>,
    memo: BTreeMap<usize, (Value, Size)>,
    copied: usize,
}

impl Stack {
    /// Puts a value on top; it takes `size` at most.
    pub fn push(&mut self, value: Value, size: Size) -> Result<(), String> {
        if size.depth > DEEPEST {
            return Err(format!("its pickle has more than {DEEPEST} lists in each other"));
        }
        self.values.push((value, size));
        Ok(())
    }

    /// Takes the top off.
    pub fn pop(&mut self) -> Result<(Value, Size), String> {
        self.values.pop().ok_or("its pickle is damaged".into())
    }

    /// So many from the top, and what they take together.
    pub fn top(&mut self, count: usize) -> Result<(Vec<Value>, Size), String> {
        let start = self.values.len().checked_sub(count).ok_or("its pickle is damaged")?;
        let (values, sizes): (Vec<_>, Vec<_>) = self.values.split_off(start).into_iter().unzip();
        Ok((values, sizes.into_iter().fold(Size::default(), Add::add)))
    }

    /// Remembers how high the stack is.
    pub fn mark(&mut self) {
        self.marks.push(self.values.len());
    }

    /// All above the last mark, which is used up.
    pub fn since_mark(&mut self) -> Result<(Vec<Value>, Size), String> {
        let height = self.values.len();
        let mark = self.marks.pop().filter(|mark| *mark <= height).ok_or("its pickle is damaged")?;
        self.top(height - mark)
    }

    /// Remembers a copy of the top: what is put into a list or dictionary later is not seen. Tensors don't need it.
    pub fn remember(&mut self, place: Option<usize>) -> Result<(), String> {
        let copy = copy(self.values.last(), &mut self.copied)?;
        self.memo.insert(place.unwrap_or(self.memo.len()), copy);
        Ok(())
    }

    /// Puts a copy of what is remembered there on top.
    pub fn recall(&mut self, place: usize) -> Result<(), String> {
        let (value, size) = copy(self.memo.get(&place), &mut self.copied)?;
        self.push(value, size)
    }
}

fn copy(counted: Option<&(Value, Size)>, copied: &mut usize) -> Result<(Value, Size), String> {
    let (value, size) = counted.ok_or("its pickle is damaged")?;
    *copied += size.bytes;
    match *copied <= MOST_COPIED_BYTES {
        true => Ok((value.clone(), *size)),
        false => Err("its pickle would grow beyond what tensors need".into()),
    }
}

#[cfg(test)]
mod tests {
    use crate::backbone::import::pickle::read;

    fn refusal(pickle: &[u8]) -> String {
        read(pickle).map(|_| String::new()).unwrap_or_else(|reason| reason)
    }

    #[test]
    fn a_few_bytes_that_double_again_and_again_are_refused() {
        let doubling = b"h\0h\0\x86q\0".repeat(60);
        assert!(refusal(&[b"]q\0", &doubling[..], b"."].concat()).contains("grow"));
        let doubling = b"h\0h\0u".repeat(60);
        assert!(!refusal(&[b"}q\0", &doubling[..], b"."].concat()).is_empty());
        let remembered = b"\x94".repeat(1 << 20);
        assert!(refusal(&[&b"X\0\x10\0\0"[..], &[b'a'; 4096], &remembered[..], b"."].concat()).contains("grow"));
    }

    #[test]
    fn lists_that_would_overflow_the_program_when_they_are_freed_are_refused() {
        for nesting in [&b"\x85"[..], b"]\x86", b"q\0h\0\x86"] {
            let deep = nesting.repeat(500_000);
            let reason = refusal(&[b"]q\0", &deep[..], b"."].concat());
            assert!(reason.contains("in each other") || reason.contains("grow"), "{nesting:?}: {reason}");
        }
        assert_eq!(refusal(&[b"]", &b"\x85".repeat(60)[..], b"."].concat()), "");
    }
}
