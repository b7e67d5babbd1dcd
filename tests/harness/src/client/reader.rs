//! Reads topics whole, byte for byte, without a group.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CStr;
use std::ptr;
use std::time::{Duration, Instant};

use rdkafka::bindings::{self, rd_kafka_resp_err_t};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Message, Offset, TopicPartitionList};

use super::record::{Header, Stored};
use super::{Client, REQUEST_TIMEOUT, config};
use crate::wait::{self, PATIENCE};

/// The oldest offset of a partition and the one after its newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetRange {
    /// The oldest offset that is still there.
    pub start: i64,
    /// The offset that the next record will get.
    pub end: i64,
}

/// When a reader has read enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// At the end of every partition, as it stood when the reader began, or a little behind it.
    End,
    /// When this many records were read; more that stand there already are read, too.
    Records(usize),
}

impl Client {
    /// All records of a topic that stand there now, in the order of each partition.
    pub fn read(&self, topic: &str) -> Vec<Stored> {
        self.read_until(topic, Until::End)
    }

    /// Waits until a topic holds `count` records and returns all that it holds then.
    pub fn read_count(&self, topic: &str, count: usize) -> Vec<Stored> {
        self.read_until(topic, Until::Records(count))
    }

    /// Reads a topic from its beginning. Aborted records are not seen.
    pub fn read_until(&self, topic: &str, until: Until) -> Vec<Stored> {
        let partitions = self.partition_count(topic).unwrap_or_else(|| panic!("no topic {topic} to read"));
        let all = (0..partitions).collect();
        self.read_partitions(topic, all, until)
    }

    /// Reads one partition from its beginning to its end.
    pub(super) fn read_partition(&self, topic: &str, partition: i32) -> Vec<Stored> {
        self.read_partitions(topic, BTreeSet::from([partition]), Until::End)
    }

    /// What a partition holds.
    pub fn offsets(&self, topic: &str, partition: i32) -> OffsetRange {
        // A broker that has just come back is not its partitions' leader at once.
        wait::until(&format!("the offsets of {topic}/{partition}"), || {
            let range = self.admin.inner().fetch_watermarks(topic, partition, REQUEST_TIMEOUT);
            range.ok().map(|(start, end)| OffsetRange { start, end })
        })
    }

    /// Where somebody writes without a pause librdkafka tells of no end: the ends are asked for beforehand.
    fn read_partitions(&self, topic: &str, partitions: BTreeSet<i32>, until: Until) -> Vec<Stored> {
        let ends = partitions.iter().map(|partition| (*partition, self.offsets(topic, *partition).end));
        let ends = ends.collect();
        read_partitions(&self.reader(), topic, partitions, until, &ends)
    }

    fn reader(&self) -> BaseConsumer {
        let mut config = config(&self.bootstrap);
        config
            .set("group.id", "millstream-testbed-reader")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.message.max.bytes", "10485760");
        config.create().expect("the properties are librdkafka's own")
    }
}

fn read_partitions(
    consumer: &BaseConsumer,
    topic: &str,
    partitions: BTreeSet<i32>,
    until: Until,
    ends: &BTreeMap<i32, i64>,
) -> Vec<Stored> {
    let mut list = TopicPartitionList::new();
    for partition in &partitions {
        list.add_partition_offset(topic, *partition, Offset::Beginning).expect("an offset is valid");
    }
    consumer.assign(&list).expect("an assignment without a group is taken");
    let mut open = partitions;
    let mut records = Vec::new();
    let mut moved = Instant::now();
    while !enough(until, records.len(), &open) {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                // A partition that had ended goes on, unless its end as it was is what is asked for.
                let (partition, next) = (message.partition(), message.offset() + 1);
                if until == Until::End && ends.get(&partition).is_some_and(|end| next >= *end) {
                    open.remove(&partition);
                } else {
                    open.insert(partition);
                }
                records.push(stored(&message));
                moved = Instant::now();
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                open.remove(&partition);
            }
            // An outage that a test makes; the deadline below tells when it never ends.
            Some(Err(_)) | None => {}
        }
        assert!(moved.elapsed() < PATIENCE, "{topic}: {until:?} not reached after {} records", records.len());
    }
    records
}

fn enough(until: Until, count: usize, open: &BTreeSet<i32>) -> bool {
    match until {
        Until::End => open.is_empty(),
        Until::Records(expected) => count >= expected && open.is_empty(),
    }
}

fn stored(message: &BorrowedMessage<'_>) -> Stored {
    Stored {
        partition: message.partition(),
        offset: message.offset(),
        timestamp_ms: message.timestamp().to_millis(),
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
        headers: headers(message),
    }
}

/// Read here, because the wrapper's own accessor panics on a name that is not UTF-8.
fn headers(message: &BorrowedMessage<'_>) -> Vec<Header> {
    let mut headers = Vec::new();
    let mut list = ptr::null_mut();
    // SAFETY: the message lives during the call and owns the list; every name is a C string and every value
    // has the size that is given, both valid as long as the message.
    unsafe {
        let none = bindings::rd_kafka_message_headers(message.ptr(), &mut list);
        if none != rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return headers;
        }
        loop {
            let (mut name, mut value, mut bytes) = (ptr::null(), ptr::null(), 0);
            let end =
                bindings::rd_kafka_header_get_all(list, headers.len(), &mut name, &mut value, &mut bytes);
            if end != rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return headers;
            }
            let value = (!value.is_null()).then(|| std::slice::from_raw_parts(value.cast(), bytes).to_vec());
            headers.push((CStr::from_ptr(name).to_bytes().to_vec(), value));
        }
    }
}
