//! Where the caches of several replicas, or of one process over a restart, meet: [`Journal`](tollgate_cache::Journal)s in a file,
//! in Redis or Valkey, and in PostgreSQL.
//!
//! Each knows its engine. Must not know what a record is used for, when to write one, or what a failure means for a request.

mod file;
mod journals;
mod link;
mod postgres;
mod redis;

pub use file::{FileJournal, FileOptions};
pub use journals::Journals;
pub use postgres::{PostgresJournal, PostgresOptions};
pub use redis::{RedisJournal, RedisOptions};
