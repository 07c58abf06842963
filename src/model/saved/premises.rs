//! What a step is computed from, and what was seen of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::model::access::Access;
use crate::model::account::{Account, AccountId, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::EmailKey;
use crate::model::observed::{AccessReading, DeskReading, Lookup, Observed, ObservedDesk, Staff};
use crate::model::step::{Action, Step, StepId, Who};

/// One thing a step is computed from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Premise {
    /// Who has an address.
    Address(EmailKey),
    /// What calls send for an account, the address it shows, and whether it is active.
    Account(AccountId),
    /// What somebody is called.
    Name(AccountId),
    /// Whether an account is more than a customer's.
    Staff(AccountId),
    /// Whether there is a desk, and which.
    Desk(DeskKey),
    /// How open a desk is.
    Access(DeskKey),
    /// Whether an account is on a desk's list.
    Membership(DeskKey, AccountId),
}

/// What was seen of a [`Premise`].
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// There is none.
    Nothing,
    /// Jira did not say.
    Unknown,
    /// It is so, or is not.
    Is(bool),
    /// The desk's list shows the account, and the role of its customers has no place for it: it is not on the desk.
    ListedOnly,
    /// One account, and nobody else.
    One(AccountId),
    /// Accounts of which none can be told to be the one.
    Candidates(Vec<AccountId>),
    /// An account.
    Account {
        /// What calls send.
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

/// What each step needs to be so, by its id. A membership an account is made for needs no more than the desk.
pub(super) fn of_step(step: &Step, steps: &BTreeMap<StepId, &Step>, tightened: &BTreeSet<&DeskKey>) -> Vec<Premise> {
    match &step.action {
        Action::CreateCustomer { email, .. } => vec![Premise::Address(email.key().clone())],
        Action::UpdateCustomer { account, changes, .. } => {
            let mut premises = vec![Premise::Account(account.id.clone()), Premise::Staff(account.id.clone())];
            if changes.name.is_some() {
                premises.push(Premise::Name(account.id.clone()));
            }
            let address = changes.address.as_ref();
            premises.extend(address.map(|address| Premise::Address(address.after.key().clone())));
            premises
        }
        Action::AddToDesk { desk, who, .. } => {
            let mut premises = vec![Premise::Desk(desk.clone())];
            match who {
                Who::Existing(account) => {
                    premises.push(Premise::Account(account.id.clone()));
                    premises.push(Premise::Membership(desk.clone(), account.id.clone()));
                }
                Who::MadeBy(id) => {
                    if let Some(Action::UpdateCustomer { account, .. }) = steps.get(id).map(|step| &step.action) {
                        premises.push(Premise::Membership(desk.clone(), account.id.clone()));
                    }
                }
            }
            premises
        }
        Action::RemoveFromDesk { account, desk, .. } => {
            let mut premises = vec![
                Premise::Desk(desk.clone()),
                Premise::Account(account.id.clone()),
                Premise::Staff(account.id.clone()),
                Premise::Membership(desk.clone(), account.id.clone()),
            ];
            // Where the plan itself closes the desk before, that step answers for it.
            if !tightened.contains(desk) {
                premises.push(Premise::Access(desk.clone()));
            }
            premises
        }
        Action::SetAccess { desk, .. } => vec![Premise::Desk(desk.clone()), Premise::Access(desk.clone())],
    }
}

/// The steps by their ids, and the desks they close.
pub(super) fn by_id(steps: &[Step]) -> (BTreeMap<StepId, &Step>, BTreeSet<&DeskKey>) {
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

/// Everything the steps need to be so.
pub(super) fn needed(steps: &[Step]) -> BTreeSet<Premise> {
    let (by_id, tightened) = by_id(steps);
    let premises = steps.iter().flat_map(|step| of_step(step, &by_id, &tightened));
    premises.collect()
}

/// What was seen of each.
pub(super) fn seen(premises: BTreeSet<Premise>, observed: &Observed) -> BTreeMap<Premise, Seen> {
    let see = |premise: Premise| {
        let seen = Seen::of(&premise, observed);
        (premise, seen)
    };
    premises.into_iter().map(see).collect()
}

impl Seen {
    /// What was seen of a premise.
    #[must_use]
    pub fn of(premise: &Premise, observed: &Observed) -> Self {
        match premise {
            Premise::Address(email) => Self::of_address(observed.lookups.get(email)),
            Premise::Account(id) => match (observed.accounts.get(id), observed.gone.contains(id)) {
                (Some(account), _) => Self::of_account(account),
                (None, true) => Self::Nothing,
                (None, false) => Self::Unknown,
            },
            Premise::Name(id) => {
                let account = observed.accounts.get(id);
                account.map_or(Self::Unknown, |account| Self::Name(account.name.clone()))
            }
            Premise::Staff(id) => match observed.staff.get(id) {
                Some(Staff::Yes) => Self::Is(true),
                Some(Staff::No) => Self::Is(false),
                Some(Staff::Unknown) | None => Self::Unknown,
            },
            Premise::Desk(key) => match observed.desks.get(key) {
                Some(DeskReading::Read(desk)) => Self::Desk(desk.id.clone()),
                Some(DeskReading::Missing) => Self::Nothing,
                Some(DeskReading::Unreadable { .. }) | None => Self::Unknown,
            },
            Premise::Access(key) => match desk(observed, key).map(|desk| &desk.access) {
                Some(AccessReading::Known(access)) => Self::Access(*access),
                Some(AccessReading::NotAsked | AccessReading::Unreadable { .. }) | None => Self::Unknown,
            },
            Premise::Membership(key, id) => match (desk(observed, key), observed.accounts.get(id)) {
                (Some(desk), Some(account)) if desk.phantoms().contains(&account.handle) => Self::ListedOnly,
                (Some(desk), Some(account)) => Self::Is(desk.members.contains(&account.handle)),
                (Some(_), None) if observed.gone.contains(id) => Self::Is(false),
                (Some(_) | None, _) => Self::Unknown,
            },
        }
    }

    /// Accounts that hide their addresses are nobody that could be seen: Jira's refusal of a second account settles it,
    /// as it does in a plan made after reading all accounts.
    fn of_address(lookup: Option<&Lookup>) -> Self {
        match lookup {
            None | Some(Lookup::Absent | Lookup::Hidden(_)) => Self::Nothing,
            Some(Lookup::One(id)) => Self::One(id.clone()),
            Some(Lookup::Inactive(id) | Lookup::Taken(id)) => Self::Candidates(vec![id.clone()]),
            Some(Lookup::Many(ids)) => Self::Candidates(ids.clone()),
        }
    }

    /// Whether it says that somebody is not on a desk.
    pub(super) fn is_off(&self) -> bool {
        matches!(self, Self::Is(false) | Self::ListedOnly)
    }

    fn of_account(account: &Account) -> Self {
        Self::Account {
            handle: account.handle.clone(),
            email: account.email_key(),
            active: account.active,
        }
    }
}

pub(super) fn desk<'a>(observed: &'a Observed, key: &DeskKey) -> Option<&'a ObservedDesk> {
    match observed.desks.get(key)? {
        DeskReading::Read(desk) => Some(desk),
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    }
}

