//! What images cost, by the rule of the model that reads them.
//! Must not know where an image came from or what it shows.

use tollgate_llm::image::Detail;
use tollgate_tokens::overhead::ImageRule;
use tollgate_tokens::{Family, Tokenizer};

use super::ImageFacts;
use super::tools::Part;

/// OpenAI's models by the beginning of their names; the first that fits.
const RULES: [(&str, ImageRule); 10] = [
    ("gpt-4o-mini", ImageRule::GPT_4O_MINI),
    ("gpt-4.1-mini", ImageRule::MINI),
    ("gpt-4.1-nano", ImageRule::NANO),
    ("gpt-4", ImageRule::GPT_4O),
    ("gpt-5-mini", ImageRule::MINI),
    ("gpt-5-nano", ImageRule::NANO),
    ("gpt-5", ImageRule::GPT_5),
    ("o1", ImageRule::O_SERIES),
    ("o3", ImageRule::O_SERIES),
    ("o4-mini", ImageRule::O4_MINI),
];

/// The models that the guide names as they are; `gpt-4`, `gpt-5` and so on also begin the names of later ones.
const DOCUMENTED: [&str; 13] = [
    "gpt-4o-mini",
    "gpt-4.1-mini",
    "gpt-4.1-nano",
    "gpt-4o",
    "gpt-4.1",
    "gpt-4.5",
    "gpt-5-mini",
    "gpt-5-nano",
    "gpt-5",
    "o1",
    "o1-pro",
    "o3",
    "o4-mini",
];

/// The tokens of all images.
pub(super) fn count(images: &[ImageFacts], tokenizer: Tokenizer, model: &str) -> Part {
    let (rule, documented) = rule(tokenizer, model);
    let mut part = Part {
        tokens: 0,
        exact: true,
    };
    for image in images {
        let low = image.detail == Detail::Low;
        // What "auto" comes to is the provider's choice.
        let told = matches!(image.detail, Detail::Low | Detail::High);
        part.exact &= documented && told && image.pixels.is_some();
        part.tokens = part.tokens.saturating_add(match image.pixels {
            Some((width, height)) => rule.tokens(width, height, low),
            None => rule.tokens_of_unknown_size(low),
        });
    }
    part
}

/// The rule of a model, and whether its provider documents it for this very model.
fn rule(tokenizer: Tokenizer, model: &str) -> (ImageRule, bool) {
    match tokenizer {
        Tokenizer::Estimate(Family::Claude) => return (ImageRule::Claude, false),
        Tokenizer::Estimate(Family::Gemini) => return (ImageRule::Gemini, false),
        Tokenizer::Exact(_) | Tokenizer::Estimate(_) => {}
    }
    let rule = RULES
        .iter()
        .find(|(name, _)| model.starts_with(name))
        .map(|(_, rule)| *rule);
    // A snapshot is named after its day: gpt-4o-2024-11-20.
    let documented = DOCUMENTED
        .iter()
        .filter_map(|name| model.strip_prefix(name))
        .any(|rest| rest.is_empty() || rest.starts_with("-20"));
    (rule.unwrap_or(ImageRule::GPT_4O), documented)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_has_its_rule() {
        for (tokenizer, model, expected) in [
            ("o200k_base", "gpt-4o", (ImageRule::GPT_4O, true)),
            ("o200k_base", "gpt-4o-2024-11-20", (ImageRule::GPT_4O, true)),
            ("o200k_base", "gpt-4o-mini", (ImageRule::GPT_4O_MINI, true)),
            ("o200k_base", "gpt-4.1-nano-2025-04-14", (ImageRule::NANO, true)),
            ("o200k_base", "gpt-5", (ImageRule::GPT_5, true)),
            ("o200k_base", "gpt-5.2", (ImageRule::GPT_5, false)),
            ("o200k_base", "o3", (ImageRule::O_SERIES, true)),
            ("o200k_base", "house-model", (ImageRule::GPT_4O, false)),
            ("estimate:claude", "gpt-4o", (ImageRule::Claude, false)),
            ("estimate:gemini", "gemini-3", (ImageRule::Gemini, false)),
            ("estimate", "llava", (ImageRule::GPT_4O, false)),
        ] {
            assert_eq!(
                rule(Tokenizer::from_name(tokenizer).unwrap(), model),
                expected,
                "{tokenizer} {model}"
            );
        }
    }

    #[test]
    fn images_are_exact_where_all_is_known() {
        let tokenizer = Tokenizer::from_name("o200k_base").unwrap();
        for (pixels, detail, tokens, exact) in [
            (Some((1024, 1024)), Detail::High, 765, true),
            (Some((1024, 1024)), Detail::Low, 85, true),
            (Some((1024, 1024)), Detail::Auto, 765, false),
            (None, Detail::High, 765, false),
            (None, Detail::Low, 85, false),
        ] {
            let counted = count(&[ImageFacts { pixels, detail }], tokenizer, "gpt-4o");
            assert_eq!(
                (counted.tokens, counted.exact),
                (tokens, exact),
                "{pixels:?} {detail:?}"
            );
        }
    }
}
