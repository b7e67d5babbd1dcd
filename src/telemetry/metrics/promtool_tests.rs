//! What Prometheus' own tool says of the text and of the alert rules. Where it is not installed the tests say so.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::Metric;
use super::render_tests::example;

fn monitoring() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("monitoring")
}

/// Runs promtool with `input`; `None` where there is none.
fn promtool(arguments: &[&str], input: &str) -> Option<Output> {
    let mut command = Command::new("promtool");
    command.args(arguments).current_dir(monitoring());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: promtool is not installed (Debian's package `prometheus` has it)");
            return None;
        }
        Err(error) => panic!("promtool: {error}"),
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Some(child.wait_with_output().unwrap())
}

fn assert_content(output: Option<Output>) {
    let Some(output) = output else { return };
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn promtool_finds_nothing_to_say_of_the_text() {
    assert_content(promtool(&["check", "metrics"], &example()));
}

#[test]
fn promtool_finds_nothing_to_say_of_the_rules() {
    assert_content(promtool(&["check", "rules", "millstream.rules.yaml"], ""));
}

#[test]
fn the_rules_fire_when_they_should_and_not_when_they_should_not() {
    assert_content(promtool(&["test", "rules", "millstream.rules.test.yaml"], ""));
}

#[test]
fn the_rules_name_only_metrics_that_there_are() {
    let rules = std::fs::read_to_string(monitoring().join("millstream.rules.yaml")).unwrap();
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let names: Vec<_> =
        rules.split(|c| !is_of_name(c)).filter(|word| word.starts_with("millstream_")).collect();
    assert!(names.len() > 10, "{names:?}");
    for name in names {
        let is_known = Metric::ALL.iter().any(|metric| {
            let rest = name.strip_prefix(metric.about().name);
            rest.is_some_and(|rest| matches!(rest, "" | "_bucket" | "_sum" | "_count"))
        });
        assert!(is_known, "the rules name {name}");
    }
}
