//! What the daemon says: log lines, one per event that matters, never a record's payload.

use std::io::{IsTerminal, Write};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::config::spec::{LogFormat, LogLevel};

/// Sets the process's log up: lines on standard error, as text for people or JSON for programs.
/// A second call changes nothing.
pub fn init(level: LogLevel, format: LogFormat) {
    let is_terminal = std::io::stderr().is_terminal();
    let as_text = match format {
        LogFormat::Text => true,
        LogFormat::Json => false,
        LogFormat::Auto => is_terminal,
    };
    let layer: Box<dyn Layer<Registry> + Send + Sync> = if as_text {
        fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal).with_target(false).boxed()
    } else {
        fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(std::io::stderr).boxed()
    };
    set(level, layer);
}

/// Sets the process's log up for a program that draws on the terminal itself: text lines without times go to
/// what `writer` makes, one write a line. A second call changes nothing.
pub fn init_to<W: Write + 'static>(level: LogLevel, writer: impl Fn() -> W + Send + Sync + 'static) {
    set(level, fmt::layer().without_time().with_ansi(false).with_target(false).with_writer(writer).boxed());
}

fn set(level: LogLevel, layer: Box<dyn Layer<Registry> + Send + Sync>) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let targets = Targets::new().with_default(level);
    // Fails only where a subscriber is set already.
    let _ = tracing_subscriber::registry().with(layer.with_filter(targets)).try_init();
}
