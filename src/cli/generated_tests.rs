//! Man pages and completions are made from the command line's definition, checked in, and installed as they stand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::{CommandFactory, ValueEnum};
use clap_complete::Shell;
use clap_mangen::Man;

use super::Cli;

/// The shells that completions are installed for.
const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Fish, Shell::Zsh];

/// `UPDATE_SNAPSHOTS=1` writes them.
#[test]
fn man_pages_and_completions_are_what_the_command_line_says() {
    compare("man", &man_pages());
    compare("completions", &completions());
}

/// One page for the whole and one for each subcommand that is shown.
fn man_pages() -> BTreeMap<String, Vec<u8>> {
    let mut whole = Cli::command().disable_help_subcommand(true);
    whole.build();
    let shown = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    let commands: Vec<clap::Command> = shown.chain([whole.clone()]).collect();
    let page = |command| {
        // No date: what is checked in changes with the command line and the version only.
        let man = Man::new(command).source("millstream").manual("Millstream");
        let mut page = Vec::new();
        man.render(&mut page).expect("a vector takes everything");
        (man.get_filename(), page)
    };
    commands.into_iter().map(page).collect()
}

fn completions() -> BTreeMap<String, Vec<u8>> {
    let script = |shell: Shell| {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "millstream", &mut script);
        let shell = shell.to_possible_value().expect("every shell has a name");
        (format!("millstream.{}", shell.get_name()), script)
    };
    SHELLS.into_iter().map(script).collect()
}

/// The folder holds these files, and no other.
fn compare(folder: &str, generated: &BTreeMap<String, Vec<u8>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        for old in files_in(&folder) {
            fs::remove_file(old).expect("an old file can be removed");
        }
        fs::create_dir_all(&folder).expect("the folder can be made");
        for (name, text) in generated {
            fs::write(folder.join(name), text).expect("a file can be written");
        }
    }
    for (name, text) in generated {
        let written = fs::read(folder.join(name)).unwrap_or_default();
        assert!(written == *text, "{name} is not what the command line says: UPDATE_SNAPSHOTS=1 writes it");
    }
    assert_eq!(files_in(&folder).len(), generated.len(), "files that nothing makes in {}", folder.display());
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.expect("the folder can be read").path()).collect()
}
