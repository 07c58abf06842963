//! Who is to leave a desk.
//!
//! | who is on the desk | why | expected |
//! |---|---|---|
//! | an expired entry's account | `until` | leaves |
//! | … while this machine's clock is more than an hour from Jira's | | held, unless it came before that |
//! | an account with an address of `previously`, Cloud | the person's new account is, or gets, on it | leaves after that, see `moves` |
//! | whom an applied roster listed there, and this one does not | `membership: owned` | leaves |
//! | anybody not listed there | `membership: exact` | leaves |
//! | of these: an agent, an administrator, an app, quietdesk's own account | | noted |
//! | … who hides their e-mail, or of whom Jira does not say what they are | | held |
//! | … whom `keep` names | | noted |
//! | … on a desk that stays open | | noted |
//! | … whose entry lists other desks | | leaves after the adds to them: see `moves` |
//! | … on the list only, without a place in a role of the desk's customers that is believed | | noted |
//! | … whom a held entry may mean | | nothing: the entry is held |
//! | … of whom nothing was asked yet | | a [`Leaver`], to be asked |
//!
//! Nobody is on a list because a group or an organization lets them in, so nobody is removed for that.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::{Leaver, Note, NoteKind};
use super::moves::Wait;
use super::planner::Planner;
use crate::model::access::Access;
use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::held::{Change, HeldReason};
use crate::model::identity::{Identities, Identity};
use crate::model::ledger::{Deed, Fact, Value};
use crate::model::observed::{AccessReading, ObservedDesk, Staff};
use crate::model::roster::{Customer, DeskSpec, Membership};
use crate::model::step::{Action, Cause, Step, StepId};

/// Who leaves one desk, by what its list names them by, and why.
type Leaving = BTreeMap<Handle, Cause>;

