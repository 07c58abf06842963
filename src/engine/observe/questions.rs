//! What the planner still needs to be told.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::accounts::remember;
use super::errors::{ObserveError, reading};
use super::people::{check_permissions, look_up, sweep};
use crate::engine::progress::Progress;
use crate::jira::JiraRead;
use crate::jira::limits::AT_ONCE;
use crate::model::account::{AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::ledger::Ledger;
use crate::model::observed::{DeskReading, Observed, Team};
use crate::model::plan::{Questions, questions};
use crate::model::roster::Roster;

/// Rounds of questions before giving up: e-mails and pins, the teams of those found, their groups, and one to spare.
const ROUNDS: usize = 4;

/// Asks what the plan could not decide yet. The site has `accounts` at least.
pub(in crate::engine) async fn ask(
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
        answer(jira, observed, asked, accounts, progress).await?;
    }
    Ok(())
}

pub(super) async fn answer(
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
            sweep(jira, observed, asked.emails, accounts, progress).await?
        }
    };
    look_up(jira, observed, emails, progress).await?;
    let pins = stream::iter(asked.pins).map(|pin| async move {
        let found = jira.account(&pin).await.map_err(reading("a pinned account"))?;
        Ok::<_, ObserveError>((pin, found))
    });
    for (pin, found) in pins.buffer_unordered(AT_ONCE).try_collect::<Vec<(Handle, _)>>().await? {
        observed
            .pins
            .insert(pin, found.as_ref().map(|account| account.id.clone()));
        remember(observed, found);
    }
    let teams = stream::iter(asked.teams).map(|key| async move {
        let team = jira.team(&key).await.map_err(reading(&format!("the roles of {key}")));
        (key, team)
    });
    for (key, team) in teams.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
        let team = known_team(&key, team, &mut observed.warnings)?;
        if let Some(DeskReading::Read(desk)) = observed.desks.get_mut(&key) {
            desk.team = Some(team);
        }
    }
    read_known(jira, observed, asked.accounts).await?;
    read_groups(jira, observed, asked.groups).await
}

/// Whether there still are accounts that were known.
async fn read_known(
    jira: &JiraRead,
    observed: &mut Observed,
    accounts: BTreeSet<AccountId>,
) -> Result<(), ObserveError> {
    let found = stream::iter(accounts).map(|id| async move {
        let found = jira.account_by_id(&id).await;
        Ok::<_, ObserveError>((id, found.map_err(reading("an account that was known"))?))
    });
    for (id, found) in found.buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await? {
        match found {
            Some(_) => remember(observed, found),
            None => drop(observed.gone.insert(id)),
        }
    }
    Ok(())
}

/// Groups that may not be read leave their members unrecognised: they are added by name, which harms nobody.
async fn read_groups(jira: &JiraRead, observed: &mut Observed, accounts: BTreeSet<Handle>) -> Result<(), ObserveError> {
    let groups = stream::iter(accounts).map(|handle| async move {
        let groups = match jira.standing(&handle).await {
            Ok(standing) => standing.map(|standing| standing.groups).unwrap_or_default(),
            Err(error) if error.ends_the_pass() => return Err(reading("the groups of an account")(error)),
            Err(_) => BTreeSet::new(),
        };
        Ok((handle, groups))
    });
    let groups: Vec<_> = groups.buffer_unordered(AT_ONCE).try_collect().await?;
    observed.groups.extend(groups);
    Ok(())
}

/// Roles that may not be read leave agents unrecognised: they would be added as customers, which harms nobody.
fn known_team(
    key: &DeskKey,
    team: Result<Team, ObserveError>,
    warnings: &mut Vec<String>,
) -> Result<Team, ObserveError> {
    match team {
        Ok(team) => Ok(team),
        Err(ObserveError::Read { cause, .. }) if !cause.ends_the_pass() => {
            warnings.push(format!(
                "who works on {key} could not be read, so agents may be added as customers: {}",
                cause.reason()
            ));
            Ok(Team {
                unread: true,
                ..Team::default()
            })
        }
        Err(error) => Err(error),
    }
}
