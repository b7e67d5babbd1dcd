//! Schemas by the ids that records name.
//!
//! An id means one schema for ever, as the API has it; a registry that is set up anew behind the same address breaks that. So
//! what is in use is verified now and then, and what came from the disk soon: beside, and once, since an answer is at hand.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::codec::avro::Schema;

use super::failure::Failure;
use super::inner::Inner;
use super::references::{self, Broken};
use super::retry::Retry;
use super::store::{Kept, Key};
use super::table::{Answer, Bounds, Freshness};
use super::{Lookup, api::Told};

/// Ids that are remembered, and ids that are asked for at a time.
pub(super) const BOUNDS: Bounds = Bounds { keys_max: 4096, asked_max: 1024 };

/// How long it counts that the registry does not have an id, or has nothing usable under it; then it is asked again.
const POISON_KEPT: Duration = Duration::from_secs(60);

/// How long a schema counts; then it is verified, as long as lanes look.
const READY_KEPT: Duration = Duration::from_secs(600);

/// What the registry has no schema under.
const UNKNOWN: &str = "schema_id_unknown";

/// What no Avro can be read by.
const UNUSABLE: &str = "schema_unusable";

/// A schema of another kind than Avro.
const FOREIGN: &str = "schema_not_avro";

impl Answer for Lookup {
    fn waiting(reason: Option<String>) -> Self {
        Self::Waiting(reason)
    }

    fn held_up(&self) -> Option<&Option<String>> {
        if let Self::Waiting(reason) = self { Some(reason) } else { None }
    }

    fn freshness(&self) -> Freshness {
        match self {
            Self::Ready(_) => Freshness::Serve(READY_KEPT),
            Self::Waiting(_) => Freshness::Serve(Duration::ZERO),
            Self::Poison(..) => Freshness::Serve(POISON_KEPT),
        }
    }
}

/// What one round of questions came to.
enum Round {
    Ready(Kept, Arc<Schema>),
    /// The registry answered that it has it not.
    Missing(&'static str, String),
    Poison(&'static str, String),
    Outage(String),
}

/// Asks for `id` until its table has the answer; where it has one, whether that still holds.
pub(super) async fn settle(inner: &Inner, id: u32) {
    if let Some(Lookup::Ready(known)) = inner.ids.peek(&id) {
        return verify(inner, id, known).await;
    }
    // What was poison a while ago is asked for once more; that the registry lacks it needs no second grace then.
    let again = matches!(inner.ids.peek(&id), Some(Lookup::Poison(..)));
    if let Some(schema) = from_disk(inner, id).await {
        inner.counters.cache_hit();
        return inner.ids.settle_for_now(&id, Lookup::Ready(schema));
    }
    let mut retry = Retry::new(Arc::clone(&inner.health));
    let mut missing_since = None;
    loop {
        let round = ask(inner, id).await;
        let mut pause = None;
        let reason = match round {
            Round::Ready(kept, schema) => {
                retry.answered();
                // First, so that what was used is there after a crash.
                let _ = inner.on_disk(move |store| store.write(&Key::Id(id), &kept)).await;
                return inner.ids.settle(&id, Lookup::Ready(schema));
            }
            Round::Poison(class, why) => {
                retry.answered();
                return inner.ids.settle(&id, Lookup::Poison(class, why));
            }
            Round::Missing(class, why) => {
                retry.answered();
                let since = *missing_since.get_or_insert_with(Instant::now);
                let left = inner.missing_grace.saturating_sub(since.elapsed());
                if again || left.is_zero() {
                    return inner.ids.settle(&id, Lookup::Poison(class, why));
                }
                pause = Some(left);
                format!("{why}; it is asked again for a while")
            }
            Round::Outage(reason) => {
                retry.failed(&reason);
                reason
            }
        };
        inner.ids.tell(&id, Lookup::Waiting(Some(reason)));
        retry.pause(pause).await;
    }
}

/// Another schema is taken up, as if the cache had been removed: what its id meant before is in the registry no more.
async fn verify(inner: &Inner, id: u32, known: Arc<Schema>) {
    let said = match ask(inner, id).await {
        Round::Ready(kept, schema) if !schema.is_written_like(&known) => {
            tracing::warn!(
                id,
                registry = inner.health.registry(),
                "the registry has another schema under an id than before: was it set up anew? The new one is used from now on"
            );
            let _ = inner.on_disk(move |store| store.write(&Key::Id(id), &kept)).await;
            inner.ids.settle(&id, Lookup::Ready(schema));
            // Behind it, so that who sees the change sees the schema.
            inner.changes.fetch_add(1, Ordering::Release);
            return;
        }
        Round::Missing(_, why) | Round::Poison(_, why) => {
            tracing::warn!(
                id,
                why,
                "the registry does not have a schema any more that is in use; it is used on"
            );
            known
        }
        Round::Ready(..) | Round::Outage(_) => known,
    };
    inner.ids.settle(&id, Lookup::Ready(said));
}

async fn from_disk(inner: &Inner, id: u32) -> Option<Arc<Schema>> {
    let kept = inner.on_disk(move |store| store.read(&Key::Id(id))).await.flatten()?;
    parse(kept.schema, kept.references).await.ok()
}

async fn ask(inner: &Inner, id: u32) -> Round {
    match inner.client.schema(id).await {
        Ok(told) => complete(inner, id, told).await,
        Err(failure) if failure.is_unknown_id() => {
            Round::Missing(UNKNOWN, format!("the registry has no schema with the id {id}"))
        }
        Err(failure) => Round::Outage(format!("schema {id}: {failure}")),
    }
}

/// Follows its references and parses it.
async fn complete(inner: &Inner, id: u32, told: Told) -> Round {
    if let Some(kind) = told.foreign_kind() {
        return Round::Poison(FOREIGN, format!("schema {id} is {kind}, not Avro"));
    }
    let references = match references::follow(&inner.client, &told).await {
        Ok(references) => references,
        Err(Broken::Unusable(why)) => {
            return Round::Poison(UNUSABLE, format!("schema {id} cannot be used: {why}"));
        }
        Err(Broken::Failed(failure, reference)) => return failed(id, &failure, &reference),
    };
    match parse(told.schema.clone(), references.clone()).await {
        Ok(schema) => Round::Ready(Kept { id, schema: told.schema, references }, schema),
        Err(why) => Round::Poison(UNUSABLE, format!("schema {id} cannot be used: {why}")),
    }
}

fn failed(id: u32, failure: &Failure, reference: &super::api::Reference) -> Round {
    let what = format!("version {} of `{}`", reference.version, reference.subject);
    if failure.is_missing() {
        let why = format!("schema {id} refers to {what}, which the registry does not have");
        return Round::Missing(UNUSABLE, why);
    }
    Round::Outage(format!("schema {id} refers to {what}: {failure}"))
}

/// Parses away from the threads that wait for sockets: schemas can be large. That the parser panics makes the schema one
/// that cannot be used, and no more.
pub(super) async fn parse(text: String, references: Vec<String>) -> Result<Arc<Schema>, String> {
    let parsed = tokio::task::spawn_blocking(move || Schema::parse(&text, &references)).await;
    match parsed {
        Ok(Ok(schema)) => Ok(Arc::new(schema)),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it breaks the parser".to_owned()),
    }
}
