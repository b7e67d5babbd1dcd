//! The daemon's log, one JSON object a line, as it comes.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::wait::PATIENCE;

/// One line of the log.
#[derive(Clone, Debug)]
pub struct Line {
    fields: Value,
    text: String,
}

impl Line {
    fn new(text: String) -> Self {
        // What is no JSON is kept as text: a panic, or an error before the log is set up.
        Self { fields: serde_json::from_str(&text).unwrap_or_default(), text }
    }

    /// The message; the whole line where it is no JSON.
    pub fn message(&self) -> &str {
        self.fields["message"].as_str().unwrap_or(&self.text)
    }

    /// Whether this is the message and the line speaks of that pipeline.
    pub fn is(&self, message: &str, pipeline: &str) -> bool {
        self.message() == message && self.field("pipeline") == pipeline
    }

    /// A field as text; empty where there is none.
    pub fn field(&self, name: &str) -> &str {
        self.fields[name].as_str().unwrap_or_default()
    }

    /// A field that must be a whole number.
    pub fn integer(&self, name: &str) -> u64 {
        self.fields[name].as_u64().unwrap_or_else(|| panic!("no whole number {name} in {}", self.text))
    }

    /// The line as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// All lines so far, shared between the thread that reads them and the test that waits for them.
#[derive(Clone, Debug)]
pub struct Log {
    state: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<Line>,
    ended: bool,
}

impl Log {
    /// Collects lines from a pipe until it ends.
    pub(super) fn collect(pipe: impl Read + Send + 'static) -> Self {
        let log = Self { state: Arc::default() };
        let collector = log.clone();
        thread::spawn(move || collector.run(pipe));
        log
    }

    fn run(&self, pipe: impl Read) {
        for line in BufReader::new(pipe).split(b'\n') {
            // A pipe that breaks ends the log like one that ends.
            let Ok(line) = line else { break };
            self.lock().lines.push(Line::new(String::from_utf8_lossy(&line).into_owned()));
            self.state.1.notify_all();
        }
        self.lock().ended = true;
        self.state.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().expect("nothing panics while it holds the log")
    }

    /// Waits for a line, also among those that are there already, from the `from`th on. `None` when the log ended
    /// without it or `patience` is over.
    pub fn find(&self, from: usize, patience: Duration, wanted: impl Fn(&Line) -> bool) -> Option<Line> {
        let deadline = Instant::now() + patience;
        let mut next = from;
        let mut state = self.lock();
        loop {
            if let Some(line) = state.lines.iter().skip(next).find(|line| wanted(line)) {
                return Some(line.clone());
            }
            next = next.max(state.lines.len());
            let left = deadline.saturating_duration_since(Instant::now());
            if state.ended || left.is_zero() {
                return None;
            }
            state = self.state.1.wait_timeout(state, left).expect("nothing panics while it holds the log").0;
        }
    }

    /// Waits until all that a process that has ended wrote is here.
    pub(super) fn wait_whole(&self) {
        self.find(0, PATIENCE, |_| false);
    }

    /// Number of lines so far: where to look on from.
    pub fn mark(&self) -> usize {
        self.lock().lines.len()
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<Line> {
        self.lock().lines.clone()
    }

    /// The last lines, for the message of a test that fails.
    pub fn tail(&self) -> String {
        let state = self.lock();
        let skipped = state.lines.len().saturating_sub(40);
        state.lines[skipped..].iter().map(|line| format!("    {}\n", line.text)).collect()
    }
}
