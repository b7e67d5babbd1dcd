//! The table of pipelines: rates and totals, as many of them as there is room for.

use crate::cli::screen::columns::{Number, cells, fit, titles, width};
use crate::cli::screen::{Line, NAME_MAX, Style};

use super::scene::Row;
use super::screen::state_style;

/// Columns of a state's word.
const STATE: usize = 9;

/// Records a second.
const RATES: [Number<Row>; 4] = [
    Number { title: "consumed", width: 9, is_bad: false, of: |row| Some(row.consumed.per_s) },
    Number { title: "produced", width: 9, is_bad: false, of: |row| Some(row.produced.per_s) },
    Number { title: "filtered", width: 9, is_bad: false, of: |row| Some(row.filtered.per_s) },
    Number { title: "dead", width: 6, is_bad: true, of: |row| Some(row.dead_lettered.per_s) },
];

/// Records since the start.
const TOTALS: [Number<Row>; 4] = [
    Number { title: "consumed", width: 12, is_bad: false, of: |row| Some(row.consumed.total) },
    Number { title: "produced", width: 12, is_bad: false, of: |row| Some(row.produced.total) },
    Number { title: "filtered", width: 12, is_bad: false, of: |row| Some(row.filtered.total) },
    Number { title: "dead", width: 8, is_bad: true, of: |row| Some(row.dead_lettered.total) },
];

/// A row for each pipeline, under a title; a second row where something holds it up.
pub(super) fn draw(rows: &[Row], columns: usize) -> Vec<Line> {
    let names = rows.iter().map(|row| row.name.len()).max().unwrap_or(0).clamp(8, NAME_MAX) + 2;
    let room = columns.saturating_sub(names + STATE);
    // The first number of each group says most: on narrow terminals the others go.
    let rates = fit(&RATES, room);
    let totals = fit(&TOTALS, room - width(rates));
    let mut lines = vec![groups(names, rates, totals, columns), heads(names, rates, totals, columns)];
    for row in rows {
        let line = Line::new(columns).left(Style::Bold, &row.name, names);
        let line = line.left(state_style(row), row.state.word(), STATE);
        lines.push(cells(cells(line, rates, row), totals, row));
        if let Some(reason) = &row.reason {
            lines.push(Line::new(columns).push(Style::Yellow, format!("  {reason}")));
        }
    }
    lines
}

fn groups(names: usize, rates: &[Number<Row>], totals: &[Number<Row>], columns: usize) -> Line {
    let line = Line::new(columns).push(Style::Plain, " ".repeat(names + STATE));
    let line = group(line, "A SECOND", rates);
    group(line, "IN ALL", totals)
}

/// The name of a group of numbers, where the first of its titles begins.
fn group(line: Line, name: &str, numbers: &[Number<Row>]) -> Line {
    let Some(first) = numbers.first() else { return line };
    let before = first.width - first.title.len();
    line.push(Style::Plain, " ".repeat(before)).left(Style::Dim, name, width(numbers) - before)
}

fn heads(names: usize, rates: &[Number<Row>], totals: &[Number<Row>], columns: usize) -> Line {
    let line = Line::new(columns).left(Style::Dim, "PIPELINE", names).left(Style::Dim, "STATE", STATE);
    titles(titles(line, rates), totals)
}
