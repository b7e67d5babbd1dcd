//! The process: exit codes and signals.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use millstream_harness::client::Sent;
use millstream_harness::daemon::Run;
use millstream_harness::process::{SIGINT, SIGTERM};
use millstream_harness::scene::Scene;

use crate::{BINARY, numbers, produced, scene, scene_with_refusable_sink};

#[test]
fn sigint_drains_as_sigterm_does() {
    for signal in [SIGINT, SIGTERM] {
        let scene = scene("signal");
        scene.send(numbers(3));
        let mut run = scene.start(&scene.pipeline(""));
        scene.wait_committed(&mut run);
        run.signal(signal);
        assert_eq!(run.wait_exit(), 0);
        let ended = run.ended(&scene.name);
        assert_eq!((ended.state.as_str(), ended.account), ("drained", produced(3)));
        let group = scene.client.group(&scene.group()).expect("the group is known");
        assert!(group.members.is_empty(), "it left its group: {group:?}");
    }
}

/// A daemon that cannot finish what is in flight, told to end.
fn draining_in_vain(scene: &Scene, deadline: &str) -> Run {
    scene.client.refuse(&scene.output);
    scene.send(numbers(3));
    let files = scene.files(&scene.pipeline("")).setting(&format!("shutdown: {{deadline: {deadline}}}"));
    let run = files.start();
    run.wait_waiting(&scene.name);
    run.signal(SIGTERM);
    run
}

#[test]
fn a_drain_that_outlasts_its_deadline_exits_75_and_loses_nothing() {
    let scene = scene_with_refusable_sink("deadline");
    let mut run = draining_in_vain(&scene, "1s");
    assert_eq!(run.wait_exit(), 75);
    scene.client.accept(&scene.output);
    assert_eq!(scene.finish(scene.start(&scene.pipeline(""))).output.len(), 3);
}

#[test]
fn a_second_signal_exits_at_once_and_loses_nothing() {
    let scene = scene_with_refusable_sink("second");
    let mut run = draining_in_vain(&scene, "10m");
    run.wait_for_log("that it is draining", |line| line.message() == "draining");
    run.signal(SIGINT);
    assert_eq!(run.wait_exit(), 130);
    scene.client.accept(&scene.output);
    assert_eq!(scene.finish(scene.start(&scene.pipeline(""))).output.len(), 3);
}

#[test]
fn a_daemon_that_waits_for_everything_still_ends_at_once() {
    let scene = Scene::bare(BINARY, "nothing", "127.0.0.1:1");
    let mut run = scene.start(&scene.pipeline(""));
    run.wait_waiting(&scene.name);
    run.stop();
    assert_eq!(run.ended(&scene.name).account, produced(0));
}

#[test]
fn wrong_arguments_exit_64() {
    for arguments in [&["run", "--nonsense"][..], &["no-such-command"], &["run", "--bootstrap"]] {
        let output = Command::new(BINARY).args(arguments).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?} says nothing");
    }
}

#[test]
fn a_wrong_configuration_exits_78_before_it_touches_the_broker() {
    let scene = Scene::bare(BINARY, "wrong", "127.0.0.1:1");
    let wrong = scene.pipeline("transfrom: []");
    for subcommand in ["run", "check"] {
        let output = scene.files(&wrong).command(subcommand).output().expect("the binary runs");
        assert_eq!(output.status.code(), Some(78), "{subcommand}");
        let text =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("transfrom") && text.contains("transform"), "no hint in:\n{text}");
    }
}

#[test]
fn check_says_yes_with_exit_0() {
    let scene = Scene::bare(BINARY, "right", "127.0.0.1:1");
    let output = scene.files(&scene.pipeline("")).command("check").output().expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_pipeline_file_and_a_broker_are_enough() {
    let scene = scene("bare");
    scene.send(numbers(2));
    let files = scene.files(&scene.pipeline(""));
    let file = files.folder().path().join(format!("pipelines.d/{}.yaml", scene.name));
    assert!(fs::exists(&file).expect("the folder can be read"));
    let mut command = Command::new(BINARY);
    command
        .args(["run", "--bootstrap", scene.client.bootstrap()])
        .arg(&file)
        .env("RUNTIME_DIRECTORY", files.folder().path())
        .current_dir(files.folder().path());
    let outcome = scene.finish(Run::start(command, Arc::clone(files.folder())));
    assert_eq!((outcome.output.len(), outcome.ended.account), (2, produced(2)));
}

/// Hundreds of records are at hand, and each takes the program a while: the lane looks up in between.
#[test]
fn a_slow_program_does_not_hold_up_the_drain() {
    let scene = scene("slow");
    let numbers: Vec<_> = (0..1_000).collect();
    scene.send((0..800).map(|_| Sent::value(serde_json::json!({ "a": numbers }).to_string())));
    let map = "for_each(array!(.a)) -> |_i, _v| { for_each(array!(.a)) -> |_j, w| { .last = w } }";
    let mut run = scene.start(&scene.pipeline(&format!("transform: [{{decode: json}}, {{map: '{map}'}}]")));
    run.wait_for_log("that it runs", |line| line.message() == "nothing was committed, beginning");
    scene.wait_committed_at(&mut run, &scene.input, &[(0, 1)]);
    run.signal(SIGTERM);
    assert_eq!(run.wait_exit(), 0);
    assert_eq!(run.ended(&scene.name).state, "drained");
}

#[test]
fn the_example_that_is_installed_is_a_pipeline_but_does_not_run_by_itself() {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd/etc");
    let check = |arguments: &[&str]| {
        let mut command = Command::new(BINARY);
        command.arg("check").args(arguments).current_dir(&installed);
        let output = command.output().expect("the binary runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, said) = check(&["--config", "millstream.yaml"]);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("no pipeline"), "{said}");
    let (code, said) = check(&["--config", "millstream.yaml", "pipelines.d/orders.yaml.example"]);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("`bootstrap.servers` is not set"), "{said}");
    let (code, said) =
        check(&["--config", "millstream.yaml", "--bootstrap", "b:9092", "pipelines.d/orders.yaml.example"]);
    assert_eq!((code, said.as_str()), (Some(0), ""));
}
