//! Cuts a text into the word pieces of BERT's uncased vocabulary, as the published `tokenizer.json` describes it and Hugging
//! Face's `tokenizers` does it. Must not know the model.
//!
//! The `tokenizers` crate does the same with some sixty dependencies and always to the end of a text; this stops at a limit.

use std::collections::HashMap;

use serde::Deserialize;
use unicode_categories::UnicodeCategories;
use unicode_normalization::UnicodeNormalization;

/// Bytes beyond this are not read: a text that has no 254 word pieces in so many bytes is not a sentence. It bounds the time for
/// texts that are all spaces or accents.
const BYTES_MAX: usize = 32 << 10;

/// A vocabulary and how to cut by it.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    /// Pieces that begin a word.
    starts: HashMap<Box<str>, u32>,
    /// Pieces that go on with a word, without their prefix.
    rests: HashMap<Box<str>, u32>,
    /// Characters of the longest piece: no longer one needs to be looked for.
    longest: usize,
    /// Longer words are unknown.
    word_max: usize,
    /// Stand for themselves wherever they occur in a text.
    special: Vec<(Box<str>, u32)>,
    unknown: u32,
    begin: u32,
    end: u32,
    /// One more than the highest id.
    size: usize,
}

/// The word pieces of a text.
#[derive(Debug, PartialEq)]
pub(crate) struct Pieces {
    /// With `[CLS]` before and `[SEP]` after them.
    pub(crate) ids: Vec<u32>,
    /// Whether the text has more pieces than fit, or more bytes than are read.
    pub(crate) cut: bool,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    normalizer: Normalizer,
    pre_tokenizer: PreTokenizer,
    model: Model,
}

#[derive(Deserialize)]
struct AddedToken {
    id: u32,
    content: Box<str>,
}

#[derive(Deserialize)]
struct Normalizer {
    #[serde(rename = "type")]
    kind: String,
    clean_text: bool,
    handle_chinese_chars: bool,
    strip_accents: Option<bool>,
    lowercase: bool,
}

#[derive(Deserialize)]
struct PreTokenizer {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: String,
    unk_token: String,
    continuing_subword_prefix: String,
    max_input_chars_per_word: usize,
    vocab: HashMap<Box<str>, u32>,
}

impl Tokenizer {
    /// Reads `tokenizer.json`. What it says about padding and truncation does not matter: the caller says what fits.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        let file: File = serde_json::from_slice(json).map_err(|e| e.to_string())?;
        let normalizer = &file.normalizer;
        if normalizer.kind != "BertNormalizer"
            || !normalizer.clean_text
            || !normalizer.handle_chinese_chars
            || normalizer.strip_accents == Some(false)
            || !normalizer.lowercase
            || file.pre_tokenizer.kind != "BertPreTokenizer"
            || file.model.kind != "WordPiece"
            || file.model.continuing_subword_prefix != "##"
        {
            return Err("it is not an uncased BERT WordPiece tokenizer".to_owned());
        }
        let model = file.model;
        let id = |piece: &str| {
            let id = model.vocab.get(piece).copied();
            id.ok_or_else(|| format!("the vocabulary has no {piece}"))
        };
        let (unknown, begin, end) = (id(&model.unk_token)?, id("[CLS]")?, id("[SEP]")?);
        let special = file.added_tokens.into_iter();
        let special: Vec<_> = special
            .map(|t| (t.content, t.id))
            .filter(|(content, _)| !content.is_empty())
            .collect();
        let ids = model.vocab.values().chain(special.iter().map(|(_, id)| id));
        let size = ids.max().map_or(0, |id| *id as usize + 1);
        let longest = model.vocab.keys().map(|p| p.chars().count()).max();

