//! What the daemon says: log lines, one per event that matters, never a record's payload.

mod journald;
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

/// Where lines go, and how they look there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    /// Text for people, on standard error.
    Text,
    /// JSON for programs, on standard error.
    Json,
    /// Fields, to journald's own socket.
    Journald,
}

/// One filter for each output: all layers are there, and the filters say which of them speaks.
static FILTERS: OnceLock<Vec<(Output, reload::Handle<Targets, Registry>)>> = OnceLock::new();

/// Sets the process's log up: lines on standard error, as text for people or JSON for programs, or to journald.
/// A second call changes nothing; see [`set`].
pub fn init(level: LogLevel, format: LogFormat) {
    let outputs: Vec<(Output, AnyLayer)> = [
        Some((Output::Text, text_layer())),
        Some((Output::Json, json_layer())),
        journald::layer().map(|layer| (Output::Journald, layer.boxed())),
    ]
    .into_iter()
    .flatten()
    .collect();
    let chosen = resolve(format, outputs.iter().any(|(output, _)| *output == Output::Journald));
    let mut layers: Vec<AnyLayer> = Vec::new();
    let mut handles = Vec::new();
    for (output, layer) in outputs {
        let (filter, handle) = reload::Layer::new(targets(level, output == chosen));
        layers.push(layer.with_filter(filter).boxed());
        handles.push((output, handle));
    }
    // Fails only where a subscriber is set already.
    if tracing_subscriber::registry().with(layers).try_init().is_ok() {
        let _ = FILTERS.set(handles);
    }
}

/// Changes level and format of a log that [`init`] has set up.
pub fn set(level: LogLevel, format: LogFormat) {
    let has_journald = filters().iter().any(|(output, _)| *output == Output::Journald);
    let chosen = resolve(format, has_journald);
    change(|output| Some(targets(level, output == chosen)));
}

/// Changes the level of a log that [`init`] has set up.
pub fn set_level(level: LogLevel) {
    let speaks = |handle: &reload::Handle<Targets, Registry>| {
        handle.with_current(|targets| targets.default_level() != Some(LevelFilter::OFF)).unwrap_or(false)
    };
    let speaking = filters().iter().find(|(_, handle)| speaks(handle)).map(|(output, _)| *output);
    change(|output| (Some(output) == speaking).then(|| targets(level, true)));
}

fn filters() -> &'static [(Output, reload::Handle<Targets, Registry>)] {
    FILTERS.get().map(Vec::as_slice).unwrap_or_default()
}

fn change(to: impl Fn(Output) -> Option<Targets>) {
    for (output, handle) in filters() {
        if let Some(targets) = to(*output) {
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

/// What a format stands for here and now.
fn resolve(format: LogFormat, has_journald: bool) -> Output {
    match format {
        LogFormat::Text => Output::Text,
        LogFormat::Json => Output::Json,
        LogFormat::Auto if std::io::stderr().is_terminal() => Output::Text,
        LogFormat::Auto if has_journald && journald::is_on_stderr() => Output::Journald,
        LogFormat::Auto => Output::Json,
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
    Targets::new()
        .with_target(env!("CARGO_PKG_NAME"), level)
        // Its compiler quotes programs, and values from outside can stand in them; `check` says what it found.
        .with_target("vrl", LevelFilter::OFF)
        .with_default(level.min(LevelFilter::WARN))
}
