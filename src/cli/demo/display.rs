//! Where scenes are shown: redrawn in place on a terminal, line by line elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use super::plain;
use super::scene::Scene;
use super::screen::{self, Room};

/// What a terminal is taken for that does not tell its size.
const USUAL_ROOM: Room = Room { columns: 80, rows: 24 };

/// The terminal's cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    /// Shown, until something is drawn.
    Shown,
    /// Hidden by us.
    Hidden,
    /// Given back, and not to be hidden again.
    GivenBack,
}

/// How often a terminal is drawn, and how often lines are written elsewhere.
const TERMINAL_EVERY: Duration = Duration::from_millis(250);
const PLAIN_EVERY: Duration = Duration::from_secs(2);

/// Standard output.
#[derive(Debug)]
pub(super) struct Display {
    kind: Kind,
    /// Nobody reads any more.
    is_gone: bool,
}

#[derive(Debug)]
enum Kind {
    Terminal { has_colours: bool, drawn: usize, room: Room, cursor: Cursor },
    Plain { next: Duration },
}

impl Display {
    /// A terminal where standard output is one that moves its cursor. `NO_COLOR` (no-color.org) is heard.
    pub(super) fn of_process() -> Self {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        let kind = if io::stdout().is_terminal() && !is_dumb {
            let has_colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            Kind::Terminal { has_colours, drawn: 0, room: room(), cursor: Cursor::Shown }
        } else {
            Kind::Plain { next: PLAIN_EVERY }
        };
        Self { kind, is_gone: false }
    }

    pub(super) fn is_terminal(&self) -> bool {
        matches!(self.kind, Kind::Terminal { .. })
    }

    /// How often there is something new to show.
    pub(super) fn every(&self) -> Duration {
        TERMINAL_EVERY
    }

    /// Whether the reader of standard output is gone.
    pub(super) fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Shows a moment.
    pub(super) fn show(&mut self, scene: &Scene) {
        let text = match &mut self.kind {
            Kind::Terminal { has_colours, drawn, room: last, cursor } => {
                let room = room();
                let is_resized = std::mem::replace(last, room) != room;
                let start = if is_resized { "\x1b[2J\x1b[H".to_owned() } else { up(*drawn) };
                let hide = match cursor {
                    Cursor::Shown => HIDE_CURSOR,
                    Cursor::Hidden | Cursor::GivenBack => "",
                };
                if *cursor == Cursor::Shown {
                    *cursor = Cursor::Hidden;
                }
                let lines = screen::draw(scene, room);
                *drawn = lines.len();
                let body: String =
                    lines.iter().map(|line| format!("{}\x1b[K\n", line.render(*has_colours))).collect();
                format!("{hide}{start}{body}\x1b[J")
            }
            Kind::Plain { next } => {
                if scene.elapsed < *next {
                    return;
                }
                *next = scene.elapsed + PLAIN_EVERY;
                plain::moment(scene)
            }
        };
        self.write(&text);
    }

    /// Shows the last moment, which stays.
    pub(super) fn show_last(&mut self, scene: &Scene) {
        match &mut self.kind {
            Kind::Terminal { .. } => {
                self.show(scene);
                self.give_cursor_back();
            }
            Kind::Plain { .. } => self.write(&plain::last(scene)),
        }
    }

    /// Writes lines that stay.
    pub(super) fn say(&mut self, lines: &[String]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.write(&text);
    }

    /// The cursor is shown again: a second signal ends the process without asking.
    pub(super) fn give_cursor_back(&mut self) {
        if let Kind::Terminal { cursor, .. } = &mut self.kind
            && std::mem::replace(cursor, Cursor::GivenBack) == Cursor::Hidden
        {
            self.write(SHOW_CURSOR);
        }
    }

    fn write(&mut self, text: &str) {
        let mut out = io::stdout().lock();
        let result = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        self.is_gone |= result.is_err();
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.give_cursor_back();
    }
}

const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";

fn up(lines: usize) -> String {
    // Zero would mean one.
    if lines == 0 { String::new() } else { format!("\r\x1b[{lines}A") }
}

fn room() -> Room {
    terminal_size::terminal_size().map_or(USUAL_ROOM, |(columns, rows)| Room {
        columns: usize::from(columns.0),
        rows: usize::from(rows.0),
    })
}
