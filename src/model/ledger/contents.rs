//! The ledger and its queries: causes, claims, refused creates and ineffective changes.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::effects::Effect;
use super::facts::{Fact, Value, declared_facts};
use super::history::History;
use super::tracked::{Tracked, TrackedSet};
use crate::model::account::AccountId;
use crate::model::container::Container;
use crate::model::email::EmailKey;
use crate::model::roster::Roster;
use crate::model::step::Cause;

/// Persistent results of earlier passes over one site.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    pub(super) is_kept: bool,
    pub(super) parts: Parts,
    /// `seat_given` and `until_came` as last saved.
    saved_scalars: (Option<String>, Option<Date>),
}

/// Content of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Containers over which a pass has completed.
    pub completed: TrackedSet<Container>,
    /// Values on which the roster and Jira last agreed.
    pub agreed: Tracked<Fact, Value>,
    /// E-mails for which Jira refused a create, with the candidates found then.
    pub refused_creates: Tracked<EmailKey, Vec<AccountId>>,
    /// The account that got a license when it was created with an initial password; no more are created that way.
    pub seat_given: Option<String>,
    /// People, with their accounts, that an applied roster listed in a container and the present one does not:
    /// `membership: owned` removes them. An entry stays until two consecutive readings of the container do not show the
    /// person, or the container leaves the roster: Jira may accept a removal without effect.
    pub claimed: Tracked<(Container, EmailKey), Option<AccountId>>,
    /// Claims that the last reading of the container did not show. A reading can miss a row silently, so a claim ends
    /// only at the second one in a row.
    pub missed: TrackedSet<(Container, EmailKey)>,
    /// How often Jira accepted an effect that did not occur.
    pub accepted_effects: Tracked<Effect, usize>,
    /// Data for the guards.
    pub history: History,
    /// The latest `until` that passed by a clock Jira agreed with. It and all earlier ones stay passed, whatever the
    /// clock shows later.
    pub until_came: Option<Date>,
}

impl PartialEq for Ledger {
    fn eq(&self, other: &Self) -> bool {
        (self.is_kept, &self.parts) == (other.is_kept, &other.parts)
    }
}

impl Eq for Ledger {}

impl Parts {
    /// Creates empty parts, to be filled with saved data without tracking it as changes.
    #[must_use]
    pub fn for_loading() -> Self {
        Self {
            completed: [].into(),
            agreed: [].into(),
            refused_creates: [].into(),
            claimed: [].into(),
            missed: [].into(),
            accepted_effects: [].into(),
            history: History::for_loading(),
            seat_given: None,
            until_came: None,
        }
    }

    fn is_changed(&self) -> bool {
        self.completed.is_changed()
            || self.agreed.is_changed()
            || self.refused_creates.is_changed()
            || self.claimed.is_changed()
            || self.missed.is_changed()
            || self.accepted_effects.is_changed()
            || self.history.is_changed()
    }

    fn mark_saved(&mut self) {
        self.completed.mark_saved();
        self.agreed.mark_saved();
        self.refused_creates.mark_saved();
        self.claimed.mark_saved();
        self.missed.mark_saved();
        self.accepted_effects.mark_saved();
        self.history.mark_saved();
    }
}

impl Ledger {
    /// Creates a ledger that is not kept, for `plan` and `apply` without a state directory.
    #[must_use]
    pub fn not_kept() -> Self {
        Self::default()
    }

    /// Creates an empty ledger that is kept.
    #[must_use]
    pub fn kept() -> Self {
        Self {
            is_kept: true,
            ..Self::default()
        }
    }

    /// Creates the ledger that applying all of `base` would have left. Separates edits from drift without a ledger.
    #[must_use]
    pub fn from_base(base: &Roster) -> Self {
        let mut ledger = Self::kept();
        let everything = declared_facts(base, |_| Some(Value::Present));
        ledger.parts.agreed.extend(everything);
        ledger.parts.completed = base.containers().collect();
        ledger.parts.history = History::from_base(base);
        ledger
    }

    /// Creates a kept ledger from saved parts.
    #[must_use]
    pub fn from_parts(parts: Parts) -> Self {
        Self {
            is_kept: true,
            parts,
            saved_scalars: (None, None),
        }
    }

