//! The functions of VRL that programs do not have: those that reach outside the record.

use std::ops::Range;

use super::super::program::ProgramDiagnostic;

const NETWORK: &str = "a program never reaches the network: the same record must give the same outputs when it is \
                       processed again";
const ENVIRONMENT: &str = "a program never reads the environment or the host; put the value into the pipeline file \
                           (`${env:NAME}`)";
const FILES: &str = "a program never reads files";
const VECTOR: &str = "it belongs to Vector, which has such tables and secrets; Millstream has none";
const LOG: &str = "a line for each record would flood the daemon's log, with the records' contents in it";
const CRYPTO: &str = "VRL's encryption, checksum and hash functions are not compiled in";

/// Functions that a user may know from VRL and that do not exist here, each with the reason.
const MISSING: &[(&str, &str)] = &[
    ("dns_lookup", NETWORK),
    ("reverse_dns", NETWORK),
    ("http_request", NETWORK),
    ("get_env_var", ENVIRONMENT),
    ("get_hostname", ENVIRONMENT),
    ("get_timezone_name", ENVIRONMENT),
    ("encode_proto", FILES),
    ("parse_proto", FILES),
    ("parse_etld", FILES),
    ("validate_json_schema", FILES),
    ("find_enrichment_table_records", VECTOR),
    ("get_enrichment_table_record", VECTOR),
    ("find_vector_metrics", VECTOR),
    ("get_vector_metric", VECTOR),
    ("aggregate_vector_metrics", VECTOR),
    ("get_secret", VECTOR),
    ("set_secret", VECTOR),
    ("remove_secret", VECTOR),
    ("set_semantic_meaning", VECTOR),
    ("log", LOG),
    ("decrypt", CRYPTO),
    ("decrypt_ip", CRYPTO),
    ("encrypt", CRYPTO),
    ("encrypt_ip", CRYPTO),
    ("crc", CRYPTO),
    ("hmac", CRYPTO),
    ("md5", CRYPTO),
    ("seahash", CRYPTO),
    ("sha1", CRYPTO),
    ("sha2", CRYPTO),
    ("sha3", CRYPTO),
    ("xxhash", CRYPTO),
];

/// Whether `name` is one of the functions that were left out.
pub(in crate::transform) fn is_missing(name: &str) -> bool {
    reason_missing(name).is_some()
}

pub(super) fn reason_missing(name: &str) -> Option<&'static str> {
    MISSING.iter().find(|(missing, _)| *missing == name).map(|(_, reason)| *reason)
}

/// The finding for a call of `name` at `span`, where that function was left out.
pub(in crate::transform) fn missing(name: &str, span: Range<usize>) -> Option<ProgramDiagnostic> {
    let reason = reason_missing(name)?;
    let message = format!("the function `{name}` does not exist here, because {reason}");
    Some(ProgramDiagnostic::own_error(message, span, "no such function"))
}

/// `parse_groks` can read its aliases from files, when it is compiled; here it cannot.
pub(in crate::transform) fn groks_from_files(span: Range<usize>) -> ProgramDiagnostic {
    let message = format!("the argument `alias_sources` does not exist here, because {FILES}");
    ProgramDiagnostic::own_error(message, span, "reads files").with_note("write the patterns into `aliases`")
}
