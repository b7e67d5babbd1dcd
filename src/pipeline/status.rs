//! What a lane says of itself, for whoever watches: written by the lane, read from any thread.

use std::sync::atomic::{AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use super::counters::{Clients, LaneCounters, PartitionLag};
use crate::delivery::Tally;
use crate::kafka::TopicPartition;

/// The account of input records: consumed = produced + filtered + dead-lettered + skipped + in flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Records that ended, by how.
    pub ended: Tally,
    /// Records taken up that have not ended.
    pub in_flight: u64,
}

impl Account {
    /// All records that were taken up.
    pub fn consumed(&self) -> u64 {
        self.ended.total() + self.in_flight
    }

    /// Adds another account to this one.
    pub fn add(&mut self, other: Account) {
        self.ended.add(other.ended);
        self.in_flight += other.in_flight;
    }
}

/// A lane, as it is seen from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneView {
    /// Its account.
    pub account: Account,
    /// Partitions that it owns now.
    pub partitions: usize,
    /// Those of them that stand still until a schema is known.
    pub held_partitions: usize,
    /// The same, by name.
    pub assigned: Vec<TopicPartition>,
    /// The topics of its sinks.
    pub sinks: Arc<[String]>,
    /// Outputs acknowledged, by sink.
    pub outputs: Vec<u64>,
    /// Outputs acknowledged by sinks that it had before a reload, by topic.
    pub outputs_before: Vec<(String, u64)>,
    /// What it has counted.
    pub counters: LaneCounters,
    /// How far the group is behind in its partitions, as the brokers told last.
    pub lags: Vec<PartitionLag>,
    /// The age of the oldest record that it has and that is not committed, in milliseconds; 0 where all is.
    pub lag_ms: u64,
    /// How long nothing was committed while there was something to commit, in milliseconds.
    pub commit_age_ms: u64,
    /// What its clients said of themselves last.
    pub clients: Clients,
    /// It has been assigned partitions at least once, or is told that there are none for it.
    pub is_running: bool,
    /// What it waits for, where it is held by an outage.
    pub waiting: Option<String>,
    /// Since when it runs, or waits, in milliseconds since the Unix epoch.
    pub since_ms: u64,
}

impl LaneView {
    /// What it is at now, and since when, where that is new.
    pub(super) fn is_at(&mut self, is_running: bool, waiting: Option<String>) {
        if (is_running, waiting.is_some()) != (self.is_running, self.waiting.is_some()) {
            self.since_ms = unix_ms();
        }
        self.is_running = is_running;
        self.waiting = waiting;
    }
}

/// Now, in milliseconds since the Unix epoch.
pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Where a lane writes its view and its signs of life.
#[derive(Debug)]
pub struct LaneStatus {
    view: Mutex<LaneView>,
    origin: Instant,
    /// When the lane's loop came by last, in milliseconds since `origin`.
    beat_ms: AtomicU64,
    /// The record that it works on: its partition's place in `LaneView::assigned`, and its offset.
    slot: AtomicUsize,
    offset: AtomicI64,
    /// The timestamp of the oldest record that is not committed, in milliseconds since the Unix epoch, or `NONE`.
    oldest_ms: AtomicI64,
    /// Since when something is not committed, in milliseconds since `origin`, or `NONE`.
    uncommitted_since_ms: AtomicI64,
}

/// In place of a time that is not there.
const NONE: i64 = i64::MIN;

impl LaneStatus {
    /// The status of a lane that writes these topics.
    pub(super) fn new(sinks: Arc<[String]>) -> Self {
        let outputs = vec![0; sinks.len()];
        Self {
            view: Mutex::new(LaneView { sinks, outputs, ..LaneView::default() }),
            origin: Instant::now(),
            beat_ms: AtomicU64::new(0),
            slot: AtomicUsize::new(usize::MAX),
            offset: AtomicI64::new(0),
            oldest_ms: AtomicI64::new(NONE),
            uncommitted_since_ms: AtomicI64::new(NONE),
        }
    }

    /// A copy of the view. Ages are those of now, however long ago the lane came by.
    pub fn view(&self) -> LaneView {
        let age = |then: &AtomicI64, now_ms: u128| match then.load(Ordering::Relaxed) {
            NONE => 0,
            then_ms => {
                u64::try_from(i64::try_from(now_ms).unwrap_or(i64::MAX).saturating_sub(then_ms)).unwrap_or(0)
            }
        };
        LaneView {
            lag_ms: age(&self.oldest_ms, unix_ms().into()),
            commit_age_ms: age(&self.uncommitted_since_ms, self.now_ms().into()),
            ..self.lock().clone()
        }
    }

    /// The timestamp of the oldest record that is not committed; `None` where all is.
    pub(super) fn set_oldest(&self, timestamp_ms: Option<i64>) {
        self.oldest_ms.store(timestamp_ms.unwrap_or(NONE), Ordering::Relaxed);
    }

    /// From now on something is not committed since the last commit, or nothing is.
    pub(super) fn set_uncommitted(&self, is_uncommitted: bool) {
        let since = if is_uncommitted { i64::try_from(self.now_ms()).unwrap_or(i64::MAX) } else { NONE };
        self.uncommitted_since_ms.store(since, Ordering::Relaxed);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, LaneView> {
        // A view is only ever assigned whole fields: one left by a panic is as good as any.
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lane lives.
    pub(super) fn beat(&self) {
        self.beat_ms.store(self.now_ms(), Ordering::Relaxed);
    }

    /// The lane begins with a record.
    pub(super) fn at(&self, slot: usize, offset: i64) {
        self.slot.store(slot, Ordering::Relaxed);
        self.offset.store(offset, Ordering::Relaxed);
    }

    /// The last sign of life: another number each time the lane comes by, at most once a millisecond.
    pub(super) fn last_beat(&self) -> u64 {
        self.beat_ms.load(Ordering::Relaxed)
    }

    /// The record that the lane works on, or worked on last.
    pub(super) fn record_at_work(&self) -> Option<String> {
        let (slot, offset) = (self.slot.load(Ordering::Relaxed), self.offset.load(Ordering::Relaxed));
        self.lock().assigned.get(slot).map(|at| format!("{at} offset {offset}"))
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_says_what_it_is_at() {
        let status = LaneStatus::new(Arc::new([]));
        assert_eq!(status.record_at_work(), None);
        status.lock().assigned = vec![TopicPartition { topic: "in".into(), partition: 3 }];
        status.at(0, 17);
        assert_eq!(status.record_at_work().as_deref(), Some("in [3] offset 17"));
    }
}
