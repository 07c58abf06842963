//! The last good roster, stored in chunks of lines so that an edit writes only the changed chunks.
//!
//! A chunk's end depends on the content of its last line, so adding or removing lines leaves the other chunks
//! unchanged.

use rusqlite::{Transaction, params};
use sha2::{Digest as _, Sha256};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::error::{StoreError, StoreResult};

/// A file of the saved roster: name and content.
pub type RosterFile = (String, Vec<u8>);

/// On average, one in this many lines can end a chunk.
const LINES: u64 = 64;
/// Minimum chunk length, and the length from which any line ends a chunk, in bytes.
const SHORTEST: usize = 2 * 1024;
const LONGEST: usize = 64 * 1024;
/// Distance between chunk numbers, which leaves room for insertions.
const GAP: i64 = 1 << 20;

type Digest = [u8; 32];

/// Replaces the saved files with these.
pub(super) fn save(files: &[RosterFile], write: &Transaction<'_>) -> StoreResult<()> {
    let mut before = {
        let mut rows = write.prepare("SELECT id, place, name FROM roster_files ORDER BY place")?;
        let files = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        files.collect::<Result<Vec<(i64, i64, String)>, _>>()?
    };
    for (place, (name, content)) in (0_i64..).zip(files) {
        let id = match before.iter().position(|(_, _, known)| known == name) {
            Some(at) => before.remove(at).0,
            None => {
                write.execute(
                    "INSERT INTO roster_files (place, name) VALUES (?1, ?2)",
                    params![place, name],
                )?;
                write.last_insert_rowid()
            }
        };
        let moved = "UPDATE roster_files SET place = ?2 WHERE id = ?1 AND place <> ?2";
        write.execute(moved, params![id, place])?;
        save_content(id, content, write)?;
    }
    for (id, _, _) in before {
        write.execute("DELETE FROM roster_chunks WHERE file = ?1", [id])?;
        write.execute("DELETE FROM roster_files WHERE id = ?1", [id])?;
    }
    Ok(())
}

/// Writes the new chunks of a file and deletes the obsolete ones.
fn save_content(file: i64, content: &[u8], write: &Transaction<'_>) -> StoreResult<()> {
    let before: Vec<(i64, Digest)> = {
        let mut rows = write.prepare("SELECT place, digest FROM roster_chunks WHERE file = ?1 ORDER BY place")?;
        let chunks = rows.query_map([file], |row| Ok((row.get(0)?, row.get(1)?)))?;
        chunks.collect::<Result<_, _>>()?
    };
    let (places, old): (Vec<i64>, Vec<Digest>) = before.into_iter().unzip();
    let chunks: Vec<&[u8]> = Chunks(content).collect();
    let new: Vec<Digest> = chunks.iter().map(|chunk| Sha256::digest(chunk).into()).collect();
    let insert = |place: i64, at: usize| {
        let sql = "INSERT INTO roster_chunks (file, place, digest, content) VALUES (?1, ?2, ?3, ?4)";
        write.execute(sql, params![file, place, new[at], chunks[at]])
    };
    for change in capture_diff_slices(Algorithm::Myers, &old, &new) {
        let (is_equal, was, is) = (
            matches!(change, DiffOp::Equal { .. }),
            change.old_range(),
            change.new_range(),
        );
        if is_equal {
            continue;
        }
        for place in &places[was.clone()] {
            write.execute(
                "DELETE FROM roster_chunks WHERE file = ?1 AND place = ?2",
                params![file, place],
            )?;
        }
        let count = i64::try_from(is.len()).map_err(|_| StoreError::Unexpected("length"))?;
        let first = was.start.checked_sub(1).map_or(0, |at| places[at]);
        let step = places.get(was.end).map_or(GAP, |next| (next - first) / (count + 1));
        if step == 0 {
            // No number is left between the neighbors: number all chunks again.
            write.execute("DELETE FROM roster_chunks WHERE file = ?1", [file])?;
            return save_content(file, content, write);
        }
        for (nth, at) in (1_i64..).zip(is) {
            insert(first + nth * step, at)?;
        }
    }
    Ok(())
}

/// Returns the saved files in order, if any.
pub(super) fn load(read: &rusqlite::Connection) -> StoreResult<Option<Vec<RosterFile>>> {
    let mut rows = read.prepare("SELECT id, name FROM roster_files ORDER BY place")?;
    let files = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut kept = Vec::new();
    for file in files {
        let (id, name): (i64, String) = file?;
        let mut content = Vec::new();
        let mut rows = read.prepare("SELECT digest, content FROM roster_chunks WHERE file = ?1 ORDER BY place")?;
        let mut chunks = rows.query([id])?;
        while let Some(chunk) = chunks.next()? {
            let (digest, part) = (chunk.get::<_, Digest>(0)?, chunk.get_ref(1)?.as_blob()?);
            if digest != <Digest>::from(Sha256::digest(part)) {
                return Err(StoreError::Unexpected("content of the saved roster"));
            }
            content.extend_from_slice(part);
        }
        kept.push((name, content));
    }
    Ok((!kept.is_empty()).then_some(kept))
}

/// Splits a text into chunks of whole lines.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let mut length = 0;
        for line in self.0.split_inclusive(|byte| *byte == b'\n') {
            length += line.len();
            if length >= LONGEST || (length >= SHORTEST && hash_line(line).is_multiple_of(LINES)) {
                break;
            }
        }
        let (chunk, rest) = self.0.split_at(length);
        self.0 = rest;
        (length > 0).then_some(chunk)
    }
}

/// Returns a hash of a line that is stable across builds: FNV-1a, folded.
fn hash_line(line: &[u8]) -> u64 {
    let hash = line.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: impl Iterator<Item = usize>) -> Vec<u8> {
        let line = |n: usize| format!("  - {{email: member{n:06}@example.com, name: Member {n}}}\n");
        lines.map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn chunks_put_together_are_the_text() {
        for text in [
            Vec::new(),
            b"no end of line".to_vec(),
            b"\n".repeat(100_000),
            text(0..5_000),
            vec![b'x'; 200_000],
        ] {
            assert_eq!(Chunks(&text).collect::<Vec<_>>().concat(), text);
        }
    }

    #[test]
    fn a_line_more_or_less_leaves_nearly_all_chunks_as_they_were() {
        let whole = text(0..50_000);
        let before: Vec<_> = Chunks(&whole).collect();
        assert!((200..1_600).contains(&before.len()), "{}", before.len());
        for changed in [text((0..50_000).filter(|n| *n != 25_000)), text((1..50_000).chain([7]))] {
            let after = Chunks(&changed).filter(|chunk| !before.contains(chunk)).count();
            assert!(after <= 4, "{after}");
        }
    }
}
