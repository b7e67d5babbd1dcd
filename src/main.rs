//! The daemon's binary: reads the command line and hands over to the library.

use std::process::ExitCode;

use millstream::cli::{self, Command, Exit};

fn main() -> ExitCode {
    let cli = match cli::parse() {
        Ok(cli) => cli,
        Err(exit) => return exit.into(),
    };
    let exit = match cli.command {
        Command::Check(args) => cli::check::run(&args),
        Command::Run(_) | Command::Demo(_) | Command::Schema(_) => Exit::Internal,
    };
    exit.into()
}
