//! Why a body cannot be read, said to whoever sent it without repeating what it holds.
//! Must not know which part of the gateway was reading.

use crate::json::{SyntaxError, SyntaxErrorKind};
use crate::{ApiError, ErrorKind};

/// A body that cannot be read. Names fields and offsets, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The bytes are not text.
    #[error("the body is not valid UTF-8 at byte {offset}")]
    NotUtf8 {
        /// Bytes before this one are valid.
        offset: usize,
    },
    /// The text is not JSON.
    #[error("the body is not valid JSON: {0}")]
    Syntax(#[from] SyntaxError),
    /// JSON, but a list, a string or the like.
    #[error("the body must be a JSON object")]
    NotAnObject,
    /// A field without which the request means nothing.
    #[error("`{field}` is required")]
    Missing {
        /// The field's path.
        field: String,
    },
    /// A field that has another type than the one that we must act on.
    #[error("`{field}` must be {expected}")]
    WrongType {
        /// The field's path.
        field: String,
        /// "a string", "an array", …
        expected: &'static str,
    },
    /// A key that stands twice in one object. Which one counts depends on the reader, so what we check might not be
    /// what the provider reads.
    #[error("`{field}` appears more than once")]
    Duplicate {
        /// The field's path.
        field: String,
    },
}

impl BodyError {
    /// A stable word for programs: `error.code` of the refusal.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => "invalid_utf8",
            Self::Syntax(SyntaxError {
                kind: SyntaxErrorKind::TooDeep,
                ..
            }) => "json_too_deep",
            Self::Syntax(_) | Self::NotAnObject => "invalid_json",
            Self::Missing { .. } => "missing_required_parameter",
            Self::WrongType { .. } => "invalid_type",
            Self::Duplicate { .. } => "duplicate_parameter",
        }
    }

    /// The field at fault, if it is one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Missing { field } | Self::WrongType { field, .. } | Self::Duplicate { field } => {
                Some(field)
            }
            Self::NotUtf8 { .. } | Self::Syntax(_) | Self::NotAnObject => None,
        }
    }
}

/// The client's fault. For a provider's body the caller chooses another kind.
impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        let refusal = Self::new(ErrorKind::InvalidRequest, error.to_string()).code(error.code());
        match error.field() {
            Some(field) => refusal.param(field),
            None => refusal,
        }
    }
}

/// The body as text, which is what every walker reads.
pub fn text(body: &[u8]) -> Result<&str, BodyError> {
    std::str::from_utf8(body).map_err(|error| BodyError::NotUtf8 {
        offset: error.valid_up_to(),
    })
}
