//! Hostile files: seeded damage to small files of each kind, made here. Nothing may panic, and no header may ask for more
//! memory than the limits allow.
//!
//! `./build.sh fuzz SECONDS` gives each target so long; `cargo test` a fixed number of executions. A file that fails is told by
//! its number, which makes it again.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::{Cursor, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use fastrand::Rng;
use headstart::artifact::head_file::{Card, head_from_safetensors, safetensors_from_head};
use headstart::backbone::import::{File, import};
use headstart::device::Device;
use headstart::head::HeadKind;
use headstart::image::decode;
use headstart::project::saved::Saved;
use headstart::project::{Project, SplitConfig};
use headstart::train::{FitConfig, fit};
use image::{ImageFormat, RgbImage};
use zip::write::SimpleFileOptions;

/// Without a time: enough to see a guard that is gone.
const EXECUTIONS: u64 = 1500;
/// Of one file, at once. 50 megapixels of 16 bits and four channels, and what is made of them, fit in it.
const MOST_BYTES: usize = 1 << 30;

struct Counting;
static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all work is the system allocator's; the counters are atomic.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        PEAK.fetch_max(NOW.fetch_add(layout.size(), Relaxed) + layout.size(), Relaxed);
        // SAFETY: the caller's layout, as it came.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's pointer and layout, as they came.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A kind of file: its name, examples of which the first is whole, and what reads it: true where it finds the file whole.
type Target = (&'static str, Vec<Vec<u8>>, fn(&[u8]) -> bool);

fn targets() -> Vec<Target> {
    let read_import = |bytes: &[u8]| {
        let beside = File { name: "group1-shard1of1.bin".into(), bytes: vec![0; 64] };
        let imported = import(vec![File { name: "file".into(), bytes: bytes.to_vec() }, beside]);
        imported.is_err_and(|error| error.code() == "unknown-network") // whole, but of no network that there is
    };
    vec![
        ("image", images(), |bytes| decode("file", bytes).is_ok()),
        ("head", vec![head(HeadKind::Mlp), head(HeadKind::Neighbors)], |bytes| {
            head_from_safetensors("file", bytes).is_ok()
        }),
        ("safetensors", vec![head(HeadKind::Mlp)], read_import),
        ("pth", vec![pth(false), pth(true), pickle()], read_import),
        ("model.json", vec![model_json()], read_import),
        ("saved", vec![saved()], |bytes| serde_json::from_slice::<Saved>(bytes).is_ok()),
    ]
}

#[test]
fn no_damage_makes_a_reader_panic_or_take_memory_without_bound() {
    let time = std::env::var("HEADSTART_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    for (name, examples, read) in targets() {
        assert!(read(&examples[0]), "{name}: its first example is not whole");
        let (start, mut number, mut whole, mut most) = (Instant::now(), 0, 0, 0);
        while time.map_or(number < EXECUTIONS, |time| start.elapsed() < time) {
            let file = damaged(&examples, number);
            PEAK.store(NOW.load(Relaxed), Relaxed);
            let before = NOW.load(Relaxed);
            let outcome = catch_unwind(AssertUnwindSafe(|| read(&file)));
            assert!(outcome.is_ok(), "{name}: file {number} makes it panic, {} bytes", file.len());
            most = most.max(PEAK.load(Relaxed) - before);
            assert!(most <= MOST_BYTES, "{name}: file {number} takes {most} bytes");
            whole += u64::from(outcome.is_ok_and(|is_whole| is_whole));
            number += 1;
        }
        let (secs, megabytes) = (start.elapsed().as_secs_f64(), most as f64 / 1e6);
        println!("{name}: {number} files in {secs:.1} s, {whole} whole all the same, at most {megabytes:.1} MB");
    }
}

/// The example with a few wounds; the same for the same number.
fn damaged(examples: &[Vec<u8>], number: u64) -> Vec<u8> {
    let mut random = Rng::with_seed(number);
    let mut bytes = examples[random.usize(..examples.len())].clone();
    for _ in 0..random.usize(1..=6) {
        let at = random.usize(..=bytes.len());
        let end = (at + random.usize(..=32)).min(bytes.len());
        match random.u8(..8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
            1 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random.usize(..5)],
            2 | 3 if at + 4 <= bytes.len() => {
                let value: u32 = [0, 1, 60_000, 1 << 24, i32::MAX as u32, 1 << 31, u32::MAX][random.usize(..7)];
                let value = if random.bool() { value.to_le_bytes() } else { value.to_be_bytes() };
                bytes[at..at + 4].copy_from_slice(&value);
            }
            4 => drop(bytes.drain(at..end)),
            5 => bytes.extend_from_within(at..end),
            6 if random.u8(..4) == 0 => bytes.truncate(at),
            _ => {
                let new: Vec<u8> = (0..random.usize(..8)).map(|_| random.u8(..)).collect();
                drop(bytes.splice(at..at, new));
            }
        }
    }
    bytes
}

