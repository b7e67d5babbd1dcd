//! YAML → checked spec: all errors of all files, each at its place, before anything runs.
//!
//! A file is read (`files`), parsed into a tree of nodes with places (`node`), and walked by the tables of its
//! elements (`element`, `walk`, and one file for each element); references are resolved on the way
//! (`interpolate`), programs compiled (`program`), librdkafka's properties judged (`kafka`). What spans several
//! files comes last (`cross`). The result is `spec`, which holds no raw strings; the findings are `diagnostic`s.
//! Nothing here runs a pipeline or talks to a broker.

mod admin;
mod commit;
mod cross;
mod daemon;
mod decode;
pub mod diagnostic;
pub mod diff;
mod dlq;
mod element;
mod encode;
mod files;
mod fingerprint;
mod held;
mod interpolate;
mod kafka;
mod kafka_rules;
mod load;
mod names;
mod node;
mod online;
mod online_schemas;
mod pipeline;
mod program;
mod registry;
mod schema;
mod schema_file;
mod sides;
mod sink;
mod source;
pub mod source_map;
pub mod spec;
mod transform;
pub mod units;
mod walk;
mod yaml_error;

pub use diagnostic::{Diagnostic, Report, Severity};
pub use load::{DEFAULT_CONFIG, LoadRequest, Loaded, load};
pub use online::check_online;
pub use schema::{daemon_schema, pipeline_schema};
