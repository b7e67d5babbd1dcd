//! All that is known of one pipeline.

use std::time::Duration;

use crate::admin::shape::{Lane, Pipeline};
use crate::cli::screen::{Line, Style, age, grouped};

use super::table::wrapped;

/// Columns of what a line is about.
const TOPIC: usize = 14;

/// Lines of a name and what it is.
pub(super) fn draw(pipeline: &Pipeline, columns: usize) -> Vec<Line> {
    let mut facts = vec![
        ("file".to_owned(), pipeline.file.clone()),
        ("source".to_owned(), pipeline.source.join(", ")),
        ("group".to_owned(), pipeline.group.clone()),
        ("spec".to_owned(), format!("{}, of generation {}", pipeline.hash, pipeline.generation)),
    ];
    facts.extend(behind(pipeline).map(|behind| ("behind".to_owned(), behind)));
    let outputs = pipeline.outputs.iter();
    facts.extend(outputs.map(|output| {
        ("output".to_owned(), format!("{}: {} acknowledged", output.topic, grouped(output.records)))
    }));
    if pipeline.account.skipped > 0 {
        facts.push(("skipped".to_owned(), grouped(pipeline.account.skipped)));
    }
    facts.extend(pipeline.lanes.iter().enumerate().map(|(n, lane)| (format!("lane {n}"), said_of(lane))));
    facts.iter().flat_map(|(name, fact)| lines(name, fact, columns)).collect()
}

/// How far behind it is, as far as that is known.
fn behind(pipeline: &Pipeline) -> Option<String> {
    let records = format!("{} records", grouped(pipeline.lag_records?));
    Some(match pipeline.lag_ms {
        Some(ms) if ms > 0 => {
            format!("{records}, the oldest that is not committed is {} old", age(Duration::from_millis(ms)))
        }
        _ => records,
    })
}

fn said_of(lane: &Lane) -> String {
    let owned = match lane.assigned.as_slice() {
        [] => "no partition".to_owned(),
        assigned => assigned.join(", "),
    };
    match &lane.waiting {
        Some(reason) => format!("{owned}; waits: {reason}"),
        None => owned,
    }
}

/// A fact, and below it what has no room beside its name.
fn lines(name: &str, fact: &str, columns: usize) -> Vec<Line> {
    let indent = " ".repeat(TOPIC);
    let mut lines = wrapped(Style::Plain, &indent, fact, columns);
    if let Some(first) = lines.first_mut() {
        let text = first.render(false);
        let text = text.strip_prefix(&indent).unwrap_or_default();
        *first = Line::new(columns).left(Style::Dim, name, TOPIC).push(Style::Plain, text);
    }
    lines
}
