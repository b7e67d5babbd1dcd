//! Sends records exactly as they are given, alone or in transactions.

use std::ffi::{CString, c_void};
use std::ptr;
use std::sync::Mutex;
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::bindings::{self, rd_kafka_headers_t, rd_kafka_resp_err_t, rd_kafka_vtype_t as vtype};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{NoCustomPartitioner, Producer as _, ProducerContext, ThreadedProducer};

use super::record::{Header, Sent};
use super::{Client, REQUEST_TIMEOUT, config};

/// `RD_KAFKA_PARTITION_UA`: the partitioner decides.
const BY_KEY: i32 = -1;

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Readers of committed records see it.
    Commit,
    /// They see only a gap in the offsets.
    Abort,
}

/// Sends to one cluster; partitions by key as Java's producer does.
pub struct Producer {
    inner: ThreadedProducer<Reports, NoCustomPartitioner>,
}

impl Client {
    /// Sends records in their order and waits until the broker has them all.
    pub fn produce(&self, topic: &str, records: impl IntoIterator<Item = Sent>) {
        let producer = self.producer();
        for record in records {
            producer.send(topic, &record);
        }
        producer.finish();
    }

    /// Sends records as one transaction.
    pub fn produce_transaction(&self, topic: &str, ending: Ending, records: impl IntoIterator<Item = Sent>) {
        let producer = self.producer_with(&[("transactional.id", &crate::unique::name("testbed"))]);
        producer.inner.init_transactions(REQUEST_TIMEOUT).expect("the broker gives a producer id");
        producer.inner.begin_transaction().expect("a transaction begins");
        for record in records {
            producer.send(topic, &record);
        }
        producer.finish();
        match ending {
            Ending::Commit => producer.inner.commit_transaction(REQUEST_TIMEOUT),
            Ending::Abort => producer.inner.abort_transaction(REQUEST_TIMEOUT),
        }
        .unwrap_or_else(|error| panic!("{ending:?} a transaction on {topic}: {error}"));
    }

    /// A producer that lives on, for load.
    pub fn producer(&self) -> Producer {
        self.producer_with(&[])
    }

    fn producer_with(&self, properties: &[(&str, &str)]) -> Producer {
        let mut config = config(&self.bootstrap);
        config
            .set("enable.idempotence", "true")
            .set("partitioner", "murmur2_random")
            .set("message.max.bytes", "67108864")
            .set("linger.ms", "5")
            .set("queue.buffering.max.messages", "1000000");
        for (key, value) in properties {
            config.set(*key, *value);
        }
        let inner =
            config.create_with_context(Reports::default()).expect("the properties are librdkafka's own");
        Producer { inner }
    }
}

impl Producer {
    /// Queues one record; waits while the queue is full.
    pub fn send(&self, topic: &str, record: &Sent) {
        let topic_name = CString::new(topic).expect("a topic's name has no NUL");
        loop {
            match self.try_send(&topic_name, record) {
                rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR => return,
                // The client's own thread serves reports; its queue empties without help.
                rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__QUEUE_FULL => std::thread::yield_now(),
                refused => panic!("send to {topic}: {refused:?}"),
            }
        }
    }

    /// Waits until every record is acknowledged; panics when one was refused.
    pub fn finish(&self) {
        self.inner.flush(Duration::from_secs(120)).expect("the broker takes what was sent");
        let refused = self.inner.context().refused.lock().expect("no report panics").take();
        assert_eq!(refused, None, "the broker refused a record of the test itself");
    }

    fn try_send(&self, topic: &CString, record: &Sent) -> rd_kafka_resp_err_t {
        let (key, key_bytes) = raw_parts(record.key.as_deref());
        let (value, value_bytes) = raw_parts(record.value.as_deref());
        let headers = raw_headers(&record.headers);
        // SAFETY: all pointers are valid for the call and librdkafka copies key and value (F_COPY). It owns
        // the headers only where it took the record; otherwise they are freed here.
        unsafe {
            let refused = bindings::rd_kafka_producev(
                self.inner.client().native_ptr(),
                vtype::RD_KAFKA_VTYPE_TOPIC,
                topic.as_ptr(),
                vtype::RD_KAFKA_VTYPE_PARTITION,
                record.partition.unwrap_or(BY_KEY),
                vtype::RD_KAFKA_VTYPE_MSGFLAGS,
                bindings::RD_KAFKA_MSG_F_COPY,
                vtype::RD_KAFKA_VTYPE_VALUE,
                value,
                value_bytes,
                vtype::RD_KAFKA_VTYPE_KEY,
                key,
                key_bytes,
                vtype::RD_KAFKA_VTYPE_TIMESTAMP,
                record.timestamp_ms.unwrap_or(0),
                vtype::RD_KAFKA_VTYPE_HEADERS,
                headers,
                vtype::RD_KAFKA_VTYPE_END,
            );
            if refused != rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                bindings::rd_kafka_headers_destroy(headers);
            }
            refused
        }
    }
}

/// A null pointer for none; empty bytes keep a pointer, which is how librdkafka tells the two apart.
fn raw_parts(bytes: Option<&[u8]>) -> (*mut c_void, usize) {
    bytes.map_or((ptr::null_mut(), 0), |bytes| (bytes.as_ptr().cast_mut().cast(), bytes.len()))
}

fn raw_headers(headers: &[Header]) -> *mut rd_kafka_headers_t {
    // SAFETY: names and values are copied by the call; lengths are those of the slices. A null value makes a
    // null header.
    unsafe {
        let list = bindings::rd_kafka_headers_new(headers.len());
        for (name, value) in headers {
            let (value, value_bytes) = raw_parts(value.as_deref());
            bindings::rd_kafka_header_add(
                list,
                name.as_ptr().cast(),
                signed(name.len()),
                value,
                signed(value_bytes),
            );
        }
        list
    }
}

fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).expect("no slice is longer than isize::MAX")
}

/// Keeps the first refusal.
#[derive(Default)]
struct Reports {
    refused: Mutex<Option<String>>,
}

impl ClientContext for Reports {}

impl ProducerContext for Reports {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _)) = result {
            self.refused.lock().expect("no report panics").get_or_insert_with(|| error.to_string());
        }
    }
}
