//! Observing what the steps of a saved plan were computed from, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::desks::{Reads, list_desks, read_access, read_desks};
use super::errors::ObserveError;
use super::memberships::{ask_memberships, read_rolls};
use super::questions::answer;
use super::roles::hear_roles;
use super::sign_in::signed_in;
use super::staff::ask_staff;
use crate::engine::progress::{Event, Progress};
use crate::jira::limits::LEAST_PAGE_ROWS;
use crate::jira::{DeskRef, JiraRead};
use crate::model::account::{Account, AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::ledger::History;
use crate::model::observed::{Completeness, Deployment, DeskReading, Observed, ObservedDesk, Witness};
use crate::model::plan::Questions;
use crate::model::roster::Roster;
use crate::model::saved::{Premise, SavedPlan, Seen};
use crate::model::step::{Action, Step, StepId, Who};

/// Observes what the steps of a saved plan were computed from. A desk somebody is to be taken off is read whole, because
/// the guards go by how many are on it.
pub(in crate::engine) async fn observe_saved(
    jira: &JiraRead,
    saved: &SavedPlan,
    planned: &Roster,
    history: &History,
    progress: &dyn Progress,
) -> Result<Observed, ObserveError> {
    let mut observed = signed_in(jira).await?;
    let found = list_desks(jira).await?;
    see_desks(jira, (saved, planned), &found, &mut observed).await?;
    let removals = saved.steps.iter().filter(|step| step.action.removal().is_some());
    let whole: BTreeSet<_> = removals.filter_map(|step| step.action.desk()).collect();
    let certainly = Reads {
        access: true,
        certainly: true,
    };
    read_desks(
        jira,
        &mut observed,
        whole.iter().map(|desk| (*desk, certainly)),
        progress,
    )
    .await?;
    ask_people(jira, saved, &mut observed, progress).await?;
    see_memberships(jira, saved, &mut observed, progress).await?;
    if jira.site().deployment == Deployment::Cloud {
        let mut by_list = listed_already(saved, &observed);
        read_lists(jira, saved, &by_list, &mut observed, progress).await?;
        by_list.extend(whole.into_iter().cloned());
        hear_roles(jira, &by_list, None, history, &mut observed).await?;
    }
    let staff = saved
        .steps
        .iter()
        .filter_map(|step| more_than_customer(step, planned, &observed));
    let staff: Vec<_> = staff.collect();
    ask_staff(jira, staff, &mut observed).await?;
    progress.event(Event::Ended);
    Ok(observed)
}

/// Which desks there are, and how open they are where the plan changes that; nobody on them.
async fn see_desks(
    jira: &JiraRead,
    (saved, planned): (&SavedPlan, &Roster),
    found: &[DeskRef],
    observed: &mut Observed,
) -> Result<(), ObserveError> {
    let opened = |key: &DeskKey| saved.premises.contains_key(&Premise::Access(key.clone()));
    let of_steps = saved.premises.keys().filter_map(|premise| {
        if let Premise::Desk(key) = premise {
            Some(key)
        } else {
            None
        }
    });
    // Whoever works on a desk of theirs is more than a customer.
    let of_changed = saved.steps.iter().flat_map(|step| updated(step, planned));
    for key in of_steps.chain(of_changed).collect::<BTreeSet<_>>() {
        let Some(desk) = found.iter().find(|desk| desk.key == key.as_str()) else {
            observed.desks.insert(key.clone(), DeskReading::Missing);
            continue;
        };
        let (access, settings) = read_access(jira, key, opened(key)).await?;
        let desk = ObservedDesk {
            id: desk.id.clone(),
            members: BTreeSet::new(),
            completeness: Completeness::Narrow,
            access,
            groups: BTreeSet::new(),
            team: None,
            may_be_public: settings.is_some_and(|settings| settings.may_be_public()),
            portal: saved.portals.get(key).copied(),
            role: None,
            witness: Witness::NotAsked,
        };
        observed.desks.insert(key.clone(), DeskReading::Read(desk));
    }
    Ok(())
}

/// Asks for everybody the plan is about: by address where there is one to be seen, else by the account.
async fn ask_people(
    jira: &JiraRead,
    saved: &SavedPlan,
    observed: &mut Observed,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let mut emails = BTreeMap::<EmailKey, Email>::new();
    let mut ask = |email: &EmailKey| {
        if let Ok(parsed) = Email::parse(email.as_str()) {
            emails.insert(email.clone(), parsed);
        }
    };
    for (premise, seen) in &saved.premises {
        match (premise, seen) {
            (Premise::Address(email), _) => ask(email),
            (Premise::Account(id), Seen::Account { email: Some(email), .. }) if !observed.accounts.contains_key(id) => {
                ask(email);
            }
            _ => {}
        }
    }
    let accounts = saved.history.sizes.values().copied().max().unwrap_or_default();
    let asked = Questions {
        emails: emails.into_values().collect(),
        ..Questions::default()
    };
    answer(jira, observed, asked, accounts, progress).await?;
    let missing = accounts_of(saved).filter(|id| !observed.accounts.contains_key(*id));
    let asked = Questions {
        accounts: missing.cloned().collect(),
        ..Questions::default()
    };
    answer(jira, observed, asked, accounts, progress).await
}

/// The accounts the steps are about that were there when the plan was made.
fn accounts_of(saved: &SavedPlan) -> impl Iterator<Item = &AccountId> {
    saved.premises.keys().filter_map(|premise| {
        if let Premise::Account(id) = premise {
            Some(id)
        } else {
            None
        }
    })
}

/// Who of those to be added is on the desk already. Where there are more of them than pages of its list, the list is
/// read; so it is for somebody who hides the address one would be found by.
async fn see_memberships(
    jira: &JiraRead,
    saved: &SavedPlan,
    observed: &mut Observed,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let mut asked = BTreeMap::<DeskKey, Vec<Account>>::new();
    for (desk, account) in added(saved, observed) {
        if observed.desk(desk).is_some_and(|desk| desk.completeness.is_narrow()) {
            asked.entry(desk.clone()).or_default().push(account.clone());
        }
    }
    if jira.site().deployment == Deployment::DataCenter {
        return read_rolls(jira, asked, observed).await;
    }
    let long = |(key, people): (&DeskKey, &Vec<Account>)| {
        let rows = saved.history.sizes.get(&key.into()).copied().unwrap_or_default();
        let hides = people.iter().any(|account| account.email.is_none());
        (hides || people.len() > rows / LEAST_PAGE_ROWS + 1).then(|| key.clone())
    };
    let long: BTreeSet<_> = asked.iter().filter_map(long).collect();
    asked.retain(|key, _| !long.contains(key));
    read_lists(jira, saved, &long, observed, progress).await?;
    ask_memberships(jira, asked, observed).await
}

/// Whom the steps add to which desk, of the accounts there are.
fn added<'a>(saved: &'a SavedPlan, observed: &'a Observed) -> Vec<(&'a DeskKey, &'a Account)> {
    let found = saved.found(observed);
    let steps = saved.steps.iter().filter_map(|step| {
        let Action::AddToDesk { who, desk, .. } = &step.action else {
            return None;
        };
        let id = match who {
            Who::Existing(account) => Some(&account.id),
            Who::MadeBy(id) => found.get(id).or_else(|| changed(saved, *id)),
        };
        Some((desk, observed.accounts.get(id?)?))
    });
    steps.collect()
}

