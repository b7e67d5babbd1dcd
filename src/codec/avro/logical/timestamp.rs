//! Timestamps: counted from 1970 in UTC ↔ the timestamps of expressions, and texts of RFC 3339. Its years have four digits;
//! beyond them they have a sign, as ISO 8601 asks for, which is what JSON is written with.

use chrono::{DateTime, Utc};
use vrl::value::Value;

use super::super::schema::Unit;
use super::calendar::{Counted, DAY_SECONDS, parse_date};

/// Why something is no timestamp of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Misfit {
    /// The text is none.
    NoTimestamp,
    /// The second 60: a count from 1970 has no place for it, and would be that of the next.
    LeapSecond,
    /// Expressions end at the years ±262,000.
    Beyond,
}

/// A count as a value; `None` where expressions cannot hold it.
pub(in super::super) fn value(count: i64, unit: Unit) -> Option<Value> {
    let time = match unit {
        Unit::Millis => DateTime::from_timestamp_millis(count),
        Unit::Micros => DateTime::from_timestamp_micros(count),
        Unit::Nanos => Some(DateTime::from_timestamp_nanos(count)),
    };
    time.map(Value::Timestamp)
}

/// In the unit, rounded down.
pub(in super::super) fn counted(time: DateTime<Utc>, unit: Unit) -> Result<Counted, Misfit> {
    const SECOND_NANOS: u32 = 1_000_000_000;
    // chrono has a leap second as the one before, with more nanoseconds than it has.
    if time.timestamp_subsec_nanos() >= SECOND_NANOS {
        return Err(Misfit::LeapSecond);
    }
    let nanos =
        i128::from(time.timestamp()) * i128::from(SECOND_NANOS) + i128::from(time.timestamp_subsec_nanos());
    let each = i128::from(i64::from(SECOND_NANOS) / unit.per_second());
    Ok(Counted { count: nanos.div_euclid(each), is_exact: nanos.rem_euclid(each) == 0 })
}

/// The timestamp of a text.
pub(in super::super) fn parse(text: &str, unit: Unit) -> Result<Counted, Misfit> {
    let end_of_date = text.find(['T', 't', ' ']).ok_or(Misfit::NoTimestamp)?;
    let (date, time) = text.split_at(end_of_date);
    let days = parse_date(date).ok_or(Misfit::NoTimestamp)?;
    // The date is read here, since chrono knows years of four digits only; the time of day and its zone are read there.
    let time = DateTime::parse_from_rfc3339(&format!("1970-01-01{time}")).map_err(|_| Misfit::NoTimestamp)?;
    let within = counted(time.to_utc(), unit)?;
    let count = i128::from(days) * i128::from(DAY_SECONDS * unit.per_second()) + within.count;
    let seconds = i64::try_from(count.div_euclid(unit.per_second().into())).map_err(|_| Misfit::Beyond)?;
    DateTime::from_timestamp(seconds, 0).ok_or(Misfit::Beyond)?;
    Ok(Counted { count, ..within })
}

#[cfg(test)]
mod tests {
    use chrono::SecondsFormat;
    use proptest::prelude::*;

    use super::*;

    fn count(text: &str) -> Result<i128, Misfit> {
        parse(text, Unit::Millis).map(|counted| counted.count)
    }

    #[test]
    fn the_zone_moves_the_day_and_digits_beyond_the_unit_are_cut() {
        assert_eq!(count("1970-01-01T00:00:00.0019Z"), Ok(1));
        assert_eq!(count("1970-01-01T00:30:00+01:00"), Ok(-1_800_000));
        assert_eq!(count("1969-12-31t23:30:00-01:00"), Ok(1_800_000));
        for text in ["", "1970-01-01", "1970-01-01T00:00:00", "10000-01-01T00:00:00Z", "1970-02-30T00:00:00Z"]
        {
            assert_eq!(count(text), Err(Misfit::NoTimestamp), "{text}");
        }
    }

    #[test]
    fn a_leap_second_is_not_taken_for_the_next() {
        assert_eq!(count("2016-12-31T23:59:60Z"), Err(Misfit::LeapSecond));
        assert_eq!(count("2017-01-01T00:59:60.5+01:00"), Err(Misfit::LeapSecond));
        let leap = DateTime::parse_from_rfc3339("2016-12-31T23:59:60Z").expect("chrono has them").to_utc();
        assert_eq!(counted(leap, Unit::Millis), Err(Misfit::LeapSecond));
    }

    #[test]
    fn years_end_where_those_of_expressions_do() {
        for edge in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let text = edge.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            assert_eq!(count(&text), Ok(edge.timestamp_millis().into()), "{text}");
        }
        assert_eq!(count("+262143-01-01T00:00:00Z"), Err(Misfit::Beyond));
        assert_eq!(count("+999999999-01-01T00:00:00Z"), Err(Misfit::Beyond));
        assert_eq!(count("-0001-12-31T23:59:59Z"), Ok(-62_167_219_201_000));
    }

    proptest! {
        #[test]
        fn what_json_is_written_with_is_read_again(millis in -8_000_000_000_000_000_i64..8_000_000_000_000_000) {
            let time = DateTime::from_timestamp_millis(millis).expect("it is in chrono's range");
            let text = vrl::value::value::timestamp_to_string(&time);
            prop_assert_eq!(count(&text), Ok(millis.into()), "{}", text);
        }
    }
}
