//! What the items without partners differ in, and whether that is so little that a near embedding may outweigh it.
//! Must not know which items have partners, or why.

use super::Mismatch;
use super::foreign::Language;
use super::prompt::{Item, Kind, Prompt};
use crate::lexicon::{Lexicon, Role, Tag};
use crate::text::NumberKind;

/// The most words of a side that an embedding may outweigh.
const MOST_WORDS: usize = 2;

/// What the left-over items differ in: [`Mismatch::Word`] or [`Mismatch::Words`] if an embedding may outweigh it.
pub(super) fn mismatch(left: &[&Item], right: &[&Item], a: &Prompt, b: &Prompt) -> Mismatch {
    let why = reason(left, right, a, b);
    if why != Mismatch::Wording || a.language != Language::English {
        return why;
    }
    let lexicon = Lexicon::get();
    let most = left.len().max(right.len());
    // Left out, a word that has an opposite may be all that counts: "cancel it early".
    let alone = left.is_empty() || right.is_empty();
    // "How many of them", "which of them"; but "how much of it" may be "the allowance of it".
    let amounts = |items: &[&Item]| items.iter().any(|item| item.role.has(Role::AMOUNT));
    let which = [a, b]
        .iter()
        .any(|prompt| prompt.items.iter().any(|item| item.asked));
    let counts = amounts(left) && amounts(right) || alone && which && (amounts(left) || amounts(right));
    let slight = |item: &&Item| !(alone && lexicon.is_polar(item.groups()));
    // Two words that no list has are technical terms or names: "prednisone", "prednisolone".
    let unknown = |items: &[&Item]| items.iter().any(|item| item.word.is_none());
    if most > MOST_WORDS || counts || !left.iter().chain(right).all(slight) || unknown(left) && unknown(right)
    {
        return why;
    }
    if most == 1 {
        Mismatch::Word
    } else {
        Mismatch::Words
    }
}

/// "Can I fire my boss", "can my boss fire me": whether one side asks about the speaker, the other about somebody else.
pub(super) fn subjects(a: &Prompt, b: &Prompt) -> bool {
    let subject = |prompt: &Prompt| {
        let word = |at: usize| {
            prompt
                .text
                .tokens
                .get(at)
                .map_or("", |token| prompt.text.str(*token))
        };
        let at = usize::from(matches!(word(0), "how" | "why" | "when" | "where"));
        let asks = matches!(
            word(at),
            "can" | "could" | "may" | "should" | "must" | "will" | "do" | "does" | "did"
        );
        let passive = (0..prompt.text.tokens.len()).any(|at| word(at) == "be");
        // "Can you explain" asks no such thing.
        let request = word(at) != "do" && matches!(word(at + 1), "you" | "u");
        (asks && !passive && !request).then(|| {
            matches!(
                word(at + 1),
                "i" | "we" | "you" | "u" | "one" | "people" | "someone" | "anyone"
            )
        })
    };
    matches!((subject(a), subject(b)), (Some(x), Some(y)) if x != y)
}

/// The kind of what is left over, whatever its weight.
fn reason(left: &[&Item], right: &[&Item], a: &Prompt, b: &Prompt) -> Mismatch {
    let lexicon = Lexicon::get();
    if left.iter().any(|x| {
        right
            .iter()
            .any(|y| lexicon.opposition(x.groups(), y.groups()).is_some())
    }) {
        return Mismatch::Antonym;
    }
    let all = || left.iter().chain(right);
    for item in all() {
        if let Kind::Number(number) = item.kind {
            return match number.kind {
                NumberKind::Label => Mismatch::Version,
                NumberKind::Time | NumberKind::Decade => Mismatch::Date,
                _ if number
                    .value()
                    .is_some_and(|v| (1000.0..2100.0).contains(&v) && v.fract() == 0.0) =>
                {
                    Mismatch::Date
                }
                _ if number.value().is_some_and(|v| v.fract() != 0.0) => Mismatch::Version,
                _ => Mismatch::Number,
            };
        }
    }
    for (tag, mismatch) in [
        (Tag::Currency, Mismatch::Currency),
        (Tag::Date, Mismatch::Date),
        (Tag::Unit, Mismatch::Unit),
    ] {
        if all().any(|item| item.tag == tag) {
            return mismatch;
        }
    }
    let word = |item: &Item, prompt: &Prompt| {
        prompt
            .text
            .tokens
            .get(item.token)
            .map_or(String::new(), |t| prompt.text.str(*t).to_owned())
    };
    let negates = |x: &str, y: &str| {
        ["un", "in", "im", "il", "ir", "dis", "non", "de", "mis"]
            .iter()
            .any(|prefix| x.strip_prefix(prefix) == Some(y))
    };
    for x in left {
        for y in right {
            let (x, y) = (word(x, a), word(y, b));
            if negates(&x, &y) || negates(&y, &x) {
                return Mismatch::Negation;
            }
        }
    }
    if all().any(|item| matches!(item.kind, Kind::Code | Kind::Symbol)) {
        return Mismatch::Code;
    }
    if all().any(|item| item.capital) {
        return Mismatch::Entity;
    }
    if all().any(|item| item.tag == Tag::Scope) {
        return Mismatch::Scope;
    }
    Mismatch::Wording
}
