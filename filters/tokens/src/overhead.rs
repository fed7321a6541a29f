//! What a prompt costs besides its text: the tokens around messages, tools, calls and formats, and those of images, as the
//! providers document them or, where they don't, as others have measured them.
//!
//! Pure functions of numbers. Must not know JSON: the caller walks the body and counts the texts.

/// What each message of a chat adds to the tokens of its texts (role and content): OpenAI's cookbook, "How to count tokens
/// with tiktoken", for every chat model since gpt-3.5-turbo-0613.
pub const PER_MESSAGE: usize = 3;
/// What a message's `name` adds to the tokens of the name.
pub const PER_NAME: usize = 1;
/// What the start of the answer adds, once per request.
pub const ANSWER_START: usize = 3;

/// The tokens around `messages` messages, of which `names` have a name.
pub const fn chat(messages: usize, names: usize) -> usize {
    PER_MESSAGE * messages + PER_NAME * names + ANSWER_START
}

/// What the calls of one message add besides their arguments, given the tokens of the called tools' names. Not documented:
/// what others measured of gpt-3.5-turbo and gpt-4 (`hmarr/openai-chat-tokens` and its forks, `langchain4j`).
pub fn calls(names: &[usize]) -> usize {
    const ONE: usize = 3;
    /// Several calls are one call of a tool that takes them as JSON.
    const WRAPPED: usize = 18;
    const PER_WRAPPED: usize = 9;

    match names {
        [] => 0,
        [name] => ONE + name,
        _ => names
            .iter()
            .fold(WRAPPED, |tokens, name| tokens + PER_WRAPPED + name),
    }
}

/// What the result of a message's only call costs besides its content: its author is the tool, whose name has so many
/// tokens, instead of a role. As measured for [`calls`].
pub const fn result(name: usize) -> usize {
    PER_MESSAGE + name
}

/// What a `tool_choice` (or, before there were tools, `function_call`) adds. Not documented: what
/// `pamelafox/openai-messages-token-helper` (2024) and `hmarr/openai-chat-tokens` measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// `auto`, which is what holds without a choice, and `required`.
    Free,
    /// `none`.
    None,
    /// A tool by its name, which has so many tokens.
    Tool(usize),
    /// `function_call` with a name.
    Function(usize),
}

impl Choice {
    /// Its tokens.
    pub const fn tokens(self) -> usize {
        match self {
            Self::Free => 0,
            Self::None => 1,
            Self::Tool(name) => 7 + name,
            Self::Function(name) => 4 + name,
        }
    }
}

/// What Claude is told of tools besides their definitions, when there are any ("Tool use system prompt tokens" in
/// Anthropic's pricing, for Claude 3.7 to 4.6).
pub const fn claude_tools(must_call: bool) -> usize {
    if must_call { 313 } else { 346 }
}

/// What tool definitions add, by the cookbook's formula for functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToolOverhead {
    per_function: usize,
}

/// What one function definition holds. Its texts are `name:description`, one `name:type:description` per property (each
/// description without a final full stop), and each value of an `enum`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// The tokens of all its texts.
    pub text_tokens: usize,
    /// How many properties its parameters have.
    pub properties: usize,
    /// How many of them have an `enum`.
    pub enums: usize,
    /// How many values these have together.
    pub enum_values: usize,
}

impl ToolOverhead {
    /// gpt-4o and later (`o200k_base`).
    pub const O200K: Self = Self { per_function: 7 };
    /// gpt-4 and gpt-3.5-turbo (`cl100k_base`).
    pub const CL100K: Self = Self { per_function: 10 };

    const PROPERTIES: usize = 3;
    const PER_PROPERTY: usize = 3;
    const ENUM: usize = 3;
    const PER_ENUM_VALUE: usize = 3;
    const END: usize = 12;

