//! The words of the configuration: for each element one table of its keys, with type, default and meaning.
//!
//! The walk (`walk.rs`), the suggestions for unknown keys and the JSON Schema (`schema.rs`) are all served
//! by these tables, so they cannot tell different stories.

/// The fewest characters of a token: shorter ones can be guessed.
pub(super) const TOKEN_CHARS_MIN: usize = 16;
/// The most, so that it fits in a header.
pub(super) const TOKEN_CHARS_MAX: usize = 1024;

/// One mapping of the configuration, such as `source:`.
#[derive(Debug)]
pub(super) struct Element {
    /// How messages call it, such as "a source".
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
    /// Whether exactly one of its keys must stand.
    pub exactly_one: bool,
    /// Its keys in the order of the documentation.
    pub keys: &'static [Key],
}

impl Element {
    /// The key of this name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// A key of an [`Element`].
#[derive(Debug)]
pub(super) struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What may stand there.
    pub shape: Shape,
    /// Whether it must stand there.
    pub need: Need,
    /// What it means.
    pub doc: &'static str,
}

/// Whether a key must stand in its element.
#[derive(Clone, Copy, Debug)]
pub(super) enum Need {
    /// It must.
    Required,
    /// It may; what its absence means is in the key's doc.
    Optional,
    /// It may; this stands there otherwise.
    Default(&'static str),
    /// It belongs to a part that this version does not have; the words say which.
    NotAvailable(&'static str),
}

/// What may stand at a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// A name of `[a-z0-9-]`.
    Name,
    /// A Kafka topic's name.
    Topic,
    /// A consumer group.
    Group,
    /// An id of the letters that Kafka allows in one.
    Id,
    /// A whole number in a range.
    Integer {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// A duration in a range of milliseconds.
    Duration {
        /// The shortest.
        min_ms: u64,
        /// The longest.
        max_ms: u64,
    },
    /// A size.
    Size,
    /// A percentage.
    Percent,
    /// `earliest`, `latest` or an RFC 3339 time.
    Start,
    /// One of some words.
    Choice(fn() -> Vec<&'static str>),
    /// Topics by name, or by one pattern.
    Topics,
    /// A VRL program.
    Program,
    /// librdkafka's properties.
    Properties,
    /// A path, relative to the file it is in.
    Path,
    /// An address to listen at, or null.
    Listen,
    /// A secret that is sent in an HTTP header.
    Token,
    /// A host's name, without a port.
    Host,
    /// Any text but an empty one.
    Text,
    /// An HTTP address, or a list of them.
    Urls,
    /// A nested element.
    Element(&'static Element),
    /// A word, or a nested element for more.
    WordOr(fn() -> Vec<&'static str>, &'static Element),
    /// A list.
    List {
        /// Of these.
        of: &'static Shape,
        /// The fewest items.
        min: usize,
    },
    /// Anything: of a key that is not available.
    Any,
}

impl Shape {
    /// What is expected, as a message says it after "must be".
    pub(super) fn expected(&self) -> String {
        match self {
            Shape::Name => "a name of lower-case letters, digits and `-`".to_owned(),
            Shape::Topic => "a topic's name".to_owned(),
            Shape::Group => "a consumer group's name".to_owned(),
            Shape::Id => "an id of letters, digits, `.`, `_` and `-`".to_owned(),
            Shape::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Shape::Duration { .. } => "a duration such as `500ms`, `5s` or `1m`".to_owned(),
            Shape::Size => "a size such as `64KiB`, `512MiB` or `2GiB`".to_owned(),
            Shape::Percent => "a percentage such as `50%`".to_owned(),
            Shape::Start => "`earliest`, `latest` or a time such as `2026-05-01T00:00:00Z`".to_owned(),
            Shape::Choice(words) => one_of(&words()),
            Shape::Topics => "a list of topic names, or one pattern that starts with `^`".to_owned(),
            Shape::Program => "a program, as text".to_owned(),
            Shape::Properties => "a mapping of librdkafka's properties".to_owned(),
            Shape::Path => "a path".to_owned(),
            Shape::Listen => "an address with a port such as `127.0.0.1:9464`, or `null`".to_owned(),
            Shape::Token => {
                format!("{TOKEN_CHARS_MIN} to {TOKEN_CHARS_MAX} visible ASCII characters without spaces")
            }
            Shape::Host => "a host's name without a port".to_owned(),
            Shape::Text => "a text that is not empty".to_owned(),
            Shape::Urls => "an address such as `https://registry:8081`, or a list of them".to_owned(),
            Shape::Element(element) => format!("a mapping ({})", keys_of(element)),
            Shape::WordOr(words, element) => {
                format!("{}, or a mapping ({})", one_of(&words()), keys_of(element))
            }
            Shape::List { .. } => "a list".to_owned(),
            Shape::Any => "anything".to_owned(),
        }
    }
}

/// The keys of an element that this version has, as a message lists them.
pub(super) fn keys_of(element: &Element) -> String {
    let available = element.keys.iter().filter(|key| !matches!(key.need, Need::NotAvailable(_)));
    let names: Vec<_> = available.map(|key| format!("`{}`", key.name)).collect();
    names.join(", ")
}

fn one_of(words: &[&str]) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.join(""),
    }
}

/// A type whose values are words of the configuration.
pub(super) trait Words: Copy + 'static {
    /// Each word and what it stands for, in the order of the documentation.
    const WORDS: &'static [(&'static str, Self)];

    /// The words alone.
    fn words() -> Vec<&'static str> {
        Self::WORDS.iter().map(|(word, _)| *word).collect()
    }

    /// Words that belong to a part that this version does not have.
    fn not_available() -> &'static [&'static str] {
        &[]
    }
}

/// The nearest of some known names, where one is near enough to be meant.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR_ENOUGH: f64 = 0.75;
    let lower = name.to_lowercase();
    known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(&lower, &known.to_lowercase()), known))
        .filter(|(similarity, _)| *similarity >= NEAR_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_near_or_none() {
        let known = ["source", "sinks", "transform", "tombstones"];
        assert_eq!(nearest("sorce", known), Some("source"));
        assert_eq!(nearest("sink", known), Some("sinks"));
        assert_eq!(nearest("Transform", known), Some("transform"));
        assert_eq!(nearest("x", known), None);
    }

    #[test]
    fn words_are_listed_as_people_do() {
        assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(one_of(&["a"]), "`a`");
    }
}
