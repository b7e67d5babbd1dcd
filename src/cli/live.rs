//! What stays on the terminal and is drawn anew: until `q`, Ctrl-C, or a signal.

use std::io::{self, IsTerminal, Read, Write};
use std::time::Duration;

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use tokio::sync::mpsc;

use crate::admin::client::{Client, ClientError};

use super::Exit;
use super::client::Moment;
use super::screen::{Line, Room, Style, Terminal};

/// What is shown.
pub(super) trait Frame {
    /// Takes in what was answered.
    fn take(&mut self, asked: Result<Moment, ClientError>);

    /// Draws what is known, in less rows than there are.
    fn draw(&self, room: Room) -> Vec<Line>;
}

/// Shows a frame, drawn anew `every` so often. Who has no answer at first learns why; later it is shown in the frame.
///
/// # Errors
///
/// There is no answer to the first question.
pub(super) async fn show(
    client: &Client,
    name: Option<&str>,
    mut frame: impl Frame,
    every: Duration,
    mut terminal: Terminal,
) -> Result<Exit, ClientError> {
    frame.take(Ok(Moment::of(client, name).await?));
    let mut ends = match listen() {
        Ok(ends) => ends,
        Err(error) => {
            let _ = writeln!(io::stderr(), "the system refuses a handler: {error}");
            return Ok(Exit::Internal);
        }
    };
    let _keys = Keys::single();
    let mut beat = tokio::time::interval(every);
    // The first tick is now, and what is known was asked just now.
    beat.tick().await;
    loop {
        let text = terminal.frame(|room| frame.draw(room));
        if write(&text).is_err() {
            return Ok(Exit::Success);
        }
        tokio::select! {
            biased;
            _ = ends.recv() => break,
            _ = beat.tick() => {}
        }
        tokio::select! {
            biased;
            _ = ends.recv() => break,
            asked = Moment::of(client, name) => frame.take(asked),
        }
    }
    // A terminal that is gone needs no cursor.
    let _ = write(terminal.give_cursor_back());
    Ok(Exit::Success)
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// Cuts lines to what fits, with the last one for what is wrong, or for how to end it.
pub(super) fn cut(lines: &mut Vec<Line>, room: Room, trouble: Option<&str>) {
    // The cursor rests in a row of its own below.
    let rows = room.rows.saturating_sub(2);
    if lines.len() > rows {
        let hidden = lines.len() - rows.saturating_sub(1);
        lines.truncate(rows.saturating_sub(1));
        lines.push(Line::new(room.columns).push(Style::Dim, format!("… and {hidden} lines more")));
    }
    let foot = Line::new(room.columns);
    lines.push(match trouble {
        Some(trouble) => foot.push(Style::Red, trouble),
        None => foot.push(Style::Dim, "q ends it"),
    });
    lines.truncate(room.rows.saturating_sub(1));
}

/// Tells of the key `q` and of signals.
fn listen() -> io::Result<mpsc::UnboundedReceiver<()>> {
    let (tell, ends) = mpsc::unbounded_channel();
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT])?;
    let told = tell.clone();
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in signals.forever() {
            let _ = told.send(());
        }
    })?;
    if io::stdin().is_terminal() {
        // It ends with the process: nothing else wakes who waits for a key.
        std::thread::Builder::new().name("keys".into()).spawn(move || {
            for key in io::stdin().lock().bytes().map_while(Result::ok) {
                if matches!(key, b'q' | b'Q') {
                    let _ = tell.send(());
                }
            }
        })?;
    }
    Ok(ends)
}

/// The terminal gives single keys and does not show them, until this is dropped.
struct Keys(Option<Termios>);

impl Keys {
    fn single() -> Keys {
        let before = tcgetattr(io::stdin()).ok();
        if let Some(before) = &before {
            let mut now = before.clone();
            now.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
            // Who is stopped by Ctrl-Z would leave the terminal like this: zero is no key (POSIX, _POSIX_VDISABLE).
            now.special_codes[SpecialCodeIndex::VSUSP] = 0;
            // Where it cannot be set, `q` needs an Enter.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &now);
        }
        Keys(before)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
