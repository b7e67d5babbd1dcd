//! Sources that are a pattern: what they must never read, and what they wait for.

use millstream_harness::client::Sent;

use crate::{produced, scene};

#[test]
fn a_pattern_that_matches_the_pipelines_own_outputs_is_refused_before_anything_is_read() {
    let scene = scene("own");
    scene.send_values(&["{}"]);
    // It matches all three topics of the scene: the source, the sink and the dlq.
    let mut run = scene.start(
        "name: @name\nsource: {topics: ['^@name\\.(in|out|dlq)$']}\nsinks: [{topic: @out}]\ndlq: {topic: @dlq}",
    );
    assert_eq!(run.wait_exit(), 78);
    for topic in [&scene.output, &scene.dlq] {
        run.wait_for_log(&format!("an error for {topic}"), |line| {
            line.message().starts_with("error[own-source]") && line.message().contains(topic.as_str())
        });
    }
    assert_eq!(scene.client.committed(&scene.group(), &scene.input, 0), None);
    assert_eq!(scene.client.read(&scene.output).len(), 0);
}

#[test]
fn a_pattern_that_matches_nothing_waits_for_its_first_topic() {
    let scene = scene("none");
    let first = format!("{}.late.a", scene.name);
    let mut run = scene.start("name: @name\nsource: {topics: ['^@name\\.late\\.']}\nsinks: [{topic: @out}]");
    let reason = run.wait_waiting(&scene.name);
    assert!(reason.contains("pattern"), "{reason}");
    scene.client.create_topic(&first, 1, &[]);
    scene.client.produce(&first, [Sent::value("first").to(0)]);
    scene.wait_committed_at(&mut run, &first, &[(0, 1)]);
    let outcome = scene.stop(run);
    assert_eq!((outcome.texts(), outcome.ended.account), (vec!["first"], produced(1)));
}
