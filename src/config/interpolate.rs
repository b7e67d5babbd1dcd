//! `${env:NAME}`, `${file:PATH}` and `${credential:NAME}` in values, resolved after the YAML is parsed.
//!
//! What they resolve to is never shown: [`Text`] prints the spelling of the file, and messages about a value
//! are made of that spelling too.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The largest file that a reference takes in.
const REFERENCED_BYTES_MAX: u64 = 1 << 20;

/// A value's text: what the file says and what it stands for.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Text {
    /// As written, references unresolved: the only form that is ever shown.
    pub shown: String,
    /// With every reference resolved; for an unset one, as written.
    pub value: String,
    /// Whether anything was filled in.
    pub filled: bool,
    /// Whether something is unset and was allowed to be: the value is not known.
    pub opaque: bool,
}

impl Text {
    /// A text without references.
    pub(super) fn plain(text: &str) -> Text {
        Text { shown: text.to_owned(), value: text.to_owned(), filled: false, opaque: false }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, f)
    }
}

/// Finds a variable of the environment.
type Env = Box<dyn Fn(&str) -> Option<String>>;

/// Where references look.
pub(super) struct Surroundings {
    env: Env,
    credentials: Option<PathBuf>,
}

impl Surroundings {
    /// The process's environment and systemd's credentials (`$CREDENTIALS_DIRECTORY`).
    pub(super) fn of_process() -> Surroundings {
        Surroundings {
            env: Box::new(|name| std::env::var(name).ok()),
            credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
        }
    }

    /// Surroundings made for a test.
    #[cfg(test)]
    pub(super) fn made(
        env: &'static [(&'static str, &'static str)],
        credentials: Option<&Path>,
    ) -> Surroundings {
        let find = move |name: &str| {
            env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        Surroundings { env: Box::new(find), credentials: credentials.map(Path::to_path_buf) }
    }
}

/// A reference that cannot be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unresolved {
    /// Where it stands in the text as written.
    pub span: Range<usize>,
    /// Why.
    pub reason: String,
    /// Whether it is well formed and only has no value here: `--allow-unset` lets it pass.
    pub is_unset: bool,
}

/// What `${` means where no known reference follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OtherDollars {
    /// A mistake; `$${` is a literal `${`.
    Refused,
    /// Text: a program has a use for `${1}` of its own.
    Literal,
}

/// Resolves the references of `text`, which stands in a file of the folder `base`.
///
/// # Errors
///
/// All references that cannot be resolved.
pub(super) fn resolve(
    text: &str,
    base: &Path,
    other: OtherDollars,
    surroundings: &Surroundings,
) -> Result<Text, Vec<Unresolved>> {
    let mut value = String::with_capacity(text.len());
    let mut filled = false;
    let mut unresolved = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("${") {
        let start = at + found;
        if text[..start].ends_with('$') && escaped(&text[start..], other) {
            value.push_str(&text[at..start - 1]);
            value.push_str("${");
            at = start + 2;
            continue;
        }
        value.push_str(&text[at..start]);
        let end = text[start..].find('}').map(|close| start + close + 1);
        let whole = &text[start..end.unwrap_or(text.len())];
        match look_up(whole, base, surroundings) {
            Found::Value(found) => {
                value.push_str(&found);
                filled = true;
            }
            Found::Other if other == OtherDollars::Literal => value.push_str(whole),
            Found::Other => unresolved.push(Unresolved {
                span: start..start + whole.len(),
                reason:
                    "a reference is `${env:NAME}`, `${file:PATH}` or `${credential:NAME}`; write `$${` for a \
                         literal `${`"
                        .to_owned(),
                is_unset: false,
            }),
            Found::Nothing(reason) => {
                unresolved.push(Unresolved { span: start..start + whole.len(), reason, is_unset: true })
            }
        }
        at = start + whole.len();
    }
    value.push_str(&text[at..]);
    match unresolved.is_empty() {
        true => Ok(Text { shown: text.to_owned(), value, filled, opaque: false }),
        false => Err(unresolved),
    }
}

/// Whether a `$` before this `${` makes it literal.
fn escaped(from_dollar: &str, other: OtherDollars) -> bool {
    let known = ["${env:", "${file:", "${credential:"].iter().any(|known| from_dollar.starts_with(known));
    known || other == OtherDollars::Refused
}

enum Found {
    Value(String),
    Nothing(String),
    Other,
}

