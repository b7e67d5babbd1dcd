//! The command line of an operator: what is printed, the exit codes, and what it does to a group.

use std::process::Command;

use millstream_harness::daemon::Files;
use millstream_harness::scene::Scene;
use millstream_harness::wait;
use serde_json::Value;

use crate::{BINARY, numbers, scene};

/// How a command ended: its code, standard output and standard error.
fn run(mut command: Command) -> (i32, String, String) {
    let output = command.output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what is printed is UTF-8");
    (output.status.code().expect("it ends by itself"), text(output.stdout), text(output.stderr))
}

/// A command that says yes; gives what it prints.
fn yes(files: &Files, arguments: &[&str]) -> String {
    let (code, out, err) = run(files.client(arguments));
    assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}: {out}");
    out
}

fn members(scene: &Scene) -> usize {
    scene.client.group(&scene.group()).map_or(0, |group| group.members.len())
}

#[test]
fn a_reload_says_what_it_did_and_a_wrong_file_is_drawn() {
    let scene = scene("reload-cli");
    let files = scene.files(&scene.pipeline(""));
    let mut daemon = files.start();
    daemon.wait_running(&scene.name);
    let file = format!("pipelines.d/{}.yaml", scene.name);
    let write = |lines: &str| files.folder().write(&file, &scene.pipeline(lines));

    assert!(yes(&files, &["check", "--against-running"]).ends_with("a reload would change nothing\n"));
    write("transform: [{filter: '%offset >= 0'}]");
    let plan = yes(&files, &["check", "--against-running"]);
    assert_eq!(plan, format!("{}: swap (changed: transform)\n", scene.name));
    let done = yes(&files, &["reload"]);
    assert!(done.starts_with(&format!("{}: swap (changed: transform) -> swapped", scene.name)), "{done}");
    assert!(done.ends_with("taken in: generation 2 runs\n"), "{done}");

    write("transfrom: []");
    for (arguments, end) in [
        (&["check", "--against-running"][..], "a reload would be refused\n"),
        (&["reload"], "refused: generation 2 runs on as before\n"),
    ] {
        let (code, out, err) = run(files.client(arguments));
        assert_eq!((code, out.as_str()), (78, end), "{arguments:?}");
        assert!(err.contains("^^^^^^^^^") && err.contains("did you mean `transform`?"), "{err}");
    }
    let (code, out, _) = run(files.client(&["check", "--against-running", "--format", "json"]));
    let json: Value = serde_json::from_str(&out).expect("it is JSON");
    assert_eq!((code, &json["findings"][0]["code"]), (78, &"unknown-key".into()));
    let status = yes(&files, &["status"]);
    assert!(
        status.contains("reload refused, generation 2 runs on") && status.contains("transfrom"),
        "{status}"
    );
    daemon.stop();
}

#[test]
fn pause_resume_and_restart_are_seen_in_the_group() {
    let scene = scene("pause-cli");
    scene.send(numbers(2));
    let files = scene.files(&scene.pipeline(""));
    let mut daemon = files.start();
    scene.wait_committed(&mut daemon);
    let name = scene.name.as_str();
    assert_eq!(yes(&files, &["pause", name]), format!("{name} is paused\n"));
    assert_eq!(members(&scene), 0, "it has left its group");
    scene.send(numbers(3));
    let again = run(files.client(&["pause", name]));
    assert!(again.0 == 0 || again.0 == 1, "{again:?}");
    yes(&files, &["resume", name]);
    scene.wait_committed(&mut daemon);
    let before = scene.client.group(&scene.group()).expect("the group is known").members;
    yes(&files, &["restart", name]);
    wait::until("another member", || {
        let now = scene.client.group(&scene.group())?.members;
        (now.len() == 1 && now != before).then_some(())
    });
    let (code, out, err) = run(files.client(&["pause", "nobody"]));
    assert_eq!((code, out.as_str(), err.as_str()), (1, "", "there is no pipeline `nobody`\n"));
    assert_eq!(scene.finish(daemon).output.len(), 5);
}

#[test]
fn status_is_a_table_for_people_and_json_for_programs() {
    let scene = scene("status-cli");
    scene.send(numbers(7));
    let files = scene.files(&scene.pipeline("on_error: stop\ntransform: [{decode: json}]"));
    let mut daemon = files.start();
    scene.wait_committed(&mut daemon);
    let json: Value = serde_json::from_str(&yes(&files, &["status", "--json"])).expect("it is JSON");
    assert_eq!((&json["daemon"]["generation"], &json["daemon"]["state"]), (&1.into(), &"running".into()));
    let pipeline = &json["pipelines"][0];
    assert_eq!(pipeline["name"], scene.name.as_str());
    assert_eq!((&pipeline["consumed"], &pipeline["in_flight"]), (&7.into(), &0.into()));
    assert_eq!(pipeline["outputs"][0]["records"], 7);

    scene.send_values(&["no json"]);
    daemon.wait_stopped(&scene.name);
    let table = yes(&files, &["status"]);
    assert!(table.starts_with(&format!("millstream {} running", env!("CARGO_PKG_VERSION"))), "{table}");
    assert!(table.contains("stopped") && table.contains("not JSON"), "why it stopped is missing:\n{table}");
    let one = yes(&files, &["status", &scene.name]);
    assert!(one.contains(&scene.group()), "{one}");
    assert_eq!(run(files.client(&["status", "nobody"])).0, 1);
    assert_eq!(yes(&files, &["log-level", "debug"]), "the log level is debug until the next reload\n");
    assert_eq!(run(files.client(&["log-level", "loud"])).0, 64);
    assert_eq!(run(files.client(&["top"])).0, 64, "it needs a terminal");
    daemon.stop();
}

#[test]
fn where_no_daemon_answers_the_socket_is_named_and_the_exit_is_69() {
    let scene = Scene::bare(BINARY, "nobody", "127.0.0.1:1");
    let files = scene.files(&scene.pipeline(""));
    for arguments in [&["status"][..], &["reload"], &["check", "--against-running"], &["pause", "x"]] {
        let (code, out, err) = run(files.client(arguments));
        assert_eq!((code, out.as_str()), (69, ""), "{arguments:?}");
        assert!(err.contains(&files.socket().display().to_string()) && err.contains("--socket"), "{err}");
    }
    let elsewhere = run(files.client(&["status", "--socket", "/nowhere/at-all.sock"]));
    assert!(elsewhere.0 == 69 && elsewhere.2.contains("/nowhere/at-all.sock"), "{elsewhere:?}");
}
