//! YAML → checked spec.

pub mod spec;
