//! Stopped and killed under load: nothing is lost.

use std::time::Duration;

use millstream_harness::oracle::{Feeder, Load, Topic, judge};
use millstream_harness::scene::Scene;
use millstream_harness::wait;

use crate::service::{Service, scene};
use crate::take_service;

const LOAD: Load = Load { partitions: 1, per_partition: 0, poison_one_in: 100, pad_bytes: 150 };

const RATE: u64 = 5_000;

fn feed(service: &Service, scene: &Scene) -> Feeder {
    let lines = "dlq: {topic: @dlq}\ntransform: [{decode: json}, {map: .mapped = true}]";
    service.pipeline(scene, &scene.fill(lines));
    Feeder::start(scene.client.bootstrap(), &scene.input, LOAD, RATE)
}

/// Waits until the sink has `more` records than now.
fn flow(scene: &Scene, more: i64) {
    let count = || scene.client.offsets(&scene.output, 0).end;
    let goal = count() + more;
    wait::until("records to flow", || (count() >= goal).then_some(()));
}

/// Waits until all is committed and stops; gives the verdict over the topics.
fn finish(service: &Service, scene: &Scene, feeder: Feeder) -> millstream_harness::oracle::Verdict {
    let load = Load { per_partition: feeder.finish_at(1), ..LOAD };
    let end = i64::try_from(load.per_partition).expect("a load is smaller than any topic");
    let commits = scene.client.commits(&scene.group());
    wait::until_within(Duration::from_secs(120), "all to be committed", || {
        commits.reached(&scene.input, &[(0, end)]).then_some(())
    });
    service.must("stop");
    let (output, dlq) = (scene.client.read(&scene.output), scene.client.read(&scene.dlq));
    let output = Topic { name: "the sink", records: &output, belongs: &|id| !load.is_poison(id) };
    let dlq = Topic { name: "the dlq", records: &dlq, belongs: &|id| load.is_poison(id) };
    judge(&load, &[output, dlq])
}

#[test]
fn stopped_under_load_it_loses_nothing_and_doubles_nothing() {
    let service = take_service!();
    let scene = scene("stop");
    let feeder = feed(&service, &scene);
    for _ in 0..2 {
        service.must("start");
        flow(&scene, 2_000);
        service.must("stop");
        assert_eq!(service.property("Result"), "success");
        assert_eq!(service.property("ExecMainStatus"), "0");
    }
    service.must("start");
    finish(&service, &scene, feeder).assert_exact();
}

#[test]
fn killed_under_load_it_is_started_again_and_loses_nothing() {
    let service = take_service!();
    let scene = scene("crash");
    let feeder = feed(&service, &scene);
    service.must("start");
    flow(&scene, 2_000);
    service.signal("KILL");
    service.wait_restarted(1);
    finish(&service, &scene, feeder).assert_replays_only();
}
