//! What earlier passes saw and learnt.
//!
//! Tells why a difference is there ([`Ledger::cause`]) and keeps a create that Jira refused from being asked again.
//! Losing a ledger is safe: causes become [`Cause::Unknown`] or [`Cause::First`], and a refused create is asked once more.

mod deeds;
mod history;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

pub use self::deeds::Deed;
pub use self::history::{DAY, History};
use super::access::Access;
use super::account::AccountId;
use super::desk::DeskKey;
use super::edit::Edit;
use super::email::EmailKey;
use super::held::{Concerns, Held};
use super::observed::Deployment;
use super::outcome::{Outcome, Outcomes};
use super::plan::Plan;
use super::policy::Policy;
use super::roster::{Customer, DeskSpec, Membership, Roster};
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
    /// Whom an applied roster listed on a desk, beyond those it lists now, and by which account: `membership: owned`
    /// removes them. An entry stays until two readings of the desk in a row show that the person is off it, or the desk
    /// leaves the roster: that Jira accepted a removal does not mean that it was done.
    pub claimed: BTreeMap<(DeskKey, EmailKey), Option<AccountId>>,
    /// Of these, who was not on the desk at the last reading of it. One reading can miss a row without a sign of it, so the
    /// memory ends at the second one in a row.
    pub missed: BTreeSet<(DeskKey, EmailKey)>,
    /// How often Jira accepted something that was not so afterwards.
    pub accepted: BTreeMap<Deed, usize>,
    /// What the guards go by.
    pub history: History,
    /// The latest `until` that has come by a clock Jira agreed with: every earlier one has come as well, whatever the
    /// clock shows later.
    pub until_came: Option<Date>,
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
    /// That nobody is on a desk who is not listed.
    Exact(DeskKey),
}

