//! What earlier passes saw and learnt.
//!
//! Tells why a difference is there ([`Ledger::cause`]) and keeps a create that Jira refused from being asked again.
//! Losing a ledger is safe: causes become [`Cause::Unknown`] or [`Cause::First`], and a refused create is asked once more.

use std::collections::{BTreeMap, BTreeSet};

use super::access::Access;
use super::account::AccountId;
use super::desk::DeskKey;
use super::edit::Edit;
use super::email::EmailKey;
use super::observed::Deployment;
use super::outcome::{Outcome, Outcomes};
use super::plan::Plan;
use super::roster::Roster;
use super::step::{Action, Cause, Step};

/// The memory of one site's passes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    kept: bool,
    parts: Parts,
}

/// What a ledger is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The desks of which a pass has completed.
    pub completed: BTreeSet<DeskKey>,
    /// What facts were when they were last seen in agreement.
    pub agreed: BTreeMap<Fact, Value>,
    /// The e-mails Jira refused a create for, with the candidates found then.
    pub refused: BTreeMap<EmailKey, Vec<AccountId>>,
    /// The account that was given a licence seat when it was made with a first password: no other is made so.
    pub seat_given: Option<String>,
}

/// Something the roster can want.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// That an account exists.
    Account(EmailKey),
    /// That somebody is on a desk.
    Membership(DeskKey, EmailKey),
    /// How open a desk is.
    Access(DeskKey),
    /// What somebody is called: Data Center.
    Name(EmailKey),
}

/// What a fact was when the roster and Jira last agreed on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// It is so.
    Present,
    /// That open.
    Access(Access),
    /// The roster's name for somebody, when it and Jira agreed or the difference was told and left alone.
    Name(String),
}

impl Ledger {
    /// No memory at all, as `plan` and `apply` have without a state directory.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A memory that is kept from now on.
    #[must_use]
    pub fn kept() -> Self {
        Self {
            kept: true,
            ..Self::default()
        }
    }

    /// What would be remembered if `base` had been applied whole: tells edits from drift where no memory is at hand.
    #[must_use]
    pub fn of_base(base: &Roster) -> Self {
        let mut ledger = Self::kept();
        let everything = facts(base, |_| true);
        ledger.parts.agreed.extend(everything);
        ledger.parts.completed = base.desks.keys().cloned().collect();
        ledger
    }

    /// A kept memory, put together again from its parts.
    #[must_use]
    pub fn restored(parts: Parts) -> Self {
        Self { kept: true, parts }
    }

    /// What it is made of, to be written down.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// What a fact was when the roster and Jira last agreed on it.
    #[must_use]
    pub fn agreed(&self, fact: &Fact) -> Option<&Value> {
        self.parts.agreed.get(fact)
    }

    /// The account that was given a licence seat when it was made with a first password.
    #[must_use]
    pub fn seat_given(&self) -> Option<&str> {
        self.parts.seat_given.as_deref()
    }

    /// Somebody says that it is mended: accounts may be made with a first password again.
    pub fn forget_seat_given(&mut self) {
        self.parts.seat_given = None;
    }

    /// Why `fact` is not what the roster wants, seen from the desks it concerns.
    #[must_use]
    pub fn cause<'a>(&self, fact: &Fact, wanted: &Value, desks: impl IntoIterator<Item = &'a DeskKey>) -> Cause {
        let mut desks = desks.into_iter().peekable();
        let desk_known = desks.peek().is_none() || desks.any(|desk| self.parts.completed.contains(desk));
        match self.parts.agreed.get(fact) {
            _ if !self.kept => Cause::Unknown,
            _ if !desk_known || self.parts.completed.is_empty() => Cause::First,
            Some(agreed) if agreed == wanted => Cause::Drift,
            Some(_) | None => Cause::Edit,
        }
    }

    /// What Jira answered to an earlier create for this e-mail: the candidates that were found then.
    #[must_use]
    pub fn refused(&self, email: &EmailKey) -> Option<&[AccountId]> {
        self.parts.refused.get(email).map(Vec::as_slice)
    }

    /// Takes in what a full pass saw and did. A fact that no step, held entry or pause concerns was seen in agreement,
    /// and so was one whose step succeeded. A desk is complete once a pass that read it came to its end.
    pub fn fold(&mut self, roster: &Roster, plan: &Plan, outcomes: &Outcomes) {
        self.fold_part(roster, roster, plan, outcomes);
    }

    /// The same for a pass over a part of `roster`, some desks of it: what is remembered of the rest stays.
    pub fn fold_part(&mut self, roster: &Roster, part: &Roster, plan: &Plan, outcomes: &Outcomes) {
        let open = self.take_in(roster, part, plan, outcomes);
        self.parts.completed.retain(|key| roster.desks.contains_key(key));
        if outcomes.stopped.is_none() {
            self.parts.completed.retain(|key| !part.desks.contains_key(key));
            let read = part.desks.keys().filter(|key| !open.desks.contains(*key));
            self.parts.completed.extend(read.cloned());
        }
    }

    /// The same for a pass over an edit of `roster`, which saw only what the edit concerns.
    pub fn fold_edit(&mut self, roster: &Roster, edit: &Edit, plan: &Plan, outcomes: &Outcomes) {
        let open = self.take_in(roster, &edit.roster, plan, outcomes);
        self.parts.completed.retain(|key| roster.desks.contains_key(key));
        if outcomes.stopped.is_none() {
            let read = edit.whole.iter().filter(|key| !open.desks.contains(*key));
            self.parts.completed.extend(read.cloned());
        }
    }

    fn take_in(&mut self, roster: &Roster, seen: &Roster, plan: &Plan, outcomes: &Outcomes) -> Open {
        self.kept = true;
        let open = Open::of(plan, outcomes);
        let made: BTreeSet<_> = plan.steps.iter().filter_map(|step| made(step, outcomes)).collect();
        let has_account = |email: &EmailKey| plan.accounts.contains_key(email) || made.contains(email);
        let named = plan.site.deployment == Deployment::DataCenter;
        let agreed = facts(seen, has_account).filter(|(fact, _)| named || !matches!(fact, Fact::Name(_)));
        self.parts.agreed.extend(agreed.filter(|(fact, _)| !open.holds(fact)));
        self.parts.agreed.retain(|fact, _| is_wanted(roster, fact));
        // A create that may or may not have made somebody: what was agreed on before says nothing of that account.
        let unknown = plan
            .steps
            .iter()
            .filter(|step| outcomes.of(step.id) == Outcome::Unknown);
        for step in unknown {
            if let Action::CreateCustomer { email, .. } = &step.action {
                self.parts.agreed.remove(&Fact::Account(email.key().clone()));
            }
        }
        self.parts
            .refused
            .retain(|email, _| roster.customers.contains_key(email) && !plan.accounts.contains_key(email));
        self.parts.refused.extend(outcomes.refused_creates(plan));
        if let Some(account) = &outcomes.seat_given {
            self.parts.seat_given = Some(account.clone());
        }
        open
    }
}

