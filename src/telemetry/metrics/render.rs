//! What the daemon and its pipelines say of themselves, as Prometheus text.
//!
//! Labels are bounded by what is configured and owned; no reason, error or record is ever a label.

use crate::kafka::{ClientCounts, ClientStatistics, librdkafka_version};
use crate::pipeline::LaneView;
use crate::supervisor::{DaemonView, PipelineState, PipelineView, ReloadResult};

use super::Metric;
use super::histogram::{BATCH_SECONDS, LATENCY_SECONDS};
use super::text::Text;

/// All metrics of the daemon and of its pipelines, for the content type `text/plain; version=0.0.4`.
pub fn render(daemon: &DaemonView, pipelines: &[PipelineView]) -> String {
    let mut text = Text::default();
    of_daemon(&mut text, daemon);
    of_accounts(&mut text, pipelines);
    of_flow(&mut text, pipelines);
    of_lives(&mut text, pipelines);
    of_clients(&mut text, pipelines);
    text.into_string()
}

fn of_daemon(text: &mut Text, daemon: &DaemonView) {
    let mut one = |metric, value: f64| text.family(metric).sample(&[], value);
    let reload = daemon.last_reload.as_ref();
    let was_whole = reload.is_none_or(|reload| reload.result == ReloadResult::TakenIn);
    let reloaded_at_ms = reload.map_or(daemon.started_at_ms, |reload| reload.at_ms);
    one(Metric::ProcessStart, seconds(daemon.started_at_ms));
    one(Metric::ConfigGeneration, daemon.generation as f64);
    one(Metric::ReloadSuccessful, f64::from(u8::from(was_whole)));
    one(Metric::ReloadTime, seconds(reloaded_at_ms));
    one(Metric::MemoryUsed, daemon.memory_used_bytes as f64);
    one(Metric::MemoryMax, daemon.memory_max_bytes as f64);
    one(Metric::RegistryRequests, daemon.schema_registry.requests as f64);
    one(Metric::RegistryFailures, daemon.schema_registry.failures as f64);
    one(Metric::RegistryWait, daemon.schema_registry.waited_us as f64 / 1e6);
    one(Metric::RegistryCacheHits, daemon.schema_registry.cache_hits as f64);
    let mut reloads = text.family(Metric::Reloads);
    reloads.sample(&["taken_in"], daemon.reloads.0);
    reloads.sample(&["refused"], daemon.reloads.1);
    text.family(Metric::BuildInfo).sample(&[env!("CARGO_PKG_VERSION"), &librdkafka_version()], 1);
}

fn of_accounts(text: &mut Text, pipelines: &[PipelineView]) {
    let mut each = |metric, value: fn(&PipelineView) -> u64| {
        let mut family = text.family(metric);
        pipelines.iter().for_each(|pipeline| family.sample(&[&pipeline.name], value(pipeline)));
    };
    // What is in flight goes down when a partition goes; a counter must not.
    each(Metric::Consumed, |pipeline| pipeline.account.consumed() + pipeline.counters.given_up);
    each(Metric::Produced, |pipeline| pipeline.account.ended.produced);
    each(Metric::Filtered, |pipeline| pipeline.account.ended.filtered);
    each(Metric::DeadLettered, |pipeline| pipeline.account.ended.dead_lettered);
    each(Metric::Skipped, |pipeline| pipeline.account.ended.skipped);
    each(Metric::GivenUp, |pipeline| pipeline.counters.given_up);
    each(Metric::InFlight, |pipeline| pipeline.account.in_flight);
    each(Metric::Commits, |pipeline| pipeline.counters.commits);
    each(Metric::CommitFailures, |pipeline| pipeline.counters.commit_failures);
    let mut family = text.family(Metric::Outputs);
    for pipeline in pipelines {
        pipeline.outputs.iter().for_each(|(sink, count)| family.sample(&[&pipeline.name, sink], count));
    }
}

fn of_flow(text: &mut Text, pipelines: &[PipelineView]) {
    let mut family = text.family(Metric::LagRecords);
    for (pipeline, _, lane) in lanes(pipelines) {
        for lag in &lane.lags {
            let partition = lag.at.partition.to_string();
            family.sample(&[&pipeline.name, &lag.at.topic, &partition], lag.records);
        }
    }
    each_lane(text, Metric::LagSeconds, pipelines, |lane| Some(seconds(lane.lag_ms)));
    each_lane(text, Metric::CommitAge, pipelines, |lane| Some(seconds(lane.commit_age_ms)));
    each_lane(text, Metric::Partitions, pipelines, |lane| Some(lane.partitions as f64));
    each_lane(text, Metric::HeldPartitions, pipelines, |lane| Some(lane.held_partitions as f64));
    let mut family = text.family(Metric::Rebalances);
    for pipeline in pipelines {
        let counted = pipeline.counters.rebalances;
        for (kind, count) in
            [("assigned", counted.assigned), ("revoked", counted.revoked), ("lost", counted.lost)]
        {
            family.sample(&[&pipeline.name, kind], count);
        }
    }
    let mut family = text.family(Metric::BatchDuration);
    for pipeline in pipelines {
        family.histogram(&[&pipeline.name], &BATCH_SECONDS, &pipeline.counters.batches);
    }
    let mut family = text.family(Metric::Latency);
    for pipeline in pipelines {
        family.histogram(&[&pipeline.name], &LATENCY_SECONDS, &pipeline.counters.latency);
    }
}

