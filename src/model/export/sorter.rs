//! Sorts the accounts on the desks' lists into entries, withheld and left out, by the table of [`super`].

use std::collections::{BTreeMap, BTreeSet};

use super::contents::{Entry, Export, ExportSnapshot, ExportedDesk, LeftOut, Withheld, WithholdReason};
use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::identity::{Identities, Identity};
use crate::model::name::{Name, is_hostile};
use crate::model::observed::{Completeness, DeskReading, Observed, ObservedDesk};
use crate::model::roster::{Customer, Roster};

/// Exports all observed accounts.
#[must_use]
pub fn export_all(snapshot: &ExportSnapshot) -> Export {
    Sorter::new(snapshot, None).into_export()
}

/// Exports the accounts on desks where `roster` does not list them.
///
/// The entries complement the roster's own: for a person it lists already they name only the additional desks, and they
/// never change how an entry of the roster is identified.
#[must_use]
pub fn export_unlisted(snapshot: &ExportSnapshot, roster: &Roster) -> Export {
    Sorter::new(snapshot, Some(ExistingRoster::new(roster, &snapshot.observed))).into_export()
}

/// What the existing roster contains about the observed accounts.
struct ExistingRoster<'a> {
    roster: &'a Roster,
    entries_by_account: BTreeMap<&'a AccountId, &'a Customer>,
    pins: BTreeSet<&'a Handle>,
    previous_emails: BTreeSet<&'a EmailKey>,
}

impl<'a> ExistingRoster<'a> {
    fn new(roster: &'a Roster, observed: &'a Observed) -> Self {
        let identities = Identities::new(roster, observed);
        let known = roster
            .customers
            .values()
            .filter_map(|customer| match identities.identify(customer) {
                Identity::Account(account) | Identity::PreviousEmail(account) => Some((&account.id, customer)),
                Identity::Absent | Identity::NeedsLookup(_) | Identity::Held(_) => None,
            });
        Self {
            roster,
            entries_by_account: known.collect(),
            previous_emails: roster
                .customers
                .values()
                .flat_map(|it| &it.previously)
                .map(Email::key)
                .collect(),
            pins: roster.customers.values().filter_map(|it| it.account.as_ref()).collect(),
        }
    }
}

/// Which account an e-mail belongs to.
enum EmailOwner {
    /// This account alone, among the observed ones.
    OnlyAccount,
    /// Several accounts show it, of which only this one is a customer.
    OnlyCustomer,
    /// An account that the existing roster means.
    Claimed,
    /// Not decidable.
    Ambiguous,
}

struct Sorter<'a> {
    snapshot: &'a ExportSnapshot,
    existing_roster: Option<ExistingRoster<'a>>,
    by_email: BTreeMap<EmailKey, Vec<&'a Account>>,
    desks_by_handle: BTreeMap<&'a Handle, BTreeSet<&'a DeskKey>>,
    entries: BTreeMap<EmailKey, Entry>,
    withheld: Vec<Withheld>,
    left_out: LeftOut,
}

impl<'a> Sorter<'a> {
    fn new(snapshot: &'a ExportSnapshot, beside: Option<ExistingRoster<'a>>) -> Self {
        let mut by_email: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for account in snapshot.observed.accounts.values().filter(|account| account.active) {
            if let Some(key) = account.email_key() {
                by_email.entry(key).or_default().push(account);
            }
        }
        let mut places: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (key, desk) in readable_desks(&snapshot.observed) {
            for member in &desk.members {
                places.entry(member).or_default().insert(key);
            }
        }
        Self {
            snapshot,
            existing_roster: beside,
            by_email,
            desks_by_handle: places,
            entries: BTreeMap::new(),
            withheld: Vec::new(),
            left_out: LeftOut::default(),
        }
    }

