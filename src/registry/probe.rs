//! Questions of `check`: each asks once, changes nothing at the registry, and gives plain data.

use std::sync::Arc;

use crate::codec::avro::Schema;
use crate::config::spec::{AvroEncoding, Register, SinkSchema};

use super::Registry;
use super::api::Fit;
use super::find::{self, Missed, find, incompatible};

/// Versions of a subject that are looked at: the newest ones.
pub const VERSIONS_MAX: usize = 100;

/// How a sink's schema stands in the registry.
#[derive(Clone, Debug)]
pub enum SinkProbe {
    /// It is there.
    Found {
        /// Its id.
        id: u32,
        /// Its number under the subject, where the registry told it.
        version: Option<u32>,
        /// The newest version, where that is another.
        newer: Option<u32>,
        /// The schema.
        schema: Arc<Schema>,
    },
    /// The start of the pipeline would register it.
    WouldRegister,
    /// It is not there, and would not be registered: what to do.
    Missing(String),
    /// The registry's rules refuse it, or it cannot be used: why.
    Refused(String),
    /// There was no answer: why.
    Unreachable(String),
}

/// A version of a subject.
#[derive(Clone, Debug)]
pub struct SubjectVersion {
    /// Its number.
    pub version: u32,
    /// Its schema's id.
    pub id: u32,
    /// Its schema, or why that cannot be used.
    pub schema: Result<Arc<Schema>, String>,
}

impl Registry {
    /// Whether a registry answers, and accepts who asks.
    ///
    /// # Errors
    ///
    /// What is in the way, in words.
    pub async fn probe_reach(&self) -> Result<(), String> {
        // The request that the daemon lives by. That there is no such schema is an answer, too.
        self.inner().client.reach().await.map_err(|failure| failure.to_string())
    }

    /// How a sink's schema stands in the registry, and what a start would do about it.
    pub async fn probe_sink(&self, encoding: &AvroEncoding) -> SinkProbe {
        let client = &self.inner().client;
        match find(client, encoding).await {
            Ok(found) => {
                let versions = client.versions(&encoding.subject).await.unwrap_or_default();
                let newest = versions.last().copied();
                let newer = newest.filter(|newest| found.version.is_some_and(|used| *newest > used));
                let (id, version) = (found.kept.id, found.version);
                SinkProbe::Found { id, version, newer, schema: found.schema }
            }
            Err(Missed::Outage(why)) => SinkProbe::Unreachable(why),
            Err(Missed::Refused(why)) => SinkProbe::Refused(why),
            Err(Missed::Absent(why)) => self.probe_fit(encoding, why).await,
        }
    }

    /// What becomes of a schema that is not there.
    async fn probe_fit(&self, encoding: &AvroEncoding, absent: String) -> SinkProbe {
        let subject = &encoding.subject;
        let SinkSchema::File(schema) = &encoding.schema else { return SinkProbe::Missing(absent) };
        match self.inner().client.fit(subject, schema.text()).await {
            Ok(Fit::Incompatible(why)) => SinkProbe::Refused(incompatible(subject, &why)),
            Ok(Fit::Compatible) if encoding.register == Register::Never => SinkProbe::Missing(absent),
            Ok(Fit::Compatible) => SinkProbe::WouldRegister,
            Err(failure) if failure.is_final() => SinkProbe::Refused(failure.to_string()),
            Err(failure) => SinkProbe::Unreachable(failure.to_string()),
        }
    }

    /// The newest version of a subject; `None`: there is no such subject.
    ///
    /// # Errors
    ///
    /// There was no answer, and why.
    pub async fn probe_latest(&self, subject: &str) -> Result<Option<SubjectVersion>, String> {
        self.probe_version(subject, "latest", None).await
    }

    /// All versions of a subject, the oldest first, at most the newest [`VERSIONS_MAX`]; none: there is no such subject.
    ///
    /// # Errors
    ///
    /// There was no answer, and why.
    pub async fn probe_versions(&self, subject: &str) -> Result<Vec<SubjectVersion>, String> {
        let versions = match self.inner().client.versions(subject).await {
            Ok(versions) => versions,
            Err(failure) if failure.is_missing() => return Ok(Vec::new()),
            Err(failure) => return Err(failure.to_string()),
        };
        let mut all = Vec::new();
        for version in &versions[versions.len().saturating_sub(VERSIONS_MAX)..] {
            // One that was deleted in between is none any more.
            all.extend(self.probe_version(subject, &version.to_string(), Some(*version)).await?);
        }
        Ok(all)
    }

    async fn probe_version(
        &self,
        subject: &str,
        name: &str,
        number: Option<u32>,
    ) -> Result<Option<SubjectVersion>, String> {
        let client = &self.inner().client;
        let told = match client.version(subject, name).await {
            Ok(told) => told,
            Err(failure) if failure.is_missing() => return Ok(None),
            Err(failure) => return Err(failure.to_string()),
        };
        let (Some(id), Some(version)) = (told.id, told.version.or(number)) else {
            return Err(format!("the registry does not tell id and version of the subject `{subject}`"));
        };
        let schema = match find::complete(client, subject, Some(version), told).await {
            Ok(found) => Ok(found.schema),
            Err(Missed::Absent(why) | Missed::Refused(why)) => Err(why),
            Err(Missed::Outage(why)) => return Err(why),
        };
        Ok(Some(SubjectVersion { version, id, schema }))
    }
}
