//! Makes the encoder of the published `model.safetensors`: which tensors there are, what shape they must have, where they go.
//! Must not know how they are computed with.

use std::collections::HashMap;
use std::path::Path;

use crate::LoadError;
use crate::attention::HEAD;
use crate::embedding::DIMENSIONS;
use crate::encoder::{ALL_STEPS, Encoder, LAYERS, Layer, Narrow, WIDE, Wide, Words};
use crate::math::Norm;
use crate::pages::Pages;
use crate::safetensors::{Reader, Tensor};

const NARROW: u64 = DIMENSIONS as u64;
const BROAD: u64 = WIDE as u64;

/// The tensors as far as they have been read; those of the encoder's layers are under their whole name.
#[derive(Default)]
struct Parts {
    words: Words,
    positions: Vec<[f32; DIMENSIONS]>,
    token_types: Vec<[f32; DIMENSIONS]>,
    vectors: HashMap<String, Vec<f32>>,
    narrow: HashMap<String, Narrow>,
    wide: HashMap<String, Wide>,
}

/// Reads the file and returns the encoder and the file's SHA-256.
///
/// `positions` is how many tokens a text may have, `vocabulary` how many word pieces the tokenizer knows.
pub(crate) fn load(path: &Path, positions: usize, vocabulary: usize) -> Result<(Encoder, String), LoadError> {
    let (mut reader, tensors) = Reader::open(path)?;
    let mut parts = Parts::default();
    for tensor in &tensors {
        parts.read(&mut reader, tensor, positions)?;
    }
    let encoder = parts
        .assemble(positions, vocabulary)
        .map_err(|e| reader.invalid(e))?;
    Ok((encoder, reader.finish()))
}

impl Parts {
    fn read(&mut self, reader: &mut Reader, tensor: &Tensor, positions: usize) -> Result<(), LoadError> {
        let name = tensor.name.as_str();
        match (name, tensor.shape.as_slice()) {
            ("embeddings.word_embeddings.weight", &[words, NARROW]) => {
                self.words = Words::with_capacity(words as usize);
                reader.rows::<DIMENSIONS>(tensor, |row| self.words.push(row))
            }
            ("embeddings.position_embeddings.weight", &[_, NARROW]) => {
                reader.rows(tensor, |row| {
                    // The model has 512 of them, but was trained to stop at 256 tokens.
                    if self.positions.len() < positions {
                        self.positions.push(*row);
                    }
                })
            }
            ("embeddings.token_type_embeddings.weight", &[_, NARROW]) => {
                reader.rows(tensor, |row| self.token_types.push(*row))
            }
            // Not part of a sentence embedding.
            (_, _) if name.starts_with("pooler.") || name.ends_with("position_ids") => reader.skip(tensor),
            (_, &[outputs, BROAD]) => {
                let layer = Wide::with_capacity(outputs as usize);
                let mut layer = layer.map_err(|e| reader.invalid(no_memory(&e)))?;
                reader.rows::<WIDE>(tensor, |row| layer.push(row))?;
                self.wide.insert(name.to_owned(), layer);
                Ok(())
            }
            (_, &[outputs, NARROW]) => {
                let layer = Narrow::with_capacity(outputs as usize);
                let mut layer = layer.map_err(|e| reader.invalid(no_memory(&e)))?;
                reader.rows::<DIMENSIONS>(tensor, |row| layer.push(row))?;
                self.narrow.insert(name.to_owned(), layer);
                Ok(())
            }
            (_, &[NARROW]) => {
                let vectors = &mut self.vectors;
                reader.rows::<DIMENSIONS>(tensor, |row| {
                    vectors.insert(name.to_owned(), row.to_vec());
                })
            }
            (_, &[BROAD]) => {
                let vectors = &mut self.vectors;
                reader.rows::<WIDE>(tensor, |row| {
                    vectors.insert(name.to_owned(), row.to_vec());
                })
            }
            // Whatever it is, the place where it belongs stays empty, and that is an error.
            _ => reader.skip(tensor),
        }
    }