    /// Returns the parts, for saving.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Returns whether there are unsaved changes.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.parts.is_changed() || self.has_unsaved_scalars()
    }

    /// Returns whether `seat_given` or `until_came` has an unsaved change.
    #[must_use]
    pub fn has_unsaved_scalars(&self) -> bool {
        self.parts.seat_given != self.saved_scalars.0 || self.parts.until_came != self.saved_scalars.1
    }

    /// Marks all changes as saved.
    pub fn mark_saved(&mut self) {
        self.parts.mark_saved();
        self.saved_scalars = (self.parts.seat_given.clone(), self.parts.until_came);
    }

    /// Returns the value of a fact on which the roster and Jira last agreed.
    #[must_use]
    pub fn agreed_value(&self, fact: &Fact) -> Option<&Value> {
        self.parts.agreed.get(fact)
    }

    /// Returns the account that got a license when it was created with an initial password.
    #[must_use]
    pub fn seat_given(&self) -> Option<&str> {
        self.parts.seat_given.as_deref()
    }

    /// Allows initial passwords and ineffective changes again, after an operator fixed the cause (`apply --retry`).
    pub fn reset_ineffective(&mut self) {
        self.parts.seat_given = None;
        self.parts.accepted_effects.clear();
    }

    /// Returns the account an e-mail had when it was last read.
    #[must_use]
    pub fn known_account(&self, email: &EmailKey) -> Option<&AccountId> {
        match self.agreed_value(&Fact::Account(email.clone()))? {
            Value::Account(id) => Some(id),
            Value::Present | Value::Access(_) | Value::Name(_) => None,
        }
    }

    /// Returns all people an applied roster listed in a container, with their accounts if known.
    pub fn listed_on(&self, container: &Container) -> BTreeMap<&EmailKey, Option<&AccountId>> {
        let first = (container.clone(), EmailKey::from_stored(""));
        let claimed = self.parts.claimed.range(&first..);
        let claimed = claimed.take_while(|((on, _), _)| on == container);
        let mut listed: BTreeMap<_, _> = claimed.map(|((_, email), id)| (email, id.as_ref())).collect();
        let first = Fact::Membership(first.0, first.1);
        for (fact, _) in self.parts.agreed.range(&first..) {
            match fact {
                Fact::Membership(on, email) if on == container => {
                    listed.entry(email).or_insert_with(|| self.known_account(email));
                }
                Fact::Account(_) | Fact::Membership(..) | Fact::Access(_) | Fact::Name(_) | Fact::Exact(_) => break,
            }
        }
        listed
    }

    /// Returns whether the last reading of a container did not show a claimed person.
    #[must_use]
    pub fn was_missed(&self, container: &Container, email: &EmailKey) -> bool {
        self.parts.missed.contains(&(container.clone(), email.clone()))
    }

    /// Returns the known accounts of claimed people missing from the last reading of a container.
    pub fn missed_accounts(&self, container: &Container) -> impl Iterator<Item = &AccountId> {
        let first = (container.clone(), EmailKey::from_stored(""));
        let missed = self.parts.missed.range(&first..);
        let missed = missed.take_while(move |(on, _)| *on == first.0);
        missed.filter_map(|place| self.parts.claimed.get(place)?.as_ref())
    }

    /// Returns whether Jira accepted an effect twice that did not occur.
    #[must_use]
    pub fn is_ineffective(&self, effect: &Effect) -> bool {
        self.parts.accepted_effects.get(effect).is_some_and(|times| *times >= 2)
    }

    /// Returns whether a listed person was seen in a container, not merely added.
    #[must_use]
    pub fn was_seen_on(&self, container: &Container, email: &EmailKey) -> bool {
        let agreed = self
            .agreed_value(&Fact::Membership(container.clone(), email.clone()))
            .is_some();
        let accepted = &self.parts.accepted_effects;
        agreed && (accepted.is_empty() || !accepted.contains_key(&Effect::Add(container.clone(), email.clone())))
    }

    /// Returns the day (UTC) for the roster: an `until` that has passed stays passed if the clock goes back over
    /// midnight.
    #[must_use]
    pub fn effective_day(&self, today: Date) -> Date {
        self.parts.until_came.map_or(today, |came| came.max(today))
    }

    /// Returns whether an `until` has certainly passed.
    #[must_use]
    pub fn has_passed(&self, until: Date) -> bool {
        self.parts.until_came.is_some_and(|came| until <= came)
    }

    /// Returns the data for the guards.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.parts.history
    }

    /// Returns the data for the guards, for updating.
    pub fn history_mut(&mut self) -> &mut History {
        &mut self.parts.history
    }

    /// Returns why `fact` is not as wanted. `containers` are those it concerns.
    #[must_use]
    pub fn cause(&self, fact: &Fact, wanted: &Value, containers: impl IntoIterator<Item = Container>) -> Cause {
        let mut containers = containers.into_iter().peekable();
        let is_known =
            containers.peek().is_none() || containers.any(|container| self.parts.completed.contains(&container));
        match self.parts.agreed.get(fact) {
            _ if !self.is_kept => Cause::Unknown,
            _ if !is_known || self.parts.completed.is_empty() => Cause::First,
            // For the existence of an account, its id does not matter.
            Some(Value::Account(_)) if *wanted == Value::Present => Cause::Drift,
            Some(agreed) if agreed == wanted => Cause::Drift,
            Some(_) | None => Cause::Edit,
        }
    }

    /// Returns the candidates found when Jira refused to create an account for this e-mail; `None` if it did not.
    #[must_use]
    pub fn refused_candidates(&self, email: &EmailKey) -> Option<&[AccountId]> {
        self.parts.refused_creates.get(email).map(Vec::as_slice)
    }
}
