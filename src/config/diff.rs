//! What a reload changes: the difference of two sets of specs, as a plan. Pure.
//!
//! Carrying a plan out is `supervisor/`'s.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::fingerprint::parts;
use super::spec::{PipelineSpec, StartAt};

/// What becomes of every pipeline of the old and of the new set, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// One for each pipeline.
    pub changes: Vec<Change>,
}

/// What becomes of one pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its name: the new one where it is renamed.
    pub pipeline: String,
    /// What happens to it.
    pub action: Action,
    /// The parts of its file that changed, such as `transform`.
    pub parts: Vec<&'static str>,
    /// The name that it had, where it is renamed.
    pub renamed_from: Option<String>,
    /// What a person should know before it happens, such as that records are processed again.
    pub notes: Vec<String>,
}

/// What happens to a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Nothing: it did not change, and is not touched.
    Keep,
    /// Transform, sinks or dlq are swapped between two batches, on the same consumer.
    Swap,
    /// It is drained and started anew.
    Restart,
    /// It is started.
    Add,
    /// It is drained and leaves its group.
    Remove,
    /// It has another name and the same group: the old one is drained, then the new one starts.
    Rename,
}

impl Action {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Keep => "keep",
            Action::Swap => "swap",
            Action::Restart => "restart",
            Action::Add => "add",
            Action::Remove => "remove",
            Action::Rename => "rename",
        }
    }
}

impl Action {
    /// The word for it once it is done.
    pub fn done(self) -> &'static str {
        match self {
            Action::Keep => "not touched",
            Action::Swap => "swapped",
            Action::Restart => "restarted",
            Action::Add => "added",
            Action::Remove => "removed",
            Action::Rename => "renamed",
        }
    }
}

/// Parts that are swapped on the same consumer; a change of any other needs a new start.
const SWAPPED: [&str; 5] = ["transform", "tombstones", "sinks", "on_error", "dlq"];

impl Plan {
    /// What becomes of the pipelines that run as `old` when `new` is taken in.
    pub fn between(old: &[Arc<PipelineSpec>], new: &[PipelineSpec]) -> Plan {
        let old: BTreeMap<&str, &PipelineSpec> =
            old.iter().map(|spec| (spec.name.as_str(), &**spec)).collect();
        let is_left = |name: &str| new.iter().any(|spec| spec.name == name);
        let mut gone: BTreeMap<&str, &PipelineSpec> =
            old.iter().filter(|(name, _)| !is_left(name)).map(|(name, spec)| (*name, *spec)).collect();
        let mut changes: Vec<Change> = Vec::with_capacity(new.len());
        for spec in new {
            changes.push(match old.get(spec.name.as_str()) {
                Some(before) => changed(before, spec),
                None => match takes_over(&gone, spec) {
                    Some(from) => {
                        gone.remove(from.name.as_str());
                        renamed(from, spec)
                    }
                    None => added(&gone, spec),
                },
            });
        }
        changes.extend(gone.keys().map(|name| Change::new(name, Action::Remove)));
        changes.sort_by(|a, b| a.pipeline.cmp(&b.pipeline));
        Plan { changes }
    }

    /// Whether anything happens at all.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.action == Action::Keep)
    }
}

impl Change {
    fn new(pipeline: &str, action: Action) -> Change {
        let pipeline = pipeline.to_owned();
        Change { pipeline, action, parts: Vec::new(), renamed_from: None, notes: Vec::new() }
    }
}

/// A pipeline that is in both sets.
fn changed(before: &PipelineSpec, after: &PipelineSpec) -> Change {
    let parts = differing(before, after);
    let action = match parts.iter().all(|part| SWAPPED.contains(part)) {
        true if parts.is_empty() => Action::Keep,
        true => Action::Swap,
        false => Action::Restart,
    };
    let mut notes = Vec::new();
    if parts.contains(&"group") {
        notes.push(format!("its group is another: it {}", begins_at(after)));
    } else if before.source.start != after.source.start {
        notes.push("`start` holds only where the group has committed nothing".to_owned());
    }
    Change { parts, notes, ..Change::new(&after.name, action) }
}

fn differing(before: &PipelineSpec, after: &PipelineSpec) -> Vec<&'static str> {
    let pairs = parts(before).into_iter().zip(parts(after));
    pairs.filter(|((_, before), (_, after))| before != after).map(|((name, _), _)| name).collect()
}

/// The pipeline that goes and leaves its group to `spec`.
fn takes_over<'a>(gone: &BTreeMap<&str, &'a PipelineSpec>, spec: &PipelineSpec) -> Option<&'a PipelineSpec> {
    gone.values().find(|from| from.source.group == spec.source.group).copied()
}

fn renamed(from: &PipelineSpec, spec: &PipelineSpec) -> Change {
    let mut change = Change::new(&spec.name, Action::Rename);
    change.parts = differing(from, spec);
    change.renamed_from = Some(from.name.clone());
    change.notes.push(format!("it goes on where `{}` stands: the group is the same", from.name));
    change
}

fn added(gone: &BTreeMap<&str, &PipelineSpec>, spec: &PipelineSpec) -> Change {
    let mut change = Change::new(&spec.name, Action::Add);
    let but_for_group = |spec: &PipelineSpec| -> Vec<(&str, Value)> {
        parts(spec).into_iter().filter(|(part, _)| *part != "group").collect()
    };
    let mine = but_for_group(spec);
    if let Some(from) = gone.values().find(|from| but_for_group(from) == mine) {
        change.notes.push(format!(
            "`{}` under another name has another group: it {}; to go on where that stands, say `source: {{group: {}}}`",
            from.name,
            begins_at(spec),
            from.source.group
        ));
    }
    change
}

/// What a group that has committed nothing does.
fn begins_at(spec: &PipelineSpec) -> &'static str {
    match spec.source.start {
        StartAt::Earliest => {
            "processes all records again from the oldest on (`start: earliest`), if it has committed nothing"
        }
        StartAt::Latest => "passes over what is there (`start: latest`), if it has committed nothing",
        StartAt::TimestampMs(_) => "begins at the time that `start` gives, if it has committed nothing",
    }
}
