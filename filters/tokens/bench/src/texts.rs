//! What is counted: files cut into prompts, and chat prompts like those of tests/bench.

/// How long a prompt is, in bytes.
const PROMPT: usize = 10_000;
/// How much of a file is counted, in bytes.
const MOST: usize = 400_000;
/// One e-mail address and one phone number come with about so many bytes of prose, as in tests/bench.
const BYTES_PER_PERSON: usize = 4000;

/// One row of the table.
pub struct Text {
    pub name: String,
    pub prompts: Vec<String>,
}

impl Text {
    /// The file's first [`MOST`] bytes in prompts: what is counted once in a while meets a cold branch predictor, and so
    /// does each of many prompts in turn.
    pub fn from_file(path: &str) -> Self {
        let bytes = std::fs::read(path).expect("a file that can be read");
        let text = String::from_utf8_lossy(&bytes);
        let prompts = cut(&text[..floor(&text, MOST)], PROMPT);
        let prompts = prompts.into_iter().map(str::to_owned).collect();
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        Self { name, prompts }
    }

    /// Prose with personal data in it, forty prompts that are all different.
    pub fn chat() -> Self {
        let sentences: Vec<&str> = include_str!("../../../../tests/bench/src/prose.txt").lines().collect();
        let mut state = 1_u64;
        let mut people = 0;
        let prompts = (0..40).map(|number| {
            let mut text = format!("Request {:012}. ", number * 7_919_731_u64);
            let mut next_person = 200;
            for written in 1.. {
                if text.len() >= PROMPT {
                    break;
                }
                if text.len() >= next_person {
                    people += 1;
                    next_person += BYTES_PER_PERSON;
                    text.push_str(&person(people));
                }
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                text.push_str(sentences[(state >> 33) as usize % sentences.len()]);
                text.push_str(if written % 6 == 0 { "\n\n" } else { " " });
            }
            text.truncate(PROMPT);
            text
        });
        Self { name: "chat".to_owned(), prompts: prompts.collect() }
    }

    pub fn bytes(&self) -> usize {
        self.prompts.iter().map(String::len).sum()
    }

    /// Each prompt as a JSON string's runs between escapes, which stand alone: what the filter's counter is given.
    pub fn parts(&self) -> Vec<Vec<&str>> {
        let is_escaped = |character: char| character < ' ' || matches!(character, '"' | '\\');
        let parts = |prompt| {
            str::split_inclusive(prompt, is_escaped).flat_map(move |run| {
                let last = run.chars().next_back().filter(|&last| is_escaped(last));
                let (run, escape) = run.split_at(run.len() - last.map_or(0, char::len_utf8));
                [run, escape].into_iter().filter(|part| !part.is_empty())
            })
        };
        self.prompts.iter().map(|prompt| parts(prompt).collect()).collect()
    }
}

/// A megabyte each of what tokenizers are slow at, by name.
pub fn adversarial() -> Vec<(&'static str, String)> {
    const LENGTH: usize = 1_000_000;
    let mut state = 1_u64;
    let mut random = move |choices: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % choices
    };
    let mut texts: Vec<_> = [
        ("one letter", "a"),
        ("spaces", " "),
        ("line breaks", "\n"),
        ("=", "="),
        ("-", "-"),
        ("emoji", "😀"),
        ("families", "👩‍👩‍👧‍👦"),
        ("one ideograph", "日"),
    ]
    .map(|(name, unit)| (name, unit.repeat(LENGTH / unit.len())))
    .into();
    for (name, letters) in [
        ("random letters", "abcdefghijklmnopqrstuvwxyz"),
        ("random = and -", "=-"),
        ("random blanks", " \t"),
        ("random ideographs", "天地玄黄宇宙洪荒日月盈昃辰宿列張"),
    ] {
        let letters: Vec<char> = letters.chars().collect();
        let length = LENGTH / letters[0].len_utf8();
        texts.push((name, (0..length).map(|_| letters[random(letters.len() as u64) as usize]).collect()));
    }
    let bytes: Vec<u8> = (0..LENGTH / 2).map(|_| random(256) as u8).collect();
    texts.push(("random bytes", String::from_utf8_lossy(&bytes).into_owned()));
    let characters = (0..LENGTH / 4).filter_map(|_| char::from_u32(random(0x2_0000) as u32));
    texts.push(("random characters", characters.collect()));
    texts
}

fn person(number: usize) -> String {
    const NAMES: [&str; 6] = ["jane.roe", "w.okafor", "lena_brandt", "tomas.novak", "mei.tanaka", "r.delgado"];
    let name = NAMES[number % NAMES.len()];
    format!("Write to {name}{number}@example.org or call +1 415 555 {:04}. ", number % 10_000)
}

/// The text in parts of at most so many bytes.
pub fn cut(mut text: &str, length: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    while !text.is_empty() {
        let (part, rest) = text.split_at(floor(text, length));
        parts.push(part);
        text = rest;
    }
    parts
}

fn floor(text: &str, mut at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
