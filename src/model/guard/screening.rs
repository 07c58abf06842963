//! The judgement itself.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Finding, id};
use super::leaving;
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::ledger::History;
use crate::model::observed::{Completeness, DeskReading, Observed};
use crate::model::plan::Plan;
use crate::model::roster::Roster;

/// A desk of fewer is judged by count alone: one of three is 33 %.
const FEW: usize = 10;
/// By how many per cent a list or a roster may shrink.
const SHRINKAGE: usize = 30;

/// How much may be taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Removals in 24 hours, on a desk and on the site (`--max-removals`).
    pub max_removals: usize,
    /// Of a desk's customers, in 24 hours (`--max-removal-percent`).
    pub max_removal_percent: usize,
    /// Whether a desk, or the whole roster, may become empty (`--allow-empty`).
    pub allow_empty: bool,
    /// Whether the roster may list over 30 % fewer people on a desk (`--allow-shrink`).
    pub allow_shrink: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_removals: 25,
            max_removal_percent: 10,
            allow_empty: false,
            allow_shrink: false,
        }
    }
}

/// What to judge by.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// How much may be taken away.
    pub settings: &'a Settings,
    /// What was before.
    pub history: &'a History,
    /// The ids that somebody approved of.
    pub approved: &'a BTreeSet<String>,
    /// What time it is, in seconds since 1970.
    pub now: i64,
}

/// What the guards found, and who may leave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Screening {
    pub(super) findings: Vec<Finding>,
    pub(super) released: Vec<Finding>,
    pub(super) allowed: BTreeMap<DeskKey, BTreeSet<Handle>>,
    pub(super) shrinks: BTreeSet<DeskKey>,
    pub(super) distrusted: BTreeSet<DeskKey>,
    /// The desks whose lists are so much shorter than when they were last read that nobody was seen to be off them.
    pub(super) shortened: BTreeSet<DeskKey>,
}

impl Screening {
    /// Whether somebody may be taken off a desk, as far as the guards go: only they need be asked for.
    #[must_use]
    pub fn allows(&self, desk: &DeskKey, handle: &Handle) -> bool {
        let allowed = self.allowed.get(desk);
        allowed.is_some_and(|handles| handles.contains(handle))
    }
}

impl Screening {
    /// Has every finding name the whole command that approves of it: `place` is what it is given besides the id.
    #[must_use]
    pub fn told_at(mut self, place: &str) -> Self {
        for finding in self.findings.iter_mut().chain(&mut self.released) {
            finding.tell_at(place);
        }
        self
    }
}

/// Judges a plan for `roster`, whose desks were seen as `observed`.
#[must_use]
pub fn screen(roster: &Roster, observed: &Observed, plan: &Plan, judge: Judge<'_>) -> Screening {
    let leaving = leaving(roster, observed, plan);
    let mut screening = Screening::default();
    let mut refused = BTreeSet::new();
    let emptied = screening.emptied(roster, &leaving, judge, &mut refused);
    for key in roster.desks.keys() {
        let none = BTreeSet::new();
        let leaving = leaving.get(key).unwrap_or(&none);
        if !emptied.contains(key) {
            screening.shrunk(roster, key, judge, &mut refused);
        }
        if let Some(DeskReading::Read(desk)) = observed.desks.get(key) {
            let on = desk.members.len();
            screening.distrusted(key, &desk.completeness, desk.listed(), leaving, judge, &mut refused);
            screening.removals(key, on, leaving, judge, &mut refused);
        }
    }
    // What a desk's own guards refused does not count against the others.
    let allowed: Leaving<'_> = leaving.into_iter().filter(|(key, _)| !refused.contains(*key)).collect();
    if screening.removals_of_site(&allowed, judge) {
        return screening;
    }
    screening.allowed = allowed
        .into_iter()
        .map(|(key, handles)| (key.clone(), handles.into_iter().cloned().collect()))
        .collect();
    screening
}

type Leaving<'a> = BTreeMap<&'a DeskKey, BTreeSet<&'a Handle>>;

impl Screening {
    /// Notes a finding; true where it is refused.
    fn found(&mut self, mut finding: Finding, overridden: bool, judge: Judge<'_>) -> bool {
        let approved = judge.approved.contains(&finding.id);
        if !overridden {
            // First what releases this and nothing else.
            finding.way_out = match finding.way_out.is_empty() {
                true => format!("quietdesk approve {}", finding.id),
                false => format!("quietdesk approve {} or {}", finding.id, finding.way_out),
            };
        }
        match overridden || approved {
            true => self.released.push(finding),
            false => self.findings.push(finding),
        }
        !(overridden || approved)
    }

