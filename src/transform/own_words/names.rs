//! Names that nothing has: functions as other languages call them, and members without their point.

use std::ops::Range;

use vrl::path::parse_target_path;

use super::super::functions;
use super::super::program::ProgramDiagnostic;
use super::super::types::Shape;
use super::elsewhere::{is_exponential, of_exponent};
use super::{Source, shape_at};

/// What other languages have, and what does it here.
const ELSEWHERE: &[(&[&str], &str)] = &[
    (&["substring", "substr", "left", "right", "mid"], "`slice`"),
    (&["concat", "concat_ws"], "`+` for two strings, or `join`"),
    (&["coalesce", "nvl", "ifnull", "isnull"], "`.a || .b` where null, `… ?? …` where an error"),
    (&["len", "size", "count"], "`length`"),
    (&["lower", "lcase", "tolower"], "`downcase`"),
    (&["upper", "ucase", "toupper"], "`upcase`"),
    (&["trim", "strip", "ltrim", "rtrim"], "`strip_whitespace`"),
    (&["cast", "convert"], "`to_int`, `to_float`, `to_string`, `to_bool`, `parse_timestamp`"),
    (&["to_timestamp", "to_date", "strptime", "parse_date"], "`parse_timestamp`"),
    (&["date_format", "strftime", "format_date", "to_char"], "`format_timestamp`"),
    (&["current_timestamp", "sysdate", "getdate"], "`now`"),
    (&["regexp_replace", "gsub", "sub"], "`replace`"),
    (&["from_json", "json_parse", "json_decode"], "`parse_json`"),
    (&["to_json", "json_encode", "tojson"], "`encode_json`"),
    (&["iif", "case", "when", "switch"], "`if … { … } else { … }`"),
    (&["map", "transform"], "`map_values`"),
    (&["foreach", "each"], "`for_each`"),
    (&["in", "has"], "`includes`, or `exists`"),
    (&["number", "to_number", "int_parse"], "`to_int`, or `to_float`"),
    (&["str", "string_of", "tostring"], "`to_string`"),
];

/// A function that does not exist.
pub(super) fn of_function(finding: ProgramDiagnostic, source: Source<'_>) -> ProgramDiagnostic {
    let Some(place) = finding.labels.first().map(|label| label.span.clone()) else { return finding };
    let name = source.text.get(place.clone()).unwrap_or("");
    let suggested = finding.labels.iter().find(|label| label.message.starts_with("did you mean"));
    let same = name.to_lowercase();
    let here = ELSEWHERE.iter().find(|(names, _)| names.contains(&same.as_str())).map(|(_, here)| here);
    let label = match (here, suggested) {
        (Some(here), _) => format!("here it is {here}"),
        (None, Some(suggested)) => suggested.message.replace('"', "`"),
        (None, None) => "no such function".to_owned(),
    };
    ProgramDiagnostic::own_error(format!("there is no function `{name}`"), place, label)
        .with_code(finding.code)
}

/// A variable that nothing wrote.
pub(super) fn of_variable(finding: ProgramDiagnostic, source: Source<'_>) -> ProgramDiagnostic {
    let Some(place) = finding.labels.first().map(|label| label.span.clone()) else { return finding };
    let name = source.text.get(place.clone()).unwrap_or("");
    if let Some(inside) = name.strip_prefix("{{").and_then(|name| name.strip_suffix("}}")) {
        return in_template(inside.trim(), place, source).with_code(finding.code);
    }
    if is_exponential(name) {
        let (label, note) = of_exponent(name);
        let found = ProgramDiagnostic::own_error("this cannot be read", place, label).with_code(finding.code);
        return note.into_iter().fold(found, ProgramDiagnostic::with_note);
    }
    let suggested = finding.labels.iter().find(|label| label.message.starts_with("did you mean"));
    // `null`, `true` and `false` are near to everything that is short.
    let suggested = suggested.filter(|label| {
        !["\"null\"", "\"true\"", "\"false\""].iter().any(|word| label.message.contains(word))
    });
    let (message, known) = (format!("there is no variable `{name}`"), call_of(name));
    let (label, note) = match suggested {
        _ if is_member(name, source) => (format!("did you mean `.{name}`?"), None),
        _ if known.is_some() => (format!("did you mean `{}`?", known.unwrap_or_default()), None),
        Some(suggested) => (suggested.message.replace('"', "`"), Some(name)),
        None => ("nothing was written to it before".to_owned(), Some(name)),
    };
    let found = ProgramDiagnostic::own_error(message, place, label).with_code(finding.code);
    match note {
        None => found,
        Some(name) => found.with_note(format!(
            "a member of the value has a point in front: `.{name}`; text stands in double quotes: `\"{name}\"`"
        )),
    }
}

/// What stands in a text between braces, and is no variable.
fn in_template(inside: &str, place: Range<usize>, source: Source<'_>) -> ProgramDiagnostic {
    let path = match inside.strip_prefix(['.', '%']) {
        Some(_) => inside.to_owned(),
        None if is_member(inside, source) => format!(".{inside}"),
        None => {
            let label = "nothing was written to it before";
            return ProgramDiagnostic::own_error(format!("there is no variable `{inside}`"), place, label)
                .with_note(format!("a text takes variables alone: write `{inside} = …` before"));
        }
    };
    let text = match parse_target_path(&path).ok().and_then(|path| shape_at(&path, source)) {
        Some(shape) if shape.kind().is_bytes() => path.clone(),
        Some(shape) if !is_collection(&shape) => format!("to_string({path})"),
        _ => format!("to_string!({path})"),
    };
    let name = path.rsplit(['.', '%']).next().filter(|name| is_name(name)).unwrap_or("text");
    ProgramDiagnostic::own_error(
        format!("a text takes variables alone, and `{path}` is a member"),
        place,
        format!("`\"…\" + {text}` puts it into a text"),
    )
    .with_note(format!("or by a variable: `{name} = {text}` before, and `{{{{ {name} }}}}` here"))
}

/// Whether `to_string` may fail.
fn is_collection(shape: &Shape) -> bool {
    let kind = shape.kind();
    kind.contains_array() || kind.contains_object() || kind.contains_regex()
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_member(name: &str, source: Source<'_>) -> bool {
    matches!(source.scope.value_shape(), Shape::Record(record) if record.members.contains_key(name))
}

/// A call of the function of that name.
fn call_of(name: &str) -> Option<String> {
    let function = functions::available().iter().find(|function| function.identifier() == name)?;
    let asks = function.parameters().iter().any(|parameter| parameter.required);
    Some(if asks { format!("{name}(…)") } else { format!("{name}()") })
}
