//! Sentence embeddings from an OpenAI-compatible endpoint: <https://platform.openai.com/docs/api-reference/embeddings>.
//! Must not know what vectors are compared for.

use std::num::NonZeroUsize;
use std::sync::OnceLock;

use hyper::Uri;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::service::Service;

/// A model behind `POST {url}/embeddings`.
#[derive(Debug)]
pub struct Embeddings {
    service: Service,
    uri: Uri,
    model: String,
    asked: Option<NonZeroUsize>,
    /// How many numbers a vector has: as asked for, or as the first answer had.
    dimensions: OnceLock<usize>,
}

#[derive(Serialize)]
struct Question<'a> {
    model: &'a str,
    input: &'a [&'a str],
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<NonZeroUsize>,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    /// Which input this is for; where a server leaves it out, they stand in order.
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl Embeddings {
    /// `dimensions` is sent, and not every model takes it; without it vectors have as many numbers as the first one had.
    pub fn new(
        service: Service,
        model: impl Into<String>,
        dimensions: Option<NonZeroUsize>,
    ) -> Result<Self, Error> {
        Ok(Self {
            uri: service.at("/embeddings")?,
            service,
            model: model.into(),
            asked: dimensions,
            dimensions: dimensions
                .map(NonZeroUsize::get)
                .map_or_else(OnceLock::new, OnceLock::from),
        })
    }

    /// Vectors are comparable if and only if this is the same: host, path, model, and dimensions if they were asked for, as
    /// in `api.openai.com/v1#text-embedding-3-small@256`. It says nothing of a credential.
    pub fn id(&self) -> String {
        let place = self.service.place();
        match self.asked {
            Some(dimensions) => format!("{place}#{}@{dimensions}", self.model),
            None => format!("{place}#{}", self.model),
        }
    }

    /// How many numbers a vector has, as soon as that is known.
    pub fn dimensions(&self) -> Option<usize> {
        self.dimensions.get().copied()
    }

    /// One vector of length one for each text, in the same order, in one call. None of the texts should be empty: OpenAI
    /// refuses that.
    pub async fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, Error> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let question = Question {
            model: &self.model,
            input: texts,
            encoding_format: "float",
            dimensions: self.asked,
        };
        let answer: Answer = self.service.post(&self.uri, &question).await?;
        let mut vectors = in_order(answer.data, texts.len())?;
        let dimensions = self.dimensions();
        let dimensions = dimensions
            .or_else(|| vectors.first().map(Vec::len))
            .unwrap_or_default();
        for vector in &mut vectors {
            if vector.len() != dimensions {
                return Err(Error::Senseless("a vector has another number of dimensions"));
            }
            normalise(vector)?;
        }
        // Whichever first answer came first holds for all.
        if *self.dimensions.get_or_init(|| dimensions) != dimensions {
            return Err(Error::Senseless("a vector has another number of dimensions"));
        }
        Ok(vectors)
    }
}

fn in_order(items: Vec<Item>, count: usize) -> Result<Vec<Vec<f32>>, Error> {
    if items.len() != count {
        return Err(Error::Senseless("there are not as many vectors as texts"));
    }
    let mut vectors: Vec<Vec<f32>> = vec![Vec::new(); count];
    for (position, item) in items.into_iter().enumerate() {
        match vectors.get_mut(item.index.unwrap_or(position)) {
            Some(place) if place.is_empty() && !item.embedding.is_empty() => *place = item.embedding,
            _ => return Err(Error::Senseless("a text has no vector or two")),
        }
    }
    Ok(vectors)
}

fn normalise(vector: &mut [f32]) -> Result<(), Error> {
    let length = vector
        .iter()
        .map(|value| f64::from(*value).powi(2))
        .sum::<f64>()
        .sqrt();
    // A number too great for `f32` has become infinite.
    if !length.is_finite() || length < f64::from(f32::MIN_POSITIVE) {
        return Err(Error::Senseless("a vector has no direction"));
    }
    for value in vector {
        *value = (f64::from(*value) / length) as f32;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::Options;

    fn read(body: &str, count: usize) -> Result<Vec<Vec<f32>>, Error> {
        let items: Vec<Item> = serde_json::from_str(body).map_err(|_| Error::Senseless("unreadable"))?;
        let mut vectors = in_order(items, count)?;
        vectors.iter_mut().try_for_each(|vector| normalise(vector))?;
        Ok(vectors)
    }

    #[test]
    fn vectors_stand_in_the_order_of_the_texts_and_have_length_one() {
        for body in [
            r#"[{"index":1,"embedding":[0,-2]},{"index":0,"embedding":[8,0]}]"#,
            r#"[{"embedding":[8,0]},{"embedding":[0,-2]}]"#,
        ] {
            assert_eq!(read(body, 2).unwrap(), [[1.0, 0.0], [0.0, -1.0]], "{body}");
        }
        // Lengths whose squares `f32` cannot hold.
        assert_eq!(read(r#"[{"embedding":[3e30,0]}]"#, 1).unwrap(), [[1.0, 0.0]]);
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        for (body, count) in [
            ("[]", 1),
            (r#"[{"embedding":[]}]"#, 1),
            (r#"[{"embedding":[0,0]}]"#, 1),
            (r#"[{"embedding":[1e39,0]}]"#, 1),
            (r#"[{"embedding":[null,0]}]"#, 1),
            (r#"[{"index":1,"embedding":[1]}]"#, 1),
            (r#"[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]"#, 2),
            (r#"[{"embedding":[1]},{"embedding":[1]}]"#, 1),
        ] {
            assert!(read(body, count).is_err(), "{body}");
        }
    }

    #[test]
    fn an_id_tells_apart_what_cannot_be_compared() {
        let id = |url: &str, model: &str, dimensions| {
            let service = Service::new(url, Options::default()).unwrap();
            Embeddings::new(service, model, NonZeroUsize::new(dimensions))
                .unwrap()
                .id()
        };
        assert_eq!(id("http://h:80/v1/", "m", 256), "h:80/v1#m@256");
        assert_eq!(id("http://h", "m", 0), "h#m");
    }
}
