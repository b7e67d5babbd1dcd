//! The table of all pipelines, with the daemon's own lines on top.

use std::time::Duration;

use crate::admin::shape::{LastReload, Pipeline};
use crate::cli::client::Moment;
use crate::cli::screen::columns::{Number, cells, fit, titles, width};
use crate::cli::screen::{Line, NAME_MAX, Style, age, size};

use super::state_style;

/// Columns of a state's word: `backing off`.
pub(in crate::cli) const STATE: usize = 12;

/// Columns of how long it has lasted.
const SINCE: usize = 7;

/// Columns that a name has on narrow terminals before numbers go.
const NAME_MIN: usize = 14;

/// The least columns that a name has.
const NAME_LEAST: usize = 8;

/// What there is to count, the most telling first.
const NUMBERS: [Number<Pipeline>; 7] = [
    Number { title: "LAG", width: 7, is_bad: false, of: |row| row.lag_records },
    Number { title: "FLIGHT", width: 7, is_bad: false, of: |row| Some(row.account.in_flight) },
    Number { title: "CONSUMED", width: 9, is_bad: false, of: |row| Some(row.account.consumed) },
    Number { title: "PRODUCED", width: 9, is_bad: false, of: |row| Some(row.account.produced) },
    Number { title: "FILTERED", width: 9, is_bad: false, of: |row| Some(row.account.filtered) },
    Number { title: "DEAD", width: 6, is_bad: true, of: |row| Some(row.account.dead_lettered) },
    Number { title: "RESTARTS", width: 9, is_bad: true, of: |row| Some(row.restarts) },
];

/// The daemon: what it is, what it is at, and how its last reload ended.
pub(in crate::cli) fn head(moment: &Moment, columns: usize) -> Vec<Line> {
    let daemon = &moment.daemon;
    let style = if daemon.state == "running" { Style::Green } else { Style::Yellow };
    let rest = format!(
        ", generation {}, up {}, memory {} of {}",
        daemon.generation,
        age(Duration::from_millis(daemon.uptime_ms)),
        size(daemon.memory_used_bytes),
        size(daemon.memory_max_bytes)
    );
    let title = Line::new(columns).push(Style::Bold, format!("millstream {} ", daemon.version));
    let mut lines = vec![title.push(style, &daemon.state).push(Style::Plain, rest)];
    if let Some(reload) = &daemon.last_reload {
        lines.extend(last_reload(reload, moment.now_ms, columns));
    }
    if let Some(reason) = &daemon.hung {
        lines.extend(wrapped(Style::Red, "", &format!("restart the daemon: {reason}"), columns));
    }
    lines
}

fn last_reload(reload: &LastReload, now_ms: u64, columns: usize) -> Vec<Line> {
    let style = if reload.result == "taken_in" { Style::Dim } else { Style::Red };
    let text = format!("last reload {} ago: {}", since(reload.at_ms, now_ms), reload.summary);
    wrapped(style, "", &text, columns)
}

/// How long ago a time was.
fn since(at_ms: u64, now_ms: u64) -> String {
    age(Duration::from_millis(now_ms.saturating_sub(at_ms)))
}

/// A row for each pipeline, under titles; below it, what should be known.
pub(super) fn draw(pipelines: &[Pipeline], now_ms: u64, columns: usize) -> Vec<Line> {
    let wanted = pipelines.iter().map(|row| row.name.len()).max().unwrap_or(0);
    let wanted = wanted.clamp(NAME_LEAST, NAME_MAX) + 2;
    let room = columns.saturating_sub(STATE + SINCE);
    let numbers = fit(&NUMBERS, room.saturating_sub(wanted.min(NAME_MIN)));
    let names = wanted.min(room.saturating_sub(width(numbers)));
    let title = Line::new(columns).left(Style::Dim, "PIPELINE", names).left(Style::Dim, "STATE", STATE);
    let mut lines = vec![titles(title.right(Style::Dim, "SINCE", SINCE), numbers)];
    for row in pipelines {
        let line = Line::new(columns)
            .left(Style::Bold, &shortened(&row.name, names.saturating_sub(1)), names)
            .left(state_style(row), &row.state.replace('_', " "), STATE)
            .right(Style::Plain, &since(row.state_since_ms, now_ms), SINCE);
        lines.push(cells(line, numbers, row));
        for note in notes(row, now_ms, numbers.len() == NUMBERS.len()) {
            lines.extend(wrapped(Style::Yellow, "  ", &note, columns));
        }
    }
    lines
}

/// What should be known of a pipeline besides its numbers.
fn notes(row: &Pipeline, now_ms: u64, has_restarts: bool) -> Vec<String> {
    let next = row.next_try_at_ms.map(|at| at.saturating_sub(now_ms));
    let next = next.map(|ms| format!("next try in {}", age(Duration::from_millis(ms))));
    let back = row.rolled_back.as_ref().map(|reason| format!("its file was rolled back: {reason}"));
    let trial = row.is_on_trial.then(|| "on trial after a reload".to_owned());
    let restarts = match row.restarts {
        0 => None,
        _ if has_restarts => None,
        1 => Some("restarted once".to_owned()),
        count => Some(format!("restarted {count} times")),
    };
    row.reason.clone().into_iter().chain(next).chain(restarts).chain(trial).chain(back).collect()
}

/// A name in at most `max` columns.
pub(in crate::cli) fn shortened(name: &str, max: usize) -> String {
    if name.chars().count() <= max {
        return name.to_owned();
    }
    name.chars().take(max.saturating_sub(1)).chain(['…']).collect()
}

/// A text in as many lines as it needs, up to a few, each after `indent`.
pub(super) fn wrapped(style: Style, indent: &str, text: &str, columns: usize) -> Vec<Line> {
    /// Reasons are a sentence or two.
    const LINES_MAX: usize = 6;
    let room = columns.saturating_sub(indent.len()).max(1);
    let mut parts: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let last = parts.last_mut().expect("there is one at least");
        let is_full = !last.is_empty() && last.chars().count() + 1 + word.chars().count() > room;
        match (is_full && parts.len() < LINES_MAX, parts.last_mut()) {
            (true, _) => parts.push(word.to_owned()),
            (false, Some(last)) if last.is_empty() => last.push_str(word),
            (false, Some(last)) => last.extend([" ", word]),
            (false, None) => {}
        }
    }
    parts.iter().map(|part| Line::new(columns).push(Style::Plain, indent).push(style, part)).collect()
}
