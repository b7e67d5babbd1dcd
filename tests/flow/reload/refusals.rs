//! What a reload refuses, and what it must not be stopped by.

use std::fs;

use millstream_harness::process::{SIGHUP, SIGTERM};
use millstream_harness::scene::Scene;

use super::{flow, generation, mapped, mapping, range};
use crate::{BINARY, produced, scene};

#[test]
fn one_error_refuses_the_whole_reload_with_its_place_and_all_runs_on() {
    let (one, two) = (scene("whole-a"), scene("whole-b"));
    let files = one.files(&mapping(&one, ".v = 1")).pipeline(&mapping(&two, ".v = 1"));
    let mut run = files.start();
    flow(&one, &mut run, 0..2);
    flow(&two, &mut run, 0..2);
    let before = (generation(&one), generation(&two));
    files.replace(&mapping(&one, ".v = 2"));
    files.replace(&mapping(&two, ".v = = 2"));
    let mark = run.log().mark();
    let line = run.reload();
    assert_eq!((line.field("result"), line.integer("generation")), ("refused", 1), "{}", line.text());
    let place = format!("{}.yaml:4:", two.name);
    assert!(line.field("summary").contains(&place), "{}", line.text());
    let error = run.wait_for_log_from(mark, "the error", |line| line.message() == "reload refused");
    assert_eq!(error.integer("line"), 4, "{}", error.text());
    assert!(error.field("file").ends_with(&format!("{}.yaml", two.name)), "{}", error.text());
    flow(&one, &mut run, 2..4);
    assert_eq!((generation(&one), generation(&two)), before, "nothing was touched");
    files.replace(&mapping(&two, ".v = 2"));
    assert!(run.reload_well().contains("generation 2"));
    flow(&one, &mut run, 4..6);
    flow(&two, &mut run, 2..4);
    run.stop();
    let values = |scene: &Scene| mapped(&scene.client.read(&scene.output), "v");
    let expected = |values: &[&str]| -> Vec<(u64, String)> {
        values.iter().enumerate().map(|(n, v)| (n as u64, (*v).to_owned())).collect()
    };
    assert_eq!(values(&one), expected(&["1", "1", "1", "1", "2", "2"]));
    assert_eq!(values(&two), expected(&["1", "1", "2", "2"]));
}

#[test]
fn what_only_a_restart_changes_is_refused_by_name() {
    let scene = scene("restart-keys");
    let files = scene.files(&scene.pipeline(""));
    let mut run = files.start();
    flow(&scene, &mut run, 0..1);
    for (setting, key) in [("memory: {max: 64MiB}", "memory.max"), ("instance_id: other", "instance_id")] {
        let config = files.folder().path().join("millstream.yaml");
        let before = fs::read_to_string(&config).expect("the daemon's file is there");
        fs::write(&config, format!("{before}{setting}\n")).expect("and can be written");
        let mark = run.log().mark();
        let line = run.reload();
        assert_eq!(line.field("result"), "refused", "{}", line.text());
        let error = run.wait_for_log_from(mark, "the error", |line| line.message() == "reload refused");
        assert!(error.field("reason").contains(key), "{}", error.text());
        fs::write(&config, before).expect("it can be put back");
    }
    assert!(run.reload_well().contains("nothing changed"));
    run.stop();
}

#[test]
fn a_daemon_file_that_changes_shutdown_and_log_is_taken_in() {
    let scene = scene("daemon-keys");
    let files = scene.files(&scene.pipeline("transform: [{decode: json}]\non_error: skip"));
    let mut run = files.start();
    flow(&scene, &mut run, 0..1);
    let before = generation(&scene);
    let config = files.folder().path().join("millstream.yaml");
    let text = fs::read_to_string(&config).expect("the daemon's file is there");
    let quiet = text.replace("level: info", "level: debug") + "shutdown: {deadline: 7s}\n";
    fs::write(&config, quiet).expect("it can be written");
    run.reload_well();
    let mark = run.log().mark();
    scene.send_values(&["{broken"]);
    run.wait_for_log_from(mark, "a line of the new level", |line| line.message() == "record skipped");
    assert_eq!(generation(&scene), before, "the pipeline is not touched");
    run.stop();
}

#[test]
fn a_folder_without_pipelines_is_refused() {
    let scene = scene("no-files");
    let files = scene.files(&scene.pipeline(""));
    let mut run = files.start();
    flow(&scene, &mut run, 0..1);
    let yaml = scene.pipeline("");
    files.remove(&scene.name);
    assert_eq!(run.reload().field("result"), "refused");
    flow(&scene, &mut run, 1..2);
    files.replace(&yaml);
    run.reload_well();
    assert_eq!(scene.finish(run).ended.account, produced(2));
}

#[test]
fn a_reload_that_is_asked_for_while_starting_waits_and_one_while_draining_is_overtaken() {
    let scene = scene("early");
    let files = scene.files(&mapping(&scene, ".v = 1"));
    scene.send(range(0..2));
    let mut run = files.start();
    run.wait_for_log("that it starts", |line| line.message() == "millstream starts");
    files.replace(&mapping(&scene, ".v = 2"));
    run.signal(SIGHUP);
    run.signal(SIGHUP);
    let over = run.wait_for_log("the end of a reload", |line| line.message() == "reload over");
    assert_eq!(over.field("result"), "taken_in", "{}", over.text());
    flow(&scene, &mut run, 2..4);
    run.signal(SIGTERM);
    run.signal(SIGHUP);
    assert_eq!(run.wait_exit(), 0);
    assert_eq!(run.ended(&scene.name).account, produced(4));
    let values = mapped(&scene.client.read(&scene.output), "v");
    assert_eq!(values.last(), Some(&(3, "2".to_owned())));
}

#[test]
fn a_reload_with_the_brokers_away_is_taken_in() {
    let scene = Scene::bare(BINARY, "away", "127.0.0.1:1");
    let files = scene.files(&mapping(&scene, ".v = 1"));
    let mut run = files.start();
    run.wait_waiting(&scene.name);
    files.replace(&mapping(&scene, ".v = 2"));
    assert!(run.reload_well().contains("swapped"));
    run.stop();
}
