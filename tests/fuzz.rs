//! Hostile files: seeded damage to small files of each kind, made here. Nothing may panic, and no header may ask for more
//! memory than the limits allow.
//!
//! `./build.sh fuzz SECONDS` gives each target so long; `cargo test` a fixed number of executions. A file that fails is told by
//! its number, which makes it again.

mod hostile;

use std::alloc::{GlobalAlloc, Layout, System};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use fastrand::Rng;

use crate::hostile::{KINDS, Kind};

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

#[test]
fn no_damage_makes_a_reader_panic_or_take_memory_without_bound() {
    let time = std::env::var("HEADSTART_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
    for Kind { name, examples, read } in KINDS {
        let examples = examples();
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
