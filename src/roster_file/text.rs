//! From bytes to text: UTF-8, with or without a byte-order mark, and nothing else.

use super::finding::{Findings, Path, Place};

/// The text of a file without its byte-order mark. Nothing where it is not UTF-8, which is then noted.
pub(super) fn decode<'a>(file: usize, bytes: &'a [u8], findings: &mut Findings) -> Option<&'a str> {
    if looks_like_utf16(bytes) {
        findings.add(
            Place::start_of(file),
            &Path::Root,
            "the file is UTF-16, and a roster is UTF-8",
            "save it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8`",
        );
        return None;
    }
    let bytes = without_mark(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => is_free_of_conflicts(file, text, findings).then_some(text),
        Err(error) => {
            let (good, rest) = bytes.split_at(error.valid_up_to());
            let good = String::from_utf8_lossy(good);
            let line_start = good.rfind('\n').map_or(0, |at| at + 1);
            let at = Place {
                file,
                line: good.matches('\n').count() + 1,
                column: good[line_start..].chars().count() + 1,
                width: 1,
            };
            let byte = rest.first().copied().unwrap_or_default();
            findings.add(
                at,
                &Path::Root,
                format!(
                    "the file is not UTF-8: byte {} is 0x{byte:02X}",
                    error.valid_up_to() + 1
                ),
                "save it as UTF-8; a file of Windows is often `iconv -f WINDOWS-1252 -t UTF-8`",
            );
            None
        }
    }
}

/// Whether git left no merge conflict in it, each of which is noted otherwise: what is between its marks is two texts.
fn is_free_of_conflicts(file: usize, text: &str, findings: &mut Findings) -> bool {
    const MARKS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];
    let (mut is_free, mut inside) = (true, false);
    for (line, content) in text.lines().enumerate() {
        let is_mark = |mark: &&&str| {
            content
                .strip_prefix(**mark)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        let Some(mark) = MARKS.iter().find(is_mark) else {
            continue;
        };
        // One problem for each conflict: at its first mark.
        let is_first = !inside || *mark == MARKS[0];
        inside = *mark != MARKS[3];
        if is_first {
            is_free = false;
            let at = Place {
                file,
                line: line + 1,
                column: 1,
                width: mark.len(),
            };
            findings.add(
                at,
                &Path::Root,
                "merge conflict: git left both versions of these lines in the file",
                "keep the lines that are right, and delete those that begin with <<<<<<<, =======, and >>>>>>>",
            );
        }
    }
    is_free
}

/// The text to quote lines from, whatever the bytes are.
pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(without_mark(bytes)).into_owned()
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// A UTF-16 byte-order mark, or a zero byte beside the first ASCII character, as editors leave it.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [0, second, ..] if second.is_ascii_graphic() => true,
        [first, 0, ..] if first.is_ascii_graphic() => true,
        _ => false,
    }
}
