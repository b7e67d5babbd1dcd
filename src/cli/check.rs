//! `millstream check`: everything that is wrong with a configuration, or what it will do.

use std::io::{self, IsTerminal, Write};

use codespan_reporting::term::termcolor::{ColorChoice, StandardStream};

use crate::config::spec::{Config, OnError, PipelineSpec, TopicsSpec};
use crate::config::{Report, Severity, load};

use super::{CheckArgs, CheckFormat, Exit};

/// Checks, prints, and tells how to end.
pub fn run(args: &CheckArgs) -> Exit {
    let (config, report) = match load(&args.files.request(args.allow_unset)) {
        Ok(loaded) => (Some(loaded.config), loaded.warnings),
        Err(report) => (None, report),
    };
    // A reader that is gone has no use for the rest; the exit code says it all.
    let _ = match args.format {
        CheckFormat::Text => print_text(config.as_ref(), &report),
        CheckFormat::Json => print_json(&report),
    };
    match config {
        Some(_) => Exit::Success,
        None => Exit::Config,
    }
}

fn print_json(report: &Report) -> io::Result<()> {
    writeln!(io::stdout(), "{:#}", report.to_json())
}

/// Findings go to standard error, what the configuration does to standard output.
fn print_text(config: Option<&Config>, report: &Report) -> io::Result<()> {
    let colour = if io::stderr().is_terminal() { ColorChoice::Auto } else { ColorChoice::Never };
    report.draw(&mut StandardStream::stderr(colour))?;
    if !report.is_empty() {
        let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
        writeln!(io::stderr(), "{}, {}", counted(errors, "error"), counted(warnings, "warning"))?;
    }
    let mut out = io::stdout().lock();
    for pipeline in config.iter().flat_map(|config| &config.pipelines) {
        writeln!(out, "{}", summary(pipeline))?;
    }
    Ok(())
}

fn counted(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    }
}

/// One line: what a pipeline reads and writes, and how.
fn summary(pipeline: &PipelineSpec) -> String {
    let reads = match &pipeline.source.topics {
        TopicsSpec::Names(names) => names.join(", "),
        TopicsSpec::Pattern(pattern) => format!("/{pattern}/"),
    };
    let sinks = pipeline.sinks.iter().map(|sink| match sink.when {
        Some(_) => format!("{} (when)", sink.topic),
        None => sink.topic.clone(),
    });
    let on_error = match (pipeline.on_error, &pipeline.dlq) {
        (OnError::Dlq, Some(dlq)) => format!("dlq {}", dlq.topic),
        (OnError::Skip, _) => "skipped".to_owned(),
        (OnError::Stop | OnError::Dlq, _) => "stop".to_owned(),
    };
    let steps = counted(pipeline.transform.len(), "step");
    let lanes = counted(pipeline.lanes, "lane");
    format!(
        "{}: {reads} -> {}; poison: {on_error}; {steps}, {lanes}, group {}",
        pipeline.name,
        sinks.collect::<Vec<_>>().join(", "),
        pipeline.source.group,
    )
}
