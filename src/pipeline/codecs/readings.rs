//! How values of each writer's schema are read, and which of these plans are in use: those are held against the registry.

use std::collections::HashMap;
use std::sync::Arc;

use crate::codec::CodecError;
use crate::codec::avro::{Reading, Schema};
use crate::transform::Misfit;

/// The most schemas that one side keeps plans for; those that are needed again are planned again.
const READINGS_MAX: usize = 10_000;

/// The most ids that one look asks the registry about; the next look goes on behind them.
const LOOKED_AT_MAX: usize = 256;

/// How values of one writer's schema are read.
#[derive(Debug)]
pub(super) struct Plan {
    pub reading: Arc<Reading>,
    /// What a record meets behind a filter, and does not fit.
    pub later: Option<Arc<Misfit>>,
}

/// A plan, or why there is none.
type Planned = Result<Arc<Plan>, CodecError>;

#[derive(Debug)]
struct Known {
    writer: Arc<Schema>,
    planned: Planned,
    /// Since the last look.
    is_used: bool,
}

/// The plans of one side, by the ids of their writers' schemas.
#[derive(Debug, Default)]
pub(super) struct Readings {
    known: HashMap<u32, Known>,
    /// Records come in runs of one schema.
    last: Option<(u32, Arc<Plan>)>,
    /// Where the last look ended.
    looked_at: u32,
    /// The registry's changes that were taken in.
    changes: u64,
}

impl Readings {
    /// Whether something is known of an id.
    pub(super) fn has(&self, id: u32) -> bool {
        self.known.contains_key(&id)
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.known.clear();
        self.last = None;
    }

    /// The plan of an id, which comes from `plan` where it is not known.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub(super) fn get<E: From<CodecError>>(
        &mut self,
        id: u32,
        plan: impl FnOnce() -> Result<(Arc<Schema>, Planned), E>,
    ) -> Result<&Arc<Plan>, E> {
        if self.last.as_ref().is_none_or(|(last, _)| *last != id) {
            let planned = match self.known.get_mut(&id) {
                Some(known) => {
                    known.is_used = true;
                    known.planned.clone()
                }
                None => {
                    let (writer, planned) = plan()?;
                    self.keep(id, writer, planned.clone());
                    planned
                }
            };
            self.last = Some((id, planned?));
        }
        let (_, plan) = self.last.as_ref().expect("it was set above");
        Ok(plan)
    }

    /// What does not fit of the schema that was read by last.
    pub(super) fn later(&self) -> Option<&Arc<Misfit>> {
        self.last.as_ref()?.1.later.as_ref()
    }

    fn keep(&mut self, id: u32, writer: Arc<Schema>, planned: Planned) {
        if self.known.len() >= READINGS_MAX {
            self.known.clear();
        }
        self.known.insert(id, Known { writer, planned, is_used: true });
    }

    /// The ids that were used since they were looked at, as many as one look takes.
    pub(super) fn due(&mut self) -> Vec<u32> {
        let last = self.last.as_ref().map(|(id, _)| *id);
        let is_used = |(id, known): (&u32, &Known)| (known.is_used || last == Some(*id)).then_some(*id);
        let mut due: Vec<_> = self.known.iter().filter_map(is_used).collect();
        due.sort_unstable();
        let from = due.partition_point(|id| *id <= self.looked_at);
        due.rotate_left(from);
        due.truncate(LOOKED_AT_MAX);
        for id in &due {
            self.known.entry(*id).and_modify(|known| known.is_used = false);
        }
        self.looked_at = due.last().copied().unwrap_or_default();
        due
    }

    /// The ids that have a plan, where the registry has changed something since.
    pub(super) fn doubtful(&mut self, changes: u64) -> Vec<u32> {
        match std::mem::replace(&mut self.changes, changes) == changes {
            true => Vec::new(),
            false => self.known.keys().copied().collect(),
        }
    }

    /// Forgets the plan of an id that means another schema now.
    pub(super) fn hold(&mut self, id: u32, now: &Arc<Schema>) {
        let Some(known) = self.known.get_mut(&id).filter(|known| !Arc::ptr_eq(&known.writer, now)) else {
            return;
        };
        if known.writer.is_written_like(now) {
            // The next look need not compare them again.
            known.writer = Arc::clone(now);
            return;
        }
        self.known.remove(&id);
        self.last = self.last.take().filter(|(last, _)| *last != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(readings: &mut Readings, ids: impl IntoIterator<Item = u32>) {
        let writer = Arc::new(Schema::parse("\"long\"", &[]).expect("it is a schema"));
        for id in ids {
            let plan = || Ok((Arc::clone(&writer), Err(CodecError::new("avro_types", "it does not fit"))));
            readings.get::<CodecError>(id, plan).expect_err("there is no plan");
        }
    }

    #[test]
    fn a_look_is_bounded_and_the_next_one_goes_on_behind_it() {
        let mut readings = Readings::default();
        let last = LOOKED_AT_MAX as u32 + 10;
        used(&mut readings, 1..=last);
        assert_eq!(readings.due().len(), LOOKED_AT_MAX);
        // The first ones are used on, and do not push the others out.
        used(&mut readings, 1..=20);
        let due = readings.due();
        assert_eq!(due[..10], (last - 9..=last).collect::<Vec<_>>());
        assert_eq!(due[10..], (1..=20).collect::<Vec<_>>());
        assert_eq!(readings.due(), [] as [u32; 0], "nothing was used since");
        assert_eq!(readings.doubtful(0), [] as [u32; 0]);
        assert_eq!(readings.doubtful(1).len(), last as usize, "a change may be any of them");
        assert_eq!(readings.doubtful(1), [] as [u32; 0]);
    }
}
