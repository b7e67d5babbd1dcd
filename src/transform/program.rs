//! A compiled VRL program and what it reads and writes.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::access::Access;
use super::scope::Scope;
use super::witness::Witness;

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

/// What runs.
#[derive(Clone)]
pub(super) struct Runs {
    pub vrl: vrl::compiler::Program,
    /// The text that was compiled, where it is not the one that was written.
    pub rewritten: Option<Arc<Witness>>,
}

/// A compiled program, cheap to clone and shared by all lanes.
#[derive(Clone)]
pub struct Program {
    inner: Arc<Compiled>,
}

struct Compiled {
    kind: ProgramKind,
    source: String,
    runs: Runs,
    access: Access,
    scope_after: Scope,
}

impl Program {
    pub(super) fn new(
        kind: ProgramKind,
        source: &str,
        runs: Runs,
        access: Access,
        scope_after: Scope,
    ) -> Self {
        let source = source.to_owned();
        let inner = Arc::new(Compiled { kind, source, runs, access, scope_after });
        Self { inner }
    }

    /// What it is for.
    pub fn kind(&self) -> ProgramKind {
        self.inner.kind
    }

    /// The text it was compiled from.
    pub fn source(&self) -> &str {
        &self.inner.source
    }

    /// Its text in normal form: equal for programs that differ in comments, blanks and line breaks alone.
    pub fn normal_form(&self) -> String {
        super::normal::normal_form(&self.inner.source)
    }

    /// Whether it reads or writes `.` anywhere (a tombstone with `tombstones: pass` skips such a step).
    pub fn touches_value(&self) -> bool {
        self.inner.access.value
    }

    /// What it reads and writes.
    pub fn access(&self) -> &Access {
        &self.inner.access
    }

    /// What is known about the record once it ran.
    pub fn scope_after(&self) -> &Scope {
        &self.inner.scope_after
    }

    pub(super) fn vrl(&self) -> &vrl::compiler::Program {
        &self.inner.runs.vrl
    }

    /// A place of what runs, in bytes, as one in the text as it was written.
    pub(super) fn place(&self, at: usize) -> usize {
        self.inner.runs.rewritten.as_ref().map_or(at, |witness| witness.place(at))
    }

    /// Whether what runs is not what was written.
    pub(super) fn is_rewritten(&self) -> bool {
        self.inner.runs.rewritten.is_some()
    }
}

/// Not the source: values from outside can stand in it.
impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("kind", &self.inner.kind).finish_non_exhaustive()
    }
}

/// Equal programs do the same: the same text for the same purpose, in the same place of the chain.
impl PartialEq for Program {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
            || (self.inner.kind == other.inner.kind && self.inner.source == other.inner.source)
    }
}

/// The code of a member that is asked for and cannot be there.
pub(super) const UNKNOWN_MEMBER: usize = 100_001;

/// The code of a comparison whose result is known beforehand.
pub(super) const CONSTANT_COMPARISON: usize = 100_002;

/// The code of a condition that may give no boolean.
pub(super) const PERHAPS_NO_BOOLEAN: usize = 100_003;

/// VRL's findings that hang on types: an error that is not handled, or handled in vain, a result, an argument or what a
/// closure goes through of the wrong type.
const TYPE_CODES: [usize; 9] = [100, 102, 103, 104, 110, 121, 620, 630, 651];

/// VRL's findings about what is no program.
const SYNTAX_CODES: Range<usize> = 200..300;

/// One finding of the compiler, in byte spans of the program's own source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramDiagnostic {
    /// An error, or only a warning.
    pub is_error: bool,
    /// VRL's error code, such as 103; 0 or a large one where the rule is Millstream's own.
    pub code: usize,
    /// What is wrong.
    pub message: String,
    /// Places in the source with their own words; the primary one first.
    pub labels: Vec<ProgramLabel>,
    /// Further help.
    pub notes: Vec<String>,
}

impl ProgramDiagnostic {
    /// An error of Millstream's own rules.
    pub(super) fn own_error(
        message: impl Into<String>,
        span: Range<usize>,
        label: impl Into<String>,
    ) -> Self {
        let label = ProgramLabel { span, message: label.into(), is_primary: true };
        Self { is_error: true, code: 0, message: message.into(), labels: vec![label], notes: Vec::new() }
    }

    /// What the rule is called.
    pub fn rule(&self) -> String {
        match self.code {
            0 => "vrl".to_owned(),
            UNKNOWN_MEMBER => "unknown-member".to_owned(),
            CONSTANT_COMPARISON => "constant-comparison".to_owned(),
            PERHAPS_NO_BOOLEAN => "no-boolean".to_owned(),
            code => format!("vrl-{code}"),
        }
    }

    /// Whether it hangs on the types of what stands before.
    pub fn is_of_types(&self) -> bool {
        TYPE_CODES.contains(&self.code)
    }

    /// Whether it is about what is no program.
    pub(super) fn is_of_syntax(&self) -> bool {
        SYNTAX_CODES.contains(&self.code)
    }

    pub(super) fn with_code(self, code: usize) -> Self {
        Self { code, ..self }
    }

    pub(super) fn into_warning(self) -> Self {
        Self { is_error: false, ..self }
    }

    pub(super) fn into_error(self) -> Self {
        Self { is_error: true, ..self }
    }

    pub(super) fn with_label(mut self, span: Range<usize>, message: impl Into<String>) -> Self {
        self.labels.push(ProgramLabel { span, message: message.into(), is_primary: false });
        self
    }

    pub(super) fn with_note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Where it begins in the source; the end of the world where it has no place.
    pub(super) fn start(&self) -> usize {
        self.labels.first().map_or(usize::MAX, |label| label.span.start)
    }
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
