//! What the crate says of the bodies in `fixtures/`: table of contents.
//!
//! A new case is a new file in `fixtures/request`, `fixtures/answer`, `fixtures/stream` or `fixtures/replay`, in the
//! folder of its endpoint. Beside it lies what the crate says of it; `BLESS=1 cargo test -p tollgate-llm` writes those files anew, and
//! the diff is what to review.

#[cfg(test)]
mod support;

#[cfg(test)]
mod answers;
#[cfg(test)]
mod carried;
#[cfg(test)]
mod random;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod replay_damaged;
#[cfg(test)]
mod replay_random;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod streams;
