//! VRL: compiling expressions and running them on one record at a time.
//!
//! A program sees the value as `.` and the envelope as `%`. Compiling finds out what it reads and writes, so that
//! a record is made visible only as far as the pipeline's programs look, and what none of them changed can pass
//! byte for byte. Bytes become values in `codec/`; the order of steps is `pipeline/`'s.

mod access;
mod bounds;
mod compile;
mod doubt;
mod envelope;
mod frame;
mod functions;
mod normal;
mod own_words;
mod program;
mod rules;
mod run;
mod scope;
mod tolerant;
mod types;
mod witness;

pub use access::{Access, EnvelopeReads, HeaderReads, Members};
pub use compile::{PROGRAM_BYTES_MAX, PROGRAM_DEPTH_MAX, compile, compile_in};
pub use doubt::Doubt;
pub use frame::Frame;
pub use program::{Program, ProgramDiagnostic, ProgramKind, ProgramLabel};
pub use run::{RunError, Runner};
pub use scope::Scope;
pub use types::{
    Misfit, MisfitAt, SinkBlame, SinkFinding, check_key_version, check_key_writer, check_sink,
    check_sink_json, check_sink_key, check_version, check_writer, fits_key_writer, fits_writer,
};
pub use types::{Pinned, check_pinned, with_pinned};

#[cfg(test)]
mod compile_tests;
