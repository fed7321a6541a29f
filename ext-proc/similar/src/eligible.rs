//! Which prompts may take part in the semantic tier at all, as askers or as stored ones.
//! Must not know other prompts, and no clock: a prompt that depends on one is refused.

use std::fmt;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

/// Bounds that an operator sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest prompt, in bytes. Embeddings blur long texts: what differs in one word is still near.
    pub bytes: usize,
    /// The fewest words: one word rarely says what is asked.
    pub words: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 600, words: 2 }
    }
}

/// Why a prompt takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ineligible {
    /// Nothing to compare.
    Empty,
    /// Fewer words than the limit.
    Short,
    /// Longer than the limit.
    Long,
    /// The answer depends on when it is given: "today", "latest", "weather".
    Time,
    /// Points to something that is not in the prompt: "that one", "continue", "my last order".
    Deictic,
    /// Code, a log, a table or other pasted data.
    Data,
}

impl Ineligible {
    /// One lower-case word, for logs and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Short => "short",
            Self::Long => "long",
            Self::Time => "time",
            Self::Deictic => "deictic",
            Self::Data => "data",
        }
    }
}

impl fmt::Display for Ineligible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

struct Term {
    rest: Vec<&'static str>,
    why: Ineligible,
    /// Only if the prompt has no other word of content before it.
    opening: bool,
}

/// By first word.
static TERMS: LazyLock<FxHashMap<&'static str, Vec<Term>>> = LazyLock::new(|| {
    let mut terms: FxHashMap<&str, Vec<Term>> = FxHashMap::default();
    let mut section = "";
    for line in include_str!("eligible.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        if line.starts_with('[') {
            section = line;
            continue;
        }
        let why = if section == "[time]" {
            Ineligible::Time
        } else {
            Ineligible::Deictic
        };
        for term in line.split(", ") {
            let mut words = term.split(' ');
            if let Some(first) = words.next().filter(|first| !first.is_empty()) {
                terms.entry(first).or_default().push(Term {
                    rest: words.collect(),
                    why,
                    opening: section == "[opening]",
                });
            }
        }
    }
    terms
});

/// Whether a prompt may be answered from, and stored in, the semantic tier. The same prompt always gets the same answer.
pub fn eligible(text: &str, limits: Limits) -> Result<(), Ineligible> {
    if text.len() > limits.bytes {
        return Err(Ineligible::Long);
    }
    let lower = text.to_lowercase().replace('’', "'");
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '-' | '_'))
        .map(|word| word.trim_matches(['\'', '-']).trim_end_matches("'s"))
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        return Err(Ineligible::Empty);
    }
    if is_data(text) {
        return Err(Ineligible::Data);
    }
    for (at, word) in words.iter().enumerate() {
        let Some(terms) = TERMS.get(word) else { continue };
        let found = terms.iter().find(|term| {
            (!term.opening || at == 0)
                && term
                    .rest
                    .iter()
                    .enumerate()
                    .all(|(n, part)| words.get(at + 1 + n) == Some(part))
        });
        if let Some(term) = found {
            return Err(term.why);
        }
    }
    if dangling_it(&words) {
        return Err(Ineligible::Deictic);
    }
    // Scripts that put no spaces between words have few "words".
    if words.len() < limits.words && lower.is_ascii() {
        return Err(Ineligible::Short);
    }
    Ok(())
}

/// "Fix it": a pronoun with nothing before it that it could stand for. "What time is it in Oslo" and "is it safe to …" have
/// an "it" that stands for nothing.
fn dangling_it(words: &[&str]) -> bool {
    let Some(at) = words
        .iter()
        .position(|word| matches!(*word, "it" | "they" | "them"))
    else {
        return false;
    };
    let before = words.get(..at).unwrap_or_default();
    let follows = words.get(at + 1..).unwrap_or_default();
    if words.get(at) == Some(&"it") {
        let expletive = before.last().is_some_and(|w| {
            matches!(
                *w,
                "is" | "was" | "does" | "will" | "would" | "did" | "makes" | "make"
            )
        }) && follows.iter().any(|w| {
            matches!(
                *w,
                "to" | "that" | "in" | "if" | "when" | "for" | "take" | "cost" | "mean" | "from"
            )
        });
        let means = follows.first() == Some(&"mean") || follows.starts_with(&["is"]);
        if expletive || means {
            return false;
        }
    }
    // A noun can only be told from a verb by what stands around it: an article or possessive, or two words of content.
    let named = before
        .iter()
        .any(|w| matches!(*w, "my" | "the" | "a" | "an" | "your" | "our"));
    let content = before.iter().filter(|w| !is_function(w)).count();
    !named && content < 2
}

