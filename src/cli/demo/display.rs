//! Where scenes are shown: redrawn in place on a terminal, line by line elsewhere.

use std::io::{self, Write};
use std::time::Duration;

use crate::cli::screen::Terminal;

use super::plain;
use super::scene::Scene;
use super::screen;

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
    Terminal(Terminal),
    Plain { next: Duration },
}

impl Display {
    /// A terminal where standard output is one that moves its cursor. `NO_COLOR` (no-color.org) is heard.
    pub(super) fn of_process() -> Self {
        let kind = match Terminal::of_process() {
            Some(terminal) => Kind::Terminal(terminal),
            None => Kind::Plain { next: PLAIN_EVERY },
        };
        Self { kind, is_gone: false }
    }

    pub(super) fn is_terminal(&self) -> bool {
        matches!(self.kind, Kind::Terminal(_))
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
            Kind::Terminal(terminal) => terminal.frame(|room| screen::draw(scene, room)),
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
            Kind::Terminal(_) => {
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
        if let Kind::Terminal(terminal) = &mut self.kind {
            let text = terminal.give_cursor_back();
            self.write(text);
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
