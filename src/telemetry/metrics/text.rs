//! Prometheus' text format, version 0.0.4: one family after another, each with its help and type.

use std::fmt::{Display, Write};

use super::Metric;
use super::histogram::{Bounds, Histogram};

/// The text of one answer.
#[derive(Debug, Default)]
pub(super) struct Text {
    out: String,
}

impl Text {
    /// Begins a metric's family; its samples follow.
    pub(super) fn family(&mut self, metric: Metric) -> Family<'_> {
        let about = metric.about();
        self.line(format_args!("# HELP {} {}", about.name, about.help));
        self.line(format_args!("# TYPE {} {}", about.name, about.kind.as_str()));
        Family { metric, text: self }
    }

    pub(super) fn into_string(self) -> String {
        self.out
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.out, "{line}");
    }
}

/// A metric whose samples are being written.
pub(super) struct Family<'t> {
    metric: Metric,
    text: &'t mut Text,
}

impl Family<'_> {
    /// One sample; the label values stand in the order of the metric's label names.
    pub(super) fn sample(&mut self, labels: &[&str], value: impl Display) {
        self.check(labels);
        let name = self.metric.about().name;
        let labels = self.labels(labels, None);
        self.text.line(format_args!("{name}{labels} {value}"));
    }

    /// A histogram: its buckets, its sum, and how many it counted.
    pub(super) fn histogram(&mut self, labels: &[&str], bounds: &Bounds, histogram: &Histogram) {
        self.check(labels);
        let name = self.metric.about().name;
        let cumulative = histogram.cumulative();
        let bounds = bounds.iter().map(f64::to_string).chain(std::iter::once("+Inf".to_owned()));
        for (bound, count) in bounds.zip(cumulative) {
            let labels = self.labels(labels, Some(("le", &bound)));
            self.text.line(format_args!("{name}_bucket{labels} {count}"));
        }
        let labels = self.labels(labels, None);
        self.text.line(format_args!("{name}_sum{labels} {}", histogram.sum_seconds()));
        self.text.line(format_args!("{name}_count{labels} {}", cumulative[cumulative.len() - 1]));
    }

    fn check(&self, labels: &[&str]) {
        debug_assert_eq!(self.metric.about().labels.len(), labels.len(), "{:?}", self.metric);
    }

    fn labels(&self, values: &[&str], extra: Option<(&str, &str)>) -> String {
        let names = self.metric.about().labels.iter().copied();
        let pairs = names.zip(values.iter().copied()).chain(extra);
        let list: Vec<_> = pairs.map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
        if list.is_empty() { String::new() } else { format!("{{{}}}", list.join(",")) }
    }
}

/// A label's value: backslash, quote and line feed are escaped.
fn escape(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}
