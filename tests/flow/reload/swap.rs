//! Only the transform, the sinks or the dlq changed: swapped on the same consumer.

use millstream_harness::scene::Scene;

use super::{flow, generation, mapped, mapping, range};
use crate::{BINARY, produced, scene};

#[test]
fn a_file_of_which_only_the_looks_changed_is_not_touched() {
    let scene = scene("looks");
    let files = scene.files(&mapping(&scene, ".v = 1"));
    let mut run = files.start();
    flow(&scene, &mut run, 0..3);
    let before = generation(&scene);
    let looks = scene.fill(
        "# A comment.\nlanes: 1\nsinks:\n  - topic: @out\ntransform:\n  - decode: {format: json}\n  - map: |\n      # Why.\n      .v   = 1\nsource: {topics: [@in], start: earliest}\nname: @name\n",
    );
    files.replace(&looks);
    let summary = run.reload_well();
    assert!(summary.contains("generation 2") && summary.contains("nothing changed"), "{summary}");
    flow(&scene, &mut run, 3..6);
    assert_eq!(generation(&scene), before, "no rebalance");
    assert_eq!(scene.stop(run).ended.account, produced(6));
}

#[test]
fn a_changed_transform_is_swapped_without_a_rebalance_old_results_before_new_ones() {
    let scene = scene("transform");
    let files = scene.files(&mapping(&scene, ".v = \"old\""));
    let mut run = files.start();
    flow(&scene, &mut run, 0..500);
    let before = generation(&scene);
    files.replace(&mapping(&scene, ".v = \"new\""));
    scene.send(range(500..1_000));
    let summary = run.reload_well();
    assert!(summary.contains(&format!("swapped: {}", scene.name)), "{summary}");
    flow(&scene, &mut run, 1_000..1_500);
    assert_eq!(generation(&scene), before, "no rebalance");
    let outcome = scene.stop(run);
    assert_eq!(outcome.ended.account, produced(1_500));
    let records = mapped(&outcome.output, "v");
    let numbers: Vec<u64> = records.iter().map(|(n, _)| *n).collect();
    assert_eq!(numbers, (0..1_500).collect::<Vec<_>>(), "each once, in order");
    let first_new = records.iter().position(|(_, v)| v == "\"new\"").expect("the new spec ran");
    assert!((500..=1_000).contains(&first_new), "{first_new}");
    assert!(records[first_new..].iter().all(|(_, v)| v == "\"new\""), "no old result after a new one");
}

#[test]
fn a_changed_sink_takes_what_follows_and_both_are_counted() {
    let scene = scene("sink");
    let other = format!("{}.other", scene.name);
    scene.client.create_topic(&other, 1, &[]);
    let files = scene.files(&scene.pipeline(""));
    let mut run = files.start();
    flow(&scene, &mut run, 0..5);
    let before = generation(&scene);
    files.replace(
        &scene.fill(&format!("name: @name\nsource: {{topics: [@in]}}\nsinks: [{{topic: {other}}}]\n")),
    );
    run.reload_well();
    flow(&scene, &mut run, 5..12);
    assert_eq!(generation(&scene), before, "no rebalance");
    let outcome = scene.stop(run);
    assert_eq!((outcome.output.len(), scene.client.read(&other).len()), (5, 7));
    assert_eq!(outcome.ended.account, produced(12));
}

#[test]
fn a_dlq_that_is_added_takes_the_poison_that_stopped_the_pipeline() {
    let scene = scene("add-dlq");
    scene.send_values(&["{}", "{broken", "{}"]);
    let files = scene.files(&scene.pipeline("transform: [{decode: json}]"));
    let run = files.start();
    run.wait_stopped(&scene.name);
    files.replace(&scene.pipeline_with_dlq("transform: [{decode: json}]"));
    run.reload_well();
    let outcome = scene.finish(run);
    assert_eq!((outcome.output.len(), outcome.dlq.len()), (2, 1));
    assert_eq!(outcome.ended.account.consumed, 3);
}

