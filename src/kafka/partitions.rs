//! Topics, partitions and offsets, and librdkafka's list of them.

use std::ffi::{CStr, CString};
use std::fmt;
use std::sync::Arc;

use rdkafka::bindings as rd;

use super::error::KafkaError;

/// No offset (nothing committed, no position).
pub(super) const OFFSET_INVALID: i64 = rd::RD_KAFKA_OFFSET_INVALID as i64;

/// One partition of one topic.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopicPartition {
    /// The topic's name.
    pub topic: Arc<str>,
    /// The partition's number.
    pub partition: i32,
}

impl fmt::Display for TopicPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", self.topic, self.partition)
    }
}

/// A partition with an offset, and what was wrong with it in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPartitionOffset {
    /// The partition.
    pub at: TopicPartition,
    /// The offset; `None` where there is none.
    pub offset: Option<i64>,
    /// What a broker said of this partition.
    pub error: Option<KafkaError>,
}

/// librdkafka's list, owned.
pub(super) struct PartitionList(*mut rd::rd_kafka_topic_partition_list_t);

impl PartitionList {
    /// A list of partitions without offsets.
    pub(super) fn of(partitions: &[TopicPartition]) -> Self {
        let list = Self::with_capacity(partitions.len());
        for at in partitions {
            list.push(at, None);
        }
        list
    }

    /// A list of partitions with their offsets.
    pub(super) fn with_offsets<'a>(items: impl IntoIterator<Item = (&'a TopicPartition, i64)>) -> Self {
        let list = Self::with_capacity(8);
        for (at, offset) in items {
            list.push(at, Some(offset));
        }
        list
    }

    fn with_capacity(capacity: usize) -> Self {
        let capacity = i32::try_from(capacity).unwrap_or(i32::MAX);
        // SAFETY: gives a fresh list that we own.
        Self(unsafe { rd::rd_kafka_topic_partition_list_new(capacity) })
    }

    fn push(&self, at: &TopicPartition, offset: Option<i64>) {
        let topic = CString::new(&*at.topic).expect("a topic name holds no NUL");
        // SAFETY: the list is live; add copies the name and gives an element of the list.
        unsafe {
            let element = rd::rd_kafka_topic_partition_list_add(self.0, topic.as_ptr(), at.partition);
            (*element).offset = offset.unwrap_or(OFFSET_INVALID);
        }
    }

    pub(super) fn as_ptr(&self) -> *mut rd::rd_kafka_topic_partition_list_t {
        self.0
    }

    /// What the list says now (calls fill in offsets and errors).
    pub(super) fn items(&self) -> Vec<TopicPartitionOffset> {
        // SAFETY: the list is live for as long as `self`.
        unsafe { read(self.0) }
    }
}

impl Drop for PartitionList {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once.
        unsafe { rd::rd_kafka_topic_partition_list_destroy(self.0) }
    }
}

/// Copies a list of librdkafka's; null is empty.
///
/// # Safety
///
/// `list` is null or live.
pub(super) unsafe fn read(list: *const rd::rd_kafka_topic_partition_list_t) -> Vec<TopicPartitionOffset> {
    if list.is_null() {
        return Vec::new();
    }
    // SAFETY: a live list has `cnt` elements, each with a NUL-terminated topic name.
    unsafe {
        let count = usize::try_from((*list).cnt).unwrap_or(0);
        let mut items = Vec::with_capacity(count);
        for index in 0..count {
            items.push(read_one(&*(*list).elems.add(index)));
        }
        items
    }
}

/// Copies one element of such a list.
///
/// # Safety
///
/// The element's topic is a name that ends in NUL.
pub(super) unsafe fn read_one(element: &rd::rd_kafka_topic_partition_t) -> TopicPartitionOffset {
    // SAFETY: by the caller.
    let topic = unsafe { CStr::from_ptr(element.topic) }.to_string_lossy();
    TopicPartitionOffset {
        at: TopicPartition { topic: Arc::from(topic.as_ref()), partition: element.partition },
        offset: (element.offset != OFFSET_INVALID).then_some(element.offset),
        error: KafkaError::check(element.err).err(),
    }
}
