//! `source:`: where records come from.

use regex::Regex;

use super::diagnostic::Diagnostic;
use super::element::{Element, Key, Need, Shape, Words};
use super::interpolate::OtherDollars;
use super::names;
use super::node::{Node, Value};
use super::source_map::Place;
use super::spec::{OnOffsetLost, SourceSpec, StartAt, TopicsSpec};
use super::units;
use super::walk::{Fields, Located, Walk, word};

/// The keys of `source:`.
pub(super) static SOURCE: Element = Element {
    name: "a source",
    doc: "Where records come from.",
    exactly_one: false,
    keys: &[
        Key {
            name: "topics",
            shape: Shape::Topics,
            need: Need::Required,
            doc: "the topics to read: a list of names, or one pattern that starts with `^` (Rust's regex dialect)",
        },
        Key {
            name: "group",
            shape: Shape::Group,
            need: Need::Optional,
            doc: "the consumer group, unique in the daemon; default: `millstream.` and the pipeline's name",
        },
        Key {
            name: "start",
            shape: Shape::Start,
            need: Need::Default("earliest"),
            doc: "where to begin when the group has committed nothing: `earliest`, `latest` or an RFC 3339 time",
        },
        Key {
            name: "on_offset_lost",
            shape: Shape::Choice(OnOffsetLost::words),
            need: Need::Default("stop"),
            doc: "what to do when retention overtook the committed offset",
        },
    ],
};

impl Words for OnOffsetLost {
    const WORDS: &'static [(&'static str, OnOffsetLost)] = &[
        ("stop", OnOffsetLost::Stop),
        ("earliest", OnOffsetLost::Earliest),
        ("latest", OnOffsetLost::Latest),
    ];
}

/// A source and the places that other checks need.
pub(super) struct Source {
    /// The source; `None` where something in it is wrong.
    pub spec: Option<SourceSpec>,
    /// What it reads, as far as it could be read.
    pub reads: Reads,
    /// The group, and where it, or else the pipeline's name, stands.
    pub group: Option<Located>,
}

/// What a source reads, for the checks that look at several elements.
pub(super) enum Reads {
    /// These topics.
    Names(Vec<Located>),
    /// All topics that match.
    Pattern(Regex, Located),
}

/// Reads `source:` of the pipeline of that name.
pub(super) fn source(walk: &mut Walk<'_>, node: &Node, pipeline: Option<&Located>) -> Source {
    let mut source = Source { spec: None, reads: Reads::Names(Vec::new()), group: None };
    let Some(fields) = Fields::open(walk, node, &SOURCE) else {
        return source;
    };
    let reads = fields.read(walk, "topics", topics);
    let written = fields.optional(walk, "group", names::group);
    let start = fields.read(walk, "start", start);
    let on_offset_lost = fields.read(walk, "on_offset_lost", word);
    source.group = written.and_then(|written| written.or_else(|| pipeline.map(default_group)));
    let complete = reads.is_some();
    if let Some(reads) = reads {
        source.reads = reads;
    }
    source.spec = (|| {
        Some(SourceSpec {
            topics: complete.then(|| source.reads.spec())?,
            group: source.group.as_ref()?.value.clone(),
            start: start?,
            on_offset_lost: on_offset_lost?,
        })
    })();
    source
}

/// The group of a pipeline that names none.
fn default_group(pipeline: &Located) -> Located {
    let group = |name: &str| format!("millstream.{name}");
    Located { value: group(&pipeline.value), shown: group(&pipeline.shown), place: pipeline.place }
}

impl Reads {
    fn spec(&self) -> TopicsSpec {
        match self {
            Reads::Names(names) => TopicsSpec::Names(names.iter().map(|name| name.value.clone()).collect()),
            Reads::Pattern(pattern, _) => TopicsSpec::Pattern(pattern.clone()),
        }
    }

    /// What it reads, as the file says it.
    pub(super) fn shown(&self) -> String {
        match self {
            Reads::Names(names) => {
                names.iter().map(|name| name.shown.as_str()).collect::<Vec<_>>().join(", ")
            }
            Reads::Pattern(_, written) => written.shown.clone(),
        }
    }

    /// Where a topic of this name is read.
    pub(super) fn place_of(&self, topic: &str) -> Option<Place> {
        match self {
            Reads::Names(names) => names.iter().find(|name| name.value == topic).map(|name| name.place),
            Reads::Pattern(pattern, written) => pattern.is_match(topic).then_some(written.place),
        }
    }
}

