//! Preconditions of steps, and what was observed of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::access::Access;
use crate::model::account::{Account, AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::observed::{AccessReading, DeskReading, Lookup, Observed, ObservedDesk, Staff};
use crate::model::step::{Action, Step, StepAccount, StepId};

/// A fact about Jira that a step depends on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precondition {
    /// The accounts with an address.
    Address(EmailKey),
    /// Handle and address of an account, and whether it is active.
    Account(AccountId),
    /// The name of an account.
    Name(AccountId),
    /// Whether an account is more than a customer.
    Staff(AccountId),
    /// The id of a desk, if it exists.
    Desk(DeskKey),
    /// The access mode of a desk.
    Access(DeskKey),
    /// Whether an account is on a desk's list.
    Membership(DeskKey, AccountId),
}

/// What was observed of a precondition.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observation {
    /// It does not exist.
    Nothing,
    /// Not known.
    Unknown,
    /// Yes or no.
    Is(bool),
    /// A phantom: on the desk's list, but not on the desk.
    ListedOnly,
    /// Exactly one account.
    One(AccountId),
    /// Candidates, of which none can be chosen.
    Candidates(Vec<AccountId>),
    /// An account.
    Account {
        /// Its handle, as sent in calls.
        handle: Handle,
        /// The address it shows.
        email: Option<EmailKey>,
        /// Whether it is active.
        active: bool,
    },
    /// A name.
    Name(String),
    /// The id of a desk.
    Desk(String),
    /// An access mode.
    Access(Access),
}

/// Returns the preconditions of a step. An add for an account that the plan creates depends on the desk alone.
/// `tightened`: desks that the plan restricts before its removals.
pub(super) fn preconditions_of_step(
    step: &Step,
    steps: &BTreeMap<StepId, &Step>,
    tightened: &BTreeSet<&DeskKey>,
) -> Vec<Precondition> {
    match &step.action {
        Action::CreateCustomer { email, .. } => vec![Precondition::Address(email.key().clone())],
        Action::UpdateCustomer { account, changes, .. } => {
            let mut preconditions = vec![
                Precondition::Account(account.id.clone()),
                Precondition::Staff(account.id.clone()),
            ];
            if changes.name.is_some() {
                preconditions.push(Precondition::Name(account.id.clone()));
            }
            let address = changes.address.as_ref();
            preconditions.extend(address.map(|address| Precondition::Address(address.after.key().clone())));
            preconditions
        }
        Action::AddToDesk { desk, who, .. } => {
            let mut preconditions = vec![Precondition::Desk(desk.clone())];
            match who {
                StepAccount::Existing(account) => {
                    preconditions.push(Precondition::Account(account.id.clone()));
                    preconditions.push(Precondition::Membership(desk.clone(), account.id.clone()));
                }
                StepAccount::MadeBy(id) => {
                    if let Some(Action::UpdateCustomer { account, .. }) = steps.get(id).map(|step| &step.action) {
                        preconditions.push(Precondition::Membership(desk.clone(), account.id.clone()));
                    }
                }
            }
            preconditions
        }
        Action::RemoveFromDesk { account, desk, .. } => {
            let mut preconditions = vec![
                Precondition::Desk(desk.clone()),
                Precondition::Account(account.id.clone()),
                Precondition::Staff(account.id.clone()),
                Precondition::Membership(desk.clone(), account.id.clone()),
            ];
            // If the plan restricts the desk first, that step has the precondition.
            if !tightened.contains(desk) {
                preconditions.push(Precondition::Access(desk.clone()));
            }
            preconditions
        }
        Action::SetAccess { desk, .. } => vec![Precondition::Desk(desk.clone()), Precondition::Access(desk.clone())],
    }
}

/// The steps by their ids, and the desks they close.
pub(super) fn index_steps(steps: &[Step]) -> (BTreeMap<StepId, &Step>, BTreeSet<&DeskKey>) {
    let tightened = steps.iter().filter_map(|step| match &step.action {
        Action::SetAccess { desk, before, after } if after < before => Some(desk),
        Action::CreateCustomer { .. }
        | Action::UpdateCustomer { .. }
        | Action::AddToDesk { .. }
        | Action::RemoveFromDesk { .. }
        | Action::SetAccess { .. } => None,
    });
    (steps.iter().map(|step| (step.id, step)).collect(), tightened.collect())
}

/// Returns the preconditions of all steps.
pub(super) fn preconditions_of(steps: &[Step]) -> BTreeSet<Precondition> {
    let (by_id, tightened) = index_steps(steps);
    let preconditions = steps
        .iter()
        .flat_map(|step| preconditions_of_step(step, &by_id, &tightened));
    preconditions.collect()
}

/// Returns what was observed of each precondition.
pub(super) fn observe_preconditions(
    preconditions: BTreeSet<Precondition>,
    observed: &Observed,
) -> BTreeMap<Precondition, Observation> {
    let see = |precondition: Precondition| {
        let seen = Observation::from_observed(&precondition, observed);
        (precondition, seen)
    };
    preconditions.into_iter().map(see).collect()
}

