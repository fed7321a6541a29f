//! Where a text that is still being written is cut into windows, each of which somebody judges before it goes out.
//! Must not know who judges, nor what becomes of a window: where it ends depends on the text alone, not on how it came.

use std::ops::Range;

/// A window ends with the first sentence that ends after so many bytes. Less costs a call for every sentence, more lets the
/// reader wait longer for the first words.
pub(super) const LEAST: usize = 200;
/// A window ends here at the latest, where a word does, so that what waits is bounded.
pub(super) const MOST: usize = 1_000;
/// Of what came before, so much is shown again with a window: what is harmless in two halves may not be so as a whole.
pub(super) const CONTEXT: usize = 300;
/// So much of a window's end waits for the next one where names are looked for: one may have been cut.
pub(super) const TAIL: usize = 100;

/// A part of a text that is judged at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Window {
    /// It begins where the last one ended.
    pub(super) range: Range<usize>,
    /// From where on the text is shown with it.
    pub(super) context: usize,
    /// Whether it is the text's last one.
    pub(super) last: bool,
}

/// What of a text has not gone out yet, and a little before it.
#[derive(Debug, Default)]
pub(super) struct Windows {
    text: String,
    /// Where in the whole text `text` begins.
    origin: usize,
    /// Where the last window ended, in the whole text as all places are.
    cut: usize,
    /// From where on what came before is shown with the next window.
    context: usize,
    search: Search,
    /// One window, at the text's end.
    undivided: bool,
    /// Nobody judges any more: windows end wherever the text does.
    free: bool,
    ended: bool,
    done: bool,
}

/// The search for the end of the next window.
#[derive(Debug, Default)]
struct Search {
    /// How far it came.
    at: usize,
    /// What came last ends a sentence if a blank follows.
    closing: bool,
    /// Behind the last blank.
    blank: Option<usize>,
}

impl Windows {
    /// Of a text that cannot be read before it is whole, such as JSON.
    pub(super) fn undivided() -> Self {
        Self {
            undivided: true,
            ..Self::default()
        }
    }

