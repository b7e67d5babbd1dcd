//! What one call may give: VRL's functions take what their arguments ask for, which one record could make more than there is,
//! for all pipelines of the process.

use std::borrow::Cow;

use vrl::value::{ObjectMap, Value};

use super::super::bounds::{INDEX_MAX, SEGMENTS_MAX};

/// The longest text that one call gives, in bytes.
pub const TEXT_BYTES_MAX: usize = 100_000_000;

/// The levels of arrays and objects in each other that one call makes or goes into: twice of what is decoded.
pub const DEPTH_MAX: usize = 256;

/// The digits behind the point that `format_number` gives.
pub const DIGITS_MAX: i64 = 1_000;

/// The largest number that `format_number` takes: its decimals have 96 bits.
const DECIMAL_MAX: f64 = 7.9e28;

/// What is looked at before a call: its arguments by their names.
pub(super) type Check = fn(&ObjectMap) -> Result<(), String>;

/// The check of a function that has one.
pub(super) fn check(function: &str) -> Option<Check> {
    Some(match function {
        "find" => find,
        "format_number" => format_number,
        "replace" => replace,
        "join" => join,
        "set" => set,
        "unflatten" => unflatten,
        "snakecase" => only_text,
        "parse_ruby_hash" => parse_ruby_hash,
        "parse_xml" => parse_xml,
        "parse_yaml" => parse_yaml,
        "random_float" => random_float,
        _ => return None,
    })
}

/// From behind the end VRL finds no text, and panics for a pattern.
fn find(arguments: &ObjectMap) -> Result<(), String> {
    if !arguments.get("pattern").is_some_and(Value::is_regex) {
        return Ok(());
    }
    let Some(from) = integer(arguments, "from") else { return Ok(()) };
    let length = text(arguments, "value").map_or(0, |value| value.len());
    match usize::try_from(from) {
        Ok(from) if from <= length => Ok(()),
        _ => Err(format!("`from` is {from}, and the text has {length} bytes")),
    }
}

fn format_number(arguments: &ObjectMap) -> Result<(), String> {
    if let Some(scale) = integer(arguments, "scale") {
        check_scale(scale)?;
    }
    match arguments.get("value") {
        Some(Value::Float(value)) if value.abs() >= DECIMAL_MAX => {
            Err(format!("the number is beyond {DECIMAL_MAX:e}"))
        }
        _ => Ok(()),
    }
}

pub(super) fn check_scale(scale: i64) -> Result<(), String> {
    match (0..=DIGITS_MAX).contains(&scale) {
        true => Ok(()),
        false => Err(format!("`scale` is {scale}, and must be from 0 to {DIGITS_MAX}")),
    }
}

fn replace(arguments: &ObjectMap) -> Result<(), String> {
    let (Some(value), Some(with)) = (text(arguments, "value"), text(arguments, "with")) else {
        return Ok(());
    };
    let most = usize::try_from(integer(arguments, "count").unwrap_or(-1)).unwrap_or(usize::MAX);
    // With few matches and short texts there is nothing to count.
    if (value.len() + 1).min(most).saturating_mul(with.len() + value.len()) <= TEXT_BYTES_MAX {
        return Ok(());
    }
    let length = match arguments.get("pattern") {
        Some(Value::Regex(pattern)) => {
            // Each `$` may stand for the whole match.
            let groups = with.matches('$').count();
            let each =
                |found: regex::Match<'_>| with.len().saturating_add(groups.saturating_mul(found.len()));
            pattern.find_iter(&value).take(most).map(each).fold(value.len(), usize::saturating_add)
        }
        _ => {
            let Some(pattern) = text(arguments, "pattern") else { return Ok(()) };
            let matches = value.matches(pattern.as_ref()).take(most).count();
            value.len().saturating_add(matches.saturating_mul(with.len()))
        }
    };
    check_length(length)
}

fn join(arguments: &ObjectMap) -> Result<(), String> {
    let Some(Value::Array(items)) = arguments.get("value") else { return Ok(()) };
    let separator = text(arguments, "separator").map_or(0, |separator| separator.len());
    let texts = items.iter().filter_map(Value::as_bytes).map(|text| text.len());
    check_length(texts.fold(items.len().saturating_mul(separator), usize::saturating_add))
}

fn set(arguments: &ObjectMap) -> Result<(), String> {
    let Some(Value::Array(path)) = arguments.get("path") else { return Ok(()) };
    if path.len() > SEGMENTS_MAX {
        return Err(format!("a path has at most {SEGMENTS_MAX} segments"));
    }
    let is_far = |segment: &Value| {
        segment.as_integer().is_some_and(|index| index.unsigned_abs() > INDEX_MAX.unsigned_abs() as u64)
    };
    match path.iter().any(is_far) {
        true => Err(format!("an array is written at an index of at most {INDEX_MAX}")),
        false => Ok(()),
    }
}

