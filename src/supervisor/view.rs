//! What a pipeline says of itself to whoever watches, and its report at the end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::spec::PipelineSpec;
use crate::delivery::Tally;
use crate::pipeline::{Account, LaneStatus};

/// Where a pipeline is in its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PipelineState {
    /// Its lanes are joining their group.
    Starting,
    /// Records flow.
    Running,
    /// Held by an outage; it heals by itself.
    Waiting(String),
    /// It broke and is started again.
    BackingOff(String),
    /// It finishes what is in flight.
    Draining,
    /// It has ended.
    Ended(EndState),
}

/// How a pipeline ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EndState {
    /// It was asked to, and finished everything.
    Drained,
    /// It was asked to, and could not finish in time: the next start replays what was in flight.
    DeadlinePassed,
    /// It cannot go on until someone looks.
    Stopped(String),
    /// It broke too often.
    Failed(String),
}

impl EndState {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            EndState::Drained => "drained",
            EndState::DeadlinePassed => "deadline_passed",
            EndState::Stopped(_) => "stopped",
            EndState::Failed(_) => "failed",
        }
    }

    /// Why, where it was not asked to.
    pub fn reason(&self) -> Option<&str> {
        match self {
            EndState::Drained | EndState::DeadlinePassed => None,
            EndState::Stopped(reason) | EndState::Failed(reason) => Some(reason),
        }
    }
}

/// A pipeline at its end.
#[derive(Clone, Debug)]
pub struct PipelineReport {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub end: EndState,
    /// Its account over all restarts.
    pub account: Account,
}

/// A pipeline, as it is seen from outside.
#[derive(Clone, Debug)]
pub struct PipelineView {
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub state: PipelineState,
    /// Its account over all restarts.
    pub account: Account,
    /// Acknowledged outputs, by sink's topic.
    pub outputs: Vec<(String, u64)>,
    /// Partitions that its lanes own.
    pub partitions: usize,
    /// How often it was started again.
    pub restarts: u64,
}

/// Where a pipeline's task writes, and anyone reads.
#[derive(Debug)]
pub struct PipelineStatus {
    name: String,
    sinks: Vec<String>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    state: PipelineState,
    lanes: Vec<Arc<LaneStatus>>,
    /// What lanes that are gone have ended, and their outputs.
    before: Tally,
    outputs_before: Vec<u64>,
    restarts: u64,
}

impl PipelineStatus {
    pub(super) fn new(spec: &PipelineSpec) -> Self {
        Self {
            name: spec.name.clone(),
            sinks: spec.sinks.iter().map(|sink| sink.topic.clone()).collect(),
            inner: Mutex::new(Inner {
                state: PipelineState::Starting,
                lanes: Vec::new(),
                before: Tally::default(),
                outputs_before: vec![0; spec.sinks.len()],
                restarts: 0,
            }),
        }
    }

    /// The pipeline now.
    pub fn view(&self) -> PipelineView {
        let inner = self.lock();
        let lanes: Vec<_> = inner.lanes.iter().map(|lane| lane.view()).collect();
        let mut account = Account { ended: inner.before, in_flight: 0 };
        let mut outputs = inner.outputs_before.clone();
        for lane in &lanes {
            account.add(lane.account);
            for (total, count) in outputs.iter_mut().zip(&lane.outputs) {
                *total += count;
            }
        }
        let state = match &inner.state {
            PipelineState::Starting | PipelineState::Running => {
                let waiting = lanes.iter().find_map(|lane| lane.waiting.clone());
                match waiting {
                    Some(reason) => PipelineState::Waiting(reason),
                    None if lanes.iter().any(|lane| lane.is_running) => PipelineState::Running,
                    None => PipelineState::Starting,
                }
            }
            other => other.clone(),
        };
        PipelineView {
            name: self.name.clone(),
            state,
            account,
            outputs: self.sinks.iter().cloned().zip(outputs).collect(),
            partitions: lanes.iter().map(|lane| lane.partitions).sum(),
            restarts: inner.restarts,
        }
    }

    pub(super) fn set_state(&self, state: PipelineState) {
        self.lock().state = state;
    }

    pub(super) fn set_lanes(&self, lanes: Vec<Arc<LaneStatus>>) {
        self.lock().lanes = lanes;
    }

    /// The lanes are gone: what they ended stays counted, what they had in flight is read again.
    pub(super) fn close_lanes(&self) {
        let mut inner = self.lock();
        for lane in std::mem::take(&mut inner.lanes) {
            let view = lane.view();
            inner.before.add(view.account.ended);
            for (total, count) in inner.outputs_before.iter_mut().zip(&view.outputs) {
                *total += count;
            }
        }
        inner.restarts += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Whole fields are assigned: what a panic left is as good as any.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
