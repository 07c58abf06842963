//! Observing for a saved plan: only the preconditions of its steps.

use std::collections::{BTreeMap, BTreeSet};

use super::desks::{DeskReads, list_desks, read_access, read_desks};
use super::errors::ObserveError;
use super::memberships::{look_up_memberships, read_customer_roles};
use super::questions::answer_questions;
use super::roles::verify_lists_by_role;
use super::sign_in::begin_observation;
use super::staff::read_staff;
use crate::engine::progress::{Event, Progress};
use crate::jira::limits::MIN_PAGE_ROWS;
use crate::jira::{DeskRef, JiraRead};
use crate::model::account::{Account, AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::ledger::History;
use crate::model::observed::{Completeness, Deployment, DeskReading, Observed, ObservedDesk, RoleReading};
use crate::model::plan::Questions;
use crate::model::roster::Roster;
use crate::model::saved::{Observation, Precondition, SavedPlan};
use crate::model::step::{Action, Step, StepAccount, StepId};

/// Observes the preconditions of a saved plan. The list of a desk with removals is read completely, because the guards
/// need its size.
pub(in crate::engine) async fn observe_saved(
    jira: &JiraRead,
    saved: &SavedPlan,
    planned: &Roster,
    history: &History,
    progress: &dyn Progress,
) -> Result<Observed, ObserveError> {
    let mut observed = begin_observation(jira).await?;
    let found = list_desks(jira).await?;
    observe_desks(jira, (saved, planned), &found, &mut observed).await?;
    let removals = saved.steps.iter().filter(|step| step.action.removal().is_some());
    let whole: BTreeSet<_> = removals.filter_map(|step| step.action.desk()).collect();
    let certainly = DeskReads {
        access: true,
        retry_partial: true,
    };
    read_desks(
        jira,
        &mut observed,
        whole.iter().map(|desk| (*desk, certainly)),
        progress,
    )
    .await?;
    look_up_people(jira, saved, &mut observed, progress).await?;
    observe_memberships(jira, saved, &mut observed, progress).await?;
    if jira.site().deployment == Deployment::Cloud {
        let mut by_list = desks_listing_additions(saved, &observed);
        read_complete_lists(jira, saved, &by_list, &mut observed, progress).await?;
        by_list.extend(whole.into_iter().cloned());
        verify_lists_by_role(jira, &by_list, None, history, &mut observed).await?;
    }
    let staff = saved
        .steps
        .iter()
        .filter_map(|step| account_to_check_for_staff(step, planned, &observed));
    let staff: Vec<_> = staff.collect();
    read_staff(jira, staff, &mut observed).await?;
    progress.event(Event::Ended);
    Ok(observed)
}

/// Observes the desks of the plan without their members, and the access modes the plan changes.
async fn observe_desks(
    jira: &JiraRead,
    (saved, planned): (&SavedPlan, &Roster),
    found: &[DeskRef],
    observed: &mut Observed,
) -> Result<(), ObserveError> {
    let opened = |key: &DeskKey| saved.preconditions.contains_key(&Precondition::Access(key.clone()));
    let of_steps = saved.preconditions.keys().filter_map(|precondition| {
        if let Precondition::Desk(key) = precondition {
            Some(key)
        } else {
            None
        }
    });
    // The desks of updated accounts: an account with another role on one of them is more than a customer.
    let of_changed = saved
        .steps
        .iter()
        .flat_map(|step| desks_of_updated_entry(step, planned));
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
            project_roles: None,
            can_be_public: settings.is_some_and(|settings| settings.can_be_public()),
            portal: saved.portals.get(key).copied(),
            customer_role: None,
            role_reading: RoleReading::NotRead,
        };
        observed.desks.insert(key.clone(), DeskReading::Read(desk));
    }
    Ok(())
}

/// Looks up the accounts of the plan: by e-mail if it is visible, else by account id.
async fn look_up_people(
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
    for (precondition, seen) in &saved.preconditions {
        match (precondition, seen) {
            (Precondition::Address(email), _) => ask(email),
            (Precondition::Account(id), Observation::Account { email: Some(email), .. })
                if !observed.accounts.contains_key(id) =>
            {
                ask(email);
            }
            _ => {}
        }
    }
    let accounts = saved.history.list_sizes.values().copied().max().unwrap_or_default();
    let asked = Questions {
        emails: emails.into_values().collect(),
        ..Questions::default()
    };
    answer_questions(jira, observed, asked, accounts, progress).await?;
    let missing = precondition_accounts(saved).filter(|id| !observed.accounts.contains_key(*id));
    let asked = Questions {
        accounts: missing.cloned().collect(),
        ..Questions::default()
    };
    answer_questions(jira, observed, asked, accounts, progress).await
}

