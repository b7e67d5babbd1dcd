//! `millstream status`: what runs, how far behind it is, and why something stopped.

mod detail;
mod table;

use std::io::IsTerminal;
use std::time::Duration;

use crate::admin::client::{Client, ClientError};
use crate::admin::shape::Pipeline;

pub(super) use table::{STATE, head, shortened};

use super::client::{Moment, print, talk};
use super::live::{self, Frame};
use super::screen::{Line, Room, Style, Terminal, room};
use super::{Exit, StatusArgs};

/// How often `--watch` looks.
const WATCH_EVERY: Duration = Duration::from_secs(2);

/// Columns where nobody's terminal says how many.
const COLUMNS_ELSEWHERE: usize = 120;

/// Prints the status, once or until it is ended.
pub fn run(args: &StatusArgs) -> Exit {
    let name = args.name.as_deref();
    talk(&args.socket, async |client| match Terminal::of_process() {
        Some(terminal) if args.watch && !args.json => {
            live::show(&client, name, Watched::of(name), WATCH_EVERY, terminal).await
        }
        _ if args.watch => stay(&client, args).await,
        _ => {
            print(&once(&Moment::of(&client, name).await?, args));
            Ok(Exit::Success)
        }
    })
}

/// Prints one status after another, for a log or a program.
async fn stay(client: &Client, args: &StatusArgs) -> Result<Exit, ClientError> {
    loop {
        let text = once(&Moment::of(client, args.name.as_deref()).await?, args);
        print(&if args.json { text } else { format!("{text}\n") });
        tokio::time::sleep(WATCH_EVERY).await;
    }
}

fn once(moment: &Moment, args: &StatusArgs) -> String {
    if args.json {
        return json(moment, args);
    }
    let is_terminal = std::io::stdout().is_terminal();
    let columns = if is_terminal { room().columns } else { COLUMNS_ELSEWHERE };
    let has_colours = Terminal::of_process().is_some_and(|terminal| terminal.has_colours());
    let lines = draw(moment, args.name.is_some(), columns);
    lines.iter().map(|line| format!("{}\n", line.render(has_colours))).collect()
}

/// What the API says: on one line for each moment where there are many.
fn json(moment: &Moment, args: &StatusArgs) -> String {
    let value = serde_json::json!({ "daemon": moment.daemon, "pipelines": moment.pipelines });
    if args.watch { format!("{value}\n") } else { format!("{value:#}\n") }
}

/// The status in lines of at most `columns`.
fn draw(moment: &Moment, is_one: bool, columns: usize) -> Vec<Line> {
    let mut lines = head(moment, columns);
    lines.push(Line::new(columns));
    lines.extend(table::draw(&moment.pipelines, moment.now_ms, columns));
    if let (true, [pipeline]) = (is_one, moment.pipelines.as_slice()) {
        lines.push(Line::new(columns));
        lines.extend(detail::draw(pipeline, columns));
    }
    lines
}

/// How a state looks.
pub(super) fn state_style(pipeline: &Pipeline) -> Style {
    match pipeline.state.as_str() {
        "running" => Style::Green,
        "stopped" | "failed" => Style::Red,
        "paused" | "ended" => Style::Dim,
        _ => Style::Yellow,
    }
}

/// What `--watch` shows: the last status that was had, and what is wrong since.
#[derive(Debug)]
struct Watched {
    last: Option<Moment>,
    trouble: Option<String>,
    is_one: bool,
}

impl Watched {
    fn of(name: Option<&str>) -> Self {
        Self { last: None, trouble: None, is_one: name.is_some() }
    }
}

impl Frame for Watched {
    fn take(&mut self, asked: Result<Moment, ClientError>) {
        self.trouble = asked.as_ref().err().map(ToString::to_string);
        self.last = asked.ok().or(self.last.take());
    }

    fn draw(&self, room: Room) -> Vec<Line> {
        let mut lines = self.last.iter().flat_map(|last| draw(last, self.is_one, room.columns)).collect();
        live::cut(&mut lines, room, self.trouble.as_deref());
        lines
    }
}

#[cfg(test)]
mod tests;