        let (mut starts, mut rests) = (HashMap::new(), HashMap::new());
        for (piece, id) in model.vocab {
            match piece.strip_prefix(&model.continuing_subword_prefix) {
                // No word begins like this, because the prefix is punctuation, and that is a word of its own.
                Some(rest) if !rest.is_empty() => {
                    rests.insert(rest.into(), id);
                }
                _ => {
                    starts.insert(piece, id);
                }
            }
        }
        starts.shrink_to_fit();
        rests.shrink_to_fit();
        Ok(Self {
            starts,
            rests,
            longest: longest.unwrap_or(0),
            word_max: model.max_input_chars_per_word,
            special,
            unknown,
            begin,
            end,
            size,
        })
    }

    /// One more than the highest id.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Cuts `text`; at most `limit` ids, `[CLS]` and `[SEP]` included.
    pub(crate) fn encode(&self, text: &str, limit: usize) -> Pieces {
        let read = text.floor_char_boundary(BYTES_MAX);
        let mut pieces = Pieces {
            ids: vec![self.begin],
            cut: read < text.len(),
        };
        let room = limit.saturating_sub(1);
        let mut rest = text.get(..read).unwrap_or_default();
        while !rest.is_empty() && pieces.ids.len() <= room {
            let (before, special, after) = self.next_special(rest);
            self.encode_plain(before, room, &mut pieces.ids);
            pieces.ids.extend(special);
            rest = after;
        }
        if pieces.ids.len() > room {
            pieces.ids.truncate(room);
            pieces.cut = true;
        }
        pieces.ids.push(self.end);
        pieces
    }

    /// What is before the first special token, the token, and what is after it.
    fn next_special<'t>(&self, text: &'t str) -> (&'t str, Option<u32>, &'t str) {
        let found = self.special.iter().filter_map(|(content, id)| {
            let (before, after) = text.split_once(content.as_ref())?;
            Some((before, Some(*id), after))
        });
        // The first one; of those that begin together, the longest.
        found
            .min_by_key(|(before, _, after)| (before.len(), after.len()))
            .unwrap_or((text, None, ""))
    }

    /// Adds the ids of a text without special tokens, until there are more than `room`.
    fn encode_plain(&self, text: &str, room: usize, ids: &mut Vec<u32>) {
        let mut word = Word::default();
        for c in normalised(text) {
            if c.is_whitespace() {
                self.finish(&mut word, ids);
            } else if c.is_ascii_punctuation() || c.is_punctuation() {
                self.finish(&mut word, ids);
                word.push(c, self.word_max);
                self.finish(&mut word, ids);
            } else {
                word.push(c, self.word_max);
            }
            if ids.len() > room {
                return;
            }
        }
        self.finish(&mut word, ids);
    }

    /// Adds the longest pieces that make up `word` from its beginning, or the unknown piece if none do, and empties it.
    fn finish(&self, word: &mut Word, ids: &mut Vec<u32>) {
        let whole = std::mem::take(word);
        if whole.chars == 0 {
            return;
        }
        let before = ids.len();
        let mut rest = whole.text.as_str();
        let mut pieces = &self.starts;
        if whole.chars > self.word_max {
            rest = "";
            ids.push(self.unknown);
        }
        while !rest.is_empty() {
            let ends = rest.char_indices().skip(1).map(|(i, _)| i);
            let mut ends: Vec<usize> = ends.chain([rest.len()]).take(self.longest).collect();
            ends.reverse();
            let found = ends.into_iter().find_map(|end| {
                let (piece, after) = rest.split_at_checked(end)?;
                Some((*pieces.get(piece)?, after))
            });
            let Some((id, after)) = found else {
                ids.truncate(before);
                ids.push(self.unknown);
                break;
            };
            ids.push(id);
            rest = after;
            pieces = &self.rests;
        }
        *word = Word {
            text: whole.text,
            chars: 0,
        };
        word.text.clear();
    }
}

/// A word as far as it has been read.
#[derive(Default)]
struct Word {
    text: String,
    chars: usize,
}

impl Word {
    /// Adds a character, but keeps no more than can matter.
    fn push(&mut self, c: char, max: usize) {
        self.chars += 1;
        if self.chars <= max {
            self.text.push(c);
        }
    }
}

/// The characters of `text` without controls and accents, in lower case, with spaces around Chinese characters.
fn normalised(text: &str) -> impl Iterator<Item = char> {
    let clean = text.chars().filter_map(|c| match c {
        '\t' | '\n' | '\r' => Some(' '),
        '\0' | '\u{fffd}' => None,
        c if c.is_other() => None,
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    });
    let spaced = clean.flat_map(|c| {
        let chinese = is_chinese(c);
        [chinese.then_some(' '), Some(c), chinese.then_some(' ')]
            .into_iter()
            .flatten()
    });
    let bare = spaced.nfd().filter(|c| !c.is_mark_nonspacing());
    bare.flat_map(char::to_lowercase)
}

