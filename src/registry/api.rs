//! The calls of the Confluent API that are used, each as a function.

use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::client::{Absence, Client, Request};
use super::failure::{Failure, told};

/// A schema as the registry tells it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Told {
    /// Its text.
    pub schema: String,
    /// `AVRO`, `JSON` or `PROTOBUF`; none: Avro.
    #[serde(rename = "schemaType")]
    kind: Option<String>,
    references: Option<Vec<Reference>>,
    /// Its id; not told where it was asked for by that.
    pub id: Option<u32>,
    /// Its number under the subject; not told where it was asked for by id.
    pub version: Option<u32>,
}

/// Another subject's schema whose types it uses.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub(super) struct Reference {
    /// The subject.
    pub subject: String,
    /// The version of it.
    pub version: u32,
}

impl Told {
    /// Which kind of schema it is, where that is not Avro.
    pub(super) fn foreign_kind(&self) -> Option<&'static str> {
        match self.kind.as_deref() {
            None | Some("AVRO") => None,
            Some("JSON") => Some("a JSON Schema"),
            Some("PROTOBUF") => Some("a Protobuf schema"),
            Some(_) => Some("a schema of a kind that is not known"),
        }
    }

    /// What it refers to.
    pub(super) fn references(&self) -> &[Reference] {
        self.references.as_deref().unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct Registered {
    id: u32,
}

#[derive(Deserialize)]
struct Compatibility {
    is_compatible: bool,
    /// Where Confluent's registry says why.
    messages: Option<Vec<String>>,
    /// Where Apicurio's does.
    reason: Option<String>,
}

/// The rule of a subject, or of all.
#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "compatibilityLevel")]
    level: String,
}

impl Rule {
    /// Whether a schema must fit all versions, not only the latest.
    fn is_for_all(&self) -> bool {
        self.level.ends_with("_TRANSITIVE")
    }
}

/// Whether a schema may follow what a subject has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It may; to a subject that has nothing yet, any may.
    Compatible,
    /// The subject's rule forbids it, and why.
    Incompatible(String),
}

impl Client {
    /// `GET /schemas/ids/{id}`, of each address before there is none.
    pub(super) async fn schema(&self, id: u32) -> Result<Told, Failure> {
        self.get_from(&["schemas", "ids", &id.to_string()], None, Absence::ByAll).await
    }

