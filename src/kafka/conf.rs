//! The properties of a lane's two clients: Millstream's defaults, the user's over them, and above both what
//! the promises need. `check` has refused what the user must not set.

use std::collections::BTreeMap;

/// The most that a consumer prefetches, over all its partitions, in bytes. All partitions are forwarded to
/// one queue, and librdkafka measures the queue that it forwards to: the limit counts once a lane.
pub const QUEUE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// The most that one fetch brings, in bytes: by how much the queue can overshoot.
pub const FETCH_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// The largest message that librdkafka's configuration allows, in bytes. The sink's own limit decides, and its
/// refusal is one record's poison.
const MESSAGE_BYTES_MAX: u64 = 1_000_000_000;

/// librdkafka's own bounds on its producer queue, as high as they go: the lane's budget bounds what is in flight.
const PRODUCER_QUEUE_KBYTES_MAX: u64 = 2_147_483_647;

/// How often a client tells its own figures, in milliseconds: the user may say otherwise.
const STATISTICS_EVERY_MS: u64 = 10_000;

/// What a lane says of its consumer.
#[derive(Clone, Debug)]
pub struct ConsumerSettings<'a> {
    /// The user's properties.
    pub properties: &'a BTreeMap<String, String>,
    /// The consumer group.
    pub group: &'a str,
    /// `group.instance.id`, where members are static.
    pub instance: Option<String>,
    /// Name of the client in the brokers' logs.
    pub client_id: String,
}

/// What a lane says of its producer.
#[derive(Clone, Debug)]
pub struct ProducerSettings<'a> {
    /// The user's properties.
    pub properties: &'a BTreeMap<String, String>,
    /// Name of the client in the brokers' logs.
    pub client_id: String,
    /// The smallest `max.message.bytes` of the sinks, where known: batches stay under it.
    pub batch_bytes_max: Option<u64>,
    /// One record a batch, so that a refusal names its record.
    pub one_record_a_batch: bool,
}

/// The consumer's properties, complete.
pub(super) fn consumer(settings: &ConsumerSettings<'_>) -> BTreeMap<String, String> {
    let kip_848 = settings.properties.get("group.protocol").is_some_and(|p| p == "consumer");
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: String| all.insert(name.to_owned(), value);

    set("client.id", settings.client_id.clone());
    set("statistics.interval.ms", STATISTICS_EVERY_MS.to_string());
    if !kip_848 {
        set("partition.assignment.strategy", "cooperative-sticky".into());
    }
    set("isolation.level", "read_committed".into());
    // Once the queue is full the fetcher sleeps this long; the default of a second empties the queue meanwhile.
    set("fetch.queue.backoff.ms", "5".into());
    set("fetch.max.bytes", FETCH_BYTES_MAX.to_string());
    for (name, value) in settings.properties {
        set(name, value.clone());
    }

    set("group.id", settings.group.to_owned());
    if let Some(instance) = &settings.instance {
        set("group.instance.id", instance.clone());
    }
    set("enable.auto.commit", "false".into());
    set("enable.auto.offset.store", "false".into());
    // Where to begin is resolved by the lane, and committed at once.
    set("auto.offset.reset", "error".into());
    set("enable.partition.eof", "false".into());
    set("allow.auto.create.topics", "false".into());
    set("queued.max.messages.kbytes", (QUEUE_BYTES_MAX / 1024).to_string());
    all
}

/// The producer's properties, complete.
pub(super) fn producer(settings: &ProducerSettings<'_>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut set = |name: &str, value: String| all.insert(name.to_owned(), value);

    set("client.id", settings.client_id.clone());
    set("statistics.interval.ms", STATISTICS_EVERY_MS.to_string());
    // Co-partitioned with Java's producers.
    set("partitioner", "murmur2_random".into());
    for (name, value) in settings.properties {
        set(name, value.clone());
    }

    set("enable.idempotence", "true".into());
    set("acks", "all".into());
    // An outage is waited for; a message that times out would be one lost.
    set("message.timeout.ms", "0".into());
    set("message.max.bytes", MESSAGE_BYTES_MAX.to_string());
    set("queue.buffering.max.kbytes", PRODUCER_QUEUE_KBYTES_MAX.to_string());
    set("queue.buffering.max.messages", "0".into());
    set("allow.auto.create.topics", "false".into());
    if settings.one_record_a_batch {
        set("batch.num.messages", "1".into());
        set("linger.ms", "0".into());
    } else {
        // After a refused batch nothing that follows it may be sent: the producer ends, and the lane replays
        // from its watermark. Without this librdkafka renumbers and sends what follows: a reorder.
        set("enable.gapless.guarantee", "true".into());
    }
    if let Some(limit) = settings.batch_bytes_max {
        let wanted =
            settings.properties.get("batch.size").and_then(|v| v.parse().ok()).unwrap_or(BATCH_BYTES);
        set("batch.size", wanted.min(limit.saturating_sub(BATCH_OVERHEAD_BYTES).max(1)).to_string());
    }
    all
}

impl ProducerSettings<'_> {
    /// Whether batches are small enough for topics that take `limit` bytes a message.
    pub fn fits(&self, limit: u64) -> bool {
        self.batch_bytes_max.unwrap_or(u64::MAX).min(self.wanted_batch_bytes()) <= under(limit)
    }

    fn wanted_batch_bytes(&self) -> u64 {
        self.properties.get("batch.size").and_then(|size| size.parse().ok()).unwrap_or(BATCH_BYTES)
    }
}

/// The largest batch for a topic that takes `limit` bytes.
fn under(limit: u64) -> u64 {
    limit.saturating_sub(BATCH_OVERHEAD_BYTES).max(1)
}

/// librdkafka's default `batch.size`, in bytes.
const BATCH_BYTES: u64 = 1_000_000;

/// What a batch's header takes of `max.message.bytes` (RecordBatch v2 has 61 bytes), with room to spare.
const BATCH_OVERHEAD_BYTES: u64 = 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(properties: &BTreeMap<String, String>) -> ProducerSettings<'_> {
        ProducerSettings {
            properties,
            client_id: "c".into(),
            batch_bytes_max: Some(10_000),
            one_record_a_batch: false,
        }
    }

    #[test]
    fn what_the_promises_need_stands_above_the_user() {
        let user = BTreeMap::from([
            ("acks".to_owned(), "1".to_owned()),
            ("linger.ms".to_owned(), "50".to_owned()),
            ("statistics.interval.ms".to_owned(), "0".to_owned()),
        ]);
        let all = producer(&settings(&user));
        assert_eq!(all["acks"], "all");
        assert_eq!((all["linger.ms"].as_str(), all["statistics.interval.ms"].as_str()), ("50", "0"));
    }

    #[test]
    fn batches_stay_under_the_sinks_limit() {
        assert_eq!(producer(&settings(&BTreeMap::new()))["batch.size"], "9488");
        let user = BTreeMap::from([("batch.size".to_owned(), "500".to_owned())]);
        assert_eq!(producer(&settings(&user))["batch.size"], "500");
    }

    #[test]
    fn kip_848_takes_no_strategy() {
        let user = BTreeMap::from([("group.protocol".to_owned(), "consumer".to_owned())]);
        let all = consumer(&ConsumerSettings {
            properties: &user,
            group: "g",
            instance: None,
            client_id: "c".into(),
        });
        assert!(!all.contains_key("partition.assignment.strategy"));
    }
}
