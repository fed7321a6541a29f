//! Turns sentences round that say the same in another order: passives, conversions, possessives.
//! Must not know frames; what does not fit stays as it is.

use super::LONGEST_FRAME;
use crate::lexicon::Lexicon;

/// "How can rust be removed from iron", "how are tests written in Rust", "can milk be frozen": the active voice.
pub(super) fn active(words: &mut Vec<String>) {
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let how = word(0) == "how";
    let auxiliary = usize::from(how);
    let (subject, modal) = match word(auxiliary) {
        "can" | "could" | "may" | "should" | "must" => (auxiliary + 1, true),
        "is" | "are" if how => (auxiliary + 1, false),
        _ => return,
    };
    let participle = |word: &str| Lexicon::get().verb(word).filter(|_| !word.ends_with("ing"));
    let ends = |at: usize| {
        matches!(
            word(at),
            "" | "in"
                | "on"
                | "at"
                | "by"
                | "from"
                | "to"
                | "with"
                | "for"
                | "into"
                | "as"
                | "using"
                | "after"
                | "before"
                | "without"
        )
    };
    let found = (subject + 1..words.len().min(LONGEST_FRAME)).find_map(|at| {
        if modal {
            return (word(at) == "be").then(|| Some((at, at + 1, participle(word(at + 1))?)))?;
        }
        Some((at, at, participle(word(at)).filter(|_| ends(at + 1))?))
    });
    let Some((end, participle, verb)) = found else {
        return;
    };
    let front: &[&str] = if how { &["how", "do", "i"] } else { &["can", "i"] };
    let thing = words.get(subject..end).unwrap_or_default();
    let rest = words.get(participle + 1..).unwrap_or_default();
    *words = (front.iter().map(|word| (*word).to_owned()))
        .chain([verb.to_owned()])
        .chain(thing.iter().cloned())
        .chain(rest.iter().cloned())
        .collect();
}

/// "What is covered by the warranty": "what does the warranty cover".
pub(super) fn by(words: &mut Vec<String>) {
    let [what, is, participle, by, agent @ ..] = words.as_slice() else {
        return;
    };
    let support = match is.as_str() {
        "is" | "are" => "does",
        "was" | "were" => "did",
        _ => return,
    };
    if what != "what" || by != "by" || agent.is_empty() {
        return;
    }
    let Some(verb) = Lexicon::get().verb(participle) else {
        return;
    };
    *words = (["what", support].into_iter())
        .chain(agent.iter().map(String::as_str))
        .chain([verb])
        .map(str::to_owned)
        .collect();
}

/// "What makes the sea salty", "what caused the price to rise": "why is the sea salty", "why did the price rise".
pub(super) fn reason(words: &mut Vec<String>) {
    let [what, verb, rest @ ..] = words.as_slice() else {
        return;
    };
    let past = match verb.as_str() {
        "makes" | "causes" => false,
        "made" | "caused" => true,
        _ => return,
    };
    if what != "what" || rest.len() < 2 {
        return;
    }
    let to = rest.iter().position(|word| word == "to").filter(|at| *at > 0);
    let auxiliary = match (to, past) {
        (Some(_), true) => "did",
        (Some(_), false) => "does",
        (None, _) if verb == "makes" => "is",
        (None, _) => return,
    };
    *words = (["why", auxiliary].into_iter())
        .chain((rest.iter().enumerate()).filter_map(|(at, word)| (Some(at) != to).then_some(word.as_str())))
        .map(str::to_owned)
        .collect();
}

/// "How much does a ticket cost": "how much is a ticket"; of an amount, "how much is 5 euros": "what is 5 euros".
pub(super) fn cost(words: &mut Vec<String>) {
    let [how, much, is, amount, .., last] = words.as_slice() else {
        return;
    };
    if how != "how" || much != "much" {
        return;
    }
    if matches!(is.as_str(), "is" | "are") && amount.starts_with(|c: char| c.is_ascii_digit()) {
        words.splice(..3, ["what", "is"].map(str::to_owned));
    } else if matches!(is.as_str(), "do" | "does") && last == "cost" {
        words.pop();
        words.splice(..3, ["how", "much", "is"].map(str::to_owned));
    }
}

