//! What a lane counts beside its account. A pipeline's counts go on over all its lanes, those that are gone included.

use std::time::Duration;

use crate::kafka::{ClientCounts, ClientStatistics, TopicPartition};
use crate::telemetry::metrics::histogram::{BATCH_SECONDS, Histogram, LATENCY_SECONDS};

/// Counts that only grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LaneCounters {
    /// Commits that were acknowledged.
    pub commits: u64,
    /// Commits that failed; each is tried again, where the partition stays.
    pub commit_failures: u64,
    /// How often partitions came, went, and were lost.
    pub rebalances: Rebalances,
    /// Records taken up whose partition went before they ended: who owns it next reads them again.
    pub given_up: u64,
    /// How long rounds took: taking records, processing them and handing their outputs to the producer.
    pub batches: Histogram,
    /// From a record's timestamp to the moment its watermark passed; one record of each round is followed.
    pub latency: Histogram,
    /// What the consumer has counted.
    pub consumer: ClientCounts,
    /// What the producers have counted.
    pub producer: ClientCounts,
}

/// Rebalances that moved partitions of a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rebalances {
    /// Partitions came.
    pub assigned: u64,
    /// Partitions went, after what was in flight was finished and committed.
    pub revoked: u64,
    /// Partitions were gone before anything could be done.
    pub lost: u64,
}

impl LaneCounters {
    /// Adds another lane's counts to these.
    pub fn add(&mut self, other: &LaneCounters) {
        self.commits += other.commits;
        self.commit_failures += other.commit_failures;
        self.rebalances.assigned += other.rebalances.assigned;
        self.rebalances.revoked += other.rebalances.revoked;
        self.rebalances.lost += other.rebalances.lost;
        self.given_up += other.given_up;
        self.batches.add(&other.batches);
        self.latency.add(&other.latency);
        self.consumer.add(other.consumer);
        self.producer.add(other.producer);
    }

    pub(super) fn count_batch(&mut self, took: Duration) {
        self.batches.observe(&BATCH_SECONDS, took);
    }

    /// A record that was followed is below the watermark.
    pub(super) fn count_latency(&mut self, timestamp_ms: i64, now_unix_ms: i64) {
        let ms = u64::try_from(now_unix_ms.saturating_sub(timestamp_ms)).unwrap_or(0);
        self.latency.observe(&LATENCY_SECONDS, Duration::from_millis(ms));
    }
}

/// How far the group is behind in one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionLag {
    /// The partition.
    pub at: TopicPartition,
    /// From the committed offset to the end.
    pub records: u64,
}

/// What a lane's two clients said of themselves last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clients {
    /// The consumer; `None` before it has said anything.
    pub consumer: Option<ClientStatistics>,
    /// The producer that is open; `None` before it has said anything.
    pub producer: Option<ClientStatistics>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_two_lanes_are_added_field_by_field() {
        let mut one = LaneCounters {
            commits: 1,
            commit_failures: 2,
            rebalances: Rebalances { assigned: 3, revoked: 4, lost: 5 },
            given_up: 6,
            consumer: ClientCounts { connects: 7, ..ClientCounts::default() },
            producer: ClientCounts { request_retries: 8, ..ClientCounts::default() },
            ..LaneCounters::default()
        };
        one.count_batch(Duration::from_millis(3));
        one.count_latency(1_000, 3_000);
        // A clock that went back, or a timestamp of the future, is no time at all.
        one.count_latency(9_000, 3_000);
        let mut sum = one;
        sum.add(&one);
        assert_eq!((sum.commits, sum.commit_failures, sum.given_up), (2, 4, 12));
        assert_eq!(sum.rebalances, Rebalances { assigned: 6, revoked: 8, lost: 10 });
        assert_eq!((sum.consumer.connects, sum.producer.request_retries), (14, 16));
        assert_eq!((sum.batches.sum_seconds(), sum.latency.sum_seconds()), (0.006, 4.0));
    }
}
