//! One record through the whole chain: decode, steps, `when`, encode. Nothing is given out before all of it went
//! well, so a record is never half sent.
//!
//! Polling, sending and what follows from poison are the lane's. A panic of a program is not caught here.

mod current;
mod reads;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use vrl::value::Value;

use crate::codec::{CodecError, Document};
use crate::config::spec::{Format, PipelineSpec, SinkSpec, StepSpec, Tombstones};
use crate::pipeline::codecs::{Decoder, Encoder, NotDecoded, Origin, Prepared, Schemas, Waits};
use crate::record::{Output, Poison, Record, Stage};
use crate::transform::{
    EnvelopeReads, Frame, MisfitAt, Pinned, Program, RunError, Runner, check_pinned, with_pinned,
};

use current::Current;

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

/// What to do about a pinned schema that does not fit.
const REMEDY: &str =
    "mend the programs, or pin a version that fits: `millstream check --online` tells before a start";

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

/// One sink: which records it takes, and how it writes them.
#[derive(Debug)]
struct Sink {
    when: Option<Program>,
    value: Encoder,
    /// `None`: keys as they came, or in text.
    key: Option<Encoder>,
    /// The first sink that writes values as this one does; likewise for keys.
    value_like: usize,
    key_like: usize,
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

    /// Finds the sinks that the record goes to.
    fn route(&mut self, current: &mut Current<'_>) -> Result<(), Poison> {
        self.chosen.clear();
        // A delete must reach every topic that may hold the key, whatever `when` reads.
        let everywhere = is_passing_tombstone(self.tombstones, current);
        for (index, sink) in self.sinks.iter().enumerate() {
            let holds = match &sink.when {
                Some(program) if !everywhere => {
                    current.comes_to(MisfitAt::When(index)).map_err(poison(Stage::Route, Some(index + 1)))?;
                    current.show(program, &mut self.frame);
                    let verdict = self.runner.test(program, &mut self.frame);
                    verdict.map_err(failed(Stage::Route, Some(index + 1)))?
                }
                _ => true,
            };
            if holds {
                self.chosen.push(index);
            }
        }
        Ok(())
    }

    fn encode<'r>(
        &mut self,
        record: &'r Record<'r>,
        current: &Current<'r>,
        outputs: &mut Vec<Output<'r>>,
    ) -> Result<(), Poison> {
        let headers = self.frame.headers(record);
        let input_timestamp = record.timestamp.map(|timestamp| timestamp.ms);
        let timestamp_ms = self.frame.written_timestamp_ms().unwrap_or(input_timestamp);
        let start = outputs.len();
        for &index in &self.chosen {
            let sink = &self.sinks[index];
            let steps = &self.steps;
            // What was kept as bytes until now may be no value: then the input is to blame, and not the sink.
            let error = |error: CodecError| match error.is_of_input {
                true => poison(Stage::Decode, decode_step(steps))(error),
                false => poison(Stage::Encode, Some(index + 1))(error),
            };
            let before = &outputs[start..];
            let same = |like: &dyn Fn(&Sink) -> usize| {
                before.iter().find(|output| like(&self.sinks[output.sink]) == like(sink))
            };
            let key = match same(&|sink| sink.key_like) {
                Some(output) => output.key.clone(),
                None => current.encode_key(sink.key.as_ref(), record, &self.frame).map_err(&error)?,
            };
            let value = match same(&|sink| sink.value_like) {
                Some(output) => output.value.clone(),
                None => current.encode(&sink.value, &self.frame, &mut self.encoded_bytes).map_err(&error)?,
            };
            outputs.push(Output { sink: index, key, value, headers: headers.clone(), timestamp_ms });
        }
        Ok(())
    }
}

/// The number of the step that decodes.
fn decode_step(steps: &[StepSpec]) -> Option<usize> {
    let place = steps.iter().position(|step| matches!(step, StepSpec::Decode(_)));
    place.map(|index| index + 1)
}

fn encoders(sinks: &mut [Sink]) -> impl Iterator<Item = &mut Encoder> {
    sinks.iter_mut().flat_map(|sink| sink.key.iter_mut().chain([&mut sink.value]))
}

impl Sink {
    fn new(spec: &SinkSpec, all: &[SinkSpec]) -> Self {
        let first = |is_like: &dyn Fn(&SinkSpec) -> bool| all.iter().position(is_like).unwrap_or(0);
        Self {
            when: spec.when.clone(),
            value: Encoder::new(&spec.value),
            key: spec.key.as_ref().map(Encoder::new),
            value_like: first(&|other| other.value == spec.value),
            key_like: first(&|other| other.key == spec.key),
        }
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
