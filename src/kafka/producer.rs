//! A lane's producer: records go in with a number, and each number comes back in exactly one report.

use std::borrow::Cow;
use std::ffi::{CString, c_void};
use std::ptr;

use rdkafka::bindings as rd;
use rdkafka::bindings::rd_kafka_vtype_t as V;

use super::admin::Cluster;
use super::conf::{self, ProducerSettings};
use super::error::KafkaError;
use super::message::Message;
use super::native::Native;
use super::queue::Queue;
use super::statistics::ClientStatistics;
use super::wake::Waker;
use crate::record::Header;

/// What became of one record.
#[derive(Debug)]
pub struct Report {
    /// The number that it was sent with.
    pub opaque: u64,
    /// Acknowledged, or why not.
    pub result: Result<(), KafkaError>,
}

/// What happened to a producer.
#[derive(Debug)]
pub enum ProducerEvent {
    /// The client's own figures, every `statistics.interval.ms`.
    Statistics(ClientStatistics),
    /// Something is wrong; only a fatal error ends the client.
    Error {
        /// What.
        error: KafkaError,
        /// The client cannot go on.
        is_fatal: bool,
    },
}

/// Why a record was not taken in.
#[derive(Debug)]
pub enum SendError {
    /// This very record can never be sent.
    Refused(KafkaError),
    /// Anything else: the lane replays.
    Failed(KafkaError),
}

/// The headers of an output.
#[derive(Debug)]
pub enum OutputHeaders<'a> {
    /// Those of the input, as they came.
    Of(&'a Message),
    /// These.
    List(&'a [Header<'a>]),
}

/// One record to send.
#[derive(Debug)]
pub struct OutputRecord<'a> {
    /// The key.
    pub key: Option<&'a [u8]>,
    /// The value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers.
    pub headers: OutputHeaders<'a>,
    /// Milliseconds since the Unix epoch.
    pub timestamp_ms: Option<i64>,
    /// Comes back in the report.
    pub opaque: u64,
}

/// A topic of one producer, looked up once.
#[derive(Debug)]
pub struct SinkTopic(*mut rd::rd_kafka_topic_t);

// SAFETY: topic handles may be used from any thread, like their client.
unsafe impl Send for SinkTopic {}

impl Drop for SinkTopic {
    fn drop(&mut self) {
        // SAFETY: our reference, given back once. The client lives on until its last reference is gone.
        unsafe { rd::rd_kafka_topic_destroy(self.0) }
    }
}

/// An idempotent producer.
#[derive(Debug)]
pub struct Producer {
    // Dropped before the client.
    events: Queue,
    client: Native,
    _waker: Waker,
}

impl Producer {
    /// Makes a producer that wakes `waker` when reports are there.
    ///
    /// # Errors
    ///
    /// A property that librdkafka refuses.
    pub fn new(settings: &ProducerSettings<'_>, waker: &Waker) -> Result<Self, KafkaError> {
        let kinds = rd::RD_KAFKA_EVENT_DR | rd::RD_KAFKA_EVENT_ERROR | rd::RD_KAFKA_EVENT_STATS;
        let client = Native::new(rd::rd_kafka_type_t::RD_KAFKA_PRODUCER, &conf::producer(settings), kinds)?;
        let events = Queue::main(&client);
        events.wake_with(waker);
        Ok(Self { events, client, _waker: waker.clone() })
    }

