//! Reads Python's pickle as far as PyTorch needs it for tensors, and runs nothing of it.
//!
//! A pickle is a program for a stack machine, and Python's would call any function that it names. Here names outside of
//! [`KNOWN`] end the reading with an error, and the few inside build values of [`Value`].
//!
//! Source of the instructions: <https://github.com/python/cpython/blob/main/Lib/pickletools.py>.

mod stack;

use crate::backbone::import::pickle::stack::{Size, Stack};

/// Of a pickle that is read. One of a thousand tensors has 150 kB, with an optimiser's state three times as much.
pub const MOST_BYTES: usize = 4 << 20;

/// What a pickle may hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Whole numbers and truth values.
    Int(i64),
    /// A text.
    Text(String),
    /// A list or a tuple.
    List(Vec<Value>),
    /// Keys and values in order.
    Dict(Vec<(Value, Value)>),
    /// A name of [`KNOWN`], or of a type of storage.
    Name(String),
    /// Numbers that lie outside of the pickle: their type and key.
    Storage(Box<[String; 2]>),
    /// A view on a storage.
    Tensor(Box<Tensor>),
    /// Anything that no tensor needs.
    Other,
}

/// A view on a storage.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// `FloatStorage`, …
    pub stored: String,
    /// Of the storage.
    pub key: String,
    /// First number of the storage.
    pub offset: usize,
    /// Sizes.
    pub shape: Vec<usize>,
    /// Numbers from one row to the next, for each size.
    pub strides: Vec<usize>,
}

/// The names that a pickle of tensors calls.
const KNOWN: [&str; 6] = [
    "collections.OrderedDict",
    "torch.Size",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch.device",
];

/// Reads one pickle of at most [`MOST_BYTES`]; gives its value and what follows it.
///
/// # Errors
/// A phrase: the pickle is cut off, holds code, or uses an instruction that tensors don't need.
pub fn read(bytes: &[u8]) -> Result<(Value, &[u8]), String> {
    let mut machine = Machine { rest: bytes, stack: Stack::default() };
    loop {
        let instruction = machine.take(1)?[0];
        if instruction == b'.' {
            return Ok((machine.stack.pop()?.0, machine.rest));
        }
        machine.step(instruction)?;
    }
}

struct Machine<'a> {
    rest: &'a [u8],
    stack: Stack,
}

impl<'a> Machine<'a> {
    fn step(&mut self, instruction: u8) -> Result<(), String> {
        match instruction {
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.stack.mark(),
            b'0' | b'b' => drop(self.stack.pop()?),
            b'}' => return self.stack.push(Value::Dict(vec![]), Size::of(0)),
            b']' | b')' => return self.stack.push(Value::List(vec![]), Size::of(0)),
            b'N' | b'G' => return self.other(instruction),
            b'l' | b't' => {
                let (items, size) = self.stack.since_mark()?;
                return self.stack.push(Value::List(items), size.within());
            }
            0x85..=0x87 => {
                let (items, size) = self.stack.top(usize::from(instruction - 0x84))?;
                return self.stack.push(Value::List(items), size.within());
            }
            b'a' | b'e' | b's' | b'u' => return self.fill(instruction),
            b'c' | 0x93 => return self.name(instruction),
            b'R' | 0x81 => return self.call(),
            b'Q' => return self.storage(),
            _ => return self.literal(instruction),
        }
        Ok(())
    }

    /// Numbers, texts, and what was remembered.
    fn literal(&mut self, instruction: u8) -> Result<(), String> {
        match instruction {
            0x88 | 0x89 => self.stack.push(Value::Int(i64::from(instruction == 0x88)), Size::of(0)),
            b'K' => self.push_int(1),
            b'M' => self.push_int(2),
            b'J' => {
                let four = self.take(4)?.first_chunk().copied().unwrap_or_default();
                self.stack.push(Value::Int(i64::from(i32::from_le_bytes(four))), Size::of(0))
            }
            0x8a => {
                let len = self.len(1)?;
                self.push_int(len)
            }
            // `T` and `U` are Python 2's, in which the oldest weights are written.
            0x8c | b'U' => self.push_text(1),
            b'X' | b'T' => self.push_text(4),
            0x8d => self.push_text(8),
            b'q' | b'r' => {
                let place = self.len(if instruction == b'q' { 1 } else { 4 })?;
                self.stack.remember(Some(place))
            }
            0x94 => self.stack.remember(None),
            b'h' | b'j' => {
                let place = self.len(if instruction == b'h' { 1 } else { 4 })?;
                self.stack.recall(place)
            }
            other => Err(format!("its pickle uses an instruction (0x{other:02x}) that tensors don't need")),
        }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.rest.split_at_checked(len).ok_or("it is cut off in its pickle")?;
        self.rest = rest;
        Ok(taken)
    }

