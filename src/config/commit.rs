//! `commit:`: when the watermark is committed.

use super::element::{Element, Key, Need, Shape};
use super::node::Node;
use super::spec::CommitSpec;
use super::walk::{Fields, Walk, duration, integer};

/// The keys of `commit:`.
pub(super) static COMMIT: Element = Element {
    name: "a commit",
    doc: "When offsets are committed: whichever comes first.",
    exactly_one: false,
    keys: &[
        Key {
            name: "interval",
            shape: Shape::Duration { min_ms: 10, max_ms: 3_600_000 },
            need: Need::Default("500ms"),
            doc: "the longest time between a finished record and its commit",
        },
        Key {
            name: "records",
            shape: Shape::Integer { min: 1, max: 1_000_000_000 },
            need: Need::Default("5000"),
            doc: "the most finished records that are not committed",
        },
    ],
};

/// Reads `commit:`.
pub(super) fn commit(walk: &mut Walk<'_>, node: &Node) -> Option<CommitSpec> {
    let fields = Fields::open(walk, node, &COMMIT)?;
    let interval = fields.read(walk, "interval", duration);
    let records = fields.read(walk, "records", integer);
    Some(CommitSpec { interval: interval?, records: records? })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::walk::walked;
    use super::*;

    #[test]
    fn each_key_has_its_default() {
        let expected = CommitSpec { interval: Duration::from_millis(500), records: 10 };
        assert_eq!(walked("records: 10", commit), (Some(expected), vec![]));
        assert_eq!(walked("{interval: 500, records: 0}", commit).1, ["bad-value", "bad-value"]);
    }
}
