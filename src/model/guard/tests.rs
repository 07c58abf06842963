mod limits;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::account::Handle;
use crate::model::container::Container;
use crate::model::email::EmailKey;
use crate::model::fixtures::{account, cloud_site, container, customer, desk_key, desk_mut, roster, with_account};
use crate::model::ledger::{Fact, History, Ledger, Parts, Tracked, Value};
use crate::model::observed::{Completeness, Observed, Staff};
use crate::model::plan::plan;
use crate::model::policy::Policy;
use crate::model::roster::{Membership, Roster};

fn email(n: usize) -> String {
    format!("p{n:03}@example.com")
}

/// Returns a roster with one owned desk that lists the people of a range.
fn owned(desk: &str, listed: std::ops::Range<usize>) -> Roster {
    let mut roster = roster(&[desk], listed.map(|n| customer(&email(n), &[desk])));
    if let Some(spec) = roster.desks.get_mut(&desk_key(desk)) {
        spec.membership = Membership::Owned;
    }
    roster
}

fn people(desk: &str, on: std::ops::Range<usize>) -> Observed {
    on.fold(cloud_site(&[desk]), |observed, n| {
        let mut observed = with_account(observed, account(&format!("a{n:03}"), &email(n)), &[desk]);
        observed
            .staff
            .insert(crate::model::account::AccountId(format!("a{n:03}")), Staff::No);
        observed
    })
}

/// Returns the ledger after a pass over a roster that listed the people of a range.
fn remembers(desk: &str, listed: std::ops::Range<usize>) -> Parts {
    let facts = listed.clone().map(|n| {
        let email = EmailKey::from_address(&email(n));
        (Fact::Membership(container(desk), email), Value::Present)
    });
    Parts {
        completed: [container(desk)].into(),
        agreed: facts.collect(),
        history: History {
            applied_counts: [(container(desk), listed.len())].into(),
            list_sizes: [(container(desk), listed.len())].into(),
            ..History::default()
        },
        ..Parts::default()
    }
}

struct Judged {
    approved: ApprovedPlan,
}

impl Judged {
    fn removals(&self) -> usize {
        let steps = self.approved.plan().steps.iter();
        steps
            .filter(|step| step.action.kind().as_str() == "remove_from_desk")
            .count()
    }

    fn ids(&self) -> Vec<&str> {
        self.approved
            .findings()
            .iter()
            .map(|finding| finding.id.as_str())
            .collect()
    }

    /// Returns the guard and desk of each finding.
    fn guards(&self) -> Vec<&str> {
        self.ids()
            .into_iter()
            .map(|id| id.rsplit_once('-').unwrap().0)
            .collect()
    }
}

fn judged(roster: &Roster, observed: &Observed, parts: &Parts, settings: &Settings, approved: &[&str]) -> Judged {
    let ledger = Ledger::from_parts(parts.clone());
    let plan = plan(roster, observed, &ledger, &Policy::default());
    let approved = approved.iter().map(|id| (*id).to_owned()).collect();
    let context = GuardContext {
        settings,
        history: ledger.history(),
        approved: &approved,
        now: 1_000_000,
    };
    Judged {
        approved: run_guards(roster, observed, &plan, context).approve(plan),
    }
}

fn usual(roster: &Roster, observed: &Observed, parts: &Parts) -> Judged {
    judged(roster, observed, parts, &Settings::default(), &[])
}

#[test]
fn removals_are_limited_by_count_and_by_share() {
    for (size, leave, refused) in [
        (300, 25, false),
        (300, 26, true),
        (100, 10, false),
        (100, 11, true),
        (10, 1, false),
        (10, 2, true),
        // Under ten, by count only.
        (9, 2, false),
        (3, 2, false),
        (1, 0, false),
    ] {
        let judged = usual(
            &owned("SUP", leave..size),
            &people("SUP", 0..size),
            &remembers("SUP", 0..size),
        );
        let expected = if refused {
            (0, vec!["removals-SUP"])
        } else {
            (leave, vec![])
        };
        assert_eq!((judged.removals(), judged.guards()), expected, "{leave} of {size}");
    }
}

/// Returns removals from a desk of `count` accounts that are on no list now.
fn removed(desk: &str, count: usize, at: i64) -> Tracked<(Container, Handle), i64> {
    let gone = |nth: usize| ((desk_key(desk).into(), Handle(format!("gone{nth}"))), at);
    (0..count).map(gone).collect()
}

