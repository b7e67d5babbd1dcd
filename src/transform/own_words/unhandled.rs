//! An error that nobody handles: which part of the expression fails, and for what.

use vrl::parser::ast::FunctionCall;

use super::super::program::{ProgramDiagnostic, ProgramLabel};
use super::super::tolerant;
use super::items::{self, OtherItems};
use super::operators;
use super::parts::{Part, What, parts_within};
use super::{Source, quoted, typed, without_null};

/// How many parts of a program are tried; each is a compilation.
const TRIED_MAX: usize = 24;

/// The variable by which a part is tried.
const PROBE: &str = "millstream_probe";

/// VRL's code for an assignment that can fail.
const UNHANDLED_ASSIGNMENT: usize = 103;

/// The finding for each part that fails; the finding as it is where that cannot be told.
pub(super) fn of(finding: ProgramDiagnostic, source: Source<'_>) -> Vec<ProgramDiagnostic> {
    let Some(place) = finding.labels.first().map(|label| label.span.clone()) else { return vec![finding] };
    let mut told: Vec<ProgramDiagnostic> = Vec::new();
    let parts = parts_within(source.ast, source.text, place);
    if let [part] = parts.as_slice() {
        return vec![worded(part, &finding.labels, finding.code, source)];
    }
    for part in parts.iter().take(TRIED_MAX) {
        // What stands around a part that fails fails by it.
        let is_around = |told: &ProgramDiagnostic| part.span.contains(&told.start());
        if !told.iter().any(is_around)
            && let Some(labels) = tried(part, source)
        {
            told.push(worded(part, &labels, finding.code, source));
        }
    }
    if told.is_empty() { vec![without_essay(finding, source)] } else { told }
}

/// What VRL says of a part that is assigned to something alone; `None`: it does not fail.
fn tried(part: &Part, source: Source<'_>) -> Option<Vec<ProgramLabel>> {
    let (before, rest) = source.text.split_at_checked(part.span.start)?;
    let inside = rest.get(..part.span.len())?;
    let behind = &rest[part.span.len()..];
    let text = format!("{before}({PROBE} = {inside}){behind}");
    let at = part.span.start + PROBE.len() + "( = ".len();
    let found = tolerant::found_in(source.kind, &text, source.scope);
    let of_part = |found: &ProgramDiagnostic| {
        found.code == UNHANDLED_ASSIGNMENT && found.labels.iter().any(|label| label.span.start == at)
    };
    found.into_iter().find(of_part).map(|found| found.labels)
}

fn worded(part: &Part, labels: &[ProgramLabel], code: usize, source: Source<'_>) -> ProgramDiagnostic {
    let text = source.text.get(part.span.clone()).unwrap_or("");
    let (message, label, notes) = match &part.what {
        What::Call(call) => of_call(call, quoted(text), labels, source),
        What::Op(op) => operators::of(op, quoted(text), source),
    };
    let found = ProgramDiagnostic::own_error(message, part.span.clone(), label).with_code(code);
    notes.into_iter().fold(found, ProgramDiagnostic::with_note)
}

/// The message, what is said at the place, and notes.
pub(super) type Words = (String, String, Vec<String>);

fn of_call(call: &FunctionCall, text: Option<&str>, labels: &[ProgramLabel], source: Source<'_>) -> Words {
    let name = call.ident.inner().as_ref();
    let argument = labels.iter().find_map(|label| wrong_argument(&label.message));
    let others = argument.and_then(|(argument, ..)| items::of(call, argument, source));
    let (message, label) = match (argument, &others) {
        (Some((argument, ..)), Some(others)) => {
            let message = match others.is_always {
                true => format!("`{name}` fails where `{argument}` has an item: none is a string"),
                false => format!("`{name}` fails where an item of `{argument}` is no string"),
            };
            (message, others.label.clone())
        }
        (Some((argument, given, wanted)), None) => match unwanted(given, wanted) {
            Some(others) => (
                format!("`{name}` fails where `{argument}` is {others}"),
                format!("`{argument}` is {} here, and `{name}` takes {}", typed(given), typed(wanted)),
            ),
            None => (
                format!("`{name}` fails where `{argument}` is no {wanted}"),
                format!("`{argument}` may be anything here, and `{name}` takes {}", typed(wanted)),
            ),
        },
        (None, _) => (format!("`{name}` can fail"), "nothing is said for when it does".to_owned()),
    };
    let (handled, plain) = match text {
        Some(text) => (text.replacen(name, &format!("{name}!"), 1), text.to_owned()),
        None => (format!("{name}!(…)"), format!("{name}(…)")),
    };
    let note = format!("`{handled}` makes such a record poison; `{plain} ?? …` puts something in its place");
    let mut notes = match &others {
        Some(OtherItems { is_always: true, .. }) => Vec::new(),
        _ => vec![note],
    };
    notes.extend(others.and_then(|others| others.note));
    if let Some((argument, given, wanted)) = argument
        && unwanted(given, wanted).as_deref() == Some("null")
        && argument.starts_with('.')
    {
        notes.push(without_null(argument));
    }
    (message, label, notes)
}

/// Of VRL's words about an argument: it, its type, and what the function takes.
fn wrong_argument(words: &str) -> Option<(&str, &str, &str)> {
    let (argument, rest) = words.strip_prefix('`')?.split_once("` argument type is `")?;
    let (given, rest) = rest.split_once("` and this function expected a parameter `")?;
    let (_, wanted) = rest.split_once("` of type `")?;
    Some((argument, given, wanted.strip_suffix('`')?)).filter(|_| quoted(argument).is_some())
}

/// The types that are given and not wanted, in words; `None`: there are too many.
fn unwanted(given: &str, wanted: &str) -> Option<String> {
    if given == "any" || given.contains(['{', '[']) {
        return None;
    }
    let wanted: Vec<_> = wanted.split(" or ").collect();
    let others: Vec<_> = given.split(" or ").filter(|one| !wanted.contains(one)).collect();
    (others.len() <= 3 && !others.is_empty()).then(|| others.join(" or ").replace("undefined", "absent"))
}

/// VRL's finding without its advice, which quotes all of the expression.
fn without_essay(finding: ProgramDiagnostic, source: Source<'_>) -> ProgramDiagnostic {
    let Some(place) = finding.labels.first().map(|label| label.span.clone()) else { return finding };
    let found = ProgramDiagnostic::own_error(
        "an error that can happen here is not handled",
        place.clone(),
        "this can fail",
    );
    let text = source.text.get(place).and_then(quoted);
    let note = match text {
        Some(text) => format!("`({text}) ?? …` puts something in its place"),
        None => "`(…) ?? …` puts something in its place".to_owned(),
    };
    found.with_code(finding.code).with_note(note)
}
