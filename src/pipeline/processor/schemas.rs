//! The schemas of a chain: the sinks' are awaited and held against the programs before the first record, those that
//! records name are asked for, and all of them are looked at again.

use std::collections::HashSet;
use std::sync::Arc;

use crate::pipeline::codecs::{Prepared, Waits};
use crate::record::Record;
use crate::transform::{Pinned, check_pinned, with_pinned};

use super::sinks::encoders;
use super::{Processor, Side, reads};

/// What to do about a pinned schema that does not fit.
const REMEDY: &str =
    "mend the programs, or pin a version that fits: `millstream check --online` tells before a start";

impl Processor {
    /// Asks for the schemas that the sinks need; they must be there, and fit, before the first record.
    pub fn prepare(&mut self) -> Prepared {
        if self.is_prepared {
            return Prepared::Ready;
        }
        let mut all = Prepared::Ready;
        for encoder in encoders(&mut self.sinks) {
            match encoder.prepare(&self.schemas) {
                Prepared::Ready => {}
                Prepared::Refused(reason) => return Prepared::Refused(reason),
                Prepared::Waiting(reason) if matches!(all, Prepared::Ready | Prepared::Waiting(None)) => {
                    all = Prepared::Waiting(reason);
                }
                Prepared::Waiting(_) => {}
            }
        }
        if all == Prepared::Ready {
            if let Err(misfits) = self.hold() {
                return Prepared::Refused(misfits);
            }
            self.is_prepared = true;
        }
        all
    }

    /// Holds what the programs leave against the sinks' schemas that only the registry had; writers' schemas that come are
    /// held against them, too.
    fn hold(&mut self) -> Result<(), String> {
        let pinned = self.pinned();
        if pinned.is_empty() {
            return Ok(());
        }
        let misfits: Vec<_> =
            pinned.iter().filter_map(|pinned| check_pinned(&self.spec, pinned).err()).collect();
        if !misfits.is_empty() {
            return Err(format!("{}; {REMEDY}", misfits.join("; ")));
        }
        for (side, decoder) in [(Side::Value, &mut self.value), (Side::Key, &mut self.key)] {
            if let Some(fits) = reads::fits(&self.spec, side, || with_pinned(&self.spec, &pinned)) {
                decoder.judge_by(fits);
            }
        }
        Ok(())
    }

    fn pinned(&self) -> Vec<Pinned> {
        let sides = self.sinks.iter().enumerate().flat_map(|(index, sink)| {
            let key = sink.key.as_ref().map(|key| (index, true, key));
            key.into_iter().chain([(index, false, &sink.value)])
        });
        let pinned = sides.filter_map(|(sink, is_key, encoder)| {
            Some(Pinned { sink, is_key, schema: Arc::clone(encoder.pinned()?) })
        });
        pinned.collect()
    }

    /// Looks whether the registry still says of the sinks' schemas, and of those that records name, what it said.
    ///
    /// # Errors
    ///
    /// It refuses one now, or has another one that does not fit.
    pub fn look_again(&mut self) -> Result<(), String> {
        self.value.look_again(&self.schemas);
        self.key.look_again(&self.schemas);
        let mut is_another = false;
        for encoder in encoders(&mut self.sinks) {
            is_another |= encoder.look_again(&self.schemas)?;
        }
        if is_another { self.hold() } else { Ok(()) }
    }

    /// Whether the schema that a record waited for is still not known; what then holds it up.
    pub fn still_waits(&mut self, side: Side, id: u32) -> Option<Waits> {
        match side {
            Side::Value => self.value.still_waits(id, &self.schemas),
            Side::Key => self.key.still_waits(id, &self.schemas),
        }
    }

    /// Asks for the schemas that a record names which is to wait, so that they are all there at once when its turn comes;
    /// gives what it asked for, but for what is in `asked`.
    pub fn ask_ahead(&mut self, record: &Record<'_>, asked: &mut HashSet<(Side, u32)>) {
        let sides = [(Side::Value, &self.value, record.value), (Side::Key, &self.key, record.key)];
        let named = sides
            .map(|(side, decoder, bytes)| bytes.and_then(|bytes| Some((side, decoder.unplanned(bytes)?))));
        for (side, id) in named.into_iter().flatten() {
            if asked.insert((side, id)) {
                self.still_waits(side, id);
            }
        }
    }
}
