//! Committing watermarks: asynchronously, one at a time, and never for what is not ours.

use std::time::{Duration, Instant};

use crate::kafka::{ConsumerEvent, KafkaError, TopicPartition, TopicPartitionOffset, Waker};

use super::Lane;

/// How often a lane asks where its consumer stands, to pass gaps at the end, in milliseconds.
const GAP_CHECK_MS: u64 = 200;

impl Lane {
    pub(super) fn commit_when_due(&mut self) {
        let now_ms = self.now_ms();
        let is_due = if self.phase.is_running() {
            self.commits.is_due(now_ms)
        } else {
            self.commits.is_due_at_once(now_ms)
        };
        if !is_due || self.consumer.assignment_lost() {
            return;
        }
        let offsets: Vec<_> = self.partitions.iter().filter_map(|slot| slot.to_commit()).collect();
        self.commits.sent();
        self.partitions.iter_mut().for_each(|slot| slot.uncommitted.sent());
        self.trial_commit_sent();
        if offsets.is_empty() {
            self.commit_answered();
            self.trial_commit_answered(false);
        } else if let Err(error) = self.consumer.commit(&offsets) {
            self.commit_failed(&error);
        }
    }

    /// A commit's answer came.
    pub(super) fn committed(&mut self, result: Result<(), KafkaError>, offsets: &[TopicPartitionOffset]) {
        if !self.commits.is_outstanding() {
            return;
        }
        let error = result.err().or_else(|| offsets.iter().find_map(|p| p.error.clone()));
        match error {
            Some(error) if !error.is_no_offset() => self.commit_failed(&error),
            _ => {
                self.note_committed(offsets);
                self.counters.commits += 1;
                self.commit_answered();
                self.trial_commit_answered(true);
            }
        }
    }

    /// All that was sent is committed.
    fn commit_answered(&mut self) {
        self.commits.acknowledged();
        self.partitions.iter_mut().for_each(|slot| slot.uncommitted.acknowledged());
        self.measure_commit_age_anew();
    }

    fn note_committed(&mut self, offsets: &[TopicPartitionOffset]) {
        for item in offsets.iter().filter(|item| item.error.is_none()) {
            if let Some(slot) = self.partitions.find(&item.at) {
                slot.committed = item.offset;
            }
        }
    }

    fn commit_failed(&mut self, error: &KafkaError) {
        let now_ms = self.now_ms();
        self.commits.failed(now_ms);
        self.counters.commit_failures += 1;
        self.partitions.iter_mut().for_each(|slot| slot.uncommitted.failed());
        self.trial_commit_answered(false);
        tracing::debug!(pipeline = %self.spec.name, lane = self.index, %error, "commit failed, it is tried again");
        self.last_error = Some(error.clone());
    }

    /// Commits and waits for the answer, until the deadline. Other events are kept for the loop.
    pub(super) fn commit_and_wait(&mut self, offsets: &[(TopicPartition, i64)], deadline: Instant) -> bool {
        // An answer that is still awaited comes first.
        let mut awaited = usize::from(self.commits.is_outstanding()) + 1;
        if let Err(error) = self.consumer.commit(offsets) {
            if !error.is_no_offset() {
                self.counters.commit_failures += 1;
                tracing::warn!(pipeline = %self.spec.name, lane = self.index, %error, "commit failed");
            }
            return error.is_no_offset();
        }
        while Instant::now() < deadline {
            self.status.beat();
            match self.consumer.poll() {
                Some(ConsumerEvent::Committed { result, offsets }) => {
                    awaited -= 1;
                    if awaited == 0 {
                        let error = result.err().or_else(|| offsets.iter().find_map(|p| p.error.clone()));
                        if let Some(error) = error.as_ref().filter(|error| !error.is_no_offset()) {
                            tracing::warn!(pipeline = %self.spec.name, lane = self.index, %error, "commit failed");
                            self.counters.commit_failures += 1;
                            return false;
                        }
                        self.note_committed(&offsets);
                        self.counters.commits += 1;
                        return true;
                    }
                    self.committed(result, &offsets);
                }
                Some(other) => self.deferred.push_back(other),
                None => Waker::park(Duration::from_millis(10)),
            }
        }
        self.counters.commit_failures += 1;
        tracing::warn!(pipeline = %self.spec.name, lane = self.index, "commit not answered in time");
        false
    }

    /// Passes gaps and transaction markers at the end of partitions that have nothing in flight, as far as the
    /// consumer's position tells. Where messages wait or were dropped unprocessed it stands behind them; the ledger
    /// knows what was handed over, and does not follow it there.
    pub(super) fn pass_gaps(&mut self, now_ms: u64) {
        if now_ms < self.next_gap_check_ms || !self.pending.is_empty() {
            return;
        }
        self.next_gap_check_ms = now_ms + GAP_CHECK_MS;
        let idle: Vec<_> = self
            .partitions
            .iter()
            .filter(|slot| slot.ledger.is_settled() && slot.moving_to.is_none() && slot.lookup.is_none())
            .map(|slot| slot.at.clone())
            .collect();
        if idle.is_empty() {
            return;
        }
        let Ok(positions) = self.consumer.positions(&idle) else { return };
        for item in positions {
            let (Some(offset), Some(slot)) = (item.offset, self.partitions.find(&item.at)) else { continue };
            let before = slot.ledger.watermark();
            slot.ledger.pass_gap(offset);
            if slot.ledger.watermark() != before {
                self.commits.finished(0, now_ms);
            }
        }
    }
}
