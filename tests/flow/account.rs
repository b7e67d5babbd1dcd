//! The account: each input record ends in exactly one state, and the topics say the same.

use std::collections::BTreeMap;

use millstream_harness::client::{Sent, Stored};
use millstream_harness::daemon::Account;

use crate::{scene, scene_with_refusable_sink};

#[test]
fn the_account_and_the_topics_agree_with_fan_out_filters_and_refusals() {
    let scene = scene("account");
    let compacted = format!("{}.compacted", scene.name);
    scene.client.create_topic(
        &compacted,
        1,
        &[("cleanup.policy", "compact"), ("min.compaction.lag.ms", "3600000")],
    );
    scene.send((0..1_000).map(input));
    let pipeline = scene.fill(&format!(
        "name: @name
source: {{topics: [@in]}}
transform:
  - decode: json
  - filter: .drop != true
sinks:
  - {{topic: @out, when: .first == true}}
  - {{topic: {compacted}, when: .second == true}}
dlq: {{topic: @dlq}}"
    ));
    let outcome = scene.finish(scene.start(&pipeline));
    let places = places(&[&outcome.output, &scene.client.read(&compacted), &outcome.dlq]);
    let mut account = Account { consumed: 1_000, ..Account::default() };
    for n in 0..1_000 {
        let found = places.get(&n).copied().unwrap_or_default();
        match n % 10 {
            0 => {
                assert_eq!(found, [false, false, true], "{n} is broken");
                account.dead_lettered += 1;
            }
            1 | 2 => {
                assert_eq!(found, [false; 3], "{n} is filtered by a step or by no sink taking it");
                account.filtered += 1;
            }
            3 => {
                assert_eq!((found[1], found[2]), (false, true), "{n} is refused by the compacted sink");
                account.dead_lettered += 1;
            }
            4 => {
                assert_eq!(found, [true, true, false], "{n} goes to both");
                account.produced += 1;
            }
            _ => {
                assert_eq!(found, [true, false, false], "{n} goes to the first");
                account.produced += 1;
            }
        }
    }
    assert_eq!(outcome.ended.account, account);
}

/// One of ten kinds of record; its number stands in a header, which a dead letter keeps.
fn input(n: u32) -> Sent {
    let value = match n % 10 {
        0 => "{broken",
        1 => r#"{"drop":true,"first":true}"#,
        2 => "{}",
        3 | 4 => r#"{"first":true,"second":true}"#,
        _ => r#"{"first":true}"#,
    };
    let record = if n % 10 == 3 { Sent::value(value) } else { Sent::keyed(format!("k{n}"), value) };
    record.header("n", Some(n.to_string().as_bytes()))
}

/// For each number the topics that hold it.
fn places(topics: &[&Vec<Stored>; 3]) -> BTreeMap<u32, [bool; 3]> {
    let mut places: BTreeMap<u32, [bool; 3]> = BTreeMap::new();
    for (topic, records) in topics.iter().enumerate() {
        for record in *records {
            let n = record.header_text("n").parse().expect("every input has its number");
            places.entry(n).or_default()[topic] = true;
        }
    }
    places
}

#[test]
fn what_is_in_flight_at_the_end_is_counted_as_that() {
    let scene = scene_with_refusable_sink("in-flight");
    scene.client.refuse(&scene.output);
    scene.send((0..10).map(|n| Sent::value(n.to_string())));
    let files = scene.files(&scene.pipeline("")).setting("shutdown: {deadline: 1s}");
    let mut run = files.start();
    run.wait_waiting(&scene.name);
    run.signal(millstream_harness::process::SIGTERM);
    assert_eq!(run.wait_exit(), 75);
    let account = run.ended(&scene.name).account;
    assert_eq!((account.produced, account.consumed), (0, account.in_flight));
    scene.client.accept(&scene.output);
    let outcome = scene.finish(scene.start(&scene.pipeline("")));
    assert_eq!(outcome.output.len(), 10, "nothing was lost and nothing was sent before");
}
