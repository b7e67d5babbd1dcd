//! A reload: what it found, what it did.

use serde::Serialize;

use crate::config::Report;
use crate::config::diff::{Action, Change, Plan};

/// What a reload would do.
#[derive(Clone, Debug, Serialize)]
pub struct PlanOutcome {
    /// What would happen; `None` where the files are refused.
    pub plan: Option<Plan>,
    /// Errors and warnings, as `check --format json` prints them.
    pub findings: serde_json::Value,
    /// The same for people: file, line and column, the line with a caret.
    pub text: String,
}

/// What a reload did.
#[derive(Clone, Debug, Serialize)]
pub struct ReloadOutcome {
    /// Whether the new configuration runs, all of it.
    pub result: ReloadResult,
    /// The generation that runs now.
    pub generation: u64,
    /// When it was over, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// What happened to each pipeline; empty where the reload was refused.
    pub changes: Vec<ChangeOutcome>,
    /// Errors and warnings, as `check --format json` prints them.
    pub findings: serde_json::Value,
    /// The same for people: file, line and column, the line with a caret.
    pub text: String,
}

/// How a reload ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReloadResult {
    /// Taken in.
    TakenIn,
    /// Taken in, and a pipeline has gone back to its old spec.
    RolledBack,
    /// Refused: everything runs as before.
    Refused,
}

/// What happened to one pipeline.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeOutcome {
    /// What was planned.
    #[serde(flatten)]
    pub change: Change,
    /// What was done, in words: `swapped`, `swapped, on trial`, `drained and started anew`, …
    pub done: String,
    /// Why the pipeline went back to its old spec, where it did.
    pub rolled_back: Option<String>,
}

impl ReloadResult {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            ReloadResult::TakenIn => "taken_in",
            ReloadResult::RolledBack => "rolled_back",
            ReloadResult::Refused => "refused",
        }
    }
}

impl PlanOutcome {
    pub(super) fn of(plan: Option<Plan>, report: &Report) -> Self {
        Self { plan, findings: report.to_json(), text: report.to_string() }
    }
}

impl ReloadOutcome {
    pub(super) fn refused(generation: u64, report: &Report, at_ms: u64) -> Self {
        let (findings, text) = (report.to_json(), report.to_string());
        Self { result: ReloadResult::Refused, generation, at_ms, changes: Vec::new(), findings, text }
    }

    pub(super) fn taken_in(
        generation: u64,
        changes: Vec<ChangeOutcome>,
        findings: serde_json::Value,
        text: String,
        at_ms: u64,
    ) -> Self {
        let has_rolled_back = changes.iter().any(|change| change.rolled_back.is_some());
        let result = if has_rolled_back { ReloadResult::RolledBack } else { ReloadResult::TakenIn };
        Self { result, generation, at_ms, changes, findings, text }
    }

    /// One line that says how it ended.
    pub fn summary(&self) -> String {
        if self.result == ReloadResult::Refused {
            let first = self.first_error().unwrap_or_else(|| "the files are refused".to_owned());
            return format!("reload refused, generation {} runs on: {first}", self.generation);
        }
        let mut words = vec![format!("generation {}", self.generation)];
        for action in [Action::Swap, Action::Restart, Action::Add, Action::Remove, Action::Rename] {
            let of_action = self.changes.iter().filter(|change| change.change.action == action);
            let names: Vec<&str> = of_action.map(|change| change.change.pipeline.as_str()).collect();
            if !names.is_empty() {
                words.push(format!("{}: {}", action.done(), listed(&names)));
            }
        }
        if words.len() == 1 {
            words.push("nothing changed".to_owned());
        }
        let back = self.changes.iter().find_map(|change| {
            let reason = change.rolled_back.as_ref()?;
            Some(format!("{} rolled back: {reason}", change.change.pipeline))
        });
        words.extend(back);
        words.join("; ")
    }

    /// The first error as `FILE:LINE:COLUMN: what is wrong`.
    fn first_error(&self) -> Option<String> {
        let errors = self.findings.as_array()?;
        let error = errors.iter().find(|finding| finding["severity"] == "error")?;
        let message = error["message"].as_str()?;
        Some(match (error["file"].as_str(), error["line"].as_u64(), error["column"].as_u64()) {
            (Some(file), Some(line), Some(column)) => format!("{file}:{line}:{column}: {message}"),
            (Some(file), ..) => format!("{file}: {message}"),
            _ => message.to_owned(),
        })
    }

    pub(super) fn log(&self, cause: &str) {
        let summary = self.summary();
        if self.result == ReloadResult::Refused {
            for finding in self.findings.as_array().into_iter().flatten() {
                tracing::error!(
                    file = finding["file"].as_str(),
                    line = finding["line"].as_u64(),
                    column = finding["column"].as_u64(),
                    code = finding["code"].as_str(),
                    reason = finding["message"].as_str(),
                    "reload refused"
                );
            }
        }
        for change in self.changes.iter().filter(|change| change.change.action != Action::Keep) {
            tracing::info!(
                pipeline = %change.change.pipeline, action = change.change.action.as_str(), done = %change.done,
                parts = %change.change.parts.join(", "), notes = %change.change.notes.join("; "), "reload"
            );
        }
        tracing::info!(
            cause,
            generation = self.generation,
            result = self.result.as_str(),
            summary,
            "reload over"
        );
    }
}

/// Names as a person reads them, not endlessly many.
fn listed(names: &[&str]) -> String {
    const SHOWN_MAX: usize = 5;
    let shown = names.iter().take(SHOWN_MAX).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN_MAX { format!("{shown} and {} more", names.len() - SHOWN_MAX) } else { shown }
}
