#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    capture_engine_fuzz::http_request::check(bytes);
});
