//! Half a million records, exactly.

use millstream_harness::daemon::Account;

use crate::stage::{Stage, alone, load_of};

#[test]
fn half_a_million_records_are_exactly_accounted_and_in_order() {
    let _alone = alone();
    let stage = Stage::new("volume");
    let load = load_of(83_334);
    stage.scene.client.produce(&stage.scene.input, load.records());
    let mut run = stage.start_running();
    stage.wait_committed(&load, &mut [&mut run]);
    let ended = run.stop_and_account(&stage.scene.name);
    let (consumed, poison) = (load.count() as u64, load.poison_count() as u64);
    let account =
        Account { consumed, produced: consumed - poison, dead_lettered: poison, ..Account::default() };
    assert_eq!((ended.state.as_str(), ended.account), ("drained", account));
    stage.judge(&load).assert_exact();
}

#[test]
fn several_lanes_share_the_partitions_and_keep_order() {
    let _alone = alone();
    let stage = Stage::on("lanes", millstream_harness::broker::shared(), "lanes: 3");
    let load = load_of(20_000);
    stage.scene.client.produce(&stage.scene.input, load.records());
    let mut run = stage.start_running();
    stage.wait_committed(&load, &mut [&mut run]);
    let ended = run.stop_and_account(&stage.scene.name);
    assert_eq!((ended.state.as_str(), ended.account.in_flight), ("drained", 0));
    // While the lanes join one after another, partitions move between them: what moves is drained first.
    stage.judge(&load).assert_exact();
}
