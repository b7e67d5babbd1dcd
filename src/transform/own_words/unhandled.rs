//! An error that nobody handles: which part of the expression fails, and for what.

use vrl::parser::ast::{Expr, FunctionCall, Literal, Node, Op, Opcode, Query, QueryTarget};
use vrl::path::OwnedTargetPath;

use super::super::functions::types_of;
use super::super::program::{ProgramDiagnostic, ProgramLabel};
use super::super::tolerant;
use super::super::types::Shape;
use super::parts::{Part, What, parts_within};
use super::{Source, quoted, shape_at, typed, without_null};

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
        What::Call(call) => of_call(call, quoted(text), labels),
        What::Op(op) => of_op(op, quoted(text), source),
    };
    let found = ProgramDiagnostic::own_error(message, part.span.clone(), label).with_code(code);
    notes.into_iter().fold(found, ProgramDiagnostic::with_note)
}

type Words = (String, String, Vec<String>);

fn of_call(call: &FunctionCall, text: Option<&str>, labels: &[ProgramLabel]) -> Words {
    let name = call.ident.inner().as_ref();
    let argument = labels.iter().find_map(|label| wrong_argument(&label.message));
    let (message, label) = match argument {
        Some((argument, given, wanted)) => match unwanted(given, wanted) {
            Some(others) => (
                format!("`{name}` fails where `{argument}` is {others}"),
                format!("`{argument}` is {} here, and `{name}` takes {}", typed(given), typed(wanted)),
            ),
            None => (
                format!("`{name}` fails where `{argument}` is no {wanted}"),
                format!("`{argument}` may be anything here, and `{name}` takes {}", typed(wanted)),
            ),
        },
        None => (format!("`{name}` can fail"), "nothing is said for when it does".to_owned()),
    };
    let (handled, plain) = match text {
        Some(text) => (text.replacen(name, &format!("{name}!"), 1), text.to_owned()),
        None => (format!("{name}!(…)"), format!("{name}(…)")),
    };
    let note = format!("`{handled}` makes such a record poison; `{plain} ?? …` puts something in its place");
    let mut notes = vec![note];
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

fn of_op(op: &Op, text: Option<&str>, source: Source<'_>) -> Words {
    let Op(left, opcode, right) = op;
    let sides: Vec<_> = [left, right].into_iter().filter_map(|side| side_in_words(side, source)).collect();
    let text = text.map_or_else(|| format!("… {} …", opcode.inner()), ToOwned::to_owned);
    let is_comparison = matches!(opcode.inner(), Opcode::Gt | Opcode::Ge | Opcode::Lt | Opcode::Le);
    let message = match opcode.inner() {
        Opcode::Div => format!("`{text}` fails where it divides by 0, or a side is no number"),
        _ if is_comparison => "this comparison fails where its sides are not of one type".to_owned(),
        _ => format!("`{text}` fails where the types of its sides do not go together"),
    };
    let label = if sides.is_empty() { "this can fail".to_owned() } else { sides.join(", ") };
    let instead = if is_comparison { "false" } else { "…" };
    let mut notes = vec![format!("`({text}) ?? {instead}` says what it is then")];
    for (side, other) in [(left, right), (right, left)] {
        notes.extend(null_in(side, source));
        notes.extend(advice(side, other, *opcode.inner(), source));
    }
    (message, label, notes)
}

/// What to do about a side that may be null.
fn null_in(side: &Node<Expr>, source: Source<'_>) -> Option<String> {
    let text = quoted(source.text.get(side.span().range())?)?;
    let shape = path_shape(side, source)?;
    let may_be_null = shape != Shape::Any && shape.kind().contains_null() && !shape.kind().is_null();
    (may_be_null && text.starts_with('.')).then(|| without_null(text))
}

/// What to make of a side, so that it goes together with the other.
fn advice(side: &Node<Expr>, other: &Node<Expr>, opcode: Opcode, source: Source<'_>) -> Option<String> {
    let text = quoted(source.text.get(side.span().range())?)?;
    if matches!(side.inner(), Expr::Literal(_)) {
        return None;
    }
    let shape = path_shape(side, source);
    let kind = shape.as_ref().map(Shape::kind);
    let literal = match other.inner() {
        Expr::Literal(literal) => Some(literal.inner()),
        _ => None,
    };
    let other_kind = path_shape(other, source).map(|shape| shape.kind());
    let is_text =
        matches!(literal, Some(Literal::String(_))) || other_kind.is_some_and(|kind| kind.is_bytes());
    let is_number = matches!(literal, Some(Literal::Integer(_) | Literal::Float(_)));
    match (shape, kind) {
        (Some(shape), _) if shape.words().contains("decimal") => {
            Some(format!("a decimal is a string, so that it stays exact; as a number: `to_float!({text})`"))
        }
        _ if text.starts_with("%headers") => {
            Some(format!("a header is a string; as a number: `to_int!({text})`"))
        }
        (Some(Shape::Any) | None, _) if is_number => Some(format!(
            "`int!({text})`, or `to_int!({text})` of a string, makes records poison in which it is no integer"
        )),
        (Some(_), Some(kind))
            if is_text && opcode == Opcode::Add && (kind.is_integer() || kind.is_float()) =>
        {
            Some(format!("as text: `to_string({text})`"))
        }
        (Some(_), Some(kind)) if kind.is_timestamp() && opcode == Opcode::Sub => {
            Some(format!("in seconds: `to_unix_timestamp({text})`"))
        }
        _ => None,
    }
}

/// What a side is, where that is known.
fn side_in_words(side: &Node<Expr>, source: Source<'_>) -> Option<String> {
    let text = quoted(source.text.get(side.span().range())?)?;
    match path_shape(side, source)? {
        Shape::Any => None,
        shape => Some(format!("`{text}` is {}", shape.words())),
    }
}

/// The shape of a member that the program did not write.
fn path_shape(side: &Node<Expr>, source: Source<'_>) -> Option<Shape> {
    let Expr::Query(query) = side.inner() else { return None };
    let Query { target, path } = query.inner();
    let QueryTarget::External(prefix) = target.inner() else { return None };
    let shape = shape_at(&OwnedTargetPath { prefix: *prefix, path: path.inner().clone() }, source)?;
    let Some(kept) = source.kept.at(&side.span().range()) else { return Some(shape) };
    Some(shape.retain(|one| types_of(&one.kind()).is_none_or(|types| types & kept != 0)))
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
