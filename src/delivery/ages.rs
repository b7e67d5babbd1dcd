//! How old things are: the oldest record of a partition that is not committed, and how long a record took.

use std::collections::VecDeque;

/// The oldest record of one partition that the watermark has passed and no acknowledged commit covers, by its timestamp.
#[derive(Debug, Default)]
pub struct Uncommitted {
    /// The first record passed since a commit was sent last.
    passed_ms: Option<i64>,
    /// The first record that the outstanding commit covers.
    covered_ms: Option<i64>,
}

impl Uncommitted {
    /// The watermark passed records; `first_ms` is the timestamp of the first one, where it has any.
    pub fn passed(&mut self, first_ms: Option<i64>) {
        self.passed_ms = self.passed_ms.or(first_ms);
    }

    /// A commit of the watermark was sent.
    pub fn sent(&mut self) {
        self.covered_ms = self.covered_ms.or(self.passed_ms.take());
    }

    /// The outstanding commit was acknowledged.
    pub fn acknowledged(&mut self) {
        self.covered_ms = None;
    }

    /// The outstanding commit failed: the next one covers the same records again.
    pub fn failed(&mut self) {
        self.passed_ms = self.covered_ms.take().or(self.passed_ms);
    }

    /// The timestamp of the oldest such record, in milliseconds since the Unix epoch.
    pub fn oldest_ms(&self) -> Option<i64> {
        self.covered_ms.or(self.passed_ms)
    }
}

/// The most records of one partition that are followed at a time.
const SAMPLES_MAX: usize = 32;

/// Records of one partition that are followed until the watermark passes them.
#[derive(Debug, Default)]
pub struct Samples {
    /// Offsets, ascending, and timestamps in milliseconds since the Unix epoch.
    waiting: VecDeque<(i64, i64)>,
}

impl Samples {
    /// Follows a record, unless it is followed already (a replay) or too many are.
    pub fn follow(&mut self, offset: i64, timestamp_ms: i64) {
        let is_new = self.waiting.back().is_none_or(|(last, _)| offset > *last);
        if is_new && self.waiting.len() < SAMPLES_MAX {
            self.waiting.push_back((offset, timestamp_ms));
        }
    }

    /// The timestamp of the next record that is followed and stands below the watermark.
    pub fn next_below(&mut self, watermark: i64) -> Option<i64> {
        let (offset, timestamp_ms) = *self.waiting.front()?;
        (offset < watermark).then(|| {
            self.waiting.pop_front();
            timestamp_ms
        })
    }

    /// None is followed any more: the partition begins elsewhere.
    pub fn forget(&mut self) {
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sample_that_is_replayed_is_followed_once() {
        let mut samples = Samples::default();
        samples.follow(5, 100);
        samples.follow(9, 200);
        samples.follow(5, 100);
        assert_eq!(samples.next_below(5), None);
        assert_eq!(samples.next_below(10), Some(100));
        assert_eq!(samples.next_below(10), Some(200));
        assert_eq!(samples.next_below(10), None);
    }

    #[test]
    fn samples_have_a_bound() {
        let mut samples = Samples::default();
        (0..1000).for_each(|offset| samples.follow(offset, offset));
        assert_eq!(std::iter::from_fn(|| samples.next_below(i64::MAX)).count(), SAMPLES_MAX);
    }

    proptest! {
        /// Records pass one by one, each with its number as its timestamp; commits are sent and answered in between.
        #[test]
        fn the_oldest_is_the_first_that_no_answered_commit_covers(steps in prop::collection::vec(0..4u8, 1..80)) {
            let (mut next, mut sent, mut acknowledged) = (0, None, 0);
            let mut uncommitted = Uncommitted::default();
            for step in steps {
                match (step, sent) {
                    (0, _) => {
                        uncommitted.passed(Some(next));
                        next += 1;
                    }
                    (1, None) => {
                        uncommitted.sent();
                        sent = Some(next);
                    }
                    (2, Some(upto)) => {
                        uncommitted.acknowledged();
                        (acknowledged, sent) = (upto, None);
                    }
                    (3, Some(_)) => {
                        uncommitted.failed();
                        sent = None;
                    }
                    _ => {}
                }
                prop_assert_eq!(uncommitted.oldest_ms(), (acknowledged < next).then_some(acknowledged));
            }
        }
    }
}
