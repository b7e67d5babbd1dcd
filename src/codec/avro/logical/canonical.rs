//! Which texts reading gives for the logical types that are texts: those that come out again as they were.

use super::super::schema::Unit;
use super::decimal::{DECIMAL_DIGITS_MAX, Unscaled};
use super::{calendar, uuid};

/// A decimal of so many digits, so many of them behind the point.
pub fn is_decimal(text: &str, precision: usize, scale: usize) -> bool {
    decimal(text, precision, scale).is_some_and(|again| again == text)
}

/// A decimal as reading gives it, however it is spelled here.
pub fn decimal(text: &str, precision: usize, scale: usize) -> Option<String> {
    // Beyond it reading gives none; and a zero has as many digits as the scale says.
    if scale > DECIMAL_DIGITS_MAX {
        return None;
    }
    let number = Unscaled::parse_as(text, precision, scale).ok()?;
    Some(number.plain(i64::try_from(scale).ok()?))
}

/// A decimal with a scale of its own.
pub fn is_big_decimal(text: &str) -> bool {
    Unscaled::parse(text)
        .is_ok_and(|(number, scale)| i64::try_from(scale).is_ok_and(|scale| number.plain(scale) == text))
}

/// A UUID.
pub fn is_uuid(text: &str) -> bool {
    uuid::parse(text.as_bytes()).is_some_and(|bytes| uuid::text(bytes) == text)
}

/// A date.
pub fn is_date(text: &str) -> bool {
    let days = calendar::parse_date(text).filter(|days| i32::try_from(*days).is_ok());
    days.is_some_and(|days| calendar::date_text(days) == text)
}

/// A time of the day.
pub fn is_time(text: &str, unit: Unit) -> bool {
    let count = calendar::parse_time(text, unit).and_then(|counted| i64::try_from(counted.count).ok());
    count.and_then(|count| calendar::time_text(count, unit)).is_some_and(|again| again == text)
}

/// A date and time without a zone.
pub fn is_local_timestamp(text: &str, unit: Unit) -> bool {
    let count = calendar::parse_local(text, unit).and_then(|counted| i64::try_from(counted.count).ok());
    count.is_some_and(|count| calendar::local_text(count, unit) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reading_gives_is_taken() {
        for (text, is_one) in [
            ("1.00", true),
            ("-12.30", true),
            ("0.00", true),
            ("9999.99", true),
            ("01.00", false),
            ("-0.00", false),
            ("+1.00", false),
            ("1.0", false),
            ("1", false),
            ("1.000", false),
            ("10000.00", false),
            (".50", false),
            ("", false),
        ] {
            assert_eq!(is_decimal(text, 6, 2), is_one, "{text:?}");
        }
        for (text, is_one) in [("7", true), ("-7", true), ("07", false), ("7.", false), ("-0", false)] {
            assert_eq!(is_decimal(text, 3, 0), is_one, "{text:?}");
        }
        for (text, is_one) in [("1.50", true), ("100", true), ("-0.0", false), ("1e3", false)] {
            assert_eq!(is_big_decimal(text), is_one, "{text:?}");
        }
        for (text, is_one) in [
            ("01234567-89ab-cdef-0123-456789abcdef", true),
            ("01234567-89AB-cdef-0123-456789abcdef", false),
            ("0123456789abcdef0123456789abcdef", false),
        ] {
            assert_eq!(is_uuid(text), is_one, "{text:?}");
        }
        for (text, is_one) in [
            ("2024-02-29", true),
            ("+10000-01-01", true),
            ("-0001-12-31", true),
            ("2023-02-29", false),
            ("2024-13-01", false),
            ("2024-1-1", false),
            ("+2024-01-01", false),
            ("+9999999-01-01", false),
        ] {
            assert_eq!(is_date(text), is_one, "{text:?}");
        }
        for (text, is_one) in
            [("12:34:56.789", true), ("12:34:56", false), ("12:34:56.7890", false), ("24:00:00.000", false)]
        {
            assert_eq!(is_time(text, Unit::Millis), is_one, "{text:?}");
        }
        for (text, is_one) in [
            ("2024-01-31T12:34:56.789000", true),
            ("2024-01-31T12:34:56.789", false),
            ("2024-01-31 12:34:56.789000", false),
            ("2024-02-31T12:34:56.789000", false),
        ] {
            assert_eq!(is_local_timestamp(text, Unit::Micros), is_one, "{text:?}");
        }
    }
}
