//! A new spec that is not fit: the old one goes on, nothing is lost, and the operator is told.

use millstream_harness::daemon::{Files, Line, Run};
use millstream_harness::scene::Scene;

use super::{flow, generation, mapped, mapping, range};
use crate::{produced, scene};

/// VRL repeats a string as often as it is told: more than memory has room for is a panic of the program.
const PANICS: &str = r#".v = "ab" * (%offset * 0 + 9223372036854775807)"#;

/// A pipeline that has flowed well.
fn flowing(stem: &str) -> (Scene, Files, Run) {
    let scene = scene(stem);
    let files = scene.files(&mapping(&scene, ".v = \"old\""));
    let mut run = files.start();
    flow(&scene, &mut run, 0..10);
    (scene, files, run)
}

/// Takes `yaml` in with records at hand, which must be rolled back; gives the line that says why.
fn rolled_back(scene: &Scene, files: &Files, run: &Run, yaml: &str) -> Line {
    let mark = run.log().mark();
    files.replace(yaml);
    run.signal(millstream_harness::process::SIGHUP);
    run.wait_for_log_from(mark, "that the new spec is in", |line| {
        line.is("the spec was swapped", &scene.name)
    });
    scene.send(range(10..20));
    let what = "that it was rolled back";
    let line =
        run.wait_for_log_from(mark, what, |line| line.message().contains("rolled back to the one before"));
    let over = run.wait_for_log_from(mark, "the end of the reload", |line| line.message() == "reload over");
    assert_eq!(over.field("result"), "rolled_back", "{}", over.text());
    line
}

/// All that was sent came out of the old spec, each record once and in order, and the group was never rebalanced.
fn assert_old_spec_went_on(
    scene: &Scene,
    mut run: Run,
    before: Option<millstream_harness::client::GroupGeneration>,
) {
    scene.wait_committed(&mut run);
    assert_eq!(generation(scene), before, "no rebalance");
    let outcome = scene.stop(run);
    let expected: Vec<_> = (0..20).map(|n| (n, "\"old\"".to_owned())).collect();
    assert_eq!(mapped(&outcome.output, "v"), expected);
    assert_eq!(outcome.ended.account, produced(20));
}

#[test]
fn a_spec_that_panics_is_rolled_back() {
    let (scene, files, run) = flowing("panics");
    let before = generation(&scene);
    let line = rolled_back(&scene, &files, &run, &mapping(&scene, PANICS));
    assert!(line.field("reason").contains("a panic at"), "{}", line.text());
    assert!(line.field("reason").contains("offset 10"), "{}", line.text());
    assert_old_spec_went_on(&scene, run, before);
}

#[test]
fn a_spec_that_makes_every_record_poison_is_rolled_back() {
    let (scene, files, run) = flowing("poisons");
    let before = generation(&scene);
    let line = rolled_back(&scene, &files, &run, &mapping(&scene, ".v = to_int!(\"x\")"));
    assert!(line.field("reason").contains("poison at"), "{}", line.text());
    assert_old_spec_went_on(&scene, run, before);
}

#[test]
fn a_spec_that_opens_its_breaker_is_rolled_back_and_its_dead_letters_stay() {
    let (scene, files, run) = flowing("breaks");
    let before = generation(&scene);
    let broken = mapping(&scene, ".v = to_int!(\"x\")")
        + &scene.fill("dlq: {topic: @dlq, breaker: {share: 50%, window: 1m, min_records: 10}}\n");
    let line = rolled_back(&scene, &files, &run, &broken);
    assert!(line.field("reason").contains("breaker is open"), "{}", line.text());
    let mut run = run;
    flow(&scene, &mut run, 20..30);
    assert_eq!(generation(&scene), before, "no rebalance");
    let outcome = scene.stop(run);
    let account = outcome.ended.account;
    assert_eq!((account.consumed, account.dead_lettered), (30, outcome.dlq.len() as u64), "{account:?}");
    assert_eq!(outcome.output.len() + outcome.dlq.len(), 30);
    assert!(mapped(&outcome.output, "v").iter().all(|(_, v)| v == "\"old\""));
}

#[test]
fn what_was_rolled_back_is_tried_again_by_the_next_reload() {
    let (scene, files, mut run) = flowing("again");
    rolled_back(&scene, &files, &run, &mapping(&scene, PANICS));
    scene.wait_committed(&mut run);
    // Nothing comes that could show what is wrong with it: the trial is still on when the file is mended.
    let again = run.reload();
    assert!(again.field("summary").contains("swapped"), "the file is not what runs: {}", again.text());
    files.replace(&mapping(&scene, ".v = \"mended\""));
    run.reload_well();
    flow(&scene, &mut run, 20..25);
    let outcome = scene.stop(run);
    assert_eq!(mapped(&outcome.output, "v").last(), Some(&(24, "\"mended\"".to_owned())));
    assert_eq!(outcome.ended.account, produced(25));
}

#[test]
fn a_pause_or_a_restart_does_not_end_a_trial() {
    for command in [&["pause", "resume"][..], &["restart"]] {
        let (scene, files, mut run) = flowing("interrupted");
        files.replace(&mapping(&scene, ".v = to_int!(\"x\")"));
        run.reload_well();
        for word in command {
            let output = files.client(&[*word, scene.name.as_str()]).output().expect("the binary runs");
            assert!(output.status.success(), "{output:?}");
        }
        scene.send(range(10..20));
        scene.wait_committed(&mut run);
        let outcome = scene.stop(run);
        let expected: Vec<_> = (0..20).map(|n| (n, "\"old\"".to_owned())).collect();
        assert_eq!(mapped(&outcome.output, "v"), expected, "{command:?}");
    }
}
