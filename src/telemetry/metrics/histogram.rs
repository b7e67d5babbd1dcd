//! Histograms with fixed buckets: cheap to observe, copy and add.

use std::time::Duration;

/// How many buckets a histogram has, the one without a bound left out.
pub const BUCKETS: usize = 14;

/// Upper bounds of a histogram's buckets, in seconds.
pub type Bounds = [f64; BUCKETS];

/// What a round of a lane takes: up to a thousand records, or a tenth of a second of slow programs and what follows.
pub const BATCH_SECONDS: Bounds =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// From a record's timestamp to the moment its watermark passes: milliseconds where all is well, hours after an outage.
pub const LATENCY_SECONDS: Bounds =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0];

/// Durations, counted by bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    /// By bucket, each on its own; the last one has no bound.
    counts: [u64; BUCKETS + 1],
    sum_us: u64,
}

impl Histogram {
    /// Counts one duration.
    pub fn observe(&mut self, bounds: &Bounds, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = bounds.iter().position(|bound| seconds <= *bound).unwrap_or(BUCKETS);
        self.counts[bucket] += 1;
        let us = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.sum_us = self.sum_us.saturating_add(us);
    }

    /// Adds what another one has counted by the same bounds.
    pub fn add(&mut self, other: &Histogram) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }

    /// How many durations are at most each bound, and last how many there are in all.
    pub fn cumulative(&self) -> [u64; BUCKETS + 1] {
        let mut total = 0;
        self.counts.map(|count| {
            total += count;
            total
        })
    }

    /// All durations together, in seconds.
    pub fn sum_seconds(&self) -> f64 {
        self.sum_us as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bounds_ascend() {
        for bounds in [BATCH_SECONDS, LATENCY_SECONDS] {
            assert!(bounds.is_sorted_by(|a, b| a < b), "{bounds:?}");
        }
    }

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        let mut histogram = Histogram::default();
        histogram.observe(&LATENCY_SECONDS, Duration::from_millis(5));
        histogram.observe(&LATENCY_SECONDS, Duration::from_micros(5001));
        histogram.observe(&LATENCY_SECONDS, Duration::from_secs(7200));
        let cumulative = histogram.cumulative();
        assert_eq!(
            (cumulative[0], cumulative[1], cumulative[BUCKETS - 1], cumulative[BUCKETS]),
            (1, 2, 2, 3)
        );
    }

    proptest! {
        #[test]
        fn adding_is_observing_together(
            first in prop::collection::vec(0..8_000_000u64, 0..50),
            second in prop::collection::vec(0..8_000_000u64, 0..50),
        ) {
            let of = |all: &[u64]| {
                let mut histogram = Histogram::default();
                all.iter().for_each(|ms| histogram.observe(&LATENCY_SECONDS, Duration::from_millis(*ms)));
                histogram
            };
            let mut sum = of(&first);
            sum.add(&of(&second));
            let together: Vec<_> = first.iter().chain(&second).copied().collect();
            prop_assert_eq!(sum, of(&together));
            prop_assert_eq!(sum.cumulative()[BUCKETS], together.len() as u64);
        }
    }
}
