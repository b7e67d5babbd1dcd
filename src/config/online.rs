//! `check --online`: what only the brokers and the schema registry can tell. Nothing is changed there, and no group is joined.

use std::time::Duration;

use crate::kafka::KafkaError;
use crate::kafka::probe::{Access, Probe};

use super::diagnostic::{Diagnostic, Report};
use super::load::Loaded;
use super::online_schemas::SchemaCheck;
use super::pipeline::Places;
use super::source_map::Place;
use super::spec::{CreateSpec, KafkaSpec, PipelineSpec, TopicsSpec};
use super::units::show_size;

/// How long one question to the brokers may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Asks the brokers about every pipeline.
///
/// # Errors
///
/// What would keep a pipeline from running, with the warnings of the files.
pub fn check_online(loaded: Loaded) -> Result<Loaded, Report> {
    let mut findings = loaded.warnings.diagnostics;
    let mut silent: Vec<&KafkaSpec> = Vec::new();
    let mut schemas = match SchemaCheck::new() {
        Ok(schemas) => Some(schemas),
        Err(error) => {
            let message = format!("schema registries cannot be asked: {error}");
            findings.push(Diagnostic::error("unreachable", message));
            None
        }
    };
    for (spec, places) in loaded.config.pipelines.iter().zip(&loaded.places) {
        let mut topics = None;
        if !silent.contains(&&spec.kafka) {
            topics = Online { spec, places, findings: &mut findings }.check();
            if topics.is_none() {
                // The others would wait for the same brokers in vain.
                silent.push(&spec.kafka);
            }
        }
        if let Some(schemas) = &mut schemas {
            let topics = read_topics(&spec.source.topics, topics.as_deref().unwrap_or_default());
            schemas.check(spec, places, &topics, &mut findings);
        }
    }
    let report = Report::new(loaded.warnings.sources, findings);
    match report.has_errors() {
        true => Err(report),
        false => Ok(Loaded { warnings: report, ..loaded }),
    }
}

/// The topics that a source reads, of `all` that there are; those of a list whether they are there or not.
fn read_topics<'t>(source: &'t TopicsSpec, all: &'t [String]) -> Vec<&'t str> {
    match source {
        TopicsSpec::Names(names) => names.iter().map(String::as_str).collect(),
        TopicsSpec::Pattern(pattern) => {
            all.iter().filter(|topic| pattern.is_match(topic)).map(String::as_str).collect()
        }
    }
}

struct Online<'a> {
    spec: &'a PipelineSpec,
    places: &'a Places,
    findings: &'a mut Vec<Diagnostic>,
}

impl Online<'_> {
    /// Gives all topics that there are; `None` where no broker answers.
    fn check(&mut self) -> Option<Vec<String>> {
        let first = *self.places.topics.first()?;
        let probe = Probe::new(&self.spec.kafka.consumer, &self.spec.source.group, TIMEOUT);
        let asked = probe.and_then(|probe| Ok((probe.topics()?, probe)));
        let (topics, probe) = match asked {
            Ok(asked) => asked,
            Err(error) => {
                let name = &self.spec.name;
                let message = format!("no broker answers `{name}` within {} s: {error}", TIMEOUT.as_secs());
                self.findings
                    .push(Diagnostic::error("unreachable", message).at(first, "its topics are not known"));
                return None;
            }
        };
        self.group(&probe);
        let largest = self.sources(&probe, &topics);
        let spec = self.spec;
        for (sink, place) in spec.sinks.iter().zip(&self.places.sinks) {
            self.output(&probe, &sink.topic, sink.create, *place, largest);
        }
        if let (Some(dlq), Some(place)) = (&spec.dlq, self.places.dlq) {
            self.output(&probe, &dlq.topic, dlq.create, place, largest);
        }
        Some(topics)
    }

    fn group(&mut self, probe: &Probe) {
        let Some(place) = self.places.group else { return };
        match probe.group(&self.spec.source.group) {
            Ok(Access { may_read: Some(false), .. }) => self.denied("read in this group", place),
            Ok(_) => {}
            Err(error) => self.failed("group", &error, place),
        }
    }

    /// Gives the largest record that the sources take, in bytes.
    fn sources(&mut self, probe: &Probe, all: &[String]) -> Option<u64> {
        let first = *self.places.topics.first()?;
        // A pattern has one place for all that it matches.
        let places = self.places.topics.iter().copied().chain(std::iter::repeat(first));
        let names: Vec<_> = read_topics(&self.spec.source.topics, all).into_iter().zip(places).collect();
        if names.is_empty() {
            let message = "no topic matches this pattern yet";
            self.findings.push(Diagnostic::warning("no-match", message).at(first, ""));
        }
        for (name, place) in &names {
            match probe.topic(name) {
                Ok(Access { may_read: Some(false), .. }) => self.denied("read this topic", *place),
                Ok(_) => {}
                Err(error) if error.is_unknown_topic() => {
                    let message = "this topic does not exist";
                    self.findings.push(
                        Diagnostic::error("missing-topic", message)
                            .at(*place, "")
                            .note("a pipeline that runs waits for it"),
                    );
                }
                Err(error) => self.failed("topic", &error, *place),
            }
        }
        names.iter().filter_map(|(name, _)| probe.max_message_bytes(name)).max()
    }

    fn output(
        &mut self,
        probe: &Probe,
        topic: &str,
        create: Option<CreateSpec>,
        place: Place,
        largest: Option<u64>,
    ) {
        match probe.topic(topic) {
            Ok(Access { may_write: Some(false), .. }) => self.denied("write this topic", place),
            Ok(_) => self.limit(probe.max_message_bytes(topic), place, largest),
            Err(error) if error.is_unknown_topic() => self.missing_output(probe, topic, create, place),
            Err(error) => self.failed("topic", &error, place),
        }
    }

    fn missing_output(&mut self, probe: &Probe, topic: &str, create: Option<CreateSpec>, place: Place) {
        let Some(create) = create else {
            let message = "this topic does not exist";
            self.findings.push(
                Diagnostic::error("missing-topic", message)
                    .at(place, "")
                    .note("create it, or let Millstream: `create: {partitions: 6, replication: 3}`"),
            );
            return;
        };
        if let Err(error) = probe.would_create(topic, create.partitions, create.replication) {
            let message = format!("this topic does not exist, and cannot be created: {error}");
            self.findings.push(Diagnostic::error("cannot-create", message).at(place, ""));
        }
    }

    fn limit(&mut self, limit: Option<u64>, place: Place, largest: Option<u64>) {
        let (Some(limit), Some(largest)) = (limit, largest) else { return };
        if limit < largest {
            let (limit, largest) = (show_size(limit), show_size(largest));
            let message = format!("the source's records can have {largest}, and this topic takes {limit}");
            self.findings.push(
                Diagnostic::warning("smaller-limit", message)
                    .at(place, "")
                    .note("a record that is too large is poison; raise the topic's `max.message.bytes`"),
            );
        }
    }

    fn denied(&mut self, what: &str, place: Place) {
        let message = format!("the brokers do not allow `{}` to {what}", self.spec.name);
        self.findings.push(Diagnostic::error("not-authorised", message).at(place, ""));
    }

    fn failed(&mut self, what: &str, error: &KafkaError, place: Place) {
        let message = format!("the brokers do not tell of this {what}: {error}");
        self.findings.push(Diagnostic::error("not-told", message).at(place, ""));
    }
}
