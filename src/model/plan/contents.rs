//! The plan and its parts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::account::{AccountId, Handle};
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::held::{Held, HeldReason};
use crate::model::ledger::Effect;
use crate::model::observed::Site;
use crate::model::policy::Policy;
use crate::model::step::{AccountRef, Cause, Step, StepId};

/// All steps, held entries, notes and removal candidates of a pass, in a deterministic order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The site it was made for.
    pub site: Site,
    /// Steps in order: people by e-mail (each account before its desks), tightening access, removals, loosening access.
    pub steps: Vec<Step>,
    /// Steps on paused desks; not executed.
    pub paused: Vec<Step>,
    /// Entries and desks that cannot be decided or changed safely.
    pub held: Vec<Held>,
    /// Differences that need no action, or that no API can resolve.
    pub notes: Vec<Note>,
    /// Removal candidates with a role still to be read. In an approved plan: accounts that a guard keeps on a desk.
    pub removal_candidates: Vec<RemovalCandidate>,
    /// People that an earlier roster listed in a container and that are no longer there.
    pub departed: BTreeSet<(Container, EmailKey)>,
    /// Desks with a customer role still to be read, because a decision here rests on the list alone.
    pub desks_with_unread_role: BTreeSet<DeskKey>,
    /// Changes that are held or noted because Jira accepted them twice without effect.
    pub without_effect: BTreeSet<Effect>,
    /// Accounts of the entries that have one.
    pub accounts: BTreeMap<EmailKey, AccountRef>,
    /// Portal numbers, where Jira returned them.
    pub portals: BTreeMap<DeskKey, u64>,
    /// Number of entries that need no change.
    pub unchanged: usize,
    /// Warnings about the whole site.
    pub warnings: Vec<String>,
}

/// A difference that is reported and left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The person, as the roster or Jira spells the address.
    pub email: Option<String>,
    /// The account.
    pub account: AccountId,
    /// The desk, if the note concerns one.
    pub desk: Option<DeskKey>,
    /// The difference.
    pub kind: NoteKind,
}

/// The kind of a [`Note`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// Jira has this name, the roster another. No API changes a portal-only customer's name on Cloud
    /// (docs/jira.md#cloud-no-changes).
    NameInJira(String),
    /// Kept on the desk by its `keep` setting.
    Kept,
    /// Kept on the desk: an agent, an administrator, an app or quietdesk's own account.
    NotACustomer,
    /// Not removed: a phantom, on the desk's list but not in its customer role.
    ListedOnly,
    /// Wanted on the desk, but still a phantom after two adds.
    AddedWithoutEffect,
    /// Kept on the desk: it stays open, and Jira refuses removals from an open desk
    /// (docs/jira.md#remove-while-open).
    StaysOpen,
    /// Kept on the desk until the add to this other desk, which is held or paused, succeeds.
    WaitsForAdd(DeskKey),
}

impl fmt::Display for NoteKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NameInJira(name) => write!(
                f,
                "Jira has the name {name:?}, which quietdesk leaves alone (on Data Center, quietdesk sets a name that \
                 changes in the roster; otherwise change it in Jira)"
            ),
            Self::Kept => f.write_str("stays on the desk because of its `keep`"),
            Self::NotACustomer => {
                f.write_str("stays on the desk: it is an agent, an administrator, an app or quietdesk's own account")
            }
            Self::ListedOnly => f.write_str(
                "is already off the desk: Jira still lists it, but it is not in the project role \"Service Desk \
                 Customers\"",
            ),
            Self::AddedWithoutEffect => f.write_str(
                "is on the desk's list, but not in the project role \"Service Desk Customers\", and adding it twice \
                 had no effect; check in Jira whether it has access through a group",
            ),
            Self::StaysOpen => f.write_str("stays on the desk: Jira refuses removals while the desk is open"),
            Self::WaitsForAdd(desk) => write!(
                f,
                "stays on the desk until it can be added to {desk}, which the roster also lists and which is held or \
                 paused"
            ),
        }
    }
}

/// An account that may have to be removed from a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalCandidate {
    /// The desk or organization.
    pub container: Container,
    /// The handle on the list.
    pub handle: Handle,
    /// Why Jira differs from the roster.
    pub cause: Cause,
}

impl Plan {
    /// Holds the removals of expired entries in a saved plan if this machine's clock is far from Jira's.
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

    /// Returns the step with this id, unless its desk is paused.
    #[must_use]
    pub fn step(&self, id: StepId) -> Option<&Step> {
        // Steps are sorted by id.
        let place = self.steps.binary_search_by_key(&id, |step| step.id).ok()?;
        self.steps.get(place)
    }
}
