//! Half a million records, exactly.

use millstream_harness::daemon::Account;
use millstream_harness::oracle::Load;

use crate::stage::{Stage, alone, load_of};

/// The account of a load that is wholly done: poison is dead-lettered.
fn account_of(load: &Load) -> Account {
    let (consumed, poison) = (load.count() as u64, load.poison_count() as u64);
    Account { consumed, produced: consumed - poison, dead_lettered: poison, ..Account::default() }
}

/// The load goes in and comes out, and nothing is twice.
fn passes_exactly(stage: &Stage, load: &Load) {
    stage.scene.client.produce(&stage.scene.input, load.records());
    let mut run = stage.start_running();
    stage.wait_committed(load, &mut [&mut run]);
    let ended = run.stop_and_account(&stage.scene.name);
    assert_eq!((ended.state.as_str(), ended.account), ("drained", account_of(load)));
    stage.judge(load).assert_exact();
}

#[test]
fn half_a_million_records_are_exactly_accounted_and_in_order() {
    let _alone = alone();
    let stage = Stage::new("volume");
    passes_exactly(&stage, &load_of(83_334));
}

#[test]
fn several_lanes_share_the_partitions_and_keep_order() {
    let _alone = alone();
    let stage = Stage::on("lanes", millstream_harness::broker::shared(), "lanes: 3");
    // While the lanes join one after another, partitions move between them: what moves is drained first.
    passes_exactly(&stage, &load_of(20_000));
}
