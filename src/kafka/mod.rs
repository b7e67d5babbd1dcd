//! Kafka, by librdkafka: the only folder that names rdkafka, and the only one where `unsafe` is allowed.
//!
//! It carries out and reports: consumers, producers, topic metadata, error classes. It decides nothing about
//! offsets, retries or records; that is `delivery/`'s and `pipeline/`'s.
//!
//! Clients are driven by events and not by callbacks (`rd_kafka_conf_set_events`): a rebalance, a delivery
//! report, a commit's result are values that the lane's loop takes from a queue, so that everything that
//! happens to a lane happens in one place, on one thread, in one order.

#![allow(unsafe_code)]

mod admin;
mod cleanup;
mod conf;
mod consumer;
mod error;
mod lag;
mod message;
mod mock;
mod native;
mod partitions;
pub mod probe;
mod producer;
pub mod properties;
mod queue;
mod statistics;
mod wake;

pub use admin::Cluster;
pub use conf::{ConsumerSettings, FETCH_BYTES_MAX, ProducerSettings, QUEUE_BYTES_MAX};
pub use consumer::{Consumer, ConsumerEvent, Range};
pub use error::{ErrorClass, KafkaError};
pub use message::Message;
pub use mock::MockCluster;
pub use native::librdkafka_version;
pub use partitions::{TopicPartition, TopicPartitionOffset};
pub use producer::{OutputHeaders, OutputRecord, Producer, ProducerEvent, Report, SendError, SinkTopic};
pub use statistics::{ClientCounts, ClientStatistics};
pub use wake::Waker;
