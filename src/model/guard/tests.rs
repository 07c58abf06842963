mod limits;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::model::account::Handle;
use crate::model::container::Container;
use crate::model::email::EmailKey;
use crate::model::fixtures::{account, container, customer, key, reading, roster, site, with};
use crate::model::ledger::{Fact, History, Ledger, Parts, Tracked, Value};
use crate::model::observed::{Completeness, Observed, Staff};
use crate::model::plan::plan;
use crate::model::policy::Policy;
use crate::model::roster::{Membership, Roster};

fn email(n: usize) -> String {
    format!("p{n:03}@example.com")
}

/// A desk whose roster lists the people of a range, where everybody of `on` is on it; owned.
fn owned(desk: &str, listed: std::ops::Range<usize>) -> Roster {
    let mut roster = roster(&[desk], listed.map(|n| customer(&email(n), &[desk])));
    if let Some(spec) = roster.desks.get_mut(&key(desk)) {
        spec.membership = Membership::Owned;
    }
    roster
}

fn people(desk: &str, on: std::ops::Range<usize>) -> Observed {
    on.fold(site(&[desk]), |observed, n| {
        let mut observed = with(observed, account(&format!("a{n:03}"), &email(n)), &[desk]);
        observed
            .staff
            .insert(crate::model::account::AccountId(format!("a{n:03}")), Staff::No);
        observed
    })
}

