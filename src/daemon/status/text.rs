//! Sanitizes external texts (from Jira, the roster, the file system) for display.

use crate::model::email::mask_addresses;

/// Longest text kept, in characters: enough for an error message, but not for a page of HTML.
const LONGEST: usize = 300;

/// Other spellings of `@` in texts from the web.
const AT: [&str; 6] = ["%40", "\u{ff20}", "\u{fe6b}", "&#64;", "&#x40;", "\\u0040"];

/// Returns the text as one line, without e-mails, with invisible characters escaped, and shortened.
pub(super) fn sanitize(text: &str) -> String {
    let mut line = String::new();
    for c in text.chars() {
        match c {
            c if c.is_whitespace() => line.push(' '),
            c if is_invisible(c) => line.extend(c.escape_unicode()),
            c => line.push(c),
        }
    }
    let words = mask_addresses(&line);
    let mut words: Vec<_> = words.split_whitespace().map(hide_encoded).collect();
    // One `…` is enough for an address in several words.
    words.dedup_by(|word, before| *word == "…" && before == word);
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn hide_encoded(word: &str) -> &str {
    let lower = word.to_lowercase();
    if AT.iter().any(|at| lower.contains(at)) {
        "…"
    } else {
        word
    }
}

/// Whether a character is invisible but can change how others look: controls, direction marks, joiners, tags.
pub(in crate::daemon) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_of_an_address_is_left() {
        for text in [
            "no ada@example.com here",
            "no\tada@example.com\nhere",
            "no /user?query=ada%40example.com here",
            "no ada\u{ff20}example.com here",
            "no ada&#64;example.com here",
            "no ada\\u0040example.com here",
            "no ada\u{200b}@example.com here",
            "no ada@example.com grace@example.com here",
        ] {
            assert_eq!(sanitize(text), "no … here", "{text:?}");
        }
    }

    #[test]
    fn what_turns_the_text_around_is_seen() {
        assert_eq!(sanitize("safe\u{202e}txt\u{0}"), "safe\\u{202e}txt\\u{0}");
    }

    #[test]
    fn long_texts_end() {
        assert_eq!(sanitize(&"ä".repeat(5000)).chars().count(), LONGEST + 1);
    }
}
