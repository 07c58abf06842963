//! Reads typed values from [`Node`]s, and reports values of other types.

use std::collections::BTreeMap;

use super::collector::{Location, Path, ProblemCollector};
use super::node::{Node, Value};

/// The keys a map may have.
pub(super) struct Shape<const N: usize> {
    /// The name of the map in messages, with its article.
    pub(super) description: &'static str,
    /// The supported keys.
    pub(super) keys: [&'static str; N],
    /// Keys of the format that this version does not support yet, with the help for each.
    pub(super) unsupported: &'static [(&'static str, &'static str)],
}

/// Returns the values of the known keys of a map, in the order of its shape. Reports all other keys.
pub(super) fn read_fields<'n, 'a, const N: usize>(
    node: &'n Node<'a>,
    path: &Path<'_>,
    shape: &Shape<N>,
    findings: &mut ProblemCollector,
) -> Option<[Option<&'n Node<'a>>; N]> {
    let entries = read_entries(node, path, shape.description, findings)?;
    let mut values = [None; N];
    for (key, at, value) in entries {
        if let Some(slot) = shape.keys.iter().position(|known| *known == key) {
            if let Value::Null = value.value {
                report_null(value.at, &path.key(key), findings);
            } else {
                values[slot] = Some(value);
            }
        } else if let Some((key, help)) = shape.unsupported.iter().find(|(later, _)| *later == key) {
            findings.add(at, &path.key(key), format!("`{key}` is not supported yet"), *help);
        } else {
            let help = suggestion(key, shape.keys.iter().copied())
                .map_or_else(|| format!("valid keys: {}", shape.keys.join(", ")), did_you_mean);
            findings.add(at, path, format!("`{key}` is not a key of {}", shape.description), help);
        }
    }
    Some(values)
}

/// Returns the entries of a map with distinct text keys. Reports every other key, and a value that is not a map.
pub(super) fn read_entries<'n, 'a>(
    node: &'n Node<'a>,
    path: &Path<'_>,
    what: &str,
    findings: &mut ProblemCollector,
) -> Option<Vec<(&'n str, Location, &'n Node<'a>)>> {
    let Value::Map(map) = &node.value else {
        let help = "write indented lines of `key: value`, or `{}` for an empty map";
        report_wrong_type(node, path, &format!("{what}, which is a map"), help, findings);
        return None;
    };
    let mut seen: BTreeMap<&str, Location> = BTreeMap::new();
    let mut entries = Vec::with_capacity(map.len());
    for (key, value) in map {
        let Some(name) = key_text(key, path, findings) else {
            continue;
        };
        if let Some(first) = seen.get(name) {
            let first = findings.format_location(*first);
            let message = format!("duplicate key `{name}`; the first one is at {first}");
            findings.add(key.at, path, message, "keep one of the two");
            continue;
        }
        seen.insert(name, key.at);
        entries.push((name, key.at, value));
    }
    Some(entries)
}

fn key_text<'n>(key: &'n Node<'_>, path: &Path<'_>, findings: &mut ProblemCollector) -> Option<&'n str> {
    let (message, help) = match &key.value {
        Value::Text(text) if text == "<<" => (
            "merge keys (`<<`) are not supported".to_owned(),
            "write the keys out; put what all customers share in `defaults`",
        ),
        Value::Text(text) if text.trim().is_empty() => ("the key is empty".to_owned(), "write a key before the colon"),
        Value::Text(text) => return Some(text),
        Value::Null => ("the key is empty".to_owned(), "write a key before the colon"),
        Value::Invalid => return None,
        Value::Bool(_) | Value::Number(_) | Value::YesNo(_) => (
            format!("expected a key that is a text; found {}", key.value.type_name()),
            "put it in quotes if it is intended",
        ),
        Value::List(_) | Value::Map(_) => (
            format!("expected a key that is a text; found {}", key.value.type_name()),
            "write a plain word before the colon; put text with braces or brackets in quotes",
        ),
    };
    findings.add(key.at, path, message, help);
    None
}

/// Returns a text. Reports everything else with `help`, or if that is empty, with how to quote it.
pub(super) fn read_text<'n>(
    node: &'n Node<'_>,
    path: &Path<'_>,
    what: &str,
    help: &str,
    findings: &mut ProblemCollector,
) -> Option<&'n str> {
    let quoted = match &node.value {
        Value::Text(text) => return Some(text),
        Value::Number(text) | Value::YesNo(text) => format!("write it in quotes: \"{text}\""),
        Value::Null | Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Invalid => {
            "write a text, in quotes where in doubt".to_owned()
        }
    };
    let help = if help.is_empty() { &quoted } else { help };
    report_wrong_type(node, path, what, help, findings);
    None
}

/// Returns a list, or reports another type.
pub(super) fn read_list<'n, 'a>(
    node: &'n Node<'a>,
    path: &Path<'_>,
    what: &str,
    findings: &mut ProblemCollector,
) -> Option<&'n [Node<'a>]> {
    if let Value::List(items) = &node.value {
        return Some(items);
    }
    let help = "write a list, even for a single item: `[item]`, or lines that begin with `- `";
    report_wrong_type(node, path, what, help, findings);
    None
}

/// Returns a boolean, or reports another type.
pub(super) fn read_boolean(node: &Node<'_>, path: &Path<'_>, findings: &mut ProblemCollector) -> Option<bool> {
    if let Value::Bool(value) = node.value {
        return Some(value);
    }
    report_wrong_type(
        node,
        path,
        "true or false",
        "write `true` or `false`, without quotes",
        findings,
    );
    None
}

/// Reports a value of the wrong type; `null` has its own message.
fn report_wrong_type(node: &Node<'_>, path: &Path<'_>, what: &str, help: &str, findings: &mut ProblemCollector) {
    match node.value {
        Value::Null => report_null(node.at, path, findings),
        Value::Invalid => {}
        Value::Bool(_) | Value::Number(_) | Value::YesNo(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
            let found = node.value.type_name();
            findings.add(node.at, path, format!("expected {what}; found {found}"), help);
        }
    }
}

fn report_null(at: Location, path: &Path<'_>, findings: &mut ProblemCollector) {
    findings.add(
        at,
        path,
        "there is no value here (null)",
        "write a value, `[]` for an empty list, or `{}` for an empty map; remove the key to leave it unmanaged",
    );
}

/// Returns the one of `known` that was probably intended.
pub(super) fn suggestion<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase();
    known
        .map(|known| (strsim::damerau_levenshtein(&word, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= (known.len() / 3).clamp(1, 2))
        .min()
        .map(|(_, known)| known)
}

/// Returns the help for a [`suggestion`].
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
