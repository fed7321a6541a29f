//! Where in a body something stands, and the refusals that name the place; typed access to an object's members.
//! Must not know what a field means.

use tollgate_llm::{ApiError, ErrorKind};

use crate::json::{Json, Object, Text};

/// A place in a body, written as `messages[2].content[0].type` only when somebody must be told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'p> {
    parent: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'p> {
    Root,
    Field(&'p str),
    Index(usize),
}

impl<'p> At<'p> {
    pub(crate) const ROOT: At<'static> = At {
        parent: None,
        step: Step::Root,
    };

    pub(crate) fn field(&'p self, name: &'p str) -> At<'p> {
        At {
            parent: Some(self),
            step: Step::Field(name),
        }
    }

    pub(crate) fn index(&'p self, index: usize) -> At<'p> {
        At {
            parent: Some(self),
            step: Step::Index(index),
        }
    }

    pub(crate) fn path(&self) -> String {
        let mut path = self.parent.map(At::path).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Field(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            Step::Index(index) => path.push_str(&format!("[{index}]")),
        }
        path
    }

    /// A 400 that names this place. `problem` continues the sentence that starts with the path.
    pub(crate) fn refuse(&self, problem: &str) -> ApiError {
        let path = self.path();
        ApiError::new(ErrorKind::InvalidRequest, format!("{path}: {problem}")).param(path)
    }

    /// A 400 for something that the provider's dialect cannot express. `way_out` is a whole sentence's end.
    pub(crate) fn unsupported(&self, way_out: &str) -> ApiError {
        self.refuse(&format!("the provider of this model cannot do this; {way_out}"))
            .code("unsupported_by_provider")
    }

    pub(crate) fn text_of<'o, 'a>(&self, value: &'o Json<'a>) -> Result<&'o Text<'a>, ApiError> {
        value.as_text().ok_or_else(|| self.refuse("must be a string"))
    }

    pub(crate) fn object_of<'o, 'a>(&self, value: &'o Json<'a>) -> Result<&'o Object<'a>, ApiError> {
        value.as_object().ok_or_else(|| self.refuse("must be an object"))
    }

    pub(crate) fn array_of<'o, 'a>(&self, value: &'o Json<'a>) -> Result<&'o [Json<'a>], ApiError> {
        value.as_array().ok_or_else(|| self.refuse("must be an array"))
    }

    /// The string member `name` of `object`, which stands here.
    pub(crate) fn text<'o, 'a>(
        &self,
        object: &'o Object<'a>,
        name: &str,
    ) -> Result<Option<&'o Text<'a>>, ApiError> {
        object
            .get(name)
            .map(|value| self.field(name).text_of(value))
            .transpose()
    }

    /// As [`At::text`], but it must be there.
    pub(crate) fn need_text<'o, 'a>(
        &self,
        object: &'o Object<'a>,
        name: &str,
    ) -> Result<&'o Text<'a>, ApiError> {
        self.text(object, name)?
            .ok_or_else(|| self.field(name).refuse("is missing"))
    }

    pub(crate) fn object<'o, 'a>(
        &self,
        object: &'o Object<'a>,
        name: &str,
    ) -> Result<Option<&'o Object<'a>>, ApiError> {
        object
            .get(name)
            .map(|value| self.field(name).object_of(value))
            .transpose()
    }

    /// The object member `name`, whatever it holds.
    pub(crate) fn whole<'o, 'a>(
        &self,
        object: &'o Object<'a>,
        name: &str,
    ) -> Result<Option<&'o Json<'a>>, ApiError> {
        let Some(value) = object.get(name) else {
            return Ok(None);
        };
        if value.is_object() {
            Ok(Some(value))
        } else {
            Err(self.field(name).refuse("must be an object"))
        }
    }

    /// As [`At::whole`], but it must be there.
    pub(crate) fn need_whole<'o, 'a>(
        &self,
        object: &'o Object<'a>,
        name: &str,
    ) -> Result<&'o Json<'a>, ApiError> {
        self.whole(object, name)?
            .ok_or_else(|| self.field(name).refuse("is missing"))
    }

    pub(crate) fn need_object<'o, 'a>(
        &self,
        object: &'o Object<'a>,
        name: &str,
    ) -> Result<&'o Object<'a>, ApiError> {
        self.object(object, name)?
            .ok_or_else(|| self.field(name).refuse("is missing"))
    }

    /// The array member `name`; an absent one is empty.
    pub(crate) fn array<'o, 'a>(
        &self,
        object: &'o Object<'a>,
        name: &str,
    ) -> Result<&'o [Json<'a>], ApiError> {
        object
            .get(name)
            .map_or(Ok(&[][..]), |value| self.field(name).array_of(value))
    }

    /// The boolean member `name`; an absent one is `false`.
    pub(crate) fn flag(&self, object: &Object<'_>, name: &str) -> Result<bool, ApiError> {
        let Some(value) = object.get(name) else {
            return Ok(false);
        };
        value
            .as_bool()
            .ok_or_else(|| self.field(name).refuse("must be true or false"))
    }

    pub(crate) fn count(&self, object: &Object<'_>, name: &str) -> Result<Option<u64>, ApiError> {
        let Some(value) = object.get(name) else {
            return Ok(None);
        };
        let count = value
            .as_u64()
            .ok_or_else(|| self.field(name).refuse("must be a whole number, zero or more"))?;
        Ok(Some(count))
    }

    pub(crate) fn number(&self, object: &Object<'_>, name: &str) -> Result<Option<f64>, ApiError> {
        let Some(value) = object.get(name) else {
            return Ok(None);
        };
        Ok(Some(
            value
                .as_f64()
                .ok_or_else(|| self.field(name).refuse("must be a number"))?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_place() {
        let error = At::ROOT
            .field("messages")
            .index(2)
            .field("content")
            .refuse("must be a string");
        assert_eq!(error.param.as_deref(), Some("messages[2].content"));
        assert_eq!(error.message, "messages[2].content: must be a string");
    }
}
