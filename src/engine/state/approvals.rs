//! What somebody approved of, and what there is to approve of.
//!
//! `approvals.jsonl` is added to by `approve`, beside whoever writes the rest; which of its lines were made use of stands
//! in the ledger. `refused.json` holds what the guards refused in the last pass, and `refused-by-plan.json` what they
//! refused in the last `plan`: whatever stands in neither waits for nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{OpenOptions, remove_file};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::StateError;
use super::folder::{check, private_file, put_whole, sync};
use crate::files::{Accept, read};
use crate::model::guard::Finding;
use crate::model::ledger::{DAY, History};

const APPROVALS: &str = "approvals.jsonl";
const REFUSED: &str = "refused.json";
const REFUSED_BY_PLAN: &str = "refused-by-plan.json";
/// How long what a `plan` showed can be approved of: as long as an approval holds.
const PLANS: Duration = Duration::from_secs(24 * 60 * 60);
/// Largest of either that is taken in, in bytes: over a hundred thousand approvals.
const LARGEST: u64 = 16 * 1024 * 1024;

/// One approval.
#[derive(Serialize, Deserialize)]
struct Approved {
    id: String,
    /// Seconds since 1970.
    at: i64,
}

/// What became of an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Approval {
    /// This is approved of, once, for a day.
    Given(Finding),
    /// Nothing waits under that id. These do, under theirs.
    NothingWaits(Vec<Finding>),
}

/// Approves of what a guard refuses under `id`, for a day from `now` (seconds since 1970), if that waits for somebody.
///
/// # Errors
/// When there is no safe state directory, or it cannot be read or written to: nothing is approved then.
pub fn approve(folder: &Path, id: &str, now: i64) -> Result<Approval, StateError> {
    check(folder)?;
    let mut waiting = waiting(folder)?;
    let Some(at) = waiting.iter().position(|finding| finding.id == id) else {
        return Ok(Approval::NothingWaits(waiting));
    };
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
    Ok(Approval::Given(waiting.swap_remove(at)))
}

/// What waits for somebody to approve of it, by id.
fn waiting(folder: &Path) -> Result<Vec<Finding>, StateError> {
    let by_plan = folder.join(REFUSED_BY_PLAN);
    let written = by_plan.metadata().and_then(|about| about.modified());
    // A time to come is as good as now: the clock was set.
    let is_of_today = written.is_ok_and(|at| at.elapsed().unwrap_or_default() < PLANS);
    let mut waiting: BTreeMap<_, _> = BTreeMap::new();
    let shown = if is_of_today { refused(&by_plan)? } else { Vec::new() };
    for finding in shown.into_iter().chain(refused(&folder.join(REFUSED))?) {
        waiting.insert(finding.id.clone(), finding);
    }
    Ok(waiting.into_values().collect())
}

/// What is approved of at `now` and was not made use of yet: the ids, each with when it was approved.
///
/// # Errors
/// When they cannot be read. A line that is no approval (a crash can leave half of one) approves nothing.
pub(in crate::engine) fn approvals(
    folder: &Path,
    history: &History,
    now: i64,
) -> Result<BTreeMap<String, i64>, StateError> {
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

/// What the guards found in a pass.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// What they refused.
    pub refused: &'a [Finding],
    /// What somebody approved of, or a setting let pass.
    pub released: &'a [Finding],
    /// Whether it looked at everything; else what waited before goes on waiting.
    pub is_whole: bool,
}

/// Keeps what the guards refused, for whoever approves of it.
pub(super) fn keep_refused(folder: &Path, judged: Judged<'_>) -> Result<(), StateError> {
    let path = folder.join(REFUSED);
    let gone: BTreeSet<&str> = judged.released.iter().map(|finding| finding.id.as_str()).collect();
    put(&path, &waiting_after(&path, judged)?)?;
    let by_plan = folder.join(REFUSED_BY_PLAN);
    let shown = refused(&by_plan)?;
    let was_shown = shown.len();
    let left: Vec<_> = shown
        .into_iter()
        .filter(|finding| !gone.contains(finding.id.as_str()))
        .collect();
    match left.len() == was_shown {
        true => Ok(()),
        false => put(&by_plan, &left),
    }
}

/// Keeps what the guards refused in a `plan`, for whoever approves of it. Beside a writer; makes no state directory. What
/// an earlier plan refused goes on waiting where this one did not look at everything.
///
/// # Errors
/// When it cannot be written.
pub(in crate::engine) fn keep_planned(folder: &Path, judged: Judged<'_>) -> Result<(), StateError> {
    if !check(folder)? {
        return Ok(());
    }
    let path = folder.join(REFUSED_BY_PLAN);
    put(&path, &waiting_after(&path, judged)?)
}

/// What waits after a pass or a plan, of what waited before it and what it refused.
fn waiting_after(path: &Path, judged: Judged<'_>) -> Result<Vec<Finding>, StateError> {
    let mut now = judged.refused.to_vec();
    if !judged.is_whole {
        let is_known = |finding: &Finding| {
            let mut known = judged.refused.iter().chain(judged.released);
            known.any(|other| other.id == finding.id)
        };
        let before = refused(path)?.into_iter();
        now.extend(before.filter(|finding| !is_known(finding)));
    }
    Ok(now)
}

fn put(path: &Path, findings: &[Finding]) -> Result<(), StateError> {
    let failed = |error| StateError::file("write what the guards refused", path)(error);
    if findings.is_empty() {
        return match remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(error)),
            Ok(()) | Err(_) => Ok(()),
        };
    }
    put_whole(path, |file| Ok(serde_json::to_writer_pretty(file, findings)?)).map_err(failed)
}

/// What such a file holds; nothing where there is none. One that is not quietdesk's holds nothing either.
fn refused(path: &Path) -> Result<Vec<Finding>, StateError> {
    match read(path, LARGEST, Accept::Files) {
        Ok(content) => Ok(serde_json::from_slice(&content).unwrap_or_default()),
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(StateError::file("read what the guards refused", path)(error.into())),
    }
}
