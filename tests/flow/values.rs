//! What records may look like: tombstones, null and empty parts, odd headers, large values.

use millstream_harness::client::{Sent, Stored};
use millstream_harness::daemon::Account;
use millstream_harness::scene::Outcome;

use crate::{produced, scene};

/// A value, a tombstone and a JSON null through a filter that lets no tombstone pass by itself.
fn tombstones(mode: &str) -> Outcome {
    let scene = scene(&format!("tombstones-{mode}"));
    scene.send([
        Sent::keyed("a", r#"{"keep":true}"#),
        Sent::tombstone("b"),
        Sent::keyed("c", r#"{"keep":false}"#),
    ]);
    let lines = format!(
        "tombstones: {mode}
transform:
  - decode: json
  - filter: . == null || .keep == true
  - map: '%headers.seen = if . == null {{ \"null\" }} else {{ \"value\" }}'"
    );
    let outcome = scene.finish(scene.start(&scene.pipeline(&lines)));
    assert_eq!(outcome.output[0].key_text().as_deref(), Some("a"));
    outcome
}

#[test]
fn tombstones_that_pass_meet_no_step_that_reads_the_value() {
    let outcome = tombstones("pass");
    let tombstone = &outcome.output[1];
    assert_eq!((tombstone.key_text().as_deref(), &tombstone.value), (Some("b"), &None));
    assert_eq!(tombstone.header("seen"), None, "the map reads the value, so it does not run");
    let account = Account { consumed: 3, produced: 2, filtered: 1, ..Account::default() };
    assert_eq!(outcome.ended.account, account);
}

#[test]
fn tombstones_that_run_are_null_to_every_step() {
    let outcome = tombstones("run");
    let tombstone = &outcome.output[1];
    assert_eq!((tombstone.key_text().as_deref(), &tombstone.value), (Some("b"), &None));
    assert_eq!(tombstone.header_text("seen"), "null");
}

#[test]
fn tombstones_that_are_dropped_count_as_filtered() {
    let outcome = tombstones("drop");
    assert_eq!(outcome.output.len(), 1);
    let account = Account { consumed: 3, produced: 1, filtered: 2, ..Account::default() };
    assert_eq!(outcome.ended.account, account);
}

#[test]
fn a_tombstone_that_passes_reaches_every_sink_and_meets_envelope_steps() {
    let scene = scene("tombstone-sinks");
    let other = format!("{}-other", scene.output);
    scene.client.create_topic(&other, 1, &[]);
    scene.send([Sent::tombstone("gone")]);
    let pipeline = format!(
        "name: @name
source: {{topics: [@in]}}
transform: [{{decode: json}}, {{map: '%headers.mark = \"yes\"'}}]
sinks:
  - {{topic: @out, when: .a == 1}}
  - {{topic: {other}, when: .a == 2}}"
    );
    let outcome = scene.finish(scene.start(&pipeline));
    assert_eq!((outcome.output.len(), scene.client.read(&other).len()), (1, 1));
    assert_eq!(outcome.output[0].header_text("mark"), "yes");
    assert_eq!(outcome.ended.account, produced(1));
}

#[test]
fn a_map_makes_a_tombstone_with_null() {
    let scene = scene("make-tombstone");
    scene.send([Sent::keyed("k", r#"{"deleted":true}"#)]);
    let pipeline = scene.pipeline("transform: [{decode: json}, {map: 'if .deleted == true { . = null }'}]");
    let outcome = scene.finish(scene.start(&pipeline));
    assert_eq!((outcome.output[0].key_text().as_deref(), &outcome.output[0].value), (Some("k"), &None));
}

#[test]
fn records_pass_byte_for_byte_whatever_they_are() {
    let scene = scene("odd");
    let sent = vec![
        Sent::value("null key"),
        Sent::keyed("", "empty key"),
        Sent::keyed([0xff, 0x00], [0x00, 0xfe, 0xff]),
        Sent::keyed("empty value", ""),
        Sent::tombstone("tombstone"),
        Sent::default(),
        Sent::value("headers")
            .header("a", Some(b"1"))
            .header("a", None)
            .header("a", Some(b""))
            .header("", Some(b"x")),
        Sent::value("name that is not UTF-8").header([0xc3, 0x28], Some(&[0xff])).header("after", Some(b"1")),
        Sent::value("old").at(1_700_000_000_123),
        Sent::value(vec![b'x'; 1_000_000]),
    ];
    scene.send(sent.clone());
    let outcome = scene.finish(scene.start(&scene.pipeline("")));
    assert_same(&sent, &outcome.output);
    assert_eq!(outcome.output[8].timestamp_ms, Some(1_700_000_000_123));
    assert_eq!(outcome.ended.account, produced(sent.len() as u64));
}

#[test]
fn a_map_leaves_headers_that_it_does_not_name_as_they_came() {
    let scene = scene("odd-headers");
    let odd = Sent::value("{}")
        .header([0xc3, 0x28], Some(&[0xff]))
        .header("twice", Some(b"1"))
        .header("twice", None);
    scene.send([odd.clone().header("mine", Some(b"old"))]);
    let pipeline = scene.pipeline("transform: [{decode: json}, {map: '%headers.mine = \"new\"'}]");
    let outcome = scene.finish(scene.start(&pipeline));
    let mut others = outcome.output[0].headers.clone();
    others.retain(|(name, _)| name != b"mine");
    assert_eq!(others, odd.headers);
    assert_eq!(outcome.output[0].header_text("mine"), "new");
}

#[test]
fn an_empty_value_is_poison_under_json_and_no_tombstone() {
    let scene = scene("empty");
    scene.send([Sent::keyed("e", ""), Sent::keyed("ok", "{}")]);
    let pipeline = scene.pipeline_with_dlq("transform: [{decode: json}]");
    let outcome = scene.finish(scene.start(&pipeline));
    assert_eq!((outcome.texts(), outcome.dlq.len()), (vec!["{}"], 1));
    assert_eq!(outcome.dlq[0].value.as_deref(), Some(&b""[..]));
}

#[test]
fn a_value_of_a_megabyte_is_decoded_and_mapped() {
    let scene = scene("megabyte");
    let pad = "x".repeat(1_000_000);
    scene.send_values(&[&format!(r#"{{"pad":"{pad}","n":1}}"#)]);
    let pipeline = scene.pipeline("transform: [{decode: json}, {map: .n = 2}]");
    let outcome = scene.finish(scene.start(&pipeline));
    let value = outcome.output[0].json();
    assert_eq!((value["n"].as_i64(), value["pad"].as_str().map(str::len)), (Some(2), Some(pad.len())));
}

fn assert_same(sent: &[Sent], stored: &[Stored]) {
    assert_eq!(sent.len(), stored.len());
    for (sent, stored) in sent.iter().zip(stored) {
        assert_eq!(sent.key, stored.key);
        // Compared by hand: a megabyte in a message helps nobody.
        assert!(sent.value == stored.value, "another value at offset {}", stored.offset);
        assert_eq!(sent.headers, stored.headers);
    }
}
