//! What the daemon says: log lines, one per event that matters, never a record's payload.

pub mod metrics;

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use crate::config::spec::{LogFormat, LogLevel};

/// A layer of the log, of whatever format.
type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// One filter for each format: all layers are there, and the filters say which of them speaks.
static FILTERS: OnceLock<Vec<(LogFormat, reload::Handle<Targets, Registry>)>> = OnceLock::new();

/// Sets the process's log up: lines on standard error, as text for people or JSON for programs.
/// A second call changes nothing; see [`set`].
pub fn init(level: LogLevel, format: LogFormat) {
    let chosen = resolve(format);
    let mut layers: Vec<AnyLayer> = Vec::new();
    let mut handles = Vec::new();
    for (format, layer) in [(LogFormat::Text, text_layer()), (LogFormat::Json, json_layer())] {
        let (filter, handle) = reload::Layer::new(targets(level, format == chosen));
        layers.push(layer.with_filter(filter).boxed());
        handles.push((format, handle));
    }
    // Fails only where a subscriber is set already.
    if tracing_subscriber::registry().with(layers).try_init().is_ok() {
        let _ = FILTERS.set(handles);
    }
}

/// Changes level and format of a log that [`init`] has set up.
pub fn set(level: LogLevel, format: LogFormat) {
    let chosen = resolve(format);
    change(|format| Some(targets(level, format == chosen)));
}

/// Changes the level of a log that [`init`] has set up.
pub fn set_level(level: LogLevel) {
    let speaks = |handle: &reload::Handle<Targets, Registry>| {
        handle.with_current(|targets| targets.default_level() != Some(LevelFilter::OFF)).unwrap_or(false)
    };
    let filters = FILTERS.get().map(Vec::as_slice).unwrap_or_default();
    let speaking = filters.iter().find(|(_, handle)| speaks(handle)).map(|(format, _)| *format);
    change(|format| (Some(format) == speaking).then(|| targets(level, true)));
}

fn change(to: impl Fn(LogFormat) -> Option<Targets>) {
    for (format, handle) in FILTERS.get().into_iter().flatten() {
        if let Some(targets) = to(*format) {
            // Fails only where the subscriber is gone, and with it the process.
            let _ = handle.reload(targets);
        }
    }
}

/// Sets the process's log up for a program that draws on the terminal itself: text lines without times go to
/// what `writer` makes, one write a line. A second call changes nothing.
pub fn init_to<W: Write + 'static>(level: LogLevel, writer: impl Fn() -> W + Send + Sync + 'static) {
    let layer = fmt::layer().without_time().with_ansi(false).with_target(false).with_writer(writer);
    // Fails only where a subscriber is set already.
    let _ = tracing_subscriber::registry().with(layer.with_filter(targets(level, true))).try_init();
}

/// The format that `auto` stands for.
fn resolve(format: LogFormat) -> LogFormat {
    match format {
        LogFormat::Auto if std::io::stderr().is_terminal() => LogFormat::Text,
        LogFormat::Auto => LogFormat::Json,
        format => format,
    }
}

fn text_layer() -> AnyLayer {
    let is_terminal = std::io::stderr().is_terminal();
    fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal).with_target(false).boxed()
}

fn json_layer() -> AnyLayer {
    fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(std::io::stderr).boxed()
}

/// What is said: of the daemon itself up to `level`, of the crates that it is made of no more than warnings.
fn targets(level: LogLevel, speaks: bool) -> Targets {
    if !speaks {
        return Targets::new().with_default(LevelFilter::OFF);
    }
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new().with_target(env!("CARGO_PKG_NAME"), level).with_default(level.min(LevelFilter::WARN))
}
