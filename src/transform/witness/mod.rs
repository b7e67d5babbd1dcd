//! The same program in words by which VRL sees what it overlooks. It is compiled for its types; what runs is the program as
//! it was written, or, where VRL does not take that, this.
//!
//! What VRL 0.38 overlooks, and what is put in its place:
//!
//! - A member that may be absent stands for itself before `||`, as if it were always there: `[.n][0]` is null where it is
//!   absent.
//! - An expression whose error is caught (`??`, `x, err = …`) may have failed halfway: what it writes is unknown behind it.
//! - A variable that is only written on the right of `&&`, `||` or `??` may be null.
//! - What a closure writes stands there in its next round, and behind it.
//! - `del` takes from a variable, too.
//! - A member of a variable that is written is not all of the variable.
//! - What a write needs around it may not be there: then it is made, with nothing else in it.
//! - An error that cannot happen may be handled all the same.
//! - A write to `%a.b` is one to the envelope, whatever `.a` is.
//! - Behind `.x != null` and the like, null is kept out.

mod author;

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use vrl::parser::ast::{Program, Query, QueryTarget};
use vrl::path::{OwnedSegment, OwnedTargetPath, OwnedValuePath};

use super::functions::ONLY;
use super::program::{ProgramDiagnostic, ProgramLabel};
use super::types::{Effects, Kept};
use author::Author;

/// What VRL does not see of a program.
#[derive(Clone, Copy)]
pub(super) struct Overlooked<'o> {
    /// What it writes.
    pub effects: &'o Effects,
    /// The places of expressions whose error is caught, and that cannot fail.
    pub needless: &'o [Range<usize>],
    /// What conditions keep out.
    pub kept: &'o Kept,
}

/// A program with what was put into it.
#[derive(Clone, Debug)]
pub(super) struct Witness {
    /// Its text.
    pub text: String,
    /// Where something was put into the source, and how long it is, in order.
    inserted: Vec<(usize, usize)>,
}

impl Witness {
    /// `None`: VRL overlooks nothing in it.
    pub fn of(source: &str, program: &Program, overlooked: Overlooked<'_>) -> Option<Self> {
        let edits = Author::edits(program, overlooked);
        let (mut text, mut from) = (String::new(), 0);
        for (at, more) in &edits {
            text.push_str(source.get(from..*at)?);
            text.push_str(more);
            from = *at;
        }
        text.push_str(source.get(from..)?);
        let inserted: Vec<_> = edits.iter().map(|(at, more)| (*at, more.len())).collect();
        (!inserted.is_empty()).then_some(Self { text, inserted })
    }

    /// A finding at the place that it is about in the source.
    pub fn placed(&self, mut found: ProgramDiagnostic) -> ProgramDiagnostic {
        for label in &mut found.labels {
            label.span = self.place(label.span.start)..self.place(label.span.end);
            label.message = ONLY_CALL.replace_all(&label.message, "$1").into_owned();
        }
        for note in &mut found.notes {
            *note = ONLY_CALL.replace_all(note, "$1").into_owned();
        }
        found
    }

    /// Whether a finding quotes nothing that was put into it.
    pub fn is_free_of_it(found: &ProgramDiagnostic) -> bool {
        found.labels.iter().all(|label| is_own(&label.message)) && found.notes.iter().all(|note| is_own(note))
    }

    /// Without advice that quotes what was put into it.
    pub fn without_its_words(mut found: ProgramDiagnostic) -> ProgramDiagnostic {
        let place = found.labels.first().cloned();
        let is_without = found.labels.iter().all(|label| is_own(&label.message));
        found.labels.retain(|label| is_without || is_own(&label.message) && !label.message.ends_with(':'));
        if found.labels.is_empty() {
            found.labels.extend(place.map(|label| ProgramLabel { message: String::new(), ..label }));
        }
        found
    }

    /// The place in the source of one in its text, in bytes.
    pub fn place(&self, in_text: usize) -> usize {
        let mut before = 0;
        for (at, length) in &self.inserted {
            if at + before >= in_text {
                break;
            }
            if in_text <= at + before + length {
                return *at;
            }
            before += length;
        }
        in_text - before
    }
}

/// A call that says what a condition has kept out; what it is about.
static ONLY_CALL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!(r"{ONLY}\((.+?), [0-9]+\)")).expect("it is a regular expression"));

fn is_own(text: &str) -> bool {
    !text.contains("][0]") && !text.contains("if false {")
}

/// A statement that VRL takes for one that may run.
pub(super) fn perhaps(statement: &str) -> String {
    format!("if false {{ {statement} }}; ")
}

/// An array of which VRL knows nothing.
pub(super) const ARRAY: &str = "(array(get({}, [\"a\"]) ?? null) ?? [])";

/// A statement that leaves what `del` leaves of a variable.
pub(super) fn taken(name: &str, query: &Query) -> String {
    taken_from_item(name, query).unwrap_or_else(|| format!("{} = null", below(name, query.path.inner())))
}

/// The same where something is taken from an item of an array: VRL does not follow that at all.
pub(super) fn taken_from_item(name: &str, query: &Query) -> Option<String> {
    let path = query.path.inner();
    let index = path.segments.iter().position(|segment| matches!(segment, OwnedSegment::Index(_)))?;
    if index + 1 == path.segments.len() {
        return None;
    }
    let array = OwnedValuePath { segments: path.segments[..index].to_vec() };
    let array = match query.target.inner() {
        QueryTarget::External(prefix) => OwnedTargetPath { prefix: *prefix, path: array }.to_string(),
        _ => below(name, &array),
    };
    Some(format!("{array} = {ARRAY}"))
}

/// A path below a variable, as a program names it.
pub(super) fn below(name: &str, path: &OwnedValuePath) -> String {
    match path.segments.first() {
        None => name.to_owned(),
        Some(OwnedSegment::Index(_)) => format!("{name}{path}"),
        Some(OwnedSegment::Field(_)) => format!("{name}.{path}"),
    }
}
