//! How many tokens an exchange took, as providers report it, in one convention.
//! Must not know prices, or how to count tokens that nobody reported.

use serde::{Deserialize, Serialize};

use crate::Dialect;
use crate::json::{Scanner, SyntaxError, Token};

/// The tokens of one exchange. Part counts are contained in their totals: cached and written tokens in the input,
/// reasoning in the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Everything the model read, whether cached or not.
    pub input_tokens: u64,
    /// The part of the input that came from the provider's prompt cache.
    pub cached_input_tokens: u64,
    /// The part of the input that was written into the provider's prompt cache.
    pub cache_write_tokens: u64,
    /// Everything the model wrote, reasoning included.
    pub output_tokens: u64,
    /// The part of the output that was reasoning.
    pub reasoning_tokens: u64,
}

impl Usage {
    /// Takes in what was reported later in the same stream. Providers repeat running totals and leave out what did not
    /// change, so of each figure the larger one holds.
    pub fn merge(&mut self, later: Self) {
        self.input_tokens = self.input_tokens.max(later.input_tokens);
        self.cached_input_tokens = self.cached_input_tokens.max(later.cached_input_tokens);
        self.cache_write_tokens = self.cache_write_tokens.max(later.cache_write_tokens);
        self.output_tokens = self.output_tokens.max(later.output_tokens);
        self.reasoning_tokens = self.reasoning_tokens.max(later.reasoning_tokens);
    }

    /// The input that is billed at the full price: neither read from a cache nor written to one.
    pub const fn fresh_input_tokens(&self) -> u64 {
        self.input_tokens
            .saturating_sub(self.cached_input_tokens)
            .saturating_sub(self.cache_write_tokens)
    }
}

/// Whether a provider's input figure contains the tokens that its cache answered or stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheConvention {
    /// OpenAI: `prompt_tokens` is everything.
    Included,
    /// Anthropic: `input_tokens` is what is left beside `cache_read_input_tokens` and `cache_creation_input_tokens`.
    Beside,
}

impl CacheConvention {
    /// The convention of a dialect's usage objects.
    pub const fn of(dialect: Dialect) -> Self {
        match dialect {
            Dialect::OpenAi => Self::Included,
            Dialect::Anthropic => Self::Beside,
        }
    }
}

/// The figures of one usage object as they stand there, before the convention is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    input: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    cached: Option<u64>,
    written: Option<u64>,
    reasoning: Option<u64>,
}

impl Figures {
    pub(crate) const NONE: Self = Self {
        input: None,
        output: None,
        total: None,
        cached: None,
        written: None,
        reasoning: None,
    };

    /// Reads a value whose first token has been read: an object with figures, or anything else, which has none.
    pub(crate) fn read(first: Token<'_>, scanner: &mut Scanner<'_>) -> Result<Self, SyntaxError> {
        let mut figures = Self::default();
        if !matches!(first, Token::ObjectStart | Token::ArrayStart) {
            return Ok(figures);
        }
        let outside = scanner.depth() - 1;
        let mut key = None;
        while let Some(token) = scanner.next()? {
            match token {
                Token::Key(name) => key = field(&name.decode(), scanner.depth() - outside),
                Token::Number(number) => {
                    if let (Some(field), Some(count)) = (key.take(), count(number)) {
                        *figures.get_mut(field) = Some(count);
                    }
                }
                _ => key = None,
            }
            if scanner.depth() == outside {
                break;
            }
        }
        Ok(figures)
    }

    /// Takes in a later object of the same stream: what it says replaces what was said.
    pub(crate) fn update(&mut self, later: Self) {
        self.input = later.input.or(self.input);
        self.output = later.output.or(self.output);
        self.total = later.total.or(self.total);
        self.cached = later.cached.or(self.cached);
        self.written = later.written.or(self.written);
        self.reasoning = later.reasoning.or(self.reasoning);
    }

