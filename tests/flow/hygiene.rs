//! What must never stand in the log: records and secrets.

use millstream_harness::client::Sent;
use millstream_harness::daemon::Log;

use crate::{numbers, scene};

/// Stands in every record, in its value, its key and a header.
const RECORD: &str = "4929-confidential";

/// Stands where a password would.
const SECRET: &str = "hunter2-swordfish";

fn confidential(value: &str) -> Sent {
    let value = value.replace('@', RECORD);
    Sent::keyed(format!("key-{RECORD}"), value).header("h", Some(format!("header-{RECORD}").as_bytes()))
}

/// One of each: sound, poison in the decoder, poison in the map by an error, and by an abort that cites the record.
fn records() -> [Sent; 4] {
    [r#"{"id":"@","n":1}"#, r#"{"id":"@""#, r#"{"id":"@","n":"@"}"#, r#"{"id":"@","n":1,"abort":true}"#]
        .map(confidential)
}

const TRANSFORM: &str =
    "transform: [{decode: json}, {map: 'if .abort == true { abort string!(.id) }; .n = to_int!(.n)'}]";

fn assert_clean(log: &Log) {
    let lines = log.lines();
    assert!(!lines.is_empty(), "a daemon that says nothing proves nothing");
    for line in lines {
        assert!(!line.text().contains(RECORD), "a record is in the log: {}", line.text());
        assert!(!line.text().contains(SECRET), "a secret is in the log: {}", line.text());
    }
}

#[test]
fn records_that_are_dead_lettered_are_not_in_the_log() {
    let scene = scene("clean-dlq");
    scene.send(records());
    let run = scene.start(&scene.pipeline_with_dlq(TRANSFORM));
    let log = run.log().clone();
    assert_eq!(scene.finish(run).dlq.len(), 3);
    assert_clean(&log);
}

#[test]
fn records_that_are_skipped_are_not_in_the_log() {
    let scene = scene("clean-skip");
    scene.send(records());
    let run = scene.start(&scene.pipeline(&format!("{TRANSFORM}\non_error: skip")));
    let log = run.log().clone();
    assert_eq!(scene.finish(run).ended.account.skipped, 3);
    assert_clean(&log);
}

/// Runs into one poison record without a dlq.
fn stopped_by(poison: Sent) {
    let scene = scene("clean-stop");
    scene.send([poison]);
    let run = scene.start(&scene.pipeline(TRANSFORM));
    let log = run.log().clone();
    let reason = run.wait_stopped(&scene.name);
    assert!(reason.contains(&scene.input) && reason.contains("offset 0"), "{reason}");
    scene.stop(run);
    assert_clean(&log);
}

#[test]
fn a_record_that_does_not_decode_stops_its_pipeline_and_is_not_in_the_log() {
    stopped_by(records()[1].clone());
}

#[test]
fn a_record_that_a_map_fails_on_stops_its_pipeline_and_is_not_in_the_log() {
    stopped_by(records()[2].clone());
}

#[test]
fn a_record_that_a_map_aborts_on_stops_its_pipeline_and_is_not_in_the_log() {
    stopped_by(records()[3].clone());
}

#[test]
fn secrets_are_not_in_the_log_nor_in_what_check_prints() {
    let scene = scene("clean-secret");
    scene.send(numbers(3));
    let files = scene.files(&scene.pipeline(""));
    files.folder().write("password", &format!("{SECRET}-file\n"));
    let files = files
        .environment("MILLSTREAM_TEST_SECRET", SECRET)
        .kafka("sasl.username: ${env:MILLSTREAM_TEST_SECRET}")
        .kafka("sasl.password: ${file:password}")
        .kafka("ssl.key.password: ${env:MILLSTREAM_TEST_SECRET}");
    let run = files.start();
    let log = run.log().clone();
    scene.finish(run);
    assert_clean(&log);
    // Resolved where it is refused: the message must not cite it.
    let wrong = files.kafka("linger.ms: ${env:MILLSTREAM_TEST_SECRET}");
    let output = wrong.command("check").output().expect("the binary runs");
    let said = [output.stdout, output.stderr].concat();
    assert_eq!(output.status.code(), Some(78));
    assert!(!String::from_utf8_lossy(&said).contains(SECRET), "{}", String::from_utf8_lossy(&said));
}