#[test]
fn what_was_removed_in_the_last_day_counts() {
    let mut parts = remembers("SUP", 0..300);
    for (seconds_ago, refused) in [(86_399, true), (86_400, false)] {
        parts.history.removed = removed("SUP", 20, 1_000_000 - seconds_ago);
        let judged = usual(&owned("SUP", 10..300), &people("SUP", 0..300), &parts);
        assert_eq!(judged.removals() == 0, refused, "{seconds_ago}");
    }
    parts.history.removed = removed("SUP", 20, 999_940);
    let judged = usual(&owned("SUP", 10..300), &people("SUP", 0..300), &parts);
    let [finding] = judged.approved.findings() else {
        panic!("{:?}", judged.ids())
    };
    assert_eq!((finding.count, finding.of), (30, 320));
    assert!(
        finding.what.ends_with("in addition to 20 people in the last 24 hours"),
        "{}",
        finding.what
    );
}

#[test]
fn a_setting_or_an_approval_releases_exactly_one_finding() {
    let (roster, observed, parts) = (owned("SUP", 20..100), people("SUP", 0..100), remembers("SUP", 0..100));
    let refused = usual(&roster, &observed, &parts);
    let id = refused.ids()[0].to_owned();
    assert!(is_finding_id(&id), "{id}");
    assert_eq!(
        refused.approved.findings()[0].override_hint,
        format!("quietdesk approve {id} or --max-removal-percent 20")
    );
    let settings = Settings {
        max_removal_percent: 20,
        ..Settings::default()
    };
    for released in [
        judged(&roster, &observed, &parts, &settings, &[]),
        judged(&roster, &observed, &parts, &Settings::default(), &[&id]),
    ] {
        assert_eq!((released.removals(), released.ids().len()), (20, 0));
        assert_eq!(released.approved.overridden().len(), 1);
    }
    // One person more is another finding.
    let more = judged(&owned("SUP", 21..100), &observed, &parts, &Settings::default(), &[&id]);
    assert_eq!(more.removals(), 0);
    assert_ne!(more.ids(), [id.as_str()]);
    for no_id in [
        "",
        "removals-SUP",
        "removals-sup-00000000",
        "x-SUP-00000000",
        "removals-SUP-0000000G",
    ] {
        assert!(!is_finding_id(no_id), "{no_id}");
    }
}

#[test]
fn a_roster_that_shrinks_is_a_finding_in_every_mode_and_stays_one() {
    for membership in [Membership::Additive, Membership::Owned] {
        let (observed, parts) = (people("SUP", 0..100), remembers("SUP", 0..100));
        let mut roster = owned("SUP", 31..101);
        roster.desks.get_mut(&desk_key("SUP")).unwrap().membership = membership;
        // 30 fewer are exactly 30 %, which is allowed.
        assert!(!usual(&roster, &observed, &parts).guards().contains(&"shrink-SUP"));
        roster.customers.remove(&EmailKey::from_address(&email(50)));
        let judged = usual(&roster, &observed, &parts);
        assert!(judged.guards().contains(&"shrink-SUP"), "{:?}", judged.guards());
        // New people are still added.
        let added = judged.approved.plan().steps.iter();
        assert_eq!(
            added
                .filter(|step| step.action.kind().as_str() == "add_to_desk")
                .count(),
            1
        );
        assert_eq!(judged.removals(), 0);
        let mut history = parts.history.clone();
        let outcomes = crate::model::outcome::Outcomes::default();
        history.fold(
            (&roster, &roster),
            &observed,
            &judged.approved,
            Some(&outcomes),
            1_000_000,
        );
        assert_eq!(history.applied_counts[&container("SUP")], 100);
        let settings = Settings {
            allow_shrink: true,
            ..Settings::default()
        };
        let allowed = super::tests::judged(&roster, &observed, &parts, &settings, &[]);
        assert!(!allowed.guards().contains(&"shrink-SUP"));
        history.fold(
            (&roster, &roster),
            &observed,
            &allowed.approved,
            Some(&outcomes),
            1_000_000,
        );
        assert_eq!(history.applied_counts[&container("SUP")], 69);
    }
    // Under ten people, only the empty guard applies.
    let judged = usual(&owned("SUP", 4..9), &people("SUP", 0..9), &remembers("SUP", 0..9));
    assert_eq!((judged.removals(), judged.guards()), (4, vec![]));
}

#[test]
fn an_empty_desk_or_roster_removes_no_one() {
    let (observed, parts) = (people("SUP", 0..3), remembers("SUP", 0..3));
    let empty = owned("SUP", 0..0);
    let judged = usual(&empty, &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (0, vec!["empty-site"]));
    assert_eq!(judged.approved.findings()[0].limit, "at least one listed customer");
    let mut elsewhere = owned("SUP", 0..0);
    elsewhere.customers = roster(&[], [customer("new@example.com", &[])]).customers;
    let judged = usual(&elsewhere, &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (0, vec!["empty-SUP"]));
    let settings = Settings {
        allow_empty: true,
        ..Settings::default()
    };
    let allowed = super::tests::judged(&empty, &observed, &parts, &settings, &[]);
    assert_eq!((allowed.removals(), allowed.guards()), (3, vec![]));
    // No finding if no one was listed before and no one would be removed.
    let fresh = usual(&empty, &observed, &Parts::default());
    assert_eq!((fresh.removals(), fresh.guards()), (0, vec![]));
}

