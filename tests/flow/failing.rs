//! A pipeline that stops by itself, and what becomes of the process and of its neighbours.

use millstream_harness::daemon::{Files, Run};
use millstream_harness::scene::Scene;

use crate::{numbers, produced, scene};

const DECODE: &str = "transform: [{decode: json}]";

/// A pipeline that meets poison without a dlq.
fn poisoned() -> Scene {
    let scene = scene("poisoned");
    scene.send_values(&["{}", "{broken"]);
    scene
}

fn files(scene: &Scene) -> Files {
    scene.files(&scene.pipeline(DECODE))
}

#[test]
fn exit_when_failed_exits_70_once_the_only_pipeline_has_stopped() {
    let scene = poisoned();
    let mut run = files(&scene).start_with(&["--exit-when-failed"]);
    assert_eq!(run.wait_exit(), 70);
    let ended = run.ended(&scene.name);
    assert_eq!((ended.state.as_str(), ended.account), ("stopped", produced(1)));
    assert!(ended.reason.contains("offset 1"), "{}", ended.reason);
    assert_eq!(scene.client.committed(&scene.group(), &scene.input, 0), Some(1), "what was before is done");
}

/// Starts a daemon in which one pipeline stops, and sees the other flow on.
fn neighbours(start: impl Fn(Files) -> Run) {
    let (stopping, flowing) = (poisoned(), scene("neighbour"));
    flowing.send(numbers(3));
    let mut run = start(files(&stopping).pipeline(&flowing.pipeline(DECODE)));
    run.wait_stopped(&stopping.name);
    assert_eq!(run.ended(&stopping.name).state, "stopped");
    flowing.wait_committed(&mut run);
    flowing.send(numbers(4));
    flowing.wait_committed(&mut run);
    let outcome = flowing.stop(run);
    assert_eq!((outcome.ended.state.as_str(), outcome.ended.account), ("drained", produced(7)));
}

#[test]
fn a_pipeline_that_stops_leaves_its_neighbour_alone() {
    neighbours(|files| files.start());
}

#[test]
fn exit_when_failed_waits_for_the_last_pipeline_that_can_run() {
    neighbours(|files| files.start_with(&["--exit-when-failed"]));
}

#[test]
fn a_daemon_whose_pipelines_have_all_stopped_stays_up_until_it_is_told() {
    let scene = poisoned();
    let mut run = files(&scene).start();
    assert_eq!(run.ended(&scene.name).state, "stopped");
    assert!(run.is_running());
    run.stop();
}
