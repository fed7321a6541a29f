//! The journal at work: what happens here goes into it, what happened elsewhere comes out of it. Never in a request's way.
//! Must not know which store it is.

use tokio::sync::mpsc;
use tollgate_cache::Record;

/// How many records may wait for a store that is slow. More are dropped: others miss them, which is all that happens.
const WAITING: usize = 1_024;

/// Where records go in.
pub(crate) struct Appender(Option<mpsc::Sender<Record>>);

/// Where they come out, for whoever writes them into the store.
pub(crate) type Appended = Option<mpsc::Receiver<Record>>;

/// Both ends; nothing goes through where there is no journal.
pub(super) fn channel(is_there: bool) -> (Appender, Appended) {
    if !is_there {
        return (Appender(None), None);
    }
    let (sender, receiver) = mpsc::channel(WAITING);
    (Appender(Some(sender)), Some(receiver))
}

impl Appender {
    /// Hands a record over, or drops it if too many wait.
    pub(super) fn append(&self, record: impl FnOnce() -> Record) {
        if let Some(sender) = &self.0
            && let Ok(place) = sender.try_reserve()
        {
            place.send(record());
        }
    }

    /// Hands a record over, however long that takes.
    pub(super) async fn append_surely(&self, record: Record) {
        if let Some(sender) = &self.0 {
            // The receiver lives as long as the service.
            let _ = sender.send(record).await;
        }
    }
}
