//! What is remembered, and what it tells: why a difference is there, whom a roster listed, what was in vain.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::deeds::Deed;
use super::facts::{Fact, Value, facts};
use super::history::History;
use super::tracked::{Tracked, TrackedSet};
use crate::model::account::AccountId;
use crate::model::container::Container;
use crate::model::email::EmailKey;
use crate::model::roster::Roster;
use crate::model::step::Cause;

/// The memory of one site's passes.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub(super) kept: bool,
    pub(super) parts: Parts,
    /// The single values, as they were last written down.
    written: (Option<String>, Option<Date>),
}

/// What a ledger is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The containers of which a pass has completed.
    pub completed: TrackedSet<Container>,
    /// What facts were when they were last seen in agreement.
    pub agreed: Tracked<Fact, Value>,
    /// The e-mails Jira refused a create for, with the candidates found then.
    pub refused: Tracked<EmailKey, Vec<AccountId>>,
    /// The account that was given a licence seat when it was made with a first password: no other is made so.
    pub seat_given: Option<String>,
    /// Whom an applied roster listed in a container, beyond those it lists now, and by which account: `membership: owned`
    /// removes them. An entry stays until two readings of it in a row show that the person is off it, or it
    /// leaves the roster: that Jira accepted a removal does not mean that it was done.
    pub claimed: Tracked<(Container, EmailKey), Option<AccountId>>,
    /// Of these, who was not there at the last reading of it. One reading can miss a row without a sign of it, so the
    /// memory ends at the second one in a row.
    pub missed: TrackedSet<(Container, EmailKey)>,
    /// How often Jira accepted something that was not so afterwards.
    pub accepted: Tracked<Deed, usize>,
    /// What the guards go by.
    pub history: History,
    /// The latest `until` that has come by a clock Jira agreed with: every earlier one has come as well, whatever the
    /// clock shows later.
    pub until_came: Option<Date>,
}

impl PartialEq for Ledger {
    fn eq(&self, other: &Self) -> bool {
        (self.kept, &self.parts) == (other.kept, &other.parts)
    }
}

impl Eq for Ledger {}

impl Parts {
    /// Nothing yet, to be filled with what was written down: spares the account of changes.
    #[must_use]
    pub fn to_be_read() -> Self {
        Self {
            completed: [].into(),
            agreed: [].into(),
            refused: [].into(),
            claimed: [].into(),
            missed: [].into(),
            accepted: [].into(),
            history: History::to_be_read(),
            seat_given: None,
            until_came: None,
        }
    }

    fn is_changed(&self) -> bool {
        self.completed.is_changed()
            || self.agreed.is_changed()
            || self.refused.is_changed()
            || self.claimed.is_changed()
            || self.missed.is_changed()
            || self.accepted.is_changed()
            || self.history.is_changed()
    }

    fn written(&mut self) {
        self.completed.written();
        self.agreed.written();
        self.refused.written();
        self.claimed.written();
        self.missed.written();
        self.accepted.written();
        self.history.written();
    }
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
        ledger.parts.completed = base.containers().collect();
        ledger.parts.history = History::of_base(base);
        ledger
    }

    /// A kept memory, put together again from its parts.
    #[must_use]
    pub fn restored(parts: Parts) -> Self {
        Self {
            kept: true,
            parts,
            written: (None, None),
        }
    }

    /// What it is made of, to be written down.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Whether it differs from what was last written down.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.parts.is_changed() || self.has_new_singles()
    }

    /// Whether `seat_given` or `until_came` differs from what was last written down.
    #[must_use]
    pub fn has_new_singles(&self) -> bool {
        self.parts.seat_given != self.written.0 || self.parts.until_came != self.written.1
    }

    /// All of it is written down: what changes from now on is what the next save writes.
    pub fn written(&mut self) {
        self.parts.written();
        self.written = (self.parts.seat_given.clone(), self.parts.until_came);
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

    /// Everybody an applied roster listed in a container, each with the account where it is known.
    pub fn listed_on(&self, container: &Container) -> BTreeMap<&EmailKey, Option<&AccountId>> {
        let first = (container.clone(), EmailKey::restored(""));
        let claimed = self.parts.claimed.range(&first..);
        let claimed = claimed.take_while(|((on, _), _)| on == container);
        let mut listed: BTreeMap<_, _> = claimed.map(|((_, email), id)| (email, id.as_ref())).collect();
        let first = Fact::Membership(first.0, first.1);
        for (fact, _) in self.parts.agreed.range(&first..) {
            match fact {
                Fact::Membership(on, email) if on == container => {
                    listed.entry(email).or_insert_with(|| self.known(email));
                }
                Fact::Account(_) | Fact::Membership(..) | Fact::Access(_) | Fact::Name(_) | Fact::Exact(_) => break,
            }
        }
        listed
    }

    /// Whether the last reading of a container did not show somebody there whom an earlier roster listed.
    #[must_use]
    pub fn was_missed(&self, container: &Container, email: &EmailKey) -> bool {
        self.parts.missed.contains(&(container.clone(), email.clone()))
    }

    /// Their accounts, as far as they are known.
    pub fn missed_on(&self, container: &Container) -> impl Iterator<Item = &AccountId> {
        let first = (container.clone(), EmailKey::restored(""));
        let missed = self.parts.missed.range(&first..);
        let missed = missed.take_while(move |(on, _)| *on == first.0);
        missed.filter_map(|place| self.parts.claimed.get(place)?.as_ref())
    }

    /// Whether Jira accepted something twice that still is not so.
    #[must_use]
    pub fn is_without_effect(&self, deed: &Deed) -> bool {
        self.parts.accepted.get(deed).is_some_and(|times| *times >= 2)
    }

    /// Whether somebody was seen where the roster lists them, and adding them was not the last that was heard of it.
    #[must_use]
    pub fn saw_on(&self, container: &Container, email: &EmailKey) -> bool {
        let agreed = self
            .agreed(&Fact::Membership(container.clone(), email.clone()))
            .is_some();
        let accepted = &self.parts.accepted;
        agreed && (accepted.is_empty() || !accepted.contains_key(&Deed::Add(container.clone(), email.clone())))
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

    /// What the guards go by.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.parts.history
    }

    /// The same, to be brought up to date.
    pub fn history_mut(&mut self) -> &mut History {
        &mut self.parts.history
    }

    /// Why `fact` is not what the roster wants, seen from the containers it concerns.
    #[must_use]
    pub fn cause(&self, fact: &Fact, wanted: &Value, containers: impl IntoIterator<Item = Container>) -> Cause {
        let mut containers = containers.into_iter().peekable();
        let is_known =
            containers.peek().is_none() || containers.any(|container| self.parts.completed.contains(&container));
        match self.parts.agreed.get(fact) {
            _ if !self.kept => Cause::Unknown,
            _ if !is_known || self.parts.completed.is_empty() => Cause::First,
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
}
