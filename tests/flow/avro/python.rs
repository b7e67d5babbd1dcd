//! An independent client on both sides: Confluent's for Python, with its Avro serialisers.

use millstream_harness::python::{EVERYTHING, Place, Python, Record, Schema, everything};
use serde_json::json;

use super::*;
use crate::produced;

#[test]
fn every_type_is_read_mapped_and_written_for_another_client() {
    let Some(python) = Python::or_skip() else { return };
    let scene = scene("avro-python");
    let place = |topic| Place { bootstrap: scene.client.bootstrap(), registry: registry::shared(), topic };
    let records: Vec<_> =
        (0..50).map(|n| Record { key: json!(format!("k{n}")), ..Record::of(0, everything(n)) }).collect();
    python.produce(place(&scene.input), "topic", &[Schema::new(EVERYTHING)], &records);
    // Every member is read and written again: the copying of untouched bytes would prove nothing here.
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform: [{decode: {format: avro, validate: full}}, {map: . = .}, {map: .yes = true}]
sinks: [{topic: @out, encode: {format: avro, schema: @name.avsc, register: if_missing}}]
dlq: {topic: @dlq}",
    );
    let schema = EVERYTHING.replace("\"name\": \"Everything\"", "\"name\": \"EverythingElse\"");
    write_schema(&files, &scene.name, &schema);
    let outcome = scene.finish(files.start());
    let letters: Vec<_> =
        outcome.dlq.iter().map(|letter| letter.header_text("millstream.error.message")).collect();
    assert_eq!(letters, [""; 0]);
    assert_eq!(outcome.ended.account, produced(50));
    let read = python.consume(place(&scene.output), 50, false);
    for (n, read) in read.iter().enumerate() {
        let mut expected = everything(n as u64);
        expected["yes"] = json!(true);
        assert_eq!(read.value, expected, "record {n}");
        assert_eq!(read.key, json!(format!("k{n}")));
    }
}
