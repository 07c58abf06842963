//! The start of observing: checks the sign-in and returns an empty observation.

use std::collections::{BTreeMap, BTreeSet};

use super::errors::{ObserveError, read_error};
use crate::jira::JiraRead;
use crate::model::observed::{Observed, Staff};

/// Checks the sign-in and returns an empty observation.
pub(super) async fn begin_observation(jira: &JiraRead) -> Result<Observed, ObserveError> {
    let signed_in = jira.check_sign_in().await;
    let own = signed_in.map_err(read_error("quietdesk's own account"))?;
    let mut observed = empty_observation(jira);
    // quietdesk's own account counts as staff, so that no step can lock it out.
    observed.staff.insert(own.id, Staff::Yes);
    Ok(observed)
}

/// Returns an observation that holds only the site.
pub(super) fn empty_observation(jira: &JiraRead) -> Observed {
    Observed {
        site: jira.site().clone(),
        accounts: BTreeMap::new(),
        desks: BTreeMap::new(),
        lookups: BTreeMap::new(),
        pins: BTreeMap::new(),
        groups: BTreeMap::new(),
        staff: BTreeMap::new(),
        missing_accounts: BTreeSet::new(),
        unresolved: BTreeSet::new(),
        warnings: Vec::new(),
    }
}