fn topics(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Reads> {
    match &node.value {
        Value::Text(written) => {
            let text = walk.text(node, OtherDollars::Literal)?;
            if text.value.starts_with('^') {
                return pattern(walk, node);
            }
            if text.opaque {
                return Some(Reads::Names(Vec::new()));
            }
            let message = format!("`topics` must be {}, and is text", key.shape.expected());
            let wrong = Diagnostic::error("wrong-type", message).at(node.place, "text");
            walk.report(wrong.note(format!("write `topics: [{written}]`")));
            None
        }
        Value::List(items) => list(walk, node, items),
        _ => {
            walk.wrong(node, key);
            None
        }
    }
}

/// One item of `topics:`.
static TOPIC: Key = Key { name: "topics", shape: Shape::Topic, need: Need::Required, doc: "a topic to read" };

fn list(walk: &mut Walk<'_>, node: &Node, items: &[Node]) -> Option<Reads> {
    let is_pattern = |item: &&Node| matches!(&item.value, Value::Text(text) if text.starts_with('^'));
    if let Some(item) = items.iter().find(is_pattern) {
        if items.len() == 1 {
            return pattern(walk, item);
        }
        let message = "a pattern stands alone, without other topics";
        walk.report(
            Diagnostic::error("bad-value", message)
                .at(item.place, "a pattern")
                .note("put the names into the pattern, such as `^(orders|returns-.*)$`"),
        );
        return None;
    }
    if items.is_empty() {
        walk.report(Diagnostic::error("bad-value", "`topics` names no topic").at(node.place, ""));
        return None;
    }
    let read: Vec<_> = items.iter().map(|item| names::topic(walk, item, &TOPIC)).collect();
    let names: Vec<Located> = read.into_iter().collect::<Option<_>>()?;
    for (index, name) in names.iter().enumerate() {
        if let Some(earlier) = names[..index].iter().find(|earlier| earlier.value == name.value) {
            let twice =
                Diagnostic::error("duplicate-topic", "a topic is named twice").at(name.place, "here again");
            walk.report(twice.also(earlier.place, "first here"));
        }
    }
    Some(Reads::Names(names))
}

fn pattern(walk: &mut Walk<'_>, node: &Node) -> Option<Reads> {
    let text = walk.text(node, OtherDollars::Literal)?;
    match Regex::new(&text.value) {
        Ok(regex) => {
            let written = Located { value: text.value, shown: text.shown, place: node.place };
            Some(Reads::Pattern(regex, written))
        }
        Err(error) => {
            let wrong = Diagnostic::error("bad-pattern", "this pattern does not parse").at(node.place, "");
            walk.report(match text.filled {
                true => wrong,
                false => wrong.note(error.to_string()),
            });
            None
        }
    }
}

fn start(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<StartAt> {
    walk.parsed(node, key, StartAt::Earliest, |text| match text {
        "earliest" => Some(StartAt::Earliest),
        "latest" => Some(StartAt::Latest),
        time => units::timestamp_ms(time).map(StartAt::TimestampMs),
    })
}

#[cfg(test)]
mod tests {
    use super::super::walk::walked;
    use super::*;

    fn read(yaml: &str) -> (Source, Vec<String>) {
        walked(yaml, |walk, node| {
            let name = Located { value: "p".into(), shown: "p".into(), place: node.place };
            source(walk, node, Some(&name))
        })
    }

    #[test]
    fn names_and_patterns() {
        let (named, _) = read("topics: [a, b]");
        assert!(named.reads.place_of("b").is_some() && named.reads.place_of("c").is_none());
        assert_eq!(named.spec.map(|spec| spec.group).as_deref(), Some("millstream.p"));
        for yaml in ["topics: ^a-.*", "topics: ['^a-.*']"] {
            let (pattern, codes) = read(yaml);
            assert!(codes.is_empty(), "{codes:?}");
            assert!(pattern.reads.place_of("a-1").is_some() && pattern.reads.place_of("b-1").is_none());
        }
    }

    #[test]
    fn a_start_is_a_word_or_a_time() {
        let start = |yaml: &str| read(yaml).0.spec.map(|spec| spec.start);
        assert_eq!(start("{topics: [a]}"), Some(StartAt::Earliest));
        assert_eq!(start("{topics: [a], start: 1970-01-01T00:00:01Z}"), Some(StartAt::TimestampMs(1000)));
        assert_eq!(start("{topics: [a], start: now}"), None);
    }
}
