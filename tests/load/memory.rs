//! Memory under an outage of a sink: bounded by `memory.max`, whatever the source holds.

use std::time::Duration;

use millstream_harness::client::Sent;
use millstream_harness::daemon::Run;

use crate::stage::{PARTITIONS, Stage, alone, load_of};

const MIB: u64 = 1024 * 1024;

/// What `memory: {max}` allows for records.
const MEMORY_MAX: u64 = 128 * MIB;

/// What the process needs beside records: the program, its threads, librdkafka's own buffers.
const MEMORY_BASE: u64 = 128 * MIB;

#[test]
fn memory_stays_flat_while_a_sink_refuses_and_the_flow_heals() {
    let _alone = alone();
    let mut stage = Stage::with_refusable_sink("memory", "");
    stage.files = stage.files.setting("memory: {max: 128MiB}");
    let (client, scene) = (&stage.scene.client, &stage.scene);
    client.refuse(&scene.output);
    // Several times what may be held.
    let load = millstream_harness::oracle::Load { pad_bytes: 2_000, poison_one_in: 0, ..load_of(50_000) };
    client.produce(&scene.input, load.records());
    let mut run = stage.start_running();
    run.wait_waiting(&scene.name);
    let (early, peak) = (peak(&mut run, Duration::from_secs(10)), peak(&mut run, Duration::from_secs(15)));
    assert!(peak < MEMORY_MAX + MEMORY_BASE, "{} MiB", peak / MIB);
    assert!(peak < early + 32 * MIB, "it grows: from {} to {} MiB", early / MIB, peak / MIB);
    client.accept(&scene.output);
    stage.wait_committed(&load, &mut [&mut run]);
    run.stop();
    stage.judge(&load).assert_exact();
}

#[test]
fn memory_is_bounded_with_large_records() {
    let _alone = alone();
    let mut stage = Stage::new("large");
    stage.files = stage.files.setting("memory: {max: 128MiB}");
    let (client, scene) = (&stage.scene.client, &stage.scene);
    let per_partition = 100;
    let value = format!(r#"{{"pad":"{}"}}"#, "x".repeat(900_000));
    let records = (0..PARTITIONS * per_partition).map(|n| Sent::value(value.clone()).to(n % PARTITIONS));
    client.produce(&scene.input, records);
    let mut run = stage.start_running();
    let load = load_of(u64::from(per_partition.unsigned_abs()));
    let mut highest = 0;
    while stage.output_count() < i64::from(PARTITIONS * per_partition) {
        highest = highest.max(peak(&mut run, Duration::from_millis(50)));
    }
    stage.wait_committed(&load, &mut [&mut run]);
    run.stop();
    assert!(highest < MEMORY_MAX + MEMORY_BASE, "{} MiB", highest / MIB);
}

/// The most resident memory that is seen in that time.
fn peak(run: &mut Run, during: Duration) -> u64 {
    let begun = std::time::Instant::now();
    let mut peak = 0;
    while begun.elapsed() < during {
        peak = peak.max(run.resident_bytes());
        assert!(run.outlives(Duration::from_millis(20)), "the daemon ended by itself");
    }
    peak
}
