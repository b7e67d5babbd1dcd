//! Sources: patterns, where a group begins, and offsets with gaps.

use millstream_harness::client::{Ending, Sent};
use millstream_harness::wait;

use crate::{numbers, produced, scene};

#[test]
fn a_pattern_meets_a_new_topic_and_reads_it_from_its_beginning() {
    let scene = scene("pattern");
    let (old, new) = (format!("{}.source.old", scene.name), format!("{}.source.new", scene.name));
    scene.client.create_topic(&old, 1, &[]);
    scene.client.produce(&old, [Sent::value("before the start")]);
    let mut run = scene.start(
        "name: @name\nsource: {topics: ['^@name\\.source\\.[a-z]+$'], start: latest}\nsinks: [{topic: @out}]",
    );
    // The group's beginning in the old topic is its end: committed before any record is read.
    scene.wait_committed_at(&mut run, &old, &[(0, 1)]);
    scene.client.create_topic(&new, 1, &[]);
    scene.client.produce(&new, [Sent::value("in a topic that is new")]);
    scene.wait_committed_at(&mut run, &new, &[(0, 1)]);
    let outcome = scene.stop(run);
    assert_eq!(outcome.texts(), ["in a topic that is new"]);
}

#[test]
fn several_topics_are_read_side_by_side() {
    let scene = scene("several");
    let second = format!("{}.second", scene.name);
    scene.client.create_topic(&second, 2, &[]);
    scene.client.produce(&second, [Sent::value("b").to(0), Sent::value("c").to(1)]);
    scene.send_values(&["a"]);
    let pipeline = format!("name: @name\nsource: {{topics: [@in, {second}]}}\nsinks: [{{topic: @out}}]");
    let mut run = scene.start(&pipeline);
    scene.wait_committed_at(&mut run, &second, &[(0, 1), (1, 1)]);
    let outcome = scene.finish(run);
    let mut texts = outcome.texts();
    texts.sort_unstable();
    assert_eq!(texts, ["a", "b", "c"]);
}

/// Starts at `start` over five records of which the first three are from before 2024-01-01, and sends one more.
fn started_at(start: &str, committed: i64) -> Vec<String> {
    let scene = scene("start");
    let input = format!("{}.dated", scene.name);
    scene.client.create_topic(&input, 1, &[]);
    let days = [-3, -2, -1, 1, 2].map(|day: i64| 1_704_067_200_000 + day * 86_400_000);
    scene.client.produce(&input, days.iter().enumerate().map(|(n, at)| Sent::value(format!("{n}")).at(*at)));
    let pipeline =
        format!("name: @name\nsource: {{topics: [{input}], start: {start}}}\nsinks: [{{topic: @out}}]");
    let mut run = scene.start(&pipeline);
    scene.wait_committed_at(&mut run, &input, &[(0, committed)]);
    scene.client.produce(&input, [Sent::value("later")]);
    scene.wait_committed_at(&mut run, &input, &[(0, 6)]);
    scene.stop(run).texts().iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn start_earliest_reads_all() {
    assert_eq!(started_at("earliest", 0), ["0", "1", "2", "3", "4", "later"]);
}

#[test]
fn start_latest_reads_what_comes() {
    assert_eq!(started_at("latest", 5), ["later"]);
}

#[test]
fn start_at_a_time_reads_from_the_first_record_that_is_not_older() {
    assert_eq!(started_at("2024-01-01T00:00:00Z", 3), ["3", "4", "later"]);
}

#[test]
fn start_at_a_time_after_the_last_record_means_the_end() {
    assert_eq!(started_at("2024-06-01T00:00:00+02:00", 5), ["later"]);
}

#[test]
fn a_beginning_is_committed_before_any_record_comes() {
    let scene = scene("beginning");
    let mut run = scene.start(&scene.pipeline(""));
    scene.wait_committed_at(&mut run, &scene.input, &[(0, 0)]);
    assert_eq!(scene.stop(run).ended.account, produced(0));
}

#[test]
fn a_group_goes_on_where_it_was_whatever_start_says() {
    let scene = scene("resume");
    scene.send(numbers(3));
    let pipeline = scene.pipeline("").replace("]}", "], start: earliest}");
    assert_eq!(scene.finish(scene.start(&pipeline)).output.len(), 3);
    scene.send(numbers(2));
    let again = scene.finish(scene.start(&pipeline));
    assert_eq!((again.output.len(), again.ended.account), (5, produced(2)));
}

#[test]
fn transactions_are_read_committed_and_their_gaps_do_not_hold_the_commit_back() {
    let scene = scene("transactions");
    let values = |from: u32, to: u32| (from..to).map(|n| Sent::value(format!("{n}")).to(0));
    scene.client.produce_transaction(&scene.input, Ending::Commit, values(0, 3));
    scene.client.produce_transaction(&scene.input, Ending::Abort, values(3, 9));
    scene.client.produce_transaction(&scene.input, Ending::Commit, values(9, 11));
    let last = scene.client.read_count(&scene.input, 5).last().expect("five were committed").offset;
    let mut run = scene.start(&scene.pipeline(""));
    scene.wait_committed_at(&mut run, &scene.input, &[(0, last + 1)]);
    let outcome = scene.stop(run);
    assert_eq!(outcome.texts(), ["0", "1", "2", "9", "10"]);
    assert_eq!(outcome.ended.account, produced(5));
    // Nothing is read again, although the topic ends in a marker.
    scene.send_values(&["11"]);
    assert_eq!(scene.finish(scene.start(&scene.pipeline(""))).ended.account, produced(1));
}

#[test]
fn compacted_topics_are_read_over_their_gaps() {
    let scene = scene("compacted");
    let input = format!("{}.compacted", scene.name);
    let settings =
        [("cleanup.policy", "compact"), ("segment.ms", "100"), ("min.cleanable.dirty.ratio", "0.001")];
    scene.client.create_topic(&input, 1, &settings);
    scene.client.produce(&input, (0..50).map(|n| Sent::keyed("same", format!("{n}"))));
    // A segment is rolled by the next record that comes after its time, and only then compacted.
    let mut sent = 50;
    wait::until("the topic to be compacted", || {
        scene.client.produce(&input, [Sent::keyed(format!("k{sent}"), "roll")]);
        sent += 1;
        let left = scene.client.read(&input).len();
        (left < sent).then_some(())
    });
    let expected = scene.client.read(&input);
    let end = scene.client.offsets(&input, 0).end;
    let mut run =
        scene.start(&format!("name: @name\nsource: {{topics: [{input}]}}\nsinks: [{{topic: @out}}]"));
    scene.wait_committed_at(&mut run, &input, &[(0, end)]);
    let outcome = scene.stop(run);
    // More may have been compacted since they were counted; what is there last is always there.
    assert!((1..=expected.len()).contains(&outcome.output.len()), "{} records", outcome.output.len());
    assert_eq!(outcome.output.last().map(|record| &record.key), expected.last().map(|record| &record.key));
    assert_eq!(outcome.ended.account, produced(outcome.output.len() as u64));
}
