//! A secret beside the files that changes.

use std::fs;

use millstream_harness::broker;
use millstream_harness::daemon::Files;
use millstream_harness::scene::Scene;

use super::range;
use crate::{BINARY, produced};

/// The daemon's files for a broker that asks for the password in the file `password`.
fn asking(scene: &Scene, address: &str, user: &str) -> Files {
    Files::new(BINARY, address)
        .pipeline(&scene.pipeline(""))
        .kafka("security.protocol: sasl_plaintext")
        .kafka("sasl.mechanism: PLAIN")
        .kafka(&format!("sasl.username: {user}"))
        .kafka("sasl.password: ${file:password}")
}

/// The stage on the broker that asks, with its topics.
fn stage(stem: &str) -> Scene {
    let scene = Scene::bare(BINARY, stem, broker::refusing());
    for topic in [&scene.input, &scene.output] {
        scene.client.create_topic(topic, 1, &[]);
    }
    scene
}

#[test]
fn missing_rights_are_named_and_heal_without_a_restart() {
    let (address, guest, password) = broker::with_guest();
    let scene = stage("rights");
    scene.send(range(0..5));
    let files = asking(&scene, address, guest);
    files.folder().write("password", password);
    let run = files.start();
    run.wait_waiting_for(&scene.name, "uthoriz");
    for (resource, name) in
        [("--topic", &scene.input), ("--topic", &scene.output), ("--group", &scene.group())]
    {
        broker::allow_guest(resource, name);
    }
    let outcome = scene.finish(run);
    assert_eq!((outcome.output.len(), outcome.ended.account), (5, produced(5)));
}

#[test]
fn a_wrong_password_is_named_and_put_right_by_a_reload() {
    let (address, user, right) = broker::with_password();
    let scene = stage("password");
    scene.send(range(0..5));
    let files = asking(&scene, address, user);
    let password = files.folder().write("password", "wrong-word");
    let run = files.start();
    let reason = run.wait_waiting_for(&scene.name, "uthentication");
    assert!(!reason.contains("wrong-word"), "{reason}");
    assert!(run.reload_well().contains("nothing changed"), "what is wrong stays as it is");
    fs::write(&password, right).expect("it can be written");
    assert!(run.reload_well().contains("restarted"), "a changed secret is a change");
    let outcome = scene.finish(run);
    assert_eq!(outcome.ended.account, produced(5));
    assert_eq!(outcome.output.len(), 5);
}
