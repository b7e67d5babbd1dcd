//! Draws a scene as lines for a terminal: a pure function of the scene and the room there is.

use std::time::Duration;

use super::line::{Line, Style};
use super::scene::{Phase, Row, Scene, State, grouped};
use super::watch::{Causes, Sample};

/// The terminal's room, in columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// Wider lines are hard to read.
const COLUMNS_MAX: usize = 120;

/// Columns of each number in the table.
const NUMBER: usize = 10;

/// The most columns of a topic's or a pipeline's name.
const NAME_MAX: usize = 22;

/// Draws the scene. Where rows are few, the sections from the bottom up go first.
pub(super) fn draw(scene: &Scene, room: Room) -> Vec<Line> {
    let columns = room.columns.min(COLUMNS_MAX);
    let sections = [
        head(scene, columns),
        table(scene, columns),
        letters(&scene.causes, columns),
        samples(&scene.samples, columns),
        notices(&scene.notices, columns),
    ];
    let foot = foot(scene, columns);
    let mut lines: Vec<Line> = Vec::new();
    // The cursor rests in a row of its own below.
    let rows = room.rows.saturating_sub(1 + foot.len());
    for section in sections.into_iter().filter(|section| !section.is_empty()) {
        if lines.len() + section.len() < rows {
            lines.extend(section);
            lines.push(Line::new(columns));
        }
    }
    lines.extend(foot);
    lines.truncate(room.rows.saturating_sub(1));
    lines
}

fn head(scene: &Scene, columns: usize) -> Vec<Line> {
    let title = Line::new(columns).push(Style::Bold, "MILLSTREAM DEMO").push(Style::Dim, "  on ");
    let clicks = Line::new(columns)
        .push(Style::Bold, grouped(scene.clicks.total))
        .push(Style::Plain, " clicks produced")
        .push(
            Style::Dim,
            format!(", {} a second, for {}", grouped(scene.clicks.per_s), clock(scene.elapsed)),
        );
    vec![title.push(Style::Dim, &scene.place), clicks]
}

/// The pipelines: a row each, rates and totals. Narrow terminals see fewer columns of numbers.
fn table(scene: &Scene, columns: usize) -> Vec<Line> {
    let names = scene.pipelines.iter().map(|row| row.name.len()).max().unwrap_or(0).clamp(8, NAME_MAX) + 2;
    let fit = columns.saturating_sub(names + 10) / NUMBER;
    let numbers: Vec<Number> = NUMBERS.into_iter().filter(|number| number.needs_fit <= fit).collect();
    let mut title = Line::new(columns).left(Style::Dim, "PIPELINE", names).left(Style::Dim, "STATE", 10);
    for number in &numbers {
        title = title.right(Style::Dim, number.title, NUMBER);
    }
    let mut lines = vec![title];
    for row in &scene.pipelines {
        lines.push(pipeline(row, names, &numbers, columns));
        if let Some(reason) = &row.reason {
            lines.push(Line::new(columns).push(Style::Yellow, format!("  {reason}")));
        }
    }
    lines
}

fn pipeline(row: &Row, names: usize, numbers: &[Number], columns: usize) -> Line {
    let style = match row.state {
        State::Running | State::Drained => Style::Green,
        State::Starting | State::Draining | State::Waiting => Style::Yellow,
        State::Stopped => Style::Red,
    };
    let mut line = Line::new(columns).left(Style::Bold, &row.name, names).left(style, row.state.word(), 10);
    for number in numbers {
        let count = (number.of)(row);
        let style = if number.is_bad && count > 0 { Style::Red } else { Style::Plain };
        line = line.right(style, &grouped(count), NUMBER);
    }
    line
}

/// A column of the table.
#[derive(Clone, Copy)]
struct Number {
    title: &'static str,
    /// Shown where so many columns of numbers fit.
    needs_fit: usize,
    is_bad: bool,
    of: fn(&Row) -> u64,
}

const NUMBERS: [Number; 6] = [
    Number { title: "READ/s", needs_fit: 2, is_bad: false, of: |row| row.consumed.per_s },
    Number { title: "WRITTEN/s", needs_fit: 3, is_bad: false, of: |row| row.produced.per_s },
    Number { title: "FILTERED/s", needs_fit: 4, is_bad: false, of: |row| row.filtered.per_s },
    Number { title: "DEAD/s", needs_fit: 5, is_bad: true, of: |row| row.dead_lettered.per_s },
    Number { title: "READ", needs_fit: 1, is_bad: false, of: |row| row.consumed.total },
    Number { title: "DEAD", needs_fit: 6, is_bad: true, of: |row| row.dead_lettered.total },
];

fn letters(causes: &[Causes], columns: usize) -> Vec<Line> {
    if causes.is_empty() {
        return Vec::new();
    }
    let total: u64 = causes.iter().map(|causes| causes.count).sum();
    let title = Line::new(columns)
        .push(Style::Dim, "DEAD LETTERS  ")
        .push(Style::Red, grouped(total))
        .push(Style::Dim, ", by pipeline and cause, with the newest of each");
    let names = causes.iter().map(|causes| causes.pipeline.len()).max().unwrap_or(0).min(NAME_MAX) + 2;
    let mut lines = vec![title];
    lines.extend(causes.iter().map(|causes| {
        Line::new(columns)
            .left(Style::Plain, &causes.pipeline, names)
            .right(Style::Red, &grouped(causes.count), 6)
            .push(Style::Plain, "  ")
            .push(Style::Cyan, &causes.newest.class)
            .push(Style::Plain, format!("  {}", causes.newest.message))
    }));
    lines
}

fn samples(samples: &[Sample], columns: usize) -> Vec<Line> {
    let names = samples.iter().map(|sample| sample.topic.len()).max().unwrap_or(0).min(NAME_MAX) + 2;
    let mut lines = vec![Line::new(columns).push(Style::Dim, "WRITTEN  one record of each topic")];
    for sample in samples {
        let Some(text) = &sample.text else { continue };
        lines.push(Line::new(columns).left(Style::Plain, &sample.topic, names).push(Style::Dim, text));
    }
    if lines.len() == 1 { Vec::new() } else { lines }
}

fn notices(notices: &[String], columns: usize) -> Vec<Line> {
    notices.iter().map(|notice| Line::new(columns).push(Style::Yellow, notice)).collect()
}

fn foot(scene: &Scene, columns: usize) -> Vec<Line> {
    let text = match scene.phase {
        Phase::Starting => "The pipelines join their consumer groups.",
        Phase::Flowing => "Ctrl-C: make no more clicks, finish those on their way, print the account.",
        Phase::Finishing => "No more clicks are made. Finishing those on their way.",
        Phase::Done => "All is finished.",
    };
    vec![Line::new(columns).push(Style::Dim, text)]
}

/// Minutes and seconds.
fn clock(elapsed: Duration) -> String {
    match elapsed.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}
