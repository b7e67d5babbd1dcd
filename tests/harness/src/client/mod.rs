//! A thin layer over Kafka for tests: topics, records byte for byte, transactions, groups.
//!
//! Every call blocks until it is done and panics when the broker refuses: a test that goes on after a refused
//! set-up proves nothing.

mod admin;
mod group;
mod metadata;
mod producer;
mod reader;
mod record;

pub use group::{Commits, GroupState};
pub use metadata::{GroupGeneration, GroupMetadata, Member};
pub use producer::{Ending, Producer};
pub use reader::{OffsetRange, Until};
pub use record::{Header, Sent, Stored};

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;

/// How long one request to the broker may take. A broker on a busy machine answers in well under this.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection to one cluster.
pub struct Client {
    bootstrap: String,
    admin: AdminClient<DefaultClientContext>,
}

impl Client {
    /// A client for the cluster at `bootstrap`; connects when it is first used.
    pub fn new(bootstrap: &str) -> Self {
        let admin = config(bootstrap).create().expect("the properties are librdkafka's own");
        Self { bootstrap: bootstrap.to_owned(), admin }
    }

    /// A client for the broker that all tests of this run share.
    pub fn shared() -> Self {
        Self::new(crate::broker::shared())
    }

    /// `host:port`, for `bootstrap.servers`.
    pub fn bootstrap(&self) -> &str {
        &self.bootstrap
    }
}

/// What every client here starts from. Nothing of librdkafka's own log: an outage that a test makes would fill
/// the output.
fn config(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", bootstrap).set("log_level", "0").set("allow.auto.create.topics", "false");
    config
}
