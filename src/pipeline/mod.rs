//! One lane's work on its records, in the order of a record's way.

pub mod dead_letter;
pub mod processor;
