//! What functions give that read texts.

use std::collections::BTreeMap;
use std::sync::Arc;

use vrl::compiler::function::ArgumentList;
use vrl::compiler::value::Collection;
use vrl::compiler::{TypeDef, TypeState};
use vrl::value::kind::Field;
use vrl::value::{Kind, Value};

use super::kinds::{array_of, mapped, object_of};
use super::retyped::Correction;

/// What an access log of nginx has that may be `-` or not there, though VRL tells that it is.
const NGINX_PERHAPS: [&str; 5] =
    ["client", "cid", "upstream_response_length", "upstream_response_time", "upstream_status"];

/// What a load balancer's log always has.
const ALB_ALWAYS: [&str; 2] = ["type", "request_url"];

/// What a load balancer's log has several of.
const ALB_LISTS: [&str; 2] = ["target_port_list", "target_status_code_list"];

/// What a flow log has where no other format is told.
const FLOW_FORMAT: &str = "version account_id interface_id srcaddr dstaddr srcport dstport protocol packets bytes start \
                           end action log_status";

/// A URL may have no host, as `mailto:` has none.
pub(super) fn parse_url(_: &ArgumentList, _: &TypeState) -> Correction {
    members(|name, kind| if name == "host" { kind.or_null() } else { kind })
}

/// `-` is null.
pub(super) fn parse_tokens(_: &ArgumentList, _: &TypeState) -> Correction {
    Arc::new(|told, _| told.with_kind(array_of(Kind::bytes().or_null())))
}

/// An element without children is what its text is; several of one name are an array.
pub(super) fn parse_xml(_: &ArgumentList, _: &TypeState) -> Correction {
    let scalar = || Kind::bytes().or_integer().or_float().or_boolean().or_null();
    let child = move || scalar().or_array(Collection::any()).or_object(Collection::any());
    Arc::new(move |told, _| told.with_kind(Kind::bytes().union(object_of(child()))))
}

/// What a line does not have is absent, and not null.
pub(super) fn parse_influxdb(_: &ArgumentList, _: &TypeState) -> Correction {
    Arc::new(|told, _| {
        let kind = mapped(told.kind(), &|metric| changed(metric, &|_, kind| absent_for_null(kind)));
        told.with_kind(kind)
    })
}

/// What a line does not have is absent, and not null.
pub(super) fn parse_common_log(_: &ArgumentList, _: &TypeState) -> Correction {
    members(|_, kind| absent_for_null(kind))
}

/// As `parse_common_log`; and an error has members of which VRL tells nothing.
pub(super) fn parse_apache_log(arguments: &ArgumentList, state: &TypeState) -> Correction {
    let format = arguments.optional("format").and_then(|format| format.resolve_constant(state));
    let is_error = format == Some(Value::from("error"));
    Arc::new(move |told, _| {
        let mut kind = changed(told.kind(), &|_, kind| absent_for_null(kind));
        if is_error && let Some(object) = kind.as_object_mut() {
            let texts = ["client", "message1", "message2"].map(|name| (name, Kind::bytes()));
            let numbers = ["pid", "port"].map(|name| (name, Kind::integer()));
            for (name, kind) in texts.into_iter().chain(numbers) {
                object.known_mut().insert(name.into(), kind.or_undefined());
            }
        }
        told.with_kind(kind)
    })
}

/// What a line does not have is absent, and not null.
pub(super) fn parse_nginx_log(arguments: &ArgumentList, state: &TypeState) -> Correction {
    let format = arguments.optional("format").and_then(|format| format.resolve_constant(state));
    let is_error = format == Some(Value::from("error"));
    Arc::new(move |told, _| {
        let mut kind = changed(told.kind(), &|name, kind| match NGINX_PERHAPS.contains(&name) {
            true => kind.or_undefined(),
            false => absent_for_null(kind),
        });
        if is_error && let Some(object) = kind.as_object_mut() {
            object.known_mut().remove(&Field::from("port"));
            for name in ["referer", "referrer"] {
                object.known_mut().insert(name.into(), Kind::bytes().or_undefined());
            }
        }
        told.with_kind(kind)
    })
}