fn is_function(word: &str) -> bool {
    matches!(
        word,
        "how"
            | "what"
            | "why"
            | "when"
            | "where"
            | "who"
            | "which"
            | "do"
            | "does"
            | "did"
            | "is"
            | "are"
            | "was"
            | "were"
            | "can"
            | "could"
            | "should"
            | "would"
            | "will"
            | "i"
            | "you"
            | "we"
            | "to"
            | "of"
            | "for"
            | "in"
            | "on"
            | "with"
            | "please"
            | "and"
            | "or"
            | "if"
            | "me"
            | "not"
            | "make"
            | "explain"
            | "tell"
    )
}

/// Code fences, many lines, or more signs than prose has.
fn is_data(text: &str) -> bool {
    if text.contains("```")
        || text.contains("~~~")
        || text.lines().filter(|line| !line.trim().is_empty()).count() > 6
    {
        return true;
    }
    let visible = text.chars().filter(|c| !c.is_whitespace()).count();
    let signs = text
        .chars()
        .filter(|c| {
            matches!(
                c,
                '{' | '}' | '[' | ']' | '<' | '>' | ';' | '=' | '|' | '\\' | '\t'
            )
        })
        .count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    visible >= 24 && (signs * 12 > visible || digits * 2 > visible)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), Ineligible> {
        eligible(text, Limits::default())
    }

    #[test]
    fn questions_that_stand_alone_take_part() {
        for text in [
            "How do I reset my password?",
            "What is the capital of Australia?",
            "Who won the World Cup in 2018?",
            "Is it safe to take ibuprofen while pregnant?",
            "How long does it take to fly to Rome?",
            "Why is my printer offline and how do I fix it?",
            "What does it mean to be solvent?",
            "Explain photosynthesis.",
            "How do I create this-pointer bindings?",
            "How does a weatherproof jacket work?",
            "Wie kann ich mein Passwort ändern?",
            "パスワードを変更するにはどうすればいいですか",
            "Which foods contain that much iron?",
            "How do I cancel my order?",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn others_do_not() {
        for (text, why) in [
            ("", Ineligible::Empty),
            (" ?! \n", Ineligible::Empty),
            ("Hello", Ineligible::Short),
            (&"word ".repeat(200), Ineligible::Long),
            ("What time is it right now?", Ineligible::Time),
            ("What's the weather in Paris?", Ineligible::Time),
            ("What is the latest iPhone?", Ineligible::Time),
            ("Show sales for last week", Ineligible::Time),
            ("What is Apple's stock price?", Ineligible::Time),
            ("Who is the current president of France?", Ineligible::Time),
            ("What happened yesterday?", Ineligible::Time),
            ("Continue", Ineligible::Deictic),
            ("go on please", Ineligible::Deictic),
            ("Can you explain that again?", Ineligible::Deictic),
            ("Summarize the text above.", Ineligible::Deictic),
            ("Where is my order?", Ineligible::Deictic),
            ("What about the second one?", Ineligible::Deictic),
            ("Translate this into French", Ineligible::Deictic),
            ("Make it shorter", Ineligible::Deictic),
            ("How does it work?", Ineligible::Deictic),
            ("yes please", Ineligible::Deictic),
            ("Fix:\n```\nfn main() {}\n```", Ineligible::Data),
            (
                "if (a[i] == b[i]) { x = y[i]; } else { z = {}; }",
                Ineligible::Data,
            ),
            ("12,4\n15,6\n18,8\n20,1\n22,4\n23,9\n25,0\n", Ineligible::Data),
        ] {
            assert_eq!(check(text), Err(why), "{text}");
        }
    }

    #[test]
    fn limits_are_the_operators() {
        let limits = Limits { bytes: 5, words: 1 };
        assert_eq!(eligible("Hello", limits), Ok(()));
        assert_eq!(eligible("Hellos", limits), Err(Ineligible::Long));
    }
}
