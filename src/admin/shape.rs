//! The API's JSON, for both ends. Members are added and never change their meaning; units stand last in names.
//!
//! docs/api.md shows each.

use serde::{Deserialize, Serialize};

use crate::kafka::librdkafka_version;
use crate::pipeline::{Account, LaneView};
use crate::supervisor::{Control, PipelineState, PipelineView, ReloadOutcome};

/// `GET /api/daemon`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Daemon {
    /// Of Millstream.
    pub version: String,
    /// Of librdkafka.
    pub librdkafka: String,
    /// `starting`, `running`, `reloading` or `draining`.
    pub state: String,
    /// Why only a new process mends it, where that is so.
    pub hung: Option<String>,
    /// The number of the configuration that runs, from 1.
    pub generation: u64,
    /// Since the Unix epoch.
    pub started_at_ms: u64,
    /// How long it has run.
    pub uptime_ms: u64,
    /// What lanes hold of the memory for records.
    pub memory_used_bytes: u64,
    /// The most of it.
    pub memory_max_bytes: u64,
    /// How much is logged.
    pub log_level: String,
    /// The longest time for a drain.
    pub shutdown_deadline_ms: u64,
    /// Reloads so far.
    pub reloads: Reloads,
    /// The last of them.
    pub last_reload: Option<LastReload>,
}

/// Reloads, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Reloads {
    /// That were taken in, rolled back or not.
    pub taken_in: u64,
    /// That were refused.
    pub refused: u64,
}

/// How the last reload ended.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct LastReload {
    /// `taken_in`, `rolled_back` or `refused`.
    pub result: String,
    /// When it was over, since the Unix epoch.
    pub at_ms: u64,
    /// One line.
    pub summary: String,
    /// Errors and warnings, as `check --format json` prints them.
    pub findings: serde_json::Value,
}

/// `GET /api/pipelines`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Pipelines {
    /// In the order of their names.
    pub pipelines: Vec<Pipeline>,
}

/// `GET /api/pipelines/NAME`, and each of [`Pipelines`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Pipeline {
    /// Its name.
    pub name: String,
    /// The file that it was read from.
    pub file: String,
    /// Its consumer group.
    pub group: String,
    /// Topics, or one pattern.
    pub source: Vec<String>,
    /// Of the spec that runs, secrets left out.
    pub hash: String,
    /// The generation that brought that spec.
    pub generation: u64,
    /// A word of [`PipelineState::WORDS`].
    pub state: String,
    /// Why it is so, where that is not plain.
    pub reason: Option<String>,
    /// Since the Unix epoch.
    pub state_since_ms: u64,
    /// When it is started again, where it is `backing_off`; since the Unix epoch.
    pub next_try_at_ms: Option<u64>,
    /// On trial after a reload.
    pub is_on_trial: bool,
    /// Why the newest spec of its file was taken back, where it was.
    pub rolled_back: Option<String>,
    /// Its account, over all restarts.
    #[serde(flatten)]
    pub account: Counts,
    /// Records that its group has not committed yet; null while that is not known.
    pub lag_records: Option<u64>,
    /// The age of the oldest record that is here and not committed; null while no lane runs.
    pub lag_ms: Option<u64>,
    /// Outputs acknowledged, by sink.
    pub outputs: Vec<Output>,
    /// Partitions that its lanes own.
    pub partitions: u64,
    /// How often it was started again after it broke.
    pub restarts: u64,
    /// Empty while none runs.
    pub lanes: Vec<Lane>,
}

/// consumed = produced + filtered + dead_lettered + skipped + in_flight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Counts {
    /// Input records taken up.
    pub consumed: u64,
    /// All outputs acknowledged.
    pub produced: u64,
    /// Wanted by no sink.
    pub filtered: u64,
    /// Its dead letter acknowledged.
    pub dead_lettered: u64,
    /// By `on_error: skip`.
    pub skipped: u64,
    /// Not ended yet.
    pub in_flight: u64,
}

/// Outputs of a sink.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Output {
    /// The sink's topic.
    pub topic: String,
    /// Outputs acknowledged.
    pub records: u64,
}

/// A member of the pipeline's group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Lane {
    /// It has had its first assignment.
    pub is_running: bool,
    /// What it waits for, where an outage holds it.
    pub waiting: Option<String>,
    /// Partitions that it owns, as `TOPIC/PARTITION`.
    pub assigned: Vec<String>,
    /// Its account, since it started.
    #[serde(flatten)]
    pub account: Counts,
}

