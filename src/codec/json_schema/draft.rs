//! Which draft of JSON Schema a text is written for, and which keywords there are.

/// A draft. Where `$schema` says nothing, it is the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Draft {
    D7,
    D2019,
    D2020,
}

impl Draft {
    /// The draft of a `$schema`.
    pub(super) fn of(uri: &str) -> Option<Self> {
        let rest = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
        match rest.strip_suffix('#').unwrap_or(rest) {
            "json-schema.org/draft-07/schema" => Some(Self::D7),
            "json-schema.org/draft/2019-09/schema" => Some(Self::D2019),
            "json-schema.org/draft/2020-12/schema" => Some(Self::D2020),
            _ => None,
        }
    }
}

/// The keywords that are kept, in the order of the documentation.
pub(super) const KEPT: &[&str] = &[
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "allOf",
    "anyOf",
    "oneOf",
    "$ref",
    "$defs",
    "definitions",
];

/// What only tells people something. Their values are not looked at.
pub(super) const ANNOTATIONS: &[&str] = &[
    "title",
    "description",
    "default",
    "examples",
    "$comment",
    "deprecated",
    "readOnly",
    "writeOnly",
    "format",
];

/// Where a schema is from; only at the root.
pub(super) const OF_THE_ROOT: &[&str] = &["$schema", "$id"];

/// Keywords of the drafts that are not kept.
const NOT_KEPT: &[&str] = &[
    "if",
    "then",
    "else",
    "not",
    "contains",
    "minContains",
    "maxContains",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "additionalItems",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "id",
];

/// What is wrong with a keyword that is not kept.
pub(super) fn refusal(keyword: &str) -> String {
    if NOT_KEPT.contains(&keyword) {
        return format!(
            "the keyword `{keyword}` is not checked by Millstream, so a schema cannot ask for it"
        );
    }
    let near = KEPT.iter().chain(ANNOTATIONS).min_by_key(|known| strsim::damerau_levenshtein(known, keyword));
    let near = near.filter(|known| strsim::damerau_levenshtein(known, keyword) <= 2);
    let hint = near.map(|known| format!(": is `{known}` meant?")).unwrap_or_default();
    format!("there is no keyword `{keyword}`{hint}")
}
