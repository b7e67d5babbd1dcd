//! Members that come and go, and when none may.

use millstream_harness::daemon::Run;
use millstream_harness::wait;

use crate::stage::{PARTITIONS, Stage, alone, load_of};

/// Lets members come and go under flow until so many records were sent, and judges that each came once.
fn come_and_go(stage: &Stage, records: u64, wait_for_members: impl Fn(&Stage, usize)) {
    let feeder = stage.feed(20_000);
    let mut members = vec![stage.start_running()];
    // Kept, so that a failure shows all logs.
    let mut gone = Vec::new();
    for _ in 0..3 {
        while members.len() < 3 {
            members.push(stage.start_running());
            wait_for_members(stage, members.len());
        }
        let mut leaver = members.remove(0);
        assert_eq!(leaver.stop_and_account(&stage.scene.name).state, "drained");
        gone.push(leaver);
        wait_for_members(stage, members.len());
    }
    let load = load_of(feeder.finish_at(records / PARTITIONS as u64));
    stage.wait_committed(&load, &mut members.iter_mut().collect::<Vec<_>>());
    members.iter_mut().for_each(Run::stop);
    stage.judge(&load).assert_exact();
}

#[test]
fn members_that_come_and_go_lose_nothing_double_nothing_and_keep_order() {
    let _alone = alone();
    come_and_go(&Stage::new("members"), 500_000, wait_for_members);
}

#[test]
fn members_that_come_and_go_with_the_eager_protocol_do_so_too() {
    let _alone = alone();
    let lines = "kafka: {partition.assignment.strategy: range}";
    let stage = Stage::on("eager", millstream_harness::broker::shared(), lines);
    come_and_go(&stage, 200_000, wait_for_members);
}

#[test]
fn members_that_come_and_go_with_kip_848_do_so_too() {
    let _alone = alone();
    let lines = "kafka: {group.protocol: consumer}";
    let mut stage = Stage::on("kip-848", millstream_harness::broker::shared(), lines);
    // The session is the broker's matter there.
    stage.files = stage.files.without_kafka("session.timeout.ms");
    // The call that describes classic groups does not know these; that each has partitions is in its own log.
    come_and_go(&stage, 200_000, |_, _| {});
}

#[test]
fn members_that_are_killed_amid_others_lose_nothing_and_only_replay() {
    let _alone = alone();
    let stage = Stage::new("killed-members");
    let feeder = stage.feed(10_000);
    let mut members: Vec<Run> = (0..3).map(|_| stage.start_running()).collect();
    for _ in 0..3 {
        wait_for_members(&stage, 3);
        members.remove(0).kill();
        members.push(stage.start_running());
    }
    let load = load_of(feeder.finish_at(1));
    stage.wait_committed(&load, &mut members.iter_mut().collect::<Vec<_>>());
    members.iter_mut().for_each(Run::stop);
    stage.judge(&load).assert_replays_only();
}

fn wait_for_members(stage: &Stage, count: usize) {
    wait::until(&format!("{count} members in a stable group"), || {
        let group = stage.scene.client.group(&stage.scene.group())?;
        (group.members.len() == count && group.state == "Stable").then_some(())
    });
}

#[test]
fn nothing_but_members_rebalances_a_group() {
    let _alone = alone();
    // Shorter than the outage: a lane that stopped polling while its sink is out would be thrown out.
    let kafka = "kafka: {max.poll.interval.ms: 7000}";
    let stage = Stage::with_refusable_sink("steady", kafka);
    let (client, group) = (&stage.scene.client, stage.scene.group());
    let feeder = stage.feed(5_000);
    let mut run = stage.start_running();
    stage.wait_output(1_000);
    let generation = client.generation(&group).expect("a group with a member has a generation");
    client.refuse(&stage.scene.output);
    run.wait_waiting(&stage.scene.name);
    let begun = feeder.per_partition();
    // 60,000 records at 5,000 a second: longer than session and poll interval together.
    wait::until("a long outage", || {
        (feeder.per_partition() > begun + 60_000 / PARTITIONS as u64).then_some(())
    });
    client.accept(&stage.scene.output);
    let load = load_of(feeder.finish_at(1));
    stage.wait_committed(&load, &mut [&mut run]);
    assert_eq!(client.generation(&group), Some(generation), "the group was rebalanced");
    run.stop();
    stage.judge(&load).assert_exact();
}