fn unflatten(arguments: &ObjectMap) -> Result<(), String> {
    let separator = text(arguments, "separator").unwrap_or(Cow::Borrowed("."));
    match arguments.get("value") {
        Some(Value::Object(members)) => unflattened(members, &separator, 0),
        _ => Ok(()),
    }
}

fn unflattened(members: &ObjectMap, separator: &str, above: usize) -> Result<(), String> {
    for (name, member) in members {
        let depth = above + 1 + name.matches(separator).count();
        if depth > DEPTH_MAX {
            return Err(too_deep());
        }
        if let Value::Object(inner) = member {
            unflattened(inner, separator, depth)?;
        }
    }
    Ok(())
}

/// VRL panics for anything else.
fn only_text(arguments: &ObjectMap) -> Result<(), String> {
    match arguments.get("value") {
        Some(value) if !value.is_bytes() => Err(format!("expected string, got {}", value.kind())),
        _ => Ok(()),
    }
}

/// VRL takes time that grows with the square of the depth. What stands in quotes is counted as well: an apostrophe is none.
fn parse_yaml(arguments: &ObjectMap) -> Result<(), String> {
    let Some(value) = text(arguments, "value") else { return Ok(()) };
    let opened = |depth: usize, byte: u8| match byte {
        b'{' | b'[' => depth + 1,
        b'}' | b']' => depth.saturating_sub(1),
        _ => depth,
    };
    let brackets = value.bytes().scan(0, |depth, byte| {
        *depth = opened(*depth, byte);
        Some(*depth)
    });
    // Each mark at the beginning of a line opens a level.
    let marks = |line: &str| {
        let all = line.split(' ').take_while(|mark| matches!(*mark, "" | "-" | "?" | ":"));
        all.filter(|mark| !mark.is_empty()).count()
    };
    match brackets.chain(value.lines().map(marks)).any(|depth| depth > DEPTH_MAX) {
        true => Err(too_deep()),
        false => Ok(()),
    }
}

/// VRL panics where the distance of both is no number.
fn random_float(arguments: &ObjectMap) -> Result<(), String> {
    let float = |name: &str| arguments.get(name).and_then(Value::as_float).map(|float| float.into_inner());
    match float("min").zip(float("max")) {
        Some((min, max)) if !(max - min).is_finite() => Err(format!("from {min} to {max} is no range")),
        _ => Ok(()),
    }
}

/// VRL reads it by recursion without an end.
fn parse_ruby_hash(arguments: &ObjectMap) -> Result<(), String> {
    let Some(value) = text(arguments, "value") else { return Ok(()) };
    let (mut depth, mut quote, mut is_escaped) = (0_usize, None, false);
    for byte in value.bytes() {
        match (byte, quote) {
            _ if is_escaped => is_escaped = false,
            (b'\\', Some(_)) => is_escaped = true,
            (byte, Some(open)) => quote = (byte != open).then_some(open),
            (b'"' | b'\'', None) => quote = Some(byte),
            (b'{' | b'[', None) => depth += 1,
            (b'}' | b']', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return Err(too_deep());
        }
    }
    Ok(())
}

/// As `parse_ruby_hash`.
fn parse_xml(arguments: &ObjectMap) -> Result<(), String> {
    let Some(value) = text(arguments, "value") else { return Ok(()) };
    let (mut depth, mut rest) = (0_usize, value.as_ref());
    while let Some((_, from)) = rest.split_once('<') {
        let end = match from {
            _ if from.starts_with("!--") => "-->",
            _ if from.starts_with("![CDATA[") => "]]>",
            _ => ">",
        };
        let Some((tag, behind)) = from.split_once(end) else { return Ok(()) };
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !tag.starts_with(['!', '?']) && !tag.ends_with('/') {
            depth += 1;
        }
        if depth > DEPTH_MAX {
            return Err(too_deep());
        }
        rest = behind;
    }
    Ok(())
}

/// What is said of what would be too deep.
pub(super) fn too_deep() -> String {
    format!("arrays and objects would stand in each other more than {DEPTH_MAX} deep")
}

/// Whether a text may be as long.
pub(super) fn check_length(bytes: usize) -> Result<(), String> {
    match bytes > TEXT_BYTES_MAX {
        true => Err(format!("the text would have more than {TEXT_BYTES_MAX} bytes")),
        false => Ok(()),
    }
}

fn integer(arguments: &ObjectMap, name: &str) -> Option<i64> {
    arguments.get(name)?.as_integer()
}

fn text<'a>(arguments: &'a ObjectMap, name: &str) -> Option<Cow<'a, str>> {
    arguments.get(name)?.to_str_lossy()
}
