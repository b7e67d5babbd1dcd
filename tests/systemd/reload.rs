//! Changed files taken in, and refused.

use millstream_harness::scene::Scene;
use serde_json::Value;

use crate::service::{Service, scene};
use crate::take_service;

/// A service that runs one pipeline.
fn running(service: &Service, scene: &Scene) {
    service.pipeline(scene, "");
    service.must("start");
}

#[test]
fn sighup_takes_a_changed_file_in_and_refuses_a_bad_one() {
    let service = take_service!();
    let scene = scene("sighup");
    running(&service, &scene);
    service.pipeline(&scene, "commit: {interval: 300ms}");
    service.signal("HUP");
    let status = service.wait_property("StatusText", |status| status.contains("generation 2"));
    assert!(status.contains(&scene.name), "{status}");
    service.pipeline(&scene, "transfrom: []");
    service.signal("HUP");
    let status = service.wait_property("StatusText", |status| status.contains("reload refused"));
    assert!(status.contains("generation 2 runs on"), "{status}");
    assert!(status.contains(&format!("{}.yaml:4:1: ", scene.name)), "{status}");
    assert_eq!(service.property("ActiveState"), "active");
    let refused = |entry: &Value| entry["MESSAGE"] == "reload refused" && entry["LINE"] == "4";
    assert!(service.journal().iter().any(refused), "the journal does not name the line");
    service.must("stop");
}

/// By the unit's `ExecReload=`, which waits and tells.
#[test]
fn systemctl_reload_waits_and_fails_where_the_reload_is_refused() {
    let service = take_service!();
    let scene = scene("systemctl");
    running(&service, &scene);
    service.pipeline(&scene, "commit: {interval: 300ms}");
    service.must("reload");
    let status = service.property("StatusText");
    assert!(status.contains("generation 2"), "the reload was not waited for: {status}");
    service.pipeline(&scene, "transfrom: []");
    assert!(!service.systemctl("reload").success, "a refused reload is told as a good one");
    assert_eq!(service.property("ActiveState"), "active");
    assert!(service.property("StatusText").contains("reload refused"));
    service.must("stop");
}
