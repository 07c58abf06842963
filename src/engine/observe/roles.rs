//! Observing the second witness of who is on a desk: the project role of its customers, on Cloud. It is asked only of desks
//! where somebody would leave, or counts as present for the first time, by the word of the list alone.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, stream};

use super::errors::{ObserveError, reading};
use crate::engine::memory::Memory;
use crate::jira::limits::{AT_ONCE, ROLE_LISTED};
use crate::jira::{CallError, JiraRead};
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::ledger::History;
use crate::model::observed::{DeskReading, Observed, Witness};

/// Asks the roles of these desks; true where somebody on a list was seen to be off the desk. What `memory` has of a list
/// counts where only some people were asked for.
///
/// # Errors
/// What ends a pass. Any other leaves the role doubted, with a warning.
pub(in crate::engine) async fn hear_roles(
    jira: &JiraRead,
    desks: &BTreeSet<DeskKey>,
    memory: Option<&Memory>,
    history: &History,
    observed: &mut Observed,
) -> Result<bool, ObserveError> {
    let asked: Vec<_> = desks
        .iter()
        .filter_map(|key| match observed.desks.get(key)? {
            DeskReading::Read(desk) if desk.witness == Witness::NotAsked => {
                let list = remembered(memory.filter(|_| desk.completeness.is_narrow()), key);
                Some((key.clone(), desk.role.clone(), desk.listed().max(list.len()), list))
            }
            DeskReading::Read(_) | DeskReading::Missing | DeskReading::Unreadable { .. } => None,
        })
        .collect();
    let answers = stream::iter(asked).map(|(key, role, listed, list)| async move {
        let holders = match listed > ROLE_LISTED {
            true => Ok(Err(format!(
                "the desk lists more than {ROLE_LISTED} people, and the role is one answer without pages"
            ))),
            false => settled(&key, jira.customer_role(&key, role).await),
        };
        (key, holders, list)
    });
    let mut any = false;
    for (key, holders, list) in answers.buffered(AT_ONCE).collect::<Vec<_>>().await {
        let holders = holders?;
        let Some(DeskReading::Read(desk)) = observed.desks.get_mut(&key) else {
            continue;
        };
        let holders = holders.map(|(role, holders)| {
            desk.role = Some(role);
            holders
        });
        desk.hear(holders, history.places.get(&key).map(|marks| &**marks), &list);
        any |= !desk.phantoms().is_empty();
        if let Witness::Doubted { reason } = &desk.witness {
            observed.warnings.push(format!(
                "the project role \"Service Desk Customers\" of {key} cannot tell who is off the desk, so everybody Jira lists \
                 counts as on it: {reason}; compare the role in the project's settings with the desk's customers"
            ));
        }
    }
    Ok(any)
}

/// Whom a desk's list showed when it was last read.
fn remembered(memory: Option<&Memory>, key: &DeskKey) -> BTreeSet<Handle> {
    let desk = memory.and_then(|memory| memory.desk(key));
    desk.map(|desk| desk.members.union(desk.phantoms()).cloned().collect())
        .unwrap_or_default()
}

/// What reading a role came to, or why it did not; an error where that ends the pass.
fn settled<T>(key: &DeskKey, answer: Result<T, CallError>) -> Result<Result<T, String>, ObserveError> {
    match answer {
        Ok(said) => Ok(Ok(said)),
        Err(error) if error.ends_the_pass() => Err(reading(&format!("who has the customers' role of {key}"))(error)),
        Err(error) => Ok(Err(error.reason())),
    }
}
