//! What a lane subscribes to: topics by name, or those that a pattern matches, as they appear.

use std::collections::BTreeSet;

use crate::config::spec::{PipelineSpec, TopicsSpec};

use super::{CALL_TIMEOUT, Lane};

/// How often a lane looks for topics that are missing or new, in milliseconds.
const CHECK_MS: u64 = 5_000;

/// How soon it looks again where something is missing, in milliseconds.
const CHECK_MISSING_MS: u64 = 1_000;

/// The lane's subscription.
pub(super) struct Subscription {
    topics: Vec<String>,
    missing: Vec<String>,
    refused: BTreeSet<String>,
    is_pattern: bool,
    is_subscribed: bool,
    /// The cluster could not be asked.
    unknown: Option<String>,
    next_check_ms: u64,
    check_every_ms: u64,
}

impl Subscription {
    pub(super) fn new(spec: &PipelineSpec) -> Self {
        let (topics, is_pattern) = match &spec.source.topics {
            TopicsSpec::Names(names) => (names.clone(), false),
            TopicsSpec::Pattern(_) => (Vec::new(), true),
        };
        // The user's own measure of how fast news of topics spreads.
        let refresh = spec.kafka.consumer.get("topic.metadata.refresh.interval.ms");
        let refresh_ms = refresh.and_then(|v| v.parse().ok()).filter(|ms| *ms > 0).unwrap_or(CHECK_MS);
        Self {
            topics,
            missing: Vec::new(),
            refused: BTreeSet::new(),
            is_pattern,
            is_subscribed: false,
            unknown: None,
            next_check_ms: 0,
            check_every_ms: refresh_ms,
        }
    }

    /// Whether nothing is subscribed yet.
    fn is_new(&self) -> bool {
        if self.is_pattern { self.topics.is_empty() } else { !self.is_subscribed }
    }

    /// The topics that are subscribed.
    pub(super) fn topics(&self) -> &[String] {
        &self.topics
    }

    pub(super) fn check_soon(&mut self, now_ms: u64) {
        self.next_check_ms = self.next_check_ms.min(now_ms + CHECK_MISSING_MS);
    }

    /// What the subscription lacks.
    pub(super) fn waiting(&self) -> Option<String> {
        if let Some(reason) = &self.unknown {
            return Some(reason.clone());
        }
        if !self.missing.is_empty() {
            return Some(format!("source topic {} does not exist", self.missing.join(", ")));
        }
        (self.is_pattern && self.topics.is_empty())
            .then(|| "no topic matches the source's pattern".to_owned())
    }
}

impl Lane {
    /// Subscribes to what is there, and looks for what is missing or new.
    pub(super) fn maintain_subscription(&mut self) {
        let now_ms = self.now_ms();
        if now_ms < self.subscription.next_check_ms || !self.phase.is_running() {
            return;
        }
        // A member that could not write would take partitions from others that can.
        if self.subscription.is_new() && !self.has_schemas() {
            return;
        }
        let result = if self.subscription.is_pattern { self.match_pattern() } else { self.look_for_names() };
        let is_whole = result.is_ok() && self.subscription.waiting().is_none();
        self.subscription.unknown = result.err();
        self.subscription.next_check_ms = match (is_whole, self.subscription.is_pattern) {
            // All that was named is there; an error of the consumer says when that ends.
            (true, false) => u64::MAX,
            (true, true) => self.now_ms() + self.subscription.check_every_ms,
            (false, _) => self.now_ms() + CHECK_MISSING_MS.min(self.subscription.check_every_ms),
        };
    }

    /// By name: subscribe at once, and again when a missing topic has come, so that the group hears of it.
    fn look_for_names(&mut self) -> Result<(), String> {
        if !self.subscription.is_subscribed {
            self.subscribe()?;
            self.subscription.is_subscribed = true;
        }
        let mut missing = Vec::new();
        for topic in &self.subscription.topics {
            match self.cluster().partitions_of(topic, CALL_TIMEOUT) {
                Ok(_) => {}
                Err(error) if error.is_unknown_topic() => missing.push(topic.clone()),
                Err(error) => return Err(format!("source topic {topic}: {error}")),
            }
        }
        let has_come = self.subscription.missing.iter().any(|topic| !missing.contains(topic));
        self.subscription.missing = missing;
        if has_come {
            self.last_error = None;
            self.subscribe()?;
        }
        Ok(())
    }

    /// By pattern: the names are matched here and subscribed; the pipeline's own outputs never are.
    fn match_pattern(&mut self) -> Result<(), String> {
        let TopicsSpec::Pattern(pattern) = &self.spec.source.topics else { return Ok(()) };
        let all = self
            .cluster()
            .all_topics(CALL_TIMEOUT)
            .map_err(|error| format!("the cluster's topics cannot be listed: {error}"))?;
        let outputs: BTreeSet<&str> = self
            .spec
            .sinks
            .iter()
            .map(|sink| sink.topic.as_str())
            .chain(self.spec.dlq.iter().map(|dlq| dlq.topic.as_str()))
            .collect();
        let mut topics: Vec<String> = Vec::new();
        for topic in all.into_iter().filter(|topic| !topic.starts_with("__") && pattern.is_match(topic)) {
            if !outputs.contains(topic.as_str()) {
                topics.push(topic);
            } else if self.subscription.refused.insert(topic.clone()) {
                tracing::error!(
                    pipeline = %self.spec.name, topic,
                    "the source's pattern matches a topic that this pipeline writes; it is not read"
                );
            }
        }
        topics.sort();
        if topics != self.subscription.topics && !topics.is_empty() {
            tracing::info!(pipeline = %self.spec.name, lane = self.index, topics = %topics.join(", "), "subscribing");
            self.subscription.topics = topics;
            self.subscribe()?;
        }
        Ok(())
    }

    fn subscribe(&self) -> Result<(), String> {
        self.consumer
            .subscribe(&self.subscription.topics)
            .map_err(|error| format!("cannot subscribe: {error}"))
    }
}
