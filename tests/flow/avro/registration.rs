//! Sinks' schemas: there, registered, missing, refused.

use super::*;
use crate::produced;

const SINK: &str = "name: @name
source: {topics: [@in]}
transform: [{decode: json}]
sinks: [{topic: @out, encode: {format: avro, schema: @name.avsc, register: REGISTER}}]";

fn pipeline(register: &str) -> String {
    SINK.replace("REGISTER", register)
}

/// What `check --online` prints, and its exit code.
fn check(files: &Files) -> (Option<i32>, String) {
    let output = files.command("check").arg("--online").output().expect("the binary runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).expect("it prints text"))
}

#[test]
fn a_missing_schema_is_registered_where_the_sink_says_so() {
    let scene = scene("avro-register");
    scene.send_values(&[r#"{"id":1,"region":"EU","note":"x"}"#]);
    let files = files(&scene, &pipeline("if_missing"));
    write_schema(&files, &scene.name, ORDER);
    let (code, printed) = check(&files);
    assert_eq!(code, Some(0), "{printed}");
    assert_eq!(Client::shared().versions(&subject(&scene.output)), [0; 0], "check registers nothing");
    let outcome = scene.finish(files.start());
    assert_eq!(outcome.ended.account, produced(1));
    let (id, version) = Client::shared().look_up(&subject(&scene.output), ORDER, &[]).expect("registered");
    assert_eq!(version, 1);
    assert_eq!(outcome.output[0].value.as_deref(), Some(&framed(id, &order(1, "EU", "x"))[..]));
}

#[test]
fn a_missing_schema_stops_the_pipeline_before_any_record_where_it_does_not() {
    let scene = scene("avro-unregistered");
    scene.send_values(&[r#"{"id":1,"region":"EU","note":"x"}"#]);
    let files = files(&scene, &pipeline("never"));
    write_schema(&files, &scene.name, ORDER);
    let (code, printed) = check(&files);
    assert_eq!(code, Some(78), "{printed}");
    assert!(printed.contains("error[missing-schema]") && printed.contains(".yaml:4:"), "{printed}");
    let run = files.start();
    let reason = run.wait_stopped(&scene.name);
    assert!(reason.contains(&subject(&scene.output)) && reason.contains("register: if_missing"), "{reason}");
    let outcome = scene.stop(run);
    assert_eq!((outcome.output.len(), outcome.ended.account.consumed), (0, 0));
    assert!(!scene.client.commits(&scene.group()).reached(&scene.input, &[(0, 1)]));
}

#[test]
fn a_schema_that_the_compatibility_rule_refuses_is_an_error_of_check_and_of_the_start() {
    let scene = scene("avro-incompatible");
    let client = Client::shared();
    register(&scene.output, ORDER);
    client.set_compatibility(&subject(&scene.output), "BACKWARD");
    scene.send_values(&[r#"{"id":1,"region":"EU","note":"x","twice":2}"#]);
    let files = files(&scene, &pipeline("if_missing"));
    write_schema(&files, &scene.name, ORDER_MORE);
    let (code, printed) = check(&files);
    assert_eq!(code, Some(78), "{printed}");
    assert!(printed.contains("error[refused-schema]"), "{printed}");
    let run = files.start();
    let reason = run.wait_stopped(&scene.name);
    assert!(reason.contains("compatib"), "{reason}");
    assert_eq!(scene.stop(run).ended.account.consumed, 0);
    assert_eq!(client.versions(&subject(&scene.output)), [1]);
}

/// An order whose note is a number.
const ORDER_NUMBERED: &str = r#"{"type": "record", "name": "shop.Order", "fields": [
    {"name": "id", "type": "long"}, {"name": "region", "type": "string"}, {"name": "note", "type": "long"}]}"#;

/// An order without a note.
const ORDER_SHORT: &str = r#"{"type": "record", "name": "shop.Order", "fields": [
    {"name": "id", "type": "long"}, {"name": "region", "type": "string"}]}"#;

/// An order whose note need not be there.
const ORDER_NOTED: &str = r#"{"type": "record", "name": "shop.Order", "fields": [
    {"name": "id", "type": "long"}, {"name": "region", "type": "string"},
    {"name": "note", "type": "string", "default": ""}]}"#;

/// A subject whose first version, and not its latest, is at odds with [`ORDER_NOTED`].
fn at_odds_with_the_first(stem: &str, rule: &str) -> (Scene, Files) {
    let scene = scene(stem);
    register(&scene.output, ORDER_NUMBERED);
    Client::shared().set_compatibility(&subject(&scene.output), rule);
    register(&scene.output, ORDER_SHORT);
    scene.send_values(&[r#"{"id":1,"region":"EU","note":"x"}"#]);
    let files = files(&scene, &pipeline("if_missing"));
    write_schema(&files, &scene.name, ORDER_NOTED);
    (scene, files)
}

#[test]
fn a_transitive_rule_is_an_error_of_check_as_it_is_of_the_start() {
    let (scene, files) = at_odds_with_the_first("avro-transitive", "BACKWARD_TRANSITIVE");
    let (code, printed) = check(&files);
    assert_eq!(code, Some(78), "{printed}");
    assert!(printed.contains("error[refused-schema]") && printed.contains("compatib"), "{printed}");
    let run = files.start();
    let reason = run.wait_stopped(&scene.name);
    assert!(reason.contains("compatib"), "{reason}");
    assert_eq!(scene.stop(run).ended.account.consumed, 0);
    assert_eq!(Client::shared().versions(&subject(&scene.output)), [1, 2]);
}

#[test]
fn a_rule_for_the_latest_version_is_no_rule_for_older_ones() {
    let (scene, files) = at_odds_with_the_first("avro-not-transitive", "BACKWARD");
    let (code, printed) = check(&files);
    assert_eq!(code, Some(0), "{printed}");
    let outcome = scene.finish(files.start());
    assert_eq!(outcome.ended.account, produced(1));
    assert_eq!(Client::shared().versions(&subject(&scene.output)), [1, 2, 3]);
}

#[test]
fn a_newer_version_is_reported_and_not_taken() {
    let scene = scene("avro-newer");
    let first = register(&scene.output, ORDER);
    Client::shared().set_compatibility(&subject(&scene.output), "NONE");
    register(&scene.output, ORDER_MORE);
    scene.send_values(&[r#"{"id":1,"region":"EU","note":"x"}"#]);
    let files = files(&scene, &pipeline("never"));
    write_schema(&files, &scene.name, ORDER);
    let (code, printed) = check(&files);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("warning[newer-version]"), "{printed}");
    let run = files.start();
    run.wait_for_log("the newer version", |line| {
        line.text().contains("newer") && line.text().contains(&subject(&scene.output))
    });
    let outcome = scene.finish(run);
    assert_eq!(outcome.output[0].value.as_deref(), Some(&framed(first, &order(1, "EU", "x"))[..]));
}

#[test]
fn check_online_says_that_the_registry_does_not_answer() {
    let scene = scene("avro-no-registry");
    let files = files_at(&scene, "http://127.0.0.1:9", &pipeline("never"));
    write_schema(&files, &scene.name, ORDER);
    let (code, printed) = check(&files);
    assert_eq!(code, Some(78), "{printed}");
    assert!(printed.contains("error[registry-unreachable]"), "{printed}");
}