    /// Asks the cluster through this client.
    pub fn cluster(&self) -> Cluster<'_> {
        Cluster(&self.client)
    }

    /// Looks a topic up for sending.
    ///
    /// # Errors
    ///
    /// As librdkafka says.
    pub fn topic(&self, name: &str) -> Result<SinkTopic, KafkaError> {
        let name = CString::new(name).expect("a topic name holds no NUL");
        // SAFETY: client and name are live; null takes the client's default topic configuration.
        let topic = unsafe { rd::rd_kafka_topic_new(self.client.ptr(), name.as_ptr(), ptr::null_mut()) };
        if topic.is_null() {
            // SAFETY: reads the error of this thread's last call.
            return Err(KafkaError::from_code(unsafe { rd::rd_kafka_last_error() }));
        }
        Ok(SinkTopic(topic))
    }

    /// Takes a record in: it is copied, and reported later.
    ///
    /// # Errors
    ///
    /// The record was not taken in and will not be reported.
    pub fn send(&self, topic: &SinkTopic, record: &OutputRecord<'_>) -> Result<(), SendError> {
        let headers = native_headers(&record.headers);
        let mut fields = Fields::new();
        fields.push(V::RD_KAFKA_VTYPE_RKT, |u| u.rkt = topic.0);
        fields.push(V::RD_KAFKA_VTYPE_MSGFLAGS, |u| u.i = rd::RD_KAFKA_MSG_F_COPY);
        fields.push(V::RD_KAFKA_VTYPE_VALUE, |u| u.mem = memory(record.value));
        fields.push(V::RD_KAFKA_VTYPE_KEY, |u| u.mem = memory(record.key));
        fields.push(V::RD_KAFKA_VTYPE_OPAQUE, |u| u.ptr = record.opaque as usize as *mut c_void);
        if let Some(timestamp_ms) = record.timestamp_ms {
            fields.push(V::RD_KAFKA_VTYPE_TIMESTAMP, |u| u.i64_ = timestamp_ms);
        }
        if !headers.is_null() {
            fields.push(V::RD_KAFKA_VTYPE_HEADERS, |u| u.headers = headers);
        }
        // SAFETY: all that the fields point to is live through the call, which copies it; the headers are
        // taken over on success and stay ours otherwise (rdkafka.h, RD_KAFKA_V_HEADERS).
        let result = unsafe {
            KafkaError::check_object(rd::rd_kafka_produceva(
                self.client.ptr(),
                fields.list.as_ptr(),
                fields.count,
            ))
        };
        result.map_err(|error| {
            if !headers.is_null() {
                // SAFETY: still ours, see above.
                unsafe { rd::rd_kafka_headers_destroy(headers) }
            }
            if error.is_too_large() { SendError::Refused(error) } else { SendError::Failed(error) }
        })
    }

    /// Hands over all reports that are there now, and gives the worst other event, if any.
    pub fn serve(&self, mut report: impl FnMut(Report)) -> Option<ProducerEvent> {
        let mut worst = None;
        while let Some(event) = self.events.next_event() {
            match event.kind() {
                rd::RD_KAFKA_EVENT_DR => event.each_report(|opaque, code| {
                    report(Report { opaque: opaque as usize as u64, result: KafkaError::check(code) });
                }),
                rd::RD_KAFKA_EVENT_ERROR => {
                    if let Err(error) = event.error() {
                        let fatal = self.client.fatal_error();
                        if fatal.is_some() || !matches!(worst, Some(ProducerEvent::Error { .. })) {
                            let is_fatal = fatal.is_some();
                            worst = Some(ProducerEvent::Error { is_fatal, error: fatal.unwrap_or(error) });
                        }
                    }
                }
                // An error is worse, and figures come again.
                rd::RD_KAFKA_EVENT_STATS if worst.is_none() => {
                    worst = event.statistics().map(ProducerEvent::Statistics);
                }
                _ => {}
            }
        }
        worst
    }

    /// Gives up everything that is not acknowledged; a report follows for each.
    pub fn purge(&self) {
        // SAFETY: the client is live.
        let code = unsafe {
            rd::rd_kafka_purge(self.client.ptr(), rd::RD_KAFKA_PURGE_F_QUEUE | rd::RD_KAFKA_PURGE_F_INFLIGHT)
        };
        if let Err(error) = KafkaError::check(code) {
            tracing::warn!(%error, "purging the producer");
        }
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.events.detach_waker();
    }
}

/// The fields of one produce call, on the stack.
struct Fields {
    list: [rd::rd_kafka_vu_t; Fields::MAX],
    count: usize,
}

impl Fields {
    const MAX: usize = 7;

    fn new() -> Self {
        let empty = rd::rd_kafka_vu_t {
            vtype: V::RD_KAFKA_VTYPE_END,
            u: rd::rd_kafka_vu_s__bindgen_ty_1 { ptr: ptr::null_mut() },
        };
        Self { list: [empty; Self::MAX], count: 0 }
    }

    fn push(&mut self, kind: V, fill: impl FnOnce(&mut rd::rd_kafka_vu_s__bindgen_ty_1)) {
        let field = &mut self.list[self.count];
        field.vtype = kind;
        fill(&mut field.u);
        self.count += 1;
    }
}

/// Null for none, which differs from empty.
fn memory(bytes: Option<&[u8]>) -> rd::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 {
    match bytes {
        None => rd::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 { ptr: ptr::null_mut(), size: 0 },
        Some(bytes) => rd::rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 {
            ptr: bytes.as_ptr().cast_mut().cast(),
            size: bytes.len(),
        },
    }
}

/// A fresh set of librdkafka's headers; null where there are none.
fn native_headers(headers: &OutputHeaders<'_>) -> *mut rd::rd_kafka_headers_t {
    let list = match headers {
        OutputHeaders::Of(message) => {
            // SAFETY: the message's headers live as long as it; the copy is ours.
            return message
                .native_headers()
                .map_or(ptr::null_mut(), |h| unsafe { rd::rd_kafka_headers_copy(h) });
        }
        OutputHeaders::List([]) => return ptr::null_mut(),
        OutputHeaders::List(list) => list,
    };
    // SAFETY: fresh headers that are ours; names and values are copied, with their lengths.
    unsafe {
        let native = rd::rd_kafka_headers_new(list.len());
        for header in *list {
            let (value, size) = match &header.value {
                None => (ptr::null(), 0),
                Some(value) => (value.as_ptr(), value.len()),
            };
            let name: &Cow<'_, [u8]> = &header.name;
            rd::rd_kafka_header_add(
                native,
                name.as_ptr().cast(),
                isize::try_from(name.len()).expect("a header name is shorter than half the address space"),
                value.cast(),
                isize::try_from(size).expect("a header value is shorter than half the address space"),
            );
        }
        native
    }
}
