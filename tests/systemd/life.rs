//! Start, stop, a process that hangs, a configuration that is wrong, and what the sandbox is worth.

use crate::service::{UNIT, scene};
use crate::take_service;

#[test]
fn it_starts_as_its_own_user_and_says_what_goes_on() {
    let service = take_service!();
    let scene = scene("start");
    service.pipeline(&scene, "");
    service.must("start");
    assert_eq!(service.property("ActiveState"), "active");
    assert_eq!(service.property("StatusText"), "1 pipeline: 1 running; generation 1");
    let stat = |path: &str| service.machine().must("stat", &["-c", "%U:%G %a", path]).trim().to_owned();
    assert_eq!(stat("/run/millstream"), "millstream:millstream 750");
    assert_eq!(stat("/var/lib/millstream"), "millstream:millstream 750");
    assert_eq!(stat("/etc/millstream"), "root:root 755");
    let user = service.machine().must("ps", &["-o", "user=", "-p", &service.property("MainPID")]);
    assert!(user.trim().starts_with("millstr"), "{user}");
    service.must("stop");
    assert_eq!(
        (service.property("Result").as_str(), service.property("ExecMainStatus").as_str()),
        ("success", "0")
    );
    assert!(!service.has("/run/millstream"), "the runtime directory stays behind");
}

#[test]
fn it_starts_with_the_broker_down() {
    let service = take_service!();
    let scene = scene("down");
    service.pipeline(&scene, "");
    service.daemon_file("bootstrap.servers: 127.0.0.1:1");
    service.must("start");
    assert_eq!(service.property("StatusText"), "1 pipeline: 1 waiting; generation 1");
    service.must("stop");
}

#[test]
fn a_wrong_configuration_fails_the_start_and_is_not_tried_again() {
    let service = take_service!();
    assert!(!service.systemctl("start").success, "it started without a pipeline");
    assert_eq!(service.property("ExecMainStatus"), "78");
    assert_eq!(service.property("NRestarts"), "0");
    assert_eq!(service.property("ActiveState"), "failed");
}

#[test]
fn a_process_that_hangs_is_killed_by_the_watchdog_and_started_again() {
    let service = take_service!();
    let scene = scene("hangs");
    service.pipeline(&scene, "");
    service.drop_in("watchdog", "[Service]\nWatchdogSec=2s\n");
    service.must("start");
    let before = service.property("MainPID");
    service.signal("STOP");
    service.wait_restarted(1);
    assert_ne!(service.property("MainPID"), before);
    let says = |word: &str| service.journal().iter().any(|entry| entry["UNIT_RESULT"] == word);
    assert!(says("watchdog"), "the journal does not say that the watchdog did it");
    // The new one feeds: it stays for longer than the watchdog would let it.
    scene.send_values(&["{}"]);
    let commits = scene.client.commits(&scene.group());
    millstream_harness::wait::until("the commit", || commits.reached(&scene.input, &[(0, 1)]).then_some(()));
    assert_eq!(service.property("NRestarts"), "1");
    service.must("stop");
}

#[test]
fn the_unit_is_sound_and_as_closed_as_it_can_be() {
    let service = take_service!();
    let verified = service.machine().run("systemd-analyze", &["verify", UNIT]);
    assert!(verified.success && !verified.err.contains("millstream"), "{}{}", verified.out, verified.err);
    // In tenths: 1.2.
    service.machine().must("systemd-analyze", &["security", "--threshold=12", "--no-pager", UNIT]);
}
