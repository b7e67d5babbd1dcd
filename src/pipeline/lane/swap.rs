//! Another spec on the same consumer, between two batches: below the swap's offset all went by the old spec, above it all
//! goes by the new one.
//!
//! A new spec is on trial: it is proven by the first commit behind a record that it did not take for poison. Until then a
//! fault of its own (a panic, poison without a dlq, an open breaker, a producer that cannot be made) holds the lane
//! and is reported; the supervisor then swaps the old spec in again, in all lanes.

use std::sync::Arc;
use std::time::Instant;

use crate::config::spec::PipelineSpec;
use crate::delivery::Tally;

use super::handle::{LaneEnd, LaneEvent, breaker_of};
use super::outputs::Outputs;
use super::replay::Replay;
use super::{Lane, ending, schemas};

/// How long a swap waits for outputs in flight, in milliseconds: then they are given up, and what they came from is read
/// again by the new spec.
const PATIENCE_MS: u64 = 5_000;

/// A spec that waits for outputs in flight.
pub(super) struct Swap {
    spec: Arc<PipelineSpec>,
    is_on_trial: bool,
    since_ms: u64,
}

/// How far a spec on trial has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    /// Nothing of it is finished.
    Begun,
    /// It has finished a record that was no poison.
    Finished,
    /// A commit behind such a record was sent.
    Sent,
    /// It is not fit, and nothing is taken until the old spec is back.
    Unfit(String),
}

/// Whose fault it is that a lane cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The transform's, the sinks' or the dlq's: another spec may do better.
    Spec,
    /// The source's.
    Source,
}

impl Lane {
    /// The order to swap came. A later one takes the place of an earlier one that still waits.
    pub(super) fn begin_swap(&mut self, spec: Arc<PipelineSpec>, is_on_trial: bool) {
        if !self.phase.is_running() {
            return;
        }
        // What the spec at hand was found to be does not matter any more.
        self.trial = None;
        let since_ms = self.swap.as_ref().map_or_else(|| self.now_ms(), |swap| swap.since_ms);
        self.swap = Some(Swap { spec, is_on_trial, since_ms });
    }

    /// Whether records may be taken: not while a swap waits, nor by a spec that is not fit.
    pub(super) fn may_take(&self) -> bool {
        self.swap.is_none() && !matches!(self.trial, Some(Trial::Unfit(_)))
    }

    /// Swaps as soon as nothing is in flight.
    pub(super) fn swap_when_settled(&mut self) {
        let Some(swap) = self.swap.as_ref().filter(|_| self.phase.is_running()) else { return };
        let is_late = self.now_ms() >= swap.since_ms + PATIENCE_MS;
        let is_settled = self.partitions.are_settled();
        if !is_settled && self.outputs.session.is_some() && !is_late {
            return;
        }
        if !is_settled {
            self.give_up_outputs(&mut Replay::default());
            self.outputs.close();
            self.go_back();
        }
        let Some(Swap { spec, is_on_trial, .. }) = self.swap.take() else { return };
        let installed = self.install(spec);
        self.trial = is_on_trial.then_some(Trial::Begun);
        tracing::info!(
            pipeline = %self.spec.name, lane = self.index, is_on_trial, from = %self.positions_text(),
            "the spec was swapped"
        );
        (self.report)(LaneEvent::Swapped);
        if let Err(reason) = installed {
            self.cannot_go_on(Fault::Spec, LaneEnd::Failed(reason));
        }
    }

    /// Goes on as `spec`.
    ///
    /// # Errors
    ///
    /// It cannot: its schema registry cannot be opened.
    fn install(&mut self, spec: Arc<PipelineSpec>) -> Result<(), String> {
        self.release_all_holds();
        let processor = schemas::processor(&spec, &self.registries, &self.waker);
        let opened = processor.map(|processor| self.processor = processor);
        self.breaker = breaker_of(&spec);
        // What is known of refused records was known of other outputs.
        for slot in self.partitions.iter_mut() {
            slot.solo_until = None;
            slot.verdict = None;
        }
        if !writes_the_same(&self.spec, &spec) || self.outputs.is_solo {
            self.outputs.close();
            let before = std::mem::replace(&mut self.outputs, Outputs::new(spec.sinks.len()));
            let counted = self.spec.sinks.iter().map(|sink| sink.topic.clone()).zip(before.acknowledged);
            let mut view = self.status.lock();
            view.outputs_before.extend(counted.filter(|(_, count)| *count > 0));
            view.sinks = spec.sinks.iter().map(|sink| sink.topic.clone()).collect();
        }
        self.spec = spec;
        opened
    }

    /// Where the partitions stand, for the log: below this by the old spec, from it on by the new one.
    fn positions_text(&self) -> String {
        const SHOWN_MAX: usize = 20;
        let shown = self.partitions.iter().take(SHOWN_MAX).filter_map(|slot| {
            let offset = slot.ledger.watermark()?;
            Some(format!("{} at {offset}", slot.at))
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    /// The trial is over for the whole pipeline: a lane that is not fit ends now.
    pub(super) fn end_trial(&mut self) {
        if let Some(Trial::Unfit(reason)) = self.trial.take() {
            self.begin_ending(LaneEnd::Stopped(reason), Instant::now() + ending::STOP_DEADLINE);
        }
    }

    /// The lane cannot go on with this spec. What was taken up before is finished and committed.
    pub(super) fn cannot_go_on(&mut self, fault: Fault, end: LaneEnd) {
        match (&self.trial, fault) {
            // The first reason stands.
            (Some(Trial::Unfit(_)), _) => {}
            (Some(_), Fault::Spec) if self.phase.is_running() => {
                let reason = match end {
                    LaneEnd::Stopped(reason) | LaneEnd::Failed(reason) => reason,
                    LaneEnd::Drained | LaneEnd::DeadlinePassed => return,
                };
                self.trial = Some(Trial::Unfit(reason.clone()));
                (self.report)(LaneEvent::Unfit(reason));
            }
            _ => self.begin_ending(end, Instant::now() + ending::STOP_DEADLINE),
        }
    }

    /// Records were finished.
    pub(super) fn trial_finished(&mut self, tally: Tally) {
        if self.trial == Some(Trial::Begun) && tally.produced + tally.filtered > 0 {
            self.trial = Some(Trial::Finished);
        }
    }

    /// A commit of all watermarks was sent.
    pub(super) fn trial_commit_sent(&mut self) {
        if self.trial == Some(Trial::Finished) {
            self.trial = Some(Trial::Sent);
        }
    }

    /// The commit that was sent is acknowledged (`true`), or has failed.
    pub(super) fn trial_commit_answered(&mut self, is_committed: bool) {
        if self.trial != Some(Trial::Sent) {
            return;
        }
        if is_committed {
            self.trial = None;
            (self.report)(LaneEvent::Proven);
        } else {
            self.trial = Some(Trial::Finished);
        }
    }
}

/// Whether the open producer and its topics serve the new spec as well.
fn writes_the_same(old: &PipelineSpec, new: &PipelineSpec) -> bool {
    let topics = |spec: &PipelineSpec| -> Vec<String> {
        let sinks = spec.sinks.iter().map(|sink| sink.topic.clone());
        sinks.chain(spec.dlq.iter().map(|dlq| dlq.topic.clone())).collect()
    };
    old.sinks.len() == new.sinks.len() && old.dlq.is_some() == new.dlq.is_some() && topics(old) == topics(new)
}
