//! `/livez` and `/readyz`: whether the process is sound, and whether it does its work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::supervisor::{Control, DaemonState, PipelineState, PipelineView};

/// What `/readyz` says.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Readiness {
    is_ready: bool,
    /// Why not.
    reason: Option<String>,
    /// Pipelines that are not running.
    not_running: Vec<NotRunning>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct NotRunning {
    pipeline: String,
    state: &'static str,
    reason: Option<String>,
}

/// 200 while the process is sound; 503 where only a new process mends it.
pub(super) async fn livez(State(control): State<Control>) -> Response {
    match control.hung() {
        None => "ok\n".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

/// 503 while starting or draining, or when no pipeline can run.
pub(super) async fn readyz(State(control): State<Control>) -> Response {
    let readiness = readiness(control.daemon().state, &control.pipelines());
    let status = if readiness.is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

fn readiness(state: DaemonState, pipelines: &[PipelineView]) -> Readiness {
    let not_running = pipelines.iter().filter(|view| view.state != PipelineState::Running);
    let not_running: Vec<_> = not_running
        .map(|view| NotRunning {
            pipeline: view.name.clone(),
            state: view.state.as_str(),
            reason: view.state.reason().map(str::to_owned),
        })
        .collect();
    let can_run = pipelines.is_empty() || pipelines.iter().any(|view| view.state.can_run());
    let reason = match state {
        DaemonState::Starting => {
            let count = pipelines.iter().filter(|view| view.state == PipelineState::Starting).count();
            Some(match count {
                // The supervisor is about to see it.
                0 => "starting".to_owned(),
                count => {
                    format!("starting: {count} of {} pipelines are joining their groups", pipelines.len())
                }
            })
        }
        DaemonState::Draining => Some("draining".to_owned()),
        DaemonState::Running | DaemonState::Reloading if !can_run => {
            Some("no pipeline can run: all are paused, stopped or failed".to_owned())
        }
        DaemonState::Running | DaemonState::Reloading => None,
    };
    Readiness { is_ready: reason.is_none(), reason, not_running }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(name: &str, state: PipelineState) -> PipelineView {
        PipelineView { name: name.to_owned(), state, ..PipelineView::default() }
    }

    #[test]
    fn one_failed_pipeline_is_named_and_leaves_the_daemon_ready() {
        let failed = view("b", PipelineState::Failed("it panicked".to_owned()));
        let found = readiness(DaemonState::Running, &[view("a", PipelineState::Running), failed]);
        assert!(found.is_ready);
        let reason = Some("it panicked".to_owned());
        assert_eq!(found.not_running, [NotRunning { pipeline: "b".to_owned(), state: "failed", reason }]);
    }

    #[test]
    fn not_ready_is_who_starts_drains_or_has_nothing_that_runs() {
        let running = [view("a", PipelineState::Running)];
        let reason = |state, views: &[PipelineView]| readiness(state, views).reason;
        assert_eq!(reason(DaemonState::Draining, &running).as_deref(), Some("draining"));
        let starting = [view("a", PipelineState::Running), view("b", PipelineState::Starting)];
        assert_eq!(
            reason(DaemonState::Starting, &starting).as_deref(),
            Some("starting: 1 of 2 pipelines are joining their groups")
        );
        let stopped = [view("a", PipelineState::Stopped("poison".to_owned()))];
        assert!(reason(DaemonState::Running, &stopped).is_some());
        let waiting = [view("a", PipelineState::Waiting("no broker".to_owned()))];
        assert_eq!(reason(DaemonState::Running, &waiting), None);
        assert_eq!(reason(DaemonState::Reloading, &running), None);
        assert_eq!(reason(DaemonState::Running, &[]), None, "nothing to do is done");
    }
}
