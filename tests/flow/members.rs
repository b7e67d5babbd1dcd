//! Members of a group: static ones that come back, more of them than partitions, and where new partitions begin.

use millstream_harness::broker;
use millstream_harness::client::{GroupMetadata, Sent, Stored};
use millstream_harness::daemon::Run;
use millstream_harness::scene::Scene;
use millstream_harness::wait;

use crate::{BINARY, produced};

/// A stage whose source and sink have several partitions.
fn wide(stem: &str, partitions: i32) -> Scene {
    let scene = Scene::bare(BINARY, stem, broker::shared());
    scene.client.create_topic(&scene.input, partitions, &[]);
    scene.client.create_topic(&scene.output, 1, &[]);
    scene
}

/// Sends the values `from`…`to` to each partition of the source, so that `partition-number` names each.
fn send_each(scene: &Scene, partitions: std::ops::Range<i32>, numbers: std::ops::Range<i64>) {
    let of = |partition| numbers.clone().map(move |n| Sent::value(format!("{partition}-{n}")).to(partition));
    scene.client.produce(&scene.input, partitions.flat_map(of));
}

/// Waits until each of these partitions is committed up to `offset`.
fn wait_each(scene: &Scene, runs: &mut [&mut Run], partitions: std::ops::Range<i32>, offset: i64) {
    let offsets: Vec<_> = partitions.map(|partition| (partition, offset)).collect();
    scene.wait_committed_within(wait::PATIENCE, runs, &scene.input, &offsets);
}

/// The values of one source partition, in the order in which they stand in the sink.
fn of_partition(output: &[Stored], partition: i32) -> Vec<i64> {
    let prefix = format!("{partition}-");
    let numbers = output.iter().filter_map(|record| record.text().strip_prefix(&prefix));
    numbers.map(|number| number.parse().expect("a number was sent")).collect()
}

/// Asserts that the sink holds `numbers` of each partition, once and in order.
fn assert_each(output: &[Stored], partitions: std::ops::Range<i32>, numbers: std::ops::Range<i64>) {
    for partition in partitions {
        assert_eq!(of_partition(output, partition), numbers.clone().collect::<Vec<_>>(), "of {partition}");
    }
}

/// Waits until so many members share all partitions evenly: then nothing is left to move.
fn wait_balanced(scene: &Scene, members: usize, partitions_each: usize) -> GroupMetadata {
    let group = scene.group();
    wait::until(&format!("{members} members that share {} evenly", scene.input), || {
        let found = scene.client.group_metadata(&group)?;
        let is_even = found.members.iter().all(|member| member.partitions.len() == partitions_each);
        (found.members.len() == members && is_even).then_some(found)
    })
}

#[test]
fn a_static_member_that_comes_back_in_time_finds_its_place() {
    let scene = wide("static", 4);
    let lines = "lanes: 2\nkafka: {session.timeout.ms: 40000}";
    let files = scene.files(&scene.pipeline(lines)).setting("instance_id: host-7");
    send_each(&scene, 0..4, 0..50);
    let mut run = files.start();
    wait_each(&scene, &mut [&mut run], 0..4, 50);
    let before = wait_balanced(&scene, 2, 2);
    let instances = |group: &GroupMetadata| -> Vec<String> {
        group.members.iter().filter_map(|member| member.instance.clone()).collect()
    };
    let expected: Vec<_> = (0..2).map(|lane| format!("host-7-{}-{lane}", scene.name)).collect();
    assert_eq!(instances(&before), expected);
    assert_eq!(run.stop_and_account(&scene.name).account, produced(200));
    let group = scene.client.group(&scene.group()).expect("the group is known");
    assert_eq!((group.members.len(), group.state.as_str()), (2, "Stable"), "static members keep their place");

    send_each(&scene, 0..4, 50..100);
    let mut again = files.start();
    wait_each(&scene, &mut [&mut again], 0..4, 100);
    let after = wait_balanced(&scene, 2, 2);
    let places = |group: GroupMetadata| -> Vec<_> {
        group.members.into_iter().map(|member| (member.instance, member.partitions)).collect()
    };
    assert_eq!((instances(&after), after.generation), (expected, before.generation));
    assert_eq!(places(after), places(before), "each has the partitions that it had");
    let outcome = scene.stop(again);
    assert_eq!(outcome.ended.account, produced(200));
    assert_each(&outcome.output, 0..4, 0..100);
}

#[test]
fn members_without_an_instance_id_leave_at_once() {
    let scene = wide("dynamic", 1);
    let mut run = scene.start(&scene.pipeline("kafka: {session.timeout.ms: 40000}"));
    let group = wait_balanced(&scene, 1, 1);
    assert_eq!(group.members[0].instance, None);
    run.stop();
    assert_eq!(scene.client.group(&scene.group()).map(|group| group.state).as_deref(), Some("Empty"));
}

