//! The open file and where in it the live records stand; whatever takes its time happens here, on a thread that may wait.
//! Must not know who reads, or what wakes them.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::ops::Bound;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tollgate_cache::{CacheKey, Entry, Purge, Record};

use super::FileOptions;
use super::frame::{Found, Frame, Header, LARGEST, Meta};

/// What one read hands out at most.
const BATCH: usize = 256;
const BATCH_BYTES: u64 = 8 << 20;

/// Purges that a reader can still be told of one by one.
const PURGES: usize = 1_024;

/// Only the owner reads answers.
const MODE: u32 = 0o600;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum LogError {
    /// Another process, or another [`FileJournal`](super::FileJournal) of this one.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// A wrong path in the configuration, most likely: left alone.
    #[error("{} is not a journal, and is left alone", .0.display())]
    Foreign(PathBuf),
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// The journal's file.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) path: PathBuf,
    pub(super) file: File,
    /// A file of its own, since `path` is replaced by other files. Locked while it is open.
    lock: File,
    pub(super) marker: [u8; 8],
    /// Where the next frame goes.
    pub(super) end: u64,
    /// Its number.
    pub(super) next: u64,
    /// What is live, by number. Everything else in the file is dead.
    pub(super) live: BTreeMap<u64, Slot>,
    /// Bytes of what is live.
    pub(super) live_bytes: u64,
    /// The newest put of each key.
    pub(super) newest: HashMap<u64, u64>,
    /// Purges are not written down: whoever starts anew finds nothing that they dropped. How many there are in `live`.
    purges: usize,
    /// Readers that have not come so far may have missed a purge.
    forgotten: u64,
    pub(super) options: FileOptions,
    pub(super) swept: SystemTime,
    /// No rewriting before the file is so long, since the last one failed.
    pub(super) not_before: u64,
}

/// A live record.
#[derive(Debug)]
pub(super) enum Slot {
    Put(Place),
    Purge(Box<Purge>),
}

/// Where a frame is, and what of its meta is asked for often.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) expires: u64,
    pub(super) key: u64,
}

/// Records that were read.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) records: Vec<Record>,
    /// The number of the last record that was looked at.
    pub(super) next: u64,
    pub(super) caught_up: bool,
}

