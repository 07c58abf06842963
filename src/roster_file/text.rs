//! Decodes bytes to text: UTF-8 only, with or without a byte-order mark.

use super::collector::{Location, Path, ProblemCollector};

/// Returns the text of a file without its byte-order mark, or reports a finding if it is not UTF-8.
pub(super) fn decode<'a>(file: usize, bytes: &'a [u8], findings: &mut ProblemCollector) -> Option<&'a str> {
    if looks_like_utf16(bytes) {
        findings.add(
            Location::start_of_file(file),
            &Path::Root,
            "the file is UTF-16, but a roster must be UTF-8",
            "save it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8`",
        );
        return None;
    }
    let bytes = strip_byte_order_mark(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => has_no_merge_conflicts(file, text, findings).then_some(text),
        Err(error) => {
            let (good, rest) = bytes.split_at(error.valid_up_to());
            let good = String::from_utf8_lossy(good);
            let line_start = good.rfind('\n').map_or(0, |at| at + 1);
            let at = Location {
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
                "save it as UTF-8; for a file from Windows, try `iconv -f WINDOWS-1252 -t UTF-8`",
            );
            None
        }
    }
}

/// Returns whether the text has no Git merge conflicts; reports a finding for each conflict.
fn has_no_merge_conflicts(file: usize, text: &str, findings: &mut ProblemCollector) -> bool {
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
        // One problem per conflict, at its first marker.
        let is_first = !inside || *mark == MARKS[0];
        inside = *mark != MARKS[3];
        if is_first {
            is_free = false;
            let at = Location {
                file,
                line: line + 1,
                column: 1,
                width: mark.len(),
            };
            findings.add(
                at,
                &Path::Root,
                "merge conflict: the file contains both versions of these lines",
                "keep the right lines, and delete those that begin with <<<<<<<, =======, and >>>>>>>",
            );
        }
    }
    is_free
}

/// Returns text to quote lines from, with invalid UTF-8 replaced.
pub(super) fn decode_lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(strip_byte_order_mark(bytes)).into_owned()
}

fn strip_byte_order_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Detects a UTF-16 byte-order mark, or a zero byte next to an ASCII character at the start.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        [0, second, ..] if second.is_ascii_graphic() => true,
        [first, 0, ..] if first.is_ascii_graphic() => true,
        _ => false,
    }
}
