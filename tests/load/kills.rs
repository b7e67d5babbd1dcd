//! Ends under load, good and bad: what the next start makes of them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::stage::{PARTITIONS, Stage, TRANSFORM, alone, load_of, rounds};

/// Records a second that are fed while processes are killed.
const FEED_RATE: u64 = 10_000;

#[test]
fn a_drain_under_load_loses_nothing_and_doubles_nothing() {
    let _alone = alone();
    let stage = Stage::new("drain");
    let feeder = stage.feed(30_000);
    for _ in 0..5 {
        let begun_with = stage.output_count();
        let mut run = stage.start_running();
        stage.wait_output(begun_with + 5_000);
        let ended = run.stop_and_account(&stage.scene.name);
        assert_eq!((ended.state.as_str(), ended.account.in_flight), ("drained", 0));
    }
    let load = load_of(feeder.finish_at(1));
    let mut last = stage.start_running();
    stage.wait_committed(&load, &mut [&mut last]);
    last.stop();
    stage.judge(&load).assert_exact();
}

#[test]
fn kills_at_random_instants_lose_nothing_and_only_replay() {
    let _alone = alone();
    let stage = Stage::new("kill");
    let feeder = stage.feed(FEED_RATE);
    for instant in random_instants(rounds()) {
        let begun_with = stage.output_count();
        let mut run = stage.start_running();
        // Once records flow again, any instant is as good as another.
        stage.wait_output(begun_with + 1);
        assert!(run.outlives(instant), "the daemon ended by itself");
        run.kill();
    }
    let load = load_of(feeder.finish_at(500_000 / PARTITIONS as u64));
    let mut last = stage.start_running();
    stage.wait_committed(&load, &mut [&mut last]);
    last.stop();
    let verdict = stage.judge(&load);
    verdict.assert_replays_only();
    eprintln!("{} kills, {} records replayed of {}", rounds(), verdict.duplicated.count, load.count());
}

#[test]
fn a_kill_replays_no_more_than_commit_records_bounds() {
    let _alone = alone();
    let lines = "commit: {interval: 1h, records: 1000}";
    let mut stage = Stage::on("bound", millstream_harness::broker::shared(), lines);
    let load = load_of(30_000);
    stage.scene.client.produce(&stage.scene.input, load.records());
    let mut run = stage.start_running();
    stage.wait_output(20_000);
    run.kill();
    // Only by the number of records can anything have been committed. The rest goes with the usual interval.
    stage.files = stage.files.pipeline(&stage.scene.pipeline_with_dlq(TRANSFORM));
    let mut again = stage.start_running();
    stage.wait_committed(&load, &mut [&mut again]);
    again.stop();
    let verdict = stage.judge(&load);
    verdict.assert_replays_only();
    let replayed = verdict.duplicated.count;
    assert!(replayed < 20_000, "{replayed} records replayed: nothing was committed on the way");
}

/// So many instants within a second, another sequence each time, printed so that a failure can be looked at.
fn random_instants(count: u32) -> Vec<Duration> {
    let seed =
        SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_nanos() as u64;
    eprintln!("seed of the instants: {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    (0..count).map(|_| Duration::from_millis(random.u64(0..1_000))).collect()
}
