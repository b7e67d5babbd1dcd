//! What a pipeline and the daemon say of themselves to whoever watches, and a pipeline's report at its end: plain values.

use std::time::Duration;

use crate::config::spec::{AdminAccess, LogLevel};
use crate::pipeline::{Account, LaneCounters, LaneView};
use crate::registry::Counts;

/// Where a pipeline is in its life.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PipelineState {
    /// Its lanes are joining their group.
    #[default]
    Starting,
    /// Records flow.
    Running,
    /// Held by an outage; it heals by itself.
    Waiting(String),
    /// It broke and is started again.
    BackingOff {
        /// What broke.
        cause: String,
        /// When it is started again, in milliseconds since the Unix epoch.
        next_try_at_ms: u64,
    },
    /// It finishes what is in flight.
    Draining,
    /// An operator paused it; it has left its group.
    Paused,
    /// It cannot go on until someone looks: poison without a dlq, an open breaker, a lost offset.
    Stopped(String),
    /// It broke too often, or hangs.
    Failed(String),
    /// It has ended: the daemon drains, or the pipeline was removed.
    Ended(EndState),
}

impl PipelineState {
    /// All words for states, in the order of a pipeline's life.
    pub const WORDS: [&'static str; 9] =
        ["starting", "running", "waiting", "backing_off", "draining", "paused", "stopped", "failed", "ended"];

    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        Self::WORDS[match self {
            PipelineState::Starting => 0,
            PipelineState::Running => 1,
            PipelineState::Waiting(_) => 2,
            PipelineState::BackingOff { .. } => 3,
            PipelineState::Draining => 4,
            PipelineState::Paused => 5,
            PipelineState::Stopped(_) => 6,
            PipelineState::Failed(_) => 7,
            PipelineState::Ended(_) => 8,
        }]
    }

    /// Why it is so, where that is not plain.
    pub fn reason(&self) -> Option<&str> {
        match self {
            PipelineState::Waiting(reason)
            | PipelineState::BackingOff { cause: reason, .. }
            | PipelineState::Stopped(reason)
            | PipelineState::Failed(reason) => Some(reason),
            PipelineState::Ended(end) => end.reason(),
            PipelineState::Starting
            | PipelineState::Running
            | PipelineState::Draining
            | PipelineState::Paused => None,
        }
    }

    /// Whether records flow, or will without anyone's help.
    pub fn can_run(&self) -> bool {
        matches!(
            self,
            PipelineState::Starting
                | PipelineState::Running
                | PipelineState::Waiting(_)
                | PipelineState::BackingOff { .. }
                | PipelineState::Draining
        )
    }
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
#[derive(Clone, Debug, Default)]
pub struct PipelineView {
    /// Its name.
    pub name: String,
    /// The file that it was read from.
    pub file: std::path::PathBuf,
    /// Its consumer group.
    pub group: String,
    /// What it reads: topics, or a pattern.
    pub source: Vec<String>,
    /// The hash of the spec that runs, secrets left out.
    pub hash: String,
    /// The generation that brought this spec.
    pub generation: u64,
    /// Where it is in its life.
    pub state: PipelineState,
    /// Since when, in milliseconds since the Unix epoch.
    pub state_since_ms: u64,
    /// The spec that runs is on trial after a reload.
    pub is_on_trial: bool,
    /// Why the newest spec of its file was taken back, where that happened and the file has not been read since.
    pub rolled_back: Option<String>,
    /// Its account over all restarts.
    pub account: Account,
    /// What its lanes have counted, over all restarts.
    pub counters: LaneCounters,
    /// Acknowledged outputs, by sink's topic.
    pub outputs: Vec<(String, u64)>,
    /// Partitions that its lanes own.
    pub partitions: usize,
    /// How often it was started again after it broke.
    pub restarts: u64,
    /// What each of its lanes says of itself; empty while none runs.
    pub lanes: Vec<LaneView>,
}

impl PipelineView {
    /// Records that its group has not committed yet, of all partitions here; `None` while one of them is not known.
    pub fn lag_records(&self) -> Option<u64> {
        let lags = || self.lanes.iter().flat_map(|lane| &lane.lags);
        let is_known = self.partitions > 0 && lags().count() == self.partitions;
        is_known.then(|| lags().map(|lag| lag.records).sum())
    }

    /// The age of the oldest record that is here and not committed, in milliseconds; `None` while no lane runs.
    pub fn lag_ms(&self) -> Option<u64> {
        self.lanes.iter().map(|lane| lane.lag_ms).max()
    }
}

/// The daemon as a whole, as it is seen from outside.
#[derive(Clone, Debug)]
pub struct DaemonView {
    /// Where it is in its life.
    pub state: DaemonState,
    /// The number of the configuration that runs, from 1.
    pub generation: u64,
    /// When the process started, in milliseconds since the Unix epoch.
    pub started_at_ms: u64,
    /// How the last reload ended; `None` before the first.
    pub last_reload: Option<super::ReloadOutcome>,
    /// Reloads that were taken in, and that were refused.
    pub reloads: (u64, u64),
    /// The most memory for records, in bytes.
    pub memory_max_bytes: u64,
    /// What lanes hold of it now: their floors and what they have borrowed, in bytes.
    pub memory_used_bytes: u64,
    /// What was asked of schema registries.
    pub schema_registry: Counts,
    /// How much is logged.
    pub log_level: LogLevel,
    /// The longest time for a drain.
    pub shutdown_deadline: Duration,
    /// Who may do what at the admin server, as the files say now.
    pub admin_access: AdminAccess,
}

/// Where the daemon is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DaemonState {
    /// Not every pipeline has left `starting` yet.
    Starting,
    /// It runs.
    Running,
    /// It takes changed files in; what did not change runs on.
    Reloading,
    /// It was asked to end.
    Draining,
}

impl DaemonState {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            DaemonState::Starting => "starting",
            DaemonState::Running => "running",
            DaemonState::Reloading => "reloading",
            DaemonState::Draining => "draining",
        }
    }
}
