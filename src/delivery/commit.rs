//! When to commit: by time or by count, one commit outstanding at the most.

/// Decides when a lane commits, and when it must wait for a commit before it takes up more.
#[derive(Debug)]
pub struct CommitPolicy {
    interval_ms: u64,
    records_max: u64,
    /// Finished records that no acknowledged commit covers, and of them those that the outstanding one covers.
    uncommitted: u64,
    covered: u64,
    is_outstanding: bool,
    /// The watermark moved since the last commit was sent, be it over gaps alone.
    has_moved: bool,
    /// When the oldest finished record that is not covered was finished.
    since_ms: Option<u64>,
    /// Not before this: a commit failed.
    not_before_ms: u64,
}

/// After a failed commit the next one waits this long, in milliseconds.
const RETRY_MS: u64 = 100;

impl CommitPolicy {
    /// Commits at the latest `interval_ms` after a record was finished, and so often that no more than
    /// `records_max` finished records are ever uncommitted.
    pub fn new(interval_ms: u64, records_max: u64) -> Self {
        Self {
            interval_ms,
            records_max: records_max.max(1),
            uncommitted: 0,
            covered: 0,
            is_outstanding: false,
            has_moved: false,
            since_ms: None,
            not_before_ms: 0,
        }
    }

    /// So many records were finished, or the watermark passed a gap (0).
    pub fn finished(&mut self, records: u64, now_ms: u64) {
        self.uncommitted += records;
        self.has_moved = true;
        self.since_ms.get_or_insert(now_ms);
    }

    /// Whether to send a commit now. Half the bound is the trigger, so that records flow on while the commit
    /// is on its way.
    pub fn is_due(&self, now_ms: u64) -> bool {
        if self.is_outstanding || !self.has_moved || now_ms < self.not_before_ms {
            return false;
        }
        let by_count = self.uncommitted >= self.records_max.div_ceil(2);
        let by_time = self.since_ms.is_some_and(|since| now_ms.saturating_sub(since) >= self.interval_ms);
        by_count || by_time
    }

    /// Whether to send a commit now where there is no time to wait for more: at the end.
    pub fn is_due_at_once(&self, now_ms: u64) -> bool {
        !self.is_outstanding && self.has_moved && now_ms >= self.not_before_ms
    }

    /// Whether more records may be finished before a commit is acknowledged.
    pub fn has_room(&self) -> bool {
        self.uncommitted < self.records_max
    }

    /// How many more records may be taken up, given those in flight.
    pub fn room(&self) -> u64 {
        self.records_max.saturating_sub(self.uncommitted)
    }

    /// A commit of all watermarks was sent.
    pub fn sent(&mut self) {
        self.is_outstanding = true;
        self.has_moved = false;
        self.covered = self.uncommitted;
        self.since_ms = None;
    }

    /// The outstanding commit was acknowledged.
    pub fn acknowledged(&mut self) {
        self.is_outstanding = false;
        self.uncommitted -= self.covered;
        self.covered = 0;
    }

    /// The outstanding commit failed: what it covered is to be committed again.
    pub fn failed(&mut self, now_ms: u64) {
        self.is_outstanding = false;
        self.covered = 0;
        self.has_moved = true;
        self.since_ms.get_or_insert(now_ms);
        self.not_before_ms = now_ms + RETRY_MS;
    }

    /// A commit's answer is awaited.
    pub fn is_outstanding(&self) -> bool {
        self.is_outstanding
    }

    /// Nothing is left to commit, and no answer is awaited.
    pub fn is_settled(&self) -> bool {
        !self.is_outstanding && !self.has_moved
    }

    /// When `is_due` can next become true by time alone, in milliseconds.
    pub fn next_due_ms(&self) -> Option<u64> {
        if self.is_outstanding || !self.has_moved {
            return None;
        }
        self.since_ms.map(|since| (since + self.interval_ms).max(self.not_before_ms))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whichever_comes_first() {
        let mut policy = CommitPolicy::new(500, 100);
        assert!(!policy.is_due(0));
        policy.finished(1, 1000);
        assert!(!policy.is_due(1499));
        assert!(policy.is_due(1500));
        policy.finished(49, 1001);
        assert!(policy.is_due(1001));
    }

    #[test]
    fn one_commit_is_outstanding_at_the_most() {
        let mut policy = CommitPolicy::new(500, 100);
        policy.finished(60, 0);
        policy.sent();
        policy.finished(60, 1);
        assert!(!policy.is_due(10_000));
        assert!(!policy.has_room());
        policy.acknowledged();
        assert!(policy.has_room());
        assert!(policy.is_due(1));
    }

    #[test]
    fn a_failed_commit_is_sent_again_a_little_later() {
        let mut policy = CommitPolicy::new(500, 100);
        policy.finished(60, 0);
        policy.sent();
        policy.failed(10);
        assert!(!policy.is_due(10));
        assert!(policy.is_due(10 + RETRY_MS));
        assert!(!policy.is_due_at_once(10));
        assert!(policy.is_due_at_once(10 + RETRY_MS));
    }

    proptest! {
        #[test]
        fn what_is_finished_is_committed_at_last_and_the_bound_holds(
            events in prop::collection::vec((0..4u8, 1..40u64), 1..200),
            records_max in 1..100u64,
        ) {
            let mut policy = CommitPolicy::new(500, records_max);
            let (mut now, mut finished, mut committed, mut sent) = (0u64, 0u64, 0u64, 0u64);
            for (kind, n) in events {
                now += n;
                match kind {
                    0 => {
                        let take = n.min(policy.room());
                        if take > 0 {
                            policy.finished(take, now);
                            finished += take;
                        }
                    }
                    1 => if policy.is_due(now) { policy.sent(); sent = finished; },
                    2 => if policy.is_outstanding() { policy.acknowledged(); committed = sent; },
                    _ => if policy.is_outstanding() { policy.failed(now); },
                }
                prop_assert!(finished - committed <= records_max);
            }
            for _ in 0..3 {
                now += 1000;
                if policy.is_due(now) { policy.sent(); sent = finished; }
                if policy.is_outstanding() { policy.acknowledged(); committed = sent; }
            }
            prop_assert_eq!(committed, finished);
            prop_assert!(policy.is_settled());
        }
    }
}
