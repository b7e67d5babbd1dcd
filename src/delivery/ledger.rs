//! One partition's ledger: which of its records are finished, and the watermark below which all are.

use std::collections::VecDeque;

/// How an input record ends. Each ends in exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// All its outputs are acknowledged, at least one.
    Produced,
    /// No sink wanted it.
    Filtered,
    /// Its dead letter is acknowledged.
    DeadLettered,
    /// It was poison, and the pipeline says `on_error: skip`.
    Skipped,
}

/// How many records ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records whose outputs are all acknowledged.
    pub produced: u64,
    /// Records that no sink wanted.
    pub filtered: u64,
    /// Records whose dead letter is acknowledged.
    pub dead_lettered: u64,
    /// Records that were skipped.
    pub skipped: u64,
}

impl Tally {
    /// All records that ended.
    pub fn total(&self) -> u64 {
        self.produced + self.filtered + self.dead_lettered + self.skipped
    }

    /// Adds another tally to this one.
    pub fn add(&mut self, other: Tally) {
        self.produced += other.produced;
        self.filtered += other.filtered;
        self.dead_lettered += other.dead_lettered;
        self.skipped += other.skipped;
    }

    fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Produced => self.produced += 1,
            Fate::Filtered => self.filtered += 1,
            Fate::DeadLettered => self.dead_lettered += 1,
            Fate::Skipped => self.skipped += 1,
        }
    }
}

/// What a rewind gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewound {
    /// The offset to read again from; `None` where nothing was read yet.
    pub back_to: Option<i64>,
    /// What its records still took in the producer, in bytes.
    pub bytes: u64,
    /// Records that still had outputs in flight.
    pub records: u64,
}

#[derive(Debug)]
struct Entry {
    offset: i64,
    /// Outputs that are not acknowledged yet.
    pending: u32,
    /// What its outputs take in the producer, in bytes.
    bytes: u64,
    fate: Fate,
    /// Milliseconds since the Unix epoch, or `NO_TIMESTAMP`.
    timestamp_ms: i64,
}

/// In place of a timestamp: half the size of an option, and records in flight are many.
const NO_TIMESTAMP: i64 = i64::MIN;

/// The records of one partition that were taken up and are not below the watermark yet.
///
/// A record is counted when the watermark passes it, and so exactly once, however often it is replayed.
#[derive(Debug, Default)]
pub struct Ledger {
    entries: VecDeque<Entry>,
    /// The number of `entries[0]`; numbers are never used twice within a ledger's life.
    first_number: u64,
    /// The offset after the last record taken up, or where the partition begins; `None` until one is known.
    position: Option<i64>,
    /// The offset after the newest record ever taken up.
    newest: Option<i64>,
    /// The offset after the last record that the consumer handed over, taken up or not.
    handed_over: Option<i64>,
    /// Records taken up and not counted yet; replays count once.
    open: u64,
}

impl Ledger {
    /// An empty ledger of a partition whose committed offset is not known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The number that the next record will have.
    pub fn next_number(&self) -> u64 {
        self.first_number + self.entries.len() as u64
    }

    /// Whether a record at `offset` is the next one: false for what was fetched before the partition was moved.
    pub fn is_ahead(&self, offset: i64) -> bool {
        self.position.is_none_or(|position| offset >= position)
    }

    /// The consumer handed over the record at `offset`; its turn comes later, or never.
    pub fn hand_over(&mut self, offset: i64) {
        self.handed_over = self.handed_over.max(Some(offset + 1));
    }

    /// Takes a record up: `pending` outputs were handed to the producer, of `bytes` in all. The timestamp is the
    /// record's own, in milliseconds since the Unix epoch.
    ///
    /// # Panics
    ///
    /// Where `offset` is not ahead: a record taken up twice would be counted twice.
    pub fn take_up(&mut self, offset: i64, timestamp_ms: Option<i64>, fate: Fate, pending: u32, bytes: u64) {
        assert!(self.is_ahead(offset), "offset {offset} is behind {:?}", self.position);
        let timestamp_ms = timestamp_ms.unwrap_or(NO_TIMESTAMP);
        self.entries.push_back(Entry { offset, pending, bytes, fate, timestamp_ms });
        self.position = Some(offset + 1);
        if self.newest.is_none_or(|newest| offset >= newest) {
            self.newest = Some(offset + 1);
            self.open += 1;
        }
    }

