//! JSON pointers (RFC 6901) as fragments of a URI.

use std::fmt;

/// Where one is in a schema: a list that grows to the inside without copying what is around.
pub(super) struct Pointer<'p> {
    around: Option<&'p Pointer<'p>>,
    name: &'p str,
}

impl<'p> Pointer<'p> {
    pub(super) const fn root() -> Self {
        Self { around: None, name: "" }
    }

    pub(super) fn then(&'p self, name: &'p str) -> Pointer<'p> {
        Pointer { around: Some(self), name }
    }
}

impl fmt::Display for Pointer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.around {
            None => f.write_str("#"),
            Some(around) => write!(f, "{around}/{}", self.name.replace('~', "~0").replace('/', "~1")),
        }
    }
}

/// The names of a pointer in a fragment; `None` where it is none.
pub(super) fn names(reference: &str) -> Option<Vec<String>> {
    let decoded = percent_decoded(reference.strip_prefix('#')?)?;
    if decoded.is_empty() {
        return Some(Vec::new());
    }
    let names = decoded.strip_prefix('/')?.split('/');
    Some(names.map(|name| name.replace("~1", "/").replace("~0", "~")).collect())
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let hex = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}
