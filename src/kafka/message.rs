//! One fetched message, owned: librdkafka's memory until it is dropped.

use std::borrow::Cow;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::ptr;

use rdkafka::bindings as rd;

use super::error::KafkaError;
use crate::record::{Header, Record, Timestamp, TimestampKind};

/// A message of the consumer, or an error that concerns one partition.
#[derive(Debug)]
pub struct Message {
    ptr: *mut rd::rd_kafka_message_t,
    // Messages stay on the lane's thread; dropping one elsewhere would be sound, but no one needs it.
    _not_send: PhantomData<*mut ()>,
}

impl Message {
    /// # Safety
    ///
    /// `ptr` is a message that the caller owns.
    pub(super) unsafe fn own(ptr: *mut rd::rd_kafka_message_t) -> Self {
        Self { ptr, _not_send: PhantomData }
    }

    fn raw(&self) -> &rd::rd_kafka_message_t {
        // SAFETY: live until drop.
        unsafe { &*self.ptr }
    }

    /// What is wrong with the partition, where this is no record.
    pub fn error(&self) -> Option<KafkaError> {
        if self.raw().err == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
            return None;
        }
        // SAFETY: the message is live; the text lives as long.
        let text = unsafe {
            let text = rd::rd_kafka_message_errstr(self.ptr);
            if text.is_null() { String::new() } else { CStr::from_ptr(text).to_string_lossy().into_owned() }
        };
        Some(KafkaError::with_text(self.raw().err, text))
    }

    /// The partition's number.
    pub fn partition(&self) -> i32 {
        self.raw().partition
    }

    /// The record's offset.
    pub fn offset(&self) -> i64 {
        self.raw().offset
    }

    /// A number that is the same for all messages of one topic of one consumer: cheaper to compare than a name.
    pub fn topic_id(&self) -> usize {
        self.raw().rkt as usize
    }

    /// The topic's name.
    pub fn topic(&self) -> &str {
        let topic = self.raw().rkt;
        if topic.is_null() {
            return "";
        }
        // SAFETY: the topic outlives its messages. Kafka's topic names are ASCII ([a-zA-Z0-9._-]).
        unsafe { CStr::from_ptr(rd::rd_kafka_topic_name(topic)) }.to_str().unwrap_or_default()
    }

    /// Bytes of key and value.
    pub fn payload_bytes(&self) -> usize {
        self.raw().len + self.raw().key_len
    }

    /// The message as a record, borrowing its bytes.
    pub fn record(&self) -> Record<'_> {
        let raw = self.raw();
        Record {
            topic: self.topic(),
            partition: raw.partition,
            offset: raw.offset,
            timestamp: self.timestamp(),
            // SAFETY: librdkafka gives a live buffer of the length that it tells, or null.
            key: unsafe { bytes(raw.key, raw.key_len) },
            // SAFETY: as above.
            value: unsafe { bytes(raw.payload, raw.len) },
            headers: self.headers(),
        }
    }

    fn timestamp(&self) -> Option<Timestamp> {
        use rd::rd_kafka_timestamp_type_t as Kind;
        let mut kind = Kind::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is live.
        let ms = unsafe { rd::rd_kafka_message_timestamp(self.ptr, &mut kind) };
        match kind {
            Kind::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => None,
            // A producer that set none leaves -1 (NO_TIMESTAMP).
            _ if ms < 0 => None,
            Kind::RD_KAFKA_TIMESTAMP_CREATE_TIME => Some(Timestamp { ms, kind: TimestampKind::CreateTime }),
            Kind::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => {
                Some(Timestamp { ms, kind: TimestampKind::LogAppendTime })
            }
        }
    }

    /// When it was made or appended, in milliseconds since the Unix epoch.
    pub fn timestamp_ms(&self) -> Option<i64> {
        self.timestamp().map(|timestamp| timestamp.ms)
    }

    /// librdkafka's headers, where there are any; they live as long as the message.
    pub(super) fn native_headers(&self) -> Option<*mut rd::rd_kafka_headers_t> {
        let mut headers = ptr::null_mut();
        // SAFETY: the message is live; headers are parsed on the first call and belong to it.
        let code = unsafe { rd::rd_kafka_message_headers(self.ptr, &mut headers) };
        (code == rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR).then_some(headers)
    }

    /// All headers, read here and not by the wrapper, which panics on a name that is not UTF-8.
    fn headers(&self) -> Vec<Header<'_>> {
        let Some(headers) = self.native_headers() else { return Vec::new() };
        // SAFETY: live as long as the message.
        let count = unsafe { rd::rd_kafka_header_cnt(headers) };
        let mut all = Vec::with_capacity(count);
        for index in 0..count {
            let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
            // SAFETY: the index is below the count; the name ends with NUL, the value has the size told.
            unsafe {
                let code = rd::rd_kafka_header_get_all(headers, index, &mut name, &mut value, &mut size);
                if code != rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                    break;
                }
                all.push(Header {
                    name: Cow::Borrowed(CStr::from_ptr(name).to_bytes()),
                    value: bytes(value, size).map(Cow::Borrowed),
                });
            }
        }
        all
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once.
        unsafe { rd::rd_kafka_message_destroy(self.ptr) }
    }
}

/// # Safety
///
/// `data` is null or has `len` bytes that live for `'a`.
unsafe fn bytes<'a>(data: *const std::ffi::c_void, len: usize) -> Option<&'a [u8]> {
    // SAFETY: by the caller.
    (!data.is_null()).then(|| unsafe { std::slice::from_raw_parts(data.cast::<u8>(), len) })
}