    /// The tokens of all functions of a request; none cost nothing.
    pub fn functions(self, functions: impl IntoIterator<Item = Function>) -> usize {
        let mut tokens = 0;
        for function in functions {
            let properties = if function.properties > 0 {
                Self::PROPERTIES + Self::PER_PROPERTY * function.properties
            } else {
                0
            };
            let enums =
                (Self::PER_ENUM_VALUE * function.enum_values).saturating_sub(Self::ENUM * function.enums);
            tokens += self.per_function + function.text_tokens + properties + enums;
        }
        if tokens > 0 { tokens + Self::END } else { 0 }
    }
}

/// How a model counts an image; see "Images and vision" in OpenAI's guide, "Vision" in Anthropic's and "Understand and
/// count tokens" in Gemini's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageRule {
    /// A base, and for high detail so many per tile of 512 pixels, after fitting into 2048 and a shortest side of 768.
    Tiles {
        /// For every image; all that one of low detail costs.
        base: usize,
        /// For each tile of one of high detail.
        tile: usize,
    },
    /// Patches of 32 pixels, at most 1536 of them, times a factor in hundredths.
    Patches {
        /// The factor of the model, times 100.
        hundredths: usize,
    },
    /// Width times height over 750, after fitting the longer side into 1568.
    Claude,
    /// 258 if both sides are at most 384, else 258 for each tile of 768.
    Gemini,
}

impl ImageRule {
    /// gpt-4o, gpt-4.1, gpt-4.5.
    pub const GPT_4O: Self = Self::Tiles { base: 85, tile: 170 };
    /// gpt-4o-mini, which charges as much money for an image as gpt-4o does.
    pub const GPT_4O_MINI: Self = Self::Tiles {
        base: 2833,
        tile: 5667,
    };
    /// o1, o1-pro, o3.
    pub const O_SERIES: Self = Self::Tiles { base: 75, tile: 150 };
    /// gpt-5.
    pub const GPT_5: Self = Self::Tiles { base: 70, tile: 140 };
    /// gpt-4.1-mini, gpt-5-mini.
    pub const MINI: Self = Self::Patches { hundredths: 162 };
    /// gpt-4.1-nano, gpt-5-nano.
    pub const NANO: Self = Self::Patches { hundredths: 246 };
    /// o4-mini.
    pub const O4_MINI: Self = Self::Patches { hundredths: 172 };

    /// The tokens of an image of `width` × `height` pixels; an image without pixels counts as one pixel.
    pub fn tokens(self, width: u32, height: u32, low_detail: bool) -> usize {
        let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
        let tokens = match self {
            Self::Tiles { base, .. } if low_detail => base as u64,
            Self::Tiles { base, tile } => {
                let (width, height) = fit(width, height, width.max(height), 2048);
                let (width, height) = fit(width, height, width.min(height), 768);
                base as u64 + tile as u64 * width.div_ceil(512) * height.div_ceil(512)
            }
            Self::Patches { hundredths } => (patches(width, height) * hundredths as u64).div_ceil(100),
            Self::Claude => {
                let (width, height) = fit(width, height, width.max(height), 1568);
                (width * height).div_ceil(750)
            }
            Self::Gemini if width <= 384 && height <= 384 => 258,
            Self::Gemini => 258 * width.div_ceil(768) * height.div_ceil(768),
        };
        usize::try_from(tokens).unwrap_or(usize::MAX)
    }

    /// What to expect of an image whose size is not known, such as one behind a link: one of 1024 × 1024.
    pub fn tokens_of_unknown_size(self, low_detail: bool) -> usize {
        self.tokens(1024, 1024, low_detail)
    }
}

/// Scales down so that `side`, one of the two, is at most `limit`.
fn fit(width: u64, height: u64, side: u64, limit: u64) -> (u64, u64) {
    if side <= limit {
        return (width, height);
    }
    // Rounded as a picture is, and never to nothing.
    let scale = |length: u64| ((length * limit + side / 2) / side).max(1);
    (scale(width), scale(height))
}