    /// A whole number of `bytes` bytes.
    fn len(&mut self, bytes: usize) -> Result<usize, String> {
        Ok(self.take(bytes)?.iter().rev().fold(0usize, |all, byte| all << 8 | usize::from(*byte)))
    }

    fn push_int(&mut self, bytes: usize) -> Result<(), String> {
        let bytes = self.take(bytes)?;
        // Longer ones are no sizes: PyTorch's magic number is one.
        let value = bytes.iter().rev().fold(0i64, |all, byte| all << 8 | i64::from(*byte));
        self.stack.push(Value::Int(value), Size::of(0))
    }

    fn push_text(&mut self, bytes: usize) -> Result<(), String> {
        let len = self.len(bytes)?;
        let text = String::from_utf8_lossy(self.take(len)?).into_owned();
        let size = Size::of(text.len());
        self.stack.push(Value::Text(text), size)
    }

    fn other(&mut self, instruction: u8) -> Result<(), String> {
        if instruction == b'G' {
            self.take(8)?;
        }
        self.stack.push(Value::Other, Size::of(0))
    }

    /// Puts items into the list or dictionary below them.
    fn fill(&mut self, instruction: u8) -> Result<(), String> {
        let (items, added) = match instruction {
            b'a' => self.stack.top(1)?,
            b's' => self.stack.top(2)?,
            _ => self.stack.since_mark()?,
        };
        let (mut into, own) = self.stack.pop()?;
        match (&mut into, instruction) {
            (Value::List(list), b'a' | b'e') => list.extend(items),
            (Value::Dict(dict), b's' | b'u') => {
                let mut items = items.into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    dict.push((key, value));
                }
            }
            _ => return Err("its pickle is damaged".into()),
        }
        self.stack.push(into, own + added.within())
    }

    fn name(&mut self, instruction: u8) -> Result<(), String> {
        let name = match instruction {
            b'c' => format!("{}.{}", self.line()?, self.line()?),
            _ => match self.stack.top(2)?.0.as_slice() {
                [Value::Text(module), Value::Text(name)] => format!("{module}.{name}"),
                _ => return Err("its pickle is damaged".into()),
            },
        };
        let is_storage = name.starts_with("torch.") && name.ends_with("Storage") && name.matches('.').count() == 1;
        if !is_storage && !KNOWN.contains(&name.as_str()) {
            return Err(format!("it holds code ({name}), and code is never run: save the state_dict alone"));
        }
        let size = Size::of(name.len());
        self.stack.push(Value::Name(name), size)
    }

    fn line(&mut self) -> Result<String, String> {
        let end = self.rest.iter().position(|byte| *byte == b'\n').ok_or("it is cut off in its pickle")?;
        let line = self.take(end + 1)?;
        Ok(String::from_utf8_lossy(&line[..end]).into_owned())
    }

    fn call(&mut self) -> Result<(), String> {
        let ((arguments, size), (callee, _)) = (self.stack.pop()?, self.stack.pop()?);
        let (Value::Name(name), Value::List(arguments)) = (callee, arguments) else {
            return Err("its pickle is damaged".into());
        };
        let value = match name.as_str() {
            "collections.OrderedDict" => return self.stack.push(Value::Dict(vec![]), Size::of(0)),
            "torch.Size" | "torch._utils._rebuild_parameter" => arguments.into_iter().next().unwrap_or(Value::Other),
            "torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2" => tensor(&arguments)?,
            _ => Value::Other,
        };
        self.stack.push(value, size)
    }

    /// `("storage", type, key, device, numbers)`
    fn storage(&mut self) -> Result<(), String> {
        let (parts, size) = self.stack.pop()?;
        let Value::List(parts) = parts else { return Err("its pickle is damaged".into()) };
        let [_, Value::Name(stored), Value::Text(key), ..] = parts.as_slice() else {
            return Err("its pickle is damaged".into());
        };
        let stored = stored.rsplit('.').next().unwrap_or(stored);
        self.stack.push(Value::Storage(Box::new([stored.into(), key.clone()])), size)
    }
}

/// `(storage, offset, sizes, strides, …)`
fn tensor(arguments: &[Value]) -> Result<Value, String> {
    let whole = |value: &Value| match value {
        Value::Int(value) => usize::try_from(*value).ok(),
        _ => None,
    };
    let sizes = |value: &Value| match value {
        Value::List(sizes) => sizes.iter().map(whole).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let [Value::Storage(stored), offset, shape, strides, ..] = arguments else {
        return Err("its pickle is damaged".into());
    };
    let [stored, key] = *stored.clone();
    let tensor = whole(offset)
        .zip(sizes(shape))
        .zip(sizes(strides))
        .map(|((offset, shape), strides)| Value::Tensor(Box::new(Tensor { stored, key, offset, shape, strides })));
    tensor.ok_or("its pickle is damaged".into())
}
