//! A unified diff of two canonical rosters, in time proportional to their length.
//!
//! Both sides have the same list of entries, so `similar` compares each entry with its counterpart, and the results are
//! joined into one diff: comparing 100 000 entries as one text takes time quadratic in the number of changes.

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops, udiff::UnifiedHunkHeader};

use super::canonical::Entry;

/// Number of context lines around a change.
const CONTEXT: usize = 3;

/// One line of a diff, without its newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// A hunk header: `@@ -1,4 +1,5 @@`.
    Hunk(String),
    /// A line on both sides.
    Context(&'a str),
    /// A line only on the old side.
    Old(&'a str),
    /// A line only on the new side.
    AddResult(&'a str),
}

/// Returns the lines of a unified diff; empty if nothing differs.
pub fn unified_diff(entries: &[Entry]) -> Vec<Line<'_>> {
    let old: Vec<&str> = entries
        .iter()
        .flat_map(|entry| &entry.before)
        .map(String::as_str)
        .collect();
    let new: Vec<&str> = entries
        .iter()
        .flat_map(|entry| &entry.after)
        .map(String::as_str)
        .collect();
    let mut lines = Vec::new();
    for group in group_diff_ops(operations(entries), CONTEXT) {
        if group.iter().all(|op| op.tag() == DiffTag::Equal) {
            continue;
        }
        lines.push(Line::Hunk(UnifiedHunkHeader::new(&group).to_string()));
        for op in group {
            match op.tag() {
                DiffTag::Equal => lines.extend(old[op.old_range()].iter().map(|line| Line::Context(line))),
                DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                    lines.extend(old[op.old_range()].iter().map(|line| Line::Old(line)));
                    lines.extend(new[op.new_range()].iter().map(|line| Line::AddResult(line)));
                }
            }
        }
    }
    lines
}

/// Returns the operations of all entries as those of one diff, with runs of equal lines joined.
fn operations(entries: &[Entry]) -> Vec<DiffOp> {
    let (mut old_at, mut new_at) = (0, 0);
    let mut all: Vec<DiffOp> = Vec::new();
    for entry in entries {
        for op in capture_diff_slices(Algorithm::Myers, &entry.before, &entry.after) {
            let op = shift(op, old_at, new_at);
            match (all.last_mut(), op) {
                (Some(DiffOp::Equal { len, .. }), DiffOp::Equal { len: more, .. }) => *len += more,
                (_, op) => all.push(op),
            }
        }
        old_at += entry.before.len();
        new_at += entry.after.len();
    }
    all
}

fn shift(op: DiffOp, old_by: usize, new_by: usize) -> DiffOp {
    match op {
        DiffOp::Equal {
            old_index,
            new_index,
            len,
        } => DiffOp::Equal {
            old_index: old_index + old_by,
            new_index: new_index + new_by,
            len,
        },
        DiffOp::Delete {
            old_index,
            old_len,
            new_index,
        } => DiffOp::Delete {
            old_index: old_index + old_by,
            old_len,
            new_index: new_index + new_by,
        },
        DiffOp::Insert {
            old_index,
            new_index,
            new_len,
        } => DiffOp::Insert {
            old_index: old_index + old_by,
            new_index: new_index + new_by,
            new_len,
        },
        DiffOp::Replace {
            old_index,
            old_len,
            new_index,
            new_len,
        } => DiffOp::Replace {
            old_index: old_index + old_by,
            old_len,
            new_index: new_index + new_by,
            new_len,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(now: &[&str], then: &[&str]) -> Entry {
        let owned = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
        Entry {
            before: owned(now),
            after: owned(then),
        }
    }

    /// The diff of the whole texts, by `similar` itself.
    fn expected(entries: &[Entry]) -> String {
        let text = |side: fn(&Entry) -> &Vec<String>| {
            entries
                .iter()
                .flat_map(side)
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        };
        let (old, new) = (text(|entry| &entry.before), text(|entry| &entry.after));
        similar::TextDiff::from_lines(&old, &new)
            .unified_diff()
            .context_radius(CONTEXT)
            .to_string()
    }

    fn written(entries: &[Entry]) -> String {
        let mut text = String::new();
        for line in unified_diff(entries) {
            match line {
                Line::Hunk(header) => text += &format!("{header}\n"),
                Line::Context(line) => text += &format!(" {line}\n"),
                Line::Old(line) => text += &format!("-{line}\n"),
                Line::AddResult(line) => text += &format!("+{line}\n"),
            }
        }
        text
    }

    #[test]
    fn as_similar_would_write_it() {
        let same = |n: usize| entry(&[&format!("- p{n}"), "  x"], &[&format!("- p{n}"), "  x"]);
        let mut entries: Vec<_> = (0..8).map(same).collect();
        assert_eq!(written(&entries), "");
        entries.insert(2, entry(&["- a", "  desks: []"], &["- a", "  desks: [SUP]"]));
        entries.insert(9, entry(&[], &["- b", "  desks: []"]));
        entries.insert(5, entry(&["- c"], &[]));
        assert_eq!(written(&entries), expected(&entries));
        assert!(written(&entries).contains("+  desks: [SUP]\n"));
    }
}
