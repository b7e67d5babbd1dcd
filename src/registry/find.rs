//! One round of questions for a sink's schema: is it there, may it be registered, is it registered.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::codec::avro::Schema;
use crate::config::spec::{AvroEncoding, SinkSchema};

use super::VERSIONS_MAX;
use super::api::{Fit, Told};
use super::client::Client;
use super::failure::Failure;
use super::ids::parse;
use super::references::{self, Broken};
use super::store::Kept;

/// A sink's schema as the registry has it.
#[derive(Debug)]
pub(super) struct Found {
    /// What is kept of it, with the id to write.
    pub kept: Kept,
    /// Its number under the subject, where the registry told it.
    pub version: Option<u32>,
    /// The schema to write by.
    pub schema: Arc<Schema>,
}

/// Why a sink's schema is not to be had.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Missed {
    /// The registry does not have it.
    Absent(String),
    /// The registry refuses it, or it cannot be used.
    Refused(String),
    /// There was no answer.
    Outage(String),
}

/// Looks for a sink's schema.
pub(super) async fn find(client: &Client, encoding: &AvroEncoding) -> Result<Found, Missed> {
    match &encoding.schema {
        SinkSchema::File(schema) => by_text(client, &encoding.subject, schema).await,
        SinkSchema::Version(version) => by_version(client, &encoding.subject, *version).await,
    }
}

async fn by_text(client: &Client, subject: &str, schema: &Arc<Schema>) -> Result<Found, Missed> {
    match client.look_up(subject, schema.text()).await {
        Ok((id, version)) => return Ok(found(id, version, schema)),
        Err(failure) if failure.is_missing() => {}
        Err(failure) => return Err(missed(subject, failure)),
    }
    match spelled_otherwise(client, subject, schema).await {
        Ok(Some((id, version))) => Ok(found(id, Some(version), schema)),
        Ok(None) => Err(Missed::Absent(format!(
            "the registry does not have the sink's schema under the subject `{subject}`: register it there, or \
             write `register: if_missing` to have it done at the start"
        ))),
        Err(failure) => Err(missed(subject, failure)),
    }
}