#[test]
fn an_untrusted_list_removes_no_one() {
    let (roster, parts) = (owned("SUP", 1..60), remembers("SUP", 0..100));
    let mut parts = Parts {
        agreed: remembers("SUP", 0..60).agreed,
        ..parts
    };
    parts.history.applied_counts = [(container("SUP"), 60)].into();
    let mut observed = people("SUP", 0..60);
    let judged = usual(&roster, &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (0, vec!["untrusted-SUP"]));
    assert!(judged.approved.is_untrusted(&container("SUP")));
    let id = judged.ids()[0].to_owned();
    let released = super::tests::judged(&roster, &observed, &parts, &Settings::default(), &[&id]);
    assert_eq!((released.removals(), released.ids().len()), (1, 0));
    desk_mut(&mut observed, "SUP").completeness = Completeness::Partial {
        gap: "a row came twice".into(),
    };
    let judged = usual(&roster, &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (0, vec!["untrusted-SUP"]));
    let id = judged.ids()[0].to_owned();
    assert!(judged.approved.findings()[0].what.contains("a row came twice"));
    // A partial list cannot be approved.
    let still = super::tests::judged(&roster, &observed, &parts, &Settings::default(), &[&id]);
    assert_eq!(still.removals(), 0);
    // No finding without removals.
    assert!(usual(&owned("SUP", 0..60), &observed, &parts).ids().is_empty());
}

/// Jira may accept a removal without effect; the next attempt is about the same person.
#[test]
fn one_person_counts_once_however_often_a_removal_is_tried() {
    let on = people("SUP", 0..300);
    let handles: Vec<_> = (0..25).map(|n| Handle(format!("a{n:03}"))).collect();
    let mut parts = remembers("SUP", 0..300);
    parts.history.removed = handles
        .iter()
        .map(|handle| ((container("SUP"), handle.clone()), 999_000))
        .collect();
    let judged = usual(&owned("SUP", 25..300), &on, &parts);
    assert_eq!((judged.removals(), judged.guards().len()), (25, 0));
    let judged = usual(&owned("SUP", 26..300), &on, &parts);
    assert_eq!(judged.guards(), ["removals-SUP"]);
    assert_eq!(
        judged.approved.findings()[0].what,
        "26 people would be removed from SUP"
    );
    // On two desks, a person counts once for the site.
    let (mut both, mut there, mut listed) = (owned("SUP", 20..300), on.clone(), remembers("SUP", 0..300));
    both.desks.extend(owned("PRIV", 0..0).desks);
    for customer in both.customers.values_mut() {
        customer.desks.insert(desk_key("PRIV"));
    }
    let sup = there.desks[&desk_key("SUP")].clone();
    there.desks.insert(desk_key("PRIV"), sup);
    let private = remembers("PRIV", 0..300);
    listed.agreed.extend(private.agreed);
    listed.completed.extend(private.completed);
    listed.history.applied_counts.extend(private.history.applied_counts);
    listed.history.list_sizes.extend(private.history.list_sizes);
    let judged = usual(&both, &there, &listed);
    assert_eq!((judged.removals(), judged.guards().len()), (40, 0));
}

/// A list that lost a third of its people at once may be wrong: absence from it does not prove that a person left.
#[test]
fn a_list_that_lost_a_third_of_its_people_ends_no_memory() {
    let (roster, parts) = (owned("SUP", 0..60), remembers("SUP", 0..100));
    let memory_ends = |parts: &Parts, on: std::ops::Range<usize>| {
        let judged = usual(&roster, &people("SUP", on), parts);
        !judged.approved.plan().departed.is_empty()
    };
    assert!(!memory_ends(&parts, 0..60));
    assert!(memory_ends(&parts, 0..75));
    // The next reading agrees.
    let mut again = parts.clone();
    again.history.list_sizes = [(container("SUP"), 60)].into();
    assert!(memory_ends(&again, 0..60));
}

/// People listed by the whole roster stay, even if a plan for a part of it would remove them.
#[test]
fn listed_people_are_not_removed() {
    let (whole, part) = (owned("SUP", 0..12), owned("SUP", 1..12));
    let (observed, parts) = (people("SUP", 0..12), remembers("SUP", 0..12));
    let ledger = Ledger::from_parts(parts);
    let plan = plan(&part, &observed, &ledger, &Policy::default());
    assert_eq!(plan.steps.len(), 1);
    let context = GuardContext {
        settings: &Settings::default(),
        history: ledger.history(),
        approved: &BTreeSet::new(),
        now: 0,
    };
    assert_eq!(
        run_guards(&part, &observed, &plan, context)
            .approve(plan.clone())
            .plan()
            .steps
            .len(),
        1
    );
    let screened = run_guards(&whole, &observed, &plan, context);
    assert_eq!(screened.approve(plan).plan().steps, []);
}

