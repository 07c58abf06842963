//! Reading whether given accounts are on a desk.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::errors::{ObserveError, read_error};
use crate::jira::JiraRead;
use crate::jira::limits::MAX_CONCURRENT_READS;
use crate::model::account::Account;
use crate::model::desk::DeskKey;
use crate::model::observed::{DeskReading, Observed};

/// Adds the accounts that hold a desk's customer role to its members. Data Center.
pub(super) async fn read_customer_roles(
    jira: &JiraRead,
    asked: BTreeMap<DeskKey, Vec<Account>>,
    observed: &mut Observed,
) -> Result<(), ObserveError> {
    let rolls = stream::iter(asked).map(|(key, people)| async move {
        let roll = jira.customer_list_by_role(key.as_str()).await;
        let roll = roll.map_err(read_error(&format!("the customers of {key}")))?;
        Ok::<_, ObserveError>((key, people, roll))
    });
    for (key, people, roll) in rolls
        .buffer_unordered(MAX_CONCURRENT_READS)
        .try_collect::<Vec<_>>()
        .await?
    {
        if let Some(DeskReading::Read(desk)) = observed.desks.get_mut(&key) {
            let on = people.into_iter().map(|account| account.handle);
            desk.members.extend(on.filter(|handle| roll.members.contains(handle)));
            desk.groups = roll.groups;
        }
    }
    Ok(())
}

/// Looks up each account on its desk and adds those it finds to the desk's members.
pub(super) async fn look_up_memberships(
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
                .map_err(read_error(&format!("the customers of {key}")))?,
            None => true,
        };
        Ok::<_, ObserveError>(listed.then_some((key, account.handle)))
    });
    let listed: Vec<_> = answers.buffer_unordered(MAX_CONCURRENT_READS).try_collect().await?;
    for (key, account) in listed.into_iter().flatten() {
        if let Some(DeskReading::Read(desk)) = observed.desks.get_mut(&key) {
            desk.members.insert(account);
        }
    }
    Ok(())
}
