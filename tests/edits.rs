//! What an edit costs: the calls of the change, and a handful of reads.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::time::Duration;

use quietdesk::model::outcome::Outcome;
use quietdesk::model::roster::Roster;
use quietdesk::sandbox::{DeskAccess, Seed, SeedPerson};
use support::desks::{desks, people};
use support::world::{World, roster};

/// How many people are on `SUP`; `PRIV` is empty.
const MEMBERS: usize = 3000;

fn roster_of_all_and(more: &str) -> Roster {
    let members: String = people(MEMBERS)
        .iter()
        .map(|email| format!("  - {{email: {email}, desks: [SUP]}}\n"))
        .collect();
    roster(&format!(
        "version: 1\ndesks: {{SUP: {{}}, PRIV: {{}}}}\ncustomers:\n{members}{more}"
    ))
}

async fn in_step() -> World {
    let on_sup = people(MEMBERS)
        .into_iter()
        .map(|email| SeedPerson::customer(email, &["SUP"]));
    World::new(Seed {
        seed: 1,
        desks: desks(&[("SUP", DeskAccess::Restricted), ("PRIV", DeskAccess::Restricted)]),
        people: on_sup.chain([SeedPerson::customer("known@example.com", &[])]).collect(),
    })
    .await
}

#[tokio::test]
async fn one_new_customer_among_thousands_costs_three_reads_and_two_writes() {
    let world = in_step().await;
    let (_, mut kept) = world.full(&roster_of_all_and("")).await;
    let edited = roster_of_all_and("  - {email: ada@example.com, desks: [SUP]}\n");
    let applied = world.edit(&mut kept, &edited).await;
    assert_eq!(applied.count(Outcome::Done), 2, "{:?}", applied.unsuccessful());
    assert_eq!(
        (applied.requests, applied.writes),
        (5, 2),
        "myself, permissions, look-up; create, add"
    );
    world.is_in_step(&edited).await;
    world.drain();
}

#[tokio::test]
async fn somebody_known_costs_one_read_more_and_one_write() {
    let world = in_step().await;
    let (_, mut kept) = world.full(&roster_of_all_and("")).await;
    let edited = roster_of_all_and("  - {email: known@example.com, desks: [SUP, PRIV]}\n");
    let applied = world.edit(&mut kept, &edited).await;
    assert_eq!(
        (applied.requests, applied.writes),
        (7, 2),
        "myself, permissions, look-up, two lists; an add per desk"
    );
    world.is_in_step(&edited).await;
    world.drain();
}

#[tokio::test]
async fn somebody_added_by_hand_meanwhile_costs_no_write() {
    let world = in_step().await;
    let (_, mut kept) = world.full(&roster_of_all_and("")).await;
    let account = world.sandbox.ids_by_email("known@example.com").remove(0);
    world.sandbox.add_member("SUP", &account).unwrap();
    let applied = world
        .edit(
            &mut kept,
            &roster_of_all_and("  - {email: known@example.com, desks: [SUP]}\n"),
        )
        .await;
    assert_eq!((applied.steps(), applied.writes), (Vec::new(), 0));
    world.drain();
}

#[tokio::test]
async fn a_desk_that_is_new_or_whose_access_changes_is_read_whole() {
    let world = in_step().await;
    let (_, mut kept) = world.full(&roster_of_all_and("")).await;
    let mut opened = roster_of_all_and("");
    let sup = opened.desks.keys().find(|key| key.as_str() == "SUP").unwrap().clone();
    opened.desks.get_mut(&sup).unwrap().access = Some(quietdesk::model::access::Access::Open);
    let applied = world.edit(&mut kept, &opened).await;
    assert_eq!(applied.steps(), ["set access of SUP from restricted to open"]);
    assert_eq!(applied.count(Outcome::Done), 1, "{:?}", applied.unsuccessful());
    world.is_in_step(&opened).await;
    world.drain();
}

#[tokio::test]
async fn who_leaves_the_file_costs_nothing_at_all() {
    let world = in_step().await;
    let (_, mut kept) = world
        .full(&roster_of_all_and("  - {email: known@example.com, desks: []}\n"))
        .await;
    let before = world.sandbox.requests();
    let edit = quietdesk::model::edit::Edit::between(
        &kept.applied,
        &roster_of_all_and(""),
        kept.memory.uncertain_outcomes(),
        None,
    );
    assert!(edit.is_empty());
    assert_eq!(world.sandbox.requests(), before);
    kept.applied = roster_of_all_and("");
    world.drain();
}

/// A lost answer that could not be settled is settled in the next pass, whatever the roster says by then.
#[tokio::test]
async fn what_was_left_unsettled_is_read_again() {
    let mut world = in_step().await;
    let (_, mut kept) = world.full(&roster_of_all_and("")).await;
    let edited = roster_of_all_and("  - {email: known@example.com, desks: [SUP]}\n");
    world.sandbox.set_faults(&"add:500-after".parse().unwrap());
    // Long enough for the reads, however busy the machine is; the writes never get through.
    let patience = std::mem::replace(&mut world.settings.patience, Duration::from_secs(3));
    let applied = world.edit(&mut kept, &edited).await;
    world.settings.patience = patience;
    assert_eq!(applied.count(Outcome::Unknown), 1, "{:?}", applied.unsuccessful());
    assert_eq!(kept.memory.uncertain_outcomes().people.len(), 1);
    world.sandbox.set_faults(&"".parse().unwrap());
    let again = world.edit(&mut kept, &edited).await;
    assert_eq!((again.steps(), again.writes), (Vec::new(), 0), "it had taken effect");
    assert!(kept.memory.uncertain_outcomes().people.is_empty());
    world.drain();
}

#[tokio::test]
async fn an_edit_of_thousands_reads_the_desk_rather_than_each() {
    let world = in_step().await;
    let everybody = roster_of_all_and("");
    let (_, mut kept) = world.full(&everybody).await;
    let mut on_both = everybody.clone();
    let private = on_both.desks.keys().find(|key| key.as_str() == "PRIV").unwrap().clone();
    for customer in on_both.customers.values_mut() {
        customer.desks.insert(private.clone());
    }
    let applied = world.edit(&mut kept, &on_both).await;
    assert_eq!((applied.count(Outcome::Done), applied.writes), (MEMBERS, MEMBERS / 50));
    assert!(applied.requests < 300, "{} requests", applied.requests);
    world.is_in_step(&on_both).await;
    world.drain();
}

/// A sweep of all accounts would cost more than single look-ups, and is not begun.
#[tokio::test]
async fn a_few_new_customers_are_asked_for_one_by_one() {
    let world = in_step().await;
    let (_, mut kept) = world.full(&roster_of_all_and("")).await;
    let new: String = (0..5)
        .map(|n| format!("  - {{email: new{n}@example.com, desks: [SUP]}}\n"))
        .collect();
    let edited = roster_of_all_and(&new);
    let applied = world.edit(&mut kept, &edited).await;
    assert_eq!(
        (applied.requests, applied.writes),
        (2 + 5 + 6, 6),
        "myself, permissions, look-ups; creates, an add"
    );
    world.is_in_step(&edited).await;
    world.drain();
}
