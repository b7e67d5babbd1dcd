//! VRL: compile, type-check, run.

mod program;

pub use program::{Program, ProgramDiagnostic, ProgramKind, ProgramLabel, compile};
