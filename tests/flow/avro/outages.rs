//! The registry away, slow, broken, or with other credentials: held, named, healed, nothing lost, nobody else disturbed.

use std::time::Duration;

use millstream_harness::registry::{Mode, Proxy};

use super::*;
use crate::{numbers, produced};

const PASS: &str = "name: @name
source: {topics: [@in]}
transform: [{decode: avro}, {filter: exists(.id)}]
sinks: [{topic: @out}]
dlq: {topic: @dlq}";

/// What a fault must say while it lasts, and how it ends.
fn holds_and_heals(stem: &str, fault: Mode, named: &str) {
    let (scene, id) = stage(stem);
    let proxy = Proxy::start(registry::shared());
    proxy.set(fault);
    scene.send(orders(id, 5));
    let files = files_at(&scene, &proxy.url(), PASS);
    let run = files.start();
    let reason = run.wait_waiting_for(&scene.name, "schema id");
    assert!(reason.contains(&id.to_string()), "{reason}");
    run.wait_waiting_for(&scene.name, named);
    assert_eq!(scene.client.read(&scene.output).len() + scene.client.read(&scene.dlq).len(), 0);
    proxy.set(Mode::Pass);
    let outcome = scene.finish(run);
    assert_eq!((outcome.ended.account, outcome.dlq.len()), (produced(5), 0));
}

#[test]
fn a_registry_that_is_down_holds_and_heals() {
    holds_and_heals("avro-down", Mode::Down, "registry");
}

#[test]
fn a_registry_that_never_answers_holds_and_heals() {
    holds_and_heals("avro-hang", Mode::Hang, "registry");
}

#[test]
fn a_registry_that_is_too_slow_holds_and_heals() {
    holds_and_heals("avro-slow", Mode::Slow(Duration::from_secs(30)), "registry");
}

#[test]
fn a_registry_that_fails_holds_and_heals() {
    holds_and_heals(
        "avro-500",
        Mode::Status(500, "{\"error_code\": 50001, \"message\": \"store\"}".into()),
        "500",
    );
}

#[test]
fn a_registry_that_answers_garbage_holds_and_heals() {
    holds_and_heals("avro-garbage", Mode::Garbage(b"<html>maintenance</html>".to_vec()), "registry");
}

#[test]
fn a_page_that_is_not_there_is_no_missing_schema() {
    holds_and_heals("avro-404", Mode::Status(404, "<html>not found</html>".into()), "404");
}

#[test]
fn changed_credentials_hold_until_a_reload_brings_the_new_ones() {
    let (scene, id) = stage("avro-401");
    let proxy = Proxy::start(registry::shared());
    proxy.needs_basic("mill", "new-password");
    scene.send(orders(id, 5));
    let files = scene.files(PASS).setting(&format!(
        "schema_registry: {{url: \"{}\", basic_auth: {{username: mill, password: \"${{file:password}}\"}}}}",
        proxy.url()
    ));
    files.folder().write("password", "old-password");
    let run = files.start();
    run.wait_waiting_for(&scene.name, "401");
    files.folder().write("password", "new-password");
    let told = run.reload_well();
    assert!(told.contains("swapped"), "{told}");
    let outcome = scene.finish(run);
    assert_eq!((outcome.ended.account, outcome.dlq.len()), (produced(5), 0));
    assert!(!format!("{:?}", outcome.ended).contains("password"));
}

#[test]
fn a_bearer_token_and_certificates_of_both_sides_let_it_in() {
    let (scene, id) = stage("avro-tls");
    let proxy = Proxy::start_tls(registry::shared(), true);
    proxy.needs_bearer("a-token-of-some-length");
    scene.send(orders(id, 2));
    let (certificate, key) = proxy.client();
    let files = scene.files(PASS).setting(&format!(
        "schema_registry: {{url: \"{}\", bearer_token: a-token-of-some-length, tls: {{ca: {}, certificate: {}, key: {}}}}}",
        proxy.url(),
        proxy.ca().display(),
        certificate.display(),
        key.display()
    ));
    assert_eq!(scene.finish(files.start()).ended.account, produced(2));
}

#[test]
fn a_certificate_that_is_not_there_at_the_start_is_waited_for() {
    let (scene, id) = stage("avro-tls-late");
    let proxy = Proxy::start_tls(registry::shared(), false);
    scene.send(orders(id, 2));
    let files = scene.files(PASS);
    let ca = files.path_of("ca").with_extension("pem");
    let files = files.setting(&format!(
        "schema_registry: {{url: \"{}\", tls: {{ca: {}}}}}",
        proxy.url(),
        ca.display()
    ));
    let run = files.start();
    let reason = run.wait_waiting_for(&scene.name, "schema id");
    assert!(reason.contains("cannot read") && reason.contains("ca.pem"), "{reason}");
    fs::copy(proxy.ca(), &ca).expect("it is copied");
    assert_eq!(scene.finish(run).ended.account, produced(2));
}