/// What a fact was when the roster and Jira last agreed on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// It is so.
    Present,
    /// There is this account.
    Account(AccountId),
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
        let everything = facts(base, |_| Some(Value::Present));
        ledger.parts.agreed.extend(everything);
        ledger.parts.completed = base.desks.keys().cloned().collect();
        ledger.parts.history = History::of_base(base);
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

    /// An operator says that the cause is fixed: accounts may be made with a first password again, and what Jira accepted
    /// without effect is tried once more.
    pub fn try_again(&mut self) {
        self.parts.seat_given = None;
        self.parts.accepted.clear();
    }

    /// The account an address had when it was last seen.
    #[must_use]
    pub fn known(&self, email: &EmailKey) -> Option<&AccountId> {
        match self.agreed(&Fact::Account(email.clone()))? {
            Value::Account(id) => Some(id),
            Value::Present | Value::Access(_) | Value::Name(_) => None,
        }
    }

    /// Everybody an applied roster listed on a desk, each with the account where it is known.
    pub fn listed_on(&self, desk: &DeskKey) -> BTreeMap<&EmailKey, Option<&AccountId>> {
        let first = (desk.clone(), EmailKey::restored(""));
        let claimed = self.parts.claimed.range(&first..);
        let claimed = claimed.take_while(|((on, _), _)| on == desk);
        let mut listed: BTreeMap<_, _> = claimed.map(|((_, email), id)| (email, id.as_ref())).collect();
        let first = Fact::Membership(first.0, first.1);
        for (fact, _) in self.parts.agreed.range(&first..) {
            match fact {
                Fact::Membership(on, email) if on == desk => {
                    listed.entry(email).or_insert_with(|| self.known(email));
                }
                Fact::Account(_) | Fact::Membership(..) | Fact::Access(_) | Fact::Name(_) | Fact::Exact(_) => break,
            }
        }
        listed
    }

    /// Whether the last reading of a desk did not show somebody there whom an earlier roster listed.
    #[must_use]
    pub fn was_missed(&self, desk: &DeskKey, email: &EmailKey) -> bool {
        self.parts.missed.contains(&(desk.clone(), email.clone()))
    }

    /// Their accounts, as far as they are known.
    pub fn missed_on(&self, desk: &DeskKey) -> impl Iterator<Item = &AccountId> {
        let first = (desk.clone(), EmailKey::restored(""));
        let missed = self.parts.missed.range(&first..);
        let missed = missed.take_while(move |(on, _)| *on == first.0);
        missed.filter_map(|place| self.parts.claimed.get(place)?.as_ref())
    }

    /// Whether Jira accepted something twice that still is not so.
    #[must_use]
    pub fn is_without_effect(&self, deed: &Deed) -> bool {
        self.parts.accepted.get(deed).is_some_and(|times| *times >= 2)
    }

    /// The day (UTC) to take a roster for: an `until` that has come stays so when the clock goes back over midnight.
    #[must_use]
    pub fn day(&self, today: Date) -> Date {
        self.parts.until_came.map_or(today, |came| came.max(today))
    }

    /// Whether it is certain that an `until` has come.
    #[must_use]
    pub fn has_come(&self, until: Date) -> bool {
        self.parts.until_came.is_some_and(|came| until <= came)
    }

    /// Takes in which `until` have come, where Jira's clock agrees with this machine's.
    pub fn until_came(&mut self, roster: &Roster, policy: &Policy) {
        let came = roster.expired.values().filter_map(|customer| customer.until).max();
        if policy.clock_is_right() {
            self.parts.until_came = self.parts.until_came.max(came);
        }
    }

    /// What the guards go by.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.parts.history
    }

    /// The same, to be brought up to date.
    pub fn history_mut(&mut self) -> &mut History {
        &mut self.parts.history
    }

    /// Why `fact` is not what the roster wants, seen from the desks it concerns.
    #[must_use]
    pub fn cause<'a>(&self, fact: &Fact, wanted: &Value, desks: impl IntoIterator<Item = &'a DeskKey>) -> Cause {
        let mut desks = desks.into_iter().peekable();
        let desk_known = desks.peek().is_none() || desks.any(|desk| self.parts.completed.contains(desk));
        match self.parts.agreed.get(fact) {
            _ if !self.kept => Cause::Unknown,
            _ if !desk_known || self.parts.completed.is_empty() => Cause::First,
            // Which account it is does not matter for whether there is one.
            Some(Value::Account(_)) if *wanted == Value::Present => Cause::Drift,
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
        let read = part.desks.keys().cloned().collect();
        let open = self.take_in(roster, part, plan, outcomes, &read);
        self.count_deeds(Some(part), plan, outcomes);
        self.parts.completed.retain(|key| roster.desks.contains_key(key));
        if outcomes.stopped.is_none() {
            let read = part.desks.keys().filter(|key| !open.desks.contains(*key));
            self.parts.completed.extend(read.cloned());
        }
    }

    /// The same for a pass over an edit of `roster`, which saw only what the edit concerns.
    pub fn fold_edit(&mut self, roster: &Roster, edit: &Edit, plan: &Plan, outcomes: &Outcomes) {
        let open = self.take_in(roster, &edit.roster, plan, outcomes, &edit.whole);
        self.count_deeds(None, plan, outcomes);
        self.parts.completed.retain(|key| roster.desks.contains_key(key));
        if outcomes.stopped.is_none() {
            let read = edit.whole.iter().filter(|key| !open.desks.contains(*key));
            self.parts.completed.extend(read.cloned());
        }
    }

    /// Whom the roster listed on a desk and lists there no more is remembered until they are seen to be off it, and so is
    /// whoever may have been added without anybody knowing.
    fn claim(
        &mut self,
        roster: &Roster,
        plan: &Plan,
        outcomes: &Outcomes,
        account: &impl Fn(&EmailKey) -> Option<Value>,
        read: &BTreeSet<DeskKey>,
    ) {
        let parts = &mut self.parts;
        let mut claims = Vec::new();
        for fact in parts.agreed.keys().filter(|fact| !is_wanted(roster, fact)) {
            if let Fact::Membership(desk, email) = fact {
                let id = match parts.agreed.get(&Fact::Account(email.clone())) {
                    Some(Value::Account(id)) => Some(id.clone()),
                    Some(Value::Present | Value::Access(_) | Value::Name(_)) | None => None,
                };
                claims.push(((desk.clone(), email.clone()), id));
            }
        }
        for step in plan
            .steps
            .iter()
            .filter(|step| outcomes.of(step.id) == Outcome::Unknown)
        {
            if let Action::AddToDesk { email, desk, .. } = &step.action
                && let Some(Value::Account(id)) = account(email.key())
            {
                claims.push(((desk.clone(), email.key().clone()), Some(id)));
            }
        }
        for (place, id) in claims {
            let known = parts.claimed.entry(place).or_default();
            *known = id.or(known.take());
        }
        let seen_there = |place: &(DeskKey, EmailKey)| {
            let wanted = |customer: &Customer| customer.desks.contains(&place.0);
            // Once seen there, the fact itself is the memory of it.
            roster.customers.get(&place.1).is_some_and(wanted)
                && parts
                    .agreed
                    .contains_key(&Fact::Membership(place.0.clone(), place.1.clone()))
        };
        let missed_again = |place: &(DeskKey, EmailKey)| plan.left.contains(place) && parts.missed.contains(place);
        parts
            .claimed
            .retain(|place, _| roster.desks.contains_key(&place.0) && !missed_again(place) && !seen_there(place));
        parts.missed.retain(|(desk, _)| !read.contains(desk));
        let missed = plan.left.iter().filter(|(desk, _)| read.contains(desk));
        parts.missed.extend(missed.cloned());
        parts.missed.retain(|place| parts.claimed.contains_key(place));
    }

    /// `read`: the desks whose lists were read whole.
    fn take_in(
        &mut self,
        roster: &Roster,
        seen: &Roster,
        plan: &Plan,
        outcomes: &Outcomes,
        read: &BTreeSet<DeskKey>,
    ) -> Open {
        self.kept = true;
        let open = Open::of(plan, outcomes);
        let made: BTreeMap<_, _> = plan.steps.iter().filter_map(|step| made(step, outcomes)).collect();
        let account = |email: &EmailKey| {
            let existing = plan.accounts.get(email).map(|account| &account.id);
            let id = existing.or_else(|| made.get(email).copied());
            id.cloned().map(Value::Account)
        };
        self.claim(roster, plan, outcomes, &account, read);
        let named = plan.site.deployment == Deployment::DataCenter;
        let agreed = facts(seen, account).filter(|(fact, _)| named || !matches!(fact, Fact::Name(_)));
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
fn facts(roster: &Roster, account: impl Fn(&EmailKey) -> Option<Value>) -> impl Iterator<Item = (Fact, Value)> {
    let access = roster.desks.iter().filter_map(|(key, desk)| {
        let access = desk.access?;
        Some((Fact::Access(key.clone()), Value::Access(access)))
    });
    let people = roster.customers.iter().flat_map(move |(email, customer)| {
        let account = account(email).map(|account| (Fact::Account(email.clone()), account));
        let name = customer.name.as_ref().filter(|_| account.is_some());
        let name = name.map(|name| (Fact::Name(email.clone()), Value::Name(name.as_str().to_owned())));
        let desks = customer.desks.iter().cloned();
        let on = desks.map(|desk| (Fact::Membership(desk, email.clone()), Value::Present));
        account.into_iter().chain(name).chain(on)
    });
    let exact = roster.desks.iter().filter(|(_, spec)| is_exact(spec));
    let exact = exact.map(|(key, _)| (Fact::Exact(key.clone()), Value::Present));
    access.chain(exact).chain(people)
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
        Fact::Exact(desk) => roster.desks.get(desk).is_some_and(is_exact),
        Fact::Name(email) => roster
            .customers
            .get(email)
            .is_some_and(|customer| customer.name.is_some()),
    }
}

/// Whose account a step made, and which.
fn made<'a>(step: &'a Step, outcomes: &'a Outcomes) -> Option<(&'a EmailKey, &'a AccountId)> {
    let email = match &step.action {
        Action::CreateCustomer { email, .. } => email.key(),
        Action::UpdateCustomer { .. }
        | Action::AddToDesk { .. }
        | Action::RemoveFromDesk { .. }
        | Action::SetAccess { .. } => return None,
    };
    let end = outcomes.ends.get(&step.id).filter(|end| end.outcome.is_success())?;
    Some((email, &end.account.as_ref()?.id))
}

