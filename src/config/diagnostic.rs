//! What `check` has to say: findings with their places, for people and for programs.

use std::path::{Path, PathBuf};

use codespan_reporting::diagnostic as codespan;
use codespan_reporting::term::{self, termcolor};
use serde_json::{Value, json};

use super::source_map::{Place, SourceMap};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The configuration cannot run.
    Error,
    /// It runs, and may not do what was meant.
    Warning,
}

impl Severity {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// A place with its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is there; may be empty.
    pub message: String,
    /// The place that the finding is about; the others explain it.
    pub is_primary: bool,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name for this kind of finding.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// Places, the primary one first; empty where a file could not be read at all.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub notes: Vec<String>,
    /// The file, where there is no place in it.
    pub path: Option<PathBuf>,
}

impl Diagnostic {
    fn new(severity: Severity, code: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity,
            code: code.to_owned(),
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            path: None,
        }
    }

    /// An error without a place yet.
    pub fn error(code: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }

    /// A warning without a place yet.
    pub fn warning(code: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }

    /// The place that it is about.
    pub fn at(mut self, place: Place, message: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { place, message: message.into(), is_primary: true });
        self
    }

    /// A place that explains it.
    pub fn also(mut self, place: Place, message: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { place, message: message.into(), is_primary: false });
        self
    }

    /// A file as a whole.
    pub fn in_file(mut self, path: &Path) -> Diagnostic {
        self.path = Some(path.to_path_buf());
        self
    }

    /// The place of the name of its file, which then is part of the message.
    pub fn at_name(mut self, place: Place) -> Diagnostic {
        if let Some(path) = self.path.take() {
            self.message = format!("{}: {}", path.display(), self.message);
        }
        self.at(place, "")
    }

    /// What to do about it.
    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    fn primary(&self) -> Option<&Label> {
        self.labels.iter().find(|label| label.is_primary).or(self.labels.first())
    }
}

/// Findings and the texts that they point into.
#[derive(Debug, Default)]
pub struct Report {
    /// The files.
    pub sources: SourceMap,
    /// The findings: first those without a place, then by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Puts findings into their order.
    pub fn new(sources: SourceMap, mut diagnostics: Vec<Diagnostic>) -> Report {
        diagnostics.sort_by_key(|d| d.primary().map(|label| label.place));
        diagnostics.dedup();
        Report { sources, diagnostics }
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Whether anything forbids to run.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many findings of a severity there are.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics.iter().filter(|d| d.severity == severity).count()
    }

    /// Draws all findings for people.
    ///
    /// # Errors
    ///
    /// When the writer fails.
    pub fn draw(&self, writer: &mut dyn termcolor::WriteColor) -> std::io::Result<()> {
        let config = term::Config { chars: term::Chars::ascii(), ..term::Config::default() };
        let writer = &mut Printable(writer);
        for diagnostic in &self.diagnostics {
            let drawn = to_codespan(diagnostic);
            match term::emit(writer, &config, &self.sources, &drawn) {
                Ok(()) => {}
                Err(codespan_reporting::files::Error::Io(error)) => return Err(error),
                Err(error) => return Err(std::io::Error::other(error)),
            }
        }
        Ok(())
    }

    /// All findings as one array, for editors and CI: lines and columns from 1, the end exclusive.
    pub fn to_json(&self) -> Value {
        Value::Array(self.diagnostics.iter().map(|d| self.diagnostic_json(d)).collect())
    }

    fn diagnostic_json(&self, diagnostic: &Diagnostic) -> Value {
        let label = diagnostic.primary();
        let path = label.map(|label| self.sources.path(label.place.file));
        let path = path.or(diagnostic.path.as_deref());
        let start = label.map(|l| self.sources.position(l.place.file, l.place.start));
        let end = label.map(|l| self.sources.position(l.place.file, l.place.end));
        let others = diagnostic.labels.iter().filter(|l| Some(*l) != label);
        let related = others.map(|l| format!("{}: {}", self.sources.describe(l.place), l.message));
        let here = label.filter(|l| !l.message.is_empty()).map(|l| l.message.clone());
        let notes: Vec<String> =
            here.into_iter().chain(related).chain(diagnostic.notes.iter().cloned()).collect();
        json!({
            "severity": diagnostic.severity.as_str(),
            "code": diagnostic.code,
            "message": diagnostic.message,
            "file": path.map(|path| path.display().to_string()),
            "line": start.map(|at| at.line),
            "column": start.map(|at| at.column),
            "end_line": end.map(|at| at.line),
            "end_column": end.map(|at| at.column),
            "notes": notes,
        })
    }
}

