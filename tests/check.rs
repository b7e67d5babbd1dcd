//! What `millstream check` says, about many wrong files and some right ones, by the real binary.
//!
//! `tests/bad/NAME.yaml`, or the folder `tests/bad/NAME`, is wrong, and `NAME.stderr` is what a user reads about
//! it. `tests/good/NAME` passes, and `NAME.out` is what is printed. `NAME.args` holds the arguments where they
//! are not `--bootstrap localhost:9092` and the path (a folder with a `millstream.yaml`: `--config` and that).
//! `UPDATE_SNAPSHOTS=1` writes what is printed; read it as a user would.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use millstream_harness::client::Client;
use millstream_harness::unique::{Folder, name};

/// What must never be printed: what the secrets of the test files resolve to.
const SECRET: &str = "hunter2";

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

/// The binary in a folder, with an environment of its own.
fn millstream(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_millstream"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .envs([
            ("SECRET", SECRET),
            ("SECRET_CONTROL", "hunter2\n"),
            ("SECRET_PROGRAM", "hunter2("),
            ("SECRET_PATTERN", "(hunter2"),
            ("ORDERS_TOPIC", "orders"),
            ("ORDERS_PATTERN", "^orders$"),
            ("LANES", "2"),
        ])
        .output()
        .expect("the binary was built for this test")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("what is printed is UTF-8")
}

/// The arguments of `check` for a case.
fn arguments(folder: &Path, name: &str) -> Vec<String> {
    let path = if folder.join(name).is_dir() { name.to_owned() } else { format!("{name}.yaml") };
    let own = fs::read_to_string(folder.join(format!("{name}.args"))).ok();
    let daemon = folder.join(name).join("millstream.yaml").exists();
    let mut arguments = vec!["check".to_owned()];
    match own {
        Some(own) => arguments.extend(own.split_whitespace().map(str::to_owned)),
        None if daemon => {
            return [arguments, vec!["--config".into(), format!("{name}/millstream.yaml")]].concat();
        }
        None => arguments.extend(["--bootstrap".to_owned(), "localhost:9092".to_owned()]),
    }
    arguments.push(path);
    arguments
}

/// The names of all cases of a folder.
fn cases(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("the folder is part of the repository");
    let names =
        entries.map(|entry| entry.expect("it can be listed").file_name().into_string().expect("ASCII"));
    names
        .filter_map(|name| match folder.join(&name).is_dir() {
            true => Some(name),
            false => name.strip_suffix(".yaml").map(str::to_owned),
        })
        .collect()
}

/// Compares with the snapshot, or writes it; gives what differs.
fn compare(path: &Path, printed: &str) -> Option<String> {
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::write(path, printed).expect("snapshots can be written");
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    (expected != printed).then(|| {
        let name = path.display();
        format!("{name} differs (UPDATE_SNAPSHOTS=1 writes it). Printed:\n{printed}\nExpected:\n{expected}\n")
    })
}

