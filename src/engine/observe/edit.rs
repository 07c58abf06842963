//! Observing for an edit: looks up only the people and desks that changed in the roster.

use std::collections::{BTreeMap, BTreeSet};

use super::desks::{DeskReads, read_desks};
use super::errors::ObserveError;
use super::memberships::{look_up_memberships, read_customer_roles};
use super::questions::{answer_questions, resolve_questions};
use super::sign_in::begin_observation;
use crate::engine::desk_cache::DeskCache;
use crate::engine::progress::{Event, Progress};
use crate::jira::JiraRead;
use crate::jira::limits::MIN_PAGE_ROWS;
use crate::model::account::Account;
use crate::model::desk::DeskKey;
use crate::model::edit::Edit;
use crate::model::held::HeldReason;
use crate::model::identity::{Identities, Identity};
use crate::model::ledger::Ledger;
use crate::model::observed::{
    AccessReading, Completeness, Deployment, DeskReading, Observed, ObservedDesk, RoleReading,
};
use crate::model::plan::Questions;

/// Observes the people and desks of an edit. Looks up every person of the edit again, whatever is cached about them.
///
/// # Errors
/// As [`super::observe`].
pub async fn observe_edit(
    jira: &JiraRead,
    edit: &Edit,
    cache: &DeskCache,
    ledger: &Ledger,
    progress: &dyn Progress,
) -> Result<Observed, ObserveError> {
    let mut observed = begin_observation(jira).await?;
    let is_whole = |key: &&DeskKey| edit.complete_desks.contains(*key) || cache.desk(key).is_none();
    let whole: Vec<_> = edit.roster.desks.keys().filter(is_whole).cloned().collect();
    read_complete_lists(jira, edit, &whole, &mut observed, progress).await?;
    for key in edit.roster.desks.keys() {
        if let (false, Some(desk)) = (whole.contains(key), cache.desk(key)) {
            observed
                .desks
                .insert(key.clone(), DeskReading::Read(without_members(desk)));
        }
    }
    // The site has at least as many accounts as its largest desk has customers.
    let accounts = cache.largest_desk_size();
    look_up_people(jira, edit, &mut observed, accounts, progress).await?;
    let mut asked = memberships_to_look_up(edit, &observed, cache);
    if jira.site().deployment == Deployment::DataCenter {
        // A role is one response, however many members it has.
        read_customer_roles(jira, std::mem::take(&mut asked), &mut observed).await?;
    }
    let long = |(key, people): (&DeskKey, &Vec<Account>)| {
        let rows = cache.desk(key).map_or(0, |desk| desk.members.len());
        (people.len() > rows / MIN_PAGE_ROWS + 1).then(|| key.clone())
    };
    let long: Vec<_> = asked.iter().filter_map(long).collect();
    read_complete_lists(jira, edit, &long, &mut observed, progress).await?;
    asked.retain(|key, _| !long.contains(key));
    look_up_memberships(jira, asked, &mut observed).await?;
    resolve_questions(jira, (&edit.roster, ledger), &mut observed, accounts, progress).await?;
    mark_narrow_lists(edit, &mut observed);
    progress.event(Event::Ended);
    Ok(observed)
}

/// Marks desks as narrow unless the edit covers them as a whole. The edit's roster lists all people of the desks it
/// covers, and only the changed people of the others. A list of the latter may still have been read completely (it was
/// cheaper, or nothing was cached), but must not decide about other people on it.
fn mark_narrow_lists(edit: &Edit, observed: &mut Observed) {
    for (key, reading) in &mut observed.desks {
        if let DeskReading::Read(desk) = reading
            && !edit.complete_desks.contains(key)
        {
            desk.completeness = Completeness::Narrow;
        }
    }
}

async fn read_complete_lists(
    jira: &JiraRead,
    edit: &Edit,
    desks: &[DeskKey],
    observed: &mut Observed,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let specs = desks
        .iter()
        .filter_map(|key| Some((key, DeskReads::for_desk(&edit.roster, key, edit.roster.desks.get(key)?))));
    read_desks(jira, observed, specs, progress).await
}

/// Returns the desk without members; the people of the edit are then looked up one by one.
fn without_members(desk: &ObservedDesk) -> ObservedDesk {
    ObservedDesk {
        id: desk.id.clone(),
        members: BTreeSet::new(),
        completeness: Completeness::Narrow,
        access: AccessReading::NotRead,
        groups: desk.groups.clone(),
        project_roles: desk.project_roles.clone(),
        can_be_public: desk.can_be_public,
        portal: desk.portal,
        customer_role: desk.customer_role.clone(),
        role_reading: RoleReading::NotRead,
    }
}

async fn look_up_people(
    jira: &JiraRead,
    edit: &Edit,
    observed: &mut Observed,
    accounts: usize,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let people = edit.people.iter().filter_map(|key| edit.roster.customers.get(key));
    let mut asked = Questions::default();
    for customer in people {
        match &customer.account {
            Some(pin) => {
                asked.pins.insert(pin.clone());
            }
            None => asked.emails.push(customer.email.clone()),
        }
        asked.emails.extend(customer.previously.iter().cloned());
    }
    match asked.is_empty() {
        true => Ok(()),
        false => answer_questions(jira, observed, asked, accounts, progress).await,
    }
}

/// Returns the accounts to look up on each desk. An account with a hidden e-mail cannot be looked up there, so for it
/// the cached membership counts.
fn memberships_to_look_up(edit: &Edit, observed: &Observed, cache: &DeskCache) -> BTreeMap<DeskKey, Vec<Account>> {
    let identities = Identities::new(&edit.roster, observed);
    let mut asked: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for customer in edit.people.iter().filter_map(|key| edit.roster.customers.get(key)) {
        let account = match identities.identify(customer) {
            Identity::Account(account) | Identity::PreviousEmail(account) => account,
            Identity::Held(HeldReason::Deactivated(id)) => match observed.accounts.get(&id) {
                Some(account) => account,
                None => continue,
            },
            Identity::Absent | Identity::NeedsLookup(_) | Identity::Held(_) => continue,
        };
        for key in &customer.desks {
            let narrow =
                matches!(observed.desks.get(key), Some(DeskReading::Read(desk)) if desk.completeness.is_narrow());
            let findable = account.email.is_some()
                || cache
                    .desk(key)
                    .is_some_and(|desk| desk.members.contains(&account.handle));
            if narrow && findable {
                asked.entry(key.clone()).or_default().push(account.clone());
            }
        }
    }
    asked
}