    /// The figures in our convention, or `None` if there was not a single one.
    pub(crate) fn usage(&self, convention: CacheConvention) -> Option<Usage> {
        self.input.or(self.output).or(self.total)?;
        let or_zero = Option::<u64>::unwrap_or_default;
        let (cached, written) = (or_zero(self.cached), or_zero(self.written));
        let input = match convention {
            CacheConvention::Included => or_zero(self.input).max(cached),
            CacheConvention::Beside => or_zero(self.input).saturating_add(cached).saturating_add(written),
        };
        let output = or_zero(self.output);
        // Some providers that copy OpenAI's API (xAI, Gemini) leave reasoning out of the output and only in the total.
        let output = match (convention, self.total) {
            (CacheConvention::Included, Some(total)) => output.max(total.saturating_sub(input)),
            _ => output,
        };
        Some(Usage {
            input_tokens: input,
            cached_input_tokens: cached,
            cache_write_tokens: written,
            output_tokens: output,
            reasoning_tokens: or_zero(self.reasoning).min(output),
        })
    }

    fn get_mut(&mut self, figure: Figure) -> &mut Option<u64> {
        match figure {
            Figure::Input => &mut self.input,
            Figure::Output => &mut self.output,
            Figure::Total => &mut self.total,
            Figure::Cached => &mut self.cached,
            Figure::Written => &mut self.written,
            Figure::Reasoning => &mut self.reasoning,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Figure {
    Input,
    Output,
    Total,
    Cached,
    Written,
    Reasoning,
}

/// The figure that a field holds: totals stand in the object itself, parts there or in a `…_details` object inside.
fn field(name: &str, depth: u8) -> Option<Figure> {
    match (name, depth) {
        ("prompt_tokens" | "input_tokens", 1) => Some(Figure::Input),
        ("completion_tokens" | "output_tokens", 1) => Some(Figure::Output),
        ("total_tokens", 1) => Some(Figure::Total),
        ("cached_tokens" | "cache_read_input_tokens" | "prompt_cache_hit_tokens", 1 | 2) => {
            Some(Figure::Cached)
        }
        ("cache_creation_input_tokens" | "cache_write_tokens", 1 | 2) => Some(Figure::Written),
        ("reasoning_tokens" | "thinking_tokens", 1 | 2) => Some(Figure::Reasoning),
        _ => None,
    }
}

/// A whole number of tokens. Some servers write them as `12.0`.
fn count(number: &str) -> Option<u64> {
    number
        .parse()
        .ok()
        .or_else(|| number.strip_suffix(".0")?.parse().ok())
}

/// The usage that a JSON text of `dialect` reports in a usage object: what stands behind `"usage":` in an answer.
/// `None` if the text is not JSON or holds no figures.
pub fn parse(dialect: Dialect, object: &str) -> Option<Usage> {
    let mut scanner = Scanner::new(object);
    let first = scanner.next().ok()??;
    Figures::read(first, &mut scanner)
        .ok()?
        .usage(CacheConvention::of(dialect))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input: u64, cached: u64, write: u64, output: u64, reasoning: u64) -> Usage {
        Usage {
            input_tokens: input,
            cached_input_tokens: cached,
            cache_write_tokens: write,
            output_tokens: output,
            reasoning_tokens: reasoning,
        }
    }

    #[test]
    fn each_convention_becomes_ours() {
        use Dialect::{Anthropic, OpenAi};
        let cases = [
            (
                OpenAi,
                r#"{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21}"#,
                Some(usage(9, 0, 0, 12, 0)),
            ),
            (
                OpenAi,
                r#"{"prompt_tokens":2006,"completion_tokens":300,"total_tokens":2306,
                    "prompt_tokens_details":{"cached_tokens":1920,"audio_tokens":0},
                    "completion_tokens_details":{"reasoning_tokens":192,"accepted_prediction_tokens":7}}"#,
                Some(usage(2006, 1920, 0, 300, 192)),
            ),
            (
                OpenAi,
                r#"{"input_tokens":75,"input_tokens_details":{"cached_tokens":32},
                    "output_tokens":1186,"output_tokens_details":{"reasoning_tokens":1024},"total_tokens":1261}"#,
                Some(usage(75, 32, 0, 1186, 1024)),
            ),
            // Reasoning beside the output: the total tells.
            (
                OpenAi,
                r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,
                    "completion_tokens_details":{"reasoning_tokens":100}}"#,
                Some(usage(10, 0, 0, 105, 100)),
            ),
            (
                OpenAi,
                r#"{"prompt_tokens":8,"total_tokens":8}"#,
                Some(usage(8, 0, 0, 0, 0)),
            ),
            (
                Anthropic,
                r#"{"input_tokens":25,"cache_creation_input_tokens":100,"cache_read_input_tokens":2000,
                    "cache_creation":{"ephemeral_5m_input_tokens":40,"ephemeral_1h_input_tokens":60},
                    "output_tokens":7,"service_tier":"standard","server_tool_use":{"web_search_requests":1}}"#,
                Some(usage(2125, 2000, 100, 7, 0)),
            ),
            (Anthropic, r#"{"output_tokens":15}"#, Some(usage(0, 0, 0, 15, 0))),
            (
                Anthropic,
                r#"{"input_tokens":3.0,"output_tokens":-1}"#,
                Some(usage(3, 0, 0, 0, 0)),
            ),
            (OpenAi, "null", None),
            (OpenAi, "{}", None),
            (OpenAi, "12", None),
            (OpenAi, r#"["prompt_tokens",3]"#, None),
            (OpenAi, r#"{"prompt_tokens":"3"}"#, None),
            (OpenAi, r#"{"prompt_tokens":[3]}"#, None),
            // Totals of parts (Anthropic's beta `iterations`) are not the total.
            (
                Anthropic,
                r#"{"input_tokens":9,"output_tokens":4,"iterations":[{"input_tokens":2,"output_tokens":1}]}"#,
                Some(usage(9, 0, 0, 4, 0)),
            ),
            (OpenAi, r#"{"prompt_tokens":"#, None),
        ];
        for (dialect, object, expected) in cases {
            assert_eq!(parse(dialect, object), expected, "{object}");
        }
    }

    #[test]
    fn later_figures_of_a_stream_complete_the_earlier() {
        let read = |text| {
            let mut scanner = Scanner::new(text);
            let first = scanner.next().unwrap().unwrap();
            Figures::read(first, &mut scanner).unwrap()
        };
        let mut figures = read(r#"{"input_tokens":10,"cache_read_input_tokens":90,"output_tokens":1}"#);
        figures.update(read(r#"{"output_tokens":40}"#));
        assert_eq!(
            figures.usage(CacheConvention::Beside),
            Some(usage(100, 90, 0, 40, 0))
        );
        // Server tools add input while the answer is written; the cached part is not repeated.
        figures.update(read(r#"{"input_tokens":500,"output_tokens":60}"#));
        assert_eq!(
            figures.usage(CacheConvention::Beside),
            Some(usage(590, 90, 0, 60, 0))
        );

        let mut merged = usage(100, 90, 0, 1, 0);
        merged.merge(usage(0, 0, 0, 40, 3));
        assert_eq!(merged, usage(100, 90, 0, 40, 3));
        assert_eq!(merged.fresh_input_tokens(), 10);
    }

    #[test]
    fn reading_stops_behind_the_object() {
        let mut scanner = Scanner::new(r#"[{"prompt_tokens":1},null,7,"x"]"#);
        scanner.next().unwrap();
        for _ in 0..4 {
            let first = scanner.next().unwrap().unwrap();
            Figures::read(first, &mut scanner).unwrap();
        }
        assert_eq!(scanner.next().unwrap(), Some(Token::ArrayEnd));
    }
}
