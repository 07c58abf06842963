//! What somebody approved of, and what there is to approve of.
//!
//! `approvals.jsonl` is added to by `approve`, beside whoever writes the rest; which of its lines were made use of stands
//! in the ledger. `refused.json` holds what the guards refused in the last pass, so that `approve` can say what it
//! releases.

use std::collections::BTreeMap;
use std::fs::{OpenOptions, remove_file};
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use super::StateError;
use super::folder::{check, private_file, sync};
use crate::files::{Accept, read};
use crate::model::guard::Finding;
use crate::model::ledger::{DAY, History};

const APPROVALS: &str = "approvals.jsonl";
const REFUSED: &str = "refused.json";
/// Largest of either that is taken in, in bytes: over a hundred thousand approvals.
const LARGEST: u64 = 16 * 1024 * 1024;

/// One approval.
#[derive(Serialize, Deserialize)]
struct Approved {
    id: String,
    /// Seconds since 1970.
    at: i64,
}

/// Approves of what a guard refuses under `id`, for a day from `now` (seconds since 1970). Returns what the last pass
/// refused under it; nothing where it refused no such thing.
///
/// # Errors
/// When there is no safe state directory, or it cannot be written to: nothing is approved then.
pub fn approve(folder: &Path, id: &str, now: i64) -> Result<Option<Finding>, StateError> {
    check(folder)?;
    let path = folder.join(APPROVALS);
    let line = Approved {
        id: id.to_owned(),
        at: now,
    };
    let append = || {
        let mut line = serde_json::to_vec(&line).map_err(io::Error::other)?;
        line.push(b'\n');
        let mut file = private_file(&path, OpenOptions::new().append(true))?;
        file.write_all(&line)?;
        file.sync_all()
    };
    append().map_err(StateError::file("write the approvals", &path))?;
    sync(folder)?;
    Ok(refused(folder).into_iter().find(|finding| finding.id == id))
}

/// What is approved of at `now` and was not made use of yet: the ids, each with when it was approved.
///
/// # Errors
/// When they cannot be read. A line that is no approval (a crash can leave half of one) approves nothing.
pub fn approvals(folder: &Path, history: &History, now: i64) -> Result<BTreeMap<String, i64>, StateError> {
    let path = folder.join(APPROVALS);
    let content = match read(&path, LARGEST, Accept::Files) {
        Ok(content) => content,
        Err(error) if error.is_not_found() => return Ok(BTreeMap::new()),
        Err(error) => return Err(StateError::file("read the approvals", &path)(error.into())),
    };
    let lines = content.split(|byte| *byte == b'\n');
    let approved = lines.filter_map(|line| serde_json::from_slice::<Approved>(line).ok());
    let holds = |approved: &Approved| {
        let lately = (now - DAY..=now).contains(&approved.at);
        lately && !history.used.contains(&(approved.id.clone(), approved.at))
    };
    Ok(approved
        .filter(holds)
        .map(|approved| (approved.id, approved.at))
        .collect())
}

/// Keeps what the guards refused, for whoever approves of it.
pub(super) fn keep_refused(folder: &Path, findings: &[Finding]) -> Result<(), StateError> {
    let path = folder.join(REFUSED);
    let failed = |error| StateError::file("write what the guards refused", &path)(error);
    if findings.is_empty() {
        return match remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            Ok(()) | Err(_) => Ok(()),
        };
    }
    let put = || {
        let mut file = NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, findings)?;
        file.persist(&path).map(drop).map_err(|error| error.error)
    };
    put().map_err(failed)
}

fn refused(folder: &Path) -> Vec<Finding> {
    let content = read(&folder.join(REFUSED), LARGEST, Accept::Files).unwrap_or_default();
    serde_json::from_slice(&content).unwrap_or_default()
}
