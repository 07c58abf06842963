//! Answering the planner's open questions.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::accounts::record_account;
use super::errors::{ObserveError, read_error};
use super::people::{check_permissions, look_up_emails, sweep_accounts};
use crate::engine::progress::Progress;
use crate::jira::JiraRead;
use crate::jira::limits::MAX_CONCURRENT_READS;
use crate::model::account::{AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::ledger::Ledger;
use crate::model::observed::{DeskReading, Observed, ProjectRoleMembers};
use crate::model::plan::{Questions, questions};
use crate::model::roster::Roster;

/// Maximum rounds of questions: e-mails and pins, the project roles of their desks, their groups, and one spare.
const ROUNDS: usize = 4;

/// Reads what the plan could not decide yet. The site has at least `accounts` accounts.
pub(in crate::engine) async fn resolve_questions(
    jira: &JiraRead,
    (roster, ledger): (&Roster, &Ledger),
    observed: &mut Observed,
    accounts: usize,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    for _ in 0..ROUNDS {
        let asked = questions(roster, observed, ledger);
        if asked.is_empty() {
            break;
        }
        answer_questions(jira, observed, asked, accounts, progress).await?;
    }
    Ok(())
}

pub(super) async fn answer_questions(
    jira: &JiraRead,
    observed: &mut Observed,
    asked: Questions,
    accounts: usize,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let emails = match asked.emails.is_empty() {
        true => Vec::new(),
        false => {
            check_permissions(jira, observed).await?;
            sweep_accounts(jira, observed, asked.emails, accounts, progress).await?
        }
    };
    look_up_emails(jira, observed, emails, progress).await?;
    let pins = stream::iter(asked.pins).map(|pin| async move {
        let found = jira.account(&pin).await.map_err(read_error("a pinned account"))?;
        Ok::<_, ObserveError>((pin, found))
    });
    for (pin, found) in pins
        .buffer_unordered(MAX_CONCURRENT_READS)
        .try_collect::<Vec<(Handle, _)>>()
        .await?
    {
        observed
            .pins
            .insert(pin, found.as_ref().map(|account| account.id.clone()));
        record_account(observed, found);
    }
    let teams = stream::iter(asked.project_roles).map(|key| async move {
        let team = jira.project_role_members(&key).await;
        let team = team.map_err(read_error(&format!("the project roles of {key}")));
        (key, team)
    });
    for (key, team) in teams.buffer_unordered(MAX_CONCURRENT_READS).collect::<Vec<_>>().await {
        let team = role_members_or_unread(&key, team, &mut observed.warnings)?;
        if let Some(DeskReading::Read(desk)) = observed.desks.get_mut(&key) {
            desk.project_roles = Some(team);
        }
    }
    check_known_accounts(jira, observed, asked.accounts).await?;
    read_groups(jira, observed, asked.groups).await
}

/// Checks whether accounts that earlier passes knew still exist.
async fn check_known_accounts(
    jira: &JiraRead,
    observed: &mut Observed,
    accounts: BTreeSet<AccountId>,
) -> Result<(), ObserveError> {
    let found = stream::iter(accounts).map(|id| async move {
        let found = jira.account_by_id(&id).await;
        Ok::<_, ObserveError>((id, found.map_err(read_error("a known account"))?))
    });
    for (id, found) in found
        .buffer_unordered(MAX_CONCURRENT_READS)
        .try_collect::<Vec<_>>()
        .await?
    {
        match found {
            Some(_) => record_account(observed, found),
            None => drop(observed.missing_accounts.insert(id)),
        }
    }
    Ok(())
}

/// Reads the groups of accounts. Where that is refused, members of a group are not recognized and are added
/// individually, which is harmless.
async fn read_groups(jira: &JiraRead, observed: &mut Observed, accounts: BTreeSet<Handle>) -> Result<(), ObserveError> {
    let groups = stream::iter(accounts).map(|handle| async move {
        let groups = match jira.account_access(&handle).await {
            Ok(standing) => standing.map(|standing| standing.groups).unwrap_or_default(),
            Err(error) if error.ends_pass() => return Err(read_error("the groups of an account")(error)),
            Err(_) => BTreeSet::new(),
        };
        Ok((handle, groups))
    });
    let groups: Vec<_> = groups.buffer_unordered(MAX_CONCURRENT_READS).try_collect().await?;
    observed.groups.extend(groups);
    Ok(())
}

/// Returns the members of a desk's other roles. Where that is refused, agents are not recognized and are added as
/// customers, which is harmless.
fn role_members_or_unread(
    key: &DeskKey,
    team: Result<ProjectRoleMembers, ObserveError>,
    warnings: &mut Vec<String>,
) -> Result<ProjectRoleMembers, ObserveError> {
    match team {
        Ok(team) => Ok(team),
        Err(ObserveError::Read { cause, .. }) if !cause.ends_pass() => {
            warnings.push(format!(
                "cannot read the project roles of {key}, so agents may be added as customers: {}",
                cause.reason()
            ));
            Ok(ProjectRoleMembers {
                is_incomplete: true,
                ..ProjectRoleMembers::default()
            })
        }
        Err(error) => Err(error),
    }
}
