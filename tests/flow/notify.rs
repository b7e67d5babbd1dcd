//! What the service manager is told, by a socket that any machine has.

use millstream_harness::daemon::Run;
use millstream_harness::process::{SIGHUP, SIGTERM};
use millstream_harness::scene::Scene;
use millstream_harness::systemd::{Manager, Message, monotonic_us};

use crate::{BINARY, numbers, scene, scene_with_refusable_sink};

/// Starts a daemon with one pipeline, as a service manager would.
fn start(scene: &Scene, lines: &str, manager: &Manager) -> Run {
    scene.files(&scene.pipeline(lines)).environment("NOTIFY_SOCKET", manager.address()).start()
}

#[test]
fn ready_comes_once_the_pipelines_run() {
    let (scene, mut manager) = (scene("ready"), Manager::new());
    let mut run = start(&scene, "", &manager);
    let ready = manager.wait_for_line("READY=1");
    assert_eq!(ready.status(), "1 pipeline: 1 running; generation 1");
    assert!(run.log().lines().iter().any(|line| line.is("pipeline running", &scene.name)), "ready too early");
    run.stop();
    manager.wait_for_line("STOPPING=1");
}

#[test]
fn ready_comes_with_the_broker_down_and_the_status_follows() {
    let (scene, mut manager) = (Scene::bare(BINARY, "ready-down", "127.0.0.1:1"), Manager::new());
    let mut run = start(&scene, "", &manager);
    let ready = manager.wait_for_line("READY=1");
    assert_eq!(ready.status(), "1 pipeline: 1 waiting; generation 1");
    run.stop();
}

#[test]
fn a_status_follows_what_becomes_of_the_pipelines() {
    let (scene, mut manager) = (scene("status"), Manager::new());
    let mut run = start(&scene, "transform: [{decode: json}]", &manager);
    manager.wait_for_line("READY=1");
    scene.send_values(&["no JSON"]);
    manager.wait_for_line("STATUS=1 pipeline: 1 stopped; generation 1");
    run.stop();
}

/// A reload's begin and its end.
fn reload(run: &Run, manager: &mut Manager) -> Message {
    let before = monotonic_us();
    run.signal(SIGHUP);
    let begun = manager.wait_for_line("RELOADING=1");
    let told: u64 = begun.field("MONOTONIC_USEC").expect("in the same datagram").parse().expect("a number");
    assert!((before..=monotonic_us()).contains(&told), "{told} is not between the signal and now");
    manager.wait_for_line("READY=1")
}

#[test]
fn reloads_are_told_and_a_refused_one_names_the_place() {
    let (scene, mut manager) = (scene("notify-reload"), Manager::new());
    let files = scene.files(&scene.pipeline("")).environment("NOTIFY_SOCKET", manager.address());
    let mut run = files.start();
    manager.wait_for_line("READY=1");
    let files = files.pipeline(&scene.pipeline("transform: [{filter: 'true'}]\ncommit: {interval: 300ms}"));
    let good = reload(&run, &mut manager);
    assert!(good.status().contains("; generation 2; "), "{good:?}");
    assert!(good.status().contains(&scene.name), "{good:?}");
    let files = files.pipeline(&scene.pipeline("  \ntransfrom: []"));
    let bad = reload(&run, &mut manager);
    let place = format!("{}.yaml:5:1: ", scene.name);
    assert!(bad.status().contains("; reload refused, generation 2 runs on: "), "{bad:?}");
    assert!(bad.status().contains(&place), "{bad:?} does not name {place}");
    // The old generation runs on.
    scene.send(numbers(2));
    scene.wait_committed(&mut run);
    run.stop();
    drop(files);
}

#[test]
fn a_drain_is_told_and_asks_for_time_as_long_as_it_has_some() {
    let (scene, mut manager) = (scene_with_refusable_sink("notify-drain"), Manager::new());
    scene.client.refuse(&scene.output);
    scene.send(numbers(3));
    let files = scene.files(&scene.pipeline("")).setting("shutdown: {deadline: 3s}");
    let mut run = files.environment("NOTIFY_SOCKET", manager.address()).start();
    run.wait_waiting(&scene.name);
    run.signal(SIGTERM);
    let mut left_us = u64::MAX;
    let stopping = manager.wait_for_line("STOPPING=1");
    assert!(stopping.status().starts_with("draining, 1 pipeline: "), "{stopping:?}");
    for message in
        [stopping, manager.wait_for("more time", |told| told.field("EXTEND_TIMEOUT_USEC").is_some())]
    {
        let asked: u64 =
            message.field("EXTEND_TIMEOUT_USEC").expect("asks for time").parse().expect("a number");
        assert!(asked < left_us, "{asked} µs are not less than {left_us} µs");
        left_us = asked;
    }
    assert_eq!(run.wait_exit(), 75);
}

#[test]
fn a_drain_under_load_is_told_before_the_process_ends() {
    let (scene, mut manager) = (scene("notify-load"), Manager::new());
    scene.send(numbers(20_000));
    let mut run = start(&scene, "transform: [{decode: json}, {map: .seen = true}]", &manager);
    scene.wait_committed_at(&mut run, &scene.input, &[(0, 1)]);
    run.stop();
    let stopping = manager.wait_for_line("STOPPING=1");
    assert!(stopping.field("EXTEND_TIMEOUT_USEC").is_some(), "{stopping:?}");
    assert_eq!(run.ended(&scene.name).account.in_flight, 0);
}

#[test]
fn the_watchdog_is_fed_also_while_a_pipeline_waits() {
    let (scene, mut manager) = (Scene::bare(BINARY, "watchdog", "127.0.0.1:1"), Manager::new());
    let files = scene.files(&scene.pipeline("")).environment("NOTIFY_SOCKET", manager.address());
    let mut run = files.environment("WATCHDOG_USEC", "200000").start();
    manager.wait_for_line("READY=1");
    for _ in 0..5 {
        manager.wait_for_line("WATCHDOG=1");
    }
    run.stop();
}

#[test]
fn a_watchdog_that_is_meant_for_another_process_is_not_fed() {
    let (scene, mut manager) = (Scene::bare(BINARY, "watchdog-other", "127.0.0.1:1"), Manager::new());
    let files = scene.files(&scene.pipeline("")).environment("NOTIFY_SOCKET", manager.address());
    let mut run = files.environment("WATCHDOG_USEC", "200000").environment("WATCHDOG_PID", "1").start();
    manager.wait_for_line("READY=1");
    run.stop();
    assert!(!manager.seen().iter().any(|message| message.has("WATCHDOG=1")), "{:#?}", manager.seen());
}
