//! Partitions that come and go. On a revoke everything in flight is finished within a deadline, or given up before
//! the partition is let go, so that what the next owner replays is a replay and never a reorder.

use std::time::{Duration, Instant};

use crate::kafka::{TopicPartition, Waker};

use super::Lane;
use super::ending::Phase;
use super::handle::LaneEnd;
use super::replay::Replay;

/// How long a revoke may wait for outputs in flight, where `max.poll.interval.ms` leaves as much.
const REVOKE_DEADLINE: Duration = Duration::from_secs(5);

/// How long the commit of a revoke may take.
const REVOKE_COMMIT_DEADLINE: Duration = Duration::from_secs(5);

/// How long the commit of a revoke may take in a lane whose own deadline has passed.
const ENDING_GRACE: Duration = Duration::from_millis(250);

/// How long the forwarding of a partition's queue is renewed after an assignment, and how often, in milliseconds.
pub(super) const FORWARD_FOR_MS: u64 = 5_000;
const FORWARD_EVERY_MS: u64 = 100;

impl Lane {
    pub(super) fn assigned(&mut self, partitions: &[TopicPartition]) {
        if let Err(error) = self.consumer.assign(partitions) {
            let reason = format!("the assignment cannot be taken in: {error}");
            self.begin_ending(LaneEnd::Failed(reason), Instant::now());
            return;
        }
        let forward_until_ms = self.now_ms() + FORWARD_FOR_MS;
        for at in partitions {
            self.partitions.add(at, forward_until_ms);
        }
        self.counters.rebalances.assigned += u64::from(!partitions.is_empty());
        self.measure_soon();
        self.tell_assigned();
        self.last_progress_ms = self.now_ms();
        self.has_joined = true;
        self.denied = None;
        // A member that owns nothing yet (cooperative groups move partitions in a second round) has nothing to tell.
        if !partitions.is_empty() {
            let (pipeline, lane) = (&self.spec.name, self.index);
            if self.has_run {
                tracing::info!(%pipeline, lane, partitions = %list(partitions), "partitions assigned");
            } else {
                tracing::info!(%pipeline, lane, partitions = %list(partitions), "pipeline running");
            }
            self.has_run = true;
        }
    }

    pub(super) fn revoked(&mut self, partitions: &[TopicPartition], lost: bool) {
        let kinds = &mut self.counters.rebalances;
        let kind = if lost { &mut kinds.lost } else { &mut kinds.revoked };
        *kind += u64::from(!partitions.is_empty());
        self.drop_pending(partitions);
        if !lost {
            self.finish_in_flight(partitions);
        }
        if !self.are_settled(partitions) {
            // What stays is read again from its watermark; what goes is the next owner's.
            self.give_up_outputs(&mut Replay::default());
            self.outputs.close();
        }
        if !lost {
            self.commit_before_revoke(partitions);
        }
        for mut slot in self.partitions.remove(partitions) {
            self.counters.given_up += slot.ledger.in_flight();
            self.left_unfinished |= !slot.ledger.is_settled() || slot.to_commit().is_some();
            let rewound = slot.ledger.rewind();
            self.in_flight.release_all(rewound.bytes, rewound.records);
        }
        self.tell_assigned();
        if let Err(error) = self.consumer.unassign(partitions) {
            tracing::warn!(pipeline = %self.spec.name, lane = self.index, %error, "letting partitions go");
        }
        self.restore_outputs();
        tracing::info!(
            pipeline = %self.spec.name, lane = self.index, partitions = %list(partitions), lost, "partitions revoked"
        );
    }

    fn tell_assigned(&self) {
        self.status.lock().assigned = self.partitions.iter().map(|slot| slot.at.clone()).collect();
    }

    /// After outputs were given up, the partitions that stay go back to their watermarks.
    fn restore_outputs(&mut self) {
        if self.outputs.session.is_none() {
            self.go_back();
        }
    }

    fn finish_in_flight(&mut self, partitions: &[TopicPartition]) {
        let deadline = self.deadline_of_revoke(REVOKE_DEADLINE);
        while !self.are_settled(partitions) && self.outputs.session.is_some() && Instant::now() < deadline {
            self.status.beat();
            if !self.serve_reports() {
                Waker::park(Duration::from_millis(10));
            }
            self.settle();
        }
    }

    fn are_settled(&mut self, partitions: &[TopicPartition]) -> bool {
        partitions.iter().all(|at| self.partitions.find(at).is_none_or(|slot| slot.ledger.is_settled()))
    }

    fn commit_before_revoke(&mut self, partitions: &[TopicPartition]) {
        let offsets: Vec<_> = self
            .partitions
            .iter()
            .filter(|slot| partitions.contains(&slot.at))
            .filter_map(|slot| slot.to_commit())
            .collect();
        if offsets.is_empty() || self.consumer.assignment_lost() {
            return;
        }
        let deadline = self.deadline_of_revoke(REVOKE_COMMIT_DEADLINE);
        self.commit_and_wait(&offsets, deadline);
    }

    /// So long from now; in a lane that ends, no longer than its end may take. Leaving a group is a revoke, too.
    fn deadline_of_revoke(&self, at_most: Duration) -> Instant {
        let now = Instant::now();
        // Two waits of a revoke, and what it takes beside them, have to fit between two polls.
        let within = at_most.min(self.max_poll_interval() / 4);
        match &self.phase {
            Phase::Running => now + within,
            Phase::Ending { deadline, .. } => (now + within).min((*deadline).max(now + ENDING_GRACE)),
        }
    }

    /// How long the group waits for this member's next poll.
    fn max_poll_interval(&self) -> Duration {
        const LIBRDKAFKA_DEFAULT_MS: u64 = 300_000;
        let set = self.spec.kafka.consumer.get("max.poll.interval.ms").and_then(|ms| ms.parse().ok());
        Duration::from_millis(set.unwrap_or(LIBRDKAFKA_DEFAULT_MS))
    }

    /// Drops messages that were taken and not processed yet.
    pub(super) fn drop_pending(&mut self, partitions: &[TopicPartition]) {
        self.awaited.forget(partitions);
        self.pending.retain(|message| {
            !partitions.iter().any(|at| at.partition == message.partition() && &*at.topic == message.topic())
        });
    }

    /// Renews the forwarding of partitions that were assigned a moment ago (see `Consumer::forward`).
    pub(super) fn keep_forwarding(&mut self) {
        let now_ms = self.now_ms();
        if now_ms < self.next_forward_ms {
            return;
        }
        self.next_forward_ms = now_ms + FORWARD_EVERY_MS;
        let fresh = self.partitions.iter().filter(|s| now_ms < s.forward_until_ms).map(|s| s.at.clone());
        let fresh: Vec<_> = fresh.filter(|at| !self.awaited.holds(at)).collect();
        self.consumer.forward(&fresh);
    }
}

/// Partitions as a person reads them, not endlessly many.
fn list(partitions: &[TopicPartition]) -> String {
    const SHOWN_MAX: usize = 20;
    let mut text = partitions.iter().take(SHOWN_MAX).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if partitions.len() > SHOWN_MAX {
        text.push_str(&format!(" and {} more", partitions.len() - SHOWN_MAX));
    }
    text
}
