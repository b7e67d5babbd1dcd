//! One record through the whole chain: decode, steps, `when`, encode. Nothing is given out before all of it went
//! well, so a record is never half sent.
//!
//! Polling, sending and what follows from poison are the lane's. A panic of a program is not caught here.

use std::borrow::Cow;

use crate::codec::{self, CodecError, Document};
use crate::config::spec::{DecodeSpec, Format, PipelineSpec, SinkSpec, StepSpec, Tombstones};
use crate::record::{Output, Poison, Record, Stage};
use crate::transform::{EnvelopeReads, Frame, Program, RunError, Runner};

/// What became of a record that is not poison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It gave at least one output.
    Produce,
    /// It gave none: a filter, `tombstones: drop`, or no sink's `when` holds.
    Filtered,
}

/// The chain of one pipeline, with its scratch space; each lane has its own.
#[derive(Debug)]
pub struct Processor {
    steps: Vec<StepSpec>,
    tombstones: Tombstones,
    sinks: Vec<SinkSpec>,
    reads: EnvelopeReads,
    frame: Frame,
    runner: Runner,
    chosen: Vec<usize>,
    /// How long the last encoded value was, in bytes: the next one is often as long.
    encoded_bytes: usize,
}

/// The value of the record at hand.
struct Current<'r> {
    /// Its bytes, as they came or as a map made them before `decode`; `None` for a tombstone.
    wire: Option<Cow<'r, [u8]>>,
    /// Whether the frame holds it.
    is_in_frame: bool,
    /// What the value was decoded from; `Raw`: nothing is decoded.
    format: Format,
    /// Whether a program changed the decoded value, so that `wire` is not it.
    is_changed: bool,
    is_tombstone: bool,
}

