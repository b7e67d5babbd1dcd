//! Judges what came out of a daemon against what went in.
//!
//! A record's payload is a function of its id ([`Load`], [`AvroLoad`]), so integrity and loss are judged without remembering
//! what was sent, also after the sender was long gone. [`judge()`] takes whole topics, in a quiet phase after the
//! faults, and says what is lost, doubled, out of order, changed or where it should not be.

mod avro;
mod avro_encoder;
mod feeder;
mod judge;
mod load;

pub use avro::{AvroLoad, Poison, Sound};
pub use feeder::Feeder;
pub use judge::{Topic, Verdict, Workload, judge};
pub use load::{Id, Load, Shape};