    /// The same request for the sake of an answer, whichever.
    ///
    /// # Errors
    ///
    /// There was none.
    pub(super) async fn reach(&self) -> Result<(), Failure> {
        let path = ["schemas", "ids", "1"];
        let answer = self.ask(Request {
            method: Method::GET,
            path: &path,
            query: None,
            body: None,
            absence: Absence::ByOne,
        });
        match answer.await {
            Ok(told) => self.read::<Told>(told).map(drop),
            Err(failure) if failure.is_missing() => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// `GET /subjects/{subject}/versions/{version}`; `version` is a number or `latest`.
    pub(super) async fn version(&self, subject: &str, version: &str) -> Result<Told, Failure> {
        self.get(&["subjects", named(subject)?, "versions", version], None).await
    }

    /// The same, also where the version was deleted softly, since what refers to it stays readable; of each address before
    /// there is none.
    pub(super) async fn referred(&self, reference: &Reference) -> Result<Told, Failure> {
        let version = reference.version.to_string();
        let path = ["subjects", named(&reference.subject)?, "versions", &version];
        self.get_from(&path, Some("deleted=true"), Absence::ByAll).await
    }

    /// `GET /subjects/{subject}/versions`, in rising order.
    pub(super) async fn versions(&self, subject: &str) -> Result<Vec<u32>, Failure> {
        let mut versions: Vec<u32> = self.get(&["subjects", named(subject)?, "versions"], None).await?;
        versions.sort_unstable();
        Ok(versions)
    }

    /// `POST /subjects/{subject}`: the id and version that a schema has there.
    pub(super) async fn look_up(&self, subject: &str, schema: &str) -> Result<(u32, Option<u32>), Failure> {
        let told: Told = self.post(&["subjects", named(subject)?], None, schema).await?;
        let id = told.id.ok_or_else(|| self.no_answer("no `id` in it"))?;
        Ok((id, told.version))
    }

    /// `POST /subjects/{subject}/versions`: registers a schema.
    pub(super) async fn register(&self, subject: &str, schema: &str) -> Result<u32, Failure> {
        let registered: Registered =
            self.post(&["subjects", named(subject)?, "versions"], None, schema).await?;
        Ok(registered.id)
    }

    /// What registering would be told by the subject's rule. Some registries hold a schema to all versions when they are
    /// asked about the subject, whatever its rule: where the latest alone has nothing against it, the rule decides.
    pub(super) async fn fit(&self, subject: &str, schema: &str) -> Result<Fit, Failure> {
        let all = match self.fit_with(subject, None, schema).await {
            Err(failure) if failure.is_no_call() => {
                return self.fit_with(subject, Some("latest"), schema).await;
            }
            all => all?,
        };
        if all == Fit::Compatible || self.fit_with(subject, Some("latest"), schema).await? != Fit::Compatible
        {
            return Ok(all);
        }
        match self.rule(subject).await {
            Ok(rule) if !rule.is_for_all() => Ok(Fit::Compatible),
            Err(failure @ Failure::Outage(_)) => Err(failure),
            // What it said counts, where it does not tell its rule as well.
            _ => Ok(all),
        }
    }

    /// `POST /compatibility/subjects/{subject}/versions/{version}`, or without a version.
    async fn fit_with(&self, subject: &str, version: Option<&str>, schema: &str) -> Result<Fit, Failure> {
        let mut path = vec!["compatibility", "subjects", named(subject)?, "versions"];
        path.extend(version);
        let answer: Result<Compatibility, Failure> = self.post(&path, Some("verbose=true"), schema).await;
        match answer {
            Ok(Compatibility { is_compatible: true, .. }) => Ok(Fit::Compatible),
            Ok(Compatibility { messages, reason, .. }) => {
                let said = messages.unwrap_or_default().into_iter().chain(reason).collect::<Vec<_>>();
                let why = told(&said.join("; "));
                Ok(Fit::Incompatible(if why.is_empty() { "it does not say why".to_owned() } else { why }))
            }
            // There is no version to hold it against.
            Err(failure) if failure.is_missing() => Ok(Fit::Compatible),
            Err(failure) => Err(failure),
        }
    }

    /// `GET /config/{subject}`; where it has no rule of its own, `GET /config`.
    async fn rule(&self, subject: &str) -> Result<Rule, Failure> {
        match self.get(&["config", named(subject)?], Some("defaultToGlobal=true")).await {
            Err(failure) if failure.is_missing() => self.get(&["config"], None).await,
            rule => rule,
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &[&str], query: Option<&str>) -> Result<T, Failure> {
        self.get_from(path, query, Absence::ByOne).await
    }

    async fn get_from<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: Option<&str>,
        absence: Absence,
    ) -> Result<T, Failure> {
        self.read(self.ask(Request { method: Method::GET, path, query, body: None, absence }).await?)
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: Option<&str>,
        schema: &str,
    ) -> Result<T, Failure> {
        // Without `schemaType`, which registries older than other kinds of schemas refuse: Avro is what it means.
        let body = Some(json!({ "schema": schema }));
        let absence = Absence::ByOne;
        self.read(self.ask(Request { method: Method::POST, path, query, body, absence }).await?)
    }

    fn read<T: DeserializeOwned>(&self, json: Json) -> Result<T, Failure> {
        serde_json::from_value(json).map_err(|error| self.no_answer(&told(&error.to_string())))
    }
}

/// `.` and `..` cannot be said in a path of HTTP, however they are encoded; an empty name would be another path.
fn named(subject: &str) -> Result<&str, Failure> {
    if matches!(subject, "" | "." | "..") {
        let message = format!("no registry can be asked for a subject called `{subject}`");
        return Err(Failure::Refused { code: 422, message });
    }
    Ok(subject)
}
