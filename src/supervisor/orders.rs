//! What a pipeline's task is told, and what it answers.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{oneshot, watch};

use crate::config::spec::PipelineSpec;

use super::control::CommandError;

/// A spec, and the generation that brought it.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) spec: Arc<PipelineSpec>,
    pub(super) generation: u64,
}

/// What the supervisor's loop tells a pipeline's task. Drains end by their deadline.
#[derive(Debug)]
pub(super) enum Order {
    /// Finish, commit, leave, and end: the process ends, and another may follow.
    End(Instant),
    /// The same, and nobody follows: static members leave their group for good.
    Remove(Instant),
    /// The same, and wait for `Resume`.
    Pause(Instant, Answer),
    /// Run again, where it does not.
    Resume(Answer),
    /// Drain and start anew.
    Restart(Instant, Answer),
    /// Drain, and start anew as this.
    Replace(Replacement),
    /// Go on as this from the next batch, on trial.
    Swap { to: Version, done: oneshot::Sender<Done> },
}

/// How a command's answer goes back.
pub(super) type Answer = oneshot::Sender<Result<(), CommandError>>;

/// A spec that needs a new start.
#[derive(Debug)]
pub(super) struct Replacement {
    pub(super) to: Version,
    pub(super) deadline: Instant,
    /// It starts when these have left its group.
    pub(super) after: Vec<Tenancy>,
    pub(super) done: oneshot::Sender<Done>,
}

/// What a pipeline's task tells of its consumer group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tenure {
    /// The group that its lanes are in, or will be in again by themselves.
    pub(super) group: Option<String>,
    /// It has ended for good.
    pub(super) has_ended: bool,
}

/// The tenure of one pipeline, as others see it.
pub(super) type Tenancy = watch::Receiver<Tenure>;

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// Its lanes are started.
    Started,
    /// The new spec runs, and has shown that it can.
    Proven,
    /// The new spec runs; nothing came that could prove it.
    Unproven,
    /// The old spec runs again.
    RolledBack(String),
    /// It is paused, and will run as the new spec once it is resumed.
    Paused,
    /// A later change came first.
    Overtaken,
}
