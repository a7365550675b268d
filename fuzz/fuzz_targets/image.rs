#![no_main]

libfuzzer_sys::fuzz_target!(
    init: headstart_fuzz::write_examples("image"),
    |bytes: &[u8]| headstart_fuzz::read("image", bytes)
);
