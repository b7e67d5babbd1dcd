//! A broker that freezes and one that dies, under load.

use std::thread;
use std::time::Duration;

use millstream_harness::broker::Broker;

use crate::stage::{Stage, alone, load_of};

/// Longer than the session, and than a request may take.
const FREEZE: Duration = Duration::from_secs(20);

#[test]
fn a_broker_that_freezes_holds_the_flow_and_loses_nothing() {
    let _alone = alone();
    let broker = Broker::start_own();
    let stage = Stage::on("freeze", broker.bootstrap(), "");
    let load = load_of(50_000);
    stage.scene.client.produce(&stage.scene.input, load.records());
    let mut run = stage.start_running();
    stage.wait_output(10_000);
    broker.freeze();
    // The length of the fault, not a wait for anything.
    thread::sleep(FREEZE);
    assert!(run.is_running(), "an outage ends no daemon");
    broker.thaw();
    stage.wait_committed(&load, &mut [&mut run]);
    run.stop();
    stage.judge(&load).assert_replays_only();
}

#[test]
fn a_broker_that_dies_and_comes_back_loses_nothing() {
    let _alone = alone();
    let mut broker = Broker::start_own();
    let stage = Stage::on("restart", broker.bootstrap(), "");
    let load = load_of(50_000);
    stage.scene.client.produce(&stage.scene.input, load.records());
    let mut run = stage.start_running();
    for wanted in [10_000, 100_000] {
        stage.wait_output(wanted);
        broker.kill();
        run.wait_waiting(&stage.scene.name);
        broker.restart();
    }
    stage.wait_committed(&load, &mut [&mut run]);
    let ended = run.stop_and_account(&stage.scene.name);
    assert_eq!(ended.state, "drained");
    stage.judge(&load).assert_replays_only();
}

#[test]
fn a_drain_while_the_broker_is_away_keeps_its_deadline() {
    let _alone = alone();
    let mut broker = Broker::start_own();
    let mut stage = Stage::on("away", broker.bootstrap(), "");
    stage.files = stage.files.setting("shutdown: {deadline: 3s}");
    let load = load_of(20_000);
    stage.scene.client.produce(&stage.scene.input, load.records());
    let mut run = stage.start_running();
    stage.wait_output(5_000);
    broker.kill();
    run.signal(millstream_harness::process::SIGTERM);
    let code = run.wait_exit();
    assert!([0, 75].contains(&code), "exit code {code}");
    broker.restart();
    let mut last = stage.start_running();
    stage.wait_committed(&load, &mut [&mut last]);
    last.stop();
    stage.judge(&load).assert_replays_only();
}
