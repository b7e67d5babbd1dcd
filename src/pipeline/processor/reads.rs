//! What a pipeline looks at: it is found out once, so that a record is made visible only so far.

use std::sync::Arc;

use crate::codec::avro::{Schema, Wanted};
use crate::config::spec::{DecodeSpec, Decoding, Format, PipelineSpec, SinkSpec, StepSpec};
use crate::pipeline::codecs::{Decoder, Fits};
use crate::transform::{EnvelopeReads, Members, Program, fits_key_writer, fits_writer};

use super::Side;

/// The parts of the envelope that programs and sinks read.
pub(super) fn envelope(spec: &PipelineSpec) -> EnvelopeReads {
    let mut reads = EnvelopeReads::default();
    for program in programs(spec) {
        reads.extend(&program.access().envelope);
    }
    reads.key |= spec.sinks.iter().any(|sink| sink.key.is_some());
    reads
}

/// The decoders of value and key.
pub(super) fn decoders(spec: &PipelineSpec) -> (Decoder, Decoder) {
    let raw = DecodeSpec { value: Decoding::plain(Format::Raw), key: Decoding::plain(Format::Raw) };
    let decode = spec.decode().unwrap_or(&raw);
    let fits = |side| fits(spec, side, || spec.clone());
    let value = Decoder::new(&decode.value, wanted(spec, &decode.value), fits(Side::Value));
    (value, Decoder::new(&decode.key, Wanted::All, fits(Side::Key)))
}

/// What judges a writer's schema, by all that is `known` of the pipeline: what its programs were not held against when the
/// file was read is held against them when it comes.
pub(super) fn fits(spec: &PipelineSpec, side: Side, known: impl FnOnce() -> PipelineSpec) -> Option<Fits> {
    let decode = spec.decode()?;
    let decoding = match side {
        Side::Value => &decode.value,
        Side::Key => &decode.key,
    };
    let is_unknown = decoding.format == Format::Avro && decoding.schema.is_none();
    is_unknown.then(|| {
        let known = known();
        let fits: Fits = Arc::new(move |writer: &Arc<Schema>| match side {
            Side::Value => fits_writer(&known, writer),
            Side::Key => fits_key_writer(&known, writer),
        });
        fits
    })
}

/// The members of the value that are decoded: those that programs look at, or all where a sink writes all of them.
fn wanted(spec: &PipelineSpec, decode: &Decoding) -> Wanted {
    let mut members = Members::default();
    for program in programs(spec) {
        members.extend(&program.access().members);
    }
    // A sink that writes JSON reads every member. So does one that writes Avro of a value that has no schema of Avro to
    // be skipped by.
    let is_avro = decode.format == Format::Avro;
    let reads_all = |sink: &SinkSpec| match sink.value.format {
        Format::Json => true,
        Format::Avro => !is_avro,
        Format::Raw => false,
    };
    match members {
        Members::Named(names) if !spec.sinks.iter().any(reads_all) => Wanted::Members(names),
        Members::Named(_) | Members::All => Wanted::All,
    }
}

fn programs(spec: &PipelineSpec) -> impl Iterator<Item = &Program> {
    let steps = spec.transform.iter().filter_map(|step| match step {
        StepSpec::Filter(program) | StepSpec::Map(program) => Some(program),
        StepSpec::Decode(_) => None,
    });
    steps.chain(spec.sinks.iter().filter_map(|sink| sink.when.as_ref()))
}
