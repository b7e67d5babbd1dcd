//! `millstream top`: rates and lag of all pipelines as they change, the busiest first.

use std::collections::VecDeque;
use std::io::Write;
use std::time::Duration;

use crate::admin::client::ClientError;
use crate::admin::shape::{Counts, Pipeline};

use super::client::{Moment, talk};
use super::live::{self, Frame};
use super::screen::columns::{Number, cells, fit, titles, width};
use super::screen::{Line, NAME_MAX, Room, Style, Terminal};
use super::status::{STATE, head, shortened, state_style};
use super::{Exit, SocketArgs};

/// How often it is drawn.
const EVERY: Duration = Duration::from_secs(1);

/// Rates are measured over so many moments.
const MOMENTS: usize = 4;

/// Columns that a name has on narrow terminals before numbers go.
const NAME_MIN: usize = 14;

/// A pipeline and its records a second.
#[derive(Clone, Debug)]
struct Row {
    pipeline: Pipeline,
    per_s: Counts,
}

const NUMBERS: [Number<Row>; 6] = [
    Number { title: "LAG", width: 9, is_bad: false, of: |row| row.pipeline.lag_records },
    Number { title: "CONSUMED", width: 10, is_bad: false, of: |row| Some(row.per_s.consumed) },
    Number { title: "PRODUCED", width: 10, is_bad: false, of: |row| Some(row.per_s.produced) },
    Number { title: "FILTERED", width: 10, is_bad: false, of: |row| Some(row.per_s.filtered) },
    Number { title: "DEAD", width: 7, is_bad: true, of: |row| Some(row.per_s.dead_lettered) },
    Number { title: "FLIGHT", width: 8, is_bad: false, of: |row| Some(row.pipeline.account.in_flight) },
];

/// Shows it until it is ended.
pub fn run(args: &SocketArgs) -> Exit {
    let Some(terminal) = Terminal::of_process() else {
        let _ = writeln!(std::io::stderr(), "`top` needs a terminal; `millstream status` does not");
        return Exit::Usage;
    };
    talk(args, async |client| live::show(&client, None, Top::default(), EVERY, terminal).await)
}

/// The last moments, the oldest first.
#[derive(Debug, Default)]
struct Top {
    moments: VecDeque<Moment>,
    trouble: Option<String>,
}

impl Frame for Top {
    fn take(&mut self, asked: Result<Moment, ClientError>) {
        match asked {
            Ok(moment) => {
                // Another process counts anew.
                let is_same = |past: &&Moment| past.daemon.started_at_ms == moment.daemon.started_at_ms;
                if self.moments.back().filter(is_same).is_none() {
                    self.moments.clear();
                }
                self.moments.push_back(moment);
                while self.moments.len() > MOMENTS {
                    self.moments.pop_front();
                }
                self.trouble = None;
            }
            Err(error) => self.trouble = Some(error.to_string()),
        }
    }

    fn draw(&self, room: Room) -> Vec<Line> {
        let mut lines = match self.moments.back() {
            Some(now) => drawn(now, &rows(self.moments.front().unwrap_or(now), now), room.columns),
            None => Vec::new(),
        };
        live::cut(&mut lines, room, self.trouble.as_deref());
        lines
    }
}

/// All pipelines with their rates from `past` to `now`, the busiest first.
fn rows(past: &Moment, now: &Moment) -> Vec<Row> {
    let elapsed_ms = now.now_ms.saturating_sub(past.now_ms);
    let row = |pipeline: &Pipeline| {
        let before = past.pipelines.iter().find(|past| past.name == pipeline.name);
        // One that has just come counts from where it is.
        let before = before.map_or(pipeline.account, |past| past.account);
        Row { pipeline: pipeline.clone(), per_s: rates(before, pipeline.account, elapsed_ms) }
    };
    let mut rows: Vec<Row> = now.pipelines.iter().map(row).collect();
    // Stable: those that are as busy as each other stay in the order of their names.
    rows.sort_by_key(|row| std::cmp::Reverse((row.per_s.consumed, row.pipeline.lag_records)));
    rows
}

fn rates(before: Counts, now: Counts, elapsed_ms: u64) -> Counts {
    let rate = |of: fn(&Counts) -> u64| {
        let count = u128::from(of(&now).saturating_sub(of(&before)));
        u64::try_from(count * 1_000 / u128::from(elapsed_ms.max(1))).unwrap_or(u64::MAX)
    };
    Counts {
        consumed: rate(|counts| counts.consumed),
        produced: rate(|counts| counts.produced),
        filtered: rate(|counts| counts.filtered),
        dead_lettered: rate(|counts| counts.dead_lettered),
        skipped: rate(|counts| counts.skipped),
        in_flight: now.in_flight,
    }
}

fn drawn(now: &Moment, rows: &[Row], columns: usize) -> Vec<Line> {
    let wanted = rows.iter().map(|row| row.pipeline.name.len()).max().unwrap_or(0).clamp(8, NAME_MAX) + 2;
    let room = columns.saturating_sub(STATE);
    let numbers = fit(&NUMBERS, room.saturating_sub(wanted.min(NAME_MIN)));
    let names = wanted.min(room.saturating_sub(width(numbers)));
    let mut lines = head(now, columns);
    lines.push(Line::new(columns));
    lines.push(Line::new(columns).push(Style::Dim, "records a second; lag and in flight: now"));
    let title = Line::new(columns).left(Style::Dim, "PIPELINE", names).left(Style::Dim, "STATE", STATE);
    lines.push(titles(title, numbers));
    for row in rows {
        let pipeline = &row.pipeline;
        let name = shortened(&pipeline.name, names.saturating_sub(1));
        let line = Line::new(columns).left(Style::Bold, &name, names);
        let line = line.left(state_style(pipeline), &pipeline.state.replace('_', " "), STATE);
        lines.push(cells(line, numbers, row));
        if let Some(reason) = &pipeline.reason {
            lines.push(Line::new(columns).push(Style::Yellow, format!("  {reason}")));
        }
    }
    lines
}

#[cfg(test)]
#[path = "top_tests.rs"]
mod tests;
