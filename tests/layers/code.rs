//! Rust as a list of tokens, without comments, string literals and tests: enough to find the paths in it.

use std::collections::BTreeSet;

/// A word or one punctuation character; `::` is one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token(String);

/// A path, and the name a `use` line gives it (`*` for all of a module).
type Import = (Vec<String>, String);

impl Token {
    /// The tokens of a file, without those of its tests.
    pub(crate) fn all(text: &str) -> Vec<Self> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let length = if let Some(passed) = skipped_length(rest) {
                passed
            } else if is_of_word(first) {
                let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
                tokens.push(Self(rest[..length].to_owned()));
                length
            } else {
                let length = if rest.starts_with("::") { 2 } else { first.len_utf8() };
                tokens.push(Self(rest[..length].to_owned()));
                length
            };
            rest = &rest[length..];
        }
        without_tests(&tokens)
    }

    /// The names a file defines at its top level.
    pub(crate) fn items(tokens: &[Self]) -> BTreeSet<String> {
        let (mut depth, mut items) = (0, BTreeSet::new());
        for pair in tokens.windows(2) {
            depth += pair[0].deepens();
            let defines = ["fn", "struct", "enum", "trait", "type", "const", "static", "union"];
            if depth == 0 && defines.contains(&pair[0].word()) {
                items.insert(pair[1].word().to_owned());
            }
        }
        items
    }

    fn word(&self) -> &str {
        &self.0
    }

    fn is(&self, word: &str) -> bool {
        self.0 == word
    }

    fn is_name(&self) -> bool {
        let first = self.0.chars().next();
        first.is_some_and(|first| first.is_alphabetic() || first == '_')
    }

    fn deepens(&self) -> i32 {
        match self.word() {
            "{" | "(" | "[" => 1,
            "}" | ")" | "]" => -1,
            _ => 0,
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of the space, comment, string or character that `rest` begins with, if any.
fn skipped_length(rest: &str) -> Option<usize> {
    let until = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len());
    if rest.starts_with(char::is_whitespace) {
        return Some(rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len()));
    }
    if rest.starts_with("//") {
        return Some(until("\n", 2));
    }
    if rest.starts_with("/*") {
        return Some(until("*/", 2));
    }
    for raw in ["r", "br"] {
        let Some(quoted) = rest.strip_prefix(raw) else { continue };
        let hashes = quoted.len() - quoted.trim_start_matches('#').len();
        if quoted[hashes..].starts_with('"') {
            return Some(until(&format!("\"{}", "#".repeat(hashes)), raw.len() + hashes + 1));
        }
    }
    let quoted = rest.strip_prefix('b').unwrap_or(rest);
    let before = rest.len() - quoted.len();
    if let Some(text) = quoted.strip_prefix('"') {
        return Some(before + 1 + ended(text, '"'));
    }
    let character = quoted.strip_prefix('\'')?;
    let mut letters = character.chars();
    // `'a` alone is a lifetime.
    let is_character = letters.next() == Some('\\') || letters.next() == Some('\'');
    Some(before + 1 + if is_character { ended(character, '\'') } else { 0 })
}

/// The length of a string up to and including its closing `quote`.
fn ended(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// The tokens without items marked `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let marks: [&[&str]; 2] = [
        &["#", "[", "cfg", "(", "test", ")"],
        &["#", "[", "cfg", "(", "all", "(", "test"],
    ];
    let begins = |at: usize, mark: &[&str]| {
        tokens[at..]
            .iter()
            .map(Token::word)
            .take(mark.len())
            .eq(mark.iter().copied())
    };
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if marks.iter().any(|mark| begins(at, mark)) {
            let attribute_end = tokens[at..].iter().position(|token| token.is("]"));
            at = item_end(tokens, at + attribute_end.map_or(0, |length| length + 1));
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// The end of the item that begins at `at`.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0;
    while at < tokens.len() {
        depth += tokens[at].deepens();
        at += 1;
        if depth == 0 && ["}", ";"].contains(&tokens[at - 1].word()) {
            break;
        }
    }
    at
}

/// The paths of `use` lines with the names they bring in, and all other paths of two words or more.
pub(crate) fn paths(tokens: &[Token]) -> (Vec<Import>, Vec<Vec<String>>) {
    let (mut uses, mut others, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        let token = &tokens[at];
        // `impl<T> Future + use<T>` imports nothing.
        if token.is("use") && tokens.get(at + 1).is_some_and(|next| next.is_name() || next.is("{")) {
            at = tree(tokens, at + 1, &[], &mut uses);
        } else if token.is_name() && !(at > 0 && tokens[at - 1].is("::")) {
            let (path, end) = path(tokens, at);
            if path.len() > 1 {
                others.push(path);
            }
            at = end;
        } else {
            at += 1;
        }
    }
    (uses, others)
}

/// The path that begins at `at`, and where it ends.
fn path(tokens: &[Token], mut at: usize) -> (Vec<String>, usize) {
    let mut path = vec![tokens[at].word().to_owned()];
    at += 1;
    while at + 1 < tokens.len() && tokens[at].is("::") && tokens[at + 1].is_name() {
        path.push(tokens[at + 1].word().to_owned());
        at += 2;
    }
    (path, at)
}

/// Reads one branch of a `use` line, below `before`; returns where it ends.
fn tree(tokens: &[Token], mut at: usize, before: &[String], uses: &mut Vec<Import>) -> usize {
    let mut whole = before.to_vec();
    while at < tokens.len() {
        if tokens[at].is("{") {
            at += 1;
            while !tokens[at].is("}") {
                at = tree(tokens, at, &whole, uses);
                at += usize::from(tokens[at].is(","));
            }
            return at + 1;
        }
        if tokens[at].is("*") {
            whole.push("*".to_owned());
            uses.push((whole, "*".to_owned()));
            return at + 1;
        }
        // `x::{self}` is `x`.
        if !tokens[at].is("self") || whole.is_empty() {
            whole.push(tokens[at].word().to_owned());
        }
        at += 1;
        if !tokens[at].is("::") {
            break;
        }
        at += 1;
    }
    let mut name = whole[whole.len() - 1].clone();
    if tokens[at].is("as") {
        name = tokens[at + 1].word().to_owned();
        at += 2;
    }
    uses.push((whole, name));
    at
}
