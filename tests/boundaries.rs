//! What the source must not say: the boundaries of the architecture, kept by reading it.
//!
//! Comments do not count, so that a module may explain itself with the name of what it stays away from.

use std::fs;
use std::path::{Path, PathBuf};

/// One source file without its comments and without its unit tests.
struct Source {
    /// Its path below the root, with `/`.
    path: String,
    /// Its code.
    code: String,
}

impl Source {
    fn says(&self, word: &str) -> bool {
        is_word_in(word, &self.code)
    }

    fn is_under(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }
}

#[test]
fn only_kafka_names_rdkafka() {
    let outside = |source: &Source| !source.is_under("src/kafka/");
    forbid("src", outside, &["rdkafka", "rdkafka_sys", "rd_kafka"]);
}

#[test]
fn unsafe_stands_only_under_kafka() {
    forbid("src", |source| !source.is_under("src/kafka/"), &["unsafe", "allow(unsafe_code)"]);
}

#[test]
fn delivery_is_pure() {
    let io =
        ["tokio", "rdkafka", "Instant::now", "SystemTime", "std::fs", "std::net", "std::thread", "chrono"];
    forbid("src", |source| source.is_under("src/delivery"), &io);
}

#[test]
fn only_transform_names_vrls_compiler() {
    let compiler = ["vrl::compiler", "vrl::prelude", "vrl::stdlib", "vrl::parser"];
    forbid("src", |source| !source.is_under("src/transform"), &compiler);
}

#[test]
fn no_code_of_the_daemon_unwraps() {
    forbid("src", |_| true, &[".unwrap()", "todo!", "unimplemented!"]);
}

#[test]
fn no_test_is_ignored() {
    let found = offences("src", |_| true, &["#[ignore"], Keep::Tests);
    assert!(found.is_empty(), "{found:#?}");
    let found = offences("tests", |source| source.path != "tests/boundaries.rs", &["#[ignore"], Keep::Tests);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_harness_shares_no_code_with_the_daemon() {
    let manifest =
        fs::read_to_string(root().join("tests/harness/Cargo.toml")).expect("the harness has a manifest");
    assert!(!manifest.contains("../.."), "the harness depends on the daemon");
    forbid("tests/harness", |_| true, &["millstream::"]);
}

/// Fails with every file of the folder that says one of the words in code that is not a test.
fn forbid(folder: &str, applies: impl Fn(&Source) -> bool, words: &[&str]) {
    let found = offences(folder, applies, words, Keep::Code);
    assert!(found.is_empty(), "{found:#?}");
}

fn offences(folder: &str, applies: impl Fn(&Source) -> bool, words: &[&str], keep: Keep) -> Vec<String> {
    let mut files = Vec::new();
    collect(&root().join(folder), &mut files);
    assert!(!files.is_empty(), "no source under {folder}: this test would see nothing");
    let sources = files.iter().map(|file| read(file, keep)).filter(applies);
    let pairs = sources.flat_map(|source| {
        words.iter().map(move |word| (source.says(word), source.path.clone(), *word)).collect::<Vec<_>>()
    });
    pairs.filter(|(says, ..)| *says).map(|(_, path, word)| format!("{path} says {word}")).collect()
}

/// Which part of a file is looked at.
#[derive(Clone, Copy)]
enum Keep {
    /// What stands before its unit tests.
    Code,
    /// All of it.
    Tests,
}

fn read(file: &Path, keep: Keep) -> Source {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let text = match keep {
        Keep::Code => before_tests(file, &text),
        Keep::Tests => &text,
    };
    let code = text.lines().map(without_comment).collect::<Vec<_>>().join("\n");
    let path = file.strip_prefix(root()).expect("collected under the root");
    Source { path: path.to_string_lossy().replace('\\', "/"), code }
}

/// Unit tests stand last in a file, or in a file of their own.
fn before_tests<'a>(file: &Path, text: &'a str) -> &'a str {
    let own_file =
        file.file_stem().is_some_and(|stem| stem == "tests" || stem.to_string_lossy().ends_with("_tests"));
    let in_folder = file.parent().is_some_and(|folder| folder.ends_with("tests"));
    if own_file || in_folder {
        return "";
    }
    text.split("#[cfg(test)]\nmod ").next().unwrap_or(text)
}

/// Cuts a `//` comment; one inside a string ends the line early, which can only hide what follows on that line.
fn without_comment(line: &str) -> &str {
    let cut = line.match_indices("//").find(|(place, _)| !line[..*place].ends_with(':'));
    cut.map_or(line, |(place, _)| &line[..place])
}

/// Whether `word` stands in `code` with no letter, digit or underscore going on at an end where it has one.
fn is_word_in(word: &str, code: &str) -> bool {
    let goes_on = |found: Option<char>| found.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let open_start = word.starts_with(|c: char| c.is_alphanumeric());
    // `rd_kafka` is meant as a prefix of all its functions.
    let open_end = word.ends_with(|c: char| c.is_alphanumeric()) && word != "rd_kafka";
    code.match_indices(word).any(|(place, _)| {
        let before = code[..place].chars().next_back();
        let after = code[place + word.len()..].chars().next();
        !(open_start && goes_on(before) || open_end && goes_on(after))
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("a folder can be listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_reader_sees_words_and_passes_comments() {
    assert!(is_word_in("unsafe", "let x = unsafe { 1 };"));
    assert!(!is_word_in("unsafe", "#![deny(unsafe_code)]"));
    assert!(!is_word_in("tokio", "let not_tokio = 1;"));
    assert!(is_word_in("rd_kafka", "rd_kafka_produce()"));
    assert_eq!(without_comment("code(); // rdkafka"), "code(); ");
    assert_eq!(without_comment(r#"let url = "http://a";"#), r#"let url = "http://a";"#);
}
