//! What the client counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Counted since the registry was opened.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    failures: AtomicU64,
    waited_us: AtomicU64,
    cache_hits: AtomicU64,
}

/// A registry's counters at one moment; they only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// HTTP requests, each try at each address.
    pub requests: u64,
    /// Those of them that brought no answer of a registry.
    pub failures: u64,
    /// What all requests took together, in microseconds.
    pub waited_us: u64,
    /// Schemas and sinks' ids that came from the disk.
    pub cache_hits: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.failures += other.failures;
        self.waited_us += other.waited_us;
        self.cache_hits += other.cache_hits;
    }
}

impl Counters {
    pub(super) fn asked(&self, took: Duration, failed: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if failed {
            self.failed();
        }
        let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.waited_us.fetch_add(took_us, Ordering::Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn cache_hit(&self) {
        self.cache_hits.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Counts {
        Counts {
            requests: self.requests.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            waited_us: self.waited_us.load(Ordering::Relaxed),
            cache_hits: self.cache_hits.load(Ordering::Relaxed),
        }
    }
}