/// The blocks that BERT calls Chinese: ideographs, neither kana nor hangul.
fn is_chinese(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF
        | 0x3400..=0x4DBF
        | 0x20000..=0x2A6DF
        | 0x2A700..=0x2B73F
        | 0x2B740..=0x2B81F
        | 0x2B920..=0x2CEAF
        | 0xF900..=0xFAFF
        | 0x2F800..=0x2FA1F)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::{Duration, Instant};

    use super::*;

    /// A vocabulary that is enough for the rules; what the published one gives is in `tests/golden.json`.
    const SMALL: &str = r###"{"truncation":{"max_length":4},"padding":{"strategy":{"Fixed":9}},
        "added_tokens":[{"id":1,"content":"[CLS]"},{"id":2,"content":"[SEP]"}],
        "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,
            "lowercase":true},
        "pre_tokenizer":{"type":"BertPreTokenizer"},
        "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":8,
            "vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"un":3,"##able":4,"##a":5,"a":6,"#":7,"!":9,"de":10,"##ja":11,
                "\u4f60":12,"\u597d":13,"[":14,"]":15}}}"###;

    fn small() -> Tokenizer {
        Tokenizer::parse(SMALL.as_bytes()).unwrap()
    }

    #[test]
    fn rules() {
        let tokenizer = small();
        assert_eq!(tokenizer.size(), 16);
        for (text, want) in [
            ("", &[][..]),
            (" \n\u{a0}\u{0}\u{200b}\u{fffd}", &[]),
            ("un", &[3]),
            ("UnAble", &[3, 4]),
            ("unablea a", &[3, 4, 5, 6]),
            ("unx a", &[0, 6]),
            ("aaaaaaaaa", &[0]),
            ("aaaaaaaa", &[6, 5, 5, 5, 5, 5, 5, 5]),
            ("d\u{e9}ja! de\u{301}ja\u{300}", &[10, 11, 9, 10, 11]),
            ("a\u{ad}a\u{200d}a", &[6, 5, 5]),
            ("##a", &[7, 7, 6]),
            ("\u{4f60}\u{597d}a", &[12, 13, 6]),
            ("a[SEP]a[sep]", &[6, 2, 6, 14, 0, 15]),
            ("[CLS", &[14, 0]),
        ] {
            let mut ids = vec![1];
            ids.extend(want);
            ids.push(2);
            let want = Pieces { ids, cut: false };
            assert_eq!(tokenizer.encode(text, 256), want, "{text:?}");
        }
    }

    #[test]
    fn no_more_than_the_limit() {
        let tokenizer = small();
        let ids = |text: &str| {
            let pieces = tokenizer.encode(text, 5);
            (pieces.ids, pieces.cut)
        };
        assert_eq!(ids("a a a"), (vec![1, 6, 6, 6, 2], false));
        assert_eq!(ids("a a a "), (vec![1, 6, 6, 6, 2], false));
        assert_eq!(ids("a a a a"), (vec![1, 6, 6, 6, 2], true));
        assert_eq!(ids("a a unable"), (vec![1, 6, 6, 3, 2], true));
        assert_eq!(ids("a a a[SEP]"), (vec![1, 6, 6, 6, 2], true));
    }

    #[test]
    fn any_text_takes_bounded_time() {
        let tokenizer = small();
        let start = Instant::now();
        for piece in [
            "a", " ", "\u{301}", "a\u{301}", "[", "\u{4f60}", "\u{1}", "\u{200b}", "unx",
        ] {
            let text = piece.repeat((10 << 20) / piece.len());
            assert!(tokenizer.encode(&text, 256).cut, "{piece:?}");
        }
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn broken_files() {
        for (from, to) in [
            (SMALL, ""),
            (SMALL, "{}"),
            (SMALL, "[]"),
            (r#""lowercase":true"#, r#""lowercase":false"#),
            ("WordPiece", "BPE"),
            ("##\",", "@\","),
            ("\"[SEP]\":2", "\"[SEQ]\":2"),
        ] {
            assert!(SMALL.contains(from));
            let json = SMALL.replace(from, to);
            Tokenizer::parse(json.as_bytes()).unwrap_err();
        }
    }

    /// The ids that Hugging Face's `tokenizers` gives, without padding and cut at 256.
    #[test]
    fn published_vocabulary() {
        let Some(folder) = std::env::var_os("TOLLGATE_EMBEDDER_DIR") else {
            // Told past the test runner, which hides what a test that passes prints.
            let message = "SKIPPED: TOLLGATE_EMBEDDER_DIR does not say where the model is";
            writeln!(std::io::stderr().lock(), "{message}").unwrap();
            return;
        };
        let json = std::fs::read(std::path::Path::new(&folder).join("tokenizer.json")).unwrap();
        let tokenizer = Tokenizer::parse(&json).unwrap();
        assert_eq!(tokenizer.size(), 30522);
        let golden: serde_json::Value = serde_json::from_str(include_str!("../tests/golden.json")).unwrap();
        for case in golden["texts"].as_array().unwrap() {
            let text = case["text"].as_str().unwrap();
            let pieces = tokenizer.encode(text, 256);
            assert_eq!(
                pieces.ids.len() as u64,
                case["tokens"].as_u64().unwrap(),
                "{text}"
            );
            let ids: Vec<u64> = pieces.ids.iter().map(|id| u64::from(*id)).collect();
            let want: Vec<u64> = serde_json::from_value(case["ids"].clone()).unwrap();
            assert_eq!(ids[..want.len()], want, "{text}");
        }
    }
}
