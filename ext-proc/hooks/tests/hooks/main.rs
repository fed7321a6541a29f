//! The clients against servers on this machine, good and bad.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop with what it found"
)]

mod broken;
mod connections;
mod server;
mod simulator;
mod tls;
mod wire;
