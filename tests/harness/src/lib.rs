//! Development only: starts real brokers, runs the real daemon and judges it from outside.
//!
//! What judges the daemon shares no code with it: this crate speaks to Kafka through its own thin layer, and
//! knows the daemon only as a process with files, signals, an exit code and log lines. Everything here is for
//! tests, so what cannot go on panics, with a message that says what was waited for or refused.
//!
//! - [`broker`] and [`testbed`]: Apache Kafka from Maven's jars, on free ports, gone when its owner is gone.
//! - [`client`]: topics, records byte for byte, transactions, groups.
//! - [`registry`]: a real schema registry, a client for it, and faults put in front of it.
//! - [`python`]: records written and read by Confluent's own client.
//! - [`daemon`]: one run of the binary in a folder of its own, and its log.
//! - [`scene`]: topics, files and names of one test, and how it ended.
//! - [`systemd`]: what the daemon tells a service manager, and a real one in a container.
//! - [`usage`]: what processes and the machine use, for benchmarks.
//! - [`oracle`]: payloads that are a function of an id, and the judgement over what came out.

pub mod broker;
pub mod client;
pub mod daemon;
pub mod http;
mod jvm;
mod keep;
pub mod oracle;
pub mod ports;
pub mod process;
pub mod python;
pub mod registry;
pub mod scene;
pub mod systemd;
pub mod testbed;
pub mod unique;
pub mod usage;
pub mod wait;
