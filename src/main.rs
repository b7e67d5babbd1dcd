//! The `millstream` binary: arguments in, exit code out.

use std::process::ExitCode;

use millstream::cli::{self, Command};

fn main() -> ExitCode {
    let exit = match cli::parse() {
        Ok(cli) => match cli.command {
            Command::Run(args) => cli::run::run(&args),
            Command::Check(args) => cli::check::run(&args),
            Command::Schema(args) => cli::schema::run(args),
            Command::Status(args) => cli::status::run(&args),
            Command::Top(args) => cli::top::run(&args),
            Command::Reload(args) => cli::reload::run(&args),
            Command::Pause(args) => cli::command::run(&args, cli::command::PAUSE),
            Command::Resume(args) => cli::command::run(&args, cli::command::RESUME),
            Command::Restart(args) => cli::command::run(&args, cli::command::RESTART),
            Command::LogLevel(args) => cli::command::log_level(&args),
            Command::Demo(args) => cli::demo::run(&args),
        },
        Err(exit) => exit,
    };
    exit.into()
}
