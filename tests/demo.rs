//! The demo as a user runs it, by the real binary; and the pipelines and examples that are shipped.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use millstream_harness::broker;
use millstream_harness::client::Client;
use millstream_harness::process::{self, SIGINT, wait_for_exit};
use millstream_harness::wait::PATIENCE;

/// What every pipeline that decodes must find in the clicks.
const CAUSES: [&str; 4] = ["json_syntax", "json_empty", "json_utf8", "vrl_error"];

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_millstream"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the binary was built for this test")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("what is printed is UTF-8")
}

/// One line of the account: what was consumed, and the four that it must be the sum of.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    pipeline: String,
    consumed: u64,
    ended: [u64; 4],
}

/// The numbers of a text, thousands joined.
fn numbers(text: &str) -> Vec<u64> {
    let text = text.replace(',', "");
    text.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

fn account(printed: &str) -> Vec<Line> {
    let lines = printed.lines().skip_while(|line| !line.starts_with("THE ACCOUNT")).skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .map(|line| {
            let (pipeline, rest) = line.split_once(' ').expect("a name and numbers");
            let numbers = numbers(rest);
            let [consumed, ended @ ..] = &numbers[..] else { panic!("no numbers: {line}") };
            let ended = <[u64; 4]>::try_from(ended).unwrap_or_else(|_| panic!("not five numbers: {line}"));
            Line { pipeline: pipeline.to_owned(), consumed: *consumed, ended }
        })
        .collect()
}

/// The account must add up by itself, with the clicks, and with what was read back.
fn judge(printed: &str) {
    let account = account(printed);
    assert_eq!(account.len(), 4, "{printed}");
    let clicks = account[0].consumed;
    assert!(clicks > 0, "{printed}");
    for line in &account {
        assert_eq!(line.ended.iter().sum::<u64>(), line.consumed, "{line:?}\n{printed}");
        assert_eq!(line.consumed, clicks, "{line:?}\n{printed}");
    }
    let verdict =
        printed.lines().find(|line| line.contains("clicks produced, ") && line.contains("accounted"));
    let verdict = verdict.unwrap_or_else(|| panic!("no verdict: {printed}"));
    assert_eq!(numbers(verdict), [clicks, clicks, 4], "{verdict}");
    let letters: u64 = account.iter().map(|line| line.ended[2]).sum();
    let read_back = printed.lines().find(|line| line.starts_with("Read back: ")).expect("what was read back");
    assert!(read_back.ends_with("as many as were acknowledged."), "{read_back}");
    assert_eq!(numbers(read_back)[1], letters, "{read_back}");
}

/// Poison is shown with its causes, and the archive, which reads no value, has none.
fn judge_poison(printed: &str) {
    let (_, after) = printed.split_once("Dead letters").expect("dead letters are shown");
    let causes = after.split_once("THE ACCOUNT").expect("the account follows").0;
    for pipeline in ["clicks-clean", "clicks-by-region"] {
        for cause in CAUSES {
            let found = causes.lines().any(|line| line.contains(pipeline) && line.contains(cause));
            assert!(found, "{pipeline} has no {cause}: {causes}");
        }
    }
    assert!(!causes.contains("clicks-archive"), "{causes}");
}

fn judge_plain(output: &Output) -> String {
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{out}\n{err}");
    assert_eq!(err, "");
    assert!(!out.contains('\x1b'), "escape codes without a terminal: {out:?}");
    out
}

#[test]
fn on_its_own_cluster_the_account_adds_up() {
    let out = judge_plain(&run(&["demo", "--for", "3s"]));
    judge(&out);
    judge_poison(&out);
}

#[test]
fn on_a_real_broker_the_account_adds_up_and_nothing_is_left_behind() {
    let bootstrap = broker::shared();
    let out = judge_plain(&run(&["demo", "--for", "3s", "--broker", bootstrap]));
    judge(&out);
    judge_poison(&out);
    let first = out.lines().next().expect("it says where it plays");
    let (_, prefix) = first.split_once("named ").expect("it says how its topics are named");
    let prefix = prefix.split_once('*').expect("a prefix").0;
    let client = Client::new(bootstrap);
    for topic in ["clicks", "clicks-clean", "clicks-clean.dlq", "clicks-eu", "purchases"] {
        assert_eq!(client.partition_count(&format!("{prefix}{topic}")), None, "{topic} is still there");
    }
    for pipeline in ["clicks-clean", "clicks-by-region", "purchases", "clicks-archive"] {
        let group = client.group(&format!("{prefix}millstream.{pipeline}"));
        assert!(group.is_none(), "{group:?} is still there");
    }
}

#[test]
fn ctrl_c_ends_it_with_the_account() {
    let mut demo = start(&["demo"]);
    let mut out = BufReader::new(demo.stdout.take().expect("it is piped"));
    let mut printed = read_to_flow(&mut out);
    process::signal(&demo, SIGINT);
    out.read_to_string(&mut printed).expect("what is printed is UTF-8");
    let status = wait_for_exit(&mut demo, PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(0), "{printed}");
    judge(&printed);
}

#[test]
fn a_reader_that_goes_ends_it() {
    let mut demo = start(&["demo"]);
    read_to_flow(&mut BufReader::new(demo.stdout.take().expect("it is piped")));
    let status = wait_for_exit(&mut demo, PATIENCE).expect("it ends");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn brokers_that_do_not_answer_are_named() {
    let output = run(&["demo", "--for", "1s", "--broker", "127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(78));
    let err = text(&output.stderr);
    assert!(err.starts_with("no demo: 127.0.0.1:1 does not answer"), "{err}");
}

fn start(arguments: &[&str]) -> Child {
    let mut command = command(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    process::spawn(command).expect("the binary was built for this test")
}

/// Reads up to the first line that tells of clicks; gives what was read.
fn read_to_flow(out: &mut impl BufRead) -> String {
    let mut printed = String::new();
    while !printed.contains(" clicks produced") {
        let read = out.read_line(&mut printed).expect("what is printed is UTF-8");
        assert_ne!(read, 0, "it ended without a click: {printed}");
    }
    printed
}

#[test]
fn the_shipped_pipelines_are_right() {
    let places = ["--bootstrap", "localhost:9092", "--schema-registry", "http://localhost:8081"];
    check_silently("pipelines", &[&places[..], &["pipelines"]].concat());
}

#[test]
fn every_example_is_right() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut checked = 0;
    for entry in fs::read_dir(&examples).expect("the examples are there") {
        let path: PathBuf = entry.expect("a folder can be listed").path();
        let shown = path.display().to_string();
        if path.join("millstream.yaml").exists() {
            // Variables and credentials are not there: warnings say so, and nothing else.
            let file = path.join("millstream.yaml").display().to_string();
            let output = run(&["check", "--allow-unset", "--config", &file]);
            let err = text(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{shown}: {err}");
            let others = err.lines().filter(|line| line.starts_with("warning[") && !line.contains("[unset]"));
            assert_eq!(others.collect::<Vec<_>>(), Vec::<&str>::new(), "{shown}");
            checked += 1;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            check_silently(&shown, &["--bootstrap", "localhost:9092", &shown]);
            checked += 1;
        }
    }
    assert!(checked >= 12, "only {checked} examples were found");
}

/// Checks, and nothing may be said against it.
fn check_silently(what: &str, arguments: &[&str]) {
    let output = run(&[&["check"], arguments].concat());
    assert_eq!(text(&output.stderr), "", "{what}");
    assert_eq!(output.status.code(), Some(0), "{what}");
}
