//! The canonical hash of a request body: equal for bodies that mean the same request, different for all others.
//! Must not know who asks, or what is done with the hash.

mod fields;
mod hasher;
mod number;
#[cfg(test)]
mod tests;

pub use hasher::{BodyDigest, CanonicalHasher, Uncacheable, hash_body};
