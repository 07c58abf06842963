//! Whatever comments and documents refer to is in the repository: no outside document, no fact that `docs/jira.md`
//! lacks, and no test or switch named in that page that does not exist.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const PLACES: &str = "src tests benches docs examples systemd README.md";
/// The facts about Jira, each under a heading that is its id.
const FACTS: &str = "docs/jira.md";
/// Outside documents. The bars keep this file from naming them.
const OUTSIDE: &str = "jira-|facts, design| §, design|.md, crates|.md, style|.md, shared|/";

fn read(path: &str) -> String {
    let bytes = fs::read(Path::new(ROOT).join(path)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Adds every file below a path with its text, except what git ignores.
fn read_below(place: &Path, texts: &mut Vec<(String, String)>) {
    if place.ends_with("node_modules") || place.ends_with("__pycache__") {
        return;
    }
    match fs::read_dir(place) {
        Ok(entries) => entries.for_each(|entry| read_below(&entry.unwrap().path(), texts)),
        Err(_) => texts.push((place.display().to_string(), read(place.to_str().unwrap()))),
    }
}

fn texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for place in PLACES.split(' ') {
        read_below(&Path::new(ROOT).join(place), &mut texts);
    }
    texts
}

#[test]
fn no_document_outside_is_mentioned() {
    let outside: Vec<String> = OUTSIDE.split(", ").map(|word| word.replace('|', "")).collect();
    for (name, text) in texts() {
        for word in &outside {
            assert!(!text.contains(word.as_str()), "{name} mentions {word}");
        }
    }
}

#[test]
fn every_fact_that_is_referred_to_is_there() {
    let facts = read(FACTS);
    let headings = || facts.lines().filter_map(|line| line.strip_prefix("### "));
    let ids: BTreeSet<&str> = headings().collect();
    assert_eq!(ids.len(), headings().count(), "each id is there once");
    let link = format!("{FACTS}#");
    for (name, text) in texts() {
        for rest in text.split(link.as_str()).skip(1) {
            let id = rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next();
            assert!(ids.contains(id.unwrap()), "{name} refers to {id:?}");
        }
    }
}

/// A test is named by its path and function, a switch by its type and field.
#[test]
fn every_test_and_switch_that_the_facts_name_is_there() {
    let sandbox = ["config", "seed", "mod"].map(|file| read(&format!("src/sandbox/{file}.rs")));
    let sandbox = sandbox.concat();
    for name in read(FACTS).split('`').skip(1).step_by(2) {
        if let Some((place, last)) = name.split_once("::") {
            let (function, field) = (format!("fn {last}("), format!("pub {last}: "));
            let files = ["tests", "src"].map(|folder| read(&format!("{folder}/{place}.rs")));
            let is_switch = sandbox.contains(&field) || sandbox.contains(&function);
            assert!(is_switch || files.concat().contains(&function), "{name}");
        }
    }
}