impl Planner<'_> {
    /// On Cloud a new address is a new account; the old one leaves the desks the entry lists, once the new one is there.
    pub(super) fn replace(&self, customer: &Customer, identities: &Identities<'_>, replaced: &mut Vec<Leaver>) {
        let own = self.plan.accounts.get(customer.email.key());
        let earlier = customer.previously.iter();
        let accounts = earlier.flat_map(|email| identities.showing(email.key()));
        for account in accounts.filter(|account| own.is_none_or(|own| own.id != account.id)) {
            for key in &customer.desks {
                let Some(desk) = self
                    .observed
                    .desk(key)
                    .filter(|desk| desk.members.contains(&account.handle))
                else {
                    continue;
                };
                let there = own.is_some_and(|own| desk.members.contains(&own.handle));
                if there || self.is_being_added(customer, key) {
                    let fact = Fact::Membership(key.into(), customer.email.key().clone());
                    replaced.push(Leaver {
                        container: key.into(),
                        handle: account.handle.clone(),
                        cause: self.ledger.cause(&fact, &Value::Present, [key.into()]),
                    });
                }
            }
        }
    }

    /// Whether a step puts an entry on a desk, of those just planned.
    fn is_being_added(&self, customer: &Customer, key: &DeskKey) -> bool {
        let steps = [&self.plan.steps, &self.plan.paused];
        let of_entry = |step: &&Step| step.action.email().is_some_and(|email| email == &customer.email);
        let mut latest = steps
            .into_iter()
            .flat_map(|steps| steps.iter().rev().take_while(of_entry));
        latest.any(|step| matches!(&step.action, Action::AddToDesk { desk, .. } if desk == key))
    }

    /// Plans who leaves; the desks of `tightened` are restricted before.
    pub(super) fn removals(&mut self, identities: &Identities<'_>, replaced: &[Leaver], tightened: &BTreeSet<DeskKey>) {
        let customers = self.roster.customers.values();
        // An entry that is held may mean the account its pin names.
        let undecided = customers.filter(|customer| !self.plan.accounts.contains_key(customer.email.key()));
        let pinned: BTreeSet<&Handle> = undecided.filter_map(|customer| customer.account.as_ref()).collect();
        for (key, spec) in &self.roster.desks {
            let Some(desk) = self.observed.desk(key).filter(|desk| !desk.completeness.is_narrow()) else {
                continue;
            };
            let mut leaving = Leaving::new();
            self.expired(identities, key, desk, &mut leaving);
            let meant = self.meant_by_held();
            for leaver in replaced.iter().filter(|leaver| leaver.container.desk() == Some(key)) {
                leaving.entry(leaver.handle.clone()).or_insert(leaver.cause);
            }
            self.owned(identities, key, spec, desk, &mut leaving);
            let listed = self.listed(key);
            if spec.membership == Membership::Exact {
                self.strangers(identities, key, desk, &mut leaving);
            }
            leaving.retain(|handle, _| {
                let id = identities.named(handle).map(|account| &account.id);
                !listed.contains(handle) && !pinned.contains(handle) && !id.is_some_and(|id| meant.contains(id))
            });
            if !leaving.is_empty() && self.is_unwitnessed(key, desk) {
                self.plan.unwitnessed.insert(key.clone());
            }
            let earlier = self.earlier(key);
            let of = Of {
                key,
                spec,
                stays_open: stays_open(spec, desk, tightened.contains(key)),
                phantoms: desk.phantoms(),
                earlier,
            };
            for (handle, cause) in leaving {
                self.leaves(&of, identities.named(&handle), handle, cause);
            }
        }
    }

    /// Entries whose `until` has come.
    fn expired(&mut self, identities: &Identities<'_>, key: &DeskKey, desk: &ObservedDesk, leaving: &mut Leaving) {
        let roster = self.roster;
        for customer in roster.expired.values().filter(|customer| customer.desks.contains(key)) {
            let account = match identities.identify(customer) {
                Identity::Account(account) | Identity::Former(account) => Some(account),
                Identity::Absent | Identity::Unasked(_) => {
                    let known = self.ledger.known(customer.email.key());
                    known.and_then(|id| self.observed.accounts.get(id))
                }
                Identity::Held(HeldReason::Deactivated(id)) => self.observed.accounts.get(&id),
                Identity::Held(reason) => {
                    let mut meant = reason
                        .candidates()
                        .iter()
                        .filter_map(|id| self.observed.accounts.get(id));
                    if meant.any(|account| desk.members.contains(&account.handle)) {
                        self.hold(Some(&customer.email), Some(key), reason.clone());
                    }
                    None
                }
            };
            match account.filter(|account| desk.lists(&account.handle)) {
                Some(account) if self.is_in_doubt(customer.until) => {
                    let reason = HeldReason::ClockOff(Some(account.id.clone()));
                    self.hold(Some(&customer.email), Some(key), reason);
                }
                Some(account) => drop(leaving.insert(account.handle.clone(), Cause::Expired)),
                None => {}
            }
        }
    }

    /// Whom an applied roster listed on the desk, and this one does not. Also finds out who of them is not on it any more.
    fn owned(
        &mut self,
        identities: &Identities<'_>,
        key: &DeskKey,
        spec: &DeskSpec,
        desk: &ObservedDesk,
        leaving: &mut Leaving,
    ) {
        let container = Container::from(key);
        let ledger = self.ledger;
        let applied = ledger.history().applied.contains_key(&container);
        for (email, id) in ledger.listed_on(&container) {
            // An address can have gone over to somebody else: who had it before is another person.
            let has_it = |id: &AccountId| self.plan.accounts.get(email).is_none_or(|account| account.id == *id);
            if self.roster.lists(email, &container) && id.is_none_or(has_it) {
                continue;
            }
            match self.whereabouts(identities, (&container, desk), email, id) {
                Whereabouts::There(account) if applied && spec.membership == Membership::Owned => {
                    leaving.entry(account.handle.clone()).or_insert(Cause::Edit);
                }
                Whereabouts::There(_) | Whereabouts::Unknown => {}
                Whereabouts::ListedOnly(account) => {
                    if applied && spec.membership == Membership::Owned {
                        leaving.entry(account.handle.clone()).or_insert(Cause::Edit);
                    }
                    self.plan.left.insert((container.clone(), email.clone()));
                }
                Whereabouts::Gone => {
                    self.plan.left.insert((container.clone(), email.clone()));
                }
            }
        }
    }

    fn whereabouts<'i>(
        &self,
        identities: &Identities<'i>,
        (container, desk): (&Container, &ObservedDesk),
        email: &EmailKey,
        id: Option<&AccountId>,
    ) -> Whereabouts<'i> {
        let is_unasked = |id: &AccountId| !self.observed.accounts.contains_key(id) && !self.observed.gone.contains(id);
        let (account, certain) = match id {
            Some(id) => (
                identities.with_id(id),
                self.is_cloud() || self.observed.gone.contains(id),
            ),
            None => {
                let lookup = self.observed.lookups.get(email);
                let found = identities.showing(email).first().copied();
                (found, self.is_cloud() || lookup.is_some())
            }
        };
        match account {
            Some(account) if desk.members.contains(&account.handle) => Whereabouts::There(account),
            Some(account) if desk.phantoms().contains(&account.handle) => Whereabouts::ListedOnly(account),
            // A list may leave out who is deactivated, and still be whole.
            Some(account) if !account.active => Whereabouts::Unknown,
            Some(_) if desk.completeness.is_complete() => Whereabouts::Gone,
            None if id.is_some_and(is_unasked) && self.ledger.was_missed(container, email) => Whereabouts::Unknown,
            // Cloud's list shows everybody who is on it.
            None if desk.completeness.is_complete() && certain => Whereabouts::Gone,
            Some(_) | None => Whereabouts::Unknown,
        }
    }

    /// Everybody on the desk's list.
    fn strangers(&self, identities: &Identities<'_>, key: &DeskKey, desk: &ObservedDesk, leaving: &mut Leaving) {
        let container = Container::from(key);
        let listed_once = self.ledger.listed_on(&container);
        let new = self
            .ledger
            .cause(&Fact::Exact(container.clone()), &Value::Present, [container.clone()]);
        for handle in desk.members.iter().chain(desk.phantoms()) {
            let email = identities.named(handle).and_then(Account::email_key);
            let edited = email.is_some_and(|email| listed_once.contains_key(&email));
            let cause = if edited { Cause::Edit } else { new };
            leaving.entry(handle.clone()).or_insert(cause);
        }
    }

    /// The accounts of the entries that list a desk.
    fn listed(&self, key: &DeskKey) -> BTreeSet<Handle> {
        let on = self
            .roster
            .customers
            .iter()
            .filter(|(_, customer)| customer.desks.contains(key));
        on.filter_map(|(email, _)| Some(self.plan.accounts.get(email)?.handle.clone()))
            .collect()
    }

    /// The accounts a held entry may mean: nobody knows that they are not listed.
    fn meant_by_held(&self) -> BTreeSet<AccountId> {
        let held = self.plan.held.iter();
        held.flat_map(|held| held.reason.candidates()).cloned().collect()
    }

    /// The older addresses of a desk's people, whose accounts are about to be given the new ones: Data Center.
    fn earlier(&self, key: &DeskKey) -> BTreeSet<EmailKey> {
        let on = self
            .roster
            .customers
            .values()
            .filter(|customer| customer.desks.contains(key));
        let earlier = on
            .filter(|_| !self.is_cloud())
            .flat_map(|customer| &customer.previously);
        earlier.map(|email| email.key().clone()).collect()
    }

    fn leaves(&mut self, of: &Of<'_>, account: Option<&Account>, handle: Handle, cause: Cause) {
        let key = of.key;
        let leaver = |handle| Leaver {
            container: key.into(),
            handle,
            cause,
        };
        let Some(account) = account else {
            return match self.observed.unanswered.contains(&handle) {
                true => self.hold(None, Some(key), HeldReason::LeaverUnread(AccountId(handle.0))),
                false if of.spec.paused => {}
                false => self.plan.leavers.push(leaver(handle)),
            };
        };
        let email = account.email_key();
        let entry = email.as_ref().and_then(|email| self.roster.customers.get(email));
        let is_listed = entry.is_some_and(|customer| customer.desks.contains(key));
        if of.phantoms.contains(&account.handle) && !is_listed {
            return self.note(account, key, NoteKind::ListedOnly);
        }
        let Some(email) = email else {
            return match self.is_more_than_a_customer(account) {
                true => self.note(account, key, NoteKind::NotACustomer),
                false => self.hold(None, Some(key), HeldReason::LeaverHidden(account.id.clone())),
            };
        };
        if is_listed || of.earlier.contains(&email) {
            // The entry is held, or its account is about to be changed.
            return;
        }
        if of.spec.keeps(&email) {
            return self.note(account, key, NoteKind::Kept);
        }
        if self.is_more_than_a_customer(account) {
            return self.note(account, key, NoteKind::NotACustomer);
        }
        if of.stays_open {
            return self.note(account, key, NoteKind::StaysOpen);
        }
        // Who left the file, or whose day has come, waits for nothing.
        let entry = self.entry_of(&email).filter(|_| cause != Cause::Expired);
        let after = match entry.map_or(Wait::For(Vec::new()), |entry| self.wait_of(entry)) {
            Wait::For(after) => after,
            Wait::Longer(desk) => return self.note(account, key, NoteKind::WaitsForAdd(desk)),
        };
        match self.observed.staff.get(&account.id) {
            None if !of.spec.paused => self.plan.leavers.push(leaver(handle)),
            Some(Staff::Unknown) => self.hold(None, Some(key), HeldReason::LeaverUnread(account.id.clone())),
            // On a paused desk nobody is removed, so nobody is asked.
            Some(Staff::No | Staff::Yes) | None => self.remove(account, key, cause, after),
        }
    }

    fn remove(&mut self, account: &Account, key: &DeskKey, cause: Cause, after: Vec<StepId>) {
        let email = account.email.as_deref().and_then(|email| Email::parse(email).ok());
        let id = account.id.clone();
        let refusals = [
            (
                Deed::Remove(key.into(), id.clone()),
                HeldReason::NoEffect(Change::Remove),
            ),
            (Deed::RemoveFromOpen(key.clone(), id), HeldReason::StillOpen),
        ];
        // A desk that can be read to be restricted refuses nothing any more.
        let is_restricted = self
            .observed
            .desk(key)
            .is_some_and(|desk| desk.access == AccessReading::Known(Access::Restricted));
        for (deed, reason) in refusals {
            if is_restricted && reason == HeldReason::StillOpen {
                continue;
            }
            if self.is_without_effect(deed) {
                return self.hold(email.as_ref(), Some(key), reason);
            }
        }
        let action = Action::RemoveFromDesk {
            email,
            account: account.into(),
            desk: key.clone(),
            after,
        };
        let paused = self.is_paused(key);
        self.step(action, cause, paused);
    }

    fn is_more_than_a_customer(&self, account: &Account) -> bool {
        account.kind == AccountKind::App || self.observed.staff.get(&account.id) == Some(&Staff::Yes)
    }

    pub(super) fn note(&mut self, account: &Account, key: &DeskKey, kind: NoteKind) {
        self.plan.notes.push(Note {
            email: account.email.clone(),
            account: account.id.clone(),
            desk: Some(key.clone()),
            kind,
        });
    }
}

/// The desk that is being looked at.
struct Of<'a> {
    key: &'a DeskKey,
    spec: &'a DeskSpec,
    /// Nobody can be removed from it.
    stays_open: bool,
    /// Who is on its list only.
    phantoms: &'a BTreeSet<Handle>,
    earlier: BTreeSet<EmailKey>,
}

/// Where somebody is whom an earlier roster listed on a desk.
enum Whereabouts<'a> {
    There(&'a Account),
    /// On the desk's list, and seen to be off the desk.
    ListedOnly(&'a Account),
    Gone,
    Unknown,
}

/// Whether a desk is open, and no step of this plan makes it otherwise before anybody is removed.
fn stays_open(spec: &DeskSpec, desk: &ObservedDesk, is_tightened: bool) -> bool {
    match desk.access {
        AccessReading::Known(Access::Restricted) => false,
        AccessReading::Known(Access::Open | Access::Public) => {
            !(is_tightened && spec.access == Some(Access::Restricted))
        }
        // Jira refuses it then, which removes nobody.
        AccessReading::NotAsked | AccessReading::Unreadable { .. } => false,
    }
}
