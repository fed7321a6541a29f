//! Making room: what is dead in the file goes when it is rewritten, and where that is not enough, the oldest records do.
//! Must not know how records are written or read one by one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::frame::{Frame, Header};
use super::log::{Log, Place, Slot, beside, micros, open};

/// Below this many bytes a file is not rewritten for what is dead in it.
const WORTH_REWRITING: u64 = 1 << 20;

/// How often expired records are looked for.
const SWEEP: Duration = Duration::from_secs(60);

impl Log {
    /// Bytes of the file that nobody needs.
    pub(super) fn dead_bytes(&self) -> u64 {
        self.end - Header::SIZE as u64 - self.live_bytes
    }

    /// Rewrites the file if most of it is dead, or if there is no room for `length` more; then the oldest go.
    pub(super) fn make_room(&mut self, length: u64, now: SystemTime) -> io::Result<()> {
        if now.duration_since(self.swept).unwrap_or(SWEEP) >= SWEEP {
            self.sweep(now);
        }
        let full = self.end + length > self.options.max_bytes;
        if full {
            self.sweep(now);
            // Room for more than one, or every append would rewrite the file.
            let target = self.options.max_bytes / 4 * 3;
            let mut oldest = Vec::new();
            let mut left = self.live_bytes + length + Header::SIZE as u64;
            for (number, slot) in &self.live {
                match slot {
                    _ if left <= target => break,
                    Slot::Put(place) => {
                        oldest.push(*number);
                        left -= place.length;
                    }
                    Slot::Purge(_) => {}
                }
            }
            oldest.into_iter().for_each(|number| self.remove(number));
            return self.rewrite();
        }
        let dead = self.dead_bytes();
        if dead > self.live_bytes && dead > WORTH_REWRITING && self.end >= self.not_before {
            // It need not be done now: the record that waits is not to be lost for it.
            if let Err(error) = self.rewrite() {
                tracing::warn!(path = %self.path.display(), %error, "the cache's journal cannot be rewritten");
                self.not_before = self.end + WORTH_REWRITING;
            }
        }
        Ok(())
    }

    fn sweep(&mut self, now: SystemTime) {
        let (limit, mut gone) = (micros(now), Vec::new());
        for (number, slot) in &self.live {
            if let Slot::Put(place) = slot
                && place.expires <= limit
            {
                gone.push(*number);
            }
        }
        gone.into_iter().for_each(|number| self.remove(number));
        self.swept = now;
    }

    /// Puts a file with nothing but what is live in the place of this one, or leaves this one as it is.
    pub(super) fn rewrite(&mut self) -> io::Result<()> {
        let path = beside(&self.path, ".new");
        let file = open(&path)?;
        file.set_len(0)?;
        let header = Header {
            marker: self.marker,
            next: self.next,
        };
        let mut out = BufWriter::with_capacity(1 << 20, file);
        out.write_all(&header.to_bytes())?;
        let mut end = Header::SIZE as u64;
        let mut moved = Vec::with_capacity(self.live.len());
        for (number, slot) in &self.live {
            if let Slot::Put(place) = slot
                && let Some(frame) = Frame::read(&self.file, self.marker, place.offset, self.end)?
            {
                out.write_all(&Frame::to_bytes(self.marker, frame.meta, &frame.payload))?;
                moved.push((
                    *number,
                    Place {
                        offset: end,
                        ..*place
                    },
                ));
                end += place.length;
            }
        }
        let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        fs::rename(&path, &self.path)?;
        // From here on the old file is gone, and what fails changes nothing about that.
        self.file = file;
        (self.end, self.not_before) = (end, 0);
        self.live.retain(|_, slot| matches!(slot, Slot::Purge(_)));
        self.newest.clear();
        self.live_bytes = 0;
        for (number, place) in moved {
            self.insert(number, place);
        }
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }
}
