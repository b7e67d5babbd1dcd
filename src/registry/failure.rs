//! Why a request brought nothing to go on with: the registry is away, or it answered no.

/// The longest text of a registry's that is told on, in characters.
pub(super) const TOLD_CHARS_MAX: usize = 300;

/// Why a request brought nothing to go on with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// The world is broken: it is asked again.
    #[error("{0}")]
    Outage(String),
    /// It does not know what was asked for, as HTTP says that (404 or 405): an older registry, or none at all.
    #[error("{0}")]
    NoCall(String),
    /// The registry answered with one of the codes of its API.
    #[error("{message} (error code {code})")]
    Refused {
        /// `error_code` of the answer.
        code: i64,
        /// Its `message`.
        message: String,
    },
}

impl Failure {
    /// No such subject, version or schema (404xx).
    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if (40_401..=40_499).contains(code))
    }

    /// It does not know what was asked for.
    pub(super) fn is_no_call(&self) -> bool {
        matches!(self, Self::NoCall(_))
    }

    /// No schema of this id, by the API's own code for it.
    pub(super) fn is_unknown_id(&self) -> bool {
        matches!(self, Self::Refused { code: 40_403, .. })
    }

    /// The compatibility rule says no (409), or the registry holds the schema or version for none (422).
    pub(super) fn is_final(&self) -> bool {
        matches!(self, Self::Refused { code, .. } if matches!(code, 409 | 422 | 40_900..=40_999 | 42_200..=42_299))
    }
}

/// What a registry says, fit for one line of a log or a report.
pub(super) fn told(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(TOLD_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_registry_says_becomes_one_short_line() {
        assert_eq!(told("a\n  b\u{1b}[31m\tc"), "a b [31m c");
        let long = told(&"é".repeat(1000));
        assert_eq!(long.chars().count(), TOLD_CHARS_MAX + 1);
    }

    #[test]
    fn codes_tell_what_is_missing_from_what_is_refused() {
        let refused = |code| Failure::Refused { code, message: String::new() };
        assert!(refused(40_401).is_missing() && !refused(40_401).is_unknown_id());
        assert!(refused(40_403).is_unknown_id() && !refused(40_403).is_final());
        assert!(refused(409).is_final() && refused(42_201).is_final() && !refused(409).is_missing());
        assert!(!Failure::Outage(String::new()).is_missing());
    }
}
