//! Several writers' schemas in one topic, and schemas that name others.

use millstream_harness::registry::Reference;
use millstream_harness::unique;

use super::*;
use crate::produced;

const ADDRESS: &str =
    r#"{"type": "record", "name": "shop.Address", "fields": [{"name": "city", "type": "string"}]}"#;

/// A country, and an address that names it: a reference that has one of its own.
pub(super) const COUNTRY: &str =
    r#"{"type": "record", "name": "shop.Country", "fields": [{"name": "code", "type": "string"}]}"#;
pub(super) const ADDRESS_IN: &str = r#"{"type": "record", "name": "shop.Address", "fields": [
    {"name": "city", "type": "string"}, {"name": "in", "type": "shop.Country"}]}"#;

/// The last version, with all that it names, where addresses name countries.
pub(super) fn reader_in() -> String {
    let address = ADDRESS_IN.replace("\"shop.Country\"", COUNTRY);
    versioned(2).replace("\"shop.Address\"", &address)
}

/// An order of this version; each can be read by the last.
pub(super) fn versioned(version: usize) -> String {
    let more = [
        r#"{"name": "id", "type": "int"}"#,
        r#"{"name": "id", "type": "long"}, {"name": "coupon", "type": ["null", "string"], "default": null}"#,
        r#"{"name": "id", "type": "long"}, {"name": "coupon", "type": ["null", "string"], "default": null},
           {"name": "state", "type": "string", "default": "new"}"#,
    ][version];
    format!(
        r#"{{"type": "record", "name": "shop.Order", "fields": [{{"name": "to", "type": "shop.Address"}}, {more}]}}"#
    )
}

/// The last one, with all that it names.
fn reader() -> String {
    versioned(2).replace("\"shop.Address\"", ADDRESS)
}

#[test]
fn three_versions_with_references_are_read_by_one_readers_schema() {
    let scene = scene("avro-versions");
    let client = Client::shared();
    let address = unique::name("address");
    client.register(&address, ADDRESS, &[]);
    let references = [Reference::to("shop.Address", &address, 1)];
    let ids: Vec<_> = (0..3)
        .map(|version| client.register(&subject(&scene.input), &versioned(version), &references))
        .collect();
    let city = b"\x06Ulm";
    let bodies: [Vec<u8>; 3] = [
        [&city[..], &[2]].concat(),
        [&city[..], &[4], &[2, 2, b'c']].concat(),
        [&city[..], &[6], &[0], &[8, b'p', b'a', b'i', b'd']].concat(),
    ];
    // In turn, so that each record has another schema than the one before it.
    scene.send((0..9).map(|n| Sent::value(framed(ids[n % 3], &bodies[n % 3]))));
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform: [{decode: {format: avro, schema: @name.avsc}}, {filter: .to.city == \"Ulm\"}]
sinks: [{topic: @out, encode: json}]",
    );
    write_schema(&files, &scene.name, &reader());
    let outcome = scene.finish(files.start());
    assert_eq!(outcome.ended.account, produced(9));
    assert_eq!(
        outcome.texts()[3..6],
        [
            r#"{"coupon":null,"id":1,"state":"new","to":{"city":"Ulm"}}"#,
            r#"{"coupon":"c","id":2,"state":"new","to":{"city":"Ulm"}}"#,
            r#"{"coupon":null,"id":3,"state":"paid","to":{"city":"Ulm"}}"#,
        ]
    );
}

#[test]
fn a_writers_schema_that_the_reader_cannot_read_is_poison_that_names_it() {
    let scene = scene("avro-no-resolution");
    let id = register(&scene.input, "\"string\"");
    scene.send([Sent::value(framed(id, b"\x02x"))]);
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform: [{decode: {format: avro, schema: @name.avsc}}]
sinks: [{topic: @out}]
dlq: {topic: @dlq}",
    );
    write_schema(&files, &scene.name, ORDER);
    let outcome = scene.finish(files.start());
    let letter = &outcome.dlq[0];
    assert_eq!(letter.header_text("millstream.error.class"), "avro_resolution");
    let message = letter.header_text("millstream.error.message");
    assert!(message.contains(&format!("schema id {id}")), "{message}");
}

#[test]
fn a_changed_schema_file_is_a_changed_pipeline() {
    let (scene, id) = stage("avro-reload");
    register(&scene.output, ORDER);
    let more = register(&scene.output, ORDER_MORE);
    scene.send(orders(id, 1));
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform: [{decode: avro}, {map: '.twice = 7'}]
sinks: [{topic: @out, encode: {format: avro, schema: @name.avsc, extra: drop}}]",
    );
    write_schema(&files, &scene.name, ORDER);
    let mut run = files.start();
    scene.wait_committed(&mut run);
    write_schema(&files, &scene.name, ORDER_MORE);
    let told = run.reload_well();
    assert!(told.contains("swapped"), "{told}");
    scene.send(orders(id, 1));
    let outcome = scene.finish(run);
    let ids: Vec<_> = outcome
        .output
        .iter()
        .map(|record| record.value.as_deref().expect("a value")[1..5].to_vec())
        .collect();
    assert_ne!(ids[0], more.to_be_bytes());
    assert_eq!(ids[1], more.to_be_bytes());
}