    /// The roster as a whole, and each desk, where nobody is listed any more. Says which desks that is.
    fn emptied(
        &mut self,
        roster: &Roster,
        leaving: &Leaving<'_>,
        judge: Judge<'_>,
        refused: &mut BTreeSet<DeskKey>,
    ) -> BTreeSet<DeskKey> {
        let applied = |key: &DeskKey| judge.history.applied.get(key).copied().unwrap_or_default();
        let had = |key: &&DeskKey| applied(key) > 0 || leaving.contains_key(*key);
        let empty = roster.desks.keys().filter(|key| roster.listed_on(key) == 0);
        let emptied: BTreeSet<DeskKey> = empty.filter(had).cloned().collect();
        let limit = "somebody stays listed".to_owned();
        let way_out = "--allow-empty".to_owned();
        if roster.customers.is_empty() && !emptied.is_empty() {
            let of = emptied.iter().map(&applied).sum();
            let desks: Vec<_> = emptied.iter().map(DeskKey::as_str).collect();
            let finding = Finding {
                id: id("empty", None, desks.iter().copied()),
                desk: None,
                what: format!("the roster lists nobody any more (desks: {})", desks.join(", ")),
                count: of,
                of,
                limit,
                way_out,
            };
            if self.found(finding, judge.settings.allow_empty, judge) {
                refused.extend(roster.desks.keys().cloned());
                self.shrinks.extend(emptied.iter().cloned());
            }
            return emptied;
        }
        for key in &emptied {
            let of = applied(key);
            let finding = Finding {
                id: id("empty", Some(key), [of.to_string().as_str()]),
                desk: Some(key.clone()),
                what: format!("the roster lists nobody on {key} any more"),
                count: of,
                of,
                limit: limit.clone(),
                way_out: way_out.clone(),
            };
            if self.found(finding, judge.settings.allow_empty, judge) {
                refused.insert(key.clone());
                self.shrinks.insert(key.clone());
            }
        }
        emptied
    }

    fn shrunk(&mut self, roster: &Roster, key: &DeskKey, judge: Judge<'_>, refused: &mut BTreeSet<DeskKey>) {
        let (Some(&before), now) = (judge.history.applied.get(key), roster.listed_on(key)) else {
            return;
        };
        if before < FEW || !shrinks(before, now) {
            return;
        }
        let listed = roster
            .customers
            .iter()
            .filter(|(_, customer)| customer.desks.contains(key));
        let finding = Finding {
            id: id("shrink", Some(key), listed.map(|(email, _)| email.as_str())),
            desk: Some(key.clone()),
            what: format!("the roster lists {now} people on {key}, where the one applied before listed {before}"),
            count: before - now,
            of: before,
            limit: format!("{SHRINKAGE} % fewer than before"),
            way_out: "--allow-shrink".to_owned(),
        };
        if self.found(finding, judge.settings.allow_shrink, judge) {
            refused.insert(key.clone());
            self.shrinks.insert(key.clone());
        }
    }

    fn distrusted(
        &mut self,
        key: &DeskKey,
        completeness: &Completeness,
        on: usize,
        leaving: &BTreeSet<&Handle>,
        judge: Judge<'_>,
        refused: &mut BTreeSet<DeskKey>,
    ) {
        let before = judge.history.sizes.get(key).copied().unwrap_or_default();
        let is_shortened = before >= FEW && shrinks(before, on);
        if is_shortened {
            self.shortened.insert(key.clone());
        }
        if leaving.is_empty() {
            return;
        }
        let (what, limit) = match completeness {
            Completeness::Partial { gap } => {
                let what = format!("the list of {key} cannot be trusted to be whole: {gap}");
                (what, "a list without a gap")
            }
            Completeness::Complete | Completeness::Narrow if is_shortened => {
                let what = format!("the list of {key} has {on} people, where it had {before} when it was last read");
                (what, "30 % fewer than before")
            }
            Completeness::Complete | Completeness::Narrow => return,
        };
        let partial = !completeness.is_complete();
        let subjects = leaving.iter().map(|handle| handle.0.as_str());
        let (on_now, before_now) = (on.to_string(), before.to_string());
        let finding = Finding {
            id: id(
                "untrusted",
                Some(key),
                subjects.chain([on_now.as_str(), before_now.as_str()]),
            ),
            desk: Some(key.clone()),
            what: format!("{what}, and {} would be taken off it", people(leaving.len())),
            count: leaving.len(),
            of: on,
            limit: limit.to_owned(),
            way_out: String::new(),
        };
        self.distrusted.insert(key.clone());
        let is_refused = match partial {
            true => {
                // A gap is no fact that anybody could approve of.
                let way_out = "plan again while nobody else changes the desk".to_owned();
                self.findings.push(Finding { way_out, ..finding });
                true
            }
            false => self.found(finding, false, judge),
        };
        if is_refused {
            refused.insert(key.clone());
        } else {
            self.distrusted.remove(key);
            self.shortened.remove(key);
        }
    }