/// Nearly each may be `-`, which is null; lists are arrays.
pub(super) fn parse_aws_alb_log(_: &ArgumentList, _: &TypeState) -> Correction {
    members(|name, kind| match name {
        _ if ALB_LISTS.contains(&name) => array_of(Kind::bytes()),
        _ if kind.contains_bytes() && !ALB_ALWAYS.contains(&name) => kind.or_null(),
        _ => kind,
    })
}

/// The members are those of the format.
pub(super) fn parse_aws_vpc_flow_log(arguments: &ArgumentList, state: &TypeState) -> Correction {
    let format = match arguments.optional("format") {
        Some(format) => {
            format.resolve_constant(state).and_then(|format| Some(format.to_str_lossy()?.into_owned()))
        }
        None => Some(FLOW_FORMAT.to_owned()),
    };
    Arc::new(move |told, _| {
        let Some(format) = &format else {
            let kind = changed(told.kind(), &|_, kind| kind.or_undefined());
            return told.with_kind(kind);
        };
        let mut kind = told.kind().clone();
        if let Some(object) = kind.as_object_mut() {
            let is_in_it = |name: &Field| format.split(' ').any(|word| word == name.as_str());
            object.known_mut().retain(|name, _| is_in_it(name));
        }
        told.with_kind(kind)
    })
}

/// What a message does not have is absent; and its structured data have names of their own, which may be those of other
/// members.
pub(super) fn parse_syslog(_: &ArgumentList, _: &TypeState) -> Correction {
    Arc::new(|told, _| {
        let data = || object_of(Kind::bytes());
        let mut kind = changed(told.kind(), &|_, kind| absent_for_null(kind).union(data()));
        if let Some(object) = kind.as_object_mut() {
            object.set_unknown(data());
        }
        told.with_kind(kind)
    })
}

/// The label of a custom field may come without its value, and be the name of another member.
pub(super) fn parse_cef(arguments: &ArgumentList, state: &TypeState) -> Correction {
    let translated = arguments.optional("translate_custom_fields");
    let translated = translated.map(|translated| translated.resolve_constant(state));
    let is_plain = translated.is_none_or(|translated| translated == Some(Value::Boolean(false)));
    Arc::new(move |told, _| {
        if is_plain {
            return told;
        }
        let kind = mapped(told.kind(), &|kind| kind.clone().or_null());
        told.with_kind(kind)
    })
}

/// VRL takes each level below none for one that there is.
pub(super) fn compressed(arguments: &ArgumentList, state: &TypeState) -> Correction {
    let level = arguments.optional("compression_level").and_then(|level| level.resolve_constant(state));
    let is_negative = matches!(level, Some(Value::Integer(level)) if level < 0);
    Arc::new(move |told, _| if is_negative { told.fallible() } else { told })
}

/// VRL looks at the modulus alone.
pub(super) fn remainder(arguments: &ArgumentList, _: &TypeState) -> Correction {
    let (value, modulus) = (arguments.required("value"), arguments.required("modulus"));
    Arc::new(move |told, state| {
        let (value, modulus) = (value.type_def(state), modulus.type_def(state));
        let kind = match (value.is_integer() && modulus.is_integer(), value.is_float() || modulus.is_float())
        {
            (true, _) => Kind::integer(),
            (_, true) => Kind::float(),
            _ => Kind::integer().or_float(),
        };
        told.with_kind(kind)
    })
}

fn absent_for_null(kind: Kind) -> Kind {
    if !kind.contains_null() {
        return kind;
    }
    let mut kind = kind.or_undefined();
    kind.remove_null();
    kind
}

fn members(change: impl Fn(&str, Kind) -> Kind + Send + Sync + 'static) -> Correction {
    Arc::new(move |told: TypeDef, _| {
        let kind = changed(told.kind(), &change);
        told.with_kind(kind)
    })
}

/// The kind with other members in its object.
fn changed(kind: &Kind, change: &dyn Fn(&str, Kind) -> Kind) -> Kind {
    let mut kind = kind.clone();
    if let Some(object) = kind.as_object_mut() {
        let known = std::mem::take(object.known_mut());
        let known = known.into_iter().map(|(name, kind)| {
            let kind = change(name.as_str(), kind);
            (name, kind)
        });
        *object.known_mut() = known.collect::<BTreeMap<_, _>>();
    }
    kind
}
