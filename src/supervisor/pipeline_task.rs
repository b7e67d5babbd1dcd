//! One pipeline's task: it starts the lanes, sees them end, and does what the policy says.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use crate::config::spec::PipelineSpec;
use crate::pipeline::{LaneEnd, LaneHandle, LaneSetup, start_lane};

use super::Shared;
use super::policy::{AfterEnd, RestartPolicy};
use super::view::{EndState, PipelineReport, PipelineState, PipelineStatus};

/// How long the other lanes of a pipeline may take to finish when one of them has ended by itself.
const SIBLINGS_DEADLINE: Duration = Duration::from_secs(30);

/// Runs a pipeline until it is asked to drain, or cannot go on.
pub(super) async fn run(
    spec: Arc<PipelineSpec>,
    shared: Arc<Shared>,
    mut stop: watch::Receiver<Option<Instant>>,
    status: Arc<PipelineStatus>,
) -> PipelineReport {
    let mut policy = RestartPolicy::default();
    let end = loop {
        let started = Instant::now();
        status.set_state(PipelineState::Starting);
        let end = run_lanes(&spec, &shared, &mut stop, &status).await;
        let ran_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match policy.after(&end, ran_ms, fastrand::u64(..)) {
            AfterEnd::Done if end == LaneEnd::DeadlinePassed => break EndState::DeadlinePassed,
            AfterEnd::Done => break EndState::Drained,
            AfterEnd::Stop(reason) => {
                tracing::error!(pipeline = %spec.name, reason = %reason, "pipeline stopped");
                break EndState::Stopped(reason);
            }
            AfterEnd::Fail(reason) => {
                tracing::error!(pipeline = %spec.name, reason = %reason, "pipeline failed");
                break EndState::Failed(reason);
            }
            AfterEnd::Restart { after_ms, cause } => {
                tracing::error!(pipeline = %spec.name, reason = %cause, after_ms, "pipeline broke, starting again");
                status.close_lanes();
                status.set_state(PipelineState::BackingOff(cause));
                let asked = stop.wait_for(Option::is_some);
                if tokio::time::timeout(Duration::from_millis(after_ms), asked).await.is_ok() {
                    break EndState::Drained;
                }
            }
        }
    };
    status.set_state(PipelineState::Ended(end.clone()));
    let report = PipelineReport { name: spec.name.clone(), end, account: status.view().account };
    log_end(&report);
    report
}

/// Runs all lanes of the pipeline once, to the end of the last one.
async fn run_lanes(
    spec: &Arc<PipelineSpec>,
    shared: &Shared,
    stop: &mut watch::Receiver<Option<Instant>>,
    status: &PipelineStatus,
) -> LaneEnd {
    let (ended, mut ends) = mpsc::unbounded_channel();
    let mut lanes: Vec<LaneHandle> = Vec::with_capacity(spec.lanes);
    let mut worst = LaneEnd::Drained;
    for index in 0..spec.lanes {
        let setup = LaneSetup {
            spec: Arc::clone(spec),
            index,
            instance_id: shared.instance_id.clone(),
            pool: Arc::clone(&shared.pool),
        };
        let ended = ended.clone();
        // The receiver is gone only when this task is.
        match start_lane(setup, move |end| drop(ended.send(end))) {
            Ok(lane) => lanes.push(lane),
            Err(error) => {
                worst = LaneEnd::Failed(format!("no thread for lane {index}: {error}"));
                drain(&lanes, Instant::now() + SIBLINGS_DEADLINE);
                break;
            }
        }
    }
    drop(ended);
    status.set_lanes(lanes.iter().map(|lane| Arc::clone(lane.status())).collect());
    status.set_state(PipelineState::Running);
    let mut is_told = false;
    loop {
        tokio::select! {
            end = ends.recv() => match end {
                None => return worst,
                Some(end) => {
                    if end != LaneEnd::Drained && !is_told {
                        drain(&lanes, Instant::now() + SIBLINGS_DEADLINE);
                    }
                    worst = graver(worst, end);
                }
            },
            asked = stop.wait_for(Option::is_some), if !is_told => {
                is_told = true;
                let deadline = asked.ok().and_then(|deadline| *deadline).unwrap_or_else(Instant::now);
                status.set_state(PipelineState::Draining);
                drain(&lanes, deadline);
            }
        }
    }
}

fn drain(lanes: &[LaneHandle], deadline: Instant) {
    for lane in lanes {
        lane.drain(deadline);
    }
}

/// The end that says more of two.
fn graver(one: LaneEnd, other: LaneEnd) -> LaneEnd {
    let weight = |end: &LaneEnd| match end {
        LaneEnd::Drained => 0,
        LaneEnd::DeadlinePassed => 1,
        LaneEnd::Failed(_) => 2,
        LaneEnd::Stopped(_) => 3,
    };
    if weight(&other) > weight(&one) { other } else { one }
}

/// The account, as the daemon says it at a pipeline's end.
fn log_end(report: &PipelineReport) {
    let account = report.account;
    tracing::info!(
        pipeline = %report.name,
        state = report.end.as_str(),
        reason = report.end.reason(),
        consumed = account.consumed(),
        produced = account.ended.produced,
        filtered = account.ended.filtered,
        dead_lettered = account.ended.dead_lettered,
        skipped = account.ended.skipped,
        in_flight = account.in_flight,
        "pipeline ended"
    );
}