fn images() -> Vec<Vec<u8>> {
    let picture = RgbImage::from_fn(19, 13, |x, y| image::Rgb([x as u8 * 12, y as u8 * 18, (x * y) as u8]));
    let formats = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::WebP];
    let file = |format| {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    };
    formats.map(file).into()
}

/// A small head that was trained.
fn head(kind: HeadKind) -> Vec<u8> {
    let mut project = trained_on();
    let (set, split) = project.training_set(&SplitConfig::default()).unwrap();
    let config = FitConfig { head: kind, epochs: 1, ..FitConfig::default() };
    let fitted =
        pollster::block_on(fit(&set, &config, &Device::Cpu, || 0.0, async |_| std::ops::ControlFlow::Continue(())))
            .unwrap();
    project.keep(&fitted, project.sides(&split));
    let head = project.head().unwrap();
    safetensors_from_head(head, &Card::new(head, "backbone", "0")).unwrap()
}

fn trained_on() -> Project {
    let mut project = Project::default();
    for i in 0..12_u32 {
        let fingerprint = format!("{i:064x}").parse().ok();
        project.add_image("a", &format!("class {}", i % 2), &format!("{i:x}"), fingerprint, vec![i as f32; 4]).unwrap();
    }
    project
}

fn saved() -> Vec<u8> {
    let mut project = trained_on();
    project.training_set(&SplitConfig::default()).unwrap();
    serde_json::to_vec(&project.saved()).unwrap()
}

fn model_json() -> Vec<u8> {
    let weight = r#"{"name":"Conv1/kernel","shape":[2,2,1,4],"dtype":"float32"}"#;
    let manifest = format!(r#"[{{"paths":["group1-shard1of1.bin"],"weights":[{weight}]}}]"#);
    format!(r#"{{"format":"layers-model","modelTopology":{{}},"weightsManifest":{manifest}}}"#).into_bytes()
}

/// What `torch.save` writes of one tensor of 2 by 2, without its numbers.
fn pickle() -> Vec<u8> {
    let mut bytes = b"\x80\x02ccollections\nOrderedDict\n)R(X\x08\x00\x00\x00a.weight".to_vec();
    bytes.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\x00\x00\x00storagectorch\nFloatStorage\n");
    bytes.extend(b"X\x01\x00\x00\x000X\x03\x00\x00\x00cpuK\x04tQK\x00K\x02K\x02\x86K\x02K\x01\x86\x89");
    bytes.extend(b"ccollections\nOrderedDict\n)RtRu.");
    bytes
}

/// The zip around it.
fn pth(is_packed: bool) -> Vec<u8> {
    let method = if is_packed { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
    let options = SimpleFileOptions::default().compression_method(method);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in [("a/data.pkl", pickle()), ("a/byteorder", b"little".to_vec()), ("a/data/0", vec![1; 16])] {
        zip.start_file(name, options).unwrap();
        zip.write_all(&content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}
