//! Any text has as many tokens as `tiktoken-rs` says, in one part and cut in two.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_tokens::Encoding;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for encoding in Encoding::ALL {
        let oracle = match encoding {
            Encoding::O200kBase | Encoding::O200kHarmony => tiktoken_rs::o200k_base_singleton(),
            Encoding::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
            Encoding::P50kBase => tiktoken_rs::p50k_base_singleton(),
            Encoding::R50kBase => tiktoken_rs::r50k_base_singleton(),
        };
        let expected = oracle.count_ordinary(&text);
        assert_eq!(encoding.count(&text), Some(expected), "{encoding}");
        let middle = (0..=text.len() / 2).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let mut counter = encoding.counter().expect("every feature is on");
        counter.push(&text[..middle]);
        counter.push(&text[middle..]);
        assert_eq!(counter.finish(), expected, "{encoding} in parts");
    }
});