#[test]
fn lanes_beyond_the_partitions_stand_by() {
    let scene = wide("standby", 2);
    send_each(&scene, 0..2, 0..100);
    let mut run = scene.start(&scene.pipeline("lanes: 4"));
    wait_each(&scene, &mut [&mut run], 0..2, 100);
    let group = wait::until("four members", || {
        scene.client.group_metadata(&scene.group()).filter(|group| group.members.len() == 4)
    });
    let owned: usize = group.members.iter().map(|member| member.partitions.len()).sum();
    assert!(owned <= 2, "{group:?}");
    send_each(&scene, 0..2, 100..200);
    wait_each(&scene, &mut [&mut run], 0..2, 200);
    let outcome = scene.stop(run);
    assert_eq!((outcome.ended.state.as_str(), outcome.ended.account), ("drained", produced(400)));
    assert_each(&outcome.output, 0..2, 0..200);
}

#[test]
fn members_that_begin_together_at_the_end_agree_on_it() {
    let scene = wide("together", 6);
    send_each(&scene, 0..6, 0..20);
    let pipeline = scene.pipeline("lanes: 2").replace("]}\nsinks", "], start: latest}\nsinks");
    assert!(pipeline.contains("start: latest"));
    let files = scene.files(&pipeline);
    let mut runs = [files.start(), files.start()];
    let mut both: Vec<&mut Run> = runs.iter_mut().collect();
    // Where the group begins is committed for all partitions before any record is read.
    wait_each(&scene, &mut both, 0..6, 20);
    send_each(&scene, 0..6, 20..40);
    wait_each(&scene, &mut both, 0..6, 40);
    let consumed: u64 = runs.iter_mut().map(|run| run.stop_and_account(&scene.name).account.consumed).sum();
    assert_eq!(consumed, 120);
    assert_each(&scene.client.read(&scene.output), 0..6, 20..40);
}

/// Adds partitions under flow, with records in them before any member can know them.
fn grown(start: &str, first_old: i64) {
    let scene = wide("grown", 1);
    send_each(&scene, 0..1, 0..10);
    let pipeline = scene.pipeline("").replace("]}\nsinks", &format!("], start: {start}}}\nsinks"));
    let mut run = scene.start(&pipeline);
    wait_each(&scene, &mut [&mut run], 0..1, if start == "latest" { 10 } else { 0 });
    scene.client.grow_topic(&scene.input, 3);
    send_each(&scene, 0..1, 10..20);
    send_each(&scene, 1..3, 0..20);
    wait_each(&scene, &mut [&mut run], 0..3, 20);
    let outcome = scene.stop(run);
    assert_each(&outcome.output, 0..1, first_old..20);
    assert_each(&outcome.output, 1..3, 0..20);
}

#[test]
fn partitions_that_are_added_are_read_from_their_beginning() {
    grown("earliest", 0);
}

#[test]
fn partitions_that_are_added_are_read_from_their_beginning_also_where_the_group_began_at_the_end() {
    grown("latest", 10);
}

#[test]
fn a_partition_that_is_added_while_nobody_runs_is_read_from_its_beginning() {
    let scene = wide("grown-away", 1);
    let pipeline = scene.pipeline("").replace("]}\nsinks", "], start: latest}\nsinks");
    let mut run = scene.start(&pipeline);
    wait_each(&scene, &mut [&mut run], 0..1, 0);
    run.stop();
    scene.client.grow_topic(&scene.input, 2);
    send_each(&scene, 0..2, 0..10);
    let mut again = scene.start(&pipeline);
    wait_each(&scene, &mut [&mut again], 0..2, 10);
    assert_each(&scene.stop(again).output, 0..2, 0..10);
}

/// Nobody shall wait for the sessions of static members that will not be back.
#[test]
fn static_members_that_leave_for_good_leave_their_group_at_once() {
    let scene = wide("for-good", 4);
    let yaml = |lanes: u32| scene.pipeline(&format!("lanes: {lanes}\nkafka: {{session.timeout.ms: 300000}}"));
    let files = scene.files(&yaml(2)).setting("instance_id: host-7");
    send_each(&scene, 0..4, 0..10);
    let mut run = files.start();
    wait_each(&scene, &mut [&mut run], 0..4, 10);
    wait_balanced(&scene, 2, 2);
    let members = || scene.client.group(&scene.group()).map_or(0, |group| group.members.len());

    files.replace(&yaml(1));
    run.reload_well();
    wait_balanced(&scene, 1, 4);
    send_each(&scene, 0..4, 10..20);
    wait_each(&scene, &mut [&mut run], 0..4, 20);

    let ask = |arguments: &[&str]| {
        let output = files.client(arguments).output().expect("the binary runs");
        assert!(output.status.success(), "{output:?}");
    };
    ask(&["pause", &scene.name]);
    assert_eq!(members(), 0, "a pause leaves the group to others");
    ask(&["resume", &scene.name]);
    send_each(&scene, 0..4, 20..30);
    wait_each(&scene, &mut [&mut run], 0..4, 30);
    ask(&["restart", &scene.name]);
    send_each(&scene, 0..4, 30..40);
    wait_each(&scene, &mut [&mut run], 0..4, 40);
    run.stop();
    assert_eq!(members(), 1, "an end of the process keeps the place");
    assert_each(&scene.client.read(&scene.output), 0..4, 0..40);
}
