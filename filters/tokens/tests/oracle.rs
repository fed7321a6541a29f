//! Every count equals `tiktoken-rs`, which is the oracle: on samples, on texts made of the patterns' edge cases, and on
//! anything that a `String` can hold.
#![allow(missing_docs, clippy::expect_used, reason = "a test")]

use std::collections::HashMap;

use proptest::prelude::*;
use tiktoken_rs::CoreBPE;
use tollgate_tokens::Encoding;

fn oracle(encoding: Encoding) -> &'static CoreBPE {
    match encoding {
        Encoding::O200kBase => tiktoken_rs::o200k_base_singleton(),
        Encoding::O200kHarmony => tiktoken_rs::o200k_harmony_singleton(),
        Encoding::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
        Encoding::P50kBase => tiktoken_rs::p50k_base_singleton(),
        Encoding::R50kBase => tiktoken_rs::r50k_base_singleton(),
    }
}

fn available() -> impl Iterator<Item = Encoding> {
    Encoding::ALL
        .into_iter()
        .filter(|encoding| encoding.is_available())
}

/// The same count from a text in parts: character by character, in two, and behind and before a part that is counted in
/// place.
fn check_counter(encoding: Encoding, text: &str, expected: usize) {
    let mut counter = encoding.counter().expect("available");
    for (at, character) in text.char_indices() {
        counter.push(&text[at..at + character.len_utf8()]);
    }
    assert_eq!(counter.finish(), expected, "{encoding} {text:?}");
    let middle = text
        .char_indices()
        .nth(text.chars().count() / 2)
        .map_or(0, |(at, _)| at);
    let filler = "A filler for large parts, which has 1 seam or 2. ".repeat(50);
    for parts in [
        vec![&text[..middle], &text[middle..]],
        vec![text, &filler, text],
        vec![&filler, text, &filler],
    ] {
        for part in &parts {
            counter.push(part);
        }
        assert_eq!(
            Some(counter.finish()),
            encoding.count(&parts.concat()),
            "{encoding} {parts:?}"
        );
    }
}

/// Equal counts, and equal again with the text cut in two for a counter.
fn check(text: &str) {
    for encoding in available() {
        let expected = oracle(encoding).count_ordinary(text);
        assert_eq!(encoding.count(text), Some(expected), "{encoding} {text:?}");
        // Pushing character by character is slow in a debug build.
        if text.len() < 2000 {
            check_counter(encoding, text, expected);
        }
    }
}

const SCRIPTS: [&str; 14] = [
    "The quick brown fox can't jump over 12345 lazy dogs; it'LL try, WON'T it? I'd've said so.",
    "快速的棕色狐狸跳过了懒狗。今天天气很好，我们去公园散步吧！价格是１２３４元。",
    "素早い茶色の狐がのろまな犬を飛び越える。カタカナとひらがなと漢字。ﾊﾝｶｸ",
    "빠른 갈색 여우가 게으른 개를 뛰어넘습니다. 오늘 날씨가 참 좋네요.",
    "الثعلب البني السريع يقفز فوق الكلب الكسول. السَّلَامُ عَلَيْكُمْ ١٢٣٤٥",
    "तेज़ भूरी लोमड़ी आलसी कुत्ते के ऊपर कूदती है। नमस्ते दुनिया १२३४",
    "สุนัขจิ้งจอกสีน้ำตาลกระโดดข้ามสุนัขขี้เกียจ สวัสดีครับ ๑๒๓",
    "Быстрая коричневая лиса прыгает через ленивую собаку. ПРИВЕТ Мир!",
    "Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί. ΆΈΉ",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪🇫🇷 ❤️ 1️⃣ 😀😁😂🤣 ✈︎",
    "fn main() {\n\tlet x = vec![1, 2, 3];\r\n    println!(\"{:?}\", x); // ok\n}\n\n\n",
    "{\"a\": [1, 2.5e-3, null, true], \"b\\n\": {\"c\": \"\\u00e9\"}}",
    "aGVsbG8gd29ybGQhIFRoaXMgaXMgYmFzZTY0/+==QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo",
    "!function(e,t){\"object\"==typeof exports?module.exports=t():e.X=t()}(this,function(){return 0});",
];

