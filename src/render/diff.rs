//! A unified diff of two canonical rosters, in time proportional to their length.
//!
//! Both sides are the same list of entries, so each entry is compared with itself by `similar`, and the pieces are put
//! together as one diff: comparing 100 000 entries as one text would take the square of what changes.

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops, udiff::UnifiedHunkHeader};

use super::canonical::Entry;

/// Lines around a change.
const CONTEXT: usize = 3;

/// One line of a diff, without its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Where the following lines stand: `@@ -1,4 +1,5 @@`.
    Hunk(String),
    /// The same on both sides.
    Same(&'a str),
    /// Only in the old one.
    Old(&'a str),
    /// Only in the new one.
    New(&'a str),
}

/// The lines of a unified diff; none where nothing differs.
pub fn unified(entries: &[Entry]) -> Vec<Line<'_>> {
    let old: Vec<&str> = entries
        .iter()
        .flat_map(|entry| &entry.now)
        .map(String::as_str)
        .collect();
    let new: Vec<&str> = entries
        .iter()
        .flat_map(|entry| &entry.then)
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
                DiffTag::Equal => lines.extend(old[op.old_range()].iter().map(|line| Line::Same(line))),
                DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => {
                    lines.extend(old[op.old_range()].iter().map(|line| Line::Old(line)));
                    lines.extend(new[op.new_range()].iter().map(|line| Line::New(line)));
                }
            }
        }
    }
    lines
}

/// The operations of all entries as one diff's, runs of equal lines joined.
fn operations(entries: &[Entry]) -> Vec<DiffOp> {
    let (mut old_at, mut new_at) = (0, 0);
    let mut all: Vec<DiffOp> = Vec::new();
    for entry in entries {
        for op in capture_diff_slices(Algorithm::Myers, &entry.now, &entry.then) {
            let op = moved(op, old_at, new_at);
            match (all.last_mut(), op) {
                (Some(DiffOp::Equal { len, .. }), DiffOp::Equal { len: more, .. }) => *len += more,
                (_, op) => all.push(op),
            }
        }
        old_at += entry.now.len();
        new_at += entry.then.len();
    }
    all
}

fn moved(op: DiffOp, old_by: usize, new_by: usize) -> DiffOp {
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
            now: owned(now),
            then: owned(then),
        }
    }

    /// The whole texts, compared by `similar` itself.
    fn expected(entries: &[Entry]) -> String {
        let text = |side: fn(&Entry) -> &Vec<String>| {
            entries
                .iter()
                .flat_map(side)
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        };
        let (old, new) = (text(|entry| &entry.now), text(|entry| &entry.then));
        similar::TextDiff::from_lines(&old, &new)
            .unified_diff()
            .context_radius(CONTEXT)
            .to_string()
    }

    fn written(entries: &[Entry]) -> String {
        let mut text = String::new();
        for line in unified(entries) {
            match line {
                Line::Hunk(header) => text += &format!("{header}\n"),
                Line::Same(line) => text += &format!(" {line}\n"),
                Line::Old(line) => text += &format!("-{line}\n"),
                Line::New(line) => text += &format!("+{line}\n"),
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
