//! Every journal on the suite that all must pass, and on what is its own. Redis and PostgreSQL are real servers, whose binaries
//! `TOLLGATE_VALKEY_BIN` and `TOLLGATE_POSTGRES_BIN` name; without them these tests say that they are skipped.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests stop with what they found"
)]

mod file;
mod postgres;
mod records;
mod servers;
mod valkey;
