//! Millstream: a daemon that runs Kafka pipelines written in YAML.
//!
//! The modules stand in the order of a record's way, after the ones that set it up.

#![deny(unsafe_code)]

pub mod cli;
pub mod config;
pub mod record;

pub mod kafka;
pub mod codec;
pub mod transform;
pub mod delivery;
pub mod pipeline;
pub mod supervisor;
pub mod telemetry;
