//! The `millstream` binary: arguments in, exit code out.

use std::process::ExitCode;

use millstream::cli::{self, Command};

fn main() -> ExitCode {
    let exit = match cli::parse() {
        Ok(cli) => match cli.command {
            Command::Run(args) => cli::run::run(&args),
            Command::Check(args) => cli::check::run(&args),
            Command::Schema(args) => cli::schema::run(args),
            Command::Demo(args) => cli::demo::run(&args),
        },
        Err(exit) => exit,
    };
    exit.into()
}
