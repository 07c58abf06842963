//! Plans removals from desks.
//!
//! | account on the desk | reason | expected |
//! |---|---|---|
//! | of an expired entry | `until` | removed |
//! | … while this machine's clock is over an hour from Jira's | | held, unless it had expired before |
//! | with a `previously` address, Cloud | the new account is on the desk, or added | removed after that, see `moves` |
//! | listed there by an applied roster, but not by this one | `membership: owned` | removed |
//! | not listed there | `membership: exact` | removed |
//! | of these: an agent, an administrator, an app, quietdesk's own account | | noted |
//! | … with a hidden e-mail, or an unknown role | | held |
//! | … matched by `keep` | | noted |
//! | … on a desk that stays open | | noted |
//! | … with an entry for other desks | | removed after the adds to them: see `moves` |
//! | … a phantom: on the list, but not in a believed customer role | | noted |
//! | … a candidate of a held entry | | nothing: the entry is held |
//! | … not looked up yet | | a removal candidate, to be looked up |
//!
//! People who have access only through a group or an organization are on no list and are never removed.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::{Note, NoteKind, RemovalCandidate};
use super::moves::RemovalWait;
use super::planner::Planner;
use crate::model::access::Access;
use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::container::Container;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::held::{HeldReason, IneffectiveChange};
use crate::model::identity::{Identities, Identity};
use crate::model::ledger::{Effect, Fact, Value};
use crate::model::observed::{AccessReading, ObservedDesk, Staff};
use crate::model::roster::{Customer, DeskSpec, Membership};
use crate::model::step::{Action, Cause, Step, StepId};

/// Removals from one desk, with their causes.
type RemovalCauses = BTreeMap<Handle, Cause>;

