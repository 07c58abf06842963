//! What a plan holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::account::{AccountId, Handle};
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::held::{Held, HeldReason};
use crate::model::ledger::Deed;
use crate::model::observed::Site;
use crate::model::policy::Policy;
use crate::model::step::{AccountRef, Cause, Step, StepId};

/// Everything that is to be done, held, noted or waiting, in a deterministic order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The site it was made for.
    pub site: Site,
    /// What to do: people in the order of their e-mails (each account before its desks), then tightenings of access,
    /// then loosenings.
    pub steps: Vec<Step>,
    /// What would be done if its desk were not paused.
    pub paused: Vec<Step>,
    /// What cannot be decided or done safely.
    pub held: Vec<Held>,
    /// Differences nobody needs to act on, or that no API can mend.
    pub notes: Vec<Note>,
    /// Who is on a desk and is not to be, and was not asked for yet: nobody is removed who was not. In an approved plan,
    /// whom a guard keeps there.
    pub leavers: Vec<Leaver>,
    /// Whom an earlier roster listed somewhere, and who is there no more.
    pub left: BTreeSet<(Container, EmailKey)>,
    /// Desks whose customers' role was not asked, though somebody is added there, stays or leaves by the word of the list
    /// alone.
    pub unwitnessed: BTreeSet<DeskKey>,
    /// What is held, or noted, because Jira accepted it twice, and it still is not so.
    pub without_effect: BTreeSet<Deed>,
    /// The account of each entry that has one.
    pub accounts: BTreeMap<EmailKey, AccountRef>,
    /// The numbers of the desks' portals, where they were told.
    pub portals: BTreeMap<DeskKey, u64>,
    /// How many entries need nothing.
    pub unchanged: usize,
    /// Facts about the whole site that a reader should know.
    pub warnings: Vec<String>,
}

/// A difference that is told and left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The person, as the roster or Jira spells the address.
    pub email: Option<String>,
    /// The account.
    pub account: AccountId,
    /// The desk, where it is about one.
    pub desk: Option<DeskKey>,
    /// What is so.
    pub kind: NoteKind,
}

/// What is told and left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// Jira has this name, and the roster another. No API changes a portal-only customer's name on Cloud
    /// (docs/jira.md#cloud-no-changes).
    NameInJira(String),
    /// Would leave the desk, but for its `keep`.
    Kept,
    /// Would leave the desk, but is more than a customer.
    NotACustomer,
    /// Would leave the desk, but is on its list only, and has no place in the role of its customers.
    ListedOnly,
    /// Is to be on the desk, is on its list only, and adding it twice gave it no place in the role of its customers.
    AddedInVain,
    /// Would leave the desk, but it stays open, and Jira removes nobody from an open desk
    /// (docs/jira.md#remove-while-open).
    StaysOpen,
    /// Would leave the desk, but cannot join another desk yet that the roster lists: it is held or paused.
    WaitsForAdd(DeskKey),
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameInJira(name) => write!(
                f,
                "Jira has the name {name:?}, which quietdesk leaves alone (on Data Center, a name that changes in the file \
                 is set; else it is the person's own to change)"
            ),
            Self::Kept => f.write_str("stays on the desk because of its `keep`"),
            Self::NotACustomer => {
                f.write_str("stays on the desk, being an agent, an administrator, an app or quietdesk's own account")
            }
            Self::ListedOnly => f.write_str(
                "is off the desk already: Jira still lists it there, but it has no place in the project role \"Service Desk \
                 Customers\"",
            ),
            Self::AddedInVain => f.write_str(
                "is on the desk's list, but has no place in the project role \"Service Desk Customers\", and adding it twice \
                 gave it none; see in Jira whether it reaches the desk by a group",
            ),
            Self::StaysOpen => f.write_str("stays on the desk, because Jira removes nobody from one that is open"),
            Self::WaitsForAdd(desk) => write!(
                f,
                "stays on the desk until it can be added to {desk}, which the roster lists as well and which is held or \
                 paused now"
            ),
        }
    }
}

/// Somebody who is on a list and is not to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaver {
    /// On which.
    pub container: Container,
    /// What the list names the account by.
    pub handle: Handle,
    /// Why.
    pub cause: Cause,
}

impl Plan {
    /// Holds the removals of a saved plan whose entries' `until` had come, where the clock is in doubt now.
    pub fn hold_expired(&mut self, policy: &Policy) {
        let Some(warning) = policy.clock_warning() else { return };
        let steps = std::mem::take(&mut self.steps);
        let (expired, left): (Vec<_>, _) = steps.into_iter().partition(|step| step.cause == Cause::Expired);
        self.steps = left;
        self.warnings.extend((!expired.is_empty()).then_some(warning));
        for Step { action, .. } in expired {
            let (email, desk) = (action.email().cloned(), action.desk().cloned());
            let account = action.removal().map(|(_, account)| account.id.clone());
            let reason = HeldReason::ClockOff(account);
            self.held.push(Held { email, desk, reason });
        }
    }

    /// The step of this number, unless its desk is paused.
    #[must_use]
    pub fn step(&self, id: StepId) -> Option<&Step> {
        // Steps are numbered in the order they are listed.
        let place = self.steps.binary_search_by_key(&id, |step| step.id).ok()?;
        self.steps.get(place)
    }
}