/// Returns the accounts of the steps that existed when the plan was made.
fn precondition_accounts(saved: &SavedPlan) -> impl Iterator<Item = &AccountId> {
    saved.preconditions.keys().filter_map(|precondition| {
        if let Precondition::Account(id) = precondition {
            Some(id)
        } else {
            None
        }
    })
}

/// Observes whether accounts to be added are already on the desk. Reads the desk's list instead if there are more
/// accounts than pages of the list, or if one of them hides its e-mail and cannot be looked up.
async fn observe_memberships(
    jira: &JiraRead,
    saved: &SavedPlan,
    observed: &mut Observed,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let mut asked = BTreeMap::<DeskKey, Vec<Account>>::new();
    for (desk, account) in accounts_to_add(saved, observed) {
        if observed.desk(desk).is_some_and(|desk| desk.completeness.is_narrow()) {
            asked.entry(desk.clone()).or_default().push(account.clone());
        }
    }
    if jira.site().deployment == Deployment::DataCenter {
        return read_customer_roles(jira, asked, observed).await;
    }
    let long = |(key, people): (&DeskKey, &Vec<Account>)| {
        let rows = saved.history.list_sizes.get(&key.into()).copied().unwrap_or_default();
        let hides = people.iter().any(|account| account.email.is_none());
        (hides || people.len() > rows / MIN_PAGE_ROWS + 1).then(|| key.clone())
    };
    let long: BTreeSet<_> = asked.iter().filter_map(long).collect();
    asked.retain(|key, _| !long.contains(key));
    read_complete_lists(jira, saved, &long, observed, progress).await?;
    look_up_memberships(jira, asked, observed).await
}

/// Returns the existing accounts that the steps add, each with its desk.
fn accounts_to_add<'a>(saved: &'a SavedPlan, observed: &'a Observed) -> Vec<(&'a DeskKey, &'a Account)> {
    let found = saved.accounts_already_made(observed);
    let steps = saved.steps.iter().filter_map(|step| {
        let Action::AddToDesk { who, desk, .. } = &step.action else {
            return None;
        };
        let id = match who {
            StepAccount::Existing(account) => Some(&account.id),
            StepAccount::MadeBy(id) => found.get(id).or_else(|| updated_account(saved, *id)),
        };
        Some((desk, observed.accounts.get(id?)?))
    });
    steps.collect()
}

/// Returns the desks with an account to be added already on their list. When the plan was made, the account was not on
/// the desk, or only on its list.
fn desks_listing_additions(saved: &SavedPlan, observed: &Observed) -> BTreeSet<DeskKey> {
    let is_listed = |desk: &DeskKey, account: &Account| {
        let read = observed.desk(desk);
        read.is_some_and(|desk| desk.members.contains(&account.handle))
    };
    let listed = accounts_to_add(saved, observed).into_iter();
    let listed = listed.filter(|(desk, account)| is_listed(desk, account));
    listed.map(|(desk, _)| desk.clone()).collect()
}

/// Reads the complete lists of these desks unless already read, keeping their access modes.
async fn read_complete_lists(
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
        read_desks(jira, observed, std::iter::once((key, DeskReads::default())), progress).await?;
        if let Some(DeskReading::Read(desk)) = observed.desks.get_mut(key) {
            desk.access = access;
            desk.portal = saved.portals.get(key).copied();
        }
    }
    Ok(())
}

/// Returns the account that a step updates.
fn updated_account(saved: &SavedPlan, id: StepId) -> Option<&AccountId> {
    let step = saved.steps.iter().find(|step| step.id == id)?;
    match &step.action {
        Action::UpdateCustomer { account, .. } => Some(&account.id),
        Action::CreateCustomer { .. }
        | Action::AddToDesk { .. }
        | Action::RemoveFromDesk { .. }
        | Action::SetAccess { .. } => None,
    }
}

/// Returns the desks of the roster entry that a step updates.
fn desks_of_updated_entry<'a>(step: &Step, planned: &'a Roster) -> impl Iterator<Item = &'a DeskKey> {
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

/// Returns the account that must be only a customer for a step to be allowed, and the desks that matter for it.
fn account_to_check_for_staff(
    step: &Step,
    planned: &Roster,
    observed: &Observed,
) -> Option<(Handle, BTreeSet<DeskKey>)> {
    let (account, desks) = match &step.action {
        Action::UpdateCustomer { account, .. } => (account, desks_of_updated_entry(step, planned).cloned().collect()),
        Action::RemoveFromDesk { account, desk, .. } => (account, BTreeSet::from([desk.clone()])),
        Action::CreateCustomer { .. } | Action::AddToDesk { .. } | Action::SetAccess { .. } => return None,
    };
    let now = observed.accounts.get(&account.id)?;
    Some((now.handle.clone(), desks))
}
