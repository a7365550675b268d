#![no_main]

libfuzzer_sys::fuzz_target!(
    init: headstart_fuzz::write_examples("project"),
    |bytes: &[u8]| headstart_fuzz::read("project", bytes)
);
