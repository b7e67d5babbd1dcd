//! The functions that programs have: VRL's own, without those that reach outside the record, and with types that hold.

mod bounded;
mod closures;
mod collections;
mod decoders;
mod guarded;
mod kinds;
mod missing;
mod only;
mod parsers;
mod recursive;
mod refused;
mod regexes;
mod retyped;
#[cfg(test)]
mod tests;
mod zip;

use std::sync::LazyLock;

use vrl::compiler::Function;
use vrl::compiler::value::kind;

pub(super) use bounded::TEXT_BYTES_MAX;
pub(super) use missing::{groks_from_files, is_missing, missing};
pub(super) use only::{ONLY, of_types, types_of};
use retyped::{Corrector, Mend, Refuse, Retyped};

static AVAILABLE: LazyLock<Vec<Box<dyn Function>>> = LazyLock::new(|| of_programs().collect());

static WITH_ONLY: LazyLock<Vec<Box<dyn Function>>> =
    LazyLock::new(|| of_programs().chain([Box::new(only::Only) as Box<dyn Function>]).collect());

/// Every function that a program may call.
pub(super) fn available() -> &'static [Box<dyn Function>] {
    &AVAILABLE
}

/// The same, and the one that says what a condition has kept out.
pub(super) fn available_with_only() -> &'static [Box<dyn Function>] {
    &WITH_ONLY
}

fn of_programs() -> impl Iterator<Item = Box<dyn Function>> {
    let functions = vrl::stdlib::all().into_iter();
    functions.filter(|function| missing::reason_missing(function.identifier()).is_none()).map(with_its_type)
}

fn with_its_type(inner: Box<dyn Function>) -> Box<dyn Function> {
    let name = inner.identifier();
    let (corrector, refuse, mend) = (corrector(name), refuse(name), mend(name));
    if corrector.is_none() && refuse.is_none() && mend.is_none() {
        return inner;
    }
    let return_kind = return_kind(inner.as_ref());
    Box::new(Retyped { inner, corrector, refuse, mend, return_kind })
}

/// What a function does otherwise than in VRL 0.38.
fn mend(function: &str) -> Option<Mend> {
    Some(match function {
        "zip" => zip::mended,
        "map_values" | "map_keys" => recursive::mapped,
        "flatten" => recursive::flattened,
        "decode_gzip" | "decode_zlib" | "decode_zstd" | "decode_snappy" | "decode_lz4" => decoders::bounded,
        _ if bounded::check(function).is_some() => guarded::guarded,
        _ => return None,
    })
}

/// What VRL 0.38 panics at while it compiles, or does for ever.
fn refuse(function: &str) -> Option<Refuse> {
    Some(match function {
        "format_number" => refused::format_number,
        "snakecase" => refused::boundaries,
        _ => return None,
    })
}

/// What is wrong about the types that VRL 0.38 tells for a function.
fn corrector(function: &str) -> Option<Corrector> {
    Some(match function {
        "map_values" => closures::map_values,
        "map_keys" => closures::map_keys,
        "filter" => closures::filter,
        "for_each" => closures::each,
        "replace_with" => closures::replace_with,
        "pop" => collections::pop,
        "slice" => collections::slice,
        "append" => collections::append,
        "push" => collections::push,
        "unnest" => collections::unnest,
        "set" => collections::set,
        "compact" => collections::compact,
        "remove" | "flatten" => collections::same_collection,
        "tag_types_externally" => collections::tag_types_externally,
        "to_entries" => collections::to_entries,
        "from_entries" => collections::from_entries,
        "object_from_array" => collections::object_from_array,
        "zip" => collections::zip,
        "parse_regex" => regexes::parse_regex,
        "parse_regex_all" => regexes::parse_regex_all,
        "parse_url" => parsers::parse_url,
        "parse_tokens" => parsers::parse_tokens,
        "parse_xml" => parsers::parse_xml,
        "parse_influxdb" => parsers::parse_influxdb,
        "parse_cef" => parsers::parse_cef,
        "parse_common_log" => parsers::parse_common_log,
        "parse_apache_log" => parsers::parse_apache_log,
        "parse_nginx_log" => parsers::parse_nginx_log,
        "parse_aws_alb_log" => parsers::parse_aws_alb_log,
        "parse_aws_vpc_flow_log" => parsers::parse_aws_vpc_flow_log,
        "parse_syslog" | "parse_linux_authorization" => parsers::parse_syslog,
        "encode_gzip" | "encode_zlib" => parsers::compressed,
        "mod" => parsers::remainder,
        "find" => refused::find_may_fail,
        "format_number" => refused::format_number_may_fail,
        _ => return None,
    })
}

/// What a function can give; VRL's list is too short for some.
fn return_kind(function: &dyn Function) -> u16 {
    match function.identifier() {
        // At the path of no segments: what is set.
        "set" => kind::ANY,
        _ => function.return_kind(),
    }
}
