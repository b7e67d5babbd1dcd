//! Patterns of ECMA 262 by Rust's `regex`, which has most of that dialect; what means something else there is translated
//! or refused.

use regex::Regex;

/// A pattern that is searched for.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// Why it cannot be kept.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let translated = translated(text)?;
        match Regex::new(&translated) {
            Ok(regex) => Ok(Self { text: text.to_owned(), regex }),
            Err(error) => Err(last_line(&error.to_string())),
        }
    }

    /// As the schema has it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is found in `text`.
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The crate draws the pattern with a caret; the reason stands last.
fn last_line(error: &str) -> String {
    let last = error.lines().next_back().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// `\d`, `\w` and `\b` are of ASCII in ECMA 262, and a point is no line end of any kind.
fn translated(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut in_class) = (text, false);
    while let Some(c) = rest.chars().next() {
        if !in_class && (rest.starts_with("[]") || rest.starts_with("[^]")) {
            return Err("an empty class means something else in other dialects".into());
        }
        let set_operation = ["&&", "--", "~~"].into_iter().find(|sign| rest.starts_with(sign));
        if let (true, Some(sign)) = (in_class, set_operation) {
            return Err(format!("`{sign}` within a class means something else in other dialects"));
        }
        if c == '\\' {
            let Some(escaped) = rest[1..].chars().next() else {
                return Err("it ends with a backslash".into());
            };
            match escaped {
                'd' => out.push_str("[0-9]"),
                'D' => out.push_str("[^0-9]"),
                'w' => out.push_str("[0-9A-Za-z_]"),
                'W' => out.push_str("[^0-9A-Za-z_]"),
                'b' if !in_class => out.push_str(r"(?-u:\b)"),
                'B' if !in_class => out.push_str(r"(?-u:\B)"),
                other => out.extend(['\\', other]),
            }
            rest = &rest[1 + escaped.len_utf8()..];
            continue;
        }
        match c {
            '[' if in_class => out.push_str("\\["),
            '.' if !in_class => out.push_str(r"[^\n\r\u{2028}\u{2029}]"),
            _ => out.push(c),
        }
        in_class = if in_class { c != ']' } else { c == '[' };
        rest = &rest[c.len_utf8()..];
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_what_it_means_in_a_browser() {
        for (pattern, text, expected) in [
            ("b", "abc", true),
            ("^b", "abc", false),
            (r"^\d+$", "12", true),
            (r"^\d+$", "\u{663}", false),
            (r"^[\w-]+$", "a-b", true),
            (r"^\w+$", "stra\u{df}e", false),
            (r"^[^\d]$", "x", true),
            (r"^[^\d]$", "7", false),
            (r"^[\D]$", "x", true),
            ("^.$", "\r", false),
            ("^[.]$", ".", true),
            ("^[[]$", "[", true),
            (r"^a\/b$", "a/b", true),
            (r"\bfoo\b", "a foo b", true),
            (r"^\.$", "x", false),
            ("^\u{1f98a}$", "\u{1f98a}", true),
        ] {
            let compiled = Pattern::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            assert_eq!(compiled.is_in(text), expected, "{pattern} in {text:?}");
        }
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        for pattern in ["(?=a)", r"(a)\1", "[a&&b]", "[]a]", "a\\", "("] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }
}