#[test]
fn scripts() {
    for text in SCRIPTS {
        check(text);
        // Every part of it, so that each character stands at an edge once.
        for (at, _) in text.char_indices() {
            check(&text[..at]);
            check(&text[at..]);
        }
    }
}

/// Pieces longer than a window of the merge: of one token over and over, of a period, of everything.
#[test]
fn long_pieces() {
    let mut texts: Vec<String> = [
        "a",
        "A",
        "ab",
        "abc",
        " ",
        "\n",
        "=",
        "-",
        "*/",
        "日",
        "日本語",
        "ก",
        "か\u{3099}",
        "😀",
        "\u{301}",
        "z\u{ad}",
    ]
    .iter()
    .flat_map(|unit| [126, 127, 128, 255, 700, 2500].map(|len| unit.repeat(len / unit.len() + 1)))
    .collect();
    let mut state = 1u64;
    let mut random = |choices: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % choices
    };
    // A few runs of one byte each.
    for bytes in [" \n", "=", "=->", "aab", "-", "#*", " \t", "0", "\n\r"] {
        for _ in 0..3 {
            let runs: String = (0..1 + random(5))
                .map(|_| {
                    let byte = bytes.as_bytes()[random(bytes.len() as u64) as usize];
                    char::from(byte).to_string().repeat(1 + random(300) as usize)
                })
                .collect();
            texts.push(format!("x{runs}y"));
            texts.push(runs);
        }
    }
    for alphabet in [
        "ab",
        "aehilnorst",
        "0aeiouxyz",
        "-=",
        " \t",
        "天地玄黄宇宙洪荒",
        "กขคงจ",
        "αβγδε",
        "\u{301}\u{302}",
        "👍🏽\u{200d}",
    ] {
        let letters: Vec<char> = alphabet.chars().collect();
        for len in [120, 300, 1000, 2500] {
            texts.push(
                (0..len)
                    .map(|_| letters[random(letters.len() as u64) as usize])
                    .collect(),
            );
        }
    }
    for text in texts {
        check(&text);
    }
}

/// What the patterns tell apart, and what merges across it.
const ATOMS: [&str; 74] = [
    "a",
    "b",
    "the",
    "ing",
    "A",
    "B",
    "THE",
    "Title",
    "ǅ",
    "ʰ",
    "ª",
    "日",
    "本語",
    "ß",
    "É",
    "é",
    "e\u{301}",
    "\u{301}",
    "\u{300}\u{301}",
    "\u{94d}",
    "क",
    "ก",
    "ั",
    "1",
    "12",
    "1234",
    "٣",
    "Ⅷ",
    "½",
    "²",
    "一",
    " ",
    "  ",
    "   ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\u{a0}",
    "\u{2028}",
    "\u{3000}",
    "\u{85}",
    "\u{b}",
    "\u{200b}",
    "\u{feff}",
    "'",
    "'s",
    "'S",
    "'ſ",
    "'t",
    "'RE",
    "'rE",
    "'ve",
    "'m",
    "'ll",
    "'lL",
    "'l",
    "'d",
    "’s",
    "!",
    "?!",
    "/",
    "//",
    "://",
    "{",
    "\"",
    "\\",
    "\u{0}",
    "😀",
    "👩‍👧",
    "\u{fffd}",
    "<|endoftext|>",
    "_",
];

fn from_atoms(max: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&ATOMS[..]), 0..max).prop_map(|atoms| atoms.concat())
}

