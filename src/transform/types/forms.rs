//! Strings of a certain form: what reading gives of decimals, UUIDs, dates and times, and what functions make.

use crate::codec::avro::{Unit, canonical};

use super::shape::Text;
use super::words::counted;

/// Whether these bytes can be a string of this form.
pub(super) fn is_of(text: &Text, bytes: &[u8]) -> bool {
    let Ok(string) = std::str::from_utf8(bytes) else {
        return matches!(text, Text::Unknown | Text::Bytes(None))
            || matches!(text, Text::Bytes(Some(size)) if *size == bytes.len());
    };
    match text {
        Text::Unknown | Text::String | Text::Bytes(None) => true,
        Text::Upper => !string.bytes().any(|byte| byte.is_ascii_lowercase()),
        Text::Lower => !string.bytes().any(|byte| byte.is_ascii_uppercase()),
        Text::Bytes(Some(size)) => *size == bytes.len(),
        Text::Symbols(symbols) => symbols.iter().any(|symbol| symbol == string),
        Text::Decimal(precision, scale) => canonical::is_decimal(string, *precision, *scale),
        Text::BigDecimal => canonical::is_big_decimal(string),
        Text::Uuid => canonical::is_uuid(string),
        Text::Date => canonical::is_date(string),
        Text::Time(digits) => canonical::is_time(string, unit(*digits)),
        Text::LocalTimestamp(digits) => canonical::is_local_timestamp(string, unit(*digits)),
    }
}

/// The unit of so many digits behind the second.
fn unit(digits: u8) -> Unit {
    match digits {
        3 => Unit::Millis,
        6 => Unit::Micros,
        _ => Unit::Nanos,
    }
}

/// The same value in the form that reading gives it.
pub(super) fn respelled(text: &Text, bytes: &[u8]) -> Option<String> {
    let string = std::str::from_utf8(bytes).ok()?;
    match text {
        Text::Decimal(precision, scale) => canonical::decimal(string, *precision, *scale),
        Text::Uuid => Some(string.to_ascii_lowercase()).filter(|lower| canonical::is_uuid(lower)),
        Text::Upper => Some(string.to_uppercase()),
        Text::Lower => Some(string.to_lowercase()),
        _ => None,
    }
}

/// How a string of a certain form looks.
pub(super) fn form(text: &Text) -> Option<String> {
    let behind = |digits: u8| "0".repeat(digits.into());
    Some(match text {
        Text::Unknown | Text::String | Text::Bytes(None) | Text::Symbols(_) => return None,
        Text::Upper => "that `upcase` gives: it has lower-case letters".to_owned(),
        Text::Lower => "that `downcase` gives: it has capital letters".to_owned(),
        Text::Bytes(Some(size)) => format!("of {size} bytes"),
        Text::Decimal(precision, 0) => format!("\"12\" (a decimal of at most {})", counted(*precision)),
        Text::Decimal(precision, scale) if precision > scale => {
            format!("\"12.{}\" (always {} behind the point)", "0".repeat(*scale), counted(*scale))
        }
        Text::Decimal(_, scale) => {
            format!("\"0.{}\" (always {} behind the point)", "0".repeat(*scale), counted(*scale))
        }
        Text::BigDecimal => "\"12.30\"".to_owned(),
        Text::Uuid => "\"01234567-89ab-cdef-0123-456789abcdef\" (lower case)".to_owned(),
        Text::Date => "\"2024-01-31\"".to_owned(),
        Text::Time(digits) => format!("\"12:34:56.{}\"", behind(*digits)),
        Text::LocalTimestamp(digits) => format!("\"2024-01-31T12:34:56.{}\"", behind(*digits)),
    })
}
