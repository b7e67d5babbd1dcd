//! Tells a scene in plain lines: for pipes, files and terminals that cannot redraw.

use std::fmt::Write;

use crate::cli::screen::grouped;

use super::scene::{Row, Scene};

/// A line for the clicks and one for each pipeline.
pub(super) fn moment(scene: &Scene) -> String {
    let seconds = scene.elapsed.as_secs();
    let mut text = String::new();
    line(
        &mut text,
        format_args!(
            "{seconds:>4} s  {} clicks produced, {} a second",
            grouped(scene.clicks.total),
            grouped(scene.clicks.per_s)
        ),
    );
    for row in &scene.pipelines {
        line(&mut text, format_args!("{seconds:>4} s  {}", pipeline(row)));
    }
    text
}

fn pipeline(row: &Row) -> String {
    let mut text = format!(
        "{}: {}; a second {} consumed, {} produced, {} filtered, {} dead-lettered; {} consumed so far",
        row.name,
        row.state.word(),
        grouped(row.consumed.per_s),
        grouped(row.produced.per_s),
        grouped(row.filtered.per_s),
        grouped(row.dead_lettered.per_s),
        grouped(row.consumed.total),
    );
    if let Some(reason) = &row.reason {
        text.push_str(&format!(" ({reason})"));
    }
    text
}

/// What was written, and why letters are dead.
pub(super) fn last(scene: &Scene) -> String {
    let mut text = String::new();
    line(&mut text, format_args!("\nProduced, one record of each topic:"));
    for sample in &scene.samples {
        if let Some(record) = &sample.text {
            line(&mut text, format_args!("  {}: {record}", sample.topic));
        }
    }
    line(&mut text, format_args!("\nDead letters, by pipeline and cause, with the newest of each:"));
    for causes in &scene.causes {
        let newest = &causes.newest;
        line(
            &mut text,
            format_args!(
                "  {}: {} {}: {} ({})",
                causes.pipeline,
                grouped(causes.count),
                newest.class,
                one_line(&newest.message),
                newest.place
            ),
        );
    }
    text
}

/// What came with a record gives no orders, and no new lines.
fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    writeln!(text, "{arguments}").expect("a String takes all that is written");
}
