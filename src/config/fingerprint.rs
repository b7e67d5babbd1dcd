//! A spec in its normal form, part by part: what two specs are compared by, and the hash that may be shown.
//!
//! Defaults are filled in and programs are in normal form, so that comments, order and spelling make no difference.
//! References are resolved, so that a changed secret is a change; the shown hash leaves such values out.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::transform::Program;

use super::spec::{
    CreateSpec, DataSchema, Decoding, DlqSpec, Encoding, Format, KafkaSpec, PipelineSpec, RegistryAuth,
    RegistrySpec, SinkSchema, SinkSpec, StepSpec, TopicsSpec,
};

/// Properties of librdkafka that hold a secret, also where a file spells it out.
const SECRET_PROPERTIES: &[&str] = &[
    "sasl.password",
    "sasl.oauthbearer.client.secret",
    "sasl.oauthbearer.config",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
    // Of the schema registry.
    "password",
    "bearer_token",
];

/// How a program is told.
type Text<'a> = &'a dyn Fn(&Program) -> String;

/// How many hex digits of the hash are shown.
const SHOWN_DIGITS: usize = 12;

/// The parts of a spec by the keys of its file, each in normal form; not its name, which is what it is found by.
pub(super) fn parts(spec: &PipelineSpec) -> Vec<(&'static str, Value)> {
    parts_as(spec, &Program::normal_form)
}

fn parts_as(spec: &PipelineSpec, text: Text<'_>) -> Vec<(&'static str, Value)> {
    let topics = match &spec.source.topics {
        TopicsSpec::Names(names) => json!({"names": sorted(names)}),
        TopicsSpec::Pattern(pattern) => json!({"pattern": pattern.as_str()}),
    };
    let source = json!({
        "topics": topics,
        "start": format!("{:?}", spec.source.start),
        "on_offset_lost": format!("{:?}", spec.source.on_offset_lost),
    });
    vec![
        ("source", source),
        ("group", json!(spec.source.group)),
        ("transform", Value::Array(spec.transform.iter().map(|part| step(part, text)).collect())),
        ("tombstones", json!(format!("{:?}", spec.tombstones))),
        ("sinks", Value::Array(spec.sinks.iter().map(|part| sink(part, text)).collect())),
        ("on_error", json!(format!("{:?}", spec.on_error))),
        ("dlq", spec.dlq.as_ref().map_or(Value::Null, dlq)),
        ("delivery", json!(format!("{:?}", spec.delivery))),
        ("commit", json!(format!("{:?}", spec.commit))),
        ("lanes", json!(spec.lanes)),
        ("kafka", kafka(&spec.kafka)),
        ("schema_registry", spec.registry.as_ref().map_or(Value::Null, registry)),
    ]
}

/// The hash of name and parts that may be shown, on every host the same.
pub(super) fn shown_hash(spec: &PipelineSpec) -> String {
    let text = |program: &Program| match spec.filled.0.get(program.source()) {
        Some(written) => written.clone(),
        None => program.normal_form(),
    };
    let parts: Vec<_> = parts_as(spec, &text).into_iter().map(|(_, value)| value).collect();
    let mut all = json!([spec.name, parts]);
    leave_out(&mut all, spec);
    let digest = Sha256::digest(all.to_string().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..SHOWN_DIGITS].to_owned()
}

