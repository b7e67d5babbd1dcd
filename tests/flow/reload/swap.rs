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
