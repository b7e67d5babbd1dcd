//! Avro to Avro, to JSON and from it, keys and values, byte for byte where nothing changed.

use super::*;
use crate::produced;

#[test]
fn what_no_map_changed_passes_byte_for_byte_to_the_same_schema() {
    let (scene, id) = stage("avro-pass");
    // Not as an encoder would write it: a long with a needless byte.
    let odd = framed(id, &[0x82, 0x00, 4, b'E', b'U', 2, b'x']);
    scene.send([Sent::value(odd.clone()).header("kind", Some(b"order"))]);
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform: [{decode: avro}, {filter: .region == \"EU\"}, {map: '%headers.seen = \"yes\"'}]
sinks: [{topic: @out}]",
    );
    let outcome = scene.finish(files.start());
    assert_eq!(outcome.output[0].value.as_deref(), Some(&odd[..]));
    assert_eq!(outcome.output[0].header_text("seen"), "yes");
}

#[test]
fn what_a_map_added_is_written_by_the_sinks_schema() {
    let (scene, id) = stage("avro-map");
    let written = register(&scene.output, ORDER_MORE);
    scene.send(orders(id, 4));
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform:
  - decode: avro
  - filter: .region == \"EU\"
  - map: .twice = int!(.id) * 2
sinks:
  - topic: @out
    encode: {format: avro, schema: @name.avsc}",
    );
    write_schema(&files, &scene.name, ORDER_MORE);
    let outcome = scene.finish(files.start());
    let expected = |n: i64| {
        let mut body = order(n, "EU", "x");
        long(n * 2, &mut body);
        framed(written, &body)
    };
    let values: Vec<_> = outcome.output.iter().map(|record| record.value.clone().expect("a value")).collect();
    assert_eq!(values, [expected(0), expected(2)]);
}

#[test]
fn avro_becomes_json_and_json_becomes_avro() {
    let (scene, id) = stage("avro-json");
    let json = format!("{}-json", scene.output);
    scene.client.create_topic(&json, 1, &[]);
    register(&scene.output, ORDER);
    scene.send(orders(id, 3));
    let back = scene.fill("name: @name-back\nsource: {topics: [@out-json]}\ntransform: [{decode: json}]\nsinks: [{topic: @out, encode: {format: avro, version: 1}}]");
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform: [{decode: avro}]
sinks: [{topic: @out-json, encode: json}]",
    )
    .pipeline(&back);
    let mut run = files.start();
    scene.wait_committed(&mut run);
    let group = format!("millstream.{}-back", scene.name);
    let commits = scene.client.commits(&group);
    millstream_harness::wait::until("the way back", || commits.reached(&json, &[(0, 3)]).then_some(()));
    run.stop();
    let texts: Vec<_> = scene.client.read(&json).iter().map(|record| record.text().to_owned()).collect();
    assert_eq!(texts[1], r#"{"id":1,"note":"x","region":"US"}"#);
    let bodies: Vec<_> = scene
        .client
        .read(&scene.output)
        .into_iter()
        .map(|record| record.value.expect("a value")[5..].to_vec())
        .collect();
    assert_eq!(bodies, [order(0, "EU", "x"), order(1, "US", "x"), order(2, "EU", "x")]);
}

#[test]
fn keys_have_a_codec_of_their_own() {
    let (scene, id) = stage("avro-key");
    let key_id = Client::shared().register(&format!("{}-key", scene.input), "\"long\"", &[]);
    let subject = format!("{}-key", scene.output);
    let written = Client::shared().register(&subject, "\"string\"", &[]);
    scene.send((0..2).map(|n| {
        let mut key = Vec::new();
        long(n, &mut key);
        Sent::keyed(framed(key_id, &key), framed(id, &order(n, "EU", "x")))
    }));
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform:
  - decode: {value: avro, key: avro}
  - map: '%key = \"k\" + to_string!(%key)'
sinks:
  - topic: @out
    encode: {key: {format: avro, version: 1}}",
    );
    let outcome = scene.finish(files.start());
    assert_eq!(outcome.ended.account, produced(2));
    let keys: Vec<_> = outcome.output.iter().map(|record| record.key.clone().expect("a key")).collect();
    assert_eq!(keys, [framed(written, b"\x04k0"), framed(written, b"\x04k1")]);
    // The value passed.
    assert_eq!(outcome.output[1].value.as_deref(), Some(&framed(id, &order(1, "EU", "x"))[..]));
}

#[test]
fn tombstones_pass_and_a_map_can_make_one() {
    let (scene, id) = stage("avro-tombstone");
    register(&scene.output, ORDER);
    scene.send([Sent::tombstone("a"), Sent::keyed("b", framed(id, &order(1, "EU", "x")))]);
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform: [{decode: avro}, {map: . = null}]
sinks: [{topic: @out, encode: {format: avro, version: 1}}]",
    );
    let outcome = scene.finish(files.start());
    assert_eq!(outcome.output.iter().map(|record| record.value.clone()).collect::<Vec<_>>(), [None, None]);
}
