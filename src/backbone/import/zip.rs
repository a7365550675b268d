//! The part of zip that PyTorch writes: entries stored as they are, so each is a slice of the file.

/// Content of each entry by its name.
pub type Entries<'a> = Vec<(String, &'a [u8])>;

const END: &[u8] = b"PK\x05\x06";
const ENTRY: &[u8] = b"PK\x01\x02";

/// The entries of an archive.
///
/// # Errors
/// A phrase: the end is missing, an entry is compressed or lies outside the file.
pub fn entries(file: &[u8]) -> Result<Entries<'_>, String> {
    let cut = || "it is cut off: the list of its contents is missing".to_string();
    let tail = file.len().saturating_sub(22 + usize::from(u16::MAX));
    let end = file[tail..].windows(END.len()).rposition(|at| at == END).ok_or_else(cut)? + tail;
    let (count, mut at) = (u16_at(file, end + 10).ok_or_else(cut)?, u32_at(file, end + 16).ok_or_else(cut)?);
    let mut entries = Entries::new();
    for _ in 0..count {
        let header = file.get(at..at + 46).filter(|header| header.starts_with(ENTRY)).ok_or_else(cut)?;
        let [name, extra, comment] = [28, 30, 32].map(|field| u16_at(header, field).unwrap_or(0));
        let name_bytes = file.get(at + 46..at + 46 + name).ok_or_else(cut)?;
        let name_text = String::from_utf8_lossy(name_bytes).into_owned();
        if u16_at(header, 10) != Some(0) {
            return Err(format!("{name_text} in it is compressed, and PyTorch's are not"));
        }
        let data = data(file, header).ok_or_else(|| format!("it is cut off in {name_text}"))?;
        entries.push((name_text, data));
        at += 46 + name + extra + comment;
    }
    Ok(entries)
}

/// What a local header and its name are followed by.
fn data<'a>(file: &'a [u8], header: &[u8]) -> Option<&'a [u8]> {
    let (len, local) = (u32_at(header, 20)?, u32_at(header, 42)?);
    let start = local.checked_add(30 + u16_at(file, local + 26)? + u16_at(file, local + 28)?)?;
    file.get(start..start.checked_add(len)?)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<usize> {
    let two = bytes.get(at..)?.first_chunk()?;
    Some(usize::from(u16::from_le_bytes(*two)))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*four) as usize)
}
