//! librdkafka's mock cluster, in the process: for the demo alone. It keeps little (5 MiB a partition) and its
//! transactions are a façade; tests use a real broker.

use std::ffi::{CStr, CString};

use std::collections::BTreeMap;

use rdkafka::bindings as rd;

use super::error::KafkaError;
use super::native::Native;

/// A mock cluster that ends when it is dropped.
#[derive(Debug)]
pub struct MockCluster {
    cluster: *mut rd::rd_kafka_mock_cluster_t,
    // Dropped after the cluster that runs inside it.
    _host: Native,
}

// SAFETY: the mock cluster's calls are served by its own thread; handles may be used from any thread.
unsafe impl Send for MockCluster {}

impl MockCluster {
    /// Starts a cluster of so many brokers.
    ///
    /// # Errors
    ///
    /// As librdkafka says.
    pub fn start(brokers: i32) -> Result<Self, KafkaError> {
        let host = Native::new(rd::rd_kafka_type_t::RD_KAFKA_PRODUCER, &BTreeMap::new(), 0)?;
        // SAFETY: the host client is live and outlives the cluster.
        let cluster = unsafe { rd::rd_kafka_mock_cluster_new(host.ptr(), brokers) };
        if cluster.is_null() {
            return Err(KafkaError::from_code(rd::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE));
        }
        // Real brokers wait for more members of a new group; here each group has the one that is there.
        // SAFETY: the cluster is live.
        unsafe { rd::rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, 0) };
        Ok(Self { cluster, _host: host })
    }

    /// Where clients find it: `host:port,…`, on loopback.
    pub fn bootstrap_servers(&self) -> String {
        // SAFETY: the cluster is live; the string lives as long.
        unsafe {
            CStr::from_ptr(rd::rd_kafka_mock_cluster_bootstraps(self.cluster)).to_string_lossy().into_owned()
        }
    }

    /// Creates a topic.
    ///
    /// # Errors
    ///
    /// As librdkafka says.
    pub fn create_topic(&self, topic: &str, partitions: i32) -> Result<(), KafkaError> {
        let name = CString::new(topic).expect("a topic name holds no NUL");
        // SAFETY: cluster and name are live.
        KafkaError::check(unsafe {
            rd::rd_kafka_mock_topic_create(self.cluster, name.as_ptr(), partitions, 1)
        })
    }
}

impl Drop for MockCluster {
    fn drop(&mut self) {
        // SAFETY: owned, destroyed once, before its host.
        unsafe { rd::rd_kafka_mock_cluster_destroy(self.cluster) }
    }
}
