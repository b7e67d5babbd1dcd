use std::time::Duration;

use proptest::prelude::*;

use super::super::spec::{BreakerSpec, HeaderDialect, OnError};
use super::*;

/// A folder with one pipeline file, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, pipeline: &str) -> Scratch {
        let folder = std::env::temp_dir().join(format!("millstream-load-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("pipeline.yaml"), pipeline).unwrap();
        Scratch(folder)
    }

    fn load(&self, surroundings: &Surroundings) -> Result<Loaded, Report> {
        let request = LoadRequest {
            bootstrap: Some("localhost:9092".to_owned()),
            paths: vec![self.0.join("pipeline.yaml")],
            ..LoadRequest::default()
        };
        load_in(&request, surroundings)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const EVERYTHING: &str = "name: a\nsource: {topics: [b], group: c, start: earliest, on_offset_lost: stop}\n\
    transform:\n  - decode: json\n  - filter: .a == \"x\"\n  - map: .b = \"y\"\n\
    sinks: [{topic: d, when: .a == \"z\", encode: json, create: {partitions: 6, replication: 3}}]\n\
    dlq: {topic: e, headers: connect, breaker: {share: 50%, window: 1m, min_records: 10}}\n\
    delivery: at_least_once\ncommit: {interval: 1s, records: 10}\nlanes: 2\ntombstones: run\non_error: dlq\n\
    kafka: {client.id: f, linger.ms: 5, compression.type: lz4, security.protocol: ssl, ssl.ca.location: g}\n";

/// Each value in its turn comes from outside, and is one that does not fit, or one that does: what it is must
/// not be told, wherever it stands.
#[test]
fn what_is_filled_in_is_never_told() {
    let values = ["b", "c", "earliest", "stop", "json", "x", "y", "d", "z", "6", "3", "e", "connect", "50%"];
    let more = ["1m", "10", "at_least_once", "1s", "2", "run", "dlq", "f", "5", "lz4", "ssl", "g", "a"];
    for (secret, name) in [("hunter2", "FITS"), ("hunter2 \\", "NOT")] {
        let surroundings = Surroundings::made(
            match name {
                "FITS" => &[("S", "hunter2")],
                _ => &[("S", "hunter2 \\")],
            },
            None,
        );
        for value in values.iter().chain(&more) {
            let text = replace_value(EVERYTHING, value);
            let scratch = Scratch::new(name, &text);
            let told = match scratch.load(&surroundings) {
                Ok(loaded) => {
                    format!("{}{}{:?}", loaded.warnings, loaded.summaries.join(""), loaded.warnings)
                }
                Err(report) => format!("{report}{}{report:?}", report.to_json()),
            };
            assert!(!told.contains(secret) && !told.contains("hunter2"), "{value} is told:\n{told}");
        }
    }
}

/// The first value that is `value`, and not part of a word or a key, becomes a reference.
fn replace_value(text: &str, value: &str) -> String {
    let quoted = format!("\"{value}\"");
    let starts = [": ", "[", "== ", "= "];
    for start in starts {
        for (from, to) in [(quoted.as_str(), "\"${env:S}\""), (value, "\"${env:S}\"")] {
            for end in ["\n", ",", "}", "]"] {
                let found = format!("{start}{from}{end}");
                if text.contains(&found) {
                    return text.replacen(&found, &format!("{start}{to}{end}"), 1);
                }
            }
        }
    }
    panic!("{value} is no value of the text")
}

proptest! {
    /// Whatever a file holds, it is read or explained.
    #[test]
    fn no_file_panics(
        at in prop::collection::vec((0usize..EVERYTHING.len(), 0usize..12, "[a-z{}\\[\\]:,.$%\"'|>&*#!?\n é0-9-]{0,6}"), 1..4),
    ) {
        let mut text = EVERYTHING.to_owned();
        for (start, length, piece) in at {
            let floor = |byte: usize| (0..=byte.min(text.len())).rev().find(|b| text.is_char_boundary(*b)).unwrap_or(0);
            let (start, end) = (floor(start), floor(start + length));
            text.replace_range(start..end, &piece);
        }
        let scratch = Scratch::new("fuzz", &text);
        let told = match scratch.load(&Surroundings::made(&[], None)) {
            Ok(loaded) => loaded.warnings,
            Err(report) => report,
        };
        prop_assert!(told.to_json().is_array());
        prop_assert_eq!(told.is_empty(), told.to_string().is_empty());
    }
}

#[test]
fn defaults_are_those_of_the_documentation() {
    let scratch =
        Scratch::new("defaults", "name: a\nsource: {topics: [b]}\nsinks: [{topic: c}]\ndlq: {topic: d}\n");
    let loaded = scratch.load(&Surroundings::made(&[], None)).expect("it is right");
    let daemon = &loaded.config.daemon;
    assert_eq!((daemon.memory_max_bytes, daemon.shutdown_deadline.as_secs()), (512 << 20, 25));
    assert_eq!(daemon.state, PathBuf::from("/var/lib/millstream"));
    let pipeline = &loaded.config.pipelines[0];
    assert_eq!(pipeline.source.group, "millstream.a");
    assert_eq!((pipeline.commit.interval.as_millis(), pipeline.commit.records), (500, 5000));
    assert_eq!((pipeline.lanes, pipeline.on_error), (1, OnError::Dlq));
    let dlq = pipeline.dlq.as_ref().expect("it stands there");
    assert_eq!(dlq.headers, HeaderDialect::Millstream);
    let breaker = BreakerSpec { share_percent: 50.0, window: Duration::from_secs(60), min_records: 1000 };
    assert_eq!(dlq.breaker, breaker);
    assert_eq!(pipeline.kafka.consumer["bootstrap.servers"], "localhost:9092");
    assert_eq!(pipeline.kafka.producer["bootstrap.servers"], "localhost:9092");
}
