//! The words of the code, its messages and its documents: plain ones. Names that were retired do not come back.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Words that neither code nor comments, messages or pages use. Without the bars, this file would use them.
const WORDS: &str = "who|ever, who|m, no|body, to|ld, te|ll, te|lls, me|nd, me|nds, me|nded, lic|ence, lic|ences";
/// Names that were given up, each for a plainer one.
const RETIRED: &str = include_str!("words/retired.txt");

/// Every file of `place` with one of the extensions, and its text.
fn read_below(place: &Path, extensions: &[&str], texts: &mut Vec<(String, String)>) {
    if place.is_dir() {
        // What older versions wrote, and what Jira answered, is quoted as it was.
        let quoted = ["compat", "contracts", "recorded", "node_modules"];
        let entries = fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path());
        for entry in entries.filter(|entry| !quoted.iter().any(|folder| entry.ends_with(folder))) {
            read_below(&entry, extensions, texts);
        }
    } else if place
        .extension()
        .is_some_and(|it| extensions.iter().any(|known| it == *known))
    {
        // A roster that is no text is among the bad ones.
        let text = String::from_utf8_lossy(&fs::read(place).unwrap()).into_owned();
        texts.push((place.display().to_string(), text));
    }
}

fn texts(places: &[&str], extensions: &[&str]) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for place in places {
        read_below(&Path::new(ROOT).join(place), extensions, &mut texts);
    }
    assert!(texts.len() > 10);
    texts
}

/// The words of a line: names are split at capitals and underscores.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in line.chars() {
        if !letter.is_alphabetic() || (letter.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if letter.is_alphabetic() {
            words.last_mut().unwrap().extend(letter.to_lowercase());
        }
        was_lower = letter.is_lowercase();
    }
    words
}

#[test]
fn code_messages_and_pages_use_plain_words() {
    let banned: Vec<String> = WORDS.split(", ").map(|word| word.replace('|', "")).collect();
    let places = [
        "src",
        "tests",
        "benches",
        "docs",
        "examples",
        "systemd",
        "README.md",
        "SECURITY.md",
    ];
    let extensions = ["rs", "md", "yaml", "html", "txt", "service", "json"];
    let mut found = Vec::new();
    for (name, text) in texts(&places, &extensions) {
        for (number, line) in text.lines().enumerate() {
            if let Some(word) = words(line).iter().find(|word| banned.contains(word)) {
                found.push(format!("{name}:{}: {word}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "use a plain word:\n{}", found.join("\n"));
}

#[test]
fn retired_names_do_not_come_back() {
    let is_of_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let retired: Vec<&str> = RETIRED.lines().filter(|line| !line.starts_with('#')).collect();
    for (name, text) in texts(&["src", "tests", "benches"], &["rs"]) {
        let again = text
            .split(|letter| !is_of_name(letter))
            .find(|word| retired.contains(word));
        assert_eq!(again, None, "{name} uses a name that was given up");
    }
}

#[test]
fn names_are_split_into_words() {
    assert_eq!(
        words("let isSeen_twice = 2;")
            .join(" ")
            .split_whitespace()
            .collect::<Vec<_>>(),
        ["let", "is", "seen", "twice"]
    );
}