    fn assemble(mut self, positions: usize, vocabulary: usize) -> Result<Encoder, String> {
        if self.words.len() < vocabulary {
            return Err(format!(
                "it has {} word embeddings where tokenizer.json has {vocabulary} word pieces",
                self.words.len()
            ));
        }
        if self.positions.len() < positions {
            return Err(format!("it has fewer than {positions} position embeddings"));
        }
        // A single text has only tokens of the first type.
        let token_type = self.token_types.first().ok_or("no token type embedding")?;
        for position in &mut self.positions {
            for (p, t) in position.iter_mut().zip(token_type) {
                *p += t;
            }
        }
        let norm = self.norm("embeddings.LayerNorm")?;
        let mut pages = Pages::with_capacity(ALL_STEPS).map_err(|e| no_memory(&e))?;
        let layers = (0..LAYERS)
            .map(|i| self.layer(&format!("encoder.layer.{i}"), &mut pages))
            .collect::<Result<_, _>>()?;
        if let Some(other) = self.narrow.keys().chain(self.wide.keys()).next() {
            return Err(format!("it has {other}, which belongs to another model"));
        }
        Ok(Encoder {
            words: self.words,
            positions: self.positions,
            norm,
            layers,
            pages,
        })
    }

    /// Takes a layer's parts in the order in which a text needs them.
    fn layer(&mut self, name: &str, pages: &mut Pages) -> Result<Layer, String> {
        let mut narrow = |part: &str, outputs, factor| {
            let name = format!("{name}.{part}");
            let layer = self.narrow.remove(&format!("{name}.weight"));
            let layer = layer.filter(|layer| layer.outputs() == outputs);
            let layer = layer.ok_or_else(|| missing(&name, "weight"))?;
            let bias = vector(&mut self.vectors, &name, "bias", outputs)?;
            layer
                .finish(&bias, factor, pages)
                .ok_or_else(|| missing(&name, "weight"))
        };
        let scale = 1.0 / (HEAD as f32).sqrt();
        let query = narrow("attention.self.query", DIMENSIONS, scale)?;
        let key = narrow("attention.self.key", DIMENSIONS, 1.0)?;
        let value = narrow("attention.self.value", DIMENSIONS, 1.0)?;
        let attention_output = narrow("attention.output.dense", DIMENSIONS, 1.0)?;
        let intermediate = narrow("intermediate.dense", WIDE, 1.0)?;
        let output = format!("{name}.output.dense");
        let wide = self.wide.remove(&format!("{output}.weight"));
        let wide = wide.filter(|layer| layer.outputs() == DIMENSIONS);
        let wide = wide.ok_or_else(|| missing(&output, "weight"))?;
        let bias = vector(&mut self.vectors, &output, "bias", DIMENSIONS)?;
        let wide = wide.finish(&bias, 1.0, pages);
        Ok(Layer {
            query,
            key,
            value,
            attention_output,
            attention_norm: self.norm(&format!("{name}.attention.output.LayerNorm"))?,
            intermediate,
            output: wide.ok_or_else(|| missing(&output, "weight"))?,
            output_norm: self.norm(&format!("{name}.output.LayerNorm"))?,
        })
    }

    fn norm(&mut self, name: &str) -> Result<Norm, String> {
        Ok(Norm {
            weight: vector(&mut self.vectors, name, "weight", DIMENSIONS)?,
            bias: vector(&mut self.vectors, name, "bias", DIMENSIONS)?,
        })
    }
}

fn vector(
    vectors: &mut HashMap<String, Vec<f32>>,
    name: &str,
    part: &str,
    length: usize,
) -> Result<Vec<f32>, String> {
    let vector = vectors.remove(&format!("{name}.{part}"));
    vector
        .filter(|vector| vector.len() == length)
        .ok_or_else(|| missing(name, part))
}

fn no_memory(e: &std::io::Error) -> String {
    format!("there is no memory for its weights: {e}")
}

fn missing(name: &str, part: &str) -> String {
    format!("it has no {name}.{part} of the right shape")
}
