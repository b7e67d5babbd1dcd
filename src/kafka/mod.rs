//! The only users of rdkafka.

pub mod properties;
