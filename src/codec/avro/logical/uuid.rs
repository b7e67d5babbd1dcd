//! UUIDs as RFC 4122 writes them: 32 hexadecimal digits in five groups.

/// Where the groups are separated.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// The canonical text: lower case.
pub(in super::super) fn text(bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for byte in bytes {
        if HYPHENS.contains(&text.len()) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).expect("four bits are a digit"));
        }
    }
    text
}

/// The bytes of a text in either case.
pub(in super::super) fn parse(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != 36 || HYPHENS.iter().any(|at| text[*at] != b'-') {
        return None;
    }
    let mut digits = text.iter().enumerate().filter(|(at, _)| !HYPHENS.contains(at)).map(|(_, digit)| *digit);
    let mut bytes = [0; 16];
    for byte in &mut bytes {
        for _ in 0..2 {
            let digit = char::from(digits.next()?).to_digit(16)?;
            *byte = (*byte << 4) | u8::try_from(digit).ok()?;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_in_either_case_and_written_in_lower() {
        let lower = "0123abcd-4567-89ef-0000-ffffffffffff";
        let bytes = parse(lower.to_uppercase().as_bytes()).expect("it is a UUID");
        assert_eq!(text(bytes), lower);
    }

    #[test]
    fn what_is_no_uuid_is_none() {
        for text in [
            "",
            "0123abcd456789ef0000ffffffffffff",
            "0123abcd-4567-89ef-0000-fffffffffff",
            "0123abcd-4567-89ef-0000-ffffffffffffg",
            "0123abcg-4567-89ef-0000-ffffffffffff",
            "0123abcd-4567-89ef-00000ffffffffffff",
            "0123abcd-4567-89ef-0000-fffffffffff\u{e9}",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