/// Puts what the file says in the place of what came from outside, and nothing in that of secrets by their name.
fn leave_out(value: &mut Value, spec: &PipelineSpec) {
    match value {
        Value::String(text) => {
            if let Some(written) = spec.filled.0.get(text.as_str()) {
                text.clone_from(written);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| leave_out(item, spec)),
        Value::Object(members) => {
            for (name, member) in members {
                if SECRET_PROPERTIES.contains(&name.as_str()) {
                    *member = Value::Null;
                } else {
                    leave_out(member, spec);
                }
            }
        }
        // A number that came from outside is not told from another: numbers are no secrets.
        _ => {}
    }
}

fn sorted(names: &[String]) -> Vec<&String> {
    let mut sorted: Vec<_> = names.iter().collect();
    sorted.sort();
    sorted
}

fn step(step: &StepSpec, text: Text<'_>) -> Value {
    match step {
        StepSpec::Filter(program) => json!({"filter": text(program)}),
        StepSpec::Map(program) => json!({"map": text(program)}),
        StepSpec::Decode(decode) => json!({"decode": [decoding(&decode.value), decoding(&decode.key)]}),
    }
}

fn sink(sink: &SinkSpec, text: Text<'_>) -> Value {
    json!({
        "topic": sink.topic,
        "when": sink.when.as_ref().map(text),
        "encode": encoding(&sink.value),
        "encode_key": sink.key.as_ref().map(encoding),
        "create": create(sink.create),
    })
}

fn dlq(dlq: &DlqSpec) -> Value {
    json!({
        "topic": dlq.topic,
        "headers": format!("{:?}", dlq.headers),
        "breaker": format!("{:?}", dlq.breaker),
        "create": create(dlq.create),
    })
}

fn create(create: Option<CreateSpec>) -> Value {
    create.map_or(Value::Null, |create| json!([create.partitions, create.replication]))
}

fn format(format: Format) -> Value {
    json!(format!("{format:?}"))
}

fn decoding(decoding: &Decoding) -> Value {
    let validate = format!("{:?}", decoding.validate);
    let schema = decoding.schema.as_ref().map(|known| match known {
        DataSchema::Avro(known) => schema(known.text()),
        DataSchema::Json(known) => schema(known.text()),
    });
    json!([format(decoding.format), schema, validate])
}

fn encoding(encoding: &Encoding) -> Value {
    let avro = encoding.avro.as_ref().map(|avro| {
        let written = match &avro.schema {
            SinkSchema::File(file) => schema(file.text()),
            SinkSchema::Version(version) => json!(version),
        };
        json!([written, avro.subject, format!("{:?}", avro.register), format!("{:?}", avro.extra)])
    });
    json!([format(encoding.format), avro])
}

/// What a schema's file holds, however it is laid out.
fn schema(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

fn registry(registry: &RegistrySpec) -> Value {
    let auth = match &registry.auth {
        RegistryAuth::None => Value::Null,
        RegistryAuth::Basic { user, password } => json!({"username": user, "password": password.reveal()}),
        RegistryAuth::Bearer(token) => json!({"bearer_token": token.reveal()}),
    };
    json!({
        "url": registry.urls,
        "auth": auth,
        "ca": registry.ca,
        "client": registry.client,
        "timeout": format!("{:?}", registry.timeout),
        "unknown_id_grace": format!("{:?}", registry.missing_grace),
    })
}

fn kafka(kafka: &KafkaSpec) -> Value {
    json!({"consumer": kafka.consumer, "producer": kafka.producer})
}

#[cfg(test)]
mod tests {
    use super::super::interpolate::Surroundings;
    use super::super::load::{LoadRequest, load_in};
    use super::*;

    fn spec_in(text: &str, surroundings: &Surroundings) -> PipelineSpec {
        let request = LoadRequest {
            bootstrap: Some("localhost:9092".to_owned()),
            texts: vec![("pipeline.yaml".into(), text.to_owned())],
            ..LoadRequest::default()
        };
        let loaded = load_in(&request, surroundings).unwrap_or_else(|report| panic!("{report}"));
        loaded.config.pipelines.into_iter().next().expect("one pipeline")
    }

    fn spec(text: &str) -> PipelineSpec {
        spec_in(text, &Surroundings::made(&[], None))
    }

    const PLAIN: &str = "name: a
source: {topics: [b, c]}
transform: [{decode: json}, {map: .x = 1}]
sinks: [{topic: d, when: .x == 1}]
dlq: {topic: e}
";

    #[test]
    fn comments_order_and_spelled_out_defaults_are_no_change() {
        let same = "# A comment.
dlq:
  headers: millstream
  topic: e
lanes: 1
commit: {records: 5000, interval: 500ms}
sinks:
  - when: |
      # Why.
      .x   == 1
    topic: d
    encode: json
transform:
  - decode: {format: json}
  - map: |

      .x = 1 # One.
source: {topics: [c, b], group: millstream.a}
name: a
";
        assert_eq!(parts(&spec(PLAIN)), parts(&spec(same)));
        assert_eq!(spec(PLAIN).hash, spec(same).hash);
    }

    #[test]
    fn what_changed_is_named() {
        let changes = [
            ("{map: .x = 1}", "{map: .x = 2}", "transform"),
            ("{decode: json}", "{decode: {value: json, key: json}}", "transform"),
            ("topic: d", "topic: f", "sinks"),
            ("when: .x == 1", "when: .x == 2", "sinks"),
            ("topic: e", "topic: f", "dlq"),
            ("[b, c]", "[b]", "source"),
            ("name: a", "name: a\ntombstones: drop", "tombstones"),
            ("name: a", "name: a\nlanes: 2", "lanes"),
            ("name: a", "name: a\ncommit: {interval: 1s}", "commit"),
            ("name: a", "name: a\nkafka: {linger.ms: 7}", "kafka"),
            ("[b, c]}", "[b, c], group: g}", "group"),
            ("[b, c]}", "[b, c], start: latest}", "source"),
        ];
        let before = parts(&spec(PLAIN));
        for (from, to, part) in changes {
            let changed = spec(&PLAIN.replace(from, &to.replace("\\n", "\n")));
            let differs: Vec<_> =
                before.iter().zip(parts(&changed)).filter(|(a, b)| *a != b).map(|(a, _)| a.0).collect();
            assert_eq!(differs, [part], "{to}");
            assert_ne!(spec(PLAIN).hash, changed.hash, "{to}");
        }
    }

    #[test]
    fn a_changed_secret_is_a_change_and_the_shown_hash_does_not_tell() {
        let text = format!(
            "{}kafka: {{sasl.mechanism: PLAIN, sasl.username: u, sasl.password: \"${{env:S}}\"}}\n",
            PLAIN.replace(".x = 1}", "'.x = \"${env:S}\"'}").replace(".x == 1", "'.x == \"1\"'")
        );
        let one = spec_in(&text, &Surroundings::made(&[("S", "hunter2")], None));
        let other = spec_in(&text, &Surroundings::made(&[("S", "hunter3")], None));
        assert_ne!(parts(&one), parts(&other));
        assert_eq!(one.hash, other.hash);
        assert_eq!(one.hash.len(), SHOWN_DIGITS);
        assert!(!format!("{one:?}").contains("hunter2"), "{one:?}");
        let literal = |secret: &str| {
            spec(&format!(
                "{PLAIN}kafka: {{sasl.mechanism: PLAIN, sasl.username: u, sasl.password: {secret}}}\n"
            ))
        };
        assert_ne!(parts(&literal("x")), parts(&literal("y")));
        assert_eq!(literal("x").hash, literal("y").hash);
    }
}
