//! Poison: what `on_error` makes of it, and the breaker.

use millstream_harness::broker;
use millstream_harness::client::Sent;
use millstream_harness::daemon::Account;
use millstream_harness::scene::Scene;

use crate::{BINARY, numbers, produced, scene};

const DECODE: &str = "transform: [{decode: json}]";

#[test]
fn poison_goes_to_the_dlq_and_the_rest_goes_on() {
    let scene = scene("dlq");
    scene.send_values(&[r#"{"n":1}"#, "{broken", r#"{"n":2}"#]);
    let outcome = scene.finish(scene.start(&scene.pipeline_with_dlq(DECODE)));
    assert_eq!(outcome.texts(), [r#"{"n":1}"#, r#"{"n":2}"#]);
    assert_eq!(outcome.dlq[0].text(), "{broken");
    let account = Account { consumed: 3, produced: 2, dead_lettered: 1, ..Account::default() };
    assert_eq!(outcome.ended.account, account);
}

#[test]
fn every_way_to_break_is_poison() {
    let scene = scene("ways");
    scene.send([
        Sent::value(vec![b'"', 0xff, b'"']),
        Sent::value(r#"{"n":1} trailing"#),
        Sent::value(r#"{"n":"no number"}"#),
        Sent::value(r#"{"n":1,"abort":true}"#),
        Sent::value(r#"{"n":7}"#),
    ]);
    let map = "map: 'if .abort == true { abort }; .n = to_int!(.n) + 1'";
    let outcome = scene
        .finish(scene.start(&scene.pipeline_with_dlq(&format!("transform: [{{decode: json}}, {{{map}}}]"))));
    assert_eq!((outcome.texts(), outcome.dlq.len()), (vec![r#"{"n":8}"#], 4));
}

#[test]
fn poison_without_a_dlq_stops_the_pipeline_with_its_place() {
    let scene = scene("stop");
    scene.send_values(&["{}", "{}", "{broken", "{}"]);
    let run = scene.start(&scene.pipeline(DECODE));
    let reason = run.wait_stopped(&scene.name);
    let place = format!("{} [0] offset 2", scene.input);
    assert!(reason.contains(&place), "no place in the reason: {reason}");
    let outcome = scene.stop(run);
    assert_eq!((outcome.ended.state.as_str(), outcome.output.len()), ("stopped", 2));
    assert_eq!(outcome.ended.account.produced, 2);
    assert_eq!(scene.client.committed(&scene.group(), &scene.input, 0), Some(2), "the poison is not passed");
}

/// What was fetched behind the poison is dropped, and while the other partition's output lingers the lane looks for gaps.
#[test]
fn what_stands_behind_the_poison_is_not_taken_for_a_gap() {
    let scene = Scene::bare(BINARY, "behind", broker::shared());
    scene.client.create_topic(&scene.input, 2, &[]);
    scene.client.create_topic(&scene.output, 1, &[]);
    let lines = "transform: [{decode: json}, {filter: .keep == true}]\nkafka: {linger.ms: 3000}";
    let run = scene.start(&scene.pipeline(lines));
    scene.client.produce(&scene.input, [Sent::value(r#"{"keep":true}"#).to(1)]);
    scene.send_values(&["{}", "{}", "{broken", r#"{"keep":true}"#, "{}"]);
    run.wait_stopped(&scene.name);
    scene.stop(run);
    assert_eq!(scene.client.committed(&scene.group(), &scene.input, 0), Some(2), "the poison is not passed");
}

#[test]
fn poison_that_is_skipped_counts() {
    let scene = scene("skip");
    scene.send_values(&["{}", "{broken", "{}"]);
    let outcome = scene.finish(scene.start(&scene.pipeline(&format!("{DECODE}\non_error: skip"))));
    let account = Account { consumed: 3, produced: 2, skipped: 1, ..Account::default() };
    assert_eq!((outcome.output.len(), outcome.ended.account), (2, account));
}

#[test]
fn a_breaker_opens_when_too_much_is_poison() {
    let scene = scene("breaker");
    scene.send((0..200).map(|_| Sent::value("{broken")));
    let breaker = "breaker: {share: 50%, window: 1m, min_records: 20}";
    let run = scene.start(
        &scene.pipeline(&format!("{DECODE}\ndlq: {{topic: @dlq, {breaker}}}").replace("@dlq", &scene.dlq)),
    );
    let reason = run.wait_stopped(&scene.name);
    assert!(reason.contains("breaker"), "{reason}");
    let outcome = scene.stop(run);
    assert_eq!(outcome.ended.state, "stopped");
    let committed =
        scene.client.committed(&scene.group(), &scene.input, 0).expect("the beginning is committed");
    assert!(
        outcome.dlq.len() as i64 >= committed,
        "{} dead letters, committed {committed}",
        outcome.dlq.len()
    );
    assert!(outcome.dlq.len() >= 20, "it opened before it had seen enough");
}

#[test]
fn a_breaker_stays_closed_while_enough_is_sound() {
    let scene = scene("closed");
    let values = (0..200).map(|n| Sent::value(if n % 4 == 0 { "{broken" } else { "{}" }));
    scene.send(values);
    let breaker = "breaker: {share: 50%, window: 1m, min_records: 20}";
    let pipeline =
        scene.pipeline(&format!("{DECODE}\ndlq: {{topic: @dlq, {breaker}}}").replace("@dlq", &scene.dlq));
    let outcome = scene.finish(scene.start(&pipeline));
    assert_eq!((outcome.output.len(), outcome.dlq.len()), (150, 50));
}

#[test]
fn a_pipeline_that_stops_leaves_the_others_alone() {
    let (bad, good) = (scene("bad"), scene("good"));
    bad.send_values(&["{broken"]);
    let run = good.files(&good.pipeline("")).pipeline(&bad.pipeline(DECODE)).start();
    run.wait_stopped(&bad.name);
    good.send(numbers(5));
    let outcome = good.finish(run);
    assert_eq!((outcome.ended.state.as_str(), outcome.ended.account), ("drained", produced(5)));
}