/// Letters of one script in a row, as texts have them.
fn from_blocks() -> impl Strategy<Value = String> {
    const BLOCKS: [(u32, u32); 20] = [
        (0x20, 0x7e),
        (0xa0, 0x24f),
        (0x250, 0x36f),
        (0x370, 0x52f),
        (0x530, 0x6ff),
        (0x900, 0x97f),
        (0x980, 0xdff),
        (0xe00, 0xeff),
        (0x1000, 0x109f),
        (0x10a0, 0x137f),
        (0x1780, 0x18af),
        (0x1c80, 0x1fff),
        (0x2000, 0x2bff),
        (0x2c00, 0x2dff),
        (0x3040, 0x30ff),
        (0x4e00, 0x9fff),
        (0xa640, 0xabff),
        (0xac00, 0xd7a3),
        (0x1d400, 0x1d7ff),
        (0x1f300, 0x1faff),
    ];
    let run = prop::sample::select(&BLOCKS[..])
        .prop_flat_map(|(first, last)| prop::collection::vec(first..=last, 1..24))
        .prop_map(|chars| chars.into_iter().filter_map(char::from_u32).collect::<String>());
    prop::collection::vec(run, 1..8).prop_map(|runs| runs.concat())
}

/// ASCII of every class that the patterns tell apart, and now and then something else: longer than the windows in which
/// ASCII is cut, so that everything stands at their edges.
fn from_ascii() -> impl Strategy<Value = String> {
    const UNITS: [&str; 36] = [
        "a",
        "b",
        "word",
        "A",
        "B",
        "UP",
        "Title",
        "camelCase",
        " ",
        " ",
        " ",
        "  ",
        "\t",
        "\x0b",
        "\n",
        "\n",
        "\r\n",
        "\n    ",
        " \n",
        "0",
        "12",
        "345",
        "67890123",
        "'",
        "'s",
        "'ll",
        "'VE",
        "'x",
        "!",
        ".",
        "(",
        "/",
        ";\n/",
        "\0",
        "\u{e9}",
        "\u{301}",
    ];
    prop::collection::vec(prop::sample::select(&UNITS[..]), 0..90).prop_map(|units| units.concat())
}

/// Texts without white space and punctuation behind words, where a counter looks for what surely is a piece.
#[test]
fn long_texts_without_a_seam() {
    let mut state = 1u64;
    let mut random = |choices: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % choices
    };
    for units in [
        &["1", "23", "456"][..],
        &["camel", "Case", "UPPER", "Ünï"],
        &["日本", "か", "A", "Ab"],
        &["!", "?", "/", "\n", "'"],
        &["😀", "👍🏽", "\u{200d}", "é"],
        &["=", "\u{301}", "-"],
        &[" ", " ", "\t", "\n"],
    ] {
        let text: String = (0..30_000).map(|_| units[random(units.len())]).collect();
        for encoding in available() {
            let expected = oracle(encoding).count_ordinary(&text);
            for most in [700, 5000, 40_000, text.len()] {
                let mut counter = encoding.counter().expect("available");
                let mut rest = &text[..];
                while !rest.is_empty() {
                    let (part, left) = rest.split_at(rest.floor_char_boundary(4 + random(most)));
                    counter.push(part);
                    rest = left;
                }
                assert_eq!(counter.finish(), expected, "{encoding} {units:?} {most}");
            }
        }
    }
}

