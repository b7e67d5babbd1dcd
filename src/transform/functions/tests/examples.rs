//! VRL's own examples.

use super::*;

/// What an example does beside giving a value is told in other words (the witness of a program), which are not compiled
/// here: `del` of a variable, and what `for_each` writes.
const TOLD_ELSEWHERE: [&str; 2] = ["del", "for_each"];

const EXAMPLES_MIN: usize = 300;

#[test]
fn examples_give_what_is_told() {
    let mut wrong = Vec::new();
    let mut held = 0;
    for function in available().iter().filter(|function| !TOLD_ELSEWHERE.contains(&function.identifier())) {
        for example in function.examples() {
            let Some(program) = compiled(example.source, &Kind::any_object()) else { continue };
            let Ok(value) = run(&program, Value::Object(Default::default())) else { continue };
            held += 1;
            let found = untrue(&told(&program), &value);
            wrong
                .extend(found.map(|found| format!("{}: {}: {found}", function.identifier(), example.source)));
        }
    }
    assert!(held > EXAMPLES_MIN, "{held}");
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}
