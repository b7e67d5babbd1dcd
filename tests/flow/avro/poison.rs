//! Records that are broken, each with the exact reason; and an id that is unknown for a while only.

use millstream_harness::oracle::{AvroLoad, Sound, Topic, judge};
use millstream_harness::registry::{Mode, Proxy};

use millstream_harness::wait::until;

use super::*;
use crate::produced;

#[test]
fn poison_of_ten_kinds_is_dead_lettered_with_its_reason() {
    let scene = scene("avro-poison");
    let schema_id = register(&scene.input, AvroLoad::SCHEMA);
    let load = AvroLoad {
        partitions: 1,
        per_partition: 600,
        poison_one_in: 10,
        pad_bytes: 20,
        schema_id,
        sound: Sound::AsSent,
    };
    scene.send(load.records());
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform: [{decode: {format: avro, validate: full}}]
sinks: [{topic: @out}]
dlq: {topic: @dlq}",
    );
    let outcome = scene.finish(files.start());
    assert_eq!(load.wrong_letters(&outcome.dlq), [""; 0]);
    let output =
        Topic { name: "the sink", records: &outcome.output, belongs: &|id| load.poison(id).is_none() };
    let dlq = Topic { name: "the dlq", records: &outcome.dlq, belongs: &|id| load.poison(id).is_some() };
    judge(&load, &[output, dlq]).assert_exact();
}

#[test]
fn an_unknown_id_is_poison_only_after_the_grace_time() {
    let (scene, id) = stage("avro-grace");
    let proxy = Proxy::start(registry::shared());
    let unknown = "{\"error_code\": 40403, \"message\": \"Schema not found\"}";
    proxy.set(Mode::Status(404, unknown.into()));
    scene.send(orders(id, 2));
    let files = scene
        .files("name: @name\nsource: {topics: [@in]}\ntransform: [{decode: avro}]\nsinks: [{topic: @out}]\ndlq: {topic: @dlq}")
        .setting(&format!("schema_registry: {{url: \"{}\", unknown_id_grace: 5m}}", proxy.url()));
    let run = files.start();
    run.wait_waiting_for(&scene.name, &format!("schema id {id}"));
    // A registry that replicates is late with it, no more.
    proxy.set(Mode::Pass);
    let outcome = scene.finish(run);
    assert_eq!((outcome.ended.account, outcome.dlq.len()), (produced(2), 0));
}

#[test]
fn many_unknown_ids_have_their_grace_time_side_by_side() {
    let (scene, _) = stage("avro-many-ids");
    let proxy = Proxy::start(registry::shared());
    let unknown = 1_900_000_000..1_900_000_020;
    scene.send(unknown.clone().map(|id| Sent::value(framed(id, b"x"))));
    let files = scene
        .files("name: @name\nsource: {topics: [@in]}\ntransform: [{decode: avro}]\nsinks: [{topic: @out}]\ndlq: {topic: @dlq}")
        .setting(&format!("schema_registry: {{url: \"{}\", unknown_id_grace: 5m}}", proxy.url()));
    let run = files.start();
    until("all of them are asked for while the first still waits", || {
        unknown.clone().all(|id| proxy.count(&format!("GET /schemas/ids/{id}")) > 0).then_some(())
    });
    assert_eq!(scene.stop(run).dlq.len(), 0);
}

#[test]
fn what_is_decoded_only_when_it_is_written_is_still_the_fault_of_the_input() {
    let scene = scene("avro-late");
    let record = |id: &str| {
        format!(
            r#"{{"type": "record", "name": "R", "fields": [{{"name": "id", "type": {id}}}, {{"name": "n", "type": "int"}}]}}"#
        )
    };
    let id = register(&scene.input, &record(r#"["null", "long"]"#));
    register(&scene.output, &record(r#""double""#));
    scene.send([vec![2, 4, 2], vec![0, 2]].map(|body| Sent::value(framed(id, &body))));
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform: [{filter: '%offset >= 0'}, {decode: {format: avro, schema: late.avsc}}, {filter: .n == 1}]
sinks: [{topic: @out, encode: {format: avro, version: 1}}]
dlq: {topic: @dlq}",
    );
    write_schema(&files, "late", &record(r#""long""#));
    let outcome = scene.finish(files.start());
    assert_eq!((outcome.output.len(), outcome.dlq.len()), (1, 1));
    let letter = &outcome.dlq[0];
    let header = |name: &str| letter.header_text(&format!("millstream.{name}"));
    assert_eq!(["stage", "step", "error.class"].map(header), ["decode", "2", "avro_resolution"]);
    assert_eq!(
        header("error.message"),
        format!("schema id {id}: not Avro of this schema: .id: null cannot be read as long (byte 1)")
    );
}

#[test]
fn a_member_that_the_sinks_schema_does_not_have_is_poison_or_dropped() {
    for (extra, letters) in [("error", 1), ("drop", 0)] {
        let scene = scene("avro-extra");
        register(&scene.output, ORDER);
        scene.send_values(&[r#"{"id":1,"region":"EU","note":"x","more":{"secret":"hunter2"}}"#]);
        let files = files(
            &scene,
            &format!(
                "name: @name
source: {{topics: [@in]}}
transform: [{{decode: json}}]
sinks: [{{topic: @out, encode: {{format: avro, version: 1, extra: {extra}}}}}]
dlq: {{topic: @dlq}}"
            ),
        );
        let outcome = scene.finish(files.start());
        assert_eq!((outcome.dlq.len(), outcome.output.len()), (letters, 1 - letters));
        if let Some(letter) = outcome.dlq.first() {
            let message = letter.header_text("millstream.error.message");
            assert!(message.contains("more") && !message.contains("hunter2"), "{message}");
            assert_eq!(letter.header_text("millstream.stage"), "encode");
        }
    }
}

#[test]
fn an_id_that_no_registry_gives_out_is_poison_and_holds_nothing() {
    let (scene, id) = stage("avro-no-id");
    scene.send([Sent::value([0, 0x80, 0, 0, 0, 1]), Sent::value(framed(id, &order(1, "EU", "x")))]);
    let files = files(
        &scene,
        "name: @name
source: {topics: [@in]}
transform: [{decode: avro}]
sinks: [{topic: @out}]
dlq: {topic: @dlq}",
    );
    let outcome = scene.finish(files.start());
    assert_eq!(outcome.output.len(), 1);
    assert_eq!(outcome.dlq[0].header_text("millstream.error.class"), "avro_frame");
}