/// A version that is the same schema in other words: some registries look up by the letter, what was registered by a program is
/// seldom spelled as the file is, and what a file has in one piece may be in the registry with references.
async fn spelled_otherwise(
    client: &Client,
    subject: &str,
    schema: &Schema,
) -> Result<Option<(u32, u32)>, Failure> {
    let versions = match client.versions(subject).await {
        Ok(versions) => versions,
        Err(failure) if failure.is_missing() => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let wanted: Option<Json> = serde_json::from_str(schema.text()).ok();
    for version in versions.into_iter().rev().take(VERSIONS_MAX) {
        let told = match client.version(subject, &version.to_string()).await {
            Ok(told) if told.foreign_kind().is_none() => told,
            Err(failure) if !failure.is_missing() => return Err(failure),
            _ => continue,
        };
        let id = told.id;
        let is_same = match told.references() {
            // The same JSON, whatever its spaces and the order of its members.
            [] => serde_json::from_str(&told.schema).ok() == wanted,
            _ => is_written_like(client, told, schema).await?,
        };
        if is_same {
            return Ok(id.map(|id| (id, version)));
        }
    }
    Ok(None)
}

/// Whether a schema with references is the same as one in one piece, as far as what is written is concerned: types, names,
/// symbols, logical types.
async fn is_written_like(client: &Client, told: Told, schema: &Schema) -> Result<bool, Failure> {
    let references = match references::follow(client, &told).await {
        Ok(references) => references,
        Err(Broken::Failed(failure, _)) if !failure.is_missing() => return Err(failure),
        Err(Broken::Failed(..) | Broken::Unusable(_)) => return Ok(false),
    };
    let parsed = parse(told.schema, references).await;
    Ok(parsed.is_ok_and(|parsed| parsed.is_written_like(schema)))
}

async fn by_version(client: &Client, subject: &str, version: u32) -> Result<Found, Missed> {
    let told = match client.version(subject, &version.to_string()).await {
        Ok(told) => told,
        Err(failure) if failure.is_missing() => {
            let why = format!("the registry has no version {version} of the subject `{subject}`");
            return Err(Missed::Absent(why));
        }
        Err(failure) => return Err(missed(subject, failure)),
    };
    let found = complete(client, subject, Some(version), told).await?;
    match found.schema.check_defaults() {
        Ok(()) => Ok(found),
        Err(error) => {
            let what = format!("version {version} of the subject `{subject}`");
            Err(Missed::Refused(format!("{what} cannot be written by: {error}")))
        }
    }
}

/// Follows the references of a subject's schema and parses it.
pub(super) async fn complete(
    client: &Client,
    subject: &str,
    version: Option<u32>,
    told: Told,
) -> Result<Found, Missed> {
    let version = told.version.or(version);
    let what = match version {
        Some(version) => format!("version {version} of the subject `{subject}`"),
        None => format!("the schema of the subject `{subject}`"),
    };
    if let Some(kind) = told.foreign_kind() {
        return Err(Missed::Refused(format!("{what} is {kind}, not Avro")));
    }
    let Some(id) = told.id else {
        return Err(Missed::Outage(format!("{what}: the registry does not tell its id")));
    };
    let references = match references::follow(client, &told).await {
        Ok(references) => references,
        Err(Broken::Unusable(why)) => return Err(Missed::Refused(format!("{what} cannot be used: {why}"))),
        Err(Broken::Failed(failure, reference)) => {
            let referred = format!("version {} of `{}`", reference.version, reference.subject);
            return Err(if failure.is_missing() {
                Missed::Absent(format!("{what} refers to {referred}, which the registry does not have"))
            } else {
                Missed::Outage(format!("{what} refers to {referred}: {failure}"))
            });
        }
    };
    match parse(told.schema.clone(), references.clone()).await {
        Ok(schema) => Ok(Found { kept: Kept { id, schema: told.schema, references }, version, schema }),
        Err(why) => Err(Missed::Refused(format!("{what} cannot be used: {why}"))),
    }
}

/// Registers a sink's schema, if the subject's rule lets it.
pub(super) async fn register(client: &Client, subject: &str, schema: &Arc<Schema>) -> Result<Found, Missed> {
    match client.fit(subject, schema.text()).await {
        Ok(Fit::Compatible) => {}
        Ok(Fit::Incompatible(why)) => return Err(Missed::Refused(incompatible(subject, &why))),
        Err(failure) => return Err(missed(subject, failure)),
    }
    let id = client.register(subject, schema.text()).await.map_err(|failure| missed(subject, failure))?;
    tracing::info!(subject, id, "schema registered");
    // The version is for a report only.
    let version = client.look_up(subject, schema.text()).await.ok().and_then(|(_, version)| version);
    Ok(found(id, version, schema))
}

/// What the compatibility rule's refusal is told as.
pub(super) fn incompatible(subject: &str, why: &str) -> String {
    format!("the compatibility rule of the subject `{subject}` refuses the sink's schema: {why}")
}

fn found(id: u32, version: Option<u32>, schema: &Arc<Schema>) -> Found {
    let kept = Kept { id, schema: schema.text().to_owned(), references: Vec::new() };
    Found { kept, version, schema: Arc::clone(schema) }
}

fn missed(subject: &str, failure: Failure) -> Missed {
    match failure {
        Failure::Refused { code: 409, message } => Missed::Refused(incompatible(subject, &message)),
        failure if failure.is_final() => {
            Missed::Refused(format!("the registry refuses the sink's schema for `{subject}`: {failure}"))
        }
        failure => Missed::Outage(format!("subject `{subject}`: {failure}")),
    }
}
