//! Logical types as texts, both ways. Plain functions: no schema, no bytes of a record's frame.

pub(super) mod calendar;
pub mod canonical;
pub(super) mod decimal;
pub(super) mod timestamp;
pub(super) mod uuid;