/// Everything a roster wants; accounts only of those who are known to have one.
fn facts(roster: &Roster, has_account: impl Fn(&EmailKey) -> bool) -> impl Iterator<Item = (Fact, Value)> {
    let access = roster.desks.iter().filter_map(|(key, desk)| {
        let access = desk.access?;
        Some((Fact::Access(key.clone()), Value::Access(access)))
    });
    let people = roster.customers.iter().flat_map(move |(email, customer)| {
        let has_account = has_account(email);
        let account = has_account.then(|| (Fact::Account(email.clone()), Value::Present));
        let name = customer.name.as_ref().filter(|_| has_account);
        let name = name.map(|name| (Fact::Name(email.clone()), Value::Name(name.as_str().to_owned())));
        let desks = customer.desks.iter().cloned();
        let on = desks.map(|desk| (Fact::Membership(desk, email.clone()), Value::Present));
        account.into_iter().chain(name).chain(on)
    });
    access.chain(people)
}

/// Whether a roster wants a fact to be so.
fn is_wanted(roster: &Roster, fact: &Fact) -> bool {
    match fact {
        Fact::Account(email) => roster.customers.contains_key(email),
        Fact::Membership(desk, email) => roster
            .customers
            .get(email)
            .is_some_and(|customer| customer.desks.contains(desk)),
        Fact::Access(desk) => roster.desks.get(desk).is_some_and(|spec| spec.access.is_some()),
        Fact::Name(email) => roster
            .customers
            .get(email)
            .is_some_and(|customer| customer.name.is_some()),
    }
}

/// Whose account a step made.
fn made<'a>(step: &'a Step, outcomes: &Outcomes) -> Option<&'a EmailKey> {
    match &step.action {
        Action::CreateCustomer { email, .. } => outcomes.succeeded(step.id).then(|| email.key()),
        Action::UpdateCustomer { .. } | Action::AddToDesk { .. } | Action::SetAccess { .. } => None,
    }
}

/// What a pass left undone.
struct Open {
    facts: BTreeSet<Fact>,
    emails: BTreeSet<EmailKey>,
    desks: BTreeSet<DeskKey>,
}

impl Open {
    fn of(plan: &Plan, outcomes: &Outcomes) -> Self {
        let undone = plan.steps.iter().filter(|step| !outcomes.succeeded(step.id));
        Self {
            facts: undone
                .chain(&plan.paused)
                .flat_map(|step| step.action.facts())
                .collect(),
            emails: plan
                .held
                .iter()
                .filter_map(|held| held.email.as_ref())
                .map(|email| email.key().clone())
                .collect(),
            desks: plan.held.iter().filter_map(|held| held.desk.clone()).collect(),
        }
    }

    fn holds(&self, fact: &Fact) -> bool {
        self.facts.contains(fact)
            || match fact {
                Fact::Account(email) | Fact::Name(email) => self.emails.contains(email),
                Fact::Membership(desk, email) => self.emails.contains(email) || self.desks.contains(desk),
                Fact::Access(desk) => self.desks.contains(desk),
            }
    }
}

impl Action {
    /// The facts this action makes true.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        match self {
            Self::CreateCustomer { email, .. } => {
                vec![Fact::Account(email.key().clone()), Fact::Name(email.key().clone())]
            }
            Self::UpdateCustomer { email, changes, .. } => {
                let name = changes.name.iter().map(|_| Fact::Name(email.key().clone()));
                let account =
                    (changes.address.is_some() || changes.reactivate).then(|| Fact::Account(email.key().clone()));
                name.chain(account).collect()
            }
            Self::AddToDesk { email, desk, .. } => vec![Fact::Membership(desk.clone(), email.key().clone())],
            Self::SetAccess { desk, .. } => vec![Fact::Access(desk.clone())],
        }
    }
}
