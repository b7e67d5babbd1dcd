//! The ids of sinks' schemas: looked up, registered where the pipeline says so, and verified later where they came from
//! the disk.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::codec::avro::Schema;
use crate::config::spec::{AvroEncoding, Register, SinkSchema};

use super::SinkLookup;
use super::find::{Missed, find, register};
use super::ids::parse;
use super::inner::Inner;
use super::retry::Retry;
use super::store::{self, Key};
use super::table::{Answer, Bounds, Freshness};

/// Sinks that are remembered, and sinks that are asked for at a time.
pub(super) const BOUNDS: Bounds = Bounds { keys_max: 1024, asked_max: 1024 };

/// How long a sink's id counts; then it is verified, beside, as long as lanes look.
const READY_KEPT: Duration = Duration::from_secs(600);

/// How long a refusal counts for lanes that did not wait for it: so short that a `resume` asks anew.
const REFUSED_KEPT: Duration = Duration::from_secs(1);

/// Subjects of which it is remembered that a newer version was reported.
const NEWEST_MAX: usize = 1024;

/// Which schema of which subject, and what may be done to have it there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SinkKey {
    subject: String,
    wanted: String,
    registers: bool,
}

/// The newest version that was reported, by subject and used version.
pub(super) type Newest = HashMap<(String, u32), u32>;

impl Answer for SinkLookup {
    fn waiting(reason: Option<String>) -> Self {
        Self::Waiting(reason)
    }

    fn held_up(&self) -> Option<&Option<String>> {
        if let Self::Waiting(reason) = self { Some(reason) } else { None }
    }

    fn freshness(&self) -> Freshness {
        match self {
            Self::Ready(..) => Freshness::Serve(READY_KEPT),
            Self::Waiting(_) => Freshness::Serve(Duration::ZERO),
            Self::Refused(_) => Freshness::Forget(REFUSED_KEPT),
        }
    }
}

impl SinkKey {
    /// The key of an encoding.
    pub(super) fn of(encoding: &AvroEncoding) -> Self {
        let wanted = match &encoding.schema {
            SinkSchema::File(schema) => format!("file {}", store::digest(schema.text().as_bytes())),
            SinkSchema::Version(version) => format!("version {version}"),
        };
        let registers = encoding.register == Register::IfMissing;
        Self { subject: encoding.subject.clone(), wanted, registers }
    }

    /// What its id is kept under, whoever may register.
    fn on_disk(&self) -> Key {
        Key::Sink(format!("{} of {}", self.wanted, self.subject))
    }
}

/// Asks for a sink's schema until its table has the answer.
pub(super) async fn settle(inner: &Inner, key: SinkKey, encoding: AvroEncoding) {
    let mut retry = Retry::new(Arc::clone(&inner.health));
    let mut absent_since = None;
    let known = is_known(inner, &key) || from_disk(inner, &key, &encoding).await;
    loop {
        let mut outcome = find(&inner.client, &encoding).await;
        if let (Err(Missed::Absent(_)), SinkSchema::File(schema), true) =
            (&outcome, &encoding.schema, key.registers)
        {
            outcome = register(&inner.client, &encoding.subject, schema).await;
        }
        let mut pause = None;
        let reason = match outcome {
            Ok(found) => {
                retry.answered();
                let (kept, at) = (found.kept.clone(), key.on_disk());
                let _ = inner.on_disk(move |store| store.write(&at, &kept)).await;
                report_changed(inner, &key, found.kept.id, &found.schema);
                inner.sinks.settle(&key, SinkLookup::Ready(found.kept.id, found.schema));
                return report_newer(inner, &key.subject, found.version).await;
            }
            Err(Missed::Refused(why)) => {
                retry.answered();
                return refuse(inner, &key, why).await;
            }
            Err(Missed::Absent(why)) => {
                retry.answered();
                let since = *absent_since.get_or_insert_with(Instant::now);
                let left = inner.missing_grace.saturating_sub(since.elapsed());
                // That a file's schema is not there is for the user to change; that it is not there any more may be a
                // registry that is behind.
                let patient = known || matches!(encoding.schema, SinkSchema::Version(_));
                if !patient || left.is_zero() {
                    return refuse(inner, &key, why).await;
                }
                pause = Some(left);
                why
            }
            Err(Missed::Outage(reason)) => {
                retry.failed(&reason);
                reason
            }
        };
        if !known {
            inner.sinks.tell(&key, SinkLookup::Waiting(Some(reason)));
        }
        retry.pause(pause).await;
    }
}

fn is_known(inner: &Inner, key: &SinkKey) -> bool {
    matches!(inner.sinks.peek(key), Some(SinkLookup::Ready(..)))
}

/// Lets the pipeline start with what the disk has; whether it has.
async fn from_disk(inner: &Inner, key: &SinkKey, encoding: &AvroEncoding) -> bool {
    let at = key.on_disk();
    let Some(kept) = inner.on_disk(move |store| store.read(&at)).await.flatten() else { return false };
    let schema = match &encoding.schema {
        SinkSchema::File(schema) => Arc::clone(schema),
        SinkSchema::Version(_) => match parse(kept.schema, kept.references).await {
            Ok(schema) => schema,
            Err(_) => return false,
        },
    };
    inner.counters.cache_hit();
    inner.sinks.tell(key, SinkLookup::Ready(kept.id, schema));
    true
}

/// What is refused is not to be started with from the disk, either.
async fn refuse(inner: &Inner, key: &SinkKey, why: String) {
    let at = key.on_disk();
    let _ = inner.on_disk(move |store| store.remove(&at)).await;
    if is_known(inner, key) {
        tracing::warn!(subject = key.subject, why, "the registry refuses a sink's schema that is in use");
    }
    inner.sinks.settle(key, SinkLookup::Refused(why));
}

/// Says that what was in use holds no more: a registry that was made anew gives other ids, and other schemas for versions.
fn report_changed(inner: &Inner, key: &SinkKey, id: u32, schema: &Schema) {
    let Some(SinkLookup::Ready(before, known)) = inner.sinks.peek(key) else { return };
    if !schema.is_written_like(&known) {
        tracing::warn!(subject = key.subject, id, "the registry has another schema under a sink's version");
    } else if before != id {
        tracing::warn!(
            subject = key.subject,
            before,
            id,
            "the registry has a sink's schema under another id"
        );
    }
}

/// Says once that the subject has a newer version than the one that is written.
async fn report_newer(inner: &Inner, subject: &str, used: Option<u32>) {
    // A courtesy: where the registry does not answer now, the next start says it.
    let (Some(used), Ok(versions)) = (used, inner.client.versions(subject).await) else { return };
    let Some(newest) = versions.last().copied().filter(|newest| *newest > used) else { return };
    let mut reported = inner.newest.lock().unwrap_or_else(PoisonError::into_inner);
    if reported.len() >= NEWEST_MAX {
        reported.clear();
    }
    if reported.insert((subject.to_owned(), used), newest) != Some(newest) {
        tracing::warn!(
            subject,
            used,
            newest,
            "the registry has a newer version of a sink's schema; it is not used until the pipeline names it"
        );
    }
}
