//! What the simulator received and how each exchange ended, for tests to read at `/sim/requests`.
//! Must not know what a request means.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use serde_json::{Value, json};

use crate::http::Request;

/// Old records leave when there are more than this.
const MAX_RECORDS: usize = 4096;

/// How an exchange ended, seen from the simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// Still going on.
    Open = 0,
    /// The whole answer was written.
    Complete = 1,
    /// The client closed the connection before that.
    ClientLeft = 2,
    /// The script cut it.
    Cut = 3,
}

impl Outcome {
    fn name(number: u8) -> &'static str {
        match number {
            1 => "complete",
            2 => "client_left",
            3 => "cut",
            _ => "open",
        }
    }
}

/// One received request.
pub(crate) struct Record {
    request: Request,
    outcome: AtomicU8,
    written: AtomicUsize,
}

impl Record {
    /// Says how the exchange ended and how many bytes of the body were written.
    pub(crate) fn close(&self, outcome: Outcome, written: usize) {
        self.written.store(written, Ordering::Relaxed);
        self.outcome.store(outcome as u8, Ordering::Release);
    }

    fn to_json(&self, number: usize) -> Value {
        let headers: Vec<Value> = self
            .request
            .headers
            .iter()
            .map(|(name, value)| json!([name, value]))
            .collect();
        let (text, base64) = match std::str::from_utf8(&self.request.body) {
            Ok(text) => (json!(text), Value::Null),
            Err(_) => (
                Value::Null,
                json!(base64::engine::general_purpose::STANDARD.encode(&self.request.body)),
            ),
        };
        json!({
            "number": number,
            "method": self.request.method,
            "path": self.request.target,
            "headers": headers,
            "body": text,
            "body_base64": base64,
            "outcome": Outcome::name(self.outcome.load(Ordering::Acquire)),
            "written": self.written.load(Ordering::Relaxed),
        })
    }
}

/// The requests of one listener, oldest first.
#[derive(Default)]
pub(crate) struct Records(Mutex<VecDeque<Arc<Record>>>);

impl Records {
    /// Remembers a request; the answer's end is told to what comes back.
    pub(crate) fn add(&self, request: Request) -> Arc<Record> {
        let record = Arc::new(Record {
            request,
            outcome: AtomicU8::new(0),
            written: AtomicUsize::new(0),
        });
        let mut records = self.lock();
        if records.len() == MAX_RECORDS {
            records.pop_front();
        }
        records.push_back(Arc::clone(&record));
        record
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// All records as a JSON array.
    pub(crate) fn to_json(&self) -> Value {
        self.lock()
            .iter()
            .enumerate()
            .map(|(number, record)| record.to_json(number))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Record>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