/// What a call that fails says, whatever its code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Error {
    /// Why.
    pub error: String,
}

/// `PUT /api/log-level`, its body and its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
}

/// `GET /api/plan`, as the command line reads it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Planned {
    /// Null where the files are refused.
    pub plan: Option<Plan>,
    /// Errors and warnings, drawn.
    pub text: String,
}

/// What would become of each pipeline.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Plan {
    /// In the order of their names.
    pub changes: Vec<Change>,
}

/// `POST /api/reload`, as the command line reads it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Reloaded {
    /// `taken_in`, `rolled_back` or `refused`.
    pub result: String,
    /// The generation that runs now.
    pub generation: u64,
    /// What became of each pipeline.
    pub changes: Vec<Change>,
    /// Errors and warnings, drawn.
    pub text: String,
}

/// What is to become of a pipeline, and what did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Change {
    /// Its name.
    pub pipeline: String,
    /// `keep`, `swap`, `restart`, `add`, `remove` or `rename`.
    pub action: String,
    /// The parts of its file that changed.
    pub parts: Vec<String>,
    /// The name that it had.
    pub renamed_from: Option<String>,
    /// What a person should know before.
    pub notes: Vec<String>,
    /// What was done; empty in a plan.
    pub done: String,
    /// Why it went back to its old spec, where it did.
    pub rolled_back: Option<String>,
}

impl Daemon {
    /// The daemon now.
    pub(super) fn of(control: &Control, now_ms: u64) -> Self {
        let view = control.daemon();
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            librdkafka: librdkafka_version().to_owned(),
            state: view.state.as_str().to_owned(),
            hung: control.hung(),
            generation: view.generation,
            started_at_ms: view.started_at_ms,
            uptime_ms: now_ms.saturating_sub(view.started_at_ms),
            memory_used_bytes: view.memory_used_bytes,
            memory_max_bytes: view.memory_max_bytes,
            log_level: view.log_level.as_str().to_owned(),
            shutdown_deadline_ms: u64::try_from(view.shutdown_deadline.as_millis()).unwrap_or(u64::MAX),
            reloads: Reloads { taken_in: view.reloads.0, refused: view.reloads.1 },
            last_reload: view.last_reload.as_ref().map(LastReload::of),
        }
    }
}

impl LastReload {
    fn of(outcome: &ReloadOutcome) -> Self {
        Self {
            result: outcome.result.as_str().to_owned(),
            at_ms: outcome.at_ms,
            summary: outcome.summary(),
            findings: outcome.findings.clone(),
        }
    }
}

impl From<&PipelineView> for Pipeline {
    fn from(view: &PipelineView) -> Self {
        let next_try_at_ms = match view.state {
            PipelineState::BackingOff { next_try_at_ms, .. } => Some(next_try_at_ms),
            _ => None,
        };
        Self {
            name: view.name.clone(),
            file: view.file.display().to_string(),
            group: view.group.clone(),
            source: view.source.clone(),
            hash: view.hash.clone(),
            generation: view.generation,
            state: view.state.as_str().to_owned(),
            reason: view.state.reason().map(str::to_owned),
            state_since_ms: view.state_since_ms,
            next_try_at_ms,
            is_on_trial: view.is_on_trial,
            rolled_back: view.rolled_back.clone(),
            account: view.account.into(),
            lag_records: view.lag_records(),
            lag_ms: view.lag_ms(),
            outputs: view
                .outputs
                .iter()
                .map(|(topic, records)| Output { topic: topic.clone(), records: *records })
                .collect(),
            partitions: view.partitions as u64,
            restarts: view.restarts,
            lanes: view.lanes.iter().map(Lane::from).collect(),
        }
    }
}

impl From<&LaneView> for Lane {
    fn from(view: &LaneView) -> Self {
        Self {
            is_running: view.is_running,
            waiting: view.waiting.clone(),
            assigned: view.assigned.iter().map(|at| format!("{}/{}", at.topic, at.partition)).collect(),
            account: view.account.into(),
        }
    }
}

impl From<Account> for Counts {
    fn from(account: Account) -> Self {
        Self {
            consumed: account.consumed(),
            produced: account.ended.produced,
            filtered: account.ended.filtered,
            dead_lettered: account.ended.dead_lettered,
            skipped: account.ended.skipped,
            in_flight: account.in_flight,
        }
    }
}

#[cfg(test)]
#[path = "shape_tests.rs"]
mod tests;
