//! Which of librdkafka's properties a user may not set, and why: they would break a promise, or Millstream
//! sets them itself.

use crate::kafka::FETCH_BYTES_MAX;

/// What a property may be.
#[derive(Clone, Copy, Debug)]
enum Allowed {
    /// Nothing: it is Millstream's.
    Nothing,
    /// One of these values, which change nothing.
    Only(&'static [&'static str]),
    /// A list of these values, separated by commas.
    ListOf(&'static [&'static str]),
    /// A whole number of at most this.
    AtMost(u64),
}

/// A property, what it may be, and the reason.
struct Rule {
    /// Names by librdkafka's own spelling, aliases resolved.
    names: &'static [&'static str],
    allowed: Allowed,
    reason: &'static str,
}

static RULES: &[Rule] = &[
    Rule {
        names: &["enable.auto.commit", "auto.commit.enable"],
        allowed: Allowed::Only(&["false"]),
        reason: "offsets are committed once their records are finished, never on a timer: see `commit`",
    },
    Rule {
        names: &["auto.commit.interval.ms"],
        allowed: Allowed::Nothing,
        reason: "nothing is committed on librdkafka's timer: see `commit.interval`",
    },
    Rule {
        names: &["enable.auto.offset.store"],
        allowed: Allowed::Only(&["false"]),
        reason: "a record that was handed over is not finished yet, and committing it would lose it in a crash",
    },
    Rule {
        names: &["auto.offset.reset"],
        allowed: Allowed::Only(&["error"]),
        reason: "a lost offset must not pass in silence; say `start` and `on_offset_lost` in `source` instead",
    },
    Rule { names: &["group.id"], allowed: Allowed::Nothing, reason: "say `group` in `source` instead" },
    Rule {
        names: &["group.instance.id"],
        allowed: Allowed::Nothing,
        reason: "each lane needs an id of its own; say `instance_id` in the daemon's file instead",
    },
    Rule {
        names: &["group.protocol.type"],
        allowed: Allowed::Only(&["consumer"]),
        reason: "lanes are members of consumer groups",
    },
    Rule {
        names: &["partition.assignment.strategy"],
        allowed: Allowed::ListOf(&["cooperative-sticky", "range", "roundrobin"]),
        reason: "these are the strategies that librdkafka has",
    },
    Rule {
        names: &["enable.partition.eof"],
        allowed: Allowed::Only(&["false"]),
        reason: "the end of a partition is no record, and a lane takes records alone",
    },
    Rule {
        names: &["enable.idempotence"],
        allowed: Allowed::Only(&["true"]),
        reason: "without it a retry can reorder and repeat records",
    },
    Rule {
        names: &["request.required.acks"],
        allowed: Allowed::Only(&["all", "-1"]),
        reason: "a record counts as written once all in-sync replicas have it, and less can lose it",
    },
    Rule {
        names: &["max.in.flight.requests.per.connection"],
        allowed: Allowed::AtMost(5),
        reason: "an idempotent producer keeps its order with up to 5 requests in flight",
    },
    Rule {
        names: &["message.timeout.ms"],
        allowed: Allowed::Only(&["0"]),
        reason: "a record that times out in an outage would be lost, so Millstream waits, and says so",
    },
    Rule {
        names: &["message.send.max.retries"],
        allowed: Allowed::Only(&["2147483647"]),
        reason: "a record that runs out of retries in an outage would be lost, so Millstream waits, and says so",
    },
    Rule {
        names: &["message.max.bytes"],
        allowed: Allowed::Nothing,
        reason: "it is raised to its maximum, so that the limit of the topic that is written decides",
    },
    Rule {
        names: &["fetch.max.bytes"],
        allowed: Allowed::AtMost(FETCH_BYTES_MAX),
        reason: "one fetch counts against the memory of its lane (a larger record still comes through)",
    },
    Rule {
        names: &["enable.gapless.guarantee"],
        allowed: Allowed::Nothing,
        reason: "Millstream sets it where a gap could become a reorder",
    },
    Rule {
        names: &["queuing.strategy"],
        allowed: Allowed::Only(&["fifo"]),
        reason: "records are written in the order in which they were read",
    },
    Rule {
        names: &["delivery.report.only.error"],
        allowed: Allowed::Only(&["false"]),
        reason: "a record is finished once its delivery is reported",
    },
    Rule {
        names: &["transactional.id", "transaction.timeout.ms"],
        allowed: Allowed::Nothing,
        reason: "transactions are Millstream's own, and are not available in this version",
    },
    Rule {
        names: &["allow.auto.create.topics"],
        allowed: Allowed::Only(&["false"]),
        reason: "a misspelt topic would come into being; say `create` at the sink or the dlq instead",
    },
    Rule {
        names: &[
            "queue.buffering.max.messages",
            "queue.buffering.max.kbytes",
            "queued.min.messages",
            "queued.max.messages.kbytes",
        ],
        allowed: Allowed::Nothing,
        reason: "Millstream shares out the memory of all queues; say `memory.max` in the daemon's file instead",
    },
    Rule {
        names: &["sasl.mechanisms"],
        allowed: Allowed::ListOf(&["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]),
        reason: "this version has neither Kerberos nor OAUTHBEARER",
    },
    Rule {
        names: &["enabled_events"],
        allowed: Allowed::Only(&["0"]),
        reason: "which events a client gives is decided by the code that takes them",
    },
    Rule {
        names: &["log.queue"],
        allowed: Allowed::Only(&["false"]),
        reason: "nothing takes log lines from the queue, and they would pile up",
    },
    Rule {
        names: &["internal.termination.signal"],
        allowed: Allowed::Only(&["0"]),
        reason: "signals belong to the daemon",
    },
    Rule {
        names: &["plugin.library.paths", "interceptors"],
        allowed: Allowed::Nothing,
        reason: "code from outside could change or drop records unseen",
    },
    Rule { names: &["builtin.features"], allowed: Allowed::Nothing, reason: "it can only be read" },
    Rule {
        names: &[
            "offset.store.method",
            "offset.store.path",
            "offset.store.sync.interval.ms",
            "consume.callback.max.messages",
        ],
        allowed: Allowed::Nothing,
        reason: "it belongs to librdkafka's old consumer, which Millstream does not use",
    },
];

/// Properties of the classic group protocol, which `group.protocol: consumer` (KIP-848) refuses.
pub(super) static CLASSIC_ONLY: &[&str] =
    &["partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms", "group.protocol.type"];

/// Whether a property may not be set to anything.
pub(super) fn is_refused(canonical: &str) -> bool {
    let rule = RULES.iter().find(|rule| rule.names.contains(&canonical));
    rule.is_some_and(|rule| matches!(rule.allowed, Allowed::Nothing))
}

/// Whether Millstream sets a property to one value always, so that the user's, which is the same, says nothing.
pub(super) fn is_fixed(canonical: &str) -> bool {
    let rule = RULES.iter().find(|rule| rule.names.contains(&canonical));
    rule.is_some_and(|rule| matches!(rule.allowed, Allowed::Only(_)))
}

/// Why a property may not have a value, and what it may be; `None` where it may.
pub(super) fn refusal(canonical: &str, value: &str) -> Option<Refusal> {
    let rule = RULES.iter().find(|rule| rule.names.contains(&canonical))?;
    let passes = match rule.allowed {
        Allowed::Nothing => false,
        Allowed::Only(values) => values.contains(&value),
        Allowed::ListOf(values) => value.split(',').all(|one| values.contains(&one.trim())),
        Allowed::AtMost(most) => value.parse::<u64>().is_ok_and(|number| number <= most),
    };
    let allowed = match rule.allowed {
        Allowed::Nothing => "leave it out".to_owned(),
        Allowed::Only(values) => format!("leave it out; it is always `{}`", values[0]),
        Allowed::ListOf(values) => format!("it can be `{}`", values.join("`, `")),
        Allowed::AtMost(most) => format!("it can be at most {most}"),
    };
    (!passes).then_some(Refusal { reason: rule.reason, allowed })
}

/// Why a property may not be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The promise that it would break, or who sets it.
    pub reason: &'static str,
    /// What to write instead.
    pub allowed: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::properties::table;

    #[test]
    fn every_rule_names_a_property_of_the_linked_librdkafka() {
        for name in RULES.iter().flat_map(|rule| rule.names).chain(CLASSIC_ONLY) {
            let property = table().get(*name).unwrap_or_else(|| panic!("{name} does not exist"));
            let is_alias = property.alias_of.is_some() && *name != "enable.auto.commit";
            assert!(!is_alias, "{name} is an alias: rules name the property itself");
        }
    }

    #[test]
    fn values_that_keep_the_promises_pass() {
        for (name, value) in [
            ("enable.auto.commit", "false"),
            ("request.required.acks", "all"),
            ("max.in.flight.requests.per.connection", "5"),
            ("partition.assignment.strategy", "range, roundrobin"),
            ("client.id", "x"),
        ] {
            assert_eq!(refusal(name, value), None, "{name}={value}");
        }
    }

    #[test]
    fn values_that_break_a_promise_do_not() {
        for (name, value) in [
            ("enable.auto.commit", "true"),
            ("request.required.acks", "1"),
            ("max.in.flight.requests.per.connection", "6"),
            ("max.in.flight.requests.per.connection", "many"),
            ("partition.assignment.strategy", "range,own"),
            ("group.id", "x"),
        ] {
            assert!(refusal(name, value).is_some(), "{name}={value}");
        }
    }
}
