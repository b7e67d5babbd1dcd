use super::*;
use crate::admin::shape::Plan;

fn change(pipeline: &str, action: &str, parts: &[&str], done: &str) -> Change {
    Change {
        pipeline: pipeline.to_owned(),
        action: action.to_owned(),
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        done: done.to_owned(),
        ..Change::default()
    }
}

fn reloaded(result: &str, changes: Vec<Change>) -> Reloaded {
    Reloaded { result: result.to_owned(), generation: 3, changes, text: String::new() }
}

#[test]
fn what_was_done_is_told_pipeline_by_pipeline() {
    let renamed = Change {
        renamed_from: Some("old".to_owned()),
        notes: vec!["it goes on where `old` stands: the group is the same".to_owned()],
        ..change("new", "rename", &[], "started")
    };
    let changes = vec![
        change("archive", "keep", &[], "not touched"),
        change("clicks", "keep", &[], "not touched"),
        renamed,
        change("orders-eu", "swap", &["transform", "sinks"], "swapped"),
        change("payments", "remove", &[], "drained and gone"),
    ];
    assert_eq!(
        reload_text(&reloaded("taken_in", changes)),
        "\
new: rename from `old` -> started
  note: it goes on where `old` stands: the group is the same
orders-eu: swap (changed: transform, sinks) -> swapped
payments: remove -> drained and gone
2 other pipelines: not touched
taken in: generation 3 runs
"
    );
}

#[test]
fn a_rollback_says_what_went_back_and_why() {
    let back = Change {
        rolled_back: Some("poison without a dlq: orders/0 at 7".to_owned()),
        ..change("orders", "swap", &["transform"], "rolled back")
    };
    assert_eq!(
        reload_text(&reloaded("rolled_back", vec![back])),
        "\
orders: swap (changed: transform) -> rolled back
  back to its old spec: poison without a dlq: orders/0 at 7
rolled back: generation 3 runs, but for what is said above
"
    );
}

#[test]
fn a_refusal_says_that_nothing_changed() {
    assert_eq!(reload_text(&reloaded("refused", Vec::new())), "refused: generation 3 runs on as before\n");
    assert_eq!(plan_text(&Planned::default()), "a reload would be refused\n");
}

#[test]
fn a_plan_says_what_would_be_done_and_does_not_say_that_it_was() {
    let planned = |changes| Planned { plan: Some(Plan { changes }), text: String::new() };
    assert_eq!(
        plan_text(&planned(vec![change("orders", "restart", &["source"], "")])),
        "orders: restart (changed: source)\n"
    );
    assert_eq!(
        plan_text(&planned(vec![change("orders", "keep", &[], "")])),
        "orders: not touched\na reload would change nothing\n"
    );
}

/// The shapes that the command line reads are what the supervisor writes.
#[test]
fn an_outcome_reads_as_it_was_written() {
    use crate::config::diff::{self, Action};
    use crate::supervisor::{ChangeOutcome, ReloadOutcome, ReloadResult};
    let planned = diff::Change {
        pipeline: "orders".to_owned(),
        action: Action::Swap,
        parts: vec!["transform"],
        renamed_from: None,
        notes: vec!["note".to_owned()],
    };
    let outcome = ReloadOutcome {
        result: ReloadResult::TakenIn,
        generation: 3,
        at_ms: 1,
        changes: vec![ChangeOutcome { change: planned, done: "swapped".to_owned(), rolled_back: None }],
        findings: serde_json::json!([]),
        text: "drawn".to_owned(),
    };
    let read: Reloaded = serde_json::from_value(serde_json::to_value(outcome).unwrap()).unwrap();
    let mut expected = change("orders", "swap", &["transform"], "swapped");
    expected.notes = vec!["note".to_owned()];
    assert_eq!(read, Reloaded { text: "drawn".to_owned(), ..reloaded("taken_in", vec![expected]) });
}
