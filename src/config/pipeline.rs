//! A pipeline's file.

use super::commit::{COMMIT, commit};
use super::diagnostic::Diagnostic;
use super::dlq::{DLQ, Dlq, dlq};
use super::element::{Element, Key, Need, Shape, Words};
use super::kafka::{self, Properties};
use super::names;
use super::node::{Node, Value};
use super::sink::{SINK, Sink, sink};
use super::source::{Reads, SOURCE, Source, source};
use super::source_map::Place;
use super::spec::{Delivery, Filled, OnError, PipelineSpec, SinkSpec, Tombstones};
use super::transform::{STEP, Transform, transform};
use super::walk::{Fields, Located, Walk, integer, items, word};

/// The most lanes of one pipeline in one process.
pub(super) const LANES_MAX: u64 = 256;

/// The keys of a pipeline.
pub(super) static PIPELINE: Element = Element {
    name: "a pipeline",
    doc: "Millstream: a pipeline.",
    exactly_one: false,
    keys: &[
        Key { name: "name", shape: Shape::Name, need: Need::Required, doc: "its name, unique in the daemon" },
        Key {
            name: "source",
            shape: Shape::Element(&SOURCE),
            need: Need::Required,
            doc: "where records come from",
        },
        Key {
            name: "transform",
            shape: Shape::List { of: &Shape::Element(&STEP), min: 0 },
            need: Need::Optional,
            doc: "steps in the order in which they run; default: none",
        },
        Key {
            name: "tombstones",
            shape: Shape::Choice(Tombstones::words),
            need: Need::Default("pass"),
            doc: "records without a value: pass goes to every sink, run runs all steps, drop filters",
        },
        Key {
            name: "sinks",
            shape: Shape::List { of: &Shape::Element(&SINK), min: 1 },
            need: Need::Required,
            doc: "where records go: at least one topic",
        },
        Key {
            name: "on_error",
            shape: Shape::Choice(OnError::words),
            need: Need::Optional,
            doc: "what happens to a record that cannot be processed; default: dlq where there is one, else stop",
        },
        Key {
            name: "dlq",
            shape: Shape::Element(&DLQ),
            need: Need::Optional,
            doc: "where records go that cannot be processed; default: nowhere",
        },
        Key {
            name: "delivery",
            shape: Shape::Choice(Delivery::words),
            need: Need::Default("at_least_once"),
            doc: "the delivery guarantee",
        },
        Key {
            name: "commit",
            shape: Shape::Element(&COMMIT),
            need: Need::Optional,
            doc: "when offsets are committed; default: its keys' defaults",
        },
        Key {
            name: "lanes",
            shape: Shape::Integer { min: 1, max: LANES_MAX },
            need: Need::Default("1"),
            doc: "members of the consumer group in this process",
        },
        Key {
            name: "kafka",
            shape: Shape::Properties,
            need: Need::Optional,
            doc: "librdkafka's properties for this pipeline, over the daemon's",
        },
        Key {
            name: "tests",
            shape: Shape::Any,
            need: Need::NotAvailable("it does not run a pipeline's tests yet"),
            doc: "inputs and the outputs that they must give",
        },
    ],
};

impl Words for Tombstones {
    const WORDS: &'static [(&'static str, Tombstones)] =
        &[("pass", Tombstones::Pass), ("run", Tombstones::Run), ("drop", Tombstones::Drop)];
}

impl Words for OnError {
    const WORDS: &'static [(&'static str, OnError)] =
        &[("dlq", OnError::Dlq), ("stop", OnError::Stop), ("skip", OnError::Skip)];
}

impl Words for Delivery {
    const WORDS: &'static [(&'static str, Delivery)] = &[("at_least_once", Delivery::AtLeastOnce)];

    fn not_available() -> &'static [&'static str] {
        &["exactly_once"]
    }
}

/// A pipeline as one file tells it, and what the checks over several files need.
pub(super) struct Pipeline {
    /// The pipeline, its `kafka` and `hash` still empty; `None` where something in it is wrong.
    pub spec: Option<PipelineSpec>,
    /// Its name.
    pub name: Option<Located>,
    /// Its group, with the place of whatever gives it.
    pub group: Option<Located>,
    /// What it reads.
    pub reads: Reads,
    /// What it writes.
    pub writes: Vec<Write>,
    /// Its own librdkafka properties.
    pub kafka: Properties,
    /// Where it decodes.
    pub decode: Option<Place>,
    /// Where its sinks say how they are encoded.
    pub encodes: Vec<Place>,
    /// Where the file begins.
    pub place: Place,
}

