//! A vector for a text: alike for texts of the same words, whatever their order, and nearly at right angles otherwise.
//! Must not know formats. Nothing here understands language: `enable` and `disable` are as different as two words can be.

/// Words that a question may have more or fewer of without meaning another thing.
const STOP_WORDS: &[&str] = &[
    "a", "about", "am", "an", "and", "any", "are", "as", "at", "be", "can", "could", "did", "do", "does",
    "for", "from", "give", "have", "hello", "help", "hey", "hi", "how", "i", "in", "is", "it", "kindly",
    "know", "like", "me", "my", "of", "on", "or", "our", "please", "s", "say", "should", "show", "some",
    "tell", "thank", "thanks", "that", "the", "there", "this", "to", "us", "want", "was", "way", "we",
    "were", "what", "whats", "which", "will", "with", "would", "you", "your",
];

/// How much of a vector comes from the text as it is, so that only the same text has the same vector.
const WORDING: f32 = 0.1;

/// A vector of length one that depends on the text alone.
pub(crate) fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let lower = text.to_lowercase();
    let words = lower
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty() && !STOP_WORDS.contains(word));
    let mut sum = vec![0.0; dimensions];
    let mut count = 0_u16;
    for word in words {
        add(&mut sum, word, 1.0);
        count = count.saturating_add(1);
    }
    // Against the words' length, so that a long text's wording weighs as much as a short one's.
    add(&mut sum, text, WORDING * f32::from(count.max(1)).sqrt());
    let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt();
    // In few dimensions two words may cancel each other out to the last digit; then any direction will do.
    if length == 0.0 {
        sum.iter_mut().take(1).for_each(|value| *value = 1.0);
        return sum;
    }
    sum.into_iter().map(|value| value / length).collect()
}

/// Adds a direction that is the text's own: plus or minus `weight` in each dimension.
fn add(sum: &mut [f32], text: &str, weight: f32) {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    for values in sum.chunks_mut(64) {
        let bits = splitmix(&mut state);
        for (place, value) in values.iter_mut().enumerate() {
            *value += if bits >> place & 1 == 1 { weight } else { -weight };
        }
    }
}

/// SplitMix64: the same numbers on every machine.
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cosine(a: &str, b: &str) -> f32 {
        let [a, b] = [a, b].map(|text| vector(text, 1536));
        a.iter().zip(&b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn the_same_words_are_alike_and_others_are_not() {
        for (a, b, least, most) in [
            ("reset my password", "reset my password", 0.9999, 1.0001),
            (
                "How do I reset my password?",
                "please tell me how to reset the password",
                0.97,
                0.998,
            ),
            ("How do I reset my password?", "PASSWORD RESET", 0.97, 0.998),
            ("enable two factor login", "disable two factor login", 0.6, 0.85),
            ("reset my password", "what is the weather in Oslo", -0.12, 0.12),
            ("what is that?", "how do you do?", -0.12, 0.12),
            ("", "¿?", -0.12, 0.12),
        ] {
            let cosine = cosine(a, b);
            assert!((least..=most).contains(&cosine), "{a} / {b}: {cosine}");
        }
    }

    #[test]
    fn any_number_of_dimensions_has_length_one() {
        for dimensions in [1, 2, 8, 65, 1536] {
            for text in ["", "a", "one two", "one two three four"] {
                let vector = vector(text, dimensions);
                let length: f32 = vector.iter().map(|value| value * value).sum();
                assert!(
                    vector.len() == dimensions && (length - 1.0).abs() < 1e-4,
                    "{dimensions} {text}"
                );
            }
        }
    }
}
