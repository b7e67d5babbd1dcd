//! The set of pipelines changes: added, removed, renamed, drained and started anew.

use millstream_harness::scene::Scene;

use super::{flow, generation, range};
use crate::{produced, scene};

/// A pipeline that reads in a group of this name.
fn grouped(scene: &Scene, group: &str) -> String {
    scene.pipeline("").replace("]}\nsinks", &format!("], group: {group}}}\nsinks"))
}

/// The same under another name.
fn grouped_as(scene: &Scene, group: &str, name: &str) -> String {
    grouped(scene, group).replace(&format!("name: {}", scene.name), &format!("name: {name}"))
}

#[test]
fn pipelines_come_and_go_and_the_others_are_not_touched() {
    let (stays, goes, comes) = (scene("stays"), scene("goes"), scene("comes"));
    let files = stays.files(&stays.pipeline("")).pipeline(&goes.pipeline(""));
    let mut run = files.start();
    flow(&stays, &mut run, 0..2);
    flow(&goes, &mut run, 0..3);
    let before = generation(&stays);
    files.remove(&goes.name);
    files.replace(&comes.pipeline(""));
    let summary = run.reload_well();
    assert!(summary.contains(&format!("added: {}", comes.name)), "{summary}");
    assert!(summary.contains(&format!("removed: {}", goes.name)), "{summary}");
    assert_eq!(run.ended(&goes.name).account, produced(3));
    let left = goes.client.group(&goes.group()).expect("the group is known");
    assert!(left.members.is_empty(), "it left its group: {left:?}");
    flow(&comes, &mut run, 0..4);
    flow(&stays, &mut run, 2..5);
    assert_eq!(generation(&stays), before, "no rebalance");
    run.stop();
    assert_eq!(run.ended(&comes.name).account, produced(4));
    assert_eq!(run.ended(&stays.name).account, produced(5));
}

#[test]
fn a_changed_source_drains_and_starts_only_its_own_pipeline() {
    let (changes, stays) = (scene("changes"), scene("untouched"));
    let more = format!("{}.more", changes.name);
    changes.client.create_topic(&more, 1, &[]);
    let files = changes.files(&changes.pipeline("")).pipeline(&stays.pipeline(""));
    let mut run = files.start();
    flow(&changes, &mut run, 0..2);
    flow(&stays, &mut run, 0..2);
    let before = generation(&stays);
    let wider = changes
        .pipeline("")
        .replace(&format!("[{}]", changes.input), &format!("[{}, {more}]", changes.input));
    files.replace(&wider);
    assert!(run.reload_well().contains(&format!("restarted: {}", changes.name)));
    changes.client.produce(&more, range(2..5).map(|record| record.to(0)));
    changes.wait_committed_at(&mut run, &more, &[(0, 3)]);
    flow(&changes, &mut run, 5..7);
    flow(&stays, &mut run, 2..4);
    assert_eq!(generation(&stays), before, "no rebalance");
    run.stop();
    assert_eq!(changes.client.read(&changes.output).len(), 7, "nothing twice");
    let account = run.ended(&changes.name).account;
    assert_eq!((account.consumed, account.in_flight), (account.produced, 0), "it goes on counting");
}

#[test]
fn a_renamed_pipeline_with_the_same_group_hands_over_in_order() {
    let scene = scene("renamed");
    let group = format!("{}.group", scene.name);
    let named = |name: &str| grouped_as(&scene, &group, name);
    let new_name = format!("{}-new", scene.name);
    let files = scene.files(&named(&scene.name));
    let mut run = files.start();
    scene.send(range(0..200));
    let commits = scene.client.commits(&group);
    let wait = |run: &mut millstream_harness::daemon::Run, end: i64| {
        millstream_harness::wait::until("the group to commit", || {
            assert!(run.is_running());
            commits.reached(&scene.input, &[(0, end)]).then_some(())
        });
    };
    wait(&mut run, 200);
    files.remove(&scene.name);
    files.replace(&named(&new_name));
    scene.send(range(200..400));
    let summary = run.reload_well();
    assert!(summary.contains(&format!("renamed: {new_name}")), "{summary}");
    wait(&mut run, 400);
    run.stop();
    let (old, new) = (run.ended(&scene.name).account, run.ended(&new_name).account);
    assert_eq!(old.consumed + new.consumed, 400);
    let numbers: Vec<_> = scene.client.read(&scene.output).iter().map(|r| r.text().to_owned()).collect();
    let expected: Vec<_> = (0..400).map(|n| format!(r#"{{"n":{n}}}"#)).collect();
    assert_eq!(numbers, expected, "in order, nothing twice");
}

/// Each waits until the other has left, though both are drained by the same reload.
#[test]
fn two_pipelines_that_change_groups_with_each_other_never_share_one() {
    let (one, two) = (scene("cross-a"), scene("cross-b"));
    let (first, second) = (format!("{}.g", one.name), format!("{}.g", two.name));
    let files = one.files(&grouped(&one, &first)).pipeline(&grouped(&two, &second));
    let mut run = files.start();
    one.send(range(0..5));
    two.send(range(0..6));
    one.client.wait_committed(&first, &one.input, &[(0, 5)]);
    two.client.wait_committed(&second, &two.input, &[(0, 6)]);
    files.replace(&grouped(&one, &second));
    files.replace(&grouped(&two, &first));
    run.reload_well();
    // Each group has committed nothing of its new topic, and begins at the oldest record.
    one.client.wait_committed(&second, &one.input, &[(0, 5)]);
    two.client.wait_committed(&first, &two.input, &[(0, 6)]);
    run.stop();
    assert_eq!((one.client.read(&one.output).len(), two.client.read(&two.output).len()), (10, 12));
}

#[test]
fn a_stopped_pipeline_starts_again_only_by_a_changed_file() {
    let scene = scene("stopped");
    scene.send_values(&["{}", "{broken", "{}"]);
    let files = scene.files(&scene.pipeline("transform: [{decode: json}]"));
    let run = files.start();
    run.wait_stopped(&scene.name);
    assert!(run.reload_well().contains("nothing changed"));
    let stops = |run: &millstream_harness::daemon::Run| {
        run.log().lines().iter().filter(|line| line.is("pipeline stopped", &scene.name)).count()
    };
    assert_eq!(stops(&run), 1, "nothing would change");
    files.replace(&scene.pipeline("transform: [{decode: json}]\non_error: skip"));
    run.reload_well();
    let outcome = scene.finish(run);
    assert_eq!((outcome.output.len(), outcome.ended.account.skipped), (2, 1));
}

#[test]
fn a_paused_pipeline_stays_paused_under_another_name() {
    let scene = scene("paused");
    let group = format!("{}.group", scene.name);
    let named = |name: &str| grouped_as(&scene, &group, name);
    let new_name = format!("{}-new", scene.name);
    let files = scene.files(&named(&scene.name));
    let mut run = files.start();
    scene.send(range(0..2));
    scene.client.wait_committed(&group, &scene.input, &[(0, 2)]);
    let ask = |arguments: &[&str]| {
        let output = files.client(arguments).output().expect("the binary runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    ask(&["pause", &scene.name]);
    scene.send(range(2..5));
    files.remove(&scene.name);
    files.replace(&named(&new_name));
    let told = ask(&["reload"]);
    assert!(told.contains("it stays paused"), "{told}");
    assert!(ask(&["status", &new_name]).contains("paused"));
    ask(&["resume", &new_name]);
    scene.client.wait_committed(&group, &scene.input, &[(0, 5)]);
    run.stop();
    assert_eq!(scene.client.read(&scene.output).len(), 5);
}