/// Where a pipeline's file names what lives in the cluster.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// The source's topics, in their order, or its pattern.
    pub topics: Vec<Place>,
    /// The group, or the name that it follows from.
    pub group: Option<Place>,
    /// The sinks' topics, in their order.
    pub sinks: Vec<Place>,
    /// The dlq's topic.
    pub dlq: Option<Place>,
    /// The decode.
    pub decode: Option<Place>,
    /// Where the sinks say how they are encoded, in their order.
    pub encodes: Vec<Place>,
}

impl Pipeline {
    /// Where its file names what lives in the cluster.
    pub(super) fn places(&self) -> Places {
        let topics = match &self.reads {
            Reads::Names(names) => names.iter().map(|name| name.place).collect(),
            Reads::Pattern(_, written) => vec![written.place],
        };
        let places = |is_dlq| {
            let written = self.writes.iter().filter(move |write| write.is_dlq == is_dlq);
            written.map(|write| write.topic.place)
        };
        let group = self.group.as_ref().map(|group| group.place);
        Places {
            topics,
            group,
            sinks: places(false).collect(),
            dlq: places(true).next(),
            decode: self.decode,
            encodes: self.encodes.clone(),
        }
    }

    /// One line: what it reads and writes, and how, as the file says it.
    pub(super) fn summary(&self) -> Option<String> {
        let spec = self.spec.as_ref()?;
        let topic = |(write, sink): (&Write, &SinkSpec)| match sink.when {
            Some(_) => format!("{} (when)", write.topic.shown),
            None => write.topic.shown.clone(),
        };
        let sinks: Vec<_> = self.writes.iter().zip(&spec.sinks).map(topic).collect();
        let dlq = self.writes.iter().find(|write| write.is_dlq);
        let poison = match (spec.on_error, dlq) {
            (OnError::Dlq, Some(dlq)) => dlq.topic.shown.clone(),
            (OnError::Skip, _) => "skipped".to_owned(),
            (OnError::Stop | OnError::Dlq, _) => "stop".to_owned(),
        };
        Some(format!(
            "{}: {} -> {}; poison: {poison}; {}, {}, group {}",
            self.name.as_ref()?.shown,
            self.reads.shown(),
            sinks.join(", "),
            counted(spec.transform.len(), "step"),
            counted(spec.lanes, "lane"),
            self.group.as_ref()?.shown,
        ))
    }
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// A topic that a pipeline writes.
pub(super) struct Write {
    /// The topic.
    pub topic: Located,
    /// Whether it is the dlq.
    pub is_dlq: bool,
}

/// Reads a pipeline's file.
pub(super) fn pipeline(walk: &mut Walk<'_>, node: &Node) -> Option<Pipeline> {
    if matches!(node.value, Value::Null) {
        let empty = Diagnostic::error("empty", "this file is empty").at(node.place.first(), "");
        walk.report(empty.note("a pipeline needs `name`, `source` and `sinks`"));
        return None;
    }
    walk.filled = Filled::default();
    let fields = Fields::open(walk, node, &PIPELINE)?;
    let name = fields.read(walk, "name", names::name);
    let source = match fields.node("source") {
        Some(node) => source(walk, node, name.as_ref()),
        None => Source { spec: None, reads: Reads::Names(Vec::new()), group: None },
    };
    let tombstones = fields.read(walk, "tombstones", word);
    let transform = match fields.node("transform") {
        Some(node) => {
            let key = PIPELINE.key("transform").expect("it stands in the table above");
            transform(walk, node, key, fields.node("sinks").is_some_and(encodes_keys), tombstones)
        }
        None => Transform { steps: Some(Vec::new()), ..Transform::default() },
    };
    let sinks = sinks(walk, &fields, &transform);
    let dlq = fields.node("dlq").map(|node| dlq(walk, node));
    let on_error = on_error(walk, &fields);
    let delivery = fields.read(walk, "delivery", word);
    let commit = match fields.node("commit") {
        Some(node) => commit(walk, node),
        None => commit(walk, &Node::empty_map(fields.place())),
    };
    let lanes = fields.read(walk, "lanes", integer);
    let kafka = fields.node("kafka").map(|node| kafka::properties(walk, node)).unwrap_or_default();
    let writes = writes(&sinks, dlq.as_ref());
    let decode = transform.decode.as_ref().map(|(_, place)| *place);
    let encodes = sinks.iter().flatten().map(|sink| sink.encode).collect();
    let dlq = match dlq {
        Some(dlq) => dlq.spec.map(Some),
        None => Some(None),
    };
    let spec = (|| {
        Some(PipelineSpec {
            name: name.as_ref()?.value.clone(),
            file: walk.sources.path(node.place.file).to_path_buf(),
            source: source.spec?,
            transform: transform.steps?,
            tombstones: tombstones?,
            sinks: sinks?.into_iter().map(|sink| sink.spec).collect::<Option<_>>()?,
            on_error: on_error?,
            dlq: dlq?,
            delivery: delivery?,
            commit: commit?,
            lanes: usize::try_from(lanes?).expect("the table's limit is far below"),
            kafka: super::spec::KafkaSpec::default(),
            registry: None,
            filled: walk.filled.clone(),
            hash: String::new(),
        })
    })();
    Some(Pipeline {
        spec,
        name,
        group: source.group,
        reads: source.reads,
        writes,
        kafka,
        decode,
        encodes,
        place: fields.place(),
    })
}

/// Whether a sink encodes keys, which maps may then write in any type; whether it says so rightly is seen later.
fn encodes_keys(sinks: &Node) -> bool {
    let Value::List(sinks) = &sinks.value else { return false };
    let member = |node: &Node, name: &str| match &node.value {
        Value::Map(entries) => {
            entries.iter().find(|(key, _)| key.name == name).map(|(_, value)| value.clone())
        }
        _ => None,
    };
    let key = |sink: &Node| member(&member(sink, "encode")?, "key");
    sinks.iter().any(|sink| key(sink).is_some())
}

fn sinks(walk: &mut Walk<'_>, fields: &Fields<'_>, transform: &Transform) -> Option<Vec<Sink>> {
    let key = PIPELINE.key("sinks").expect("it stands in the table above");
    let items = items(walk, fields.node("sinks")?, key)?;
    Some(items.iter().map(|item| sink(walk, item, transform)).collect())
}

fn on_error(walk: &mut Walk<'_>, fields: &Fields<'_>) -> Option<OnError> {
    let dlq = fields.node("dlq");
    let written = fields.optional(walk, "on_error", word::<OnError>)?;
    let Some(node) = fields.node("on_error") else {
        return Some(if dlq.is_some() { OnError::Dlq } else { OnError::Stop });
    };
    match (written?, dlq) {
        (OnError::Dlq, None) => {
            let message = "`on_error: dlq` needs a `dlq`";
            let diagnostic = Diagnostic::error("no-dlq", message).at(node.place, "");
            walk.report(diagnostic.note("name a topic for dead letters, such as `dlq: {topic: orders.dlq}`"));
            None
        }
        (OnError::Skip, Some(dlq)) => {
            let message = "`on_error: skip` drops what the `dlq` is there to keep";
            let diagnostic = Diagnostic::error("skip-beside-dlq", message).at(node.place, "");
            walk.report(diagnostic.also(dlq.place.first(), "the dlq").note("leave one of them out"));
            None
        }
        (OnError::Stop, Some(dlq)) => {
            let message = "nothing is written to this dlq: `on_error` is `stop`";
            walk.report(
                Diagnostic::warning("unused-dlq", message).at(dlq.place, "").also(node.place, "said here"),
            );
            Some(OnError::Stop)
        }
        (on_error, _) => Some(on_error),
    }
}

fn writes(sinks: &Option<Vec<Sink>>, dlq: Option<&Dlq>) -> Vec<Write> {
    let sinks = sinks.iter().flatten().filter_map(|sink| sink.topic.clone());
    let sinks = sinks.map(|topic| Write { topic, is_dlq: false });
    let dlq = dlq.and_then(|dlq| dlq.topic.clone()).map(|topic| Write { topic, is_dlq: true });
    sinks.chain(dlq).collect()
}
