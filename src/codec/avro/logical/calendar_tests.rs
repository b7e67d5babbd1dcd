use chrono::{Datelike, NaiveDate};
use proptest::prelude::*;

use super::*;

#[test]
fn dates_hold_the_whole_range_of_int() {
    assert_eq!(date_text(0), "1970-01-01");
    assert_eq!(date_text(-719_528), "0000-01-01");
    assert_eq!(date_text(-719_529), "-0001-12-31");
    assert_eq!(date_text(2_932_896), "9999-12-31");
    assert_eq!(date_text(2_932_897), "+10000-01-01");
    assert_eq!(date_text(i32::MAX.into()), "+5881580-07-11");
    assert_eq!(date_text(i32::MIN.into()), "-5877641-06-23");
}

#[test]
fn what_is_no_date_is_none() {
    for text in [
        "",
        "-",
        "2023-02-29",
        "2024-13-01",
        "2024-00-10",
        "2024-01-00",
        "2024-1-01",
        "24-01-01",
        "10000-01-01",
        "2024-01-01T00:00",
        "2024/01/01",
        "+1000000000-01-01",
        "2024-01-0\u{e9}",
        "\u{e9}024-01-01",
    ] {
        assert_eq!(parse_date(text), None, "{text}");
    }
    assert_eq!(parse_date("2024-02-29").map(date_text).as_deref(), Some("2024-02-29"));
}

#[test]
fn times_end_with_the_day() {
    assert_eq!(time_text(0, Unit::Millis).as_deref(), Some("00:00:00.000"));
    assert_eq!(time_text(86_399_999, Unit::Millis).as_deref(), Some("23:59:59.999"));
    assert_eq!(time_text(86_399_999_999, Unit::Micros).as_deref(), Some("23:59:59.999999"));
    assert_eq!(time_text(86_400_000, Unit::Millis), None);
    assert_eq!(time_text(-1, Unit::Micros), None);
}

#[test]
fn digits_that_the_unit_has_no_place_for_are_cut_and_told() {
    let at = |text: &str| parse_time(text, Unit::Millis).map(|time| (time.count, time.is_exact));
    assert_eq!(at("00:00:01"), Some((1_000, true)));
    assert_eq!(at("00:00:01.5"), Some((1_500, true)));
    assert_eq!(at("00:00:01.5000"), Some((1_500, true)));
    assert_eq!(at("00:00:01.123999999"), Some((1_123, false)));
    for text in [
        "24:00:00",
        "00:60:00",
        "00:00:60",
        "0:00:00",
        "00:00",
        "00:00:00.",
        "00:00:00.1234567890",
        "00:00:00Z",
    ] {
        assert_eq!(at(text), None, "{text}");
    }
}

#[test]
fn local_timestamps_hold_the_whole_range_of_long() {
    assert_eq!(local_text(0, Unit::Millis), "1970-01-01T00:00:00.000");
    assert_eq!(local_text(-1, Unit::Nanos), "1969-12-31T23:59:59.999999999");
    for unit in [Unit::Millis, Unit::Micros, Unit::Nanos] {
        for count in [i64::MIN, -1, 0, 1_706_704_496_789, i64::MAX] {
            let text = local_text(count, unit);
            let expected = Counted { count: count.into(), is_exact: true };
            assert_eq!(parse_local(&text, unit), Some(expected), "{text}");
        }
    }
    assert_eq!(parse_local("1970-01-01 00:00:00.000", Unit::Millis), None);
}

proptest! {
    #[test]
    fn dates_are_what_chrono_has_them_for(days in -90_000_000_i32..90_000_000) {
        let text = date_text(days.into());
        prop_assert_eq!(parse_date(&text), Some(days.into()));
        let theirs = NaiveDate::from_epoch_days(days).expect("it is in chrono's range");
        prop_assert_eq!(civil(days.into()), (theirs.year().into(), theirs.month().into(), theirs.day().into()));
    }

    #[test]
    fn every_date_is_read_again(days: i32) {
        prop_assert_eq!(parse_date(&date_text(days.into())), Some(days.into()));
    }
}
