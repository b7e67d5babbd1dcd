//! What a test asks of a registry: register, look up, set the compatibility rule, delete.

use std::io;

use serde_json::{Value, json};

use crate::http::{self, Answer};

/// Asks one registry. What cannot be answered panics; what the registry refuses is a [`Refusal`] where a test may want
/// it.
#[derive(Clone, Debug)]
pub struct Client {
    url: String,
}

/// A schema that another one names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The name that the schema calls it by.
    pub name: String,
    /// The subject that it is registered under.
    pub subject: String,
    /// The version of it.
    pub version: u32,
}

/// What a registry says that does not do as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP's code.
    pub status: u16,
    /// The registry's own.
    pub code: i64,
    /// Its words.
    pub message: String,
}

impl Reference {
    /// A reference by this name to a version of a subject.
    pub fn to(name: &str, subject: &str, version: u32) -> Self {
        Self { name: name.to_owned(), subject: subject.to_owned(), version }
    }
}

impl Reference {
    /// As the registry's API has it.
    pub(crate) fn described(&self) -> Value {
        json!({"name": self.name, "subject": self.subject, "version": self.version})
    }
}

impl Client {
    /// A client of the registry at this base URL.
    pub fn new(url: &str) -> Self {
        Self { url: url.trim_end_matches('/').to_owned() }
    }

    /// A client of the registry that all tests of this run share.
    pub fn shared() -> Self {
        Self::new(super::shared())
    }

    /// The base URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether the registry answers as one that is ready.
    pub fn answers(&self) -> bool {
        self.ask("GET", "/subjects", None).is_ok_and(|answer| answer.status == 200)
    }

    /// Registers an Avro schema; gives its id.
    pub fn register(&self, subject: &str, schema: &str, references: &[Reference]) -> u32 {
        self.try_register(subject, schema, references)
            .unwrap_or_else(|refusal| panic!("register {subject}: {refusal:?}"))
    }

    /// The same, where the registry may refuse it.
    pub fn try_register(
        &self,
        subject: &str,
        schema: &str,
        references: &[Reference],
    ) -> Result<u32, Refusal> {
        let path = format!("/subjects/{}/versions", encoded(subject));
        let answer = self.told("POST", &path, Some(body(schema, references)))?;
        Ok(number(&answer["id"]))
    }

    /// The id and the version of a schema under a subject; `None` where it is not registered there.
    pub fn look_up(&self, subject: &str, schema: &str, references: &[Reference]) -> Option<(u32, u32)> {
        let path = format!("/subjects/{}", encoded(subject));
        let answer = self.found("POST", &path, Some(body(schema, references)))?;
        Some((number(&answer["id"]), number(&answer["version"])))
    }

    /// The text of a schema; `None` where the id is unknown.
    pub fn schema(&self, id: u32) -> Option<String> {
        let answer = self.found("GET", &format!("/schemas/ids/{id}"), None)?;
        Some(answer["schema"].as_str().unwrap_or_else(|| panic!("no schema: {answer}")).to_owned())
    }

    /// The versions of a subject; none where it is unknown.
    pub fn versions(&self, subject: &str) -> Vec<u32> {
        let path = format!("/subjects/{}/versions", encoded(subject));
        let answer = self.found("GET", &path, None);
        answer.as_ref().and_then(Value::as_array).into_iter().flatten().map(number).collect()
    }

    /// Sets a subject's compatibility rule: `NONE`, `BACKWARD`, `FORWARD`, `FULL`, …
    pub fn set_compatibility(&self, subject: &str, rule: &str) {
        let path = format!("/config/{}", encoded(subject));
        let told = self.told("PUT", &path, Some(json!({"compatibility": rule})));
        told.unwrap_or_else(|refusal| panic!("compatibility of {subject}: {refusal:?}"));
    }

    /// Deletes a subject with all its versions.
    pub fn delete(&self, subject: &str) {
        for query in ["", "?permanent=true"] {
            let told = self.told("DELETE", &format!("/subjects/{}{query}", encoded(subject)), None);
            told.unwrap_or_else(|refusal| panic!("delete {subject}: {refusal:?}"));
        }
    }

    fn found(&self, method: &str, path: &str, body: Option<Value>) -> Option<Value> {
        match self.told(method, path, body) {
            Ok(answer) => Some(answer),
            Err(refusal) if refusal.status == 404 => None,
            Err(refusal) => panic!("{method} {path}: {refusal:?}"),
        }
    }

    fn told(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, Refusal> {
        let answer = self.ask(method, path, body);
        let answer = answer.unwrap_or_else(|error| panic!("{method} {}{path}: {error}", self.url));
        let json = answer.json();
        if answer.status == 200 {
            return Ok(json);
        }
        let message = json["message"].as_str().unwrap_or_default().to_owned();
        Err(Refusal { status: answer.status, code: json["error_code"].as_i64().unwrap_or(0), message })
    }

    fn ask(&self, method: &str, path: &str, body: Option<Value>) -> io::Result<Answer> {
        let lines = ["Content-Type: application/vnd.schemaregistry.v1+json"];
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        http::url(method, &format!("{}{path}", self.url), &lines, &body)
    }
}

fn body(schema: &str, references: &[Reference]) -> Value {
    let references: Vec<_> = references.iter().map(Reference::described).collect();
    json!({"schema": schema, "schemaType": "AVRO", "references": references})
}

fn number(value: &Value) -> u32 {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.unwrap_or_else(|| panic!("no number: {value}"))
}

/// A subject as one segment of a path.
fn encoded(subject: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    subject.bytes().map(encode).collect()
}
