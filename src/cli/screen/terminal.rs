//! Frames that are drawn over each other in place.

use std::io::{self, IsTerminal};

use super::Line;

/// What a terminal is taken for that does not tell its size.
const USUAL_ROOM: Room = Room { columns: 80, rows: 24 };

const HIDE_CURSOR: &str = "\x1b[?25l";
const SHOW_CURSOR: &str = "\x1b[?25h";

/// The terminal's room, in columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Room {
    pub(in crate::cli) columns: usize,
    pub(in crate::cli) rows: usize,
}

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

/// A terminal that moves its cursor, and what is drawn on it.
#[derive(Debug)]
pub(in crate::cli) struct Terminal {
    has_colours: bool,
    drawn: usize,
    room: Room,
    cursor: Cursor,
}

impl Terminal {
    /// Standard output, where it is a terminal that moves its cursor. `NO_COLOR` (no-color.org) is heard.
    pub(in crate::cli) fn of_process() -> Option<Self> {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        if is_dumb || !io::stdout().is_terminal() {
            return None;
        }
        let has_colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Some(Self { has_colours, drawn: 0, room: room(), cursor: Cursor::Shown })
    }

    /// Whether colours are wanted.
    pub(in crate::cli) fn has_colours(&self) -> bool {
        self.has_colours
    }

    /// What draws lines over those that were drawn last.
    pub(in crate::cli) fn frame(&mut self, draw: impl FnOnce(Room) -> Vec<Line>) -> String {
        let room = room();
        let is_resized = std::mem::replace(&mut self.room, room) != room;
        let start = if is_resized { "\x1b[2J\x1b[H".to_owned() } else { up(self.drawn) };
        let hide = if self.cursor == Cursor::Shown { HIDE_CURSOR } else { "" };
        if self.cursor == Cursor::Shown {
            self.cursor = Cursor::Hidden;
        }
        let lines = draw(room);
        self.drawn = lines.len();
        let line = |line: &Line| format!("{}\x1b[K\n", line.render(self.has_colours));
        let body: String = lines.iter().map(line).collect();
        format!("{hide}{start}{body}\x1b[J")
    }

    /// What shows the cursor again, for good.
    pub(in crate::cli) fn give_cursor_back(&mut self) -> &'static str {
        match std::mem::replace(&mut self.cursor, Cursor::GivenBack) {
            Cursor::Hidden => SHOW_CURSOR,
            Cursor::Shown | Cursor::GivenBack => "",
        }
    }
}

fn up(lines: usize) -> String {
    // Zero would mean one.
    if lines == 0 { String::new() } else { format!("\r\x1b[{lines}A") }
}

/// The room of standard output, or that of a usual terminal.
pub(in crate::cli) fn room() -> Room {
    terminal_size::terminal_size().map_or(USUAL_ROOM, |(columns, rows)| Room {
        columns: usize::from(columns.0),
        rows: usize::from(rows.0),
    })
}
