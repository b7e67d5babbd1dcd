//! The table of pipelines: rates and totals, as many of them as there is room for.

use super::line::{Line, Style};
use super::scene::{Row, grouped};
use super::screen::{NAME_MAX, state_style};

/// Columns of a state's word.
const STATE: usize = 9;

/// A column of numbers.
#[derive(Clone, Copy)]
struct Number {
    title: &'static str,
    width: usize,
    is_bad: bool,
    of: fn(&Row) -> u64,
}

/// Records a second.
const RATES: [Number; 4] = [
    Number { title: "consumed", width: 9, is_bad: false, of: |row| row.consumed.per_s },
    Number { title: "produced", width: 9, is_bad: false, of: |row| row.produced.per_s },
    Number { title: "filtered", width: 9, is_bad: false, of: |row| row.filtered.per_s },
    Number { title: "dead", width: 6, is_bad: true, of: |row| row.dead_lettered.per_s },
];

/// Records since the start.
const TOTALS: [Number; 4] = [
    Number { title: "consumed", width: 12, is_bad: false, of: |row| row.consumed.total },
    Number { title: "produced", width: 12, is_bad: false, of: |row| row.produced.total },
    Number { title: "filtered", width: 12, is_bad: false, of: |row| row.filtered.total },
    Number { title: "dead", width: 8, is_bad: true, of: |row| row.dead_lettered.total },
];

/// A row for each pipeline, under a title; a second row where something holds it up.
pub(super) fn draw(rows: &[Row], columns: usize) -> Vec<Line> {
    let names = rows.iter().map(|row| row.name.len()).max().unwrap_or(0).clamp(8, NAME_MAX) + 2;
    let room = columns.saturating_sub(names + STATE);
    // The first number of each group says most: on narrow terminals the others go.
    let rates = fit(&RATES, room);
    let totals = fit(&TOTALS, room - width(rates));
    let mut lines = vec![groups(names, rates, totals, columns), titles(names, rates, totals, columns)];
    for row in rows {
        let line = Line::new(columns).left(Style::Bold, &row.name, names);
        let line = line.left(state_style(row), row.state.word(), STATE);
        lines.push(rates.iter().chain(totals).fold(line, |line, number| {
            let count = (number.of)(row);
            let style = if number.is_bad && count > 0 { Style::Red } else { Style::Plain };
            line.right(style, &grouped(count), number.width)
        }));
        if let Some(reason) = &row.reason {
            lines.push(Line::new(columns).push(Style::Yellow, format!("  {reason}")));
        }
    }
    lines
}

/// As many numbers as fit.
fn fit(numbers: &'static [Number], room: usize) -> &'static [Number] {
    let count = (0..=numbers.len()).rev().find(|count| width(&numbers[..*count]) <= room);
    &numbers[..count.unwrap_or(0)]
}

fn width(numbers: &[Number]) -> usize {
    numbers.iter().map(|number| number.width).sum()
}

fn groups(names: usize, rates: &[Number], totals: &[Number], columns: usize) -> Line {
    let line = Line::new(columns).push(Style::Plain, " ".repeat(names + STATE));
    let line = group(line, "A SECOND", rates);
    group(line, "IN ALL", totals)
}

/// The name of a group of numbers, where the first of its titles begins.
fn group(line: Line, name: &str, numbers: &[Number]) -> Line {
    let Some(first) = numbers.first() else { return line };
    let before = first.width - first.title.len();
    line.push(Style::Plain, " ".repeat(before)).left(Style::Dim, name, width(numbers) - before)
}

fn titles(names: usize, rates: &[Number], totals: &[Number], columns: usize) -> Line {
    let line = Line::new(columns).left(Style::Dim, "PIPELINE", names).left(Style::Dim, "STATE", STATE);
    rates.iter().chain(totals).fold(line, |line, number| line.right(Style::Dim, number.title, number.width))
}