#[test]
fn a_new_sink_that_does_not_exist_is_waited_for_and_not_rolled_back() {
    let scene = scene("missing");
    let other = format!("{}.other", scene.name);
    let files = scene.files(&scene.pipeline(""));
    let mut run = files.start();
    flow(&scene, &mut run, 0..2);
    files.replace(
        &scene.fill(&format!("name: @name\nsource: {{topics: [@in]}}\nsinks: [{{topic: {other}}}]\n")),
    );
    run.reload_well();
    run.wait_waiting_for(&scene.name, &other);
    scene.send(range(2..5));
    scene.client.create_topic(&other, 1, &[]);
    scene.wait_committed(&mut run);
    let outcome = scene.stop(run);
    assert_eq!((outcome.output.len(), scene.client.read(&other).len()), (2, 3));
    assert_eq!(outcome.ended.account, produced(5));
}

/// What waits for a sink that will never come must not keep the file from being mended.
#[test]
fn a_pipeline_that_waits_for_a_missing_sink_takes_a_mended_file() {
    let scene = Scene::bare(BINARY, "mended", millstream_harness::broker::shared());
    for topic in [&scene.input, &scene.output] {
        scene.client.create_topic(topic, 1, &[]);
    }
    scene.send(range(0..4));
    let files = scene.files(&scene.pipeline("").replace(&scene.output, "there-is-no-such-topic"));
    let run = files.start();
    run.wait_waiting_for(&scene.name, "there-is-no-such-topic");
    files.replace(&scene.pipeline(""));
    run.reload_well();
    let outcome = scene.finish(run);
    assert_eq!((outcome.output.len(), outcome.ended.account), (4, produced(4)));
}

/// KIP-848, with several lanes and partitions: the log of the lanes tells of every rebalance.
#[test]
fn a_swap_in_a_group_of_the_new_protocol_moves_no_partition() {
    let scene = Scene::bare(BINARY, "kip-848", millstream_harness::broker::shared());
    scene.client.create_topic(&scene.input, 4, &[]);
    scene.client.create_topic(&scene.output, 4, &[]);
    let yaml = |map: &str| mapping(&scene, map) + "lanes: 2\nkafka: {group.protocol: consumer}\n";
    let files = scene.files(&yaml(".v = 1")).without_kafka("session.timeout.ms");
    let each = |numbers: std::ops::Range<u64>| {
        let all =
            (0..4).flat_map(move |partition| range(numbers.clone()).map(move |record| record.to(partition)));
        scene.client.produce(&scene.input, all);
    };
    each(0..50);
    let mut run = files.start();
    let committed = |run: &mut millstream_harness::daemon::Run, end: i64| {
        scene.wait_committed_at(run, &scene.input, &[(0, end), (1, end), (2, end), (3, end)]);
    };
    committed(&mut run, 50);
    // Both lanes have their share: what moves from now on would be the swap's doing.
    millstream_harness::wait::until("two partitions for each lane", || {
        let status = files.client(&["status", &scene.name, "--json"]).output().expect("the binary runs");
        let status: serde_json::Value = serde_json::from_slice(&status.stdout).expect("JSON");
        let lanes = status["pipelines"][0]["lanes"].as_array().cloned().unwrap_or_default();
        let has_two = |lane: &serde_json::Value| lane["assigned"].as_array().map(Vec::len) == Some(2);
        (lanes.len() == 2 && lanes.iter().all(has_two)).then_some(())
    });
    let mark = run.log().mark();
    files.replace(&yaml(".v = 2"));
    each(50..100);
    run.reload_well();
    each(100..150);
    committed(&mut run, 150);
    let moved = |line: &&millstream_harness::daemon::Line| line.message().starts_with("partitions ");
    let lines = run.log().lines();
    assert_eq!(lines[mark..].iter().filter(moved).count(), 0, "no partition moved");
    let outcome = scene.stop(run);
    assert_eq!((outcome.output.len(), outcome.ended.account), (600, produced(600)));
}