    /// One output of record `number` is acknowledged. Gives the bytes that are free now: 0 until its last one.
    pub fn acknowledge(&mut self, number: u64) -> u64 {
        let Some(entry) = self.entry(number) else { return 0 };
        assert!(entry.pending > 0, "more acknowledgements than outputs");
        entry.pending -= 1;
        if entry.pending == 0 { std::mem::take(&mut entry.bytes) } else { 0 }
    }

    fn entry(&mut self, number: u64) -> Option<&mut Entry> {
        let index = number.checked_sub(self.first_number)?;
        self.entries.get_mut(usize::try_from(index).ok()?)
    }

    /// The offset of record `number`, while it is above the watermark.
    pub fn offset_of(&self, number: u64) -> Option<i64> {
        let index = usize::try_from(number.checked_sub(self.first_number)?).ok()?;
        self.entries.get(index).map(|entry| entry.offset)
    }

    /// Moves the watermark over all records that are finished, and counts them.
    pub fn advance(&mut self) -> Tally {
        let mut tally = Tally::default();
        while self.entries.front().is_some_and(|entry| entry.pending == 0) {
            let entry = self.entries.pop_front().expect("just seen");
            self.first_number += 1;
            self.open -= 1;
            tally.count(entry.fate);
        }
        tally
    }

    /// The timestamp of the first record at or above the watermark, in milliseconds since the Unix epoch; `None` where
    /// none was taken up, or it has none.
    pub fn oldest_ms(&self) -> Option<i64> {
        self.entries.front().map(|entry| entry.timestamp_ms).filter(|ms| *ms != NO_TIMESTAMP)
    }

    /// The offset below which every record is finished: what may be committed. `None` while nothing is known.
    /// Gaps (compaction, transaction markers) below it are passed with the record that follows them.
    pub fn watermark(&self) -> Option<i64> {
        self.entries.front().map(|entry| entry.offset).or(self.position)
    }

    /// The consumer stands at `offset` and handed over everything below it: gaps and markers at the end are passed,
    /// where nothing is in flight, nothing is left to be replayed, and all that was handed over was taken up.
    pub fn pass_gap(&mut self, offset: i64) {
        let is_past = |end: Option<i64>| end.is_none_or(|end| self.position.is_some_and(|at| at >= end));
        let nothing_left = is_past(self.newest) && is_past(self.handed_over);
        if self.entries.is_empty() && nothing_left && self.position.is_some_and(|position| offset > position)
        {
            self.position = Some(offset);
        }
    }

    /// Where the partition begins: nothing below `offset` is this ledger's.
    pub fn begin_at(&mut self, offset: i64) {
        assert!(self.entries.is_empty(), "a partition begins before its first record");
        self.position = Some(offset);
        // Offsets of another time (a topic that was deleted and created again) say nothing about replays.
        self.newest = None;
        self.open = 0;
    }

    /// Forgets what is above the watermark, to be read again from there.
    pub fn rewind(&mut self) -> Rewound {
        let back_to = self.watermark();
        let bytes = self.entries.iter().map(|entry| entry.bytes).sum();
        let records = self.entries.iter().filter(|entry| entry.bytes > 0).count() as u64;
        // Numbers go on: a late report of a forgotten record finds nothing.
        self.first_number += self.entries.len() as u64;
        self.entries.clear();
        self.position = back_to;
        self.handed_over = None;
        Rewound { back_to, bytes, records }
    }

    /// Records at or above the watermark, finished or not: what a kill makes the next owner replay, beside what is
    /// finished and not committed.
    pub fn held(&self) -> u64 {
        self.entries.len() as u64
    }

    /// No record is above the watermark.
    pub fn is_settled(&self) -> bool {
        self.entries.is_empty()
    }

    /// Records taken up and not counted yet, those that wait for their replay included.
    pub fn in_flight(&self) -> u64 {
        self.open
    }
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