/// Lets no control character through: a file that is checked must not steer the terminal of who checks it.
struct Printable<'w>(&'w mut dyn termcolor::WriteColor);

impl std::io::Write for Printable<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let is_control = |byte: u8| byte.is_ascii_control() && !matches!(byte, b'\n' | b'\t');
        let shown: Vec<u8> = bytes.iter().map(|byte| if is_control(*byte) { b'?' } else { *byte }).collect();
        self.0.write_all(&shown)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl termcolor::WriteColor for Printable<'_> {
    fn supports_color(&self) -> bool {
        self.0.supports_color()
    }

    fn set_color(&mut self, spec: &termcolor::ColorSpec) -> std::io::Result<()> {
        self.0.set_color(spec)
    }

    fn reset(&mut self) -> std::io::Result<()> {
        self.0.reset()
    }
}

/// All findings as text without colours.
impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut writer = termcolor::NoColor::new(Vec::new());
        self.draw(&mut writer).map_err(|_| std::fmt::Error)?;
        f.write_str(&String::from_utf8_lossy(&writer.into_inner()))
    }
}

fn to_codespan(diagnostic: &Diagnostic) -> codespan::Diagnostic<super::source_map::FileId> {
    let severity = match diagnostic.severity {
        Severity::Error => codespan::Severity::Error,
        Severity::Warning => codespan::Severity::Warning,
    };
    let message = match (&diagnostic.path, diagnostic.labels.is_empty()) {
        (Some(path), true) => format!("{}: {}", path.display(), diagnostic.message),
        _ => diagnostic.message.clone(),
    };
    let labels = diagnostic.labels.iter().map(|label| {
        let range = label.place.start..label.place.end;
        let drawn = match label.is_primary {
            true => codespan::Label::primary(label.place.file, range),
            false => codespan::Label::secondary(label.place.file, range),
        };
        drawn.with_message(&label.message)
    });
    codespan::Diagnostic::new(severity)
        .with_code(&diagnostic.code)
        .with_message(message)
        .with_labels_iter(labels)
        .with_notes(diagnostic.notes.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut sources = SourceMap::default();
        let file = sources.add(Path::new("a.yaml"), "one: 1\ntwo: 2\n".to_owned());
        let second = Diagnostic::error("b", "second").at(Place::new(file, 7, 10), "here").note("do");
        let first = Diagnostic::warning("a", "first").at(Place::new(file, 0, 3), "");
        let none = Diagnostic::error("c", "gone").in_file(Path::new("b.yaml"));
        Report::new(sources, vec![second.clone(), first, second, none])
    }

    #[test]
    fn findings_come_in_the_order_of_the_text_and_once() {
        let codes: Vec<_> = report().diagnostics.iter().map(|d| d.code.clone()).collect();
        assert_eq!(codes, ["c", "a", "b"]);
    }

    #[test]
    fn json_has_every_member_and_the_end_is_exclusive() {
        assert_eq!(
            report().to_json()[2],
            json!({"severity": "error", "code": "b", "message": "second", "file": "a.yaml",
                   "line": 2, "column": 1, "end_line": 2, "end_column": 4, "notes": ["here", "do"]})
        );
        assert_eq!(report().to_json()[0]["file"], json!("b.yaml"));
        assert_eq!(report().to_json()[0]["line"], Value::Null);
    }

    #[test]
    fn a_file_does_not_steer_the_terminal() {
        let mut sources = SourceMap::default();
        let file = sources.add(Path::new("a.yaml"), "one: \u{1b}[31m1\n".to_owned());
        let finding = Diagnostic::error("x", "is `\u{1b}[31m`").at(Place::new(file, 0, 3), "");
        let text = Report::new(sources, vec![finding]).to_string();
        assert!(!text.contains('\u{1b}') && text.contains("one: ?[31m1"), "{text}");
    }

    #[test]
    fn people_see_the_line_with_a_caret() {
        let text = report().to_string();
        assert!(text.contains("error[b]: second"), "{text}");
        assert!(text.contains("a.yaml:2:1"), "{text}");
        assert!(text.contains("^^^ here"), "{text}");
    }
}
