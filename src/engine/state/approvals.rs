//! Approvals, and the findings that await approval.
//!
//! `approve` appends to `approvals.jsonl`, beside the writer; the ledger records which approvals were used.
//! `refused.json` holds the findings of the last pass, and `refused-by-plan.json` those of the last `plan`. Only
//! findings in these two files can be approved.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{OpenOptions, remove_file};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::StateError;
use super::folder::{check_directory, open_private_file, replace_file, sync_directory};
use crate::files::{Accept, read};
use crate::model::guard::Finding;
use crate::model::ledger::{DAY, History};

const APPROVALS: &str = "approvals.jsonl";
const REFUSED: &str = "refused.json";
const REFUSED_BY_PLAN: &str = "refused-by-plan.json";
/// How long the findings of a `plan` can be approved: as long as an approval is valid.
const PLANS: Duration = Duration::from_secs(24 * 60 * 60);
/// Largest file of either kind, in bytes: over a hundred thousand approvals.
const LARGEST: u64 = 16 * 1024 * 1024;

/// A line of `approvals.jsonl`.
#[derive(Serialize, Deserialize)]
struct ApprovalLine {
    id: String,
    /// Seconds since 1970.
    at: i64,
}

/// The result of [`approve`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApproveResult {
    /// This finding is approved, once, for a day.
    ApprovalLine(Finding),
    /// No finding with that id awaits approval. These do.
    NoSuchFinding(Vec<Finding>),
}

/// Approves the finding `id` for a day from `now` (seconds since 1970), if it awaits approval.
///
/// # Errors
/// When the state directory is missing, unsafe, or cannot be read or written; nothing is approved.
pub fn approve(folder: &Path, id: &str, now: i64) -> Result<ApproveResult, StateError> {
    check_directory(folder)?;
    let mut waiting = findings_awaiting_approval(folder)?;
    let Some(at) = waiting.iter().position(|finding| finding.id == id) else {
        return Ok(ApproveResult::NoSuchFinding(waiting));
    };
    let path = folder.join(APPROVALS);
    let line = ApprovalLine {
        id: id.to_owned(),
        at: now,
    };
    let append = || {
        let mut line = serde_json::to_vec(&line).map_err(io::Error::other)?;
        line.push(b'\n');
        let mut file = open_private_file(&path, OpenOptions::new().append(true))?;
        file.write_all(&line)?;
        file.sync_all()
    };
    append().map_err(StateError::file_error("write the approval to", &path))?;
    sync_directory(folder)?;
    Ok(ApproveResult::ApprovalLine(waiting.swap_remove(at)))
}

/// Returns the findings that await approval, by id.
fn findings_awaiting_approval(folder: &Path) -> Result<Vec<Finding>, StateError> {
    let by_plan = folder.join(REFUSED_BY_PLAN);
    let written = by_plan.metadata().and_then(|about| about.modified());
    // A time in the future counts as now: the clock was changed.
    let is_of_today = written.is_ok_and(|at| at.elapsed().unwrap_or_default() < PLANS);
    let mut waiting: BTreeMap<_, _> = BTreeMap::new();
    let shown = if is_of_today {
        read_findings(&by_plan)?
    } else {
        Vec::new()
    };
    for finding in shown.into_iter().chain(read_findings(&folder.join(REFUSED))?) {
        waiting.insert(finding.id.clone(), finding);
    }
    Ok(waiting.into_values().collect())
}

/// Returns the approvals that are valid at `now` and unused: finding ids, with the time of each approval. Ignores
/// invalid lines (a crash can leave part of one).
///
/// # Errors
/// When they cannot be read.
pub(in crate::engine) fn valid_approvals(
    folder: &Path,
    history: &History,
    now: i64,
) -> Result<BTreeMap<String, i64>, StateError> {
    let path = folder.join(APPROVALS);
    let content = match read(&path, LARGEST, Accept::Files) {
        Ok(content) => content,
        Err(error) if error.is_not_found() => return Ok(BTreeMap::new()),
        Err(error) => return Err(StateError::file_error("read the approvals in", &path)(error.into())),
    };
    let lines = content.split(|byte| *byte == b'\n');
    let approved = lines.filter_map(|line| serde_json::from_slice::<ApprovalLine>(line).ok());
    let holds = |approved: &ApprovalLine| {
        let lately = (now - DAY..=now).contains(&approved.at);
        lately && !history.used_approvals.contains(&(approved.id.clone(), approved.at))
    };
    Ok(approved
        .filter(holds)
        .map(|approved| (approved.id, approved.at))
        .collect())
}

/// The guard findings of a pass.
#[derive(Clone, Copy, Debug)]
pub struct GuardFindings<'a> {
    /// Refused findings.
    pub refused: &'a [Finding],
    /// Findings overridden by an approval or a setting.
    pub overridden: &'a [Finding],
    /// Whether the pass covered every desk; otherwise earlier findings keep waiting.
    pub is_whole: bool,
}

/// Saves the refused findings of a pass for `quietdesk approve`.
pub(super) fn save_findings(folder: &Path, judged: GuardFindings<'_>) -> Result<(), StateError> {
    let path = folder.join(REFUSED);
    let gone: BTreeSet<&str> = judged.overridden.iter().map(|finding| finding.id.as_str()).collect();
    write_findings(&path, &merge_findings(&path, judged)?)?;
    let by_plan = folder.join(REFUSED_BY_PLAN);
    let shown = read_findings(&by_plan)?;
    let was_shown = shown.len();
    let left: Vec<_> = shown
        .into_iter()
        .filter(|finding| !gone.contains(finding.id.as_str()))
        .collect();
    match left.len() == was_shown {
        true => Ok(()),
        false => write_findings(&by_plan, &left),
    }
}

/// Saves the refused findings of a `plan` for `quietdesk approve`, beside a writer. Does not create a state directory.
/// After a partial plan, findings of earlier plans keep waiting.
///
/// # Errors
/// When they cannot be written.
pub(in crate::engine) fn save_plan_findings(folder: &Path, judged: GuardFindings<'_>) -> Result<(), StateError> {
    if !check_directory(folder)? {
        return Ok(());
    }
    let path = folder.join(REFUSED_BY_PLAN);
    write_findings(&path, &merge_findings(&path, judged)?)
}

/// Returns the findings that await approval after a pass or plan: its own, and earlier ones if it was partial.
fn merge_findings(path: &Path, judged: GuardFindings<'_>) -> Result<Vec<Finding>, StateError> {
    let mut now = judged.refused.to_vec();
    if !judged.is_whole {
        let is_known = |finding: &Finding| {
            let mut known = judged.refused.iter().chain(judged.overridden);
            known.any(|other| other.id == finding.id)
        };
        let before = read_findings(path)?.into_iter();
        now.extend(before.filter(|finding| !is_known(finding)));
    }
    Ok(now)
}

fn write_findings(path: &Path, findings: &[Finding]) -> Result<(), StateError> {
    let failed = |error| StateError::file_error("write the guard findings to", path)(error);
    if findings.is_empty() {
        return match remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            Ok(()) | Err(_) => Ok(()),
        };
    }
    replace_file(path, |file| Ok(serde_json::to_writer_pretty(file, findings)?)).map_err(failed)
}

/// Reads a file of findings; none if it is missing or not quietdesk's.
fn read_findings(path: &Path) -> Result<Vec<Finding>, StateError> {
    match read(path, LARGEST, Accept::Files) {
        Ok(content) => Ok(serde_json::from_slice(&content).unwrap_or_default()),
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(StateError::file_error("read the guard findings in", path)(error.into())),
    }
}