    fn into_export(mut self) -> Export {
        for account in self.snapshot.observed.accounts.values() {
            self.sort_account(account);
        }
        self.withheld.sort_by(|a, b| {
            let by = |it: &Withheld| {
                (
                    it.reason.output_order(),
                    it.email.as_deref().map(EmailKey::from_address),
                    it.account.clone(),
                )
            };
            by(a).cmp(&by(b))
        });
        let observed = &self.snapshot.observed;
        let unread = observed.desks.iter().filter_map(|(key, reading)| match reading {
            DeskReading::Read(_) => None,
            DeskReading::Missing => Some((key.clone(), "there is no such service desk".to_owned())),
            DeskReading::Unreadable { reason } => Some((key.clone(), reason.clone())),
        });
        let entries: Vec<_> = self.entries.into_values().collect();
        Export {
            site: observed.site.clone(),
            desks: exported_desks(self.snapshot, &entries),
            unreadable_desks: unread.collect(),
            entries,
            withheld: self.withheld,
            left_out: self.left_out,
            warnings: observed.warnings.clone(),
        }
    }

    fn sort_account(&mut self, account: &'a Account) {
        let listed = self.listed_already(account);
        let on = self.desks_by_handle.get(&account.handle).into_iter().flatten().copied();
        let on: BTreeSet<_> = on.filter(|key| !listed.contains(*key)).collect();
        if on.is_empty() {
            return;
        }
        let desks: BTreeSet<DeskKey> = match self.customer_desks(account) {
            Some(desks) => on.into_iter().filter(|key| desks.contains(*key)).cloned().collect(),
            None => BTreeSet::new(),
        };
        if account.id == self.snapshot.own_account {
            self.left_out.own = true;
        } else if account.kind == AccountKind::App {
            self.left_out.apps += 1;
        } else if desks.is_empty() {
            self.left_out.agents += 1;
        } else {
            self.sort_customer(account, desks);
        }
    }

    /// Returns the desks on which the existing roster lists this account or its e-mail.
    fn listed_already(&self, account: &Account) -> BTreeSet<DeskKey> {
        let Some(beside) = &self.existing_roster else {
            return BTreeSet::new();
        };
        let by_email = account.email_key().and_then(|key| beside.roster.customers.get(&key));
        let customers = beside
            .entries_by_account
            .get(&account.id)
            .copied()
            .into_iter()
            .chain(by_email);
        customers.flat_map(|customer| customer.desks.iter().cloned()).collect()
    }

    /// Returns the desks on which an account is only a customer; nothing if there are none.
    fn customer_desks(&self, account: &Account) -> Option<BTreeSet<&'a DeskKey>> {
        let snapshot = self.snapshot;
        let is_person = account.id != snapshot.own_account && account.kind != AccountKind::App;
        if !is_person || snapshot.licensed.contains(&account.id) {
            return None;
        }
        let works_on = |key: &DeskKey| match snapshot.observed.desks.get(key) {
            Some(DeskReading::Read(desk)) => snapshot.has_project_role(desk, &account.handle),
            Some(DeskReading::Missing | DeskReading::Unreadable { .. }) | None => false,
        };
        let on = self.desks_by_handle.get(&account.handle)?.iter().copied();
        let desks: BTreeSet<_> = on.filter(|key| !works_on(key)).collect();
        (!desks.is_empty()).then_some(desks)
    }

    fn sort_customer(&mut self, account: &Account, desks: BTreeSet<DeskKey>) {
        if !account.active {
            return self.withhold(account, WithholdReason::Deactivated, desks);
        }
        if let Some(customer) = self
            .existing_roster
            .as_ref()
            .and_then(|beside| beside.entries_by_account.get(&account.id))
        {
            // The roster's entry already has name and pin.
            let email = customer.email.clone();
            return self.add_entry(email, None, None, None, desks);
        }
        let Some(shown) = &account.email else {
            return self.withhold(account, WithholdReason::HiddenEmail, desks);
        };
        let pin = match self.email_owner(account) {
            EmailOwner::OnlyAccount => None,
            EmailOwner::OnlyCustomer => Some(account.handle.clone()),
            EmailOwner::Claimed => return self.withhold(account, WithholdReason::Claimed, desks),
            EmailOwner::Ambiguous => return self.withhold(account, WithholdReason::SeveralAccounts, desks),
        };
        match Email::parse(shown) {
            Ok(email) => {
                let (name, odd_name) = exportable_name(account, Some(shown));
                self.add_entry(email, name, odd_name, pin, desks);
            }
            Err(problem) => self.withhold(account, WithholdReason::InvalidEmail(problem), desks),
        }
    }

    fn email_owner(&self, account: &Account) -> EmailOwner {
        let Some(key) = account.email_key() else {
            return EmailOwner::Ambiguous;
        };
        if let Some(beside) = &self.existing_roster {
            // The roster already decides about this e-mail or account.
            let named = beside.roster.customers.contains_key(&key) || beside.previous_emails.contains(&key);
            let claimed = named || beside.pins.contains(&account.handle);
            if claimed {
                return EmailOwner::Claimed;
            }
        }
        let holders = self.by_email.get(&key).map_or(&[][..], Vec::as_slice);
        let customers = holders.iter().filter(|holder| self.customer_desks(holder).is_some());
        match (holders.len(), customers.count()) {
            (1, _) => EmailOwner::OnlyAccount,
            (_, 1) if can_be_pinned(&account.handle) => EmailOwner::OnlyCustomer,
            _ => EmailOwner::Ambiguous,
        }
    }

    fn add_entry(
        &mut self,
        email: Email,
        name: Option<Name>,
        odd_name: Option<String>,
        account: Option<Handle>,
        desks: BTreeSet<DeskKey>,
    ) {
        let key = email.key().clone();
        let customer = Customer {
            email,
            name,
            desks,
            account,
            initial_password: None,
            previously: Vec::new(),
            until: None,
        };
        self.entries.insert(key, Entry { customer, odd_name });
    }

    fn withhold(&mut self, account: &Account, reason: WithholdReason, desks: BTreeSet<DeskKey>) {
        let (name, odd_name) = exportable_name(account, account.email.as_deref());
        self.withheld.push(Withheld {
            reason,
            email: account.email.clone(),
            account: account.handle.clone(),
            name,
            odd_name,
            desks,
        });
    }
}

