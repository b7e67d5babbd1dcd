//! What a lane says of itself, for whoever watches: written by the lane, read from any thread.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::delivery::Tally;

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
    /// Outputs acknowledged, by sink.
    pub outputs: Vec<u64>,
    /// It has been assigned partitions at least once, or is told that there are none for it.
    pub is_running: bool,
    /// What it waits for, where it is held by an outage.
    pub waiting: Option<String>,
}

/// Where a lane writes its view.
#[derive(Debug, Default)]
pub struct LaneStatus(Mutex<LaneView>);

impl LaneStatus {
    /// A copy of the view.
    pub fn view(&self) -> LaneView {
        self.lock().clone()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, LaneView> {
        // A view is only ever assigned whole fields: one left by a panic is as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
