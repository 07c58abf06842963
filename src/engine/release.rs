//! What is written down before a plan's first write: which approvals it makes use of (each is good for one pass, whatever
//! becomes of that), and how many it removes (which count for a day, also where nobody lives to tell).

use std::collections::BTreeMap;

use tracing::{info, warn};

use super::pass::Preview;
use super::state::{Judged, State, StateError};
use crate::model::guard::Finding;
use crate::model::ledger::Ledger;
use crate::model::policy::Policy;

/// Reads what is approved of into `policy`, before a plan is made at `now` (seconds since 1970).
///
/// # Errors
/// When it cannot be read.
pub fn read_approvals(
    state: Option<&State>,
    ledger: &Ledger,
    policy: &mut Policy,
    now: i64,
) -> Result<BTreeMap<String, i64>, StateError> {
    let approvals = match state {
        Some(state) => state.approvals(ledger.history(), now)?,
        None => BTreeMap::new(),
    };
    policy.approved = approvals.keys().cloned().collect();
    policy.now = now;
    Ok(approvals)
}

/// Writes down which approvals a plan makes use of, and how many it removes, before its first write at `now`; tells of
/// everything that was let pass.
///
/// # Errors
/// When it cannot be written down: nothing may be applied then.
pub fn commit(
    state: Option<&State>,
    ledger: &mut Ledger,
    approvals: &BTreeMap<String, i64>,
    seen: &Preview,
    now: i64,
) -> Result<(), StateError> {
    let mut changed = ledger.history_mut().reserve(&seen.approved, now);
    for Finding { id, what, .. } in seen.approved.released() {
        match approvals.get(id) {
            Some(at) => {
                warn!(id, what, "somebody approved of this, and it is done");
                changed |= ledger.history_mut().used.insert((id.clone(), *at));
            }
            None => info!(id, what, "a guard was overridden by a setting"),
        }
    }
    match state {
        Some(state) if changed => state.save(ledger),
        Some(_) | None => Ok(()),
    }
}

/// Keeps what was refused, for whoever approves of it. What waited before goes on waiting where a pass did not look at
/// everything.
pub fn keep_refused(state: Option<&State>, seen: &Preview, is_whole: bool) {
    let judged = Judged {
        refused: seen.approved.findings(),
        released: seen.approved.released(),
        is_whole,
    };
    if let Some(Err(problem)) = state.map(|state| state.keep_refused(judged)) {
        warn!(%problem, "`quietdesk approve` does not know what waits");
    }
}
