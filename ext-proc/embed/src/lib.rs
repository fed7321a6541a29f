//! Sentence embeddings of all-MiniLM-L6-v2 on one CPU core, exact enough that a cosine threshold means what it means for the
//! published model. Must not know caches, requests, threads or clocks: a text goes in, a unit vector comes out.
//!
//! - [`MiniLm`] is the loaded model; [`MiniLm::embed`] blocks for milliseconds, so callers keep it off async workers.
//! - [`Embedding`] is the vector; the dot product of two is their cosine.
//! - [`LoadError`] says which file is missing or wrong.

mod attention;
mod embedding;
mod encoder;
mod error;
mod inputs;
mod kernel;
mod linear;
mod math;
mod minilm;
mod pages;
mod safetensors;
mod tokenizer;
mod weights;

pub use embedding::{DIMENSIONS, Embedding};
pub use error::LoadError;
pub use minilm::{MAX_TOKENS, MiniLm};
