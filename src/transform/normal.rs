//! A program's normal form: two programs that differ in comments, blanks and line breaks alone have the same.
//!
//! The text without comments and with its blanks folded would be enough, were the scanner below as exact as VRL's own
//! lexer; VRL's syntax tree would be enough, did its printed form not leave the `!` of calls out. Both together err only on
//! the side of a difference.

use vrl::parser::parse;

/// The normal form of a program's source.
pub(super) fn normal_form(source: &str) -> String {
    let tree = parse(source).map(|tree| format!("{tree:?}")).unwrap_or_default();
    format!("{}\u{0}{tree}", folded(source))
}

/// The source without comments, each run of blanks folded to one, and no empty lines.
fn folded(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            '"' => literal(&mut out, &mut chars, '"'),
            '\'' if opens_literal(&out) => literal(&mut out, &mut chars, '\''),
            '\n' => {
                if out.ends_with(' ') {
                    out.pop();
                }
                if !out.is_empty() && !out.ends_with('\n') {
                    out.push('\n');
                }
            }
            c if c.is_whitespace() => {
                if !out.is_empty() && !out.ends_with([' ', '\n']) {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// `r'…'`, `s'…'` and `t'…'`: the letter stands alone.
fn opens_literal(before: &str) -> bool {
    let mut back = before.chars().rev();
    let is_letter = back.next().is_some_and(|c| matches!(c, 'r' | 's' | 't'));
    is_letter && !back.next().is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '@' | '%'))
}

/// Takes a literal over as it stands, to its closing quote.
fn literal(out: &mut String, chars: &mut std::iter::Peekable<std::str::Chars<'_>>, quote: char) {
    out.push(quote);
    while let Some(c) = chars.next() {
        out.push(c);
        if c == '\\' {
            out.extend(chars.next());
        } else if c == quote {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        normal_form(one) == normal_form(other)
    }

    #[test]
    fn comments_blanks_and_line_breaks_are_no_difference() {
        assert!(same(".a = 1\n", "# why\n\n.a   =  1 # because\n\n"));
        assert!(same(".a = 1\n.b = 2", "  .a = 1\n\n   # two\n  .b = 2\n"));
    }

    #[test]
    fn what_a_program_does_is_a_difference() {
        for (one, other) in [
            (".a = 1", ".a = 2"),
            (".a = to_int!(.b)", ".a = to_int(.b) ?? 0"),
            (".a = parse_json!(string!(.b))", ".a = parse_json(string!(.b)) ?? null"),
            (".a = upcase!(.b)", ".a = upcase(.b)"),
            (".a = \"x y\"", ".a = \"x  y\""),
            (".a = \"# x\"", ".a = \"#  y\""),
            (".a = s'x  # y'", ".a = s'x # y'"),
            (".a = r'\\'  # b'", ".a = r'\\' # b'"),
            (".a = \"\\\"  # b\"", ".a = \"\\\" # b\""),
            (".a = t'2021-02-11 10:32:50.553955473Z'", ".a = t'2021-02-11 10:32:51.553955473Z'"),
        ] {
            assert!(!same(one, other), "{one} and {other}");
        }
    }
}
