//! Reading typed values out of [`Node`]s, noting whatever does not fit.

use std::collections::BTreeMap;

use super::finding::{Findings, Path, Place};
use super::node::{Node, Value};

/// The keys a map may have.
pub(super) struct Shape<const N: usize> {
    /// What the map is, with its article.
    pub(super) what: &'static str,
    /// The keys that are read.
    pub(super) keys: [&'static str; N],
    /// Keys of the format that this version cannot honour, with what to do.
    pub(super) later: &'static [(&'static str, &'static str)],
}

/// The values of the known keys of a map, in the order of its shape. Notes everything else in it.
pub(super) fn fields<'n, 'a, const N: usize>(
    node: &'n Node<'a>,
    path: &Path<'_>,
    shape: &Shape<N>,
    findings: &mut Findings,
) -> Option<[Option<&'n Node<'a>>; N]> {
    let entries = entries(node, path, shape.what, findings)?;
    let mut values = [None; N];
    for (key, at, value) in entries {
        if let Some(slot) = shape.keys.iter().position(|known| *known == key) {
            if let Value::Null = value.value {
                null(value.at, &path.key(key), findings);
            } else {
                values[slot] = Some(value);
            }
        } else if let Some((key, help)) = shape.later.iter().find(|(later, _)| *later == key) {
            findings.add(at, &path.key(key), format!("`{key}` is not supported yet"), *help);
        } else {
            let help = suggestion(key, shape.keys.iter().copied())
                .map_or_else(|| format!("known here: {}", shape.keys.join(", ")), did_you_mean);
            findings.add(at, path, format!("`{key}` is not a key of {}", shape.what), help);
        }
    }
    Some(values)
}

/// The entries of a map with plain, different keys. Notes every other key, and a value that is no map.
pub(super) fn entries<'n, 'a>(
    node: &'n Node<'a>,
    path: &Path<'_>,
    what: &str,
    findings: &mut Findings,
) -> Option<Vec<(&'n str, Place, &'n Node<'a>)>> {
    let Value::Map(map) = &node.value else {
        let help = "write indented lines of `key: value`; `{}` says nothing more about it";
        wrong_type(node, path, &format!("{what}, which is a map"), help, findings);
        return None;
    };
    let mut seen: BTreeMap<&str, Place> = BTreeMap::new();
    let mut entries = Vec::with_capacity(map.len());
    for (key, value) in map {
        let Some(name) = key_text(key, path, findings) else {
            continue;
        };
        if let Some(first) = seen.get(name) {
            let first = findings.shown(*first);
            let message = format!("the key `{name}` is here a second time; the first is at {first}");
            findings.add(key.at, path, message, "keep one of the two");
            continue;
        }
        seen.insert(name, key.at);
        entries.push((name, key.at, value));
    }
    Some(entries)
}

fn key_text<'n>(key: &'n Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Option<&'n str> {
    let (message, help) = match &key.value {
        Value::Text(text) if text == "<<" => (
            "merge keys (`<<`) are not read".to_owned(),
            "write the keys out; what all customers share belongs in `defaults`",
        ),
        Value::Text(text) if text.trim().is_empty() => ("the key is empty".to_owned(), "write a key before the colon"),
        Value::Text(text) => return Some(text),
        Value::Null => ("the key is empty".to_owned(), "write a key before the colon"),
        Value::Broken => return None,
        Value::Bool(_) | Value::Number(_) | Value::YesNo(_) => (
            format!("expected a key that is a text; found {}", key.value.kind()),
            "put it in quotes if it is meant",
        ),
        Value::List(_) | Value::Map(_) => (
            format!("expected a key that is a text; found {}", key.value.kind()),
            "write a plain word before the colon; put a text with braces or brackets in quotes",
        ),
    };
    findings.add(key.at, path, message, help);
    None
}

/// A text. Notes everything else, with `help`, or with how to quote what was probably meant as a text.
pub(super) fn text<'n>(
    node: &'n Node<'_>,
    path: &Path<'_>,
    what: &str,
    help: &str,
    findings: &mut Findings,
) -> Option<&'n str> {
    let quoted = match &node.value {
        Value::Text(text) => return Some(text),
        Value::Number(text) | Value::YesNo(text) => format!("write it in quotes: \"{text}\""),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Broken => {
            "write a text, in quotes where in doubt".to_owned()
        }
    };
    let help = if help.is_empty() { &quoted } else { help };
    wrong_type(node, path, what, help, findings);
    None
}

/// A list.
pub(super) fn list<'n, 'a>(
    node: &'n Node<'a>,
    path: &Path<'_>,
    what: &str,
    findings: &mut Findings,
) -> Option<&'n [Node<'a>]> {
    if let Value::List(items) = &node.value {
        return Some(items);
    }
    let help = "write a list, also of a single item: `[item]`, or lines that begin with `- `";
    wrong_type(node, path, what, help, findings);
    None
}

/// `true` or `false`.
pub(super) fn boolean(node: &Node<'_>, path: &Path<'_>, findings: &mut Findings) -> Option<bool> {
    if let Value::Bool(value) = node.value {
        return Some(value);
    }
    wrong_type(
        node,
        path,
        "true or false",
        "write `true` or `false`, without quotes",
        findings,
    );
    None
}

/// Notes a value of the wrong type; `null` has its own words.
fn wrong_type(node: &Node<'_>, path: &Path<'_>, what: &str, help: &str, findings: &mut Findings) {
    match node.value {
        Value::Null => null(node.at, path, findings),
        Value::Broken => {}
        Value::Bool(_) | Value::Number(_) | Value::YesNo(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            let found = node.value.kind();
            findings.add(node.at, path, format!("expected {what}; found {found}"), help);
        }
    }
}

fn null(at: Place, path: &Path<'_>, findings: &mut Findings) {
    findings.add(
        at,
        path,
        "there is no value here (null)",
        "write a value, `[]` for an empty list or `{}` for an empty map; to leave it unmanaged, remove the key",
    );
}

/// The one of `known` that was probably meant.
pub(super) fn suggestion<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase();
    known
        .map(|known| (strsim::damerau_levenshtein(&word, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= (known.len() / 3).clamp(1, 2))
        .min()
        .map(|(_, known)| known)
}

/// The help that goes with a [`suggestion`].
pub(super) fn did_you_mean(word: &str) -> String {
    format!("did you mean `{word}`?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions() {
        let known = ["email", "name", "desks", "account"];
        for (word, meant) in [
            ("emial", Some("email")),
            ("Email", Some("email")),
            ("desk", Some("desks")),
            ("nmae", Some("name")),
            ("acount", Some("account")),
            ("phone", None),
            ("", None),
        ] {
            assert_eq!(suggestion(word, known.into_iter()), meant, "{word}");
        }
    }
}
