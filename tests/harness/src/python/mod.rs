//! Records written and read by Confluent's client for Python, with its Avro serialisers: a client that shares no line
//! with the daemon or with this crate. What a job and a record look like as JSON is told in `python/avro.py`.

mod everything;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use everything::{EVERYTHING, everything};
use serde_json::{Value, json};

use crate::registry::Reference;
use crate::{process, testbed};

/// The interpreter with the client.
#[derive(Clone, Debug)]
pub struct Python {
    interpreter: PathBuf,
}

/// A schema that records are written by; the serialiser registers it.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Its text.
    pub text: String,
    /// The schemas that it names.
    pub references: Vec<Reference>,
}

/// A record; keys and values as `python/avro.py` has them.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The schema of the key, by its place in the job; without one the key is text.
    pub key_schema: Option<usize>,
    /// The key; null where there is none.
    pub key: Value,
    /// The schema of the value, by its place in the job; without one the value is text.
    pub value_schema: Option<usize>,
    /// The value; null for a tombstone.
    pub value: Value,
    /// The partition.
    pub partition: i32,
}

/// A record as the deserialiser gives it.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// The partition that holds it.
    pub partition: i64,
    /// Its offset there.
    pub offset: i64,
    /// The id of the key's schema; `None` for a key that was read as text.
    pub key_schema: Option<u64>,
    /// The key.
    pub key: Value,
    /// The id of the value's schema; `None` for a tombstone.
    pub value_schema: Option<u64>,
    /// The value.
    pub value: Value,
}

/// Where to write or read.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// `host:port` of the broker.
    pub bootstrap: &'a str,
    /// The registry's base URL.
    pub registry: &'a str,
    /// The topic.
    pub topic: &'a str,
}

impl Python {
    /// The interpreter; where it cannot be had, says on standard error that the test is skipped, and why.
    pub fn or_skip() -> Option<Self> {
        match testbed::python() {
            Ok(interpreter) => Some(Self { interpreter }),
            Err(reason) => {
                // Not by a macro that tests capture: a skipped test must be seen.
                let _ = writeln!(std::io::stderr(), "skipped: no independent Avro client: {reason}");
                None
            }
        }
    }

    /// Writes records in their order and waits until the broker has them; gives the ids of the schemas that they have.
    /// `strategy` names the subjects: `topic`, `record` or `topic_record`.
    pub fn produce(
        &self,
        place: Place<'_>,
        strategy: &str,
        schemas: &[Schema],
        records: &[Record],
    ) -> Vec<u32> {
        let mut job = job(place);
        job["strategy"] = strategy.into();
        job["schemas"] = schemas.iter().map(Schema::described).collect();
        job["records"] = records.iter().map(Record::described).collect();
        let ids = self.run("produce", &job);
        serde_json::from_str::<Value>(&ids)
            .ok()
            .and_then(|ids| {
                ids.as_array()?.iter().map(|id| id.as_u64().and_then(|id| u32::try_from(id).ok())).collect()
            })
            .unwrap_or_else(|| panic!("no ids of schemas: {ids}"))
    }

    /// Reads `count` records of a topic; keys are Avro where `avro_key`, text else.
    pub fn consume(&self, place: Place<'_>, count: usize, avro_key: bool) -> Vec<Read> {
        let mut job = job(place);
        job["count"] = count.into();
        job["avro_key"] = avro_key.into();
        self.run("consume", &job).lines().map(Read::of).collect()
    }

    fn run(&self, action: &str, job: &Value) -> String {
        let mut command = Command::new(&self.interpreter);
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/avro.py");
        // No `__pycache__` in the checkout.
        command.arg("-B").arg(program).arg(action);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process::spawn(command).unwrap_or_else(|error| panic!("run Python: {error}"));
        let mut input = child.stdin.take().expect("standard input is a pipe");
        // One that ends early says why on standard error.
        let _ = input.write_all(job.to_string().as_bytes());
        drop(input);
        let output = child.wait_with_output().expect("a child can be waited for");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{action} by Python: {}: {said}", output.status);
        String::from_utf8(output.stdout).expect("JSON is UTF-8")
    }
}

fn job(place: Place<'_>) -> Value {
    json!({"bootstrap": place.bootstrap, "registry": place.registry, "topic": place.topic})
}

impl Schema {
    /// A schema that names no other.
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), references: Vec::new() }
    }

    fn described(&self) -> Value {
        let references = self.references.iter().map(Reference::described);
        json!({"schema": self.text, "references": references.collect::<Vec<_>>()})
    }
}

impl Record {
    /// A record of this value, of the job's schema at that place, without a key.
    pub fn of(value_schema: usize, value: Value) -> Self {
        Self { value_schema: Some(value_schema), value, ..Self::default() }
    }

    fn described(&self) -> Value {
        json!({"key_schema": self.key_schema, "key": self.key, "value_schema": self.value_schema,
            "value": self.value, "partition": self.partition})
    }
}

impl Read {
    fn of(line: &str) -> Self {
        let mut json: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let number = |name: &str| json[name].as_i64().unwrap_or_else(|| panic!("no {name}: {line}"));
        Self {
            partition: number("partition"),
            offset: number("offset"),
            key_schema: json["key_schema"].as_u64(),
            value_schema: json["value_schema"].as_u64(),
            key: json["key"].take(),
            value: json["value"].take(),
        }
    }
}
