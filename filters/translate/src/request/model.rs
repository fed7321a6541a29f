//! Which models refuse which tuning fields. Only models of the past are listed, so that the lists need no upkeep: what a
//! vendor's newest models take is the rule, what its old ones took the exception. Must not know how a field is written.

use tollgate_llm::Dialect;

use super::Tuning;

/// Anthropic's models that still take temperature, top_p and top_k, by a part of their name. From Opus 4.7 on, models
/// refuse them: <https://platform.claude.com/docs/en/about-claude/models/migration-guide>.
const CLAUDE_WITH_SAMPLING: &[&str] = &[
    "claude-instant",
    "claude-2",
    "claude-3",
    "-4-2025",
    "-4@",
    "-4-0",
    "-4-1",
    "-4-5",
    "-4-6",
];

/// Anthropic's models that do not know `output_config.effort` yet.
const CLAUDE_WITHOUT_EFFORT: &[&str] = &[
    "claude-instant",
    "claude-2",
    "claude-3",
    "-4-2025",
    "-4@",
    "-4-0",
    "-4-1",
    "sonnet-4-5",
    "haiku-4-5",
];

/// OpenAI's models that do not reason, by the beginning of their name.
const GPT_WITHOUT_EFFORT: &[&str] = &["gpt-3", "gpt-4"];

/// Whether temperature, top_p and top_k go to `model`. Models of unknown make are taken to be ordinary ones.
pub(super) fn takes_sampling(tuning: Tuning, provider: Dialect, model: &str) -> bool {
    tuning.decide(|| match provider {
        Dialect::OpenAi => true,
        Dialect::Anthropic => !model.contains("claude") || contains_any(model, CLAUDE_WITH_SAMPLING),
    })
}

/// Whether the effort goes to `model`. Models of unknown make are taken not to know it.
pub(super) fn takes_effort(tuning: Tuning, provider: Dialect, model: &str) -> bool {
    tuning.decide(|| match provider {
        Dialect::Anthropic => model.contains("claude") && !contains_any(model, CLAUDE_WITHOUT_EFFORT),
        Dialect::OpenAi => {
            // Behind the vendor's name on aggregators: openai/gpt-5.
            let name = model.rsplit('/').next().unwrap_or(model);
            let is_o_series = name
                .strip_prefix('o')
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            is_o_series
                || (name.starts_with("gpt-") && !GPT_WITHOUT_EFFORT.iter().any(|old| name.starts_with(old)))
        }
    })
}

impl Tuning {
    fn decide(self, by_model: impl FnOnce() -> bool) -> bool {
        match self {
            Self::ByModel => by_model(),
            Self::Translate => true,
            Self::Drop => false,
        }
    }
}

fn contains_any(model: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| model.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_takes() {
        // model, sampling, effort
        let cases = [
            (Dialect::Anthropic, "claude-3-5-haiku-20241022", true, false),
            (Dialect::Anthropic, "claude-opus-4-20250514", true, false),
            (Dialect::Anthropic, "claude-sonnet-4@20250514", true, false),
            (Dialect::Anthropic, "claude-sonnet-4-5", true, false),
            (
                Dialect::Anthropic,
                "anthropic.claude-haiku-4-5-20251001-v1:0",
                true,
                false,
            ),
            (Dialect::Anthropic, "claude-opus-4-5-20251101", true, true),
            (Dialect::Anthropic, "claude-sonnet-4-6", true, true),
            (Dialect::Anthropic, "claude-opus-4-7", false, true),
            (Dialect::Anthropic, "claude-opus-4-8", false, true),
            (Dialect::Anthropic, "claude-sonnet-5", false, true),
            (Dialect::Anthropic, "claude-haiku-5-5", false, true),
            (Dialect::Anthropic, "kimi-k2", true, false),
            (Dialect::OpenAi, "gpt-4o-2024-11-20", true, false),
            (Dialect::OpenAi, "gpt-4.1", true, false),
            (Dialect::OpenAi, "gpt-5-mini", true, true),
            (Dialect::OpenAi, "openai/gpt-5.2", true, true),
            (Dialect::OpenAi, "o4-mini", true, true),
            (Dialect::OpenAi, "olmo-3", true, false),
            (Dialect::OpenAi, "llama-4", true, false),
        ];
        for (provider, model, sampling, effort) in cases {
            assert_eq!(
                takes_sampling(Tuning::ByModel, provider, model),
                sampling,
                "{model}: sampling"
            );
            assert_eq!(
                takes_effort(Tuning::ByModel, provider, model),
                effort,
                "{model}: effort"
            );
            assert!(takes_sampling(Tuning::Translate, provider, model));
            assert!(!takes_effort(Tuning::Drop, provider, model));
        }
    }
}
