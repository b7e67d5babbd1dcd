//! Names that Kafka or Millstream put rules on.

use super::diagnostic::Diagnostic;
use super::element::Key;
use super::node::Node;
use super::walk::{Located, Walk};

/// The longest pipeline name: it stands in group names, metrics and client ids.
pub(super) const NAME_CHARS_MAX: usize = 128;
/// The longest topic name that Kafka takes.
pub(super) const TOPIC_CHARS_MAX: usize = 249;
/// The longest group name that is accepted.
pub(super) const GROUP_CHARS_MAX: usize = 249;

/// A pipeline's name.
pub(super) fn name(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Located> {
    checked(walk, node, key, name_fault)
}

/// A topic's name.
pub(super) fn topic(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Located> {
    checked(walk, node, key, topic_fault)
}

/// A consumer group's name.
pub(super) fn group(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Located> {
    checked(walk, node, key, group_fault)
}

/// A static member's id, which Kafka checks as it checks topic names.
pub(super) fn id(walk: &mut Walk<'_>, node: &Node, key: &'static Key) -> Option<Located> {
    checked(walk, node, key, topic_fault)
}

fn checked(
    walk: &mut Walk<'_>,
    node: &Node,
    key: &Key,
    fault: fn(&str) -> Option<String>,
) -> Option<Located> {
    let text = walk.scalar(node, key)?;
    if !text.opaque
        && let Some(fault) = fault(&text.value)
    {
        let what = format!("`{}` is not {}", text.shown, key.shape.expected());
        let fault = if text.filled { "what is filled in does not fit".to_owned() } else { fault };
        walk.report(Diagnostic::error("bad-name", what).at(node.place, fault));
        return None;
    }
    Some(Located { value: text.value, shown: text.shown, place: node.place })
}

fn name_fault(text: &str) -> Option<String> {
    length_fault(text, NAME_CHARS_MAX).or_else(|| {
        let wrong = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-'))?;
        Some(format!("{wrong:?} is not allowed: only a to z, 0 to 9 and `-`"))
    })
}

/// Kafka's `Topic.validate`.
pub(super) fn topic_fault(text: &str) -> Option<String> {
    if text == "." || text == ".." {
        return Some("`.` and `..` are not allowed".to_owned());
    }
    length_fault(text, TOPIC_CHARS_MAX).or_else(|| {
        let wrong =
            text.chars().find(|c| !matches!(c, 'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' | '-'))?;
        Some(format!("{wrong:?} is not allowed: only letters, digits, `.`, `_` and `-`"))
    })
}

fn group_fault(text: &str) -> Option<String> {
    length_fault(text, GROUP_CHARS_MAX).or_else(|| {
        let wrong = text.chars().find(|c| c.is_control())?;
        Some(format!("{wrong:?} is not allowed"))
    })
}

fn length_fault(text: &str, chars_max: usize) -> Option<String> {
    match text.chars().count() {
        0 => Some("it is empty".to_owned()),
        chars if chars > chars_max => {
            Some(format!("{chars} characters, and at most {chars_max} are allowed"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_follow_kafkas_rules() {
        for good in ["orders", "orders-eu.dlq", "A_b.c-9", "...", &"x".repeat(249)] {
            assert_eq!(topic_fault(good), None, "{good}");
        }
        for bad in ["", ".", "..", "a b", "ä", "a/b", &"x".repeat(250)] {
            assert!(topic_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn names_and_groups() {
        assert_eq!(name_fault("orders-eu-2"), None);
        assert!(name_fault("Orders").is_some() && name_fault("a_b").is_some() && name_fault("").is_some());
        assert_eq!(group_fault("team a/orders"), None);
        assert!(group_fault("").is_some() && group_fault("a\nb").is_some());
    }
}
