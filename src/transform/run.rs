//! Runs programs on a frame.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use vrl::compiler::state::RuntimeState;
use vrl::compiler::{Context, ExpressionError, TimeZone};
use vrl::diagnostic::DiagnosticMessage;
use vrl::value::Value;

use super::frame::Frame;
use super::program::{Program, ProgramKind};

/// Why a program did not finish, or gave what it must not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RunError {
    /// A short stable name for the class of the error.
    pub class: &'static str,
    /// What is wrong; VRL's own words may quote values.
    pub message: String,
}

/// Runs programs, one after the other; nothing stays from one run to the next.
#[derive(Debug)]
pub struct Runner {
    variables: RuntimeState,
    timezone: TimeZone,
}

impl Default for Runner {
    fn default() -> Self {
        Self::new()
    }
}

impl Runner {
    /// A runner whose programs read times without a zone as UTC, on whatever host they run.
    pub fn new() -> Self {
        let timezone = TimeZone::parse("UTC").expect("every time zone database has UTC");
        Self { variables: RuntimeState::default(), timezone }
    }

    /// Runs a map.
    ///
    /// # Errors
    ///
    /// It failed or aborted; what it changed before that stays in the frame.
    pub fn map(&mut self, program: &Program, frame: &mut Frame) -> Result<(), RunError> {
        self.resolve(program, frame).map(drop)
    }

    /// Runs a filter or a `when`.
    ///
    /// # Errors
    ///
    /// It failed or aborted, or gave no boolean.
    pub fn test(&mut self, program: &Program, frame: &mut Frame) -> Result<bool, RunError> {
        match self.resolve(program, frame)? {
            Value::Boolean(verdict) => Ok(verdict),
            other => {
                let what = if program.kind() == ProgramKind::When { "`when`" } else { "the filter" };
                let message = format!("{what} gave a value of type {}, not a boolean", other.kind_str());
                Err(RunError { class: "not_boolean", message })
            }
        }
    }

    /// As VRL's own runtime does, except that it reads the whole value first, needed or not.
    fn resolve(&mut self, program: &Program, frame: &mut Frame) -> Result<Value, RunError> {
        self.variables.clear();
        let mut context = Context::new(frame, &mut self.variables, &self.timezone);
        match program.vrl().resolve(&mut context) {
            Ok(value) | Err(ExpressionError::Return { value, .. }) => Ok(value),
            Err(error) => Err(run_error(&error, program)),
        }
    }
}

fn run_error(error: &ExpressionError, program: &Program) -> RunError {
    let class = match error {
        ExpressionError::Abort { .. } => "vrl_abort",
        _ => "vrl_error",
    };
    let span = match error {
        ExpressionError::Abort { span, .. } => Some(*span),
        other => other.labels().first().map(|label| label.span),
    };
    let words = match program.is_rewritten() {
        true => placed(&error.message(), program),
        false => error.message(),
    };
    let message = match span {
        Some(span) => format!("line {}: {words}", line_of(program.source(), program.place(span.start()))),
        None => words,
    };
    RunError { class, message }
}

/// VRL's words with the place of the text as it was written.
fn placed(words: &str, program: &Program) -> String {
    static PLACE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^([^(]*) at \((\d+):(\d+)\)").expect("it is a regular expression"));
    let place = |at: &str| at.parse().map_or(0, |at| program.place(at));
    let with_places =
        |found: &Captures<'_>| format!("{} at ({}:{})", &found[1], place(&found[2]), place(&found[3]));
    PLACE.replace(words, with_places).into_owned()
}

fn line_of(source: &str, at: usize) -> usize {
    let before = &source.as_bytes()[..at.min(source.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}
