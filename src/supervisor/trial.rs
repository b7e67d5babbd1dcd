//! A new spec on trial in the lanes of a pipeline that runs: it is proven, or the old one comes back.
//!
//! What proves it, and what shows that it is not fit, is found by the lanes (`pipeline/lane/swap`).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::pipeline::LaneEnd;

use super::orders::{Done, Version};
use super::running::{Leaving, Running};

/// How long a new spec is on trial where no commit proves it.
const TRIAL_MAX: Duration = Duration::from_secs(60);

/// A new spec that has not shown yet that it can run.
pub(super) struct Trial {
    /// What runs again if it cannot.
    pub(super) old: Version,
    /// The lanes that run the new spec already: what another lane does is not its fault.
    pub(super) swapped: BTreeSet<usize>,
    pub(super) until: Instant,
    /// Who waits for the verdict, and has not been answered.
    pub(super) done: Option<oneshot::Sender<Done>>,
}

impl Trial {
    fn new(old: Version, done: oneshot::Sender<Done>) -> Self {
        let until = Instant::now() + TRIAL_MAX;
        Self { old, swapped: BTreeSet::new(), until, done: Some(done) }
    }

    /// A trial that a pause or a restart has interrupted, in so many lanes that are started anew.
    pub(super) fn resumed(old: Version, lanes: usize) -> Self {
        Self { old, swapped: (0..lanes).collect(), until: Instant::now() + TRIAL_MAX, done: None }
    }

    /// Tells who waits; whoever asked may be gone.
    pub(super) fn answer(&mut self, done: Done) {
        if let Some(waiting) = self.done.take() {
            let _ = waiting.send(done);
        }
    }
}

impl Running<'_> {
    /// A lane ended by itself while another spec was on its way in.
    pub(super) fn ended_on_trial(&mut self, mut trial: Trial, lane: usize, end: &LaneEnd) {
        match end {
            // It had not taken the new spec in: that has its first start before it.
            _ if !trial.swapped.contains(&lane) => {
                self.task.status.end_trial();
                self.task.beginning.starting.extend(trial.done);
                self.leaving = Some(Leaving::StartAnew);
            }
            LaneEnd::Failed(reason) => {
                self.roll_back(trial, reason.clone());
                self.leaving = Some(Leaving::StartAnew);
            }
            LaneEnd::Stopped(_) | LaneEnd::Drained | LaneEnd::DeadlinePassed => {
                self.task.status.end_trial();
                trial.answer(Done::Unproven);
            }
        }
    }

    /// Swaps the spec in all lanes, on trial.
    pub(super) fn swap(&mut self, to: Version, done: oneshot::Sender<Done>) {
        if self.leaving.is_some() {
            self.adopt(to, false);
            self.task.beginning.starting.push(done);
            if let Some(Leaving::Hung(_)) = self.leaving {
                self.leaving = Some(Leaving::StartAnew);
            }
            return;
        }
        // While one trial lasts the old spec stays the one that has shown that it can.
        let old = match self.trial.take() {
            Some(mut trial) => {
                trial.answer(Done::Overtaken);
                trial.old
            }
            None => self.task.version.clone(),
        };
        for lane in &self.lanes {
            lane.swap(Arc::clone(&to.spec), true);
        }
        self.adopt(to, true);
        self.trial = Some(Trial::new(old, done));
    }

    pub(super) fn end_trial(&mut self, done: Done) {
        let Some(mut trial) = self.trial.take() else { return };
        let name = &self.task.version.spec.name;
        tracing::info!(pipeline = %name, generation = self.task.version.generation, is_proven = done == Done::Proven, "the trial of the new spec is over: it stays");
        self.task.status.end_trial();
        for lane in &self.lanes {
            lane.end_trial();
        }
        trial.answer(done);
    }

    pub(super) fn roll_back(&mut self, mut trial: Trial, reason: String) {
        let Version { spec, generation } = trial.old.clone();
        tracing::error!(
            pipeline = %spec.name, reason = %reason, generation,
            "the new spec is not fit: rolled back to the one before"
        );
        for lane in &self.lanes {
            lane.swap(Arc::clone(&spec), false);
        }
        self.task.status.roll_back(spec, generation, reason.clone());
        trial.answer(Done::RolledBack(reason));
        self.task.version = trial.old;
    }
}
