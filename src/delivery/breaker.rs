//! The breaker: so much poison that the fault is the pipeline's and not the records'.

use std::collections::VecDeque;

/// The window is kept in so many slices; the oldest falls out as a whole.
const SLICES: u64 = 60;

#[derive(Debug)]
struct Slice {
    begin_ms: u64,
    records: u64,
    poison: u64,
}

/// Counts records and poison over a sliding window of time.
#[derive(Debug)]
pub struct Breaker {
    share_percent: f64,
    window_ms: u64,
    min_records: u64,
    slices: VecDeque<Slice>,
    records: u64,
    poison: u64,
}

impl Breaker {
    /// Opens when more than `share_percent` of at least `min_records` records within `window_ms` were poison.
    pub fn new(share_percent: f64, window_ms: u64, min_records: u64) -> Self {
        Self {
            share_percent,
            window_ms: window_ms.max(1),
            min_records: min_records.max(1),
            slices: VecDeque::new(),
            records: 0,
            poison: 0,
        }
    }

    /// So many records were processed, so many of them poison.
    pub fn count(&mut self, records: u64, poison: u64, now_ms: u64) {
        self.forget(now_ms);
        let slice_ms = (self.window_ms / SLICES).max(1);
        match self.slices.back_mut() {
            Some(slice) if now_ms.saturating_sub(slice.begin_ms) < slice_ms => {
                slice.records += records;
                slice.poison += poison;
            }
            _ => self.slices.push_back(Slice { begin_ms: now_ms, records, poison }),
        }
        self.records += records;
        self.poison += poison;
    }

    /// Whether it is open now. Once a pipeline has stopped for it, a new breaker begins.
    pub fn is_open(&self) -> bool {
        self.records >= self.min_records
            && self.poison as f64 * 100.0 > self.share_percent * self.records as f64
    }

    /// Poison and records in the window.
    pub fn counts(&self) -> (u64, u64) {
        (self.poison, self.records)
    }

    fn forget(&mut self, now_ms: u64) {
        while self.slices.front().is_some_and(|s| now_ms.saturating_sub(s.begin_ms) >= self.window_ms) {
            let slice = self.slices.pop_front().expect("just seen");
            self.records -= slice.records;
            self.poison -= slice.poison;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_records_never_open_it() {
        let mut breaker = Breaker::new(50.0, 60_000, 1000);
        breaker.count(999, 999, 0);
        assert!(!breaker.is_open());
        breaker.count(1, 0, 1);
        assert!(breaker.is_open());
    }

    #[test]
    fn exactly_the_share_is_not_more_than_it() {
        let mut breaker = Breaker::new(50.0, 60_000, 10);
        breaker.count(10, 5, 0);
        assert!(!breaker.is_open());
        breaker.count(1, 1, 0);
        assert!(breaker.is_open());
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let mut breaker = Breaker::new(50.0, 60_000, 10);
        breaker.count(100, 100, 0);
        breaker.count(100, 0, 60_000);
        assert_eq!(breaker.counts(), (0, 100));
    }

    proptest! {
        #[test]
        fn counts_are_those_of_the_window(events in prop::collection::vec((0..3000u64, 1..10u64), 1..100)) {
            let mut breaker = Breaker::new(50.0, 6_000, 1);
            let (mut now, mut all) = (0, Vec::new());
            for (pause, records) in events {
                now += pause;
                breaker.count(records, records / 2, now);
                all.push((now, records));
                // A slice may keep what is up to one slice younger than its begin, never what is older.
                let within = |ms: u64| all.iter().filter(|(at, _)| now - at < ms).map(|(_, n)| n).sum::<u64>();
                let (_, counted) = breaker.counts();
                prop_assert!(counted >= within(6_000 - 100) && counted <= within(6_000));
            }
        }
    }
}
