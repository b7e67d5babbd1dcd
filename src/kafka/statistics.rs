//! librdkafka's statistics, as far as Millstream looks (librdkafka's STATISTICS.md).

use std::collections::HashMap;

use serde::Deserialize;

/// What a client says of itself now, and what it has counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientStatistics {
    /// Messages that wait in a producer or are on their way.
    pub queue_messages: u64,
    /// The same, in bytes.
    pub queue_bytes: u64,
    /// Messages that a consumer has prefetched.
    pub fetch_queue_messages: u64,
    /// The same, in bytes.
    pub fetch_queue_bytes: u64,
    /// From a request to its answer, in microseconds, on average over all brokers, since it told last; `None` where
    /// nothing was asked. A consumer's requests wait at the broker for new records.
    pub rtt_average_us: Option<u64>,
    /// The 99th percentile of the slowest broker since it told last, in microseconds.
    pub rtt_p99_us: Option<u64>,
    /// What it has counted.
    pub counts: ClientCounts,
}

/// What a client has counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientCounts {
    /// Tries to connect to a broker.
    pub connects: u64,
    /// Connections that ended.
    pub disconnects: u64,
    /// Requests that could not be sent, and answers that could not be read.
    pub request_errors: u64,
    /// Requests that were not answered in time.
    pub request_timeouts: u64,
    /// Requests that were sent again.
    pub request_retries: u64,
}

impl ClientCounts {
    /// Adds another client's counts to these.
    pub fn add(&mut self, other: ClientCounts) {
        self.connects += other.connects;
        self.disconnects += other.disconnects;
        self.request_errors += other.request_errors;
        self.request_timeouts += other.request_timeouts;
        self.request_retries += other.request_retries;
    }

    /// What was counted since `earlier`, by the same client.
    pub fn since(self, earlier: ClientCounts) -> ClientCounts {
        ClientCounts {
            connects: self.connects.saturating_sub(earlier.connects),
            disconnects: self.disconnects.saturating_sub(earlier.disconnects),
            request_errors: self.request_errors.saturating_sub(earlier.request_errors),
            request_timeouts: self.request_timeouts.saturating_sub(earlier.request_timeouts),
            request_retries: self.request_retries.saturating_sub(earlier.request_retries),
        }
    }
}

#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    msg_cnt: u64,
    #[serde(default)]
    msg_size: u64,
    #[serde(default)]
    brokers: HashMap<String, Broker>,
    #[serde(default)]
    topics: HashMap<String, Topic>,
}

#[derive(Deserialize)]
struct Broker {
    #[serde(default)]
    connects: u64,
    #[serde(default)]
    disconnects: u64,
    #[serde(default)]
    txerrs: u64,
    #[serde(default)]
    rxerrs: u64,
    #[serde(default)]
    req_timeouts: u64,
    #[serde(default)]
    txretries: u64,
    rtt: Option<Window>,
}

#[derive(Deserialize)]
struct Window {
    sum: i64,
    cnt: i64,
    p99: i64,
}

#[derive(Deserialize)]
struct Topic {
    #[serde(default)]
    partitions: HashMap<String, Partition>,
}

#[derive(Deserialize)]
struct Partition {
    #[serde(default)]
    desired: bool,
    #[serde(default)]
    fetchq_cnt: u64,
    #[serde(default)]
    fetchq_size: u64,
}

/// Reads a statistics event; what is not known is passed over.
pub(super) fn parse(json: &[u8]) -> Result<ClientStatistics, serde_json::Error> {
    let root: Root = serde_json::from_slice(json)?;
    let mut all = ClientStatistics {
        queue_messages: root.msg_cnt,
        queue_bytes: root.msg_size,
        ..ClientStatistics::default()
    };
    let (mut sum_us, mut count) = (0, 0);
    for broker in root.brokers.values() {
        all.counts.add(ClientCounts {
            connects: broker.connects,
            disconnects: broker.disconnects,
            request_errors: broker.txerrs + broker.rxerrs,
            request_timeouts: broker.req_timeouts,
            request_retries: broker.txretries,
        });
        let Some(rtt) = broker.rtt.as_ref().filter(|rtt| rtt.cnt > 0) else { continue };
        sum_us += unsigned(rtt.sum);
        count += unsigned(rtt.cnt);
        all.rtt_p99_us = all.rtt_p99_us.max(Some(unsigned(rtt.p99)));
    }
    all.rtt_average_us = sum_us.checked_div(count);
    // All partitions are forwarded to one queue, and each tells the length of the queue that it is forwarded to.
    let partitions = root.topics.values().flat_map(|topic| topic.partitions.values());
    for partition in partitions.filter(|partition| partition.desired) {
        all.fetch_queue_messages = all.fetch_queue_messages.max(partition.fetchq_cnt);
        all.fetch_queue_bytes = all.fetch_queue_bytes.max(partition.fetchq_size);
    }
    Ok(all)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_all_brokers_and_of_the_one_queue() {
        let json = br#"{"name": "c-1", "msg_cnt": 3, "msg_size": 900, "replyq": 0, "brokers": {
            "a": {"connects": 2, "disconnects": 1, "txerrs": 1, "rxerrs": 1, "req_timeouts": 0, "txretries": 4,
                  "state": "UP", "rtt": {"sum": 3000, "cnt": 3, "p99": 1500, "avg": 1000}},
            "b": {"connects": 1, "rtt": {"sum": 9000, "cnt": 1, "p99": 9000}},
            "idle": {"rtt": {"sum": 0, "cnt": 0, "p99": 0}}},
            "topics": {"t": {"partitions": {
                "0": {"desired": true, "fetchq_cnt": 7, "fetchq_size": 70},
                "1": {"desired": true, "fetchq_cnt": 7, "fetchq_size": 70},
                "-1": {"desired": false, "fetchq_cnt": 99}}}}}"#;
        let counts = ClientCounts {
            connects: 3,
            disconnects: 1,
            request_errors: 2,
            request_timeouts: 0,
            request_retries: 4,
        };
        let expected = ClientStatistics {
            queue_messages: 3,
            queue_bytes: 900,
            fetch_queue_messages: 7,
            fetch_queue_bytes: 70,
            rtt_average_us: Some(3000),
            rtt_p99_us: Some(9000),
            counts,
        };
        assert_eq!(parse(json).unwrap(), expected);
    }

    #[test]
    fn a_client_that_has_asked_nothing_has_no_round_trip() {
        assert_eq!(parse(b"{}").unwrap(), ClientStatistics::default());
        assert!(parse(b"nonsense").is_err());
    }
}
