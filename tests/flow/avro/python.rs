//! An independent client on both sides: Confluent's for Python, with its Avro serialisers.

use std::collections::BTreeSet;

use millstream_harness::python::{EVERYTHING, Place, Python, Record, Schema, everything};
use millstream_harness::registry::Reference;
use millstream_harness::unique;
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

#[test]
fn three_versions_with_references_in_one_topic_are_written_by_one_schema() {
    let Some(python) = Python::or_skip() else { return };
    let scene = scene("avro-python-versions");
    let place = |topic| Place { bootstrap: scene.client.bootstrap(), registry: registry::shared(), topic };
    let client = Client::shared();
    // A reference to a schema that has one of its own.
    let (country, address) = (unique::name("country"), unique::name("address"));
    client.register(&country, versions::COUNTRY, &[]);
    client.register(&address, versions::ADDRESS_IN, &[Reference::to("shop.Country", &country, 1)]);
    let schemas: Vec<_> = (0..3)
        .map(|version| Schema {
            text: versions::versioned(version),
            references: vec![
                Reference::to("shop.Country", &country, 1),
                Reference::to("shop.Address", &address, 1),
            ],
        })
        .collect();
    let to = json!({"city": "Ulm", "in": {"code": "DE"}});
    let values = [
        json!({"to": to, "id": 1}),
        json!({"to": to, "id": 2, "coupon": "ten"}),
        json!({"to": to, "id": 3, "coupon": null, "state": "paid"}),
    ];
    let records: Vec<_> = (0..30).map(|n| Record::of(n % 3, values[n % 3].clone())).collect();
    let ids = python.produce(place(&scene.input), "topic", &schemas, &records);
    assert_eq!(ids.len(), 3);
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform: [{decode: {format: avro, schema: @name.avsc}}, {map: '.to.city = upcase(.to.city)'}]
sinks: [{topic: @out, encode: {format: avro, schema: @name.avsc, register: if_missing}}]
dlq: {topic: @dlq}",
    );
    write_schema(&files, &scene.name, &versions::reader_in());
    let outcome = scene.finish(files.start());
    assert_eq!((outcome.ended.account, outcome.dlq.len()), (produced(30), 0));
    let upper = json!({"city": "ULM", "in": {"code": "DE"}});
    let expected = [
        json!({"to": upper, "id": 1, "coupon": null, "state": "new"}),
        json!({"to": upper, "id": 2, "coupon": "ten", "state": "new"}),
        json!({"to": upper, "id": 3, "coupon": null, "state": "paid"}),
    ];
    let read = python.consume(place(&scene.output), 30, false);
    for (n, read) in read.iter().enumerate() {
        assert_eq!(read.value, expected[n % 3], "record {n}");
    }
    let written: BTreeSet<_> = read.iter().map(|read| read.value_schema).collect();
    assert_eq!(written.len(), 1);
}