/// Returns the name if it differs from the e-mail, or else the one that a roster cannot hold unchanged. A name that
/// parsing changes is of the latter kind: listed, it would be noted as a difference in every plan.
fn exportable_name(account: &Account, email: Option<&str>) -> (Option<Name>, Option<String>) {
    let shown = account.name.as_str();
    if shown.is_empty() || Some(shown) == email {
        return (None, None);
    }
    match Name::parse(shown) {
        Ok(name) if name.as_str() == shown => (Some(name), None),
        Ok(_) | Err(_) => (None, Some(shown.to_owned())),
    }
}

/// Whether a roster accepts this as `account:`. Data Center usernames may contain spaces, which it does not accept.
fn can_be_pinned(handle: &Handle) -> bool {
    let text = handle.0.as_str();
    !text.is_empty() && text.chars().count() <= 255 && !text.chars().any(|c| c.is_whitespace() || is_hostile(c))
}

fn exported_desks(snapshot: &ExportSnapshot, entries: &[Entry]) -> Vec<ExportedDesk> {
    let mut listed: BTreeMap<&DeskKey, usize> = BTreeMap::new();
    for key in entries.iter().flat_map(|entry| &entry.customer.desks) {
        *listed.entry(key).or_default() += 1;
    }
    let desks = readable_desks(&snapshot.observed).map(|(key, desk)| ExportedDesk {
        key: key.clone(),
        name: snapshot.names.get(key).cloned().unwrap_or_default(),
        access: desk.access.clone(),
        customers: desk.members.len(),
        listed: listed.get(key).copied().unwrap_or_default(),
        groups: desk.groups.iter().cloned().collect(),
        gap: match &desk.completeness {
            Completeness::Partial { gap } => Some(gap.clone()),
            Completeness::Complete | Completeness::Narrow => None,
        },
    });
    desks.collect()
}

fn readable_desks(observed: &Observed) -> impl Iterator<Item = (&DeskKey, &ObservedDesk)> {
    observed.desks.iter().filter_map(|(key, reading)| match reading {
        DeskReading::Read(desk) => Some((key, desk)),
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    })
}

impl WithholdReason {
    /// The position of a reason in the output.
    fn output_order(&self) -> u8 {
        match self {
            Self::HiddenEmail => 0,
            Self::SeveralAccounts => 1,
            Self::Claimed => 2,
            Self::InvalidEmail(_) => 3,
            Self::Deactivated => 4,
        }
    }
}
