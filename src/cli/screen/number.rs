//! Numbers as people read them.

use std::time::Duration;

/// A number with its thousands set apart: 36,012.
pub(in crate::cli) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number in at most `chars` characters (five or more): in full where it fits, else its first digits: 12.3M.
pub(in crate::cli) fn brief(number: u64, chars: usize) -> String {
    const UNITS: [(u64, char); 6] = [
        (1_000, 'k'),
        (1_000_000, 'M'),
        (1_000_000_000, 'G'),
        (1_000_000_000_000, 'T'),
        (1_000_000_000_000_000, 'P'),
        (1_000_000_000_000_000_000, 'E'),
    ];
    let full = grouped(number);
    if full.len() <= chars {
        return full;
    }
    let (unit, letter) = UNITS.into_iter().rev().find(|(unit, _)| number >= *unit).unwrap_or(UNITS[0]);
    let (whole, tenth) = (number / unit, number % unit * 10 / unit);
    if whole < 100 { format!("{whole}.{tenth}{letter}") } else { format!("{whole}{letter}") }
}

/// How long something has lasted, in its largest unit: 12 s, 5 min, 3 h, 2 d.
pub(in crate::cli) fn age(lasted: Duration) -> String {
    match lasted.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..86_400 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// A size in its largest unit: 512 MiB.
pub(in crate::cli) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) if bytes.is_multiple_of(unit) => format!("{} {name}", bytes / unit),
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(
            [0, 999, 1_000, 36_012, 1_234_567].map(grouped),
            ["0", "999", "1,000", "36,012", "1,234,567"]
        );
    }

    #[test]
    fn what_does_not_fit_is_told_in_a_larger_unit() {
        let numbers = [0, 9_999, 12_345, 999_999, 1_234_567, 123_456_789, u64::MAX];
        assert_eq!(
            numbers.map(|number| brief(number, 6)),
            ["0", "9,999", "12,345", "999k", "1.2M", "123M", "18.4E"]
        );
    }

    #[test]
    fn ages_and_sizes_have_one_unit() {
        let ages = [0, 59, 60, 3_599, 3_600, 86_399, 86_400, 8_640_000];
        let texts = ages.map(|seconds| age(Duration::from_secs(seconds)));
        assert_eq!(texts, ["0 s", "59 s", "1 min", "59 min", "1 h", "23 h", "1 d", "100 d"]);
        let sizes = [0, 1_023, 1_024, 1_536, 512 << 20, 3 << 29];
        assert_eq!(sizes.map(size), ["0 B", "1023 B", "1 KiB", "1.5 KiB", "512 MiB", "1.5 GiB"]);
    }
}
