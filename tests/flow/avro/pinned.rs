//! Sinks that pin a version: what the programs leave is held against it before any record moves.

use millstream_harness::process::SIGHUP;

use super::*;
use crate::produced;

const NUMBER: &str = r#"{"type": "record", "name": "shop.Number", "fields": [{"name": "n", "type": "int"}]}"#;

/// A pipeline that writes version 1 of a subject that is not named after the topic.
fn pipeline(scene: &Scene, map: &str) -> String {
    scene.fill(&format!(
        "name: @name
source: {{topics: [@in]}}
transform: [{{decode: json}}, {{map: '{map}'}}]
sinks: [{{topic: @out, encode: {{format: avro, subject: \"@name numbers\", version: 1}}}}]"
    ))
}

/// A stage with that version registered.
fn numbers(stem: &str) -> Scene {
    let scene = scene(stem);
    Client::shared().register(&scene.fill("@name numbers"), NUMBER, &[]);
    scene
}

/// What a misfit is told as, however it is met.
fn assert_tells(scene: &Scene, reason: &str) {
    let what = scene.fill("version 1 of the subject `@name numbers`, which the sink `@out` pins");
    let types = "`.n` is \"x\", and the sink's schema wants int";
    let place = "step 2, line 1";
    for part in [&what, types, place, "pin a version that fits"] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
}

#[test]
fn a_pinned_version_that_cannot_hold_what_is_left_stops_the_pipeline_before_any_record() {
    let scene = numbers("avro-pinned");
    scene.send_values(&[r#"{"n":1}"#]);
    let files = files(&scene, &pipeline(&scene, r#". = {"n": "x"}"#));
    let run = files.start();
    let reason = run.wait_stopped(&scene.name);
    assert_tells(&scene, &reason);
    let outcome = scene.stop(run);
    assert_eq!((outcome.output.len(), outcome.ended.account.consumed), (0, 0));
    assert!(!scene.client.commits(&scene.group()).reached(&scene.input, &[(0, 1)]));
    assert_eq!(scene.client.generation(&scene.group()), None, "it never joined the group");
}

#[test]
fn a_swap_to_programs_that_a_pinned_version_cannot_hold_is_rolled_back_without_a_record() {
    let scene = numbers("avro-pinned-swap");
    scene.send_values(&[r#"{"n":1}"#]);
    let files = files(&scene, &pipeline(&scene, r#". = {"n": 1}"#));
    let mut run = files.start();
    scene.wait_committed(&mut run);
    let before = scene.client.generation(&scene.group());
    let mark = run.log().mark();
    files.replace(&pipeline(&scene, r#". = {"n": "x"}"#));
    run.signal(SIGHUP);
    let what = "that it was rolled back";
    let line =
        run.wait_for_log_from(mark, what, |line| line.message().contains("rolled back to the one before"));
    assert_tells(&scene, line.field("reason"));
    let over = run.wait_for_log_from(mark, "the end of the reload", |line| line.message() == "reload over");
    assert_eq!(over.field("result"), "rolled_back", "{}", over.text());
    scene.send_values(&[r#"{"n":2}"#]);
    scene.wait_committed(&mut run);
    assert_eq!(scene.client.generation(&scene.group()), before, "no rebalance");
    let outcome = scene.stop(run);
    assert_eq!(outcome.ended.account, produced(2));
    assert_eq!(outcome.output.len(), 2);
}

#[test]
fn where_nothing_is_known_of_the_types_records_tell() {
    let scene = numbers("avro-pinned-unknown");
    scene.send_values(&[r#"{"m":1}"#, r#"{"m":"x"}"#]);
    let yaml = pipeline(&scene, ". = {\"n\": .m}") + &scene.fill("\ndlq: {topic: @dlq}");
    let outcome = scene.finish(files(&scene, &yaml).start());
    assert_eq!((outcome.output.len(), outcome.dlq.len()), (1, 1));
    assert_eq!(outcome.dlq[0].header_text("millstream.error.class"), "avro_type");
}

#[test]
fn a_writers_schema_is_held_against_a_pinned_version_before_its_first_record() {
    let scene = numbers("avro-pinned-writer");
    let id = register(
        &scene.input,
        r#"{"type": "record", "name": "T", "fields": [{"name": "n", "type": "string"}]}"#,
    );
    scene.send([Sent::value(framed(id, b"\x02x"))]);
    let yaml = scene.fill(
        "name: @name
source: {topics: [@in]}
transform: [{decode: avro}]
sinks: [{topic: @out, encode: {format: avro, subject: \"@name numbers\", version: 1}}]
dlq: {topic: @dlq}",
    );
    let outcome = scene.finish(files(&scene, &yaml).start());
    let letter = &outcome.dlq[0];
    assert_eq!(letter.header_text("millstream.error.class"), "avro_types");
    let message = letter.header_text("millstream.error.message");
    let wanted = format!("schema id {id}: the sink `{}`: `.n` is a string", scene.output);
    assert!(message.contains(&wanted), "{message}");
}

#[test]
fn check_online_tells_it_at_the_sink() {
    let scene = numbers("avro-pinned-online");
    let files = files(&scene, &pipeline(&scene, r#". = {"n": "x"}"#));
    let output = files.command("check").arg("--online").output().expect("the binary runs");
    let printed = String::from_utf8([output.stdout, output.stderr].concat()).expect("it prints text");
    assert_eq!(output.status.code(), Some(78), "{printed}");
    assert!(
        printed.contains("error[sink-type]: version 1 of the subject") && printed.contains(".yaml:4:"),
        "{printed}"
    );
}