fn is_exact(spec: &DeskSpec) -> bool {
    spec.membership == Membership::Exact
}

/// What a pass left undone, or could not decide.
struct Open {
    /// Single facts.
    facts: BTreeSet<Fact>,
    /// People of whom nothing was decided: which account is theirs is not known.
    people: BTreeSet<EmailKey>,
    /// Desks of which nothing was decided: they were not read.
    desks: BTreeSet<DeskKey>,
}

impl Open {
    fn of(plan: &Plan, outcomes: &Outcomes) -> Self {
        let undone = plan.steps.iter().filter(|step| !outcomes.succeeded(step.id));
        let mut open = Self {
            facts: undone
                .chain(&plan.paused)
                .flat_map(|step| step.action.facts())
                .collect(),
            people: BTreeSet::new(),
            desks: BTreeSet::new(),
        };
        for held in &plan.held {
            open.leave(held);
        }
        open
    }

    /// What is held about one person or one fact says nothing about the others.
    fn leave(&mut self, held: &Held) {
        match held.concerns() {
            Concerns::Nothing => {}
            Concerns::Person(email) => {
                self.people.insert(email.key().clone());
            }
            Concerns::Name(email) => {
                self.facts.insert(Fact::Name(email.key().clone()));
            }
            Concerns::Membership(desk, email) => {
                self.facts.insert(Fact::Membership(desk.clone(), email.key().clone()));
            }
            Concerns::Strangers(desk) => {
                self.facts.insert(Fact::Exact(desk.clone()));
            }
            Concerns::Access(desk) => {
                self.facts.insert(Fact::Access(desk.clone()));
            }
            Concerns::Desk(desk) => {
                self.desks.insert(desk.clone());
            }
        }
    }

    fn holds(&self, fact: &Fact) -> bool {
        self.facts.contains(fact)
            || match fact {
                Fact::Account(email) | Fact::Name(email) => self.people.contains(email),
                Fact::Membership(desk, email) => self.people.contains(email) || self.desks.contains(desk),
                Fact::Access(desk) | Fact::Exact(desk) => self.desks.contains(desk),
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
            Self::RemoveFromDesk { desk, .. } => vec![Fact::Exact(desk.clone())],
            Self::SetAccess { desk, .. } => vec![Fact::Access(desk.clone())],
        }
    }
}

#[cfg(test)]
mod tests;