/// "Convert 5 miles to km", "how many km are 5 miles": "what is 5 miles in km".
pub(super) fn converted(words: &mut Vec<String>) {
    let counts = |word: &String| word.starts_with(|c: char| c.is_ascii_digit());
    let position = |any: &[&str]| words.iter().position(|word| any.contains(&word.as_str()));
    let (amount, unit) = match words.as_slice() {
        [first, second, ..] if first == "convert" && counts(second) => {
            let Some(at) = position(&["to", "into", "in"]) else {
                return;
            };
            (words.get(1..at), words.get(at + 1..))
        }
        [how, many, .., last] if how == "how" && many == "many" && last != "in" => {
            let Some(at) = position(&["is", "are"]) else {
                return;
            };
            let from = at + 1 + usize::from(words.get(at + 1).is_some_and(|word| word == "in"));
            (words.get(from..), words.get(2..at))
        }
        _ => return,
    };
    if let (Some(amount @ [first, ..]), Some(unit @ [_, ..])) = (amount, unit)
        && counts(first)
        && amount.len() <= 3
        && unit.len() <= 2
    {
        *words = (["what", "is"].map(str::to_owned).into_iter())
            .chain(amount.to_vec())
            .chain(["in".to_owned()])
            .chain(unit.to_vec())
            .collect();
    }
}

/// "What is Canada's population": "what is the population of canada".
pub(super) fn owned(words: &mut Vec<String>) {
    let [what, is, ..] = words.as_slice() else { return };
    if what != "what" || !matches!(is.as_str(), "is" | "are" | "was" | "were") {
        return;
    }
    let Some((at, owner)) = (words.iter().enumerate().take(6).skip(2))
        .find_map(|(at, word)| Some((at, word.strip_suffix("'s")?.to_owned())))
    else {
        return;
    };
    let thing = words.get(at + 1..).unwrap_or_default();
    if thing.is_empty() || thing.len() > 3 {
        return;
    }
    let mut ordered: Vec<String> = words.iter().take(2).cloned().collect();
    ordered.push("the".to_owned());
    ordered.extend_from_slice(thing);
    ordered.push("of".to_owned());
    ordered.extend(words.get(2..at).unwrap_or_default().iter().cloned());
    ordered.push(owner);
    *words = ordered;
}

/// "How do I changing" of "the best way of changing": "how do I change"; "unlocking my account": "how do I unlock my account".
pub(super) fn infinitive(mut words: Vec<&str>) -> Vec<&str> {
    if let ["how", "do", "i", verb, ..] = words.as_mut_slice()
        && verb.ends_with("ing")
        && let Some(base) = Lexicon::get().verb(verb)
    {
        *verb = base;
    } else if let ["list", "a" | "an" | "the", dish @ .., "recipe"] = words.as_slice()
        && !dish.is_empty()
    {
        words = ["how", "do", "i", "make"].iter().chain(dish).copied().collect();
    } else if let [verb, _, ..] = words.as_slice()
        && verb.ends_with("ing")
        && let Some(base) = Lexicon::get().verb(verb)
    {
        words.splice(..1, ["how", "do", "i", base]);
    }
    words
}

#[cfg(test)]
mod tests {
    use crate::normalize;

    #[test]
    fn sentences_are_turned_round() {
        for (text, expected) in [
            (
                "How can rust be washed from iron?",
                "how do i wash rust from iron",
            ),
            (
                "How are unit tests written in Rust?",
                "how do i write unit tests in rust",
            ),
            ("Can milk be frozen?", "can i freeze milk"),
            ("How is it going?", "how is it going"),
            ("How many cents are 5 pounds?", "what is 5 pound in cents"),
            ("Convert 5 pounds to cents", "what is 5 pound in cents"),
            ("Convert the list to a tuple", "convert the list to a tuple"),
            ("What is Peru's flag?", "what is the flag of peru"),
            ("What is the best way of folding a map?", "how do i fold a map"),
        ] {
            assert_eq!(normalize(text), expected, "{text}");
        }
    }
}
