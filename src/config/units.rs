//! Numbers with units, as users write them: durations, sizes, percents, times.

use std::time::Duration;

/// Reads a duration such as `500ms`, `5s`, `1m` or `2h`; whole numbers only.
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(ms).map(Duration::from_millis)
}

/// Writes a duration in the largest unit that holds it exactly.
pub fn show_duration(duration: Duration) -> String {
    let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    match ms {
        0 => "0s".to_owned(),
        ms if ms % 3_600_000 == 0 => format!("{}h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{}m", ms / 60_000),
        ms if ms % 1_000 == 0 => format!("{}s", ms / 1_000),
        ms => format!("{ms}ms"),
    }
}

/// Reads a size such as `64KiB`, `512MiB` or `2GiB`, in bytes.
pub fn size_bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let bytes = match unit {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(bytes)
}

/// Writes a size in the largest unit that holds it exactly, rounded up to whole KiB.
pub fn show_size(bytes: u64) -> String {
    let kib = bytes.div_ceil(1 << 10);
    match kib {
        0 => "0KiB".to_owned(),
        kib if kib % (1 << 20) == 0 => format!("{}GiB", kib >> 20),
        kib if kib % (1 << 10) == 0 => format!("{}MiB", kib >> 10),
        kib => format!("{kib}KiB"),
    }
}

/// Reads a percentage such as `50%` or `0.5%`, 0 to 100.
pub fn percent(text: &str) -> Option<f64> {
    let number = text.strip_suffix('%')?;
    let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let value: f64 = number.parse().ok().filter(|_| plain)?;
    (0.0..=100.0).contains(&value).then_some(value)
}

/// Reads an RFC 3339 time, in milliseconds since the Unix epoch.
pub fn timestamp_ms(text: &str) -> Option<i64> {
    let time = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.timestamp_millis()).filter(|ms| *ms >= 0)
}

/// Reads a whole number in decimal digits.
pub fn whole_number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    // `010` is ten to some and eight to others.
    let is_plain = digits && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_plain)
}

fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn whole_numbers() {
        assert_eq!((whole_number("0"), whole_number("120")), (Some(0), Some(120)));
        for bad in ["", "010", "-1", "+1", "1.0", "1e3", "0x10", "1_000", "99999999999999999999"] {
            assert_eq!(whole_number(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("5s"), Some(Duration::from_secs(5)));
        assert_eq!(duration("1m"), Some(Duration::from_secs(60)));
        assert_eq!(duration("2h"), Some(Duration::from_secs(7200)));
        for bad in [
            "",
            "5",
            "s",
            "-5s",
            "1.5s",
            "5 s",
            "5S",
            "5sec",
            "99999999999999999999s",
            "18446744073709551615h",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(size_bytes("64KiB"), Some(65_536));
        assert_eq!(size_bytes("512MiB"), Some(536_870_912));
        assert_eq!(size_bytes("2GiB"), Some(2_147_483_648));
        for bad in ["", "512", "512MB", "512mib", "1.5GiB", "-1KiB", "99999999999999999999GiB"] {
            assert_eq!(size_bytes(bad), None, "{bad}");
        }
    }

    #[test]
    fn percents() {
        assert_eq!(percent("50%"), Some(50.0));
        assert_eq!(percent("0.5%"), Some(0.5));
        assert_eq!(percent("100%"), Some(100.0));
        for bad in ["50", "101%", "-1%", "%", "1e1%", "inf%", "+5%", "NaN%"] {
            assert_eq!(percent(bad), None, "{bad}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(timestamp_ms("1970-01-01T00:00:01.5Z"), Some(1_500));
        assert_eq!(timestamp_ms("2024-05-01T00:00:00+02:00"), Some(1_714_514_400_000));
        for bad in ["2024-05-01", "yesterday", "1960-01-01T00:00:00Z", "2024-13-01T00:00:00Z"] {
            assert_eq!(timestamp_ms(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_shown_duration_reads_back(ms in 1u64..10_000_000_000) {
            let written = Duration::from_millis(ms);
            prop_assert_eq!(duration(&show_duration(written)), Some(written));
        }

        #[test]
        fn a_shown_size_reads_back_and_never_shrinks(bytes in 1u64..1 << 50) {
            let read = size_bytes(&show_size(bytes)).expect("it was written here");
            prop_assert!(read >= bytes && read < bytes + 1024);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = (duration(&text), size_bytes(&text), percent(&text), timestamp_ms(&text));
        }
    }
}