fn assert_none(differences: &[String]) {
    assert!(differences.is_empty(), "{} differ:\n\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn every_bad_file_is_explained() {
    let folder = folder("bad");
    let mut differences = Vec::new();
    for name in cases(&folder) {
        let arguments = arguments(&folder, &name);
        let output = millstream(&folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let printed = text(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{name}: {printed}");
        assert_eq!(text(&output.stdout), "", "{name}: nothing is promised about what does not run");
        assert!(!printed.contains(SECRET), "{name} tells a secret:\n{printed}");
        assert!(printed.contains("error["), "{name} ends without a reason:\n{printed}");
        differences.extend(compare(&folder.join(format!("{name}.stderr")), &printed));
    }
    assert_none(&differences);
}

#[test]
fn every_good_file_passes() {
    let folder = folder("good");
    let mut differences = Vec::new();
    for name in cases(&folder) {
        let arguments = arguments(&folder, &name);
        let output = millstream(&folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let printed = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{name}: {printed}");
        assert!(!printed.contains(SECRET), "{name} tells a secret:\n{printed}");
        differences.extend(compare(&folder.join(format!("{name}.out")), &printed));
    }
    assert_none(&differences);
}

#[test]
fn every_snapshot_has_its_case() {
    for (name, suffix) in [("bad", ".stderr"), ("good", ".out"), ("bad", ".args"), ("good", ".args")] {
        let folder = folder(name);
        let cases = cases(&folder);
        for entry in fs::read_dir(&folder).expect("the folder is part of the repository") {
            let file = entry.expect("it can be listed").file_name().into_string().expect("ASCII");
            let Some(case) = file.strip_suffix(suffix) else { continue };
            let is_made = case.starts_with("made-");
            assert!(is_made || cases.contains(case), "{name}/{file} belongs to nothing");
        }
    }
}

/// Checks with these arguments in the folder and compares with `tests/bad/made-NAME.stderr`.
fn explains(scratch: &Folder, name: &str, arguments: &[&str]) {
    let output = millstream(scratch.path(), &[&["check"], arguments].concat());
    let printed = text(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{name}: {printed}");
    let difference = compare(&folder("bad").join(format!("made-{name}.stderr")), &printed);
    assert!(difference.is_none(), "{difference:?}");
}

#[test]
fn a_file_of_ten_megabytes_is_not_read() {
    let scratch = Folder::new("large");
    let comment = "# a line of a comment that is as long as lines of comments are\n";
    fs::write(scratch.path().join("large.yaml"), comment.repeat(10 * 1024 * 1024 / comment.len()))
        .expect("it fits");
    explains(&scratch, "large", &["--bootstrap", "localhost:9092", "large.yaml"]);
}

#[test]
fn what_cannot_be_read_is_told() {
    let scratch = Folder::new("unreadable");
    fs::create_dir(scratch.path().join("folder.yaml")).expect("it is new");
    fs::create_dir(scratch.path().join("empty")).expect("it is new");
    fs::create_dir(scratch.path().join("pipelines")).expect("it is new");
    fs::create_dir(scratch.path().join("pipelines/directory.yaml")).expect("it is new");
    std::os::unix::fs::symlink("nowhere", scratch.path().join("pipelines/dangling.yaml")).expect("it is new");
    let brokers = ["--bootstrap", "localhost:9092"];
    explains(&scratch, "missing-file", &[&brokers[..], &["missing.yaml"]].concat());
    explains(&scratch, "empty-folder", &[&brokers[..], &["empty", "folder.yaml"]].concat());
    explains(&scratch, "unreadable-files", &[&brokers[..], &["pipelines"]].concat());
    explains(&scratch, "missing-daemon-file", &["--config", "missing.yaml"]);
}

#[test]
fn programs_get_one_array_of_findings() {
    let folder = folder("bad");
    let output = millstream(
        &folder,
        &["check", "--format", "json", "--bootstrap", "localhost:9092", "unknown-key.yaml"],
    );
    assert_eq!(output.status.code(), Some(78));
    assert_eq!(text(&output.stderr), "");
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(
        findings,
        serde_json::json!([{
            "severity": "error",
            "code": "unknown-key",
            "message": "a pipeline has no key `tombstone`",
            "file": "unknown-key.yaml",
            "line": 4,
            "column": 1,
            "end_line": 4,
            "end_column": 10,
            "notes": ["did you mean `tombstones`?"],
        }])
    );
    let output = millstream(&folder, &["check", "--format=json", "--bootstrap=b:1", "../good/smallest.yaml"]);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), "[]\n"));
}

#[test]
fn json_places_count_characters_and_point_into_programs() {
    let output = millstream(
        &folder("bad"),
        &["check", "--format", "json", "--bootstrap", "localhost:9092", "vrl-undefined-function.yaml"],
    );
    let findings: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let place = ["line", "column", "end_line", "end_column"].map(|key| findings[0][key].as_u64());
    assert_eq!(place, [6, 18, 6, 23].map(Some), "{findings:#}");
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    let here = folder("bad");
    for arguments in [
        &["chekc"][..],
        &["check", "--fromat", "json"],
        &["check", "--format", "xml"],
        &["demo", "--for", "soon"],
        &[],
    ] {
        let output = millstream(&here, arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
    for arguments in [&["--help"][..], &["check", "--help"], &["--version"]] {
        let output = millstream(&here, arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(!output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_printed_schemas_are_those_of_the_repository() {
    for (file, name) in [("pipeline", "pipeline.schema.json"), ("daemon", "millstream.schema.json")] {
        let output = millstream(&folder("bad"), &["schema", file]);
        let written = fs::read_to_string(folder("..").join("schemas").join(name)).expect("it is checked in");
        assert!(
            text(&output.stdout) == written,
            "schemas/{name} is not what `millstream schema {file}` prints"
        );
    }
}

/// What `check --online` says about a pipeline, with names that are unique replaced by those that stand for them.
fn online(client: &Client, pipeline: &str) -> (Option<i32>, String) {
    let scratch = Folder::new("online");
    scratch.write("pipeline.yaml", pipeline);
    let bootstrap = client.bootstrap();
    let output =
        millstream(scratch.path(), &["check", "--online", "--bootstrap", bootstrap, "pipeline.yaml"]);
    (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

#[test]
fn online_passes_where_all_topics_are_there() {
    let client = Client::shared();
    let (source, sink) = (name("online-in"), name("online-out"));
    client.create_topic(&source, 1, &[]);
    client.create_topic(&sink, 1, &[]);
    let (code, printed) = online(
        &client,
        &format!(
            "name: {source}\nsource: {{topics: [{source}]}}\nsinks:\n  - topic: {sink}\n  - topic: {sink}-new\n    \
             create: {{partitions: 3, replication: 1}}\n"
        ),
    );
    assert_eq!(code, Some(0), "{printed}");
    assert!(!printed.contains("error") && !printed.contains("warning"), "{printed}");
    assert_eq!(client.partition_count(&format!("{sink}-new")), None, "check creates nothing");
}

#[test]
fn online_tells_what_is_missing_or_too_small() {
    let client = Client::shared();
    let (source, sink) = (name("online-in"), name("online-out"));
    client.create_topic(&source, 1, &[("max.message.bytes", "2000000")]);
    client.create_topic(&sink, 1, &[("max.message.bytes", "1000000")]);
    let (code, printed) = online(
        &client,
        &format!(
            "name: {source}\nsource: {{topics: [{source}, {source}-gone]}}\nsinks:\n  - topic: {sink}\n  - topic: \
             {sink}-gone\ndlq: {{topic: {sink}-dlq, create: {{partitions: 1, replication: 100}}}}\n"
        ),
    );
    assert_eq!(code, Some(78), "{printed}");
    for finding in ["warning[smaller-limit]", "error[missing-topic]", "error[cannot-create]"] {
        assert!(printed.contains(finding), "no {finding} in:\n{printed}");
    }
    assert!(printed.contains("pipeline.yaml:2:"), "the source that is gone has its place:\n{printed}");
    assert!(printed.contains("3 errors, 1 warning"), "{printed}");
}

#[test]
fn online_says_when_no_pattern_matches() {
    let client = Client::shared();
    let sink = name("online-out");
    client.create_topic(&sink, 1, &[]);
    let (code, printed) = online(
        &client,
        &format!("name: {sink}\nsource: {{topics: \"^{sink}-none-.*\"}}\nsinks: [{{topic: {sink}}}]\n"),
    );
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("warning[no-match]"), "{printed}");
}

#[test]
fn online_says_when_no_broker_answers() {
    let scratch = Folder::new("online");
    scratch.write("pipeline.yaml", "name: a\nsource: {topics: [b]}\nsinks: [{topic: c}]\n");
    // Nobody listens on the port of tcpmux here, and connecting is refused at once.
    let output =
        millstream(scratch.path(), &["check", "--online", "--bootstrap", "127.0.0.1:1", "pipeline.yaml"]);
    let printed = text(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{printed}");
    assert!(printed.contains("error[unreachable]") && printed.contains("refused"), "{printed}");
}