fn of_lives(text: &mut Text, pipelines: &[PipelineView]) {
    let mut family = text.family(Metric::State);
    for pipeline in pipelines {
        for word in PipelineState::WORDS {
            family.sample(&[&pipeline.name, word], u8::from(word == pipeline.state.as_str()));
        }
    }
    let mut each = |metric, value: fn(&PipelineView) -> f64| {
        let mut family = text.family(metric);
        pipelines.iter().for_each(|pipeline| family.sample(&[&pipeline.name], value(pipeline)));
    };
    each(Metric::StateSince, |pipeline| seconds(pipeline.state_since_ms));
    each(Metric::OnTrial, |pipeline| f64::from(u8::from(pipeline.is_on_trial)));
    each(Metric::RolledBack, |pipeline| f64::from(u8::from(pipeline.rolled_back.is_some())));
    each(Metric::PipelineGeneration, |pipeline| pipeline.generation as f64);
    each(Metric::Restarts, |pipeline| pipeline.restarts as f64);
}

fn of_clients(text: &mut Text, pipelines: &[PipelineView]) {
    let producer = |lane: &LaneView| lane.clients.producer;
    let consumer = |lane: &LaneView| lane.clients.consumer;
    each_lane(text, Metric::ProducerQueue, pipelines, |lane| Some(producer(lane)?.queue_messages as f64));
    each_lane(text, Metric::ProducerQueueBytes, pipelines, |lane| Some(producer(lane)?.queue_bytes as f64));
    each_lane(text, Metric::FetchQueue, pipelines, |lane| Some(consumer(lane)?.fetch_queue_messages as f64));
    each_lane(text, Metric::FetchQueueBytes, pipelines, |lane| {
        Some(consumer(lane)?.fetch_queue_bytes as f64)
    });
    each_client(text, Metric::RoundTrip, pipelines, |client| client.rtt_average_us);
    each_client(text, Metric::RoundTripP99, pipelines, |client| client.rtt_p99_us);
    let mut each = |metric, value: fn(&ClientCounts) -> u64| {
        let mut family = text.family(metric);
        for pipeline in pipelines {
            family.sample(&[&pipeline.name, "consumer"], value(&pipeline.counters.consumer));
            family.sample(&[&pipeline.name, "producer"], value(&pipeline.counters.producer));
        }
    };
    each(Metric::Connects, |counts| counts.connects);
    each(Metric::Disconnects, |counts| counts.disconnects);
    each(Metric::RequestErrors, |counts| counts.request_errors);
    each(Metric::RequestTimeouts, |counts| counts.request_timeouts);
    each(Metric::RequestRetries, |counts| counts.request_retries);
}

fn lanes(pipelines: &[PipelineView]) -> impl Iterator<Item = (&PipelineView, String, &LaneView)> {
    pipelines.iter().flat_map(|pipeline| {
        let numbered = pipeline.lanes.iter().enumerate();
        numbered.map(move |(index, lane)| (pipeline, index.to_string(), lane))
    })
}

fn each_lane(
    text: &mut Text,
    metric: Metric,
    pipelines: &[PipelineView],
    value: impl Fn(&LaneView) -> Option<f64>,
) {
    let mut family = text.family(metric);
    for (pipeline, index, lane) in lanes(pipelines) {
        if let Some(value) = value(lane) {
            family.sample(&[&pipeline.name, &index], value);
        }
    }
}

fn each_client(
    text: &mut Text,
    metric: Metric,
    pipelines: &[PipelineView],
    value_us: fn(&ClientStatistics) -> Option<u64>,
) {
    let mut family = text.family(metric);
    for (pipeline, index, lane) in lanes(pipelines) {
        for (client, told) in [("consumer", lane.clients.consumer), ("producer", lane.clients.producer)] {
            if let Some(us) = told.as_ref().and_then(value_us) {
                family.sample(&[&pipeline.name, &index, client], us as f64 / 1e6);
            }
        }
    }
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}
