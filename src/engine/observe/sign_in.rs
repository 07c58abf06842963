//! Where observing begins: nothing is seen, and the sign-in is good.

use std::collections::{BTreeMap, BTreeSet};

use super::errors::{ObserveError, reading};
use crate::jira::JiraRead;
use crate::model::observed::{Observed, Staff};

/// Nothing seen yet, but that the sign-in is good.
pub(super) async fn signed_in(jira: &JiraRead) -> Result<Observed, ObserveError> {
    let signed_in = jira.check_sign_in().await;
    let own = signed_in.map_err(reading("who quietdesk's account is"))?;
    let mut observed = nothing_seen(jira);
    // Nothing is done to oneself: one could not sign in any more.
    observed.staff.insert(own.id, Staff::Yes);
    Ok(observed)
}

/// Nothing seen yet, but which Jira it is.
pub(super) fn nothing_seen(jira: &JiraRead) -> Observed {
    Observed {
        site: jira.site().clone(),
        accounts: BTreeMap::new(),
        desks: BTreeMap::new(),
        lookups: BTreeMap::new(),
        pins: BTreeMap::new(),
        groups: BTreeMap::new(),
        staff: BTreeMap::new(),
        gone: BTreeSet::new(),
        unanswered: BTreeSet::new(),
        warnings: Vec::new(),
    }
}
