//! Names that nothing has: functions as other languages call them, and members without their point.

use super::super::program::ProgramDiagnostic;
use super::super::types::Shape;
use super::Source;

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
    let is_member = match source.scope.value_shape() {
        Shape::Record(record) => record.members.contains_key(name),
        _ => false,
    };
    let suggested = finding.labels.iter().find(|label| label.message.starts_with("did you mean"));
    // `null`, `true` and `false` are near to everything that is short.
    let suggested = suggested.filter(|label| {
        !["\"null\"", "\"true\"", "\"false\""].iter().any(|word| label.message.contains(word))
    });
    let label = match suggested {
        _ if is_member => format!("did you mean `.{name}`?"),
        Some(suggested) => suggested.message.replace('"', "`"),
        None => "nothing was written to it before".to_owned(),
    };
    let found = ProgramDiagnostic::own_error(format!("there is no variable `{name}`"), place, label);
    let found = found.with_code(finding.code);
    match is_member {
        true => found,
        false => found.with_note(format!("a member of the value has a point in front: `.{name}`; text stands in double quotes: `\"{name}\"`")),
    }
}