/// Cyrillic and Greek words with what may stand before, in and after them, around the lengths that are cut at once.
fn from_two_bytes() -> impl Strategy<Value = String> {
    const UNITS: [&str; 40] = [
        "а",
        "в",
        "и",
        "слово",
        "предложение",
        "п",
        "я",
        "џ",
        "ѐ",
        "ё",
        "А",
        "Я",
        "Ж",
        "Ё",
        "ПРИВЕТ",
        "Мир",
        "ѣ",
        "Ѣ",
        "ґ",
        "й",
        "α",
        "ω",
        "λόγος",
        "ώ",
        "Ω",
        "Έ",
        "ϊ",
        "ϐ",
        "ς",
        " ",
        " ",
        " ",
        "\n",
        ".",
        "'",
        "'s",
        "a",
        "Z",
        "1",
        "\u{301}",
    ];
    prop::collection::vec(prop::sample::select(&UNITS[..]), 0..60).prop_map(|units| units.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whole texts only, so that there can be many.
    #[test]
    fn ascii(text in from_ascii()) {
        for encoding in available() {
            let expected = oracle(encoding).count_ordinary(&text);
            prop_assert_eq!(encoding.count(&text), Some(expected), "{} {:?}", encoding, text);
        }
    }

    #[test]
    fn words_of_two_bytes_a_letter(text in from_two_bytes()) {
        for encoding in available() {
            let expected = oracle(encoding).count_ordinary(&text);
            prop_assert_eq!(encoding.count(&text), Some(expected), "{} {:?}", encoding, text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edge_cases(text in from_atoms(24)) {
        check(&text);
    }

    #[test]
    fn runs_of_one_script(text in from_blocks()) {
        check(&text);
    }

    #[test]
    fn any_text(text in "\\PC{0,80}") {
        check(&text);
    }

    #[test]
    fn any_characters(chars in prop::collection::vec(any::<char>(), 0..60)) {
        check(&chars.into_iter().collect::<String>());
    }
}

/// What build/characters.rs builds on: the parts that a token is merged from have lower ranks than the token.
#[test]
fn a_merge_makes_only_higher_ranks_possible() {
    for encoding in available() {
        let bpe = oracle(encoding);
        let tokens: Vec<Vec<u8>> = (0..200_000)
            .map_while(|rank| bpe.decode_bytes(&[rank]).ok())
            .collect();
        let ranks: HashMap<&[u8], usize> = tokens
            .iter()
            .enumerate()
            .map(|(rank, token)| (&token[..], rank))
            .collect();
        for (rank, token) in tokens.iter().enumerate() {
            let mut edges: Vec<usize> = (0..=token.len()).collect();
            let mut before = None;
            loop {
                let pairs = edges
                    .windows(3)
                    .filter_map(|edge| Some((*ranks.get(&token[edge[0]..edge[2]])?, edge[1])));
                let Some((lowest, gone)) = pairs.min() else { break };
                assert!(
                    before <= Some(lowest),
                    "{encoding} {rank}: {lowest} came after {before:?}"
                );
                before = Some(lowest);
                edges.retain(|&edge| edge != gone);
            }
        }
    }
}

/// Mixtures of everything above, new ones every time, for as many seconds as `SOAK_SECONDS` says (600):
/// `cargo test --release -p tollgate-tokens --features all --test oracle soak -- --ignored --nocapture`.
#[test]
#[ignore = "runs for minutes"]
fn soak() {
    use proptest::test_runner::{Config, TestRunner};
    use std::time::{Duration, Instant};

    let seconds = std::env::var("SOAK_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(600));
    let part = prop_oneof![
        from_atoms(24),
        from_blocks(),
        from_ascii(),
        from_two_bytes(),
        from_two_bytes(),
        "\\PC{0,80}",
        // One of something again and again, for pieces that are merged in windows.
        (
            prop::sample::select(&["а", "ы", "Щ", "λ", "a", "ab", "é", "字", "😀", "़", "="][..]),
            1..200_usize
        )
            .prop_map(|(unit, times)| unit.repeat(times)),
    ];
    let mixture = prop::collection::vec(part, 1..5).prop_map(|parts| parts.concat());
    let (mut texts, mut bytes) = (0_u64, 0_u64);
    while Instant::now() < end {
        let mut runner = TestRunner::new(Config {
            cases: 100,
            failure_persistence: None,
            ..Config::default()
        });
        let counted = std::cell::Cell::new((0, 0));
        let outcome = runner.run(&mixture, |text| {
            let (texts, bytes) = counted.get();
            counted.set((texts + 1, bytes + text.len() as u64));
            check(&text);
            Ok(())
        });
        if let Err(failure) = outcome {
            panic!("{failure}");
        }
        texts += counted.get().0;
        bytes += counted.get().1;
    }
    println!("{texts} texts, {bytes} bytes");
}
