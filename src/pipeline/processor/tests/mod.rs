//! Every rule of the table of what expressions see, one test each; here, what they share.

mod envelope;
mod failures;
mod flow;
mod value;

use std::borrow::Cow;
use std::time::Duration;

use super::*;
use crate::config::spec::{
    CommitSpec, DecodeSpec, Decoding, Delivery, Encoding, Filled, Format, KafkaSpec, OnError, OnOffsetLost,
    SinkSpec, SourceSpec, StartAt, TopicsSpec,
};
use crate::record::{Header, Timestamp, TimestampKind};
use crate::transform::{ProgramKind, Scope, compile_in};

pub(super) const JSON: DecodeSpec =
    DecodeSpec { value: Decoding::plain(Format::Json), key: Decoding::plain(Format::Raw) };
pub(super) const JSON_KEY: DecodeSpec =
    DecodeSpec { value: Decoding::plain(Format::Json), key: Decoding::plain(Format::Json) };

/// Builds the chain of a pipeline, step by step.
pub(super) struct Chain {
    spec: PipelineSpec,
    scope: Scope,
    decoded: Format,
}

pub(super) fn chain() -> Chain {
    let source = SourceSpec {
        topics: TopicsSpec::Names(vec!["in".to_owned()]),
        group: "g".to_owned(),
        start: StartAt::Earliest,
        on_offset_lost: OnOffsetLost::Stop,
    };
    let spec = PipelineSpec {
        name: "p".to_owned(),
        file: "p.yaml".into(),
        source,
        transform: Vec::new(),
        tombstones: Tombstones::Pass,
        sinks: Vec::new(),
        on_error: OnError::Stop,
        dlq: None,
        delivery: Delivery::AtLeastOnce,
        commit: CommitSpec { interval: Duration::from_millis(500), records: 5000 },
        lanes: 1,
        kafka: KafkaSpec::default(),
        registry: None,
        filled: Filled::default(),
        hash: String::new(),
    };
    Chain { spec, scope: Scope::start(), decoded: Format::Raw }
}

impl Chain {
    fn program(&self, kind: ProgramKind, source: &str) -> Program {
        match compile_in(kind, source, &self.scope) {
            Ok((program, _)) => program,
            Err(found) => panic!("{source}: {found:#?}"),
        }
    }

    pub(super) fn decode(mut self, decode: DecodeSpec) -> Self {
        self.scope = self.scope.after_decode(&decode);
        self.decoded = decode.value.format;
        self.spec.transform.push(StepSpec::Decode(decode));
        self
    }

    pub(super) fn filter(mut self, source: &str) -> Self {
        let program = self.program(ProgramKind::Filter, source);
        self.spec.transform.push(StepSpec::Filter(program));
        self
    }

    pub(super) fn map(mut self, source: &str) -> Self {
        let program = self.program(ProgramKind::Map, source);
        self.scope = program.scope_after().clone();
        self.spec.transform.push(StepSpec::Map(program));
        self
    }

    fn tombstones(mut self, tombstones: Tombstones) -> Self {
        self.spec.tombstones = tombstones;
        self
    }

    fn sink(mut self, encode: Format, when: Option<&str>) -> Self {
        let when = when.map(|source| self.program(ProgramKind::When, source));
        let topic = format!("out-{}", self.spec.sinks.len());
        self.spec.sinks.push(SinkSpec {
            topic,
            when,
            value: Encoding::plain(encode),
            key: None,
            create: None,
        });
        self
    }

    fn when(self, source: &str) -> Self {
        let encode = self.decoded;
        self.sink(encode, Some(source))
    }

    fn encode(self, format: Format) -> Self {
        self.sink(format, None)
    }

    /// A chain whose sinks so far and to come write keys as JSON.
    fn json_keys(mut self) -> Self {
        self.scope = self.scope.with_encoded_keys(true);
        self
    }

    /// A sink for raw values and JSON keys.
    fn key_sink(mut self) -> Self {
        self = self.sink(Format::Raw, None);
        let sink = self.spec.sinks.last_mut().expect("it was added");
        sink.key = Some(Encoding::plain(Format::Json));
        self
    }

    pub(super) fn processor(self) -> Processor {
        let encode = self.decoded;
        let chain = if self.spec.sinks.is_empty() { self.sink(encode, None) } else { self };
        Processor::new(&Arc::new(chain.spec.clone()), Schemas::none())
    }

    /// What becomes of one record.
    fn run(self, record: &Record<'_>) -> Result<Vec<Sent>, Poison> {
        run(&mut self.processor(), record)
    }

    fn one(self, record: &Record<'_>) -> Sent {
        let mut sent = self.run(record).expect("not poison");
        assert_eq!(sent.len(), 1);
        sent.remove(0)
    }

    fn poison(self, record: &Record<'_>) -> Poison {
        self.run(record).expect_err("poison")
    }
}

/// An output, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) sink: usize,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
    pub(super) headers: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    pub(super) timestamp_ms: Option<i64>,
}

impl Sent {
    fn text(&self) -> &str {
        std::str::from_utf8(self.value.as_deref().expect("a value")).expect("text")
    }

    fn key_text(&self) -> Option<&str> {
        self.key.as_deref().map(|key| std::str::from_utf8(key).expect("text"))
    }

    fn header_texts(&self) -> Vec<(&str, Option<&str>)> {
        let text = |bytes| std::str::from_utf8(bytes).unwrap_or("(not text)");
        self.headers.iter().map(|(name, value)| (text(name), value.as_deref().map(text))).collect()
    }
}

/// Runs one record; an empty list where it is filtered.
pub(super) fn run(processor: &mut Processor, record: &Record<'_>) -> Result<Vec<Sent>, Poison> {
    let mut outputs = Vec::new();
    let verdict = processor.process(record, &mut outputs);
    match &verdict {
        Ok(Verdict::Produce) => assert!(!outputs.is_empty()),
        Ok(Verdict::Filtered) | Err(_) => assert!(outputs.is_empty(), "nothing is half sent"),
        Ok(Verdict::Waits(..)) => panic!("nothing is to be waited for"),
    }
    verdict?;
    let own = |bytes: &Cow<'_, [u8]>| bytes.to_vec();
    let sent = outputs.iter().map(|output| Sent {
        sink: output.sink,
        key: output.key.as_ref().map(own),
        value: output.value.as_ref().map(own),
        headers: output
            .headers
            .iter()
            .map(|header| (own(&header.name), header.value.as_ref().map(own)))
            .collect(),
        timestamp_ms: output.timestamp_ms,
    });
    Ok(sent.collect())
}

pub(super) fn header<'a>(name: &'a [u8], value: Option<&'a [u8]>) -> Header<'a> {
    Header { name: Cow::Borrowed(name), value: value.map(Cow::Borrowed) }
}

fn record(value: &str) -> Record<'_> {
    Record {
        topic: "in",
        partition: 3,
        offset: 42,
        timestamp: Some(Timestamp { ms: 1_700_000_000_123, kind: TimestampKind::CreateTime }),
        key: Some(b"k"),
        value: Some(value.as_bytes()),
        headers: vec![
            header(b"a", Some(b"1")),
            header(b"kind", Some(b"order")),
            header(b"\xff", Some(b"raw")),
            header(b"a", Some(b"2")),
            header(b"none", None),
        ],
    }
}

fn tombstone() -> Record<'static> {
    Record { value: None, ..record("") }
}

const FIVE_HEADERS: [(&str, Option<&str>); 5] = [
    ("a", Some("1")),
    ("kind", Some("order")),
    ("(not text)", Some("raw")),
    ("a", Some("2")),
    ("none", None),
];