#[test]
fn other_partitions_and_pipelines_go_on() {
    let scene = Scene::bare(crate::BINARY, "avro-others", millstream_harness::broker::shared());
    scene.client.create_topic(&scene.input, 2, &[]);
    for topic in [&scene.output, &scene.dlq] {
        scene.client.create_topic(topic, 1, &[]);
    }
    let (known, unknown) =
        (register(&scene.input, ORDER), register(&format!("{}-2", scene.input), ORDER_MORE));
    let (plain_in, plain_out) = (format!("{}-plain", scene.input), format!("{}-plain", scene.output));
    for topic in [&plain_in, &plain_out] {
        scene.client.create_topic(topic, 1, &[]);
    }
    let proxy = Proxy::start(registry::shared());
    let plain = scene.fill("name: @name-plain\nsource: {topics: [@in-plain]}\nsinks: [{topic: @out-plain}]");
    let mut run = files_at(&scene, &proxy.url(), PASS).pipeline(&plain).start();
    scene.client.produce(&scene.input, orders(known, 3).into_iter().map(|record| record.to(0)));
    scene.wait_committed_at(&mut run, &scene.input, &[(0, 3)]);
    proxy.set(Mode::Down);
    let more = |n: i64| {
        let mut body = order(n, "EU", "x");
        long(n, &mut body);
        Sent::value(framed(unknown, &body)).to(1)
    };
    scene.client.produce(&scene.input, (0..50).map(more));
    run.wait_waiting_for(&scene.name, "schema id");
    // The partition whose schema is known goes on, and so does who needs none.
    scene.client.produce(&scene.input, orders(known, 40).into_iter().map(|record| record.to(0)));
    scene.client.produce(&plain_in, numbers(5));
    scene.wait_committed_at(&mut run, &scene.input, &[(0, 43)]);
    let commits = scene.client.commits(&format!("millstream.{}-plain", scene.name));
    millstream_harness::wait::until("the other pipeline", || {
        commits.reached(&plain_in, &[(0, 5)]).then_some(())
    });
    proxy.set(Mode::Pass);
    scene.wait_committed_at(&mut run, &scene.input, &[(0, 43), (1, 50)]);
    let outcome = scene.stop(run);
    assert_eq!((outcome.ended.account, outcome.dlq.len()), (produced(93), 0));
    let held: Vec<_> = outcome
        .output
        .iter()
        .filter(|record| record.value.as_deref().is_some_and(|value| value[1..5] == unknown.to_be_bytes()))
        .collect();
    let expected: Vec<_> = (0..50).map(|n| more(n).value).collect();
    assert_eq!(
        held.iter().map(|record| record.value.clone()).collect::<Vec<_>>(),
        expected,
        "in their order"
    );
}

#[test]
fn a_daemon_starts_and_runs_from_its_cache_while_the_registry_is_down() {
    let (scene, id) = stage("avro-cold");
    register(&scene.output, ORDER_MORE);
    let proxy = Proxy::start(registry::shared());
    let pipeline = "name: @name
source: {topics: [@in]}
transform: [{decode: avro}, {map: .twice = int!(.id) * 2}]
sinks: [{topic: @out, encode: {format: avro, version: 1}}]
dlq: {topic: @dlq}";
    let files = files_at(&scene, &proxy.url(), pipeline);
    scene.send(orders(id, 3));
    let mut run = files.start();
    scene.wait_committed(&mut run);
    run.stop();
    proxy.set(Mode::Down);
    scene.send(orders(id, 3));
    let outcome = scene.finish(files.start());
    assert_eq!((outcome.output.len(), outcome.dlq.len()), (6, 0));
}

#[test]
fn a_drain_does_not_wait_for_a_schema() {
    let (scene, id) = stage("avro-drain");
    let proxy = Proxy::start(registry::shared());
    proxy.set(Mode::Down);
    scene.send(orders(id, 3));
    let files = files_at(&scene, &proxy.url(), PASS);
    let run = files.start();
    run.wait_waiting_for(&scene.name, "schema id");
    let outcome = scene.stop(run);
    assert_eq!((outcome.ended.state.as_str(), outcome.output.len()), ("drained", 0));
    proxy.set(Mode::Pass);
    assert_eq!(scene.finish(files.start()).ended.account, produced(3));
}

#[test]
fn a_member_that_cannot_write_yet_takes_no_partition_from_one_that_can() {
    let scene = Scene::bare(crate::BINARY, "avro-join", millstream_harness::broker::shared());
    scene.client.create_topic(&scene.input, 2, &[]);
    for topic in [&scene.output, &scene.dlq] {
        scene.client.create_topic(topic, 1, &[]);
    }
    let id = register(&scene.input, ORDER);
    register(&scene.output, ORDER_MORE);
    let pipeline = "name: @name
source: {topics: [@in]}
transform: [{decode: avro}, {map: .twice = int!(.id) * 2}]
sinks: [{topic: @out, encode: {format: avro, version: 1}}]
dlq: {topic: @dlq}";
    let send = |partition| {
        scene.client.produce(&scene.input, orders(id, 5).into_iter().map(|record| record.to(partition)));
    };
    let mut first = files(&scene, pipeline).start();
    first.wait_running(&scene.name);
    let proxy = Proxy::start(registry::shared());
    proxy.set(Mode::Down);
    let mut second = files_at(&scene, &proxy.url(), pipeline).start();
    second.wait_waiting_for(&scene.name, "the schemas of the sinks");
    (0..2).for_each(send);
    scene.wait_committed_at(&mut first, &scene.input, &[(0, 5), (1, 5)]);
    proxy.set(Mode::Pass);
    second.wait_running(&scene.name);
    first.stop();
    (0..2).for_each(send);
    scene.wait_committed_at(&mut second, &scene.input, &[(0, 10), (1, 10)]);
    second.stop();
    assert_eq!((scene.client.read(&scene.output).len(), scene.client.read(&scene.dlq).len()), (20, 0));
}