fn look_up(whole: &str, base: &Path, surroundings: &Surroundings) -> Found {
    let Some((kind, name)) = whole
        .strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .and_then(|inner| inner.split_once(':'))
    else {
        return Found::Other;
    };
    let result = match kind {
        "env" => from_env(name, surroundings),
        "file" => from_file(&base.join(name)).map_err(|why| format!("the file `{name}` {why}")),
        "credential" => from_credential(name, surroundings),
        _ => return Found::Other,
    };
    result.map_or_else(Found::Nothing, Found::Value)
}

fn from_env(name: &str, surroundings: &Surroundings) -> Result<String, String> {
    (surroundings.env)(name).ok_or_else(|| format!("the environment has no variable `{name}`"))
}

fn from_credential(name: &str, surroundings: &Surroundings) -> Result<String, String> {
    let Some(folder) = &surroundings.credentials else {
        return Err(format!(
            "there is no credential `{name}`: systemd gives none to this process ($CREDENTIALS_DIRECTORY is not set)"
        ));
    };
    if name.is_empty() || name.contains('/') || name.starts_with('.') {
        return Err(format!("`{name}` is not the name of a credential"));
    }
    from_file(&folder.join(name)).map_err(|why| format!("the credential `{name}` {why}"))
}

/// A file's content without the line break that editors leave at its end.
fn from_file(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?.len();
    if length > REFERENCED_BYTES_MAX {
        return Err(format!("is too large: {length} bytes, and at most {REFERENCED_BYTES_MAX} are taken in"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned())?;
    let trimmed = text.strip_suffix('\n').unwrap_or(&text);
    Ok(trimmed.strip_suffix('\r').unwrap_or(trimmed).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn surroundings() -> Surroundings {
        Surroundings::made(&[("USER_NAME", "ada"), ("PASSWORD", "hunter2")], None)
    }

    fn refused(text: &str) -> Result<Text, Vec<Unresolved>> {
        resolve(text, Path::new("/nowhere"), OtherDollars::Refused, &surroundings())
    }

    #[test]
    fn references_are_filled_in_and_never_shown() {
        let text = refused("${env:USER_NAME}:${env:PASSWORD}!").unwrap();
        assert_eq!(text.value, "ada:hunter2!");
        assert!(text.filled);
        assert_eq!(format!("{text:?}"), "\"${env:USER_NAME}:${env:PASSWORD}!\"");
    }

    #[test]
    fn what_is_unset_is_told_with_its_place() {
        let unresolved = refused("a ${env:NONE} ${credential:x}").unwrap_err();
        assert_eq!(unresolved[0].span, 2..13);
        assert!(unresolved.iter().all(|u| u.is_unset));
        assert!(unresolved[1].reason.contains("CREDENTIALS_DIRECTORY"));
    }

    #[test]
    fn what_is_no_reference_is_refused_unless_it_is_a_program() {
        for text in ["${HOME}", "${env:USER_NAME", "${vault:x}"] {
            assert!(!refused(text).unwrap_err()[0].is_unset, "{text}");
        }
        let program = "replace(.a, r'b', \"${1}\") + \"${env:USER_NAME}\"";
        let text = resolve(program, Path::new("."), OtherDollars::Literal, &surroundings()).unwrap();
        assert_eq!(text.value, "replace(.a, r'b', \"${1}\") + \"ada\"");
    }

    #[test]
    fn two_dollars_are_one() {
        assert_eq!(refused("$${env:USER_NAME} $$ $").unwrap().value, "${env:USER_NAME} $$ $");
    }

    #[test]
    fn a_file_is_found_beside_and_loses_its_last_line_break() {
        let folder = std::env::temp_dir().join(format!("millstream-interpolate-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("secret"), "s3cret\n").unwrap();
        let here = Surroundings::made(&[], Some(&folder));
        let text = resolve("${file:secret}", &folder, OtherDollars::Refused, &here).unwrap();
        assert_eq!(text.value, "s3cret");
        let text = resolve("${credential:secret}", &folder, OtherDollars::Refused, &here).unwrap();
        assert_eq!(text.value, "s3cret");
        let outside = resolve("${credential:../secret}", &folder, OtherDollars::Refused, &here);
        assert!(outside.is_err());
        std::fs::remove_dir_all(&folder).unwrap();
    }

    proptest! {
        #[test]
        fn a_secret_is_never_shown(before in "[a-z$ ]{0,5}", after in "[a-z$} ]{0,5}") {
            let Ok(text) = refused(&format!("{before}${{env:PASSWORD}}{after}")) else { return Ok(()) };
            let debug = format!("{text:?}");
            prop_assert!(!debug.contains("hunter2"));
        }

        #[test]
        fn no_text_panics(text in "[${}:env a-zé]{0,30}") {
            let _ = refused(&text);
        }
    }
}
