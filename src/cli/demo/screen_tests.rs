//! The screen, as it looks: scenes in, lines out.

use std::time::Duration;

use super::super::letter::Cause;
use super::super::scene::Flow;
use super::*;

fn row(name: &str, state: State, rates: [u64; 4], totals: [u64; 4]) -> Row {
    let flow = |index: usize| Flow { total: totals[index], per_s: rates[index] };
    Row {
        name: name.into(),
        state,
        reason: None,
        consumed: flow(0),
        produced: flow(1),
        filtered: flow(2),
        dead_lettered: flow(3),
    }
}

fn kind(index: usize, pipeline: &str, count: u64, class: &str, message: &str) -> Causes {
    let newest =
        Cause { class: class.into(), message: message.into(), place: "partition 0, offset 7".into() };
    Causes { index, pipeline: pipeline.into(), count, newest }
}

fn sample(index: usize, topic: &str, text: &str) -> Sample {
    Sample { index, topic: topic.into(), text: Some(text.into()) }
}

fn scene() -> Scene {
    let failing =
        r#"line 1: function call error for "to_float" at (0:19): Invalid floating point number "slow""#;
    Scene {
        phase: Phase::Flowing,
        place: "a Kafka cluster in this process".into(),
        elapsed: Duration::from_secs(75),
        clicks: Flow { total: 225_003, per_s: 3_000 },
        pipelines: vec![
            row("clicks-clean", State::Running, [2_998, 2_531, 437, 30], [224_850, 189_747, 32_850, 2_253]),
            row("purchases", State::Running, [2_998, 240, 2_754, 4], [224_850, 17_988, 206_560, 302]),
        ],
        samples: vec![
            sample(
                0,
                "clicks-clean",
                r#"u-412 {"id":"c-0224800","load_ms":81.3,"page":"/cart","user":"u-412"}"#,
            ),
            sample(1, "purchases", r#"u-97 {"click":"c-0224790","total_eur":42.1}"#),
        ],
        causes: vec![
            kind(0, "clicks-clean", 1_125, "json_syntax", "not JSON: the text ends inside a string"),
            kind(0, "clicks-clean", 1_128, "vrl_error", failing),
            kind(1, "purchases", 302, "vrl_error", failing),
        ],
        notices: Vec::new(),
    }
}

fn drawn(scene: &Scene, columns: usize, rows: usize) -> String {
    let lines = draw(scene, Room { columns, rows });
    assert!(lines.len() < rows.max(1), "{} lines in {rows} rows", lines.len());
    let lines: Vec<String> = lines.iter().map(|line| line.render(false)).collect();
    for line in &lines {
        assert!(line.chars().count() <= columns, "wider than {columns}: {line}");
    }
    lines.join("\n")
}

#[test]
fn on_an_usual_terminal() {
    let expected = r#"MILLSTREAM DEMO  on a Kafka cluster in this process
225,003 clicks produced, 3,000 a second, for 1 min 15 s

                        A SECOND                            IN ALL
PIPELINE      STATE     consumed produced filtered  dead    consumed    produced
clicks-clean  running      2,998    2,531      437    30     224,850     189,747
purchases     running      2,998      240    2,754     4     224,850      17,988

DEAD LETTERS  2,555, the newest of each kind
clicks-clean  1,125  json_syntax  not JSON: the text ends inside a string
clicks-clean  1,128  vrl_error    line 1: to_float: Invalid floating point numb…
purchases       302  vrl_error    line 1: to_float: Invalid floating point numb…

PRODUCED  one record of each topic
clicks-clean  u-412 {"id":"c-0224800","load_ms":81.3,"page":"/cart","user":"u-4…
purchases     u-97 {"click":"c-0224790","total_eur":42.1}

Ctrl-C ends it: what is on its way is finished, and the account printed."#;
    assert_eq!(drawn(&scene(), 80, 24), expected);
}

#[test]
fn on_a_wide_terminal() {
    let expected = r#"MILLSTREAM DEMO  on a Kafka cluster in this process
225,003 clicks produced, 3,000 a second, for 1 min 15 s

                        A SECOND                            IN ALL
PIPELINE      STATE     consumed produced filtered  dead    consumed    produced    filtered    dead
clicks-clean  running      2,998    2,531      437    30     224,850     189,747      32,850   2,253
purchases     running      2,998      240    2,754     4     224,850      17,988     206,560     302

DEAD LETTERS  2,555, the newest of each kind
clicks-clean  1,125  json_syntax  not JSON: the text ends inside a string
clicks-clean  1,128  vrl_error    line 1: to_float: Invalid floating point number "slow"
purchases       302  vrl_error    line 1: to_float: Invalid floating point number "slow"

PRODUCED  one record of each topic
clicks-clean  u-412 {"id":"c-0224800","load_ms":81.3,"page":"/cart","user":"u-412"}
purchases     u-97 {"click":"c-0224790","total_eur":42.1}

Ctrl-C ends it: what is on its way is finished, and the account printed."#;
    assert_eq!(drawn(&scene(), 140, 50), expected);
}

#[test]
fn on_a_narrow_terminal() {
    let expected = r#"MILLSTREAM DEMO  on a Kafka cluster in …
225,003 clicks produced, 3,000 a second…

                        A SECOND
PIPELINE      STATE     consumed
clicks-clean  running      2,998
purchases     running      2,998

DEAD LETTERS  2,555, the newest of each…
clicks-clean  1,125  json_syntax  not J…
clicks-clean  1,128  vrl_error    line …
purchases       302  vrl_error    line …

Ctrl-C ends it: what is on its way is f…"#;
    assert_eq!(drawn(&scene(), 40, 16), expected);
}

#[test]
fn what_holds_a_pipeline_up_and_what_is_logged_have_places_of_their_own() {
    let mut scene = scene();
    scene.pipelines[1].state = State::Waiting;
    scene.pipelines[1].reason = Some("sink topic purchases does not exist".into());
    scene.notices = vec!["WARN kafka error of=\"producer\"".into()];
    scene.causes.clear();
    scene.samples.clear();
    let expected = r#"MILLSTREAM DEMO  on a Kafka cluster in this process
225,003 clicks produced, 3,000 a second, for 1 min 15 s

                        A SECOND                            IN ALL
PIPELINE      STATE     consumed produced filtered  dead    consumed    produced
clicks-clean  running      2,998    2,531      437    30     224,850     189,747
purchases     waiting      2,998      240    2,754     4     224,850      17,988
  sink topic purchases does not exist

WARN kafka error of="producer"

Ctrl-C ends it: what is on its way is finished, and the account printed."#;
    assert_eq!(drawn(&scene, 80, 24), expected);
}

#[test]
fn where_rows_are_few_each_class_and_each_pipeline_is_seen_first() {
    let mut scene = scene();
    scene.causes.insert(2, kind(0, "clicks-clean", 7, "json_empty", "not JSON: the value is empty"));
    scene.causes.push(kind(1, "purchases", 8, "json_empty", "not JSON: the value is empty"));
    let lines = causes(&scene.causes, 80, 3);
    let lines: Vec<String> = lines.iter().map(|line| line.render(false)).collect();
    let expected = [
        "DEAD LETTERS  2,570, the newest of 3 kinds out of 5",
        "clicks-clean  1,125  json_syntax  not JSON: the text ends inside a string",
        "clicks-clean      7  json_empty   not JSON: the value is empty",
        r#"purchases       302  vrl_error    line 1: to_float: Invalid floating point numb…"#,
    ];
    assert_eq!(lines, expected);
}

#[test]
fn no_room_is_too_small() {
    for rows in 0..30 {
        for columns in 0..90 {
            drawn(&scene(), columns, rows);
        }
    }
}

#[test]
fn colours_change_nothing_but_colours() {
    for line in draw(&scene(), Room { columns: 80, rows: 24 }) {
        let coloured = line.render(true);
        let mut bare = String::new();
        for (index, piece) in coloured.split("\x1b[").enumerate() {
            bare.push_str(if index == 0 { piece } else { piece.split_once('m').expect("an end").1 });
        }
        assert_eq!(bare, line.render(false));
    }
}
