//! The page of all metrics in the documentation, made from the table.

use std::fmt::Write;
use std::path::Path;

use super::Metric;
use super::histogram::{BATCH_SECONDS, Bounds, LATENCY_SECONDS};

const HEAD: &str = "\
# Metrics

Every metric that `/metrics` tells, in Prometheus' text format. This page is made from the table in `src/telemetry/metrics/`
and compared with it by a test; `make snapshots` writes it anew. Alert rules that use them are in
[`monitoring/millstream.rules.yaml`](../monitoring/millstream.rules.yaml).

- A pipeline's counters go on when its lanes are started anew; they begin at 0 with the process.
- For each pipeline, consumed = produced + filtered + dead-lettered + skipped + in flight + given up. The last is what a
  partition takes with it when it goes before it is finished: it is read again, here or elsewhere, and counts again there.
- Labels are bounded: `pipeline` and `sink` by the configuration, `lane` by `lanes:`, `topic` and `partition` by what a
  lane owns, `state`, `kind`, `result` and `client` by the words below. No reason and no error is ever a label.
- What starts with `librdkafka:` is what the client library tells of itself every `statistics.interval.ms` (10 s unless the
  `kafka:` section says otherwise, 0 for never); before the first time there is nothing.
- A pipeline at rest (paused, backing off, stopped, failed) has no lane, and no lag: look at its state.
- Lag in records is asked of the brokers every 5 s. Lag in seconds needs no broker, and knows only what was fetched: where
  nothing can be fetched, look at the state.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n| metric | type | unit | labels | meaning |\n|---|---|---|---|---|\n");
    for metric in Metric::ALL {
        let about = metric.about();
        let labels: Vec<_> = about.labels.iter().map(|label| format!("`{label}`")).collect();
        let (name, kind, unit) = (about.name, about.kind.as_str(), about.unit);
        let _ = writeln!(page, "| `{name}` | {kind} | {unit} | {} | {} |", labels.join(", "), about.help);
    }
    page.push_str("\n## Words\n\n");
    let states = crate::supervisor::PipelineState::WORDS.join("`, `");
    let _ = writeln!(page, "- `state`: `{states}`");
    page.push_str("- `kind`: `assigned`, `revoked`, `lost`\n- `result`: `taken_in`, `refused`\n");
    page.push_str("- `client`: `consumer`, `producer`\n\n## Buckets, in seconds\n\n");
    for (metric, bounds) in [(Metric::BatchDuration, BATCH_SECONDS), (Metric::Latency, LATENCY_SECONDS)] {
        let _ = writeln!(page, "- `{}`: {}", metric.about().name, list(&bounds));
    }
    page
}

fn list(bounds: &Bounds) -> String {
    bounds.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")
}

/// `docs/metrics.md` is what the table says. `UPDATE_SNAPSHOTS=1` writes it.
#[test]
fn the_page_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page(), "docs/metrics.md is not what the table says: UPDATE_SNAPSHOTS=1 writes it");
}
