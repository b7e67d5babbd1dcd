//! Forms that other languages have and programs do not, and what is written in their place.

use super::quoted;
use super::syntax::open_bracket;

/// What to say at a place that cannot be read, and further help.
pub(super) type Hint = (String, Option<String>);

/// The form that stands at a place, `at` in the text.
pub(super) fn hint(text: &str, at: usize) -> Option<Hint> {
    let (before, here) = text.split_at_checked(at)?;
    operator(before, here).or_else(|| index(before, here)).or_else(|| exponent(before, here))
}

/// What stands for a word that VRL keeps for itself; `behind` is the text behind it.
pub(super) fn reserved(word: &str, behind: &str) -> Hint {
    let each = match behind.split_whitespace().collect::<Vec<_>>().as_slice() {
        [item, "in", items, ..] => {
            let items = items.trim_end_matches('{');
            format!("for_each({items}) -> |_index, {item}| {{ … }}")
        }
        _ => "for_each(.items) -> |_index, item| { … }".to_owned(),
    };
    let label = match word {
        "for" | "foreach" | "each" | "iter" | "forall" | "loop" | "while" | "do" => {
            format!("here it is `{each}`")
        }
        "unless" => "here it is `if !(…) { … }`".to_owned(),
        "try" => "here it is `… ?? …`".to_owned(),
        _ => {
            return (
                "a variable needs another name".to_owned(),
                Some(format!("a member has a point in front: `.{word}`")),
            );
        }
    };
    (label, None)
}

fn operator(before: &str, here: &str) -> Option<Hint> {
    let left = operand(before);
    for sign in ["+", "-", "*", "/"] {
        if let Some(rest) = here.strip_prefix(sign).and_then(|rest| rest.strip_prefix('=')) {
            let right = rest.lines().next().and_then(quoted).filter(|right| !right.is_empty()).unwrap_or("…");
            return Some((format!("write `{left} = {left} {sign} {right}`"), None));
        }
    }
    if here.starts_with("++") {
        return Some((format!("write `{left} = {left} + 1`"), None));
    }
    if here.starts_with('`') {
        return Some(("text stands in double quotes: `\"…\"`".to_owned(), None));
    }
    // In brackets that nobody closed it is the next statement.
    let is_open = open_bracket(before).is_some_and(|at| before.as_bytes()[at] != b'{');
    if here.starts_with('=') && !here.starts_with("==") && !before.trim_end().is_empty() && !is_open {
        let note = "what is written to stands alone on the left of `=`, or in parentheses: `(.a = 1)`";
        return Some(("`==` compares".to_owned(), Some(note.to_owned())));
    }
    None
}

/// A place in brackets that is no number.
fn index(before: &str, here: &str) -> Option<Hint> {
    let holder = operand(before.trim_end().strip_suffix('[')?);
    if holder.is_empty() {
        return None;
    }
    if let Some(name) = here.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let name = if is_plain { name.to_owned() } else { format!("\"{name}\"") };
        return Some((format!("a member stands behind a point: `{holder}.{name}`"), None));
    }
    let inside = here.split([']', '\n']).next().and_then(quoted)?;
    Some((
        "only a number stands here".to_owned(),
        Some(format!("any other place or name: `get!({holder}, [{inside}])`")),
    ))
}

/// A number such as `1.5e3`, of which VRL reads a part.
fn exponent(before: &str, here: &str) -> Option<Hint> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '.' | '_');
    let start = before.trim_end_matches(is_part).len();
    let sign = usize::from(before.ends_with(['e', 'E']) && here.starts_with(['-', '+']));
    let rest = here.get(sign..)?;
    let end = rest.find(|char| !is_part(char) && !matches!(char, '-' | '+')).unwrap_or(rest.len());
    let number = format!("{}{}{}", &before[start..], &here[..sign], &rest[..end]);
    is_exponential(&number).then(|| of_exponent(&number))
}

/// Whether it is such as `1e300`.
pub(super) fn is_exponential(number: &str) -> bool {
    number.starts_with(|first: char| first.is_ascii_digit())
        && number.contains(['e', 'E'])
        && number.parse::<f64>().is_ok()
}

/// What to say of a number with an exponent.
pub(super) fn of_exponent(number: &str) -> Hint {
    let note = format!("write it out, or read it from text: `to_float!(\"{number}\")`");
    ("a number has no exponent here".to_owned(), Some(note))
}

/// What stands directly before.
fn operand(before: &str) -> &str {
    let line = before.rsplit('\n').next().unwrap_or("").trim_end();
    let start =
        line.rfind(|char: char| char.is_whitespace() || "(,=!{|&+".contains(char)).map_or(0, |at| at + 1);
    // Where the sign before it is longer than one byte, it is none of these.
    line.get(start..).unwrap_or("")
}
