//! What is advised where the types of a schema are known.

use super::*;

/// The only finding: its message, what is said at its place, and its notes.
fn words(source: &str) -> (String, String, Vec<String>) {
    let found = compile_in(ProgramKind::Map, source, &orders()).expect_err("it is wrong");
    assert_eq!(found.len(), 1, "{source}: {found:#?}");
    (found[0].message.clone(), found[0].labels[0].message.clone(), found[0].notes.clone())
}

#[test]
fn a_member_in_a_text_is_put_there_by_what_compiles() {
    for (member, advised) in [
        (".region", ".region"),
        (".note", "to_string(.note)"),
        (".count", "to_string(.count)"),
        (".lines", "to_string!(.lines)"),
        ("region", ".region"),
    ] {
        let (message, label, _) = words(&format!(".x = \"a {{{{ {member} }}}}\""));
        let path = if member.starts_with('.') { member.to_owned() } else { format!(".{member}") };
        assert_eq!(message, format!("a text takes variables alone, and `{path}` is a member"));
        assert_eq!(label, format!("`\"…\" + {advised}` puts it into a text"));
        if member != ".lines" {
            compiled(&orders(), ProgramKind::Map, &format!(".x = \"a \" + {advised}"));
        }
    }
}

#[test]
fn what_always_fails_is_said_to() {
    for (source, label, advised) in [
        (".x = .region + 1", "`.region` is a string", "`.region + to_string(1)`"),
        (".x = 1 + .region", "`.region` is a string", "`to_string(1) + .region`"),
        (".x = .region - 1", "`.region` is a string", "`to_float!(.region) - 1`"),
        (".x = .note + 1", "`.note` is null or a string", "`.note + to_string(1)`"),
        (".x = .total + 1", "`.total` is a decimal(10, 2), which is a string", "`to_float!(.total) + 1`"),
        (".x = .at + 5", "`.at` is a timestamp", "`from_unix_timestamp!(to_unix_timestamp(.at) + 5)`"),
    ] {
        let (message, said, notes) = words(source);
        assert!(message.contains("always fails"), "{source}: {message}");
        assert_eq!(said, label, "{source}");
        assert!(notes.iter().any(|note| note.contains(advised)), "{source}: {notes:?}");
        assert!(!notes.iter().any(|note| note.contains("??")), "{source}: {notes:?}");
        compiled(&orders(), ProgramKind::Map, &format!(".x = {}", advised.trim_matches('`')));
    }
    for source in [".x = .count / .weight", ".x = parse_json!(.region) + 1"] {
        let (message, _, notes) = words(source);
        assert!(!message.contains("always"), "{source}: {message}");
        assert!(notes.iter().any(|note| note.contains("??")), "{source}: {notes:?}");
    }
}

#[test]
fn items_that_are_not_wanted_are_named() {
    let (message, label, notes) = words(".x = join(.lines, \",\")");
    assert_eq!(message, "`join` fails where `.lines` has an item: none is a string");
    assert_eq!(
        label,
        "`.lines` is an array, each item a record `shop.Line`; `join` takes an array of strings"
    );
    assert_eq!(notes, ["of a member of each: `map_values(.lines) -> |item| { item.sku }`"]);
    compiled(&orders(), ProgramKind::Map, ".x = join(map_values(.lines) -> |item| { item.sku }, \",\")");

    let tags = record(&field("tags", r#"{"type": "array", "items": ["null", "string"]}"#));
    let scope = Scope::start().after_decode(&decode(tags.text()));
    compiled(&scope, ProgramKind::Map, ".x = join(compact(.tags), \",\")");
    for argument in [".tags", "unique(.tags)"] {
        let note = format!("`join(compact({argument}), …)` leaves out null and empty text");
        let source = format!(".x = join({argument}, \",\")");
        let found = compile_in(ProgramKind::Map, &source, &scope).expect_err("it is not handled");
        assert_eq!(found[0].message, format!("`join` fails where an item of `{argument}` is no string"));
        assert_eq!(
            found[0].labels[0].message,
            format!("`{argument}` is an array, each item null or a string; `join` takes an array of strings")
        );
        assert_eq!(found[0].notes.last().map(String::as_str), Some(note.as_str()));
    }
}