/// The desks whose list shows somebody who is to be added: they were not on it, or on its list only, when the plan was made.
fn listed_already(saved: &SavedPlan, observed: &Observed) -> BTreeSet<DeskKey> {
    let is_listed = |desk: &DeskKey, account: &Account| {
        let read = observed.desk(desk);
        read.is_some_and(|desk| desk.members.contains(&account.handle))
    };
    let listed = added(saved, observed).into_iter();
    let listed = listed.filter(|(desk, account)| is_listed(desk, account));
    listed.map(|(desk, _)| desk.clone()).collect()
}

/// Reads the lists of these desks whole, unless they were; how open they are stays as it was read.
async fn read_lists(
    jira: &JiraRead,
    saved: &SavedPlan,
    desks: &BTreeSet<DeskKey>,
    observed: &mut Observed,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    for key in desks {
        let narrow = observed.desk(key).filter(|desk| desk.completeness.is_narrow());
        let Some(access) = narrow.map(|desk| desk.access.clone()) else {
            continue;
        };
        read_desks(jira, observed, std::iter::once((key, Reads::default())), progress).await?;
        if let Some(DeskReading::Read(desk)) = observed.desks.get_mut(key) {
            desk.access = access;
            desk.portal = saved.portals.get(key).copied();
        }
    }
    Ok(())
}

/// Whose account a step changes.
fn changed(saved: &SavedPlan, id: StepId) -> Option<&AccountId> {
    let step = saved.steps.iter().find(|step| step.id == id)?;
    match &step.action {
        Action::UpdateCustomer { account, .. } => Some(&account.id),
        Action::CreateCustomer { .. }
        | Action::AddToDesk { .. }
        | Action::RemoveFromDesk { .. }
        | Action::SetAccess { .. } => None,
    }
}

/// The desks of the entry whose account a step changes.
fn updated<'a>(step: &Step, planned: &'a Roster) -> impl Iterator<Item = &'a DeskKey> {
    let email = match &step.action {
        Action::UpdateCustomer { email, .. } => Some(email.key()),
        Action::CreateCustomer { .. }
        | Action::AddToDesk { .. }
        | Action::RemoveFromDesk { .. }
        | Action::SetAccess { .. } => None,
    };
    let customer = email.and_then(|email| planned.customers.get(email));
    customer.into_iter().flat_map(|customer| &customer.desks)
}

/// Who must be nothing more than a customer for a step, and the desks that is about.
fn more_than_customer(step: &Step, planned: &Roster, observed: &Observed) -> Option<(Handle, BTreeSet<DeskKey>)> {
    let (account, desks) = match &step.action {
        Action::UpdateCustomer { account, .. } => (account, updated(step, planned).cloned().collect()),
        Action::RemoveFromDesk { account, desk, .. } => (account, BTreeSet::from([desk.clone()])),
        Action::CreateCustomer { .. } | Action::AddToDesk { .. } | Action::SetAccess { .. } => return None,
    };
    let now = observed.accounts.get(&account.id)?;
    Some((now.handle.clone(), desks))
}
