//! The sinks of a chain: which of them take a record, and what each writes.

use crate::codec::CodecError;
use crate::config::spec::{SinkSpec, StepSpec};
use crate::pipeline::codecs::Encoder;
use crate::record::{Output, Poison, Record, Stage};
use crate::transform::{MisfitAt, Program};

use super::current::Current;
use super::{Processor, failed, is_passing_tombstone, poison};

/// One sink: which records it takes, and how it writes them.
#[derive(Debug)]
pub(super) struct Sink {
    when: Option<Program>,
    pub(super) value: Encoder,
    /// `None`: keys as they came, or in text.
    pub(super) key: Option<Encoder>,
    /// The first sink that writes values as this one does; likewise for keys.
    value_like: usize,
    key_like: usize,
}

/// Every encoder of all sinks.
pub(super) fn encoders(sinks: &mut [Sink]) -> impl Iterator<Item = &mut Encoder> {
    sinks.iter_mut().flat_map(|sink| sink.key.iter_mut().chain([&mut sink.value]))
}

impl Sink {
    /// The sink of `spec`, which is one of `all`.
    pub(super) fn new(spec: &SinkSpec, all: &[SinkSpec]) -> Self {
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

impl Processor {
    /// Finds the sinks that the record goes to.
    pub(super) fn route(&mut self, current: &mut Current<'_>) -> Result<(), Poison> {
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

    /// What the chosen sinks write, each side once where several write it alike.
    pub(super) fn encode<'r>(
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
