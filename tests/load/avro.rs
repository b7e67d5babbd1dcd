//! Two hundred thousand Avro records, one in a hundred poison of ten kinds, exactly.

use std::time::Duration;

use millstream_harness::daemon::Account;
use millstream_harness::oracle::{AvroLoad, Sound, Topic, Workload, judge};
use millstream_harness::registry::{self, Client};
use millstream_harness::scene::Scene;

use crate::BINARY;
use crate::stage::{PARTITIONS, alone};

/// How long it may take on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a map adds to every record, behind the members that it has.
const MAPPED: &str = r#"{"name": "mapped", "type": "boolean"}"#;

/// What that is in bytes.
const MAPPED_BYTES: &[u8] = &[1];

/// How many records of each kind of poison there are at least: a twentieth part of all, where a tenth is to be expected.
const OF_EACH_KIND: usize = 100;

#[test]
fn two_hundred_thousand_avro_records_are_exactly_accounted_and_in_order() {
    let _alone = alone();
    let scene = Scene::bare(BINARY, "avro-volume", millstream_harness::broker::shared());
    for topic in [&scene.input, &scene.output, &scene.dlq] {
        scene.client.create_topic(topic, PARTITIONS, &[]);
    }
    let client = Client::shared();
    let schema_id = client.register(&format!("{}-value", scene.input), AvroLoad::SCHEMA, &[]);
    let sink = AvroLoad::SCHEMA.trim_end();
    let sink = sink.strip_suffix("]\n}").expect("the schema ends in its fields");
    let sink = format!("{sink}, {MAPPED}]}}");
    let written = client.register(&format!("{}-value", scene.output), &sink, &[]);
    let load = AvroLoad {
        partitions: PARTITIONS,
        per_partition: 33_334,
        poison_one_in: 100,
        pad_bytes: 150,
        schema_id,
        sound: Sound::Extended(written, MAPPED_BYTES),
    };
    let kinds = load.poison_by_class();
    assert!(kinds.len() == 10 && kinds.values().all(|count| *count >= OF_EACH_KIND), "{kinds:?}");
    scene.client.produce(&scene.input, load.records());
    let files = scene
        .files(
            "name: @name
source: {topics: [@in]}
transform: [{decode: {format: avro, validate: full}}, {map: .mapped = true}]
sinks: [{topic: @out, encode: {format: avro, version: 1}}]
dlq: {topic: @dlq}",
        )
        .setting(&format!("schema_registry: {{url: \"{}\", unknown_id_grace: 1s}}", registry::shared()));
    let mut run = files.start();
    let end = i64::try_from(load.per_partition).expect("a load is smaller than any topic");
    let offsets: Vec<_> = (0..PARTITIONS).map(|partition| (partition, end)).collect();
    scene.wait_committed_within(PATIENCE, &mut [&mut run], &scene.input, &offsets);
    let outcome = scene.stop(run);

    let (consumed, poison) = (load.ids().count() as u64, kinds.values().sum::<usize>() as u64);
    let account =
        Account { consumed, produced: consumed - poison, dead_lettered: poison, ..Account::default() };
    assert_eq!((outcome.ended.state.as_str(), outcome.ended.account), ("drained", account));
    assert_eq!(load.wrong_letters(&outcome.dlq), [""; 0]);
    let output =
        Topic { name: "the sink", records: &outcome.output, belongs: &|id| load.poison(id).is_none() };
    let dlq = Topic { name: "the dlq", records: &outcome.dlq, belongs: &|id| load.poison(id).is_some() };
    judge(&load, &[output, dlq]).assert_exact();
}