/// The patches of 32 pixels that cover an image; a larger one is scaled down so that whole patches fill one side.
fn patches(width: u64, height: u64) -> u64 {
    const MOST: u64 = 1536;
    let covering = width.div_ceil(32) * height.div_ceil(32);
    if covering <= MOST {
        return covering;
    }
    // floor(width · r / 32) with r² = 32² · 1536 / (width · height), without a float.
    let across = (MOST * width / height).isqrt().max(1);
    let down = (MOST * height / width).isqrt().max(1);
    // The side that loses more by rounding gives the scale.
    let patches = if across * height <= down * width {
        across * (across * height).div_ceil(width)
    } else {
        down * (down * width).div_ceil(height)
    };
    patches.min(MOST)
}

#[cfg(test)]
mod tests {
    use super::{Choice, Function, ImageRule, PER_MESSAGE, ToolOverhead, calls, chat, result};
    use alloc::vec;

    #[test]
    fn messages_cost_what_the_cookbook_says() {
        // Its example: six messages with four names, 129 tokens for gpt-4 and 124 for gpt-4o.
        assert_eq!(chat(6, 4), 25);
        assert_eq!(chat(0, 0), 3);
    }

    #[test]
    fn calls_cost_what_was_measured() {
        // hmarr: gpt-3.5-turbo, `do_stuff` with 14 tokens of arguments, alone: 26; `{}` as the result of it: 6.
        assert_eq!(chat(1, 0) + 1 + calls(&[2]) + 14, 26);
        assert_eq!(result(2) + 1, 6);
        // petrbrzek: so many calls of `get_current_weather` (3) with 5 tokens of arguments and 12 of result.
        for (count, tokens) in [(3, 124), (4, 157), (5, 190)] {
            let results = (PER_MESSAGE + 1 + 12) * count;
            assert_eq!(
                chat(1, 0) + 1 + calls(&vec![3; count]) + 5 * count + results,
                tokens
            );
        }
        assert_eq!(calls(&[]), 0);
    }

    #[test]
    fn choices_cost_what_was_measured() {
        // pamelafox: the same tool and no choice 66, `none` 67, by its name of two tokens 75.
        assert_eq!(Choice::Free.tokens(), 66 - 66);
        assert_eq!(Choice::None.tokens(), 67 - 66);
        assert_eq!(Choice::Tool(2).tokens(), 75 - 66);
    }

    #[test]
    fn functions_cost_what_the_cookbook_says() {
        let weather = Function {
            text_tokens: 30,
            properties: 2,
            enums: 1,
            enum_values: 2,
        };
        assert_eq!(ToolOverhead::O200K.functions([weather]), 30 + 7 + 3 + 6 + 3 + 12);
        assert_eq!(
            ToolOverhead::CL100K.functions([weather]),
            30 + 10 + 3 + 6 + 3 + 12
        );
        assert_eq!(ToolOverhead::O200K.functions([]), 0);
    }

    #[test]
    fn images_cost_what_the_guides_say() {
        for (rule, width, height, low_detail, tokens) in [
            (ImageRule::GPT_4O, 1024, 1024, false, 765),
            (ImageRule::GPT_4O, 2048, 4096, false, 1105),
            (ImageRule::GPT_4O, 4096, 8192, true, 85),
            (ImageRule::Patches { hundredths: 100 }, 1024, 1024, false, 1024),
            (ImageRule::Patches { hundredths: 100 }, 1800, 2400, false, 1452),
            (ImageRule::Claude, 1000, 1000, false, 1334),
            (ImageRule::Claude, 200, 200, false, 54),
            (ImageRule::Gemini, 384, 384, false, 258),
            (ImageRule::Gemini, 1536, 768, false, 516),
        ] {
            assert_eq!(
                rule.tokens(width, height, low_detail),
                tokens,
                "{rule:?} {width}×{height}"
            );
        }
    }

    #[test]
    fn no_image_size_overflows() {
        for rule in [
            ImageRule::GPT_4O,
            ImageRule::NANO,
            ImageRule::Claude,
            ImageRule::Gemini,
        ] {
            for (width, height) in [(0, 0), (1, u32::MAX), (u32::MAX, 1), (u32::MAX, u32::MAX)] {
                assert!(rule.tokens(width, height, false) > 0);
            }
        }
    }
}
