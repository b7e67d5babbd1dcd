//! `millstream reload`, and `check --against-running`: what a reload does, or would do.

use std::io::Write;

use axum::http::Method;
use bytes::Bytes;

use crate::admin::shape::{Change, Planned, Reloaded};

use super::client::{print, talk};
use super::{CheckFormat, Exit, SocketArgs};

/// HTTP's code for files that are refused, and for a pipeline that went back.
const CONFLICT: u16 = 409;

/// Has the daemon take its files in, and prints what came of it.
pub fn run(args: &SocketArgs) -> Exit {
    talk(args, async |client| {
        let answer = client.ask(Method::POST, "/api/reload", Bytes::new()).await?;
        let reloaded: Reloaded = answer.read_with(&[CONFLICT])?;
        complain(&reloaded.text);
        print(&reload_text(&reloaded));
        Ok(if reloaded.result == "taken_in" { Exit::Success } else { Exit::Config })
    })
}

/// Asks the daemon what a reload would do, and prints it.
pub(super) fn plan(args: &SocketArgs, format: CheckFormat) -> Exit {
    talk(args, async |client| {
        let answer = client.ask(Method::GET, "/api/plan", Bytes::new()).await?;
        let planned: Planned = answer.read_with(&[CONFLICT])?;
        match format {
            CheckFormat::Text => {
                complain(&planned.text);
                print(&plan_text(&planned));
            }
            CheckFormat::Json => {
                let all: serde_json::Value = answer.read_with(&[CONFLICT])?;
                print(&format!("{all:#}\n"));
            }
        }
        Ok(if planned.plan.is_some() { Exit::Success } else { Exit::Config })
    })
}

/// What is wrong with the files goes to standard error.
fn complain(text: &str) {
    // Where it is gone there is nobody to tell.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn plan_text(planned: &Planned) -> String {
    let Some(plan) = &planned.plan else {
        return "a reload would be refused\n".to_owned();
    };
    let text = changes_text(&plan.changes);
    match plan.changes.iter().all(|change| change.action == "keep") {
        true => format!("{text}a reload would change nothing\n"),
        false => text,
    }
}

fn reload_text(reloaded: &Reloaded) -> String {
    let changes = changes_text(&reloaded.changes);
    let generation = reloaded.generation;
    let end = match reloaded.result.as_str() {
        "taken_in" => format!("taken in: generation {generation} runs"),
        "rolled_back" => format!("rolled back: generation {generation} runs, but for what is said above"),
        _ => format!("refused: generation {generation} runs on as before"),
    };
    format!("{changes}{end}\n")
}

/// A line for each pipeline that is touched, with what should be known of it below.
fn changes_text(changes: &[Change]) -> String {
    let (kept, touched): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.action == "keep");
    let mut text = String::new();
    for change in touched {
        text.push_str(&format!("{}: {}", change.pipeline, what(change)));
        if !change.done.is_empty() {
            text.push_str(&format!(" -> {}", change.done));
        }
        text.push('\n');
        let back = change.rolled_back.iter().map(|reason| format!("  back to its old spec: {reason}\n"));
        text.extend(change.notes.iter().map(|note| format!("  note: {note}\n")).chain(back));
    }
    match kept.as_slice() {
        [] => {}
        [one] => text.push_str(&format!("{}: not touched\n", one.pipeline)),
        more => text.push_str(&format!("{} other pipelines: not touched\n", more.len())),
    }
    text
}

/// What is planned for a pipeline, and which parts of its file ask for it.
fn what(change: &Change) -> String {
    let action = match &change.renamed_from {
        Some(from) => format!("{} from `{from}`", change.action),
        None => change.action.clone(),
    };
    match change.parts.as_slice() {
        [] => action,
        parts => format!("{action} (changed: {})", parts.join(", ")),
    }
}

#[cfg(test)]
#[path = "reload_tests.rs"]
mod tests;
