//! What a page shows of a terminal is what the program prints.
//!
//! A `console` block below a line `<!-- tested in FOLDER -->` is run in that folder of the repository (`.` is its root), by
//! `sh`, a command at a time. Ports differ from run to run and count for nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = env!("CARGO_BIN_EXE_quietdesk");

/// A block that is to be run.
struct Block {
    page: PathBuf,
    folder: PathBuf,
    /// As the page shows it, commands and output.
    text: String,
}

/// The pages: the README, and what lies in `docs`.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    let docs = fs::read_dir(root.join("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    docs.chain([root.join("README.md")]).collect()
}

fn blocks_of(page: &Path) -> Vec<Block> {
    let text = fs::read_to_string(page).unwrap();
    let marked = text.split("<!-- tested in ").skip(1);
    let blocks = marked.map(|rest| {
        let (folder, rest) = rest.split_once(" -->\n").expect("the marker has a line of its own");
        let block = rest.strip_prefix("```console\n").expect("a console block follows");
        Block {
            page: page.to_owned(),
            folder: Path::new(ROOT).join(folder),
            text: block.split_once("```").expect("the block ends").0.to_owned(),
        }
    });
    blocks.collect()
}

/// What a terminal shows where the commands of `block` are typed.
fn typed(block: &Block) -> String {
    let commands = block.text.lines().filter_map(|line| line.strip_prefix("$ "));
    let shown = commands.map(|command| {
        let script = format!("exec 2>&1; quietdesk() {{ \"$QUIETDESK_PROGRAM\" \"$@\"; }}; {command}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).current_dir(&block.folder);
        shell.env_clear().env("QUIETDESK_PROGRAM", PROGRAM);
        shell.env("PATH", std::env::var_os("PATH").unwrap());
        let output = shell.output().unwrap();
        format!("$ {command}\n{}", String::from_utf8(output.stdout).unwrap())
    });
    shown.collect()
}

fn without_ports(text: &str) -> String {
    let (before, rest) = match text.split_once("127.0.0.1:") {
        Some((before, rest)) => (before, rest),
        None => return text.to_owned(),
    };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    format!("{before}127.0.0.1:PORT{}", without_ports(rest))
}

#[test]
fn every_block_that_is_marked_prints_what_it_shows() {
    let blocks: Vec<_> = pages().iter().flat_map(|page| blocks_of(page)).collect();
    assert!(blocks.len() >= 4, "only {} blocks are marked", blocks.len());
    for block in blocks {
        let page = block.page.display();
        assert_eq!(without_ports(&typed(&block)), without_ports(&block.text), "{page}");
    }
}

#[test]
fn ports_count_for_nothing() {
    assert_eq!(
        without_ports("a 127.0.0.1:80 b 127.0.0.1:9"),
        "a 127.0.0.1:PORT b 127.0.0.1:PORT"
    );
}
