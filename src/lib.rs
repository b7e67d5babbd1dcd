//! Millstream: a daemon that runs Kafka pipelines written in YAML.
//!
//! The modules stand in the order of a record's way, after the ones that set it up.

#![deny(unsafe_code)]

pub mod admin;
pub mod cli;
pub mod config;
pub mod record;

pub mod codec;
pub mod delivery;
pub mod kafka;
pub mod pipeline;
pub mod registry;
pub mod supervisor;
pub mod systemd;
pub mod telemetry;
pub mod transform;
