//! `millstream schema`: the JSON Schema of a configuration file, as `schemas/` holds it.

use std::io::{self, Write};

use crate::config::{daemon_schema, pipeline_schema};

use super::{Exit, SchemaArgs, SchemaFile};

/// Prints it.
pub fn run(args: SchemaArgs) -> Exit {
    let schema = match args.file {
        SchemaFile::Pipeline => pipeline_schema(),
        SchemaFile::Daemon => daemon_schema(),
    };
    // A reader that is gone has no use for the rest.
    let _ = writeln!(io::stdout(), "{schema:#}");
    Exit::Success
}
