//! Records that the broker or the producer refuses: only they are poison, and order stays.

use millstream_harness::client::Sent;
use millstream_harness::daemon::Account;
use millstream_harness::oracle::{Id, Load, Topic, judge};
use millstream_harness::scene::Scene;

use crate::scene;

/// Bytes that no codec makes smaller, so that a limit on batches meets them as they are.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

#[test]
fn a_record_that_is_too_large_for_the_sink_is_the_only_dead_letter() {
    let scene = scene("too-large");
    scene.client.alter_topic(&scene.output, &[("max.message.bytes", "4000")]);
    let values = (0..300).map(|n| {
        if n % 100 == 50 {
            Sent::keyed(format!("{n}"), noise(9_000))
        } else {
            Sent::keyed(format!("{n}"), noise(100))
        }
    });
    scene.send(values);
    let outcome = scene.finish(scene.start(&scene.pipeline_with_dlq("")));
    let keys = |records: &[millstream_harness::client::Stored]| -> Vec<String> {
        records.iter().filter_map(|record| record.key_text()).collect()
    };
    assert_eq!(keys(&outcome.dlq), ["50", "150", "250"]);
    let sound: Vec<_> = (0..300).filter(|n| n % 100 != 50).map(|n| n.to_string()).collect();
    assert_eq!(keys(&outcome.output), sound);
    let account = Account { consumed: 300, produced: 297, dead_lettered: 3, ..Account::default() };
    assert_eq!(outcome.ended.account, account);
    assert_eq!(outcome.dlq[0].value.as_deref().map(<[u8]>::len), Some(9_000));
}

#[test]
fn a_null_key_that_a_compacted_sink_refuses_is_the_only_dead_letter() {
    let scene = scene("no-key");
    scene.client.alter_topic(&scene.output, &[("cleanup.policy", "compact")]);
    scene.send([Sent::keyed("a", "1"), Sent::value("no key"), Sent::keyed("b", "2"), Sent::keyed("c", "3")]);
    let outcome = scene.finish(scene.start(&scene.pipeline_with_dlq("")));
    assert_eq!(outcome.texts(), ["1", "2", "3"]);
    assert_eq!(outcome.dlq[0].text(), "no key");
    let account = Account { consumed: 4, produced: 3, dead_lettered: 1, ..Account::default() };
    assert_eq!(outcome.ended.account, account);
}

#[test]
fn a_refused_record_without_a_dlq_stops_the_pipeline() {
    let scene = scene("refused-stop");
    scene.client.alter_topic(&scene.output, &[("cleanup.policy", "compact")]);
    scene.send([Sent::keyed("a", "1"), Sent::value("no key"), Sent::keyed("b", "2")]);
    let run = scene.start(&scene.pipeline(""));
    let reason = run.wait_stopped(&scene.name);
    assert!(reason.contains(&scene.input), "{reason}");
    let outcome = scene.stop(run);
    assert_eq!((outcome.texts(), outcome.ended.state.as_str()), (vec!["1"], "stopped"));
}

#[test]
fn a_record_that_one_of_two_sinks_refuses_is_one_dead_letter() {
    let scene = scene("refused-one");
    let strict = format!("{}.strict", scene.name);
    scene.client.create_topic(&strict, 1, &[("cleanup.policy", "compact")]);
    scene.send([Sent::keyed("a", "1"), Sent::value("no key")]);
    let pipeline = scene.fill(&format!(
        "name: @name\nsource: {{topics: [@in]}}\nsinks: [{{topic: @out}}, {{topic: {strict}}}]\ndlq: {{topic: @dlq}}"
    ));
    let outcome = scene.finish(scene.start(&pipeline));
    let account = Account { consumed: 2, produced: 1, dead_lettered: 1, ..Account::default() };
    assert_eq!((outcome.ended.account, outcome.dlq.len()), (account, 1));
    // The sink that took it may have it more than once: what is refused is found by an exact replay.
    assert!(outcome.texts().contains(&"no key"));
    assert_eq!(
        scene.client.read(&strict).last().map(|record| record.text().to_owned()).as_deref(),
        Some("1")
    );
}

/// Starts, waits until the records of a refused batch are sent alone, and drains in the midst of that.
fn drained_amid_a_replay(scene: &Scene, pipeline: &str) -> u64 {
    let mut run = scene.start(pipeline);
    run.wait_for_log("that a batch was refused", |line| {
        line.is("a batch was refused; its records are sent one at a time", &scene.name)
    });
    let ended = run.stop_and_account(&scene.name);
    assert_eq!((ended.state.as_str(), ended.account.in_flight), ("drained", 0));
    ended.account.consumed
}

#[test]
fn a_drain_while_a_refused_batch_is_replayed_loses_nothing_and_reorders_nothing() {
    let scene = scene("refused-drain");
    scene.client.alter_topic(&scene.output, &[("cleanup.policy", "compact")]);
    let load = Load { partitions: 1, per_partition: 4_000, poison_one_in: 0, pad_bytes: 20 };
    let is_refused = |id: Id| id.seq == load.per_partition - 1;
    scene.send(load.ids().map(|id| {
        let record = load.record(id);
        if is_refused(id) { Sent { key: None, ..record } } else { record }
    }));
    let pipeline = scene.pipeline_with_dlq("");
    let drained: u64 = (0..3).map(|_| drained_amid_a_replay(&scene, &pipeline)).sum();
    assert!(drained < load.per_partition, "every drain came before the record at fault was found");
    let outcome = scene.finish(scene.start(&pipeline));
    assert_eq!(drained + outcome.ended.account.consumed, load.per_partition, "each record is counted once");
    assert_eq!(outcome.ended.account.dead_lettered, 1);
    let sink = Topic { name: "the sink", records: &outcome.output, belongs: &|id| !is_refused(id) };
    let dlq = Topic { name: "the dlq", records: &outcome.dlq, belongs: &is_refused };
    judge(&load, &[sink, dlq]).assert_replays_only();
}

/// The dead letter meets the limit that the record met.
#[test]
fn what_sink_and_dlq_both_refuse_goes_out_without_its_value() {
    let scene = scene("refused-twice");
    for topic in [&scene.output, &scene.dlq] {
        scene.client.alter_topic(topic, &[("max.message.bytes", "4000")]);
    }
    scene.send([Sent::keyed("a", "1"), Sent::keyed("large", noise(9_000)), Sent::keyed("b", "2")]);
    let outcome = scene.finish(scene.start(&scene.pipeline_with_dlq("")));
    assert_eq!(outcome.texts(), ["1", "2"]);
    let [letter] = &outcome.dlq[..] else { panic!("{} dead letters", outcome.dlq.len()) };
    assert_eq!((letter.key_text().as_deref(), &letter.value), (Some("large"), &None));
    assert_eq!(letter.header_text("millstream.error.class"), "refused_by_broker");
}

#[test]
fn a_dead_letter_that_is_refused_to_its_last_header_stops_the_pipeline() {
    let scene = scene("refused-letter");
    scene.client.alter_topic(&scene.dlq, &[("max.message.bytes", "200")]);
    scene.send([Sent::keyed("a", "{}"), Sent::keyed("poison", "{broken"), Sent::keyed("b", "{}")]);
    let run = scene.start(&scene.pipeline_with_dlq("transform: [{decode: json}]"));
    let reason = run.wait_stopped(&scene.name);
    assert!(reason.contains(&scene.dlq) && reason.contains("offset 1"), "{reason}");
    scene.stop(run);
    assert_eq!(scene.client.committed(&scene.group(), &scene.input, 0), Some(1), "the poison is not passed");
}