impl Log {
    /// Opens or creates the journal at `path`. What is damaged is passed over; what was cut short at the end is cut off.
    pub(super) fn open(path: &Path, options: FileOptions) -> Result<Self, LogError> {
        let failed = |source| LogError::Io {
            path: path.into(),
            source,
        };
        let lock = open(&beside(path, ".lock")).map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => LogError::InUse(path.into()),
            TryLockError::Error(source) => failed(source),
        })?;
        // Left by a process that died while it rewrote the file.
        match fs::remove_file(beside(path, ".new")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let file = open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let mut start = vec![0; usize::try_from(length).map_or(Header::SIZE, |all| all.min(Header::SIZE))];
        file.read_exact_at(&mut start, 0).map_err(failed)?;
        let header = match Header::find(&start) {
            Found::Header(header) => Some(header),
            Found::Unreadable => None,
            Found::Foreign => return Err(LogError::Foreign(path.into())),
        };
        let mut log = Self {
            path: path.into(),
            file,
            lock,
            marker: [0; 8],
            end: length,
            next: 1,
            live: BTreeMap::new(),
            live_bytes: 0,
            newest: HashMap::new(),
            purges: 0,
            forgotten: 0,
            options,
            swept: UNIX_EPOCH,
            not_before: 0,
        };
        match header {
            Some(header) => log.scan(header),
            None => log.begin(length),
        }
        .map_err(failed)?;
        Ok(log)
    }

    /// An empty journal in the place of whatever the file holds.
    fn begin(&mut self, length: u64) -> io::Result<()> {
        if length > 0 {
            tracing::warn!(path = %self.path.display(), "the cache's journal cannot be read, and starts anew");
        }
        let header = Header::new();
        self.file.set_len(0)?;
        self.file.write_all_at(&header.to_bytes(), 0)?;
        (self.marker, self.end) = (header.marker, Header::SIZE as u64);
        Ok(())
    }

    fn scan(&mut self, header: Header) -> io::Result<()> {
        (self.marker, self.next) = (header.marker, header.next);
        let length = self.end;
        let mut offset = Header::SIZE as u64;
        let mut damaged = 0;
        // Behind the last frame that is intact.
        self.end = offset;
        while offset < length {
            if let Some(frame) = Frame::read(&self.file, self.marker, offset, length)? {
                let place = Place::new(offset, &frame);
                offset += place.length;
                damaged += place.offset - self.end;
                self.end = offset;
                self.next = self.next.max(frame.meta.number.saturating_add(1));
                self.insert(frame.meta.number, place);
            } else if let Some(found) = Frame::find(&self.file, self.marker, offset + 1, length)? {
                offset = found;
            } else {
                break;
            }
        }
        let cut = length - self.end;
        if damaged + cut > 0 {
            tracing::warn!(path = %self.path.display(), damaged, cut, "bytes of the cache's journal cannot be read");
        }
        self.file.set_len(self.end)
    }

    pub(super) fn insert(&mut self, number: u64, place: Place) {
        if let Some(replaced) = self.newest.insert(place.key, number) {
            self.remove(replaced);
        }
        self.live_bytes += place.length;
        self.live.insert(number, Slot::Put(place));
    }

    /// Leaves the record's bytes to the next rewriting.
    pub(super) fn remove(&mut self, number: u64) {
        if let Some(Slot::Put(place)) = self.live.remove(&number) {
            self.live_bytes = self.live_bytes.saturating_sub(place.length);
            if self.newest.get(&place.key) == Some(&number) {
                self.newest.remove(&place.key);
            }
        }
    }

    /// Writes an entry behind all others. One that is larger than a quarter of the file's bound is not kept.
    pub(super) fn put(&mut self, entry: &Entry, payload: &[u8], now: SystemTime) -> io::Result<()> {
        let meta = Meta {
            number: self.next,
            expires: entry.expires.map_or(u64::MAX, micros),
            key: short(&entry.key),
        };
        let length = (Frame::HEAD + payload.len()) as u64;
        if entry.is_expired(now) || payload.len() > LARGEST || length > self.options.max_bytes / 4 {
            return Ok(());
        }
        self.make_room(length, now)?;
        // What a write that failed half-way left is overwritten by the next one, or cut off at the next start.
        self.file
            .write_all_at(&Frame::to_bytes(self.marker, meta, payload), self.end)?;
        let place = Place {
            offset: self.end,
            length,
            expires: meta.expires,
            key: meta.key,
        };
        (self.end, self.next) = (self.end + length, self.next + 1);
        self.insert(meta.number, place);
        Ok(())
    }

    /// Records behind number `after`.
    pub(super) fn read(&mut self, after: u64, now: SystemTime) -> io::Result<Page> {
        if after > 0 && after < self.forgotten {
            return Ok(Page {
                records: vec![Record::Purge(Purge::default())],
                next: 0,
                caught_up: false,
            });
        }
        // Of a journal that is not there any more.
        let after = if after < self.next { after } else { 0 };
        let mut page = Page {
            records: Vec::new(),
            next: after,
            caught_up: false,
        };
        let (mut bytes, mut unreadable) = (0, Vec::new());
        let mut slots = self.live.range((Bound::Excluded(after), Bound::Unbounded));
        page.caught_up = loop {
            let Some((&number, slot)) = slots.next() else {
                break true;
            };
            match slot {
                Slot::Purge(purge) => page.records.push(Record::Purge((**purge).clone())),
                Slot::Put(place) if place.expires <= micros(now) => {}
                Slot::Put(place) => {
                    match Frame::read(&self.file, self.marker, place.offset, self.end)? {
                        // A record of another version is nobody's fault.
                        Some(frame) => page.records.extend(Record::decode(&frame.payload)),
                        None => unreadable.push(number),
                    }
                    bytes += place.length;
                }
            }
            page.next = number;
            if page.records.len() >= BATCH || bytes >= BATCH_BYTES {
                break false;
            }
        };
        for number in unreadable {
            tracing::warn!(path = %self.path.display(), number, "a record of the cache's journal was damaged");
            self.remove(number);
        }
        Ok(page)
    }

    /// Drops what `purge` selects, from the file too, and tells readers.
    pub(super) fn purge(&mut self, purge: &Purge) -> io::Result<()> {
        let mut selected = Vec::new();
        for (number, slot) in &self.live {
            if let Slot::Put(place) = slot {
                let frame = Frame::read(&self.file, self.marker, place.offset, self.end)?;
                let keep = match frame.map(|frame| Record::decode(&frame.payload)) {
                    Some(Ok(Record::Put { entry, .. })) => !purge.selects(&entry.key, &entry.partition),
                    // Nobody can say what it is.
                    _ => false,
                };
                if !keep {
                    selected.push(*number);
                }
            }
        }
        selected.into_iter().for_each(|number| self.remove(number));
        // What is dead already may be of those that are purged.
        if self.dead_bytes() > 0 {
            self.rewrite()?;
        }
        self.live.insert(self.next, Slot::Purge(Box::new(purge.clone())));
        (self.next, self.purges) = (self.next + 1, self.purges + 1);
        if self.purges > PURGES {
            let mut slots = self.live.iter();
            let oldest = slots.find_map(|(number, slot)| matches!(slot, Slot::Purge(_)).then_some(*number));
            if let Some(oldest) = oldest {
                self.live.remove(&oldest);
                (self.forgotten, self.purges) = (oldest, self.purges - 1);
            }
        }
        Ok(())
    }
}

/// Closing the file would do, unless this process is just starting another one, which has a copy of it for a moment.
impl Drop for Log {
    fn drop(&mut self) {
        // It is closed in any case.
        let _ = self.lock.unlock();
    }
}

impl Place {
    fn new(offset: u64, frame: &Frame) -> Self {
        Self {
            offset,
            length: (Frame::HEAD + frame.payload.len()) as u64,
            expires: frame.meta.expires,
            key: frame.meta.key,
        }
    }
}

/// Opens or creates a file that nobody else may read.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(MODE);
    let file = options.open(path)?;
    file.set_permissions(fs::Permissions::from_mode(MODE))?;
    Ok(file)
}

pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

pub(super) fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

fn short(key: &CacheKey) -> u64 {
    let [first, ..] = key.as_bytes().as_chunks().0 else {
        return 0;
    };
    u64::from_le_bytes(*first)
}
