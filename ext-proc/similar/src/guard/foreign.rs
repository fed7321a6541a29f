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
            "wir",
            "hallo",
            "könnte",
            "möchte",
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
            "le", "la", "les", "un", "une", "des", "du", "je", "tu", "il", "nous", "vous", "est", "sont",
            "puis", "peux", "peut", "merci", "mon", "ma", "mes", "plaît", "plait", "svp", "et", "que", "l",
            "d", "qu", "j", "s", "c", "ce", "bonjour", "t",
        ],
        &[
            "ne", "n", "pas", "non", "jamais", "sans", "aucun", "aucune", "rien", "personne", "plus",
        ],
    ),
    (
        Spanish,
        &[
            "el", "la", "los", "las", "un", "una", "unos", "yo", "tú", "usted", "es", "son", "puedo",
            "puede", "hola", "favor", "gracias", "mi", "mis", "y", "que", "del", "se",
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

/// Prepositions and question words of the same languages: they count, but tell which language it is.
static TELLING: [(Language, &[&str]); 6] = [
    (
        German,
        &[
            "wie", "was", "wo", "wann", "warum", "wer", "welche", "welcher", "für", "mit", "von", "nach",
            "zu", "im", "am", "auf", "bei", "wird", "werden", "hat", "habe", "muss", "darf", "soll",
        ],
    ),
    (
        French,
        &[
            "comment", "quel", "quelle", "quels", "quelles", "où", "quand", "pourquoi", "qui", "combien",
            "de", "pour", "avec", "à", "en", "dans", "sur", "dois", "faut", "ai", "avez",
        ],
    ),
    (
        Spanish,
        &[
            "cómo", "como", "qué", "cuál", "cuáles", "dónde", "cuándo", "cuánto", "cuántos", "cuánta",
            "quién", "por", "para", "con", "de", "en", "a", "al", "debo", "hay", "está",
        ],
    ),
    (
        Italian,
        &[
            "come", "cosa", "dove", "quando", "perché", "chi", "quanto", "quale", "per", "con", "di", "da",
            "in", "nel", "nella", "devo", "ho",
        ],
    ),
    (
        Portuguese,
        &[
            "como", "qual", "quais", "onde", "quando", "quanto", "quem", "por", "para", "com", "de", "em",
            "no", "na", "devo", "tem",
        ],
    ),
    (
        Dutch,
        &[
            "hoe", "wat", "waar", "wanneer", "waarom", "wie", "welke", "voor", "met", "van", "naar", "op",
            "heb", "moet", "mag", "hoeveel",
        ],
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
        for ((count, (_, ignored, negating)), (_, telling)) in counts.iter_mut().zip(&LANGUAGES).zip(&TELLING)
        {
            *count += usize::from(
                [ignored, negating, telling]
                    .iter()
                    .any(|list| list.contains(&word)),
            );
        }
    }
    // Of several, the first: "de" is Dutch and Spanish.
    let best = counts
        .iter()
        .zip(&LANGUAGES)
        .rev()
        .max_by_key(|(count, _)| **count);
    let rare = english * 3 < words().count();
    // Some of them are English words too: "in", "come", "hat".
    let telling = |language: Language| {
        let lists = (LANGUAGES.iter().filter(|(l, ..)| *l == language))
            .flat_map(|(_, ignored, negating)| [*ignored, *negating]);
        let mut lists = lists.chain(
            TELLING
                .iter()
                .filter(|(l, _)| *l == language)
                .map(|(_, telling)| *telling),
        );
        lists.any(|list| words().any(|word| list.contains(&word) && lexicon.find(word).is_none()))
    };
    match best {
        Some((count, (language, ..)))
            if (*count > english && (*count > 1 || telling(*language)))
                || (rare && *count > 0 && *count >= english && telling(*language)) =>
        {
            *language
        }
        _ if letters && (english == 0 || rare) => Language::Unknown,
        _ => Language::English,
    }
}

/// Whether German articles say that two things have changed places: "der Hund", "den Hund".
pub(super) fn other_case(a: &str, b: &str) -> bool {
    let case = |word| matches!(word, "der" | "den" | "dem" | "des");
    case(a) && case(b) && a != b
}

/// What the forms of a word share, as far as that is safe: "lösche" and "löschen", "cambio" and "cambiar".
pub(super) fn trunk(language: Language, word: &str) -> &str {
    let ends: &[&str] = match language {
        German => &["en", "e"],
        Spanish => &["ar", "er", "ir", "o"],
        _ => &[],
    };
    (ends.iter())
        .find_map(|end| word.strip_suffix(end))
        .filter(|stem| stem.chars().count() >= 4)
        .unwrap_or(word)
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
