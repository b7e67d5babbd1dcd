//! How a lane ends: no more is taken, what is in flight is finished and committed, the group is left.

use std::time::{Duration, Instant};

use crate::kafka::Waker;

use super::Lane;
use super::handle::LaneEnd;
use super::replay::Replay;

/// How long a lane that stops by itself (poison, breaker, lost offset) may take to finish.
pub(super) const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// How long leaving the group may take once everything is committed, even where the deadline has passed.
const LEAVE_GRACE: Duration = Duration::from_millis(500);

/// Where a lane is in its life.
#[derive(Debug)]
pub(super) enum Phase {
    /// Takes and processes.
    Running,
    /// Finishes what is in flight.
    Ending { end: LaneEnd, deadline: Instant },
}

impl Phase {
    pub(super) fn is_running(&self) -> bool {
        matches!(self, Phase::Running)
    }
}

impl Lane {
    pub(super) fn begin_ending(&mut self, end: LaneEnd, deadline: Instant) {
        match &mut self.phase {
            Phase::Running => {
                self.left_unfinished = false;
                self.phase = Phase::Ending { end, deadline };
            }
            // The first reason stands; a drain can only make it shorter.
            Phase::Ending { deadline: earlier, .. } => *earlier = deadline.min(*earlier),
        }
    }

    /// The lane's end, once it is reached.
    pub(super) fn finish(&mut self) -> Option<LaneEnd> {
        let Phase::Ending { end, deadline } = &self.phase else { return None };
        let (end, deadline) = (end.clone(), *deadline);
        let is_late = Instant::now() >= deadline;
        let is_finished = self.partitions.are_settled() || self.outputs.session.is_none();
        // A rebalance can refuse a commit for a while: it is tried again as long as there is time.
        let is_committed = self.commits.is_settled() || self.consumer.assignment_lost();
        let is_done = is_finished && is_committed;
        if !is_done && !is_late {
            return None;
        }
        let is_whole = self.partitions.are_settled();
        if !is_whole {
            self.give_up_outputs(&mut Replay::default());
        }
        self.outputs.close();
        let until = deadline.max(Instant::now() + LEAVE_GRACE);
        self.leave(until);
        self.measure_no_more();
        self.publish();
        Some(match end {
            LaneEnd::Drained if !is_whole || !is_committed || self.left_unfinished => LaneEnd::DeadlinePassed,
            end => end,
        })
    }

    /// Leaves the group; a static member keeps its place (KIP-345), unless it leaves for good.
    pub(super) fn leave(&mut self, deadline: Instant) {
        if self.is_static && self.leaves_for_good {
            self.give_place_up(deadline);
        }
        self.consumer.begin_close();
        while !self.consumer.is_closed() && Instant::now() < deadline {
            self.status.beat();
            if !self.serve_consumer() {
                Waker::park(Duration::from_millis(5));
            }
        }
        if !self.consumer.is_closed() {
            tracing::warn!(pipeline = %self.spec.name, lane = self.index, "the group could not be left in time");
        }
    }

    /// Ends the membership before the consumer closes: librdkafka tells the group of a static member's leave only where
    /// it unsubscribes (`rd_kafka_cgrp_leave_maybe`), and has told once it has no member id any more.
    fn give_place_up(&mut self, deadline: Instant) {
        if let Err(error) = self.consumer.unsubscribe() {
            tracing::warn!(pipeline = %self.spec.name, lane = self.index, %error, "the group cannot be left for good");
            return;
        }
        while self.consumer.is_member() && Instant::now() < deadline {
            self.status.beat();
            if !self.serve_consumer() {
                Waker::park(Duration::from_millis(5));
            }
        }
    }
}
