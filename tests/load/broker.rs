//! A broker that freezes and one that dies, under load.

use std::thread;
use std::time::{Duration, Instant};

use millstream_harness::broker::Broker;
use millstream_harness::daemon::{Line, Log};
use millstream_harness::process::SIGTERM;

use crate::stage::{Stage, alone, load_of};

/// Longer than the session, and than a request may take.
const FREEZE: Duration = Duration::from_secs(20);

/// The most lines that a pipeline of one lane may write about one outage.
const OUTAGE_LINES_MAX: usize = 40;

/// Asserts that the log said little from the `mark`th line on.
fn assert_few_lines(log: &Log, mark: usize) {
    let lines = log.lines();
    let said: Vec<&str> = lines[mark..].iter().map(Line::text).collect();
    assert!(said.len() < OUTAGE_LINES_MAX, "{} lines about an outage:\n{}", said.len(), said.join("\n"));
}

#[test]
fn a_broker_that_freezes_holds_the_flow_and_loses_nothing() {
    let _alone = alone();
    let broker = Broker::start_own();
    let stage = Stage::on("freeze", broker.bootstrap(), "");
    let load = load_of(50_000);
    stage.scene.client.produce(&stage.scene.input, load.records());
    let mut run = stage.start_running();
    stage.wait_output(10_000);
    let mark = run.log().mark();
    broker.freeze();
    // The length of the fault, not a wait for anything.
    thread::sleep(FREEZE);
    assert!(run.is_running(), "an outage ends no daemon");
    broker.thaw();
    stage.wait_committed(&load, &mut [&mut run]);
    assert_few_lines(run.log(), mark);
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
    run.signal(SIGTERM);
    let code = run.wait_exit();
    assert!([0, 75].contains(&code), "exit code {code}");
    broker.restart();
    let mut last = stage.start_running();
    stage.wait_committed(&load, &mut [&mut last]);
    last.stop();
    stage.judge(&load).assert_replays_only();
}

#[test]
fn a_drain_while_the_broker_is_frozen_keeps_its_deadline_and_says_so() {
    const DEADLINE: Duration = Duration::from_secs(4);
    let _alone = alone();
    let broker = Broker::start_own();
    let mut stage = Stage::on("frozen", broker.bootstrap(), "");
    stage.files = stage.files.setting("shutdown: {deadline: 4s}");
    let load = load_of(30_000);
    stage.scene.client.produce(&stage.scene.input, load.records());
    let mut run = stage.start_running();
    stage.wait_output(5_000);
    broker.freeze();
    let told = Instant::now();
    run.signal(SIGTERM);
    let code = run.wait_exit();
    let took = told.elapsed();
    broker.thaw();
    assert_eq!(code, 75);
    assert!((DEADLINE..DEADLINE + Duration::from_secs(2)).contains(&took), "it took {took:?}");
    assert_eq!(run.ended(&stage.scene.name).state, "deadline_passed");
    let mut last = stage.start_running();
    stage.wait_committed(&load, &mut [&mut last]);
    last.stop();
    stage.judge(&load).assert_replays_only();
}

#[test]
fn a_daemon_that_is_there_before_its_broker_flows_once_that_comes() {
    let _alone = alone();
    let mut broker = Broker::start_own();
    let stage = Stage::on("early", broker.bootstrap(), "");
    let load = load_of(1_000);
    stage.scene.client.produce(&stage.scene.input, load.records());
    broker.kill();
    let mut run = stage.files.start();
    run.wait_waiting(&stage.scene.name);
    broker.restart();
    stage.wait_committed(&load, &mut [&mut run]);
    assert_eq!(run.stop_and_account(&stage.scene.name).state, "drained");
    stage.judge(&load).assert_exact();
}

#[test]
fn an_outage_of_the_broker_is_a_few_lines_of_the_log() {
    const SECRET: &str = "hunter2-swordfish";
    let _alone = alone();
    let mut broker = Broker::start_own();
    let mut stage = Stage::on("lines", broker.bootstrap(), "");
    stage.files = stage.files.environment("SECRET", SECRET).kafka("sasl.password: ${env:SECRET}");
    let load = load_of(50_000);
    stage.scene.client.produce(&stage.scene.input, load.records());
    let mut run = stage.start_running();
    stage.wait_output(10_000);
    let mark = run.log().mark();
    broker.kill();
    run.wait_waiting(&stage.scene.name);
    // The length of the fault, not a wait for anything.
    thread::sleep(Duration::from_secs(15));
    broker.restart();
    stage.wait_committed(&load, &mut [&mut run]);
    assert_few_lines(run.log(), mark);
    for line in run.log().lines() {
        assert!(!line.text().contains(SECRET), "a secret is in the log: {}", line.text());
        // Every payload of the load has this member.
        assert!(!line.text().contains(r#"\"sum\""#), "a record is in the log: {}", line.text());
    }
    run.stop();
    stage.judge(&load).assert_replays_only();
}
