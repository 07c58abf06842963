//! Reading the customer role of a desk as a second source for its list, on Cloud. Read only for desks where the list
//! alone would decide that a person leaves, or counts as present for the first time.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};

use super::errors::{ObserveError, read_error};
use crate::engine::desk_cache::DeskCache;
use crate::jira::limits::{MAX_CONCURRENT_READS, MAX_PEOPLE_FOR_ROLE_READ};
use crate::jira::{CallError, JiraRead};
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::ledger::History;
use crate::model::observed::{DeskReading, Observed, RoleReading};

/// Reads the customer roles of these desks. Returns whether any listed account is off its desk. Where only some people
/// were looked up, the list cached in `memory` is compared.
///
/// # Errors
/// Errors that end the pass. After any other, the role is doubted, with a warning.
pub(in crate::engine) async fn verify_lists_by_role(
    jira: &JiraRead,
    desks: &BTreeSet<DeskKey>,
    cache: Option<&DeskCache>,
    history: &History,
    observed: &mut Observed,
) -> Result<bool, ObserveError> {
    let asked: Vec<_> = desks
        .iter()
        .filter_map(|key| match observed.desks.get(key)? {
            DeskReading::Read(desk) if desk.role_reading == RoleReading::NotRead => {
                let list = cached_list(cache.filter(|_| desk.completeness.is_narrow()), key);
                Some((
                    key.clone(),
                    desk.customer_role.clone(),
                    desk.list_size().max(list.len()),
                    list,
                ))
            }
            DeskReading::Read(_) | DeskReading::Missing | DeskReading::Unreadable { .. } => None,
        })
        .collect();
    let answers = stream::iter(asked).map(|(key, role, listed, list)| async move {
        let holders = match listed > MAX_PEOPLE_FOR_ROLE_READ {
            true => Ok(Err(format!(
                "the desk lists more than {MAX_PEOPLE_FOR_ROLE_READ} people, and Jira returns a role as one response without pages"
            ))),
            false => role_or_reason(&key, jira.customer_role(&key, role).await),
        };
        (key, holders, list)
    });
    let mut any = false;
    for (key, holders, list) in answers.buffered(MAX_CONCURRENT_READS).collect::<Vec<_>>().await {
        let holders = holders?;
        let Some(DeskReading::Read(desk)) = observed.desks.get_mut(&key) else {
            continue;
        };
        let holders = holders.map(|(role, holders)| {
            desk.customer_role = Some(role);
            holders
        });
        desk.compare_with_role(holders, history.role_members.get(&key).map(|marks| &**marks), &list);
        any |= !desk.phantoms().is_empty();
        if let RoleReading::Untrusted { reason } = &desk.role_reading {
            observed.warnings.push(format!(
                "the project role \"Service Desk Customers\" of {key} does not show who is off the desk, so all listed \
                 accounts count as on it: {reason}; compare the role in the project settings with the desk's customers"
            ));
        }
    }
    Ok(any)
}

/// Returns the handles on a desk's list when it was last read.
fn cached_list(cache: Option<&DeskCache>, key: &DeskKey) -> BTreeSet<Handle> {
    let desk = cache.and_then(|cache| cache.desk(key));
    desk.map(|desk| desk.members.union(desk.phantoms()).cloned().collect())
        .unwrap_or_default()
}

/// Returns the role's members, or the reason they could not be read.
///
/// # Errors
/// Errors that end the pass.
fn role_or_reason<T>(key: &DeskKey, answer: Result<T, CallError>) -> Result<Result<T, String>, ObserveError> {
    match answer {
        Ok(role) => Ok(Ok(role)),
        Err(error) if error.ends_pass() => Err(read_error(&format!("the customer role of {key}"))(error)),
        Err(error) => Ok(Err(error.reason())),
    }
}