impl Planner<'_> {
    /// Collects replaced accounts. On Cloud a new address is a new account; the old one is removed from the entry's
    /// desks once the new one is on them.
    pub(super) fn collect_replaced_accounts(
        &self,
        customer: &Customer,
        identities: &Identities<'_>,
        replaced: &mut Vec<RemovalCandidate>,
    ) {
        let own = self.plan.accounts.get(customer.email.key());
        let earlier = customer.previously.iter();
        let accounts = earlier.flat_map(|email| identities.with_email(email.key()));
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
                    replaced.push(RemovalCandidate {
                        container: key.into(),
                        handle: account.handle.clone(),
                        cause: self.ledger.cause(&fact, &Value::Present, [key.into()]),
                    });
                }
            }
        }
    }

    /// Whether one of the latest steps adds the entry to a desk.
    fn is_being_added(&self, customer: &Customer, key: &DeskKey) -> bool {
        let steps = [&self.plan.steps, &self.plan.paused];
        let of_entry = |step: &&Step| step.action.email().is_some_and(|email| email == &customer.email);
        let mut latest = steps
            .into_iter()
            .flat_map(|steps| steps.iter().rev().take_while(of_entry));
        latest.any(|step| matches!(&step.action, Action::AddToDesk { desk, .. } if desk == key))
    }

    /// Plans the removals of all desks; the plan restricts the desks in `tightened` first.
    pub(super) fn plan_removals(
        &mut self,
        identities: &Identities<'_>,
        replaced: &[RemovalCandidate],
        tightened: &BTreeSet<DeskKey>,
    ) {
        let customers = self.roster.customers.values();
        // A held entry may mean the account it pins.
        let undecided = customers.filter(|customer| !self.plan.accounts.contains_key(customer.email.key()));
        let pinned: BTreeSet<&Handle> = undecided.filter_map(|customer| customer.account.as_ref()).collect();
        for (key, spec) in &self.roster.desks {
            let Some(desk) = self.observed.desk(key).filter(|desk| !desk.completeness.is_narrow()) else {
                continue;
            };
            let mut leaving = RemovalCauses::new();
            self.collect_expired(identities, key, desk, &mut leaving);
            let meant = self.candidates_of_held_entries();
            for candidate in replaced
                .iter()
                .filter(|candidate| candidate.container.desk() == Some(key))
            {
                leaving.entry(candidate.handle.clone()).or_insert(candidate.cause);
            }
            self.collect_owned(identities, key, spec, desk, &mut leaving);
            let listed = self.listed_handles(key);
            if spec.membership == Membership::Exact {
                self.collect_unlisted(identities, key, desk, &mut leaving);
            }
            leaving.retain(|handle, _| {
                let id = identities.with_handle(handle).map(|account| &account.id);
                !listed.contains(handle) && !pinned.contains(handle) && !id.is_some_and(|id| meant.contains(id))
            });
            if !leaving.is_empty() && self.needs_role_reading(key, desk) {
                self.plan.desks_with_unread_role.insert(key.clone());
            }
            let earlier = self.previous_emails(key);
            let of = DeskContext {
                key,
                spec,
                stays_open: is_open_during_removals(spec, desk, tightened.contains(key)),
                phantoms: desk.phantoms(),
                previous_emails: earlier,
            };
            for (handle, cause) in leaving {
                self.plan_removal(&of, identities.with_handle(&handle), handle, cause);
            }
        }
    }

    /// Collects the accounts of expired entries.
    fn collect_expired(
        &mut self,
        identities: &Identities<'_>,
        key: &DeskKey,
        desk: &ObservedDesk,
        leaving: &mut RemovalCauses,
    ) {
        let roster = self.roster;
        for customer in roster.expired.values().filter(|customer| customer.desks.contains(key)) {
            let account = match identities.identify(customer) {
                Identity::Account(account) | Identity::PreviousEmail(account) => Some(account),
                Identity::Absent | Identity::NeedsLookup(_) => {
                    let known = self.ledger.known_account(customer.email.key());
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
            match account.filter(|account| desk.is_on_list(&account.handle)) {
                Some(account) if self.is_expiry_in_doubt(customer.until) => {
                    let reason = HeldReason::ClockOff(Some(account.id.clone()));
                    self.hold(Some(&customer.email), Some(key), reason);
                }
                Some(account) => drop(leaving.insert(account.handle.clone(), Cause::Expired)),
                None => {}
            }
        }
    }

    /// Collects people that an applied roster listed on the desk and this one does not. Also records which of them are
    /// no longer on the desk.
    fn collect_owned(
        &mut self,
        identities: &Identities<'_>,
        key: &DeskKey,
        spec: &DeskSpec,
        desk: &ObservedDesk,
        leaving: &mut RemovalCauses,
    ) {
        let container = Container::from(key);
        let ledger = self.ledger;
        let applied = ledger.history().applied_counts.contains_key(&container);
        for (email, id) in ledger.listed_on(&container) {
            // The address may belong to another account now: its earlier holder is another person.
            let has_it = |id: &AccountId| self.plan.accounts.get(email).is_none_or(|account| account.id == *id);
            if self.roster.is_listed(email, &container) && id.is_none_or(has_it) {
                continue;
            }
            match self.locate_person(identities, (&container, desk), email, id) {
                Presence::OnDesk(account) if applied && spec.membership == Membership::Owned => {
                    leaving.entry(account.handle.clone()).or_insert(Cause::Edit);
                }
                Presence::OnDesk(_) | Presence::Unknown => {}
                Presence::ListedOnly(account) => {
                    if applied && spec.membership == Membership::Owned {
                        leaving.entry(account.handle.clone()).or_insert(Cause::Edit);
                    }
                    self.plan.departed.insert((container.clone(), email.clone()));
                }
                Presence::NotOnDesk => {
                    self.plan.departed.insert((container.clone(), email.clone()));
                }
            }
        }
    }

    fn locate_person<'i>(
        &self,
        identities: &Identities<'i>,
        (container, desk): (&Container, &ObservedDesk),
        email: &EmailKey,
        id: Option<&AccountId>,
    ) -> Presence<'i> {
        let is_unasked =
            |id: &AccountId| !self.observed.accounts.contains_key(id) && !self.observed.missing_accounts.contains(id);
        let (account, certain) = match id {
            Some(id) => (
                identities.with_id(id),
                self.is_cloud() || self.observed.missing_accounts.contains(id),
            ),
            None => {
                let lookup = self.observed.lookups.get(email);
                let found = identities.with_email(email).first().copied();
                (found, self.is_cloud() || lookup.is_some())
            }
        };
        match account {
            Some(account) if desk.members.contains(&account.handle) => Presence::OnDesk(account),
            Some(account) if desk.phantoms().contains(&account.handle) => Presence::ListedOnly(account),
            // A complete list may omit deactivated accounts.
            Some(account) if !account.active => Presence::Unknown,
            Some(_) if desk.completeness.is_complete() => Presence::NotOnDesk,
            None if id.is_some_and(is_unasked) && self.ledger.was_missed(container, email) => Presence::Unknown,
            // Cloud's list shows every account on the desk.
            None if desk.completeness.is_complete() && certain => Presence::NotOnDesk,
            Some(_) | None => Presence::Unknown,
        }
    }

    /// Collects all other accounts on the desk's list.
    fn collect_unlisted(
        &self,
        identities: &Identities<'_>,
        key: &DeskKey,
        desk: &ObservedDesk,
        leaving: &mut RemovalCauses,
    ) {
        let container = Container::from(key);
        let listed_once = self.ledger.listed_on(&container);
        let new = self
            .ledger
            .cause(&Fact::Exact(container.clone()), &Value::Present, [container.clone()]);
        for handle in desk.members.iter().chain(desk.phantoms()) {
            let email = identities.with_handle(handle).and_then(Account::email_key);
            let edited = email.is_some_and(|email| listed_once.contains_key(&email));
            let cause = if edited { Cause::Edit } else { new };
            leaving.entry(handle.clone()).or_insert(cause);
        }
    }

    /// Returns the accounts of the entries that list a desk.
    fn listed_handles(&self, key: &DeskKey) -> BTreeSet<Handle> {
        let on = self
            .roster
            .customers
            .iter()
            .filter(|(_, customer)| customer.desks.contains(key));
        on.filter_map(|(email, _)| Some(self.plan.accounts.get(email)?.handle.clone()))
            .collect()
    }

    /// Returns the candidates of held entries: they may be listed, so they must stay.
    fn candidates_of_held_entries(&self) -> BTreeSet<AccountId> {
        let held = self.plan.held.iter();
        held.flat_map(|held| held.reason.candidates()).cloned().collect()
    }

    /// Data Center: returns the previous addresses of a desk's people; this plan gives their accounts the new ones.
    fn previous_emails(&self, key: &DeskKey) -> BTreeSet<EmailKey> {
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

    fn plan_removal(&mut self, of: &DeskContext<'_>, account: Option<&Account>, handle: Handle, cause: Cause) {
        let key = of.key;
        let candidate = |handle| RemovalCandidate {
            container: key.into(),
            handle,
            cause,
        };
        let Some(account) = account else {
            return match self.observed.unresolved.contains(&handle) {
                true => self.hold(None, Some(key), HeldReason::CandidateStaffUnknown(AccountId(handle.0))),
                false if of.spec.paused => {}
                false => self.plan.removal_candidates.push(candidate(handle)),
            };
        };
        let email = account.email_key();
        let entry = email.as_ref().and_then(|email| self.roster.customers.get(email));
        let is_listed = entry.is_some_and(|customer| customer.desks.contains(key));
        if of.phantoms.contains(&account.handle) && !is_listed {
            return self.push_note(account, key, NoteKind::ListedOnly);
        }
        let Some(email) = email else {
            return match self.is_staff_or_app(account) {
                true => self.push_note(account, key, NoteKind::NotACustomer),
                false => self.hold(None, Some(key), HeldReason::CandidateHidden(account.id.clone())),
            };
        };
        if is_listed || of.previous_emails.contains(&email) {
            // The entry is held, or its account is changed by this plan.
            return;
        }
        if of.spec.is_kept(&email) {
            return self.push_note(account, key, NoteKind::Kept);
        }
        if self.is_staff_or_app(account) {
            return self.push_note(account, key, NoteKind::NotACustomer);
        }
        if of.stays_open {
            return self.push_note(account, key, NoteKind::StaysOpen);
        }
        // Expired entries and people who left the file do not wait.
        let entry = self.entry_with_email(&email).filter(|_| cause != Cause::Expired);
        let after = match entry.map_or(RemovalWait::ForSteps(Vec::new()), |entry| self.removal_wait(entry)) {
            RemovalWait::ForSteps(after) => after,
            RemovalWait::ForUnplannedAdd(desk) => return self.push_note(account, key, NoteKind::WaitsForAdd(desk)),
        };
        match self.observed.staff.get(&account.id) {
            None if !of.spec.paused => self.plan.removal_candidates.push(candidate(handle)),
            Some(Staff::Unknown) => self.hold(None, Some(key), HeldReason::CandidateStaffUnknown(account.id.clone())),
            // A paused desk has no removals, so roles are not read.
            Some(Staff::No | Staff::Yes) | None => self.push_removal(account, key, cause, after),
        }
    }

    fn push_removal(&mut self, account: &Account, key: &DeskKey, cause: Cause, after: Vec<StepId>) {
        let email = account.email.as_deref().and_then(|email| Email::parse(email).ok());
        let id = account.id.clone();
        let refusals = [
            (
                Effect::Remove(key.into(), id.clone()),
                HeldReason::NoEffect(IneffectiveChange::Remove),
            ),
            (Effect::RemoveFromOpen(key.clone(), id), HeldReason::DeskOpen),
        ];
        // A desk known to be restricted accepts removals again.
        let is_restricted = self
            .observed
            .desk(key)
            .is_some_and(|desk| desk.access == AccessReading::Known(Access::Restricted));
        for (effect, reason) in refusals {
            if is_restricted && reason == HeldReason::DeskOpen {
                continue;
            }
            if self.is_without_effect(effect) {
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
        self.push_step(action, cause, paused);
    }

    fn is_staff_or_app(&self, account: &Account) -> bool {
        account.kind == AccountKind::App || self.observed.staff.get(&account.id) == Some(&Staff::Yes)
    }

    pub(super) fn push_note(&mut self, account: &Account, key: &DeskKey, kind: NoteKind) {
        self.plan.notes.push(Note {
            email: account.email.clone(),
            account: account.id.clone(),
            desk: Some(key.clone()),
            kind,
        });
    }
}

/// The desk that removals are planned for.
struct DeskContext<'a> {
    key: &'a DeskKey,
    spec: &'a DeskSpec,
    /// Jira refuses removals from it.
    stays_open: bool,
    /// Accounts on its list, but not in its customer role.
    phantoms: &'a BTreeSet<Handle>,
    /// Previous addresses of its people; this plan gives their accounts the new ones.
    previous_emails: BTreeSet<EmailKey>,
}

/// Whether a person that an earlier roster listed on a desk is still there.
enum Presence<'a> {
    OnDesk(&'a Account),
    /// On the desk's list, but known to be off the desk.
    ListedOnly(&'a Account),
    NotOnDesk,
    Unknown,
}

/// Whether a desk is open and this plan does not restrict it before its removals.
fn is_open_during_removals(spec: &DeskSpec, desk: &ObservedDesk, is_tightened: bool) -> bool {
    match desk.access {
        AccessReading::Known(Access::Restricted) => false,
        AccessReading::Known(Access::Open | Access::Public) => {
            !(is_tightened && spec.access == Some(Access::Restricted))
        }
        // If the desk is open after all, Jira refuses the removal.
        AccessReading::NotRead | AccessReading::Unreadable { .. } => false,
    }
}
