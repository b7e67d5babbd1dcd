//! One record through the whole chain: decode, steps, `when`, encode. Nothing is given out before all of it went
//! well, so a record is never half sent.
//!
//! The schemas that it needs are seen to in `schemas`; which sinks take a record, and how they write it, in `sinks`.
//! Polling, sending and what follows from poison are the lane's. A panic of a program is not caught here.

mod current;
mod reads;
mod schemas;
mod sinks;

use std::sync::Arc;

use crate::codec::CodecError;
use crate::config::spec::{PipelineSpec, StepSpec, Tombstones};
use crate::pipeline::codecs::{Decoder, NotDecoded, Schemas, Waits};
use crate::record::{Output, Poison, Record, Stage};
use crate::transform::{EnvelopeReads, Frame, MisfitAt, Program, RunError, Runner};

use current::Current;
use sinks::Sink;

/// What became of a record that is not poison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It gave at least one output.
    Produce,
    /// It gave none: a filter, `tombstones: drop`, or no sink's `when` holds.
    Filtered,
    /// It cannot be decoded before the schema is known that it names.
    Waits(Side, Waits),
}

/// One of the two things of a record that are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Its value.
    Value,
    /// Its key.
    Key,
}

/// Why a record went no further.
enum Halt {
    Poison(Poison),
    Waits(Side, Waits),
}

impl From<Poison> for Halt {
    fn from(poison: Poison) -> Self {
        Self::Poison(poison)
    }
}

/// The chain of one pipeline, with its scratch space; each lane has its own.
#[derive(Debug)]
pub struct Processor {
    spec: Arc<PipelineSpec>,
    steps: Vec<StepSpec>,
    tombstones: Tombstones,
    sinks: Vec<Sink>,
    reads: EnvelopeReads,
    schemas: Schemas,
    value: Decoder,
    key: Decoder,
    is_prepared: bool,
    frame: Frame,
    runner: Runner,
    chosen: Vec<usize>,
    /// How long the last encoded value was, in bytes: the next one is often as long.
    encoded_bytes: usize,
}

impl Processor {
    /// The chain of `spec`, with schemas from `schemas`. It is to be prepared before the first record.
    pub fn new(spec: &Arc<PipelineSpec>, schemas: Schemas) -> Self {
        let (value, key) = reads::decoders(spec);
        let sinks: Vec<_> = spec.sinks.iter().map(|sink| Sink::new(sink, &spec.sinks)).collect();
        let mut frame = Frame::default();
        frame.keep_key_values(sinks.iter().any(|sink| sink.key.is_some()));
        Self {
            spec: Arc::clone(spec),
            steps: spec.transform.clone(),
            tombstones: spec.tombstones,
            reads: reads::envelope(spec),
            value,
            key,
            is_prepared: false,
            frame,
            runner: Runner::new(),
            chosen: Vec::with_capacity(sinks.len()),
            encoded_bytes: 0,
            sinks,
            schemas,
        }
    }

    /// Takes `record` through the chain and adds its outputs to `outputs`, in the order of the sinks.
    ///
    /// # Errors
    ///
    /// The record is poison; `outputs` is as it was.
    pub fn process<'r>(
        &mut self,
        record: &'r Record<'r>,
        outputs: &mut Vec<Output<'r>>,
    ) -> Result<Verdict, Poison> {
        match self.pass(record, outputs) {
            Ok(verdict) => Ok(verdict),
            Err(Halt::Waits(side, waits)) => Ok(Verdict::Waits(side, waits)),
            Err(Halt::Poison(poison)) => Err(poison),
        }
    }

    fn pass<'r>(&mut self, record: &'r Record<'r>, outputs: &mut Vec<Output<'r>>) -> Result<Verdict, Halt> {
        if record.value.is_none() && self.tombstones == Tombstones::Drop {
            return Ok(Verdict::Filtered);
        }
        self.frame.begin(record, &self.reads).map_err(poison(Stage::Decode, None))?;
        let mut current = Current::new(record);
        for index in 0..self.steps.len() {
            if !self.step(index, record, &mut current)? {
                return Ok(Verdict::Filtered);
            }
        }
        self.route(&mut current)?;
        if self.chosen.is_empty() {
            return Ok(Verdict::Filtered);
        }
        let start = outputs.len();
        let result = self.encode(record, &current, outputs);
        if result.is_err() {
            outputs.truncate(start);
        }
        result?;
        Ok(Verdict::Produce)
    }

    /// One step; false where the record is filtered.
    fn step(&mut self, index: usize, record: &Record<'_>, current: &mut Current<'_>) -> Result<bool, Halt> {
        let number = Some(index + 1);
        match &self.steps[index] {
            StepSpec::Decode(_) => {
                let stage = poison(Stage::Decode, number);
                let halt = |side| {
                    move |error| match error {
                        NotDecoded::Poison(error) => Halt::Poison(stage(error)),
                        NotDecoded::Waits(waits) => Halt::Waits(side, waits),
                    }
                };
                let (frame, schemas) = (&mut self.frame, &self.schemas);
                current.decode_key(&mut self.key, record, frame, schemas).map_err(halt(Side::Key))?;
                current.decode_value(&mut self.value, frame, schemas).map_err(halt(Side::Value))?;
            }
            StepSpec::Filter(program) | StepSpec::Map(program)
                if skips(self.tombstones, current, program) => {}
            StepSpec::Filter(program) => {
                current.comes_to(MisfitAt::Step(index)).map_err(poison(Stage::Filter, number))?;
                current.show(program, &mut self.frame);
                let verdict = self.runner.test(program, &mut self.frame);
                return Ok(verdict.map_err(failed(Stage::Filter, number))?);
            }
            StepSpec::Map(program) => {
                current.comes_to(MisfitAt::Step(index)).map_err(poison(Stage::Map, number))?;
                current.show(program, &mut self.frame);
                self.runner.map(program, &mut self.frame).map_err(failed(Stage::Map, number))?;
                self.frame.settle_envelope().map_err(poison(Stage::Map, number))?;
                current.settle(&mut self.frame).map_err(poison(Stage::Map, number))?;
            }
        }
        Ok(true)
    }
}

/// Whether the record is a delete that goes past every step and `when` that looks at the value. One that a map made
/// is wanted, also where those that come in are dropped.
fn is_passing_tombstone(tombstones: Tombstones, current: &Current<'_>) -> bool {
    current.is_tombstone && tombstones != Tombstones::Run
}

fn skips(tombstones: Tombstones, current: &Current<'_>, program: &Program) -> bool {
    program.touches_value() && is_passing_tombstone(tombstones, current)
}

fn poison(stage: Stage, step: Option<usize>) -> impl Fn(CodecError) -> Poison + Copy {
    move |error| Poison::new(stage, step, error.class, error.message)
}

fn failed(stage: Stage, step: Option<usize>) -> impl Fn(RunError) -> Poison {
    move |error| Poison::new(stage, step, error.class, error.message)
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod properties;