impl Observation {
    /// Returns what was observed of a precondition.
    #[must_use]
    pub fn from_observed(precondition: &Precondition, observed: &Observed) -> Self {
        match precondition {
            Precondition::Address(email) => Self::from_lookup(observed.lookups.get(email)),
            Precondition::Account(id) => match (observed.accounts.get(id), observed.missing_accounts.contains(id)) {
                (Some(account), _) => Self::from_account(account),
                (None, true) => Self::Nothing,
                (None, false) => Self::Unknown,
            },
            Precondition::Name(id) => {
                let account = observed.accounts.get(id);
                account.map_or(Self::Unknown, |account| Self::Name(account.name.clone()))
            }
            Precondition::Staff(id) => match observed.staff.get(id) {
                Some(Staff::Yes) => Self::Is(true),
                Some(Staff::No) => Self::Is(false),
                Some(Staff::Unknown) | None => Self::Unknown,
            },
            Precondition::Desk(key) => match observed.desks.get(key) {
                Some(DeskReading::Read(desk)) => Self::Desk(desk.id.clone()),
                Some(DeskReading::Missing) => Self::Nothing,
                Some(DeskReading::Unreadable { .. }) | None => Self::Unknown,
            },
            Precondition::Access(key) => match read_desk(observed, key).map(|desk| &desk.access) {
                Some(AccessReading::Known(access)) => Self::Access(*access),
                Some(AccessReading::NotRead | AccessReading::Unreadable { .. }) | None => Self::Unknown,
            },
            Precondition::Membership(key, id) => match (read_desk(observed, key), observed.accounts.get(id)) {
                (Some(desk), Some(account)) if desk.phantoms().contains(&account.handle) => Self::ListedOnly,
                (Some(desk), Some(account)) => Self::Is(desk.members.contains(&account.handle)),
                (Some(_), None) if observed.missing_accounts.contains(id) => Self::Is(false),
                (Some(_) | None, _) => Self::Unknown,
            },
        }
    }

    /// Accounts with hidden addresses count as absent: Jira refuses a second account with the same address, so the
    /// create itself decides, as in a plan made after reading all accounts.
    fn from_lookup(lookup: Option<&Lookup>) -> Self {
        match lookup {
            None | Some(Lookup::Absent | Lookup::Hidden(_)) => Self::Nothing,
            Some(Lookup::Found(id)) => Self::One(id.clone()),
            Some(Lookup::Inactive(id) | Lookup::UsernameTaken(id)) => Self::Candidates(vec![id.clone()]),
            Some(Lookup::Several(ids)) => Self::Candidates(ids.clone()),
        }
    }

    /// Whether the account is not on the desk.
    pub(super) fn is_not_on_desk(&self) -> bool {
        matches!(self, Self::Is(false) | Self::ListedOnly)
    }

    fn from_account(account: &Account) -> Self {
        Self::Account {
            handle: account.handle.clone(),
            email: account.email_key(),
            active: account.active,
        }
    }
}

pub(super) fn read_desk<'a>(observed: &'a Observed, key: &DeskKey) -> Option<&'a ObservedDesk> {
    match observed.desks.get(key)? {
        DeskReading::Read(desk) => Some(desk),
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    }
}

impl fmt::Display for Precondition {
    /// Such as `access of SUP`. May contain e-mails.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(email) => write!(f, "accounts with the address {}", email.as_str().escape_debug()),
            Self::Account(id) => write!(f, "account {id}"),
            Self::Name(id) => write!(f, "name of account {id}"),
            Self::Staff(id) => write!(f, "whether account {id} is more than a customer"),
            Self::Desk(desk) => write!(f, "desk {desk}"),
            Self::Access(desk) => write!(f, "access of {desk}"),
            Self::Membership(desk, id) => write!(f, "whether account {id} is on {desk}"),
        }
    }
}

impl fmt::Display for Observation {
    /// May contain e-mails.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("none"),
            Self::Unknown => f.write_str("unknown"),
            Self::Is(so) => f.write_str(if *so { "yes" } else { "no" }),
            Self::ListedOnly => f.write_str("no, although Jira still lists it"),
            Self::One(id) => write!(f, "account {id}"),
            Self::Candidates(ids) => {
                let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
                write!(f, "accounts {}", ids.join(", "))
            }
            Self::Account { handle, email, active } => {
                let email = email.as_ref().map_or("no visible address", EmailKey::as_str);
                let active = if *active { "active" } else { "deactivated" };
                // Text from Jira may be shown on a terminal.
                write!(f, "{}, {}, {active}", handle.0.escape_debug(), email.escape_debug())
            }
            Self::Name(name) => write!(f, "{name:?}"),
            Self::Desk(id) => write!(f, "id {id}"),
            Self::Access(access) => f.write_str(access.as_str()),
        }
    }
}
