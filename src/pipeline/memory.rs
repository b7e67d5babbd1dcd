//! The memory that records may take in the process: a fixed floor for each lane, and one pool for the rest.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::kafka::{FETCH_BYTES_MAX, QUEUE_BYTES_MAX};

/// What a lane always has for outputs in flight, in bytes.
pub const IN_FLIGHT_FLOOR_BYTES: u64 = 1024 * 1024;

/// What each lane holds whatever the others do, in bytes: what its consumer prefetches, as much again that was
/// taken and waits for its turn, by how much one fetch overshoots, and its floor in flight.
pub const LANE_FLOOR_BYTES: u64 = 2 * QUEUE_BYTES_MAX + FETCH_BYTES_MAX + IN_FLIGHT_FLOOR_BYTES;

/// What lanes borrow and give back at a time, in bytes.
pub const LOAN_BYTES: u64 = 1024 * 1024;

/// What the process has beyond the lanes' floors.
#[derive(Debug)]
pub struct Pool {
    free_bytes: AtomicU64,
}

impl Pool {
    /// A pool of what `memory.max` leaves after the floors of `lanes`.
    pub fn new(memory_max_bytes: u64, lanes: usize) -> Self {
        let floors = LANE_FLOOR_BYTES.saturating_mul(lanes as u64);
        Self { free_bytes: AtomicU64::new(memory_max_bytes.saturating_sub(floors)) }
    }

    /// What nobody has borrowed, in bytes.
    pub fn free_bytes(&self) -> u64 {
        self.free_bytes.load(Ordering::Relaxed)
    }

    /// Borrows, where there is as much.
    pub fn borrow(&self, bytes: u64) -> bool {
        self.free_bytes
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |free| free.checked_sub(bytes))
            .is_ok()
    }

    /// Gives back what was borrowed.
    pub fn give_back(&self, bytes: u64) {
        self.free_bytes.fetch_add(bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_lent_than_there_is() {
        let pool = Pool::new(LANE_FLOOR_BYTES + 3 * LOAN_BYTES, 1);
        assert!(pool.borrow(3 * LOAN_BYTES));
        assert!(!pool.borrow(1));
        pool.give_back(LOAN_BYTES);
        assert_eq!(pool.free_bytes(), LOAN_BYTES);
    }
}
