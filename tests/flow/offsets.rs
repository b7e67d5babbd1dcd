//! Retention overtook the committed offset: nothing is skipped silently.

use millstream_harness::scene::Scene;

use crate::{numbers, scene};

/// A group committed at 3 in a source whose oldest record is 7 and whose end is 10.
fn overtaken(on_offset_lost: &str) -> (Scene, String) {
    let scene = scene("overtaken");
    scene.send(numbers(10));
    scene.client.commit(&scene.group(), &scene.input, 0, 3);
    scene.client.delete_records(&scene.input, 0, 7);
    let source = format!("source: {{topics: [@in], on_offset_lost: {on_offset_lost}}}");
    let pipeline = scene.fill(&format!("name: @name\n{source}\nsinks: [{{topic: @out}}]"));
    (scene, pipeline)
}

#[test]
fn a_lost_offset_stops_the_pipeline_with_both_ranges() {
    let (scene, pipeline) = overtaken("stop");
    let run = scene.start(&pipeline);
    let reason = run.wait_stopped(&scene.name);
    for part in [scene.input.as_str(), "3", "7", "10"] {
        assert!(reason.contains(part), "{part} is not in the reason: {reason}");
    }
    let outcome = scene.stop(run);
    assert_eq!((outcome.ended.state.as_str(), outcome.output.len()), ("stopped", 0));
    assert_eq!(scene.client.committed(&scene.group(), &scene.input, 0), Some(3), "nobody skipped anything");
}

#[test]
fn a_lost_offset_goes_on_at_the_oldest_where_that_is_asked() {
    let (scene, pipeline) = overtaken("earliest");
    let outcome = scene.finish(scene.start(&pipeline));
    assert_eq!(outcome.texts(), [r#"{"n":7}"#, r#"{"n":8}"#, r#"{"n":9}"#]);
}

#[test]
fn a_lost_offset_goes_on_at_the_end_where_that_is_asked() {
    let (scene, pipeline) = overtaken("latest");
    let mut run = scene.start(&pipeline);
    scene.wait_committed_at(&mut run, &scene.input, &[(0, 10)]);
    scene.send_values(&["new"]);
    assert_eq!(scene.finish(run).texts(), ["new"]);
}

#[test]
fn an_offset_beyond_the_end_is_lost_too() {
    let scene = scene("beyond");
    scene.send(numbers(2));
    // As after a topic was deleted and created again.
    scene.client.commit(&scene.group(), &scene.input, 0, 500);
    let run = scene.start(&scene.pipeline(""));
    let reason = run.wait_stopped(&scene.name);
    assert!(reason.contains("500") && reason.contains(&scene.input), "{reason}");
}
