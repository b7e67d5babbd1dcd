//! `millstream check`: everything that is wrong with a configuration, or what it will do.

use std::io::{self, IsTerminal, Write};

use codespan_reporting::term::termcolor::{ColorChoice, StandardStream};

use crate::config::{Report, Severity, check_online, load};

use super::{CheckArgs, CheckFormat, Exit, reload};

/// Checks, prints, and tells how to end.
pub fn run(args: &CheckArgs) -> Exit {
    if args.against_running {
        return reload::plan(&args.socket, args.format);
    }
    let (exit, summaries, report) = match load(&args.files.request(args.allow_unset)) {
        Ok(loaded) if args.online => match check_online(loaded) {
            Ok(loaded) => (Exit::Success, loaded.summaries, loaded.warnings),
            Err(report) => (Exit::Config, Vec::new(), report),
        },
        Ok(loaded) => (Exit::Success, loaded.summaries, loaded.warnings),
        Err(report) => (Exit::Config, Vec::new(), report),
    };
    // A reader that is gone has no use for the rest; the exit code says it all.
    let _ = match args.format {
        CheckFormat::Text => print_text(&summaries, &report),
        CheckFormat::Json => print_json(&report),
    };
    exit
}

fn print_json(report: &Report) -> io::Result<()> {
    writeln!(io::stdout(), "{:#}", report.to_json())
}

/// Findings go to standard error, what the configuration does to standard output.
fn print_text(summaries: &[String], report: &Report) -> io::Result<()> {
    let colour = if io::stderr().is_terminal() { ColorChoice::Auto } else { ColorChoice::Never };
    report.draw(&mut StandardStream::stderr(colour))?;
    if !report.is_empty() {
        let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
        writeln!(io::stderr(), "{}, {}", counted(errors, "error"), counted(warnings, "warning"))?;
    }
    let mut out = io::stdout().lock();
    for summary in summaries {
        writeln!(out, "{summary}")?;
    }
    Ok(())
}

fn counted(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}