/// What a pass over a roster that listed everybody of a range remembers.
fn remembers(desk: &str, listed: std::ops::Range<usize>) -> Parts {
    let facts = listed.clone().map(|n| {
        let email = EmailKey::of(&email(n));
        (Fact::Membership(container(desk), email), Value::Present)
    });
    Parts {
        completed: [container(desk)].into(),
        agreed: facts.collect(),
        history: History {
            applied: [(container(desk), listed.len())].into(),
            sizes: [(container(desk), listed.len())].into(),
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

    /// The guards that found something, by name and desk.
    fn guards(&self) -> Vec<&str> {
        self.ids()
            .into_iter()
            .map(|id| id.rsplit_once('-').unwrap().0)
            .collect()
    }
}

fn judged(roster: &Roster, observed: &Observed, parts: &Parts, settings: &Settings, approved: &[&str]) -> Judged {
    let ledger = Ledger::restored(parts.clone());
    let plan = plan(roster, observed, &ledger, &Policy::default());
    let approved = approved.iter().map(|id| (*id).to_owned()).collect();
    let judge = Judge {
        settings,
        history: ledger.history(),
        approved: &approved,
        now: 1_000_000,
    };
    Judged {
        approved: screen(roster, observed, &plan, judge).approve(plan),
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
        // Under ten, by count alone.
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

/// So many who are on no list any more were taken off a desk.
fn removed(desk: &str, count: usize, at: i64) -> Tracked<(Container, Handle), i64> {
    let gone = |nth: usize| ((key(desk).into(), Handle(format!("gone{nth}"))), at);
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
        finding.what.ends_with("besides 20 people in the last 24 hours"),
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
        refused.approved.findings()[0].way_out,
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
        assert_eq!(released.approved.released().len(), 1);
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
        roster.desks.get_mut(&key("SUP")).unwrap().membership = membership;
        // 30 fewer are 30 %, which is not over it.
        assert!(!usual(&roster, &observed, &parts).guards().contains(&"shrink-SUP"));
        roster.customers.remove(&EmailKey::of(&email(50)));
        let judged = usual(&roster, &observed, &parts);
        assert!(judged.guards().contains(&"shrink-SUP"), "{:?}", judged.guards());
        // Who is new is added all the same.
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
        assert_eq!(history.applied[&container("SUP")], 100);
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
        assert_eq!(history.applied[&container("SUP")], 69);
    }
    // A desk of few is judged by emptiness alone.
    let judged = usual(&owned("SUP", 4..9), &people("SUP", 0..9), &remembers("SUP", 0..9));
    assert_eq!((judged.removals(), judged.guards()), (4, vec![]));
}

#[test]
fn nobody_is_removed_because_a_desk_or_a_roster_is_empty() {
    let (observed, parts) = (people("SUP", 0..3), remembers("SUP", 0..3));
    let empty = owned("SUP", 0..0);
    let judged = usual(&empty, &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (0, vec!["empty-site"]));
    assert_eq!(judged.approved.findings()[0].limit, "somebody stays listed");
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
    // Where nobody was listed before and nobody would leave, there is nothing to find.
    let fresh = usual(&empty, &observed, &Parts::default());
    assert_eq!((fresh.removals(), fresh.guards()), (0, vec![]));
}

#[test]
fn a_list_that_cannot_be_trusted_removes_nobody() {
    let (roster, parts) = (owned("SUP", 1..60), remembers("SUP", 0..100));
    let mut parts = Parts {
        agreed: remembers("SUP", 0..60).agreed,
        ..parts
    };
    parts.history.applied = [(container("SUP"), 60)].into();
    let mut observed = people("SUP", 0..60);
    let judged = usual(&roster, &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (0, vec!["untrusted-SUP"]));
    assert!(judged.approved.distrusts(&container("SUP")));
    let id = judged.ids()[0].to_owned();
    let released = super::tests::judged(&roster, &observed, &parts, &Settings::default(), &[&id]);
    assert_eq!((released.removals(), released.ids().len()), (1, 0));
    reading(&mut observed, "SUP").completeness = Completeness::Partial {
        gap: "a row came twice".into(),
    };
    let judged = usual(&roster, &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (0, vec!["untrusted-SUP"]));
    let id = judged.ids()[0].to_owned();
    assert!(judged.approved.findings()[0].what.contains("a row came twice"));
    // Nobody can approve of a gap.
    let still = super::tests::judged(&roster, &observed, &parts, &Settings::default(), &[&id]);
    assert_eq!(still.removals(), 0);
    // Without anybody to remove it is no matter.
    assert!(usual(&owned("SUP", 0..60), &observed, &parts).ids().is_empty());
}

/// Jira may accept a removal and not do it: the next try is about the same person.
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
    assert_eq!(judged.approved.findings()[0].what, "26 people would be taken off SUP");
    // On two desks, it is one person of the site.
    let (mut both, mut there, mut listed) = (owned("SUP", 20..300), on.clone(), remembers("SUP", 0..300));
    both.desks.extend(owned("PRIV", 0..0).desks);
    for customer in both.customers.values_mut() {
        customer.desks.insert(key("PRIV"));
    }
    let sup = there.desks[&key("SUP")].clone();
    there.desks.insert(key("PRIV"), sup);
    let private = remembers("PRIV", 0..300);
    listed.agreed.extend(private.agreed);
    listed.completed.extend(private.completed);
    listed.history.applied.extend(private.history.applied);
    listed.history.sizes.extend(private.history.sizes);
    let judged = usual(&both, &there, &listed);
    assert_eq!((judged.removals(), judged.guards().len()), (40, 0));
}

/// A list that lost a third of its people at once may be wrong: that somebody is not on it is no proof that they left.
#[test]
fn a_list_that_lost_a_third_of_its_people_ends_no_memory() {
    let (roster, parts) = (owned("SUP", 0..60), remembers("SUP", 0..100));
    let memory_ends = |parts: &Parts, on: std::ops::Range<usize>| {
        let judged = usual(&roster, &people("SUP", on), parts);
        !judged.approved.plan().left.is_empty()
    };
    assert!(!memory_ends(&parts, 0..60));
    assert!(memory_ends(&parts, 0..75));
    // The next reading agrees.
    let mut again = parts.clone();
    again.history.sizes = [(container("SUP"), 60)].into();
    assert!(memory_ends(&again, 0..60));
}

/// Whoever the whole roster lists stays, also where a plan of a part of it does not know that.
#[test]
fn nobody_leaves_whom_the_roster_lists() {
    let (whole, part) = (owned("SUP", 0..12), owned("SUP", 1..12));
    let (observed, parts) = (people("SUP", 0..12), remembers("SUP", 0..12));
    let ledger = Ledger::restored(parts);
    let plan = plan(&part, &observed, &ledger, &Policy::default());
    assert_eq!(plan.steps.len(), 1);
    let judge = Judge {
        settings: &Settings::default(),
        history: ledger.history(),
        approved: &BTreeSet::new(),
        now: 0,
    };
    assert_eq!(
        screen(&part, &observed, &plan, judge)
            .approve(plan.clone())
            .plan()
            .steps
            .len(),
        1
    );
    let screened = screen(&whole, &observed, &plan, judge);
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
    parts.history.applied.extend(private.history.applied);
    parts.history.sizes.extend(private.history.sizes);
    // 30 of SUP are too many; 20 of PRIV are not.
    let judged = usual(&two(20, 300), &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (20, vec!["removals-SUP"]));
    // 20 of each are too many for the site.
    let mut both = two(20, 300);
    for n in 20..30 {
        let back = customer(&email(n), &["SUP"]);
        both.customers.insert(back.email.key().clone(), back);
    }
    let judged = usual(&both, &observed, &parts);
    assert_eq!((judged.removals(), judged.guards()), (0, vec!["removals-site"]));
    let ways = &judged.approved.findings()[0].way_out;
    assert!(ways.contains(" or --max-removals 40"), "{ways}");
}

/// What is about to be removed counts from then on; what was not removed after all is taken back by whoever lives to tell.
#[test]
fn removals_count_from_before_they_are_made() {
    use crate::model::outcome::{Outcome, Outcomes, StepEnd};
    let (roster, observed) = (owned("SUP", 3..60), people("SUP", 0..60));
    let approved = usual(&roster, &observed, &remembers("SUP", 0..60)).approved;
    let mut history = History {
        sizes: [(container("SUP"), 60)].into(),
        ..History::default()
    };
    assert!(history.reserve(&approved, 100));
    assert_eq!(history.removed_lately(Some(&container("SUP")), 101).len(), 3);
    // Killed: nothing is told, and they count.
    let killed = History {
        reserved: BTreeMap::new(),
        ..history.clone()
    };
    assert_eq!(killed.removed_lately(None, 101).len(), 3);
    // The list that is shorter by them later is to be believed.
    assert_eq!(killed.sizes[&container("SUP")], 57);
    let steps = approved.plan().steps.iter().map(|step| step.id);
    let ends = steps.zip([Outcome::Done, Outcome::Unknown, Outcome::NotAttempted]);
    let outcomes = Outcomes {
        ends: ends.map(|(id, outcome)| (id, StepEnd::plain(outcome))).collect(),
        ..Outcomes::default()
    };
    history.fold((&roster, &roster), &observed, &approved, Some(&outcomes), 100);
    assert_eq!(history.removed_lately(None, 101).len(), 2);
    assert_eq!(history.sizes[&container("SUP")], 58);
}

/// Somebody who was taken off lately and is on the list again is one of those on it, and no further one.
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

/// However few were on it: one answer that leaves everybody out ends no memory.
#[test]
fn nobody_is_seen_to_be_off_a_list_that_is_empty_all_at_once() {
    let (roster, observed) = (owned("SUP", 1..3), people("SUP", 0..0));
    let mut parts = remembers("SUP", 0..3);
    for (size, left) in [(3, 0), (0, 1)] {
        parts.history.sizes = [(container("SUP"), size)].into();
        let judged = usual(&roster, &observed, &parts);
        assert_eq!(
            (judged.approved.plan().left.len(), judged.ids().len()),
            (left, 0),
            "{size}"
        );
    }
}
