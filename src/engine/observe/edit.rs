//! Observing for an edit: what changed in the roster is asked for person by person, and nothing else is read.

use std::collections::{BTreeMap, BTreeSet};

use super::desks::{Reads, read_desks};
use super::errors::ObserveError;
use super::memberships::{ask_memberships, read_rolls};
use super::questions::{answer, ask};
use super::sign_in::signed_in;
use crate::engine::memory::Memory;
use crate::engine::progress::{Event, Progress};
use crate::jira::JiraRead;
use crate::jira::limits::LEAST_PAGE_ROWS;
use crate::model::account::Account;
use crate::model::desk::DeskKey;
use crate::model::edit::Edit;
use crate::model::held::HeldReason;
use crate::model::identity::{Identities, Identity};
use crate::model::ledger::Ledger;
use crate::model::observed::{AccessReading, Completeness, Deployment, DeskReading, Observed, ObservedDesk, Witness};
use crate::model::plan::Questions;

/// Observes what an edit concerns. Everybody in it is looked up again, whatever is remembered of them.
///
/// # Errors
/// As [`super::observe`].
pub async fn observe_edit(
    jira: &JiraRead,
    edit: &Edit,
    memory: &Memory,
    ledger: &Ledger,
    progress: &dyn Progress,
) -> Result<Observed, ObserveError> {
    let mut observed = signed_in(jira).await?;
    let is_whole = |key: &&DeskKey| edit.whole.contains(*key) || memory.desk(key).is_none();
    let whole: Vec<_> = edit.roster.desks.keys().filter(is_whole).cloned().collect();
    read_whole(jira, edit, &whole, &mut observed, progress).await?;
    for key in edit.roster.desks.keys() {
        if let (false, Some(desk)) = (whole.contains(key), memory.desk(key)) {
            observed.desks.insert(key.clone(), DeskReading::Read(narrow(desk)));
        }
    }
    // As many accounts as the largest desk has customers there are at least.
    let accounts = memory.largest();
    look_up(jira, edit, &mut observed, accounts, progress).await?;
    let mut asked = memberships(edit, &observed, memory);
    if jira.site().deployment == Deployment::DataCenter {
        // A role is one answer, however many have it.
        read_rolls(jira, std::mem::take(&mut asked), &mut observed).await?;
    }
    let long = |(key, people): (&DeskKey, &Vec<Account>)| {
        let rows = memory.desk(key).map_or(0, |desk| desk.members.len());
        (people.len() > rows / LEAST_PAGE_ROWS + 1).then(|| key.clone())
    };
    let long: Vec<_> = asked.iter().filter_map(long).collect();
    read_whole(jira, edit, &long, &mut observed, progress).await?;
    asked.retain(|key, _| !long.contains(key));
    ask_memberships(jira, asked, &mut observed).await?;
    ask(jira, (&edit.roster, ledger), &mut observed, accounts, progress).await?;
    tell_apart(edit, &mut observed);
    progress.event(Event::Ended);
    Ok(observed)
}

/// The edit's roster holds everybody of the desks that are to be read whole, and of the others only whom it is about: a list
/// of these that was read whole for another reason (it was cheaper, or nothing was remembered) says nothing of who else
/// is on it.
fn tell_apart(edit: &Edit, observed: &mut Observed) {
    for (key, reading) in &mut observed.desks {
        if let DeskReading::Read(desk) = reading
            && !edit.whole.contains(key)
        {
            desk.completeness = Completeness::Narrow;
        }
    }
}

async fn read_whole(
    jira: &JiraRead,
    edit: &Edit,
    desks: &[DeskKey],
    observed: &mut Observed,
    progress: &dyn Progress,
) -> Result<(), ObserveError> {
    let specs = desks
        .iter()
        .filter_map(|key| Some((key, Reads::of(&edit.roster, key, edit.roster.desks.get(key)?))));
    read_desks(jira, observed, specs, progress).await
}

/// The desk with nobody on it: who is, is asked person by person.
fn narrow(desk: &ObservedDesk) -> ObservedDesk {
    ObservedDesk {
        id: desk.id.clone(),
        members: BTreeSet::new(),
        completeness: Completeness::Narrow,
        access: AccessReading::NotAsked,
        groups: desk.groups.clone(),
        team: desk.team.clone(),
        may_be_public: desk.may_be_public,
        portal: desk.portal,
        role: desk.role.clone(),
        witness: Witness::NotAsked,
    }
}

async fn look_up(
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
        false => answer(jira, observed, asked, accounts, progress).await,
    }
}

/// Whom to ask for on which desk. Somebody whose e-mail is hidden cannot be found on one: what is remembered counts.
fn memberships(edit: &Edit, observed: &Observed, memory: &Memory) -> BTreeMap<DeskKey, Vec<Account>> {
    let identities = Identities::new(&edit.roster, observed);
    let mut asked: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for customer in edit.people.iter().filter_map(|key| edit.roster.customers.get(key)) {
        let account = match identities.identify(customer) {
            Identity::Account(account) | Identity::Former(account) => account,
            Identity::Held(HeldReason::Deactivated(id)) => match observed.accounts.get(&id) {
                Some(account) => account,
                None => continue,
            },
            Identity::Absent | Identity::Unasked(_) | Identity::Held(_) => continue,
        };
        for key in &customer.desks {
            let narrow =
                matches!(observed.desks.get(key), Some(DeskReading::Read(desk)) if desk.completeness.is_narrow());
            let findable = account.email.is_some()
                || memory
                    .desk(key)
                    .is_some_and(|desk| desk.members.contains(&account.handle));
            if narrow && findable {
                asked.entry(key.clone()).or_default().push(account.clone());
            }
        }
    }
    asked
}
