//! Which language a prompt is written in, as far as the guard has to know: English, one of six others, or none of them.
//! Must not know meanings: outside English only numbers, negation and literal overlap decide.

use crate::lexicon::{Lexicon, Role};
use crate::text::{Shape, Text};

/// The language of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
    French,
    Spanish,
    Italian,
    Portuguese,
    Dutch,
    Unknown,
}

use Language::{Dutch, French, German, Italian, Portuguese, Spanish};

/// Language, what carries no content (articles, pronouns, auxiliaries, politeness), what negates. No prepositions and no
/// question words: they count.
static LANGUAGES: [(Language, &[&str], &[&str]); 6] = [
    (
        German,
        &[
            "der",
            "die",
            "das",
            "den",
            "dem",
            "des",
            "ein",
            "eine",
            "einen",
            "einem",
            "einer",
            "ich",
            "du",
            "sie",
            "er",
            "wir",
            "ist",
            "sind",
            "kann",
            "können",
            "bitte",
            "danke",
            "mir",
            "mich",
            "denn",
            "eigentlich",
            "mein",
            "meine",
            "meinen",
            "und",
        ],
        &[
            "nicht", "kein", "keine", "keinen", "keinem", "keiner", "nie", "niemals", "ohne", "niemand",
            "nichts",
        ],
    ),
    (
        French,
        &[
            "le", "la", "les", "un", "une", "des", "du", "je", "tu", "il", "elle", "nous", "vous", "est",
            "sont", "puis", "peux", "peut", "merci", "mon", "ma", "mes", "plaît", "plait", "svp", "et",
            "que", "l", "d", "qu", "j",
        ],
        &[
            "ne", "n", "pas", "non", "jamais", "sans", "aucun", "aucune", "rien", "personne", "plus",
        ],
    ),
    (
        Spanish,
        &[
            "el", "la", "los", "las", "un", "una", "unos", "yo", "tú", "usted", "es", "son", "puedo",
            "puede", "favor", "gracias", "mi", "mis", "y", "que", "del", "se",
        ],
        &[
            "no", "nunca", "sin", "jamás", "ningún", "ninguna", "ninguno", "nada", "nadie", "tampoco",
        ],
    ),
    (
        Italian,
        &[
            "il", "lo", "la", "i", "gli", "le", "un", "uno", "una", "io", "tu", "è", "sono", "posso", "può",
            "grazie", "mio", "mia", "e", "che", "del", "della", "si", "l",
        ],
        &[
            "non", "mai", "senza", "no", "nessun", "nessuna", "nessuno", "niente", "nulla", "né",
        ],
    ),
    (
        Portuguese,
        &[
            "o", "a", "os", "as", "um", "uma", "eu", "você", "é", "são", "posso", "pode", "favor",
            "obrigado", "obrigada", "meu", "minha", "e", "que", "do", "da",
        ],
        &[
            "não", "nunca", "sem", "jamais", "nenhum", "nenhuma", "nada", "ninguém",
        ],
    ),
    (
        Dutch,
        &[
            "de",
            "het",
            "een",
            "ik",
            "je",
            "jij",
            "u",
            "hij",
            "zij",
            "wij",
            "is",
            "zijn",
            "kan",
            "kunnen",
            "alstublieft",
            "alsjeblieft",
            "bedankt",
            "mijn",
            "en",
            "dat",
        ],
        &["niet", "geen", "nooit", "zonder", "niemand", "niets", "nergens"],
    ),
];

/// The language most of whose function words occur; English if it is a tie or there are none and all letters are ASCII.
pub(super) fn language(text: &Text) -> Language {
    let lexicon = Lexicon::get();
    let words = || {
        text.tokens
            .iter()
            .filter(|token| token.shape == Shape::Word)
            .map(|token| text.str(*token))
    };
    let functional = |word: &&str| {
        let role = lexicon
            .find(word)
            .map(|id| lexicon.entry(id).role)
            .unwrap_or_default();
        role.has(Role::IGNORED)
            || role.has(Role::PREPOSITION)
            || role.has(Role::NEGATION)
            || is_question(word)
    };
    let english = words().filter(functional).count();
    let letters = words().any(|word| !word.is_ascii());
    // Most prompts are settled here.
    if !letters && english * 3 >= words().count() {
        return Language::English;
    }
    let mut counts = [0; LANGUAGES.len()];
    for word in words() {
        for (count, (_, ignored, negating)) in counts.iter_mut().zip(&LANGUAGES) {
            *count += usize::from(ignored.contains(&word) || negating.contains(&word));
        }
    }
    let best = counts.iter().zip(&LANGUAGES).max_by_key(|(count, _)| **count);
    match best {
        Some((count, (language, ..))) if *count > english => *language,
        _ if english == 0 && letters => Language::Unknown,
        _ => Language::English,
    }
}

pub(super) fn ignored(language: Language, word: &str) -> bool {
    LANGUAGES
        .iter()
        .any(|(l, ignored, _)| *l == language && ignored.contains(&word))
}

pub(super) fn negates(language: Language, word: &str) -> bool {
    LANGUAGES
        .iter()
        .any(|(l, _, negating)| *l == language && negating.contains(&word))
}

fn is_question(word: &str) -> bool {
    matches!(word, "how" | "why" | "when" | "where" | "who" | "what" | "which")
}