    fn removals(
        &mut self,
        key: &DeskKey,
        on: usize,
        leaving: &BTreeSet<&Handle>,
        judge: Judge<'_>,
        refused: &mut BTreeSet<DeskKey>,
    ) {
        // Who was removed lately and is to leave now counts once, and so does who is still on the list.
        let lately = judge.history.removed_lately(Some(key), judge.now);
        let lately = lately.difference(leaving).count();
        let (count, of) = (leaving.len() + lately, on + lately);
        let Settings {
            max_removals,
            max_removal_percent,
            ..
        } = *judge.settings;
        let too_many = |most: usize| count > most;
        let too_much = |percent: usize| of >= FEW && count.saturating_mul(100) > percent.saturating_mul(of);
        let usual = Settings::default();
        if leaving.is_empty()
            || !(too_many(usual.max_removals.min(max_removals))
                || too_much(usual.max_removal_percent.min(max_removal_percent)))
        {
            return;
        }
        let mut way_out = Vec::new();
        if too_many(max_removals) {
            way_out.push(format!("--max-removals {count}"));
        }
        if too_much(max_removal_percent) {
            way_out.push(format!("--max-removal-percent {}", (count * 100).div_ceil(of)));
        }
        let overridden = way_out.is_empty();
        let finding = Finding {
            id: id("removals", Some(key), leaving.iter().map(|handle| handle.0.as_str())),
            desk: Some(key.clone()),
            what: format!("{} would be taken off {key}{}", people(leaving.len()), besides(lately)),
            count,
            of,
            limit: format!("{max_removals} people or {max_removal_percent} % in 24 hours"),
            way_out: way_out.join(" "),
        };
        if self.found(finding, overridden, judge) {
            refused.insert(key.clone());
        }
    }

    /// True where nobody may leave any desk.
    fn removals_of_site(&mut self, leaving: &Leaving<'_>, judge: Judge<'_>) -> bool {
        let all: BTreeSet<&Handle> = leaving.values().flatten().copied().collect();
        let lately = judge.history.removed_lately(None, judge.now);
        let of_first = judge.history.removed_lately(leaving.keys().next().copied(), judge.now);
        // With one desk it says nothing that the desk's own finding does not say.
        let several = leaving.len() > 1 || of_first != lately;
        let (all, lately) = (all.len(), lately.difference(&all).count());
        let count = all + lately;
        let most = judge.settings.max_removals;
        if all == 0 || count <= most || !several {
            return false;
        }
        let names = leaving.iter().flat_map(|(key, handles)| {
            std::iter::once(key.as_str()).chain(handles.iter().map(|handle| handle.0.as_str()))
        });
        let finding = Finding {
            id: id("removals", None, names),
            desk: None,
            what: format!(
                "{} would be taken off desks of this site{}",
                people(all),
                besides(lately)
            ),
            count,
            of: count,
            limit: format!("{most} people in 24 hours"),
            way_out: format!("--max-removals {count}"),
        };
        self.found(finding, false, judge)
    }
}

fn shrinks(before: usize, now: usize) -> bool {
    (before.saturating_sub(now)) * 100 > SHRINKAGE * before
}

fn people(count: usize) -> String {
    match count {
        1 => "1 person".to_owned(),
        _ => format!("{count} people"),
    }
}

fn besides(lately: usize) -> String {
    match lately {
        0 => String::new(),
        _ => format!(", besides {} in the last 24 hours", people(lately)),
    }
}
