//! Avro through a real schema registry: what passes, what changes, and what an outage of the registry does not do.

use std::fs;

use millstream_harness::client::Sent;
use millstream_harness::daemon::Files;
use millstream_harness::registry::{self, Client};
use millstream_harness::scene::Scene;

use crate::scene;

mod formats;
mod outages;
mod pinned;
mod poison;
mod python;
mod registration;
mod shipped;
mod types;
mod versions;

/// A small order; the map of most tests here changes or adds members of it.
const ORDER: &str = r#"{"type": "record", "name": "shop.Order", "fields": [
    {"name": "id", "type": "long"}, {"name": "region", "type": "string"}, {"name": "note", "type": "string"}]}"#;

/// The same with one member more.
const ORDER_MORE: &str = r#"{"type": "record", "name": "shop.Order", "fields": [
    {"name": "id", "type": "long"}, {"name": "region", "type": "string"}, {"name": "note", "type": "string"},
    {"name": "twice", "type": "long"}]}"#;

/// The daemon's files with a registry at `url`.
fn files_at(scene: &Scene, url: &str, yaml: &str) -> Files {
    scene
        .files(yaml)
        .setting(&format!("schema_registry: {{url: \"{url}\", timeout: 1s, unknown_id_grace: 1s}}"))
}

/// The daemon's files with the registry that all tests share.
fn files(scene: &Scene, yaml: &str) -> Files {
    files_at(scene, registry::shared(), yaml)
}

/// Writes a schema beside the pipelines.
fn write_schema(files: &Files, name: &str, text: &str) {
    let path = files.path_of(name).with_extension("avsc");
    fs::write(&path, text).unwrap_or_else(|error| panic!("write {}: {error}", path.display()));
}

/// The subject of a topic's values.
fn subject(topic: &str) -> String {
    format!("{topic}-value")
}

/// Registers the schema of a topic's values; gives its id.
fn register(topic: &str, schema: &str) -> u32 {
    Client::shared().register(&subject(topic), schema, &[])
}

/// A value in the registry's frame.
fn framed(id: u32, body: &[u8]) -> Vec<u8> {
    [&[0], &id.to_be_bytes()[..], body].concat()
}

/// The body of an [`ORDER`].
fn order(id: i64, region: &str, note: &str) -> Vec<u8> {
    let mut out = Vec::new();
    long(id, &mut out);
    for text in [region, note] {
        long(i64::try_from(text.len()).expect("short"), &mut out);
        out.extend_from_slice(text.as_bytes());
    }
    out
}

/// A long as Avro writes it.
fn long(value: i64, out: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// `count` orders in the schema of this id, with ids from 0 and regions in turn.
fn orders(id: u32, count: i64) -> Vec<Sent> {
    (0..count).map(|n| Sent::value(framed(id, &order(n, ["EU", "US"][n as usize % 2], "x")))).collect()
}

/// A stage with the schema of its source registered; gives its id as well.
fn stage(stem: &str) -> (Scene, u32) {
    let scene = scene(stem);
    let id = register(&scene.input, ORDER);
    (scene, id)
}
