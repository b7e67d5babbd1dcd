//! Dates, times of day and local timestamps as ISO 8601 writes them, over the whole range of Avro's integers: chrono's
//! dates end at the year 262,142, an `int` of days at 5,881,580.

use super::super::schema::Unit;

pub(super) const DAY_SECONDS: i64 = 86_400;
/// From 0000-03-01, where the years of the formulas begin, to 1970-01-01.
const EPOCH_SHIFT_DAYS: i64 = 719_468;
/// 400 years.
const ERA_DAYS: i64 = 146_097;

/// What a text says in a type's unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Counted {
    pub(in super::super) count: i128,
    /// Whether no digits were cut.
    pub(in super::super) is_exact: bool,
}

impl Unit {
    /// How many make a second.
    pub(in super::super) fn per_second(self) -> i64 {
        match self {
            Self::Millis => 1_000,
            Self::Micros => 1_000_000,
            Self::Nanos => 1_000_000_000,
        }
    }

    fn digits(self) -> usize {
        match self {
            Self::Millis => 3,
            Self::Micros => 6,
            Self::Nanos => 9,
        }
    }
}

/// A day, counted from 1970-01-01.
pub(in super::super) fn date_text(days: i64) -> String {
    let (year, month, day) = civil(days);
    match year {
        0..=9999 => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:+05}-{month:02}-{day:02}"),
    }
}

/// A time of day; `None` for what is no time of a day.
pub(in super::super) fn time_text(count: i64, unit: Unit) -> Option<String> {
    (0..DAY_SECONDS * unit.per_second()).contains(&count).then(|| clock(count, unit))
}

/// A local timestamp, counted from 1970-01-01T00:00.
pub(in super::super) fn local_text(count: i64, unit: Unit) -> String {
    let day = DAY_SECONDS * unit.per_second();
    format!("{}T{}", date_text(count.div_euclid(day)), clock(count.rem_euclid(day), unit))
}

/// The day of a text, counted from 1970-01-01.
pub(in super::super) fn parse_date(text: &str) -> Option<i64> {
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => (1, text),
    };
    let (rest, day) = unsigned.rsplit_once('-')?;
    let (year, month) = rest.rsplit_once('-')?;
    let is_year = year.len() == 4 || (unsigned.len() < text.len() && (4..=9).contains(&year.len()));
    if !is_year || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let (year, month, day) = (sign * digits(year)?, digits(month)?, digits(day)?);
    let days = days_of(year, month, day);
    // A day that the month does not have comes out as one of the next.
    ((1..=12).contains(&month) && civil(days) == (year, month, day)).then_some(days)
}

/// The time of day of a text.
pub(in super::super) fn parse_time(text: &str, unit: Unit) -> Option<Counted> {
    let (clock, fraction) = text.split_once('.').map_or((text, None), |(clock, rest)| (clock, Some(rest)));
    let [hour, minute, second] = clock.split(':').collect::<Vec<_>>().try_into().ok()?;
    if [hour, minute, second].iter().any(|part: &&str| part.len() != 2) {
        return None;
    }
    let (hour, minute, second) = (digits(hour)?, digits(minute)?, digits(second)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (part, is_exact) = fraction.map_or(Some((0, true)), |fraction| parse_fraction(fraction, unit))?;
    let seconds = hour * 3_600 + minute * 60 + second;
    Some(Counted { count: i128::from(seconds * unit.per_second() + part), is_exact })
}

/// The local timestamp of a text.
pub(in super::super) fn parse_local(text: &str, unit: Unit) -> Option<Counted> {
    let (date, time) = text.split_once('T')?;
    let (days, time) = (parse_date(date)?, parse_time(time, unit)?);
    let count = i128::from(days) * i128::from(DAY_SECONDS * unit.per_second()) + time.count;
    Some(Counted { count, ..time })
}

/// One to nine digits behind the point; those that the unit has no place for are cut.
fn parse_fraction(fraction: &str, unit: Unit) -> Option<(i64, bool)> {
    if !(1..=9).contains(&fraction.len()) {
        return None;
    }
    digits(fraction)?;
    let kept = fraction.len().min(unit.digits());
    let missing = u32::try_from(unit.digits() - kept).expect("at most nine");
    let part = digits(&fraction[..kept])? * 10_i64.pow(missing);
    Some((part, fraction[kept..].bytes().all(|digit| digit == b'0')))
}

/// Nothing but digits, at most nine of them.
fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

fn clock(count: i64, unit: Unit) -> String {
    let (seconds, part) = (count / unit.per_second(), count % unit.per_second());
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{hour:02}:{minute:02}:{second:02}.{part:0width$}", width = unit.digits())
}

/// Year, month and day of a day, in the proleptic Gregorian calendar.
///
/// The formulas are Howard Hinnant's, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that the
/// day that not every year has is the last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + EPOCH_SHIFT_DAYS;
    let (era, day_of_era) = (shifted.div_euclid(ERA_DAYS), shifted.rem_euclid(ERA_DAYS));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * ERA_DAYS + day_of_era - EPOCH_SHIFT_DAYS
}

#[cfg(test)]
#[path = "calendar_tests.rs"]
mod tests;