impl fmt::Display for Premise {
    /// Such as `who has ada@example.com`. May hold e-mails.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(email) => write!(f, "who has the address {}", email.as_str().escape_debug()),
            Self::Account(id) => write!(f, "account {id}"),
            Self::Name(id) => write!(f, "the name of account {id}"),
            Self::Staff(id) => write!(f, "whether account {id} is more than a customer's"),
            Self::Desk(desk) => write!(f, "desk {desk}"),
            Self::Access(desk) => write!(f, "access of {desk}"),
            Self::Membership(desk, id) => write!(f, "whether account {id} is on {desk}"),
        }
    }
}

impl fmt::Display for Seen {
    /// May hold e-mails.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("none"),
            Self::Unknown => f.write_str("not known"),
            Self::Is(so) => f.write_str(if *so { "yes" } else { "no" }),
            Self::ListedOnly => f.write_str("no, though the list of customers shows it"),
            Self::One(id) => write!(f, "account {id}"),
            Self::Candidates(ids) => {
                let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
                write!(f, "accounts {}", ids.join(", "))
            }
            Self::Account { handle, email, active } => {
                let email = email.as_ref().map_or("no address to be seen", EmailKey::as_str);
                let active = if *active { "active" } else { "deactivated" };
                // Whatever Jira says is shown to a terminal.
                write!(f, "{}, {}, {active}", handle.0.escape_debug(), email.escape_debug())
            }
            Self::Name(name) => write!(f, "{name:?}"),
            Self::Desk(id) => write!(f, "id {id}"),
            Self::Access(access) => f.write_str(access.as_str()),
        }
    }
}