impl Processor {
    /// The chain of `spec`.
    pub fn new(spec: &PipelineSpec) -> Self {
        let mut reads = EnvelopeReads::default();
        let steps = spec.transform.iter().filter_map(|step| match step {
            StepSpec::Filter(program) | StepSpec::Map(program) => Some(program),
            StepSpec::Decode(_) => None,
        });
        for program in steps.chain(spec.sinks.iter().filter_map(|sink| sink.when.as_ref())) {
            reads.extend(&program.access().envelope);
        }
        Self {
            steps: spec.transform.clone(),
            tombstones: spec.tombstones,
            sinks: spec.sinks.clone(),
            reads,
            frame: Frame::default(),
            runner: Runner::new(),
            chosen: Vec::with_capacity(spec.sinks.len()),
            encoded_bytes: 0,
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
        result.map(|()| Verdict::Produce)
    }

    /// One step; false where the record is filtered.
    fn step(&mut self, index: usize, record: &Record<'_>, current: &mut Current<'_>) -> Result<bool, Poison> {
        let number = Some(index + 1);
        match &self.steps[index] {
            StepSpec::Decode(decode) => {
                current.decode(decode, record, &mut self.frame).map_err(poison(Stage::Decode, number))?;
            }
            StepSpec::Filter(program) | StepSpec::Map(program)
                if skips(self.tombstones, current, program) => {}
            StepSpec::Filter(program) => {
                current.show(program, &mut self.frame);
                return self.runner.test(program, &mut self.frame).map_err(failed(Stage::Filter, number));
            }
            StepSpec::Map(program) => {
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
        let key = match self.frame.written_key() {
            None => record.key.map(Cow::Borrowed),
            Some(key) => key.map(|key| Cow::Owned(key.to_vec())),
        };
        let headers = self.frame.headers(record);
        let input_timestamp = record.timestamp.map(|timestamp| timestamp.ms);
        let timestamp_ms = self.frame.written_timestamp_ms().unwrap_or(input_timestamp);
        let start = outputs.len();
        for &sink in &self.chosen {
            let encode = self.sinks[sink].value.format;
            let same = outputs[start..].iter().find(|output| self.sinks[output.sink].value.format == encode);
            let value = match same {
                Some(output) => output.value.clone(),
                None => current
                    .encode(encode, &self.frame, &mut self.encoded_bytes)
                    .map_err(poison(Stage::Encode, Some(sink + 1)))?,
            };
            outputs.push(Output { sink, key: key.clone(), value, headers: headers.clone(), timestamp_ms });
        }
        Ok(())
    }
}

impl<'r> Current<'r> {
    fn new(record: &'r Record<'r>) -> Self {
        Self {
            wire: record.value.map(Cow::Borrowed),
            is_in_frame: false,
            format: Format::Raw,
            is_changed: false,
            is_tombstone: record.value.is_none(),
        }
    }

    fn decode(
        &mut self,
        spec: &DecodeSpec,
        record: &Record<'_>,
        frame: &mut Frame,
    ) -> Result<(), CodecError> {
        if spec.key.format != Format::Raw
            && let Some(key) = record.key
            && frame.written_key().is_none()
        {
            let key = codec::decode(spec.key.format, key)
                .map_err(|error| CodecError { message: format!("the key is {}", error.message), ..error })?;
            frame.set_key(key);
        }
        let decoded_before = std::mem::replace(&mut self.format, spec.value.format) != Format::Raw;
        if self.is_tombstone {
            return Ok(());
        }
        if decoded_before {
            // What is decoded again is a string, and no longer the bytes that came.
            let mut text = Vec::new();
            codec::encode(Format::Raw, frame.value(), &mut text)?;
            self.wire = Some(Cow::Owned(text));
            self.is_changed = false;
            self.is_in_frame = false;
        }
        if let Some(wire) = self.wire.as_deref()
            && spec.value.format != Format::Raw
        {
            frame.set_value(codec::decode(spec.value.format, wire)?);
            self.is_in_frame = true;
        }
        Ok(())
    }

    /// Puts the value's bytes into the frame where nothing is decoded and `program` looks at them.
    fn show(&mut self, program: &Program, frame: &mut Frame) {
        if self.is_in_frame || !program.touches_value() {
            return;
        }
        frame.set_value(self.wire.as_deref().map_or(Document::null(), Document::from_bytes));
        self.is_in_frame = true;
    }

    /// Takes in what a map made of the value.
    fn settle(&mut self, frame: &mut Frame) -> Result<(), CodecError> {
        if !frame.is_value_written() {
            return Ok(());
        }
        self.is_tombstone = frame.value().is_null();
        if self.is_tombstone {
            self.wire = None;
        } else if self.format == Format::Raw {
            let mut wire = Vec::new();
            codec::encode(Format::Raw, frame.value(), &mut wire)?;
            self.wire = Some(Cow::Owned(wire));
        } else {
            self.is_changed = true;
        }
        Ok(())
    }

    /// The value for a sink that writes `format`; what no program changed, and stands in that format, as it came.
    fn encode(
        &self,
        format: Format,
        frame: &Frame,
        expected_bytes: &mut usize,
    ) -> Result<Option<Cow<'r, [u8]>>, CodecError> {
        if self.is_tombstone {
            return Ok(None);
        }
        let passes = !self.is_changed && (format == self.format || format == Format::Raw);
        if passes && self.wire.is_some() {
            return Ok(self.wire.clone());
        }
        let mut out = Vec::with_capacity(*expected_bytes);
        match &self.wire {
            Some(wire) if !self.is_in_frame => codec::encode(format, &Document::from_bytes(wire), &mut out)?,
            _ => codec::encode(format, frame.value(), &mut out)?,
        }
        *expected_bytes = out.len();
        Ok(Some(Cow::Owned(out)))
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

fn poison(stage: Stage, step: Option<usize>) -> impl Fn(CodecError) -> Poison {
    move |error| Poison::new(stage, step, error.class, error.message)
}

fn failed(stage: Stage, step: Option<usize>) -> impl Fn(RunError) -> Poison {
    move |error| Poison::new(stage, step, error.class, error.message)
}

#[cfg(test)]
#[path = "processor_tests/mod.rs"]
mod tests;

#[cfg(test)]
#[path = "processor_properties.rs"]
mod properties;
