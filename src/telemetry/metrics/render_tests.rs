use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use crate::config::spec::LogLevel;
use crate::delivery::Tally;
use crate::kafka::{ClientCounts, ClientStatistics, TopicPartition};
use crate::pipeline::{Account, Clients, LaneCounters, LaneView, PartitionLag, Rebalances};
use crate::registry::Counts;
use crate::supervisor::{DaemonState, DaemonView, PipelineState, PipelineView};

use super::histogram::{BATCH_SECONDS, LATENCY_SECONDS};
use super::{Metric, render};

fn daemon() -> DaemonView {
    DaemonView {
        state: DaemonState::Running,
        generation: 3,
        started_at_ms: 1_700_000_000_500,
        last_reload: None,
        reloads: (2, 1),
        memory_max_bytes: 536_870_912,
        memory_used_bytes: 7_340_032,
        schema_registry: Counts { requests: 12, failures: 3, waited_us: 250_000, cache_hits: 2 },
        log_level: LogLevel::Info,
        shutdown_deadline: Duration::from_secs(25),
        admin_access: Default::default(),
    }
}

fn counters() -> LaneCounters {
    let mut counters = LaneCounters {
        commits: 12,
        commit_failures: 1,
        rebalances: Rebalances { assigned: 2, revoked: 1, lost: 0 },
        given_up: 3,
        consumer: ClientCounts { connects: 2, disconnects: 1, ..ClientCounts::default() },
        producer: ClientCounts { connects: 3, request_retries: 4, ..ClientCounts::default() },
        ..LaneCounters::default()
    };
    counters.batches.observe(&BATCH_SECONDS, Duration::from_millis(2));
    counters.latency.observe(&LATENCY_SECONDS, Duration::from_millis(40));
    counters.latency.observe(&LATENCY_SECONDS, Duration::from_secs(90));
    counters
}

fn lane() -> LaneView {
    let at = TopicPartition { topic: "orders".into(), partition: 3 };
    LaneView {
        partitions: 1,
        assigned: vec![at.clone()],
        lags: vec![PartitionLag { at, records: 1234 }],
        lag_ms: 61_500,
        commit_age_ms: 250,
        clients: Clients {
            consumer: Some(ClientStatistics {
                fetch_queue_messages: 5,
                fetch_queue_bytes: 1500,
                rtt_average_us: Some(501_000),
                rtt_p99_us: Some(502_000),
                ..ClientStatistics::default()
            }),
            producer: None,
        },
        ..LaneView::default()
    }
}

fn pipeline(name: &str, sink: &str) -> PipelineView {
    let ended = Tally { produced: 80, filtered: 10, dead_lettered: 2, skipped: 0 };
    PipelineView {
        name: name.to_owned(),
        generation: 2,
        state: PipelineState::Waiting("a reason that is no label".into()),
        state_since_ms: 1_700_000_001_000,
        is_on_trial: true,
        account: Account { ended, in_flight: 5 },
        counters: counters(),
        outputs: vec![(sink.to_owned(), 81)],
        partitions: 1,
        restarts: 1,
        lanes: vec![lane()],
        ..PipelineView::default()
    }
}

/// Two pipelines, one of them at rest.
pub(super) fn example() -> String {
    let rests =
        PipelineView { name: "rests".into(), state: PipelineState::Paused, ..PipelineView::default() };
    render(&daemon(), &[pipeline("orders-eu", "orders-eu-large"), rests])
}

#[test]
fn the_text_is_what_it_was() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/telemetry/metrics/example.prom");
    let librdkafka = crate::kafka::librdkafka_version();
    let text = example().replace(&librdkafka, "LIBRDKAFKA").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap_or_default(), "UPDATE_SNAPSHOTS=1 writes it");
}

#[test]
fn every_metric_is_told_once() {
    let text = example();
    let told: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    let mut expected: Vec<_> =
        Metric::ALL.iter().map(|m| format!("{} {}", m.about().name, m.about().kind.as_str())).collect();
    let mut told: Vec<_> = told.into_iter().map(str::to_owned).collect();
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}

#[test]
fn no_reason_is_a_label() {
    assert!(!example().contains("no label"));
}

#[test]
fn what_was_consumed_is_what_became_of_it() {
    let text = example();
    let value = |name: &str| -> u64 {
        let sample = format!("millstream_{name}{{pipeline=\"orders-eu\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&sample)).unwrap().parse().unwrap()
    };
    let parts = ["produced", "filtered", "dead_lettered", "skipped", "given_up"];
    let ends: u64 = parts.iter().map(|part| value(&format!("{part}_records_total"))).sum();
    assert_eq!(value("consumed_records_total"), ends + value("in_flight_records"));
}

/// A series: its name, and its labels with their values.
type Series = (String, Vec<(String, String)>);

/// A sample line, read as strictly as the format is written: name, labels with escapes, value.
fn parse(line: &str) -> Option<(Series, f64)> {
    let end = line.find(['{', ' '])?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = Vec::new();
    if let Some(inner) = rest.strip_prefix('{') {
        let mut chars = inner.char_indices();
        loop {
            let begin = chars.offset();
            let equals = chars.by_ref().find(|(_, c)| *c == '=')?.0;
            let label = inner[begin..equals].to_owned();
            (chars.next()?.1 == '"').then_some(())?;
            let mut value = String::new();
            loop {
                match chars.next()?.1 {
                    '"' => break,
                    '\\' => value.push(match chars.next()?.1 {
                        'n' => '\n',
                        escaped @ ('\\' | '"') => escaped,
                        _ => return None,
                    }),
                    c => value.push(c),
                }
            }
            labels.push((label, value));
            match chars.next()?.1 {
                ',' => {}
                '}' => break,
                _ => return None,
            }
        }
        rest = chars.as_str();
    }
    Some(((name.to_owned(), labels), rest.strip_prefix(' ')?.parse().ok()?))
}

proptest! {
    #[test]
    fn every_line_parses_and_no_series_stands_twice(
        names in prop::collection::btree_set(any::<String>(), 0..4),
        sink in any::<String>(),
    ) {
        let pipelines: Vec<_> = names.iter().map(|name| pipeline(name, &sink)).collect();
        let text = render(&daemon(), &pipelines);
        let mut seen = BTreeSet::new();
        let mut family = None;
        for line in text.lines() {
            if let Some(about) = line.strip_prefix("# ") {
                family = about.split(' ').nth(1);
                continue;
            }
            let ((name, labels), _) = parse(line).ok_or_else(|| TestCaseError::fail(line.to_owned()))?;
            prop_assert!(name.starts_with(family.unwrap()), "{} stands in {:?}", name, family);
            for (label, value) in &labels {
                prop_assert!(label != "pipeline" || names.contains(value), "{}", line);
                prop_assert!(label != "sink" || *value == sink, "{}", line);
            }
            prop_assert!(seen.insert((name, labels)), "{} stands twice", line);
        }
    }
}
