//! The table, and every statement that is run on it.
//! Must not know connections.
//!
//! **Positions without holes.** A `bigserial` is drawn when a row is inserted and seen when its transaction commits, so a reader
//! could pass a number whose row comes later. Appends therefore take one advisory lock before they draw a number and hold it to
//! their commit: rows appear in the order of their numbers. (The other way, to show only rows older than every running
//! transaction, would let a backup of another database hold readers up.) The lock is held for one statement.

use tollgate_cache::StoreError;

use super::error::Failure;

/// Items of one batch, and bytes.
pub(super) const BATCH: usize = 256;
pub(super) const BATCH_BYTES: usize = 8 << 20;

/// Rows that one step of a purge looks at or that one tidying deletes.
pub(super) const STEP: i64 = 2_000;

/// The SQL for one table.
#[derive(Debug)]
pub(super) struct Schema {
    /// The table's name, on which listeners listen too.
    pub(super) table: String,
    /// Whether it is there.
    pub(super) is_there: String,
    /// The highest number that was ever drawn, or null.
    pub(super) drawn: String,
    /// Creates what is missing; several processes may do that at once. Not under the lock of appends, which are made with the
    /// table locked: that is the other way round.
    pub(super) migrate: String,
    /// `$1` key, `$2` scope, `$3` namespace, `$4` model, `$5` expires, `$6` prompt, `$7` vector, `$8` record.
    pub(super) put: String,
    /// `$1` expires, `$2` record. Returns its number.
    pub(super) told: String,
    /// `$1` behind this number, `$2` before this one, `$3` to `$6` the wanted key, scope, namespace and model or null. Returns
    /// the number of the last row that was looked at, or null if there was none.
    pub(super) purge: String,
    /// `$1` behind this number, `$2` now. Returns number, record, prompt and vector.
    pub(super) read: String,
    /// `$1` now, `$2` how many numbers to keep. Returns how many rows were deleted.
    pub(super) tidy: String,
}

impl Schema {
    /// `prefix` becomes part of names, so it must be a plain identifier.
    pub(super) fn new(prefix: &str) -> Result<Self, StoreError> {
        let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if prefix.is_empty()
            || prefix.len() > 40
            || !prefix.chars().all(plain)
            || prefix.starts_with(|first: char| first.is_ascii_digit())
        {
            return Err(StoreError::permanent(Failure::Configured(
                "the prefix of postgres tables must be 1 to 40 of a-z, 0-9 and _, and not begin with a digit",
            )));
        }
        let table = format!("{prefix}_cache");
        // `hashtext` is stable within a major version; across versions only the processes of one server meet.
        let lock = format!("pg_advisory_xact_lock(hashtext('tollgate'), hashtext('{table}'))");
        Ok(Self {
            is_there: format!("SELECT to_regclass('{table}') IS NOT NULL"),
            drawn: format!("SELECT pg_sequence_last_value(pg_get_serial_sequence('{table}', 'id')::regclass)"),
            migrate: format!(
                "BEGIN;
                 SELECT pg_advisory_xact_lock(hashtext('tollgate migration'), hashtext('{table}'));
                 CREATE EXTENSION IF NOT EXISTS vector;
                 CREATE TABLE IF NOT EXISTS {table} (
                     id bigserial PRIMARY KEY,
                     key bytea,
                     scope text,
                     namespace text,
                     model text,
                     expires timestamptz,
                     prompt text,
                     embedding vector,
                     record bytea NOT NULL
                 );
                 CREATE INDEX IF NOT EXISTS {table}_key ON {table} (key);
                 CREATE INDEX IF NOT EXISTS {table}_expires ON {table} (expires);
                 COMMIT;"
            ),
            put: format!(
                "WITH lock AS MATERIALIZED (SELECT {lock}),
                 replaced AS (DELETE FROM {table} WHERE key = $1),
                 put AS (
                     INSERT INTO {table} (key, scope, namespace, model, expires, prompt, embedding, record)
                     SELECT $1, $2, $3, $4, $5, $6, $7::real[]::vector, $8 FROM lock
                 )
                 SELECT pg_notify('{table}', '')"
            ),
            told: format!(
                "WITH lock AS MATERIALIZED (SELECT {lock}),
                 told AS (INSERT INTO {table} (expires, record) SELECT $1, $2 FROM lock RETURNING id)
                 SELECT id, pg_notify('{table}', '') FROM told"
            ),
            purge: format!(
                "WITH step AS MATERIALIZED (
                     SELECT id FROM {table} WHERE id > $1 AND id < $2 AND key IS NOT NULL ORDER BY id LIMIT {STEP}
                 ),
                 gone AS (
                     DELETE FROM {table} WHERE id IN (SELECT id FROM step)
                         AND ($3::bytea IS NULL OR key = $3) AND ($4::text IS NULL OR scope = $4)
                         AND ($5::text IS NULL OR namespace = $5) AND ($6::text IS NULL OR model = $6)
                 )
                 SELECT max(id) FROM step"
            ),
            read: format!(
                "SELECT id, record, prompt, embedding::real[] FROM (
                     SELECT *, sum(size) OVER (ORDER BY id) - size AS before FROM (
                         SELECT id, record, prompt, embedding,
                             octet_length(record) + coalesce(octet_length(prompt), 0) AS size
                         FROM {table} WHERE id > $1 AND (expires IS NULL OR expires > $2) ORDER BY id LIMIT {BATCH}
                     ) AS next
                 ) AS counted WHERE before < {BATCH_BYTES} ORDER BY id"
            ),
            tidy: format!(
                "WITH gone AS (
                     DELETE FROM {table} WHERE id IN (
                         (SELECT id FROM {table} WHERE expires <= $1 LIMIT {STEP})
                         UNION ALL
                         (SELECT id FROM {table} WHERE key IS NOT NULL
                             AND id <= (SELECT max(id) FROM {table}) - $2 ORDER BY id LIMIT {STEP})
                     ) RETURNING id
                 )
                 SELECT count(*) FROM gone"
            ),
            table,
        })
    }
}
