//! The world is broken, not the record: held, named, healed without a restart, never a dead letter.

use millstream_harness::oracle::{Feeder, Id, Load, Topic, judge};
use millstream_harness::scene::Scene;

use crate::{BINARY, numbers, produced, scene, scene_with_refusable_sink};

/// A stage on the shared broker with only those topics.
fn stage(stem: &str, topics: &[fn(&Scene) -> &String]) -> Scene {
    let scene = Scene::bare(BINARY, stem, millstream_harness::broker::shared());
    for topic in topics {
        scene.client.create_topic(topic(&scene), 1, &[]);
    }
    scene
}

#[test]
fn a_missing_source_is_named_and_heals() {
    let scene = stage("no-source", &[|scene| &scene.output]);
    let run = scene.start(&scene.pipeline(""));
    let reason = run.wait_waiting(&scene.name);
    assert!(reason.contains(&scene.input), "{reason}");
    scene.client.create_topic(&scene.input, 1, &[]);
    run.wait_running(&scene.name);
    scene.send(numbers(3));
    assert_eq!(scene.finish(run).ended.account, produced(3));
}

#[test]
fn a_missing_sink_is_named_and_heals() {
    let scene = stage("no-sink", &[|scene| &scene.input, |scene| &scene.dlq]);
    scene.send(numbers(3));
    let run = scene.start(&scene.pipeline_with_dlq(""));
    let reason = run.wait_waiting(&scene.name);
    assert!(reason.contains(&scene.output), "{reason}");
    scene.client.create_topic(&scene.output, 1, &[]);
    let outcome = scene.finish(run);
    assert_eq!((outcome.output.len(), outcome.dlq.len()), (3, 0));
    assert_eq!(outcome.ended.account, produced(3));
}

#[test]
fn a_missing_dead_letter_topic_is_named_and_heals() {
    let scene = stage("no-dlq", &[|scene| &scene.input, |scene| &scene.output]);
    scene.send_values(&["{}", "not json", "{}"]);
    let run = scene.start(&scene.pipeline_with_dlq("transform: [{decode: json}]"));
    let reason = run.wait_waiting(&scene.name);
    assert!(reason.contains(&scene.dlq), "{reason}");
    scene.client.create_topic(&scene.dlq, 1, &[]);
    let outcome = scene.finish(run);
    assert_eq!((outcome.output.len(), outcome.dlq.len()), (2, 1));
}

#[test]
fn a_sink_that_says_create_is_created_as_it_says() {
    let scene = stage("create", &[|scene| &scene.input]);
    scene.send_values(&["{}", "not json"]);
    let run = scene.start(
        "name: @name
source: {topics: [@in]}
transform: [{decode: json}]
sinks: [{topic: @out, create: {partitions: 6, replication: 1}}]
dlq: {topic: @dlq, create: {partitions: 2, replication: 1}}",
    );
    let outcome = scene.finish(run);
    assert_eq!((outcome.output.len(), outcome.dlq.len()), (1, 1));
    assert_eq!(scene.client.partition_count(&scene.output), Some(6));
    assert_eq!(scene.client.partition_count(&scene.dlq), Some(2));
}

#[test]
fn a_sink_without_enough_replicas_holds_the_pipeline_until_it_has_them() {
    let scene = scene_with_refusable_sink("replicas");
    scene.client.refuse(&scene.output);
    scene.send(numbers(5));
    let run = scene.start(&scene.pipeline_with_dlq(""));
    run.wait_waiting(&scene.name);
    assert_eq!(scene.client.committed(&scene.group(), &scene.input, 0), Some(0), "only where it began");
    scene.client.accept(&scene.output);
    let outcome = scene.finish(run);
    assert_eq!((outcome.output.len(), outcome.dlq.len()), (5, 0));
    assert_eq!(outcome.ended.account, produced(5));
}

#[test]
fn an_outage_of_one_pipeline_does_not_hold_another() {
    let (held, free) = (stage("held", &[|scene| &scene.output]), scene("free"));
    let run = free.files(&free.pipeline("")).pipeline(&held.pipeline("")).start();
    run.wait_waiting(&held.name);
    free.send(numbers(4));
    assert_eq!(free.finish(run).ended.account, produced(4));
}

#[test]
fn a_sink_that_is_deleted_is_named_and_heals_when_it_is_created_again() {
    let scene = scene("deleted-sink");
    scene.send(numbers(3));
    let mut run = scene.start(&scene.pipeline_with_dlq(""));
    scene.wait_committed(&mut run);
    scene.client.delete_topic(&scene.output);
    scene.send_values(&["a", "b"]);
    let reason = run.wait_waiting_for(&scene.name, &scene.output);
    assert!(reason.contains("does not exist"), "{reason}");
    assert_eq!(scene.client.committed(&scene.group(), &scene.input, 0), Some(3), "nothing was written");
    scene.client.create_topic(&scene.output, 1, &[]);
    let outcome = scene.finish(run);
    assert_eq!((outcome.texts(), outcome.dlq.len()), (vec!["a", "b"], 0));
    assert_eq!(outcome.ended.account, produced(5));
}

#[test]
fn a_sink_that_is_deleted_and_created_at_once_is_written_on() {
    let scene = scene("replaced-sink");
    scene.send(numbers(3));
    let mut run = scene.start(&scene.pipeline_with_dlq(""));
    scene.wait_committed(&mut run);
    scene.client.delete_topic(&scene.output);
    scene.client.create_topic(&scene.output, 1, &[]);
    scene.send_values(&["a", "b"]);
    let outcome = scene.finish(run);
    assert_eq!((outcome.texts(), outcome.dlq.len()), (vec!["a", "b"], 0));
    assert_eq!(outcome.ended.account, produced(5));
}

#[test]
fn a_sink_that_is_deleted_under_flow_takes_only_what_it_had_acknowledged() {
    let scene = scene("deleted-flow");
    let load = Load { partitions: 1, per_partition: 0, poison_one_in: 0, pad_bytes: 20 };
    let feeder = Feeder::start(scene.client.bootstrap(), &scene.input, load, 2_000);
    let mut run = scene.start(&scene.pipeline(""));
    scene.wait_committed_at(&mut run, &scene.input, &[(0, 500)]);
    scene.client.delete_topic(&scene.output);
    run.wait_waiting_for(&scene.name, &scene.output);
    let committed = scene.client.committed(&scene.group(), &scene.input, 0).expect("it has begun");
    let gone = u64::try_from(committed).expect("an offset");
    scene.client.create_topic(&scene.output, 1, &[]);
    let load = Load { per_partition: feeder.finish_at(gone + 1_000), ..load };
    let outcome = scene.finish(run);
    let first = outcome.output.first().and_then(|record| record.value.as_deref()).expect("the flow went on");
    let first = Id::of_payload(first).expect("a payload of the load").0.seq;
    assert!(first <= gone, "records from {gone} to {first} are in neither topic");
    let sink = Topic { name: "the sink", records: &outcome.output, belongs: &|id| id.seq >= first };
    judge(&load, &[sink]).assert_replays_only();
    assert_eq!(outcome.ended.account, produced(load.per_partition));
}
