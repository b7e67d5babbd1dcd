//! The memory that records may take in the process: a fixed floor for each lane, and one pool for the rest.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::kafka::{FETCH_BYTES_MAX, QUEUE_BYTES_MAX};

/// What a lane always has for outputs in flight, in bytes.
pub const IN_FLIGHT_FLOOR_BYTES: u64 = 1024 * 1024;

/// What each lane holds whatever the others do, in bytes: what its consumer prefetches, as much again that was
/// taken and waits for its turn, by how much one fetch overshoots, and its floor in flight.
pub const LANE_FLOOR_BYTES: u64 = 2 * QUEUE_BYTES_MAX + FETCH_BYTES_MAX + IN_FLIGHT_FLOOR_BYTES;

/// What lanes borrow and give back at a time, in bytes.
pub const LOAN_BYTES: u64 = 1024 * 1024;

/// What the process has for records. Lanes that run have their floors off the top; the rest is lent.
#[derive(Debug)]
pub struct Pool {
    max_bytes: u64,
    /// What nobody has borrowed. Below zero while a reload starts lanes before others have given back.
    free_bytes: AtomicI64,
}

impl Pool {
    /// A pool of `memory.max`.
    pub fn new(memory_max_bytes: u64) -> Self {
        Self { max_bytes: memory_max_bytes, free_bytes: AtomicI64::new(signed(memory_max_bytes)) }
    }

    /// What nobody has borrowed, in bytes.
    pub fn free_bytes(&self) -> u64 {
        u64::try_from(self.free_bytes.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// The floors of all lanes that run and what they have borrowed, in bytes.
    pub fn used_bytes(&self) -> u64 {
        u64::try_from(signed(self.max_bytes) - self.free_bytes.load(Ordering::Relaxed)).unwrap_or(0)
    }

    /// A lane begins: it has its floor whatever the others hold.
    pub fn open_lane(&self) {
        self.free_bytes.fetch_sub(signed(LANE_FLOOR_BYTES), Ordering::AcqRel);
    }

    /// A lane has ended.
    pub fn close_lane(&self) {
        self.give_back(LANE_FLOOR_BYTES);
    }

    /// Borrows, where there is as much.
    pub fn borrow(&self, bytes: u64) -> bool {
        let take = |free: i64| free.checked_sub(signed(bytes)).filter(|left| *left >= 0);
        self.free_bytes.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_ok()
    }

    /// Gives back what was borrowed.
    pub fn give_back(&self, bytes: u64) {
        self.free_bytes.fetch_add(signed(bytes), Ordering::AcqRel);
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_lent_than_there_is() {
        let pool = Pool::new(LANE_FLOOR_BYTES + 3 * LOAN_BYTES);
        pool.open_lane();
        assert!(pool.borrow(3 * LOAN_BYTES));
        assert!(!pool.borrow(1));
        pool.give_back(LOAN_BYTES);
        assert_eq!(pool.free_bytes(), LOAN_BYTES);
    }

    #[test]
    fn a_lane_that_starts_while_all_is_lent_gets_its_floor_before_anyone_borrows_again() {
        let pool = Pool::new(LANE_FLOOR_BYTES);
        assert!(pool.borrow(LANE_FLOOR_BYTES));
        pool.open_lane();
        assert_eq!((pool.free_bytes(), pool.used_bytes()), (0, 2 * LANE_FLOOR_BYTES));
        pool.give_back(LANE_FLOOR_BYTES);
        assert!(!pool.borrow(1));
        pool.close_lane();
        assert!(pool.borrow(1));
    }
}
