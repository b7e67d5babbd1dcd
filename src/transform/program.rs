//! A compiled VRL program and what it reads and writes.

use std::ops::Range;

/// What a program is for, which decides what it must give and what it may write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramKind {
    /// Must give a boolean; may write nothing.
    Filter,
    /// Changes the record; its result is ignored.
    Map,
    /// A sink's `when`: must give a boolean; may write nothing.
    When,
}

/// A compiled program, cheap to clone and shared by all lanes.
#[derive(Clone, Debug)]
pub struct Program {}

impl Program {
    /// Whether it reads or writes `.` anywhere (a tombstone with `tombstones: pass` skips such a step).
    pub fn touches_value(&self) -> bool {
        unreachable!("skeleton")
    }
}

/// One finding of the compiler, in byte spans of the program's own source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramDiagnostic {
    /// An error, or only a warning.
    pub is_error: bool,
    /// VRL's error code, such as 103.
    pub code: usize,
    /// What is wrong.
    pub message: String,
    /// Places in the source with their own words; the primary one first.
    pub labels: Vec<ProgramLabel>,
    /// Further help.
    pub notes: Vec<String>,
}

/// A place in a program's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramLabel {
    /// Byte range in the source.
    pub span: Range<usize>,
    /// What is there.
    pub message: String,
    /// The place that the finding is about.
    pub is_primary: bool,
}

/// Compiles `source`; `decoded` says whether a `decode` with a structured format stands before it (else `.` is bytes
/// or null). Gives the program and the compiler's warnings.
///
/// # Errors
///
/// All findings, errors and warnings, in the order of the source.
pub fn compile(
    _kind: ProgramKind,
    _source: &str,
    _decoded: bool,
) -> Result<(Program, Vec<ProgramDiagnostic>), Vec<ProgramDiagnostic>> {
    unreachable!("skeleton")
}
