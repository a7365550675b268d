//! The part of zip that PyTorch and Keras write: entries stored as they are, so each is a range of the file.

use std::ops::Range;

use crate::backbone::stored::Bytes;

/// A file in an archive.
pub struct Entry {
    /// With its folders.
    pub name: String,
    /// Whether it is there as it is, not compressed.
    pub is_stored: bool,
    /// Where it lies in the archive.
    pub range: Range<usize>,
}

const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";
/// Of the record at the end, without its comment.
const END_BYTES: usize = 22;
const LOCAL_BYTES: usize = 30;
/// Of the list of entries. PyTorch's has about a hundred for each tensor.
const MOST_LIST_BYTES: usize = 16 << 20;

/// The entries of an archive.
///
/// # Errors
/// A phrase: the end is missing, or an entry lies outside the file.
pub fn entries(file: &dyn Bytes) -> Result<Vec<Entry>, String> {
    let cut = || "it is cut off: the list of its contents is missing".to_string();
    let size = file.size();
    let tail = read(file, size.saturating_sub(END_BYTES + usize::from(u16::MAX))..size)?;
    let end = tail.windows(END.len()).rposition(|at| at == END).ok_or_else(cut)?;
    let (count, len) = (u16_at(&tail, end + 10).ok_or_else(cut)?, u32_at(&tail, end + 12).ok_or_else(cut)?);
    let start = u32_at(&tail, end + 16).ok_or_else(cut)?;
    if len > MOST_LIST_BYTES {
        return Err(format!("the list of its contents has {len} bytes, which no weights need"));
    }
    let list = start.checked_add(len).filter(|end| *end <= size).ok_or_else(cut)?;
    let (list, mut at, mut entries) = (read(file, start..list)?, 0, Vec::new());
    for _ in 0..count {
        let header = list.get(at..at + 46).filter(|header| header.starts_with(ENTRY)).ok_or_else(cut)?;
        let [name, extra, comment] = [28, 30, 32].map(|field| u16_at(header, field).unwrap_or(0));
        let name_bytes = list.get(at + 46..at + 46 + name).ok_or_else(cut)?;
        let name_text = String::from_utf8_lossy(name_bytes).into_owned();
        let range = data(file, header)?.ok_or_else(|| format!("it is cut off in {name_text}"))?;
        entries.push(Entry { name: name_text, is_stored: u16_at(header, 10) == Some(0), range });
        at += 46 + name + extra + comment;
    }
    Ok(entries)
}

/// What a local header and its name are followed by.
fn data(file: &dyn Bytes, header: &[u8]) -> Result<Option<Range<usize>>, String> {
    let (Some(len), Some(local)) = (u32_at(header, 20), u32_at(header, 42)) else { return Ok(None) };
    let Some(end) = local.checked_add(LOCAL_BYTES).filter(|end| *end <= file.size()) else { return Ok(None) };
    let own = read(file, local..end)?;
    let start = end + u16_at(&own, 26).unwrap_or(0) + u16_at(&own, 28).unwrap_or(0);
    Ok(start.checked_add(len).filter(|end| *end <= file.size()).map(|end| start..end))
}

fn read(file: &dyn Bytes, range: Range<usize>) -> Result<Vec<u8>, String> {
    file.read(range).map_err(|error| error.to_string())
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let two = bytes.get(at..)?.first_chunk()?;
    Some(usize::from(u16::from_le_bytes(*two)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*four) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_beyond_any_weights_is_refused() {
        let mut file = vec![0; MOST_LIST_BYTES + 100];
        file.extend(END);
        file.extend([0; 4]);
        file.extend([1, 0, 1, 0]);
        file.extend((MOST_LIST_BYTES as u32 + 1).to_le_bytes());
        file.extend([0; 6]);
        let reason = entries(&file).map(drop).unwrap_err();
        assert!(reason.contains("which no weights need"), "{reason}");
    }
}
