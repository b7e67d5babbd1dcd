//! Every metric that the daemon tells: its name, unit, type, labels and meaning, in one place.
//!
//! `render` writes them as Prometheus text; `docs/metrics.md` is made from the same table and compared by a test.

pub mod histogram;

#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod promtool_tests;
mod render;
#[cfg(test)]
mod render_tests;
mod text;

pub use render::render;

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, and starts at 0 with the process.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Counts by bucket.
    Histogram,
}

impl Kind {
    /// Prometheus' word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// What is said of a metric.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: Kind,
    /// What it is measured in.
    pub unit: &'static str,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it means, in one sentence.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($variant:ident $kind:ident $name:literal $unit:literal [$($label:literal),*] $help:literal;)*) => {
        /// A metric.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Metric {
            $(#[doc = $help] $variant,)*
        }

        impl Metric {
            /// All of them, in the order in which they are told.
            pub const ALL: &'static [Metric] = &[$(Metric::$variant),*];

            /// What is said of it.
            pub const fn about(self) -> About {
                match self {
                    $(Metric::$variant => About {
                        name: $name, kind: Kind::$kind, unit: $unit, labels: &[$($label),*], help: $help,
                    },)*
                }
            }
        }
    };
}

metrics! {
    BuildInfo Gauge "millstream_build_info" "" ["version", "librdkafka"]
        "Always 1; its labels tell the version and the librdkafka that is linked in.";
    ProcessStart Gauge "millstream_process_start_time_seconds" "seconds" []
        "When the process started, in seconds since the Unix epoch.";
    ConfigGeneration Gauge "millstream_config_generation" "" []
        "The number of the configuration that runs, from 1; a reload that is taken in makes the next one.";
    Reloads Counter "millstream_reloads_total" "reloads" ["result"]
        "Reloads, by result: taken_in or refused.";
    ReloadSuccessful Gauge "millstream_config_last_reload_successful" "" []
        "1 where the last reload was taken in whole, or none was tried yet; 0 where it was refused or rolled back.";
    ReloadTime Gauge "millstream_config_last_reload_time_seconds" "seconds" []
        "When the last reload was over, in seconds since the Unix epoch; the start where none was tried yet.";
    MemoryUsed Gauge "millstream_memory_used_bytes" "bytes" []
        "What lanes hold for records: their floors and what they have borrowed.";
    MemoryMax Gauge "millstream_memory_max_bytes" "bytes" []
        "The bound of that: memory.max of the daemon's file.";

    RegistryRequests Counter "millstream_schema_registry_requests_total" "requests" []
        "Requests to schema registries, each try at each address.";
    RegistryFailures Counter "millstream_schema_registry_failures_total" "requests" []
        "Those of them that brought no answer of a registry: they are tried again.";
    RegistryWait Counter "millstream_schema_registry_wait_seconds_total" "seconds" []
        "What all of them took together, in seconds.";
    RegistryCacheHits Counter "millstream_schema_registry_cache_hits_total" "schemas" []
        "Schemas, and ids of sinks' schemas, that came from the cache on disk.";

    Consumed Counter "millstream_consumed_records_total" "records" ["pipeline"]
        "Records taken up: those of the four ends, those in flight, and those given up.";
    Produced Counter "millstream_produced_records_total" "records" ["pipeline"]
        "Records whose outputs are all acknowledged, at least one.";
    Filtered Counter "millstream_filtered_records_total" "records" ["pipeline"]
        "Records that no sink wanted.";
    DeadLettered Counter "millstream_dead_lettered_records_total" "records" ["pipeline"]
        "Records whose dead letter is acknowledged.";
    Skipped Counter "millstream_skipped_records_total" "records" ["pipeline"]
        "Poison records that on_error: skip left out.";
    GivenUp Counter "millstream_given_up_records_total" "records" ["pipeline"]
        "Records whose partition went, or whose lane ended, before they were finished: they are read again, and are counted again then.";
    InFlight Gauge "millstream_in_flight_records" "records" ["pipeline"]
        "Records taken up that have not ended.";
    Outputs Counter "millstream_output_records_total" "records" ["pipeline", "sink"]
        "Outputs acknowledged, by the sink's topic; a record that is replayed can write one again.";

    LagRecords Gauge "millstream_lag_records" "records" ["pipeline", "topic", "partition"]
        "From the committed offset to the end (the last stable offset), as the brokers told in the last seconds.";
    LagSeconds Gauge "millstream_lag_seconds" "seconds" ["pipeline", "lane"]
        "The age, by its timestamp, of the oldest record that the lane has fetched and not committed; 0 where all is.";
    Commits Counter "millstream_commits_total" "commits" ["pipeline"]
        "Commits that were acknowledged.";
    CommitFailures Counter "millstream_commit_failures_total" "commits" ["pipeline"]
        "Commits that failed or were not answered in time; a rebalance refuses some, and they are tried again.";
    CommitAge Gauge "millstream_commit_age_seconds" "seconds" ["pipeline", "lane"]
        "How long nothing was committed while there was something to commit; 0 where there is nothing.";
    Rebalances Counter "millstream_rebalances_total" "rebalances" ["pipeline", "kind"]
        "Rebalances that moved partitions of a lane, by kind: assigned, revoked, or lost (gone before anything could be committed).";
    Partitions Gauge "millstream_assigned_partitions" "partitions" ["pipeline", "lane"]
        "Partitions that the lane owns.";
    HeldPartitions Gauge "millstream_held_partitions" "partitions" ["pipeline", "lane"]
        "Partitions that stand still until the schema registry tells the schema of their next record.";
    BatchDuration Histogram "millstream_batch_duration_seconds" "seconds" ["pipeline"]
        "How long rounds took: taking up to a thousand records, processing them, handing their outputs to the producer.";
    Latency Histogram "millstream_end_to_end_latency_seconds" "seconds" ["pipeline"]
        "From a record's timestamp to the moment its partition's watermark passed it; one record of each round is sampled.";

    State Gauge "millstream_pipeline_state" "" ["pipeline", "state"]
        "1 for the state that the pipeline is in, 0 for every other.";
    StateSince Gauge "millstream_pipeline_state_since_time_seconds" "seconds" ["pipeline"]
        "Since when the pipeline is in its state, in seconds since the Unix epoch; starting, running and waiting are one here.";
    OnTrial Gauge "millstream_pipeline_on_trial" "" ["pipeline"]
        "1 while the spec that runs is on trial after a reload.";
    RolledBack Gauge "millstream_pipeline_rolled_back" "" ["pipeline"]
        "1 where the newest spec of the pipeline's file was taken back and the old one runs.";
    PipelineGeneration Gauge "millstream_pipeline_generation" "" ["pipeline"]
        "The generation that brought the spec that runs.";
    Restarts Counter "millstream_pipeline_restarts_total" "restarts" ["pipeline"]
        "How often the pipeline was started again after it broke.";

    ProducerQueue Gauge "millstream_kafka_producer_queue_messages" "messages" ["pipeline", "lane"]
        "librdkafka: messages that wait in the producer or are on their way.";
    ProducerQueueBytes Gauge "millstream_kafka_producer_queue_bytes" "bytes" ["pipeline", "lane"]
        "librdkafka: the same, in bytes.";
    FetchQueue Gauge "millstream_kafka_fetch_queue_messages" "messages" ["pipeline", "lane"]
        "librdkafka: messages that are prefetched.";
    FetchQueueBytes Gauge "millstream_kafka_fetch_queue_bytes" "bytes" ["pipeline", "lane"]
        "librdkafka: the same, in bytes.";
    RoundTrip Gauge "millstream_kafka_round_trip_average_seconds" "seconds" ["pipeline", "lane", "client"]
        "librdkafka: from a request to its answer, on average over all brokers, in the last interval; a consumer's requests wait at the broker for new records.";
    RoundTripP99 Gauge "millstream_kafka_round_trip_p99_seconds" "seconds" ["pipeline", "lane", "client"]
        "librdkafka: the 99th percentile of the slowest broker, in the last interval.";
    Connects Counter "millstream_kafka_connects_total" "connections" ["pipeline", "client"]
        "librdkafka: tries to connect to a broker.";
    Disconnects Counter "millstream_kafka_disconnects_total" "connections" ["pipeline", "client"]
        "librdkafka: connections that ended.";
    RequestErrors Counter "millstream_kafka_request_errors_total" "requests" ["pipeline", "client"]
        "librdkafka: requests that could not be sent, and answers that could not be read.";
    RequestTimeouts Counter "millstream_kafka_request_timeouts_total" "requests" ["pipeline", "client"]
        "librdkafka: requests that were not answered in time.";
    RequestRetries Counter "millstream_kafka_request_retries_total" "requests" ["pipeline", "client"]
        "librdkafka: requests that were sent again.";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_say_what_they_measure_and_are_used_once() {
        let mut seen = BTreeSet::new();
        for metric in Metric::ALL {
            let about = metric.about();
            assert!(seen.insert(about.name), "{} stands twice", about.name);
            assert!(about.name.starts_with("millstream_"), "{}", about.name);
            assert_eq!(about.name.ends_with("_total"), about.kind == Kind::Counter, "{}", about.name);
            let seconds_or_bytes = matches!(about.unit, "seconds" | "bytes");
            assert!(
                !seconds_or_bytes || about.name.trim_end_matches("_total").ends_with(about.unit),
                "{}",
                about.name
            );
            assert!(about.help.ends_with('.'), "{}: {}", about.name, about.help);
        }
    }
}
