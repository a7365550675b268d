#![no_main]

libfuzzer_sys::fuzz_target!(
    init: headstart_fuzz::write_examples("safetensors"),
    |bytes: &[u8]| headstart_fuzz::read("safetensors", bytes)
);
