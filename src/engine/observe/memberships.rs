//! Who of some people is on a desk.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::errors::{ObserveError, reading};
use crate::jira::JiraRead;
use crate::jira::limits::AT_ONCE;
use crate::model::account::Account;
use crate::model::desk::DeskKey;
use crate::model::observed::{DeskReading, Observed};

/// Who of these people has a desk's role for customers.
pub(super) async fn read_rolls(
    jira: &JiraRead,
    asked: BTreeMap<DeskKey, Vec<Account>>,
    observed: &mut Observed,
) -> Result<(), ObserveError> {
    let rolls = stream::iter(asked).map(|(key, people)| async move {
        let roll = jira.roll_of(key.as_str()).await;
        let roll = roll.map_err(reading(&format!("who is on {key}")))?;
        Ok::<_, ObserveError>((key, people, roll))
    });
    for (key, people, roll) in rolls.buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await? {
        if let Some(DeskReading::Read(desk)) = observed.desks.get_mut(&key) {
            let on = people.into_iter().map(|account| account.handle);
            desk.members.extend(on.filter(|handle| roll.members.contains(handle)));
            desk.groups = roll.groups;
        }
    }
    Ok(())
}

pub(super) async fn ask_memberships(
    jira: &JiraRead,
    asked: BTreeMap<DeskKey, Vec<Account>>,
    observed: &mut Observed,
) -> Result<(), ObserveError> {
    let each = asked.into_iter().flat_map(|(key, people)| {
        let id = observed.desk(&key).map(|desk| desk.id.clone()).unwrap_or_default();
        people
            .into_iter()
            .map(move |account| (key.clone(), id.clone(), account))
    });
    let each: Vec<_> = each.collect();
    let answers = stream::iter(each).map(|(key, desk, account)| async move {
        let listed = match &account.email {
            Some(email) => jira
                .is_customer(&desk, email, &account.id)
                .await
                .map_err(reading(&format!("who is on {key}")))?,
            None => true,
        };
        Ok::<_, ObserveError>(listed.then_some((key, account.handle)))
    });
    let listed: Vec<_> = answers.buffer_unordered(AT_ONCE).try_collect().await?;
    for (key, account) in listed.into_iter().flatten() {
        if let Some(DeskReading::Read(desk)) = observed.desks.get_mut(&key) {
            desk.members.insert(account);
        }
    }
    Ok(())
}
