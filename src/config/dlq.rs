//! `dlq:`: where dead letters go, and when there are too many of them.

use super::element::{Element, Key, Need, Shape, Words};
use super::names;
use super::node::Node;
use super::sink::{CREATE, create};
use super::spec::{BreakerSpec, DlqSpec, HeaderDialect};
use super::units;
use super::walk::{Fields, Located, Walk, duration, integer, word};

/// The keys of `dlq:`.
pub(super) static DLQ: Element = Element {
    name: "a dlq",
    doc: "Where records go that cannot be processed.",
    exactly_one: false,
    keys: &[
        Key {
            name: "topic",
            shape: Shape::Topic,
            need: Need::Required,
            doc: "the topic of the dead letters",
        },
        Key {
            name: "headers",
            shape: Shape::Choice(HeaderDialect::words),
            need: Need::Default("millstream"),
            doc: "whose header names say what was wrong",
        },
        Key {
            name: "breaker",
            shape: Shape::Element(&BREAKER),
            need: Need::Optional,
            doc: "stops the pipeline when too many records are dead letters; default: its keys' defaults",
        },
        Key {
            name: "create",
            shape: Shape::Element(&CREATE),
            need: Need::Optional,
            doc: "creates the topic where it does not exist; default: never",
        },
    ],
};

/// The keys of `breaker:`.
pub(super) static BREAKER: Element = Element {
    name: "a breaker",
    doc: "More dead letters than this, and the pipeline stops.",
    exactly_one: false,
    keys: &[
        Key {
            name: "share",
            shape: Shape::Percent,
            need: Need::Default("50%"),
            doc: "the share of the records in the window that may be dead letters",
        },
        Key {
            name: "window",
            shape: Shape::Duration { min_ms: 1_000, max_ms: 86_400_000 },
            need: Need::Default("1m"),
            doc: "the window's length",
        },
        Key {
            name: "min_records",
            shape: Shape::Integer { min: 1, max: 1_000_000_000_000 },
            need: Need::Default("1000"),
            doc: "fewer records in the window than this never open it",
        },
    ],
};

impl Words for HeaderDialect {
    const WORDS: &'static [(&'static str, HeaderDialect)] = &[
        ("millstream", HeaderDialect::Millstream),
        ("connect", HeaderDialect::Connect),
        ("streams", HeaderDialect::Streams),
        ("spring", HeaderDialect::Spring),
    ];
}

/// A dlq and the place that other checks need.
pub(super) struct Dlq {
    /// The dlq; `None` where something in it is wrong.
    pub spec: Option<DlqSpec>,
    /// Its topic, as far as it could be read.
    pub topic: Option<Located>,
}

/// Reads `dlq:`.
pub(super) fn dlq(walk: &mut Walk<'_>, node: &Node) -> Dlq {
    let Some(fields) = Fields::open(walk, node, &DLQ) else {
        return Dlq { spec: None, topic: None };
    };
    let topic = fields.read(walk, "topic", names::topic);
    let headers = fields.read(walk, "headers", word);
    let breaker = match fields.node("breaker") {
        Some(node) => breaker(walk, node),
        None => breaker(walk, &Node::empty_map(fields.place())),
    };
    let create = fields.optional(walk, "create", create);
    let spec = (|| {
        Some(DlqSpec {
            topic: topic.as_ref()?.value.clone(),
            headers: headers?,
            breaker: breaker?,
            create: create?,
        })
    })();
    Dlq { spec, topic }
}

fn breaker(walk: &mut Walk<'_>, node: &Node) -> Option<BreakerSpec> {
    let fields = Fields::open(walk, node, &BREAKER)?;
    let share = fields.read(walk, "share", |walk, node, key| walk.parsed(node, key, 0.0, units::percent));
    let window = fields.read(walk, "window", duration);
    let min_records = fields.read(walk, "min_records", integer);
    Some(BreakerSpec { share_percent: share?, window: window?, min_records: min_records? })
}

#[cfg(test)]
mod tests {
    use super::super::walk::walked;
    use super::*;

    #[test]
    fn a_topic_is_enough() {
        let (dlq, codes) = walked("topic: d", dlq);
        let spec = dlq.spec.expect("it is complete");
        assert!(codes.is_empty(), "{codes:?}");
        assert_eq!((spec.headers, spec.breaker.min_records), (HeaderDialect::Millstream, 1000));
    }

    #[test]
    fn its_topic_is_known_where_the_rest_is_wrong() {
        let (dlq, codes) = walked("{topic: d, headers: x, breaker: {share: 200%}}", dlq);
        assert!(dlq.spec.is_none());
        assert_eq!(dlq.topic.map(|topic| topic.value).as_deref(), Some("d"));
        assert_eq!(codes, ["bad-value", "bad-value"]);
    }
}
