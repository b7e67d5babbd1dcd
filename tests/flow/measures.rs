//! What a pipeline measures of itself, asked of the library as the daemon's HTTP server asks it.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use millstream::config::{LoadRequest, load};
use millstream::supervisor::{Command, Supervisor};
use millstream::telemetry::metrics;
use millstream_harness::client::Ending;
use millstream_harness::scene::Scene;
use millstream_harness::wait::{PATIENCE, until};
use tokio::runtime::Runtime;

use crate::{BINARY, numbers, scene};

/// A pipeline that runs in this process.
struct Embedded {
    supervisor: Supervisor,
    runtime: Runtime,
    name: String,
}

impl Embedded {
    fn start(scene: &Scene, lines: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let request = LoadRequest {
            bootstrap: Some(scene.client.bootstrap().to_owned()),
            texts: vec![("pipeline.yaml".into(), scene.pipeline(lines))],
            ..LoadRequest::default()
        };
        let loaded = load(&request).unwrap_or_else(|report| panic!("{report}"));
        let guard = runtime.enter();
        let supervisor = Supervisor::start(&loaded.config);
        drop(guard);
        Self { supervisor, runtime, name: scene.name.clone() }
    }

    /// All samples of this pipeline, by name and labels without the pipeline's.
    fn samples(&self) -> BTreeMap<String, f64> {
        let control = self.supervisor.control();
        let text = metrics::render(&control.daemon(), &control.pipelines());
        let own = format!("{{pipeline=\"{}\"", self.name);
        let samples = text.lines().filter(|line| line.contains(&own)).map(|line| {
            let (series, value) = line.rsplit_once(' ').expect("a sample has a value");
            let series = series.replace(&own, "{").replace("{,", "{").replace("{}", "");
            (series.replace("millstream_", ""), value.parse().expect("a number"))
        });
        samples.collect()
    }

    fn value(&self, series: &str) -> Option<f64> {
        self.samples().get(series).copied()
    }

    fn wait(&self, series: &str, is_right: impl Fn(f64) -> bool) -> f64 {
        until(series, || self.value(series).filter(|value| is_right(*value)))
    }

    fn drain(mut self) -> BTreeMap<String, f64> {
        self.supervisor.drain(PATIENCE);
        let report = self.runtime.block_on(self.supervisor.next_end()).expect("the pipeline ends");
        assert_eq!(report.end.as_str(), "drained", "{report:?}");
        let samples = self.samples();
        self.runtime.block_on(async { while self.supervisor.next_end().await.is_some() {} });
        samples
    }
}

fn hours_ago(hours: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_millis();
    i64::try_from(now).expect("fits for long") - hours * 3_600_000
}

#[test]
fn a_pipeline_that_flows_counts_commits_batches_and_latencies() {
    let scene = scene("measures");
    scene.send(numbers(2_000));
    let lag = format!("lag_records{{topic=\"{}\",partition=\"0\"}}", scene.input);
    let run = Embedded::start(&scene, "kafka: {statistics.interval.ms: 200}");
    run.wait("produced_records_total", |count| count == 2_000.0);
    run.wait("commit_age_seconds{lane=\"0\"}", |age| age == 0.0);
    run.wait(&lag, |records| records == 0.0);
    run.wait("lag_seconds{lane=\"0\"}", |age| age == 0.0);
    run.wait("kafka_connects_total{client=\"producer\"}", |count| count >= 1.0);
    // Round trips are those of the last interval: only who sends has any.
    until("a round trip of the producer", || {
        scene.send(numbers(1));
        run.value("kafka_round_trip_p99_seconds{lane=\"0\",client=\"producer\"}")
            .filter(|seconds| *seconds > 0.0)
    });
    let samples = run.drain();
    let value =
        |series: &str| samples.get(series).copied().unwrap_or_else(|| panic!("{series}: {samples:#?}"));
    assert!(value("commits_total") >= 1.0);
    assert_eq!(value("commit_failures_total"), 0.0);
    assert_eq!(
        (value("rebalances_total{kind=\"assigned\"}"), value("rebalances_total{kind=\"lost\"}")),
        (1.0, 0.0)
    );
    let batches = value("batch_duration_seconds_count");
    assert!(batches >= 2.0, "a round takes a thousand records at the most: {batches}");
    // One record of each round, as long as no more than a few are followed at a time.
    let followed = value("end_to_end_latency_seconds_count");
    assert!((1.0..=batches).contains(&followed), "{followed} of {batches}");
    assert!(value("end_to_end_latency_seconds_sum") > 0.0);
}