    /// Takes more of the text.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The text is over.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    /// Cuts no more: what is here may go, and what comes.
    pub(super) fn free(&mut self) {
        self.free = true;
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether all windows have been given out.
    pub(super) fn is_done(&self) -> bool {
        self.done
    }

    /// The next window that is all here. The last one may be empty.
    pub(super) fn next(&mut self) -> Option<Window> {
        let len = self.len();
        if self.done {
            return None;
        }
        let found = if self.free {
            (len > self.cut).then_some(len)
        } else if self.undivided {
            None
        } else {
            self.find_end()
        };
        // A window that ends where the text does is not the last one: whether it does may not be known yet.
        self.done = found.is_none() && self.ended;
        let end = found.or_else(|| self.done.then_some(len))?;
        let window = Window {
            range: self.cut..end,
            context: self.context,
            last: self.done,
        };
        self.cut = end;
        self.context = self.word_before(end, CONTEXT);
        self.search = Search {
            at: end,
            ..Search::default()
        };
        Some(window)
    }

    /// A part of the text; empty if it is not here any more.
    pub(super) fn get(&self, range: Range<usize>) -> &str {
        let place = |at: usize| at.checked_sub(self.origin);
        let range = place(range.start).zip(place(range.end));
        range
            .and_then(|(from, to)| self.text.get(from..to))
            .unwrap_or_default()
    }

    /// Where a word begins, as near as possible to `back` bytes before `at`, or farther where there is one at all; never before
    /// what is still here.
    pub(super) fn word_before(&self, at: usize, back: usize) -> usize {
        let mut end = at
            .saturating_sub(back)
            .saturating_sub(self.origin)
            .min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let head = self.text.get(..end).unwrap_or_default();
        // A word longer than this is none; it is cut.
        let nearest = head
            .char_indices()
            .rev()
            .take_while(|(place, _)| end - place <= MOST / 10)
            .find(|(_, c)| c.is_whitespace())
            .map(|(place, c)| place + c.len_utf8());
        self.origin + nearest.unwrap_or(end)
    }

    /// Forgets what lies before `at`, but for what is shown with the next window.
    pub(super) fn forget(&mut self, at: usize) {
        let at = at.min(self.context);
        let mut to = at.saturating_sub(self.origin).min(self.text.len());
        while !self.text.is_char_boundary(to) {
            to -= 1;
        }
        self.text.drain(..to);
        self.origin += to;
    }

    /// Bytes that are kept.
    pub(super) fn kept(&self) -> usize {
        self.text.len()
    }

    /// How long the whole text is so far.
    fn len(&self) -> usize {
        self.origin + self.text.len()
    }

    fn find_end(&mut self) -> Option<usize> {
        let Self {
            text,
            origin,
            cut,
            search,
            ..
        } = self;
        let from = search.at.saturating_sub(*origin);
        for (at, c) in text.get(from..).unwrap_or_default().char_indices() {
            let behind = *origin + from + at + c.len_utf8();
            search.at = behind;
            let is_blank = c.is_whitespace();
            // Scripts without blanks have full stops of their own.
            let ends = c == '\n' || (is_blank && search.closing) || matches!(c, '。' | '！' | '？');
            if is_blank {
                search.blank = Some(behind);
            }
            search.closing = match c {
                '.' | '!' | '?' | ':' | ';' | '…' | '।' | '؟' => true,
                '"' | '\'' | '”' | '’' | '»' | ')' | ']' | '*' | '_' | '`' => search.closing,
                _ => false,
            };
            if ends && behind - *cut >= LEAST {
                return Some(behind);
            }
            if behind - *cut >= MOST {
                return Some(
                    search
                        .blank
                        .filter(|blank| blank - *cut >= LEAST)
                        .unwrap_or(behind),
                );
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The windows of a text that comes in pieces and is forgotten on the way.
    fn windows(pieces: &[&str], undivided: bool) -> Vec<Window> {
        let mut windows = if undivided {
            Windows::undivided()
        } else {
            Windows::default()
        };
        let mut all = Vec::new();
        for piece in pieces {
            windows.push(piece);
            while let Some(next) = windows.next() {
                windows.forget(next.range.end);
                all.push(next);
            }
        }
        windows.end();
        while let Some(next) = windows.next() {
            all.push(next);
        }
        assert!(windows.is_done());
        all
    }

    fn texts(text: &str) -> Vec<&str> {
        windows(&[text], false)
            .into_iter()
            .map(|window| &text[window.range])
            .collect()
    }

    #[test]
    fn windows_end_with_sentences_if_they_can() {
        let long = "word ".repeat(50);
        for (text, ends) in [
            (format!("{long}end. Next one."), vec!["end. ", "Next one."]),
            (format!("{long}\"end.\" (Next.)"), vec!["end.\" ", "(Next.)"]),
            (format!("{long}end\nNext"), vec!["end\n", "Next"]),
            (format!("{long}v1.5 is 。next"), vec!["v1.5 is 。", "next"]),
            ("Short. Sentences. Only.".to_owned(), vec!["Only."]),
            (String::new(), vec![""]),
        ] {
            let windows = texts(&text);
            assert_eq!(windows.len(), ends.len(), "{windows:?}");
            for (window, end) in windows.iter().zip(ends) {
                assert!(window.ends_with(end), "{window:?} {end:?}");
            }
        }
    }

    #[test]
    fn what_has_no_sentences_is_cut_between_words_or_anywhere() {
        let words = "no end ".repeat(400);
        for window in &texts(&words)[..2] {
            assert!(
                window.len() > MOST - 10 && window.len() <= MOST,
                "{}",
                window.len()
            );
            assert!(window.ends_with(' '));
        }
        for text in ["x".repeat(3 * MOST), "字".repeat(MOST)] {
            let windows = texts(&text);
            assert!(windows[0].len() >= MOST && windows[0].len() < MOST + 4);
            assert_eq!(windows.concat(), text);
        }
        let text = "a. ".repeat(MOST);
        assert_eq!(windows(&[&text], true)[0].range, 0..text.len());
    }

    #[test]
    fn words_are_found_backwards() {
        let mut windows = Windows::default();
        windows.push("one two three");
        assert_eq!(windows.word_before(13, 2), 8);
        assert_eq!(windows.word_before(13, 99), 0);
        assert_eq!(windows.get(8..13), "three");
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_windows(
            words in prop::collection::vec("[a-zé。😀]{0,12}([.!?]\"?)?[ \n]?", 0..400),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
            undivided: bool,
        ) {
            let text = words.concat();
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            places.extend([0, text.len()]);
            places.retain(|place| text.is_char_boundary(*place));
            places.sort_unstable();
            let pieces: Vec<&str> = places.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            let got = windows(&pieces, undivided);
            prop_assert_eq!(&got, &windows(&[&text], undivided));
            // They follow each other, and none is too long.
            prop_assert_eq!(got.first().map(|window| window.range.start), Some(0));
            prop_assert_eq!(got.last().map(|window| window.range.end), Some(text.len()));
            prop_assert!(got.windows(2).all(|pair| pair[0].range.end == pair[1].range.start));
            prop_assert!(undivided || got.iter().all(|window| window.range.len() < MOST + 4));
            prop_assert!(got.iter().all(|window| window.context <= window.range.start));
        }
    }
}
