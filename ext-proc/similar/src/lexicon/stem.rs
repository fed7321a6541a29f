//! Undoes the regular inflections of English: plurals, `-ing`, `-ed`.
//! Must not know which words exist; it only proposes.

/// Long enough for every word of the lexicon; what is longer is compared as it is.
const LONGEST: usize = 32;

/// Calls `known` with every form that `word` may be an inflection of, until it returns something.
pub(crate) fn bases<T>(word: &str, mut known: impl FnMut(&str) -> Option<T>) -> Option<T> {
    if word.len() < 4 || word.len() > LONGEST || !word.is_ascii() {
        return None;
    }
    if let Some(stem) = word.strip_suffix("ies").or_else(|| word.strip_suffix("ied")) {
        return try_with(stem, "y", &mut known);
    }
    if let Some(stem) = word.strip_suffix('s') {
        if stem.ends_with(['s', 'u', 'i']) {
            return None;
        }
        // "boxes" is "box", "houses" is "house".
        return known(stem).or_else(|| {
            stem.strip_suffix('e')
                .filter(|s| s.ends_with(['s', 'x', 'z', 'h', 'o']))
                .and_then(&mut known)
        });
    }
    let stem = word
        .strip_suffix("ing")
        .or_else(|| word.strip_suffix("ed"))
        .filter(|s| s.len() >= 2 && s.bytes().any(is_vowel))?;
    if stem.len() < 3 {
        return try_with(stem, "e", &mut known);
    }
    known(stem)
        .or_else(|| try_with(stem, "e", &mut known))
        .or_else(|| undoubled(stem).and_then(&mut known))
}

/// The part of an unknown word that its inflections share.
pub(crate) fn trunk(word: &str) -> &str {
    let mut stem = word;
    if word.len() >= 4 && word.is_ascii() {
        stem = match word.strip_suffix('s') {
            Some(s) if !s.ends_with(['s', 'u', 'i']) => s,
            _ => word,
        };
        if let Some(s) = stem.strip_suffix("ing").or_else(|| stem.strip_suffix("ed"))
            && s.len() >= 3
            && s.bytes().any(is_vowel)
        {
            stem = undoubled(s).unwrap_or(s);
        }
        if stem.len() > 3 {
            stem = stem
                .strip_suffix("ie")
                .or_else(|| stem.strip_suffix(['e', 'y']))
                .unwrap_or(stem);
        }
    }
    stem
}

/// Whether a noun is regularly made of a verb: "retirement" of "retire", "cancellations" of "cancelled".
pub(crate) fn is_noun_of(noun: &str, verb: &str) -> bool {
    let noun = noun.strip_suffix('s').unwrap_or(noun);
    let verb = trunk(verb);
    ["ication", "ation", "ition", "ion", "ment", "ance", "ence", "al"]
        .iter()
        .any(|end| {
            let Some(stem) = noun.strip_suffix(end).filter(|stem| stem.len() >= 5) else {
                return false;
            };
            let stem = undoubled(stem).unwrap_or(stem);
            // "Translat-ion": the verb has the suffix too.
            trunk(stem) == verb || stem == verb || *end == "ation" && verb.strip_suffix("at") == Some(stem)
        })
}

fn undoubled(stem: &str) -> Option<&str> {
    match stem.as_bytes() {
        [.., a, b] if a == b && !is_vowel(*b) && !matches!(b, b's' | b'z') => stem.get(..stem.len() - 1),
        _ => None,
    }
}

fn try_with<T>(stem: &str, end: &str, known: &mut impl FnMut(&str) -> Option<T>) -> Option<T> {
    let mut buffer = [0; LONGEST + 4];
    let length = stem.len() + end.len();
    buffer.get_mut(..stem.len())?.copy_from_slice(stem.as_bytes());
    buffer
        .get_mut(stem.len()..length)?
        .copy_from_slice(end.as_bytes());
    known(std::str::from_utf8(buffer.get(..length)?).ok()?)
}

const fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_inflections_lead_back() {
        for (word, base) in [
            ("files", "file"),
            ("boxes", "box"),
            ("houses", "house"),
            ("countries", "country"),
            ("applied", "apply"),
            ("using", "use"),
            ("installing", "install"),
            ("making", "make"),
            ("stopped", "stop"),
            ("cancelled", "cancel"),
            ("selling", "sell"),
        ] {
            assert_eq!(bases(word, |b| (b == base).then_some(())), Some(()), "{word}");
        }
        for word in ["bus", "class", "thing", "string", "red", "ing", "ed", "s", ""] {
            assert_eq!(
                bases(word, |b| (b != "str").then(|| b.to_owned())),
                None,
                "{word}"
            );
        }
    }

    #[test]
    fn nouns_lead_back_to_their_verbs() {
        for (noun, verb) in [
            ("retirement", "retire"),
            ("cancellations", "cancelled"),
            ("installation", "installing"),
            ("translation", "translate"),
            ("vaccination", "vaccine"),
            ("allowance", "allowed"),
            ("renewal", "renew"),
        ] {
            assert!(is_noun_of(noun, verb), "{noun}, {verb}");
        }
        for (noun, verb) in [
            ("student", "study"),
            ("station", "state"),
            ("comment", "come"),
            ("employer", "employ"),
        ] {
            assert!(!is_noun_of(noun, verb), "{noun}, {verb}");
        }
    }

    #[test]
    fn unknown_inflections_share_a_trunk() {
        for (a, b) in [
            ("frobnicate", "frobnicated"),
            ("zarb", "zarbs"),
            ("zarbed", "zarbing"),
            ("quxxing", "quxxed"),
            ("flobby", "flobbies"),
        ] {
            assert_eq!(trunk(a), trunk(b));
        }
        assert_ne!(trunk("ubuntu"), trunk("ubunt"));
    }
}