#[test]
fn counters_go_on_when_lanes_are_started_anew() {
    let scene = scene("counters");
    scene.send(numbers(10));
    let run = Embedded::start(&scene, "kafka: {statistics.interval.ms: 100}");
    run.wait("produced_records_total", |count| count == 10.0);
    run.wait("commits_total", |count| count >= 1.0);
    run.wait("kafka_connects_total{client=\"consumer\"}", |count| count >= 1.0);
    let before = run.samples();
    let restart = run.supervisor.control().command(&run.name, Command::Restart);
    run.runtime.block_on(restart).expect("the pipeline restarts");
    scene.send(numbers(5));
    run.wait("produced_records_total", |count| count == 15.0);
    run.wait("rebalances_total{kind=\"assigned\"}", |count| count == 2.0);
    let after = run.drain();
    let grows = |name: &str| ["_total", "_count", "_sum", "_bucket"].iter().any(|end| name.ends_with(end));
    let counters = before.iter().filter(|(series, _)| grows(series.split('{').next().unwrap_or_default()));
    assert!(counters.clone().count() > 40);
    for (series, value) in counters {
        assert!(after[series] >= *value, "{series}: {value}, then {}", after[series]);
    }
}

#[test]
fn where_nothing_can_be_sent_lag_grows_in_records_and_in_seconds() {
    let scene = Scene::bare(BINARY, "lag", millstream_harness::broker::shared());
    scene.client.create_topic(&scene.input, 1, &[]);
    scene.send(numbers(3).map(|record| record.at(hours_ago(2))));
    let lag = format!("lag_records{{topic=\"{}\",partition=\"0\"}}", scene.input);
    let run = Embedded::start(&scene, "");
    run.wait("pipeline_state{state=\"waiting\"}", |is| is == 1.0);
    run.wait(&lag, |records| records == 3.0);
    let age = run.wait("lag_seconds{lane=\"0\"}", |age| age > 0.0);
    assert!((7_200.0..7_300.0).contains(&age), "{age}");
    // What comes now is seen, though nothing is taken any more.
    scene.send(numbers(4));
    run.wait(&lag, |records| records == 7.0);
    let idle = run.wait("commit_age_seconds{lane=\"0\"}", |age| age > 1.0);
    run.wait("commit_age_seconds{lane=\"0\"}", |age| age > idle);
    scene.client.create_topic(&scene.output, 1, &[]);
    run.wait(&lag, |records| records == 0.0);
    run.wait("lag_seconds{lane=\"0\"}", |age| age == 0.0);
    let samples = run.drain();
    assert_eq!(samples["produced_records_total"], 7.0);
    assert_eq!(samples["given_up_records_total"], 0.0);
    // The sampled record was two hours old.
    assert_eq!(
        samples["end_to_end_latency_seconds_bucket{le=\"3600\"}"] + 1.0,
        samples["end_to_end_latency_seconds_count"]
    );
}

#[test]
fn a_transaction_that_is_open_is_no_lag_and_an_idle_group_knows_its_lag() {
    let scene = scene("stable");
    scene.client.produce_transaction(&scene.input, Ending::Commit, numbers(5).map(|record| record.to(0)));
    let lag = format!("lag_records{{topic=\"{}\",partition=\"0\"}}", scene.input);
    let run = Embedded::start(&scene, "");
    run.wait("produced_records_total", |count| count == 5.0);
    // The marker at the end is passed, too.
    run.wait(&lag, |records| records == 0.0);
    run.drain();
    // Nothing comes, and the lane has committed nothing itself.
    let run = Embedded::start(&scene, "");
    run.wait(&lag, |records| records == 0.0);
    assert_eq!(run.drain()["commits_total"], 0.0);
}