#[test]
fn a_refused_desk_holds_up_no_other_and_all_together_are_limited() {
    let two = |from: usize, to: usize| {
        let mut both = owned("SUP", 30..300);
        both.desks.extend(owned("PRIV", 0..0).desks);
        for n in (400 + from)..(400 + to) {
            let other = customer(&email(n), &["PRIV"]);
            both.customers.insert(other.email.key().clone(), other);
        }
        both
    };
    let mut observed = people("SUP", 0..300);
    let other = people("PRIV", 400..700);
    observed.accounts.extend(other.accounts);
    observed.desks.extend(other.desks);
    observed.staff.extend(other.staff);
    let mut parts = remembers("SUP", 0..300);
    let private = remembers("PRIV", 400..700);
    parts.agreed.extend(private.agreed);
    parts.completed.extend(private.completed);
    parts.history.applied_counts.extend(private.history.applied_counts);
    parts.history.list_sizes.extend(private.history.list_sizes);
    // 30 of SUP are over the limit; 20 of PRIV are not.
    let judged = usual(&two(20, 300), &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (20, vec!["removals-SUP"]));
    // 20 of each are over the limit of the site.
    let mut both = two(20, 300);
    for n in 20..30 {
        let back = customer(&email(n), &["SUP"]);
        both.customers.insert(back.email.key().clone(), back);
    }
    let judged = usual(&both, &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (0, vec!["removals-site"]));
    let ways = &judged.approved.findings()[0].override_hint;
    assert!(ways.contains(" or --max-removals 40"), "{ways}");
}

/// Reserved removals count immediately; a pass that survives takes back those that were not made.
#[test]
fn removals_count_from_before_they_are_made() {
    use crate::model::outcome::{Outcome, Outcomes, StepResult};
    let (roster, observed) = (owned("SUP", 3..60), people("SUP", 0..60));
    let approved = usual(&roster, &observed, &remembers("SUP", 0..60)).approved;
    let mut history = History {
        list_sizes: [(container("SUP"), 60)].into(),
        ..History::default()
    };
    assert!(history.reserve_removals(&approved, 100));
    assert_eq!(history.recently_removed(Some(&container("SUP")), 101).len(), 3);
    // Killed before any outcome: all of them count.
    let killed = History {
        pending_removals: BTreeMap::new(),
        ..history.clone()
    };
    assert_eq!(killed.recently_removed(None, 101).len(), 3);
    // A list that is shorter by these removals is trusted.
    assert_eq!(killed.list_sizes[&container("SUP")], 57);
    let steps = approved.plan().steps.iter().map(|step| step.id);
    let ends = steps.zip([Outcome::Done, Outcome::Unknown, Outcome::NotAttempted]);
    let outcomes = Outcomes {
        results: ends
            .map(|(id, outcome)| (id, StepResult::from_outcome(outcome)))
            .collect(),
        ..Outcomes::default()
    };
    history.fold((&roster, &roster), &observed, &approved, Some(&outcomes), 100);
    assert_eq!(history.recently_removed(None, 101).len(), 2);
    assert_eq!(history.list_sizes[&container("SUP")], 58);
}

/// A recently removed account that is on the list again does not increase the size of the desk.
#[test]
fn who_came_back_does_not_make_the_desk_larger() {
    let settings = Settings {
        max_removal_percent: 19,
        ..Settings::default()
    };
    let (roster, observed) = (owned("SUP", 1..10), people("SUP", 0..10));
    let mut parts = remembers("SUP", 0..10);
    parts.history.removed = [((container("SUP"), Handle("a009".into())), 999_000)].into();
    let judged = judged(&roster, &observed, &parts, &settings, &[]);
    assert_eq!((judged.removals(), judged.guards()), (0, vec!["removals-SUP"]));
    let finding = &judged.approved.findings()[0];
    assert_eq!((finding.count, finding.of), (2, 10));
}

/// One empty list ends no claim, however few people were on it before.
#[test]
fn one_empty_list_ends_no_claim() {
    let (roster, observed) = (owned("SUP", 1..3), people("SUP", 0..0));
    let mut parts = remembers("SUP", 0..3);
    for (size, left) in [(3, 0), (0, 1)] {
        parts.history.list_sizes = [(container("SUP"), size)].into();
        let judged = usual(&roster, &observed, &parts);
        assert_eq!(
            (judged.approved.plan().departed.len(), judged.ids().len()),
            (left, 0),
            "{size}"
        );
    }
}
