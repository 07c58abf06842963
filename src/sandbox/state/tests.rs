use std::collections::BTreeSet;

use super::super::config::{Deployment, Rules};
use super::super::seed::{DeskAccess, PersonKind, Seed, SeedDesk, SeedPerson};
use super::desk::AddResult;
use super::site::EmailTaken;
use super::*;

fn state() -> State {
    let seed = Seed {
        seed: 1,
        desks: vec![
            SeedDesk::new("SUP", DeskAccess::Open),
            SeedDesk::new("HR", DeskAccess::Restricted),
        ],
        people: vec![
            SeedPerson::customer("Ada@example.com", &["SUP", "HR"]),
            SeedPerson {
                name: "Grace Hopper".to_owned(),
                kind: PersonKind::Atlassian,
                ..SeedPerson::customer("ada@example.com", &["SUP"])
            },
            SeedPerson {
                active: false,
                ..SeedPerson::customer("gone@example.com", &[])
            },
            SeedPerson {
                kind: PersonKind::Agent,
                ..SeedPerson::customer("agent@example.com", &["HR"])
            },
        ],
    };
    State::new(&seed, Deployment::Cloud, Rules::default(), "me@example.com")
}

fn id(state: &State, email: &str) -> String {
    let no = state.accounts_with_email(email)[0];
    state.account(no).unwrap().id.clone()
}

#[test]
fn an_address_is_taken_in_any_case_and_by_any_account() {
    let mut state = state();
    for taken in ["ADA@example.com", "gone@example.com", "me@example.com"] {
        assert_eq!(state.create_customer(taken, "x", 0), Err(EmailTaken), "{taken}");
    }
    assert_eq!(state.accounts_with_email("aDa@example.com").len(), 2);
    let made = state.create_customer("new@example.com", "New", 0).unwrap();
    assert_eq!(state.accounts_with_email("new@example.com"), [made]);
}

#[test]
fn ids_show_the_kind_and_are_all_different() {
    let state = state();
    assert!(id(&state, "Ada@example.com").starts_with("qm:"));
    assert_eq!(id(&state, "agent@example.com").len(), 24);
    let ids: BTreeSet<_> = state.accounts.values().map(|a| &a.id).collect();
    assert_eq!(ids.len(), state.oldest_first().len());
}

#[test]
fn the_valid_ones_are_added_beside_the_others() {
    let mut state = state();
    let ids = [
        id(&state, "me@example.com"),
        "missing".to_owned(),
        id(&state, "gone@example.com"),
        id(&state, "ada@example.com"),
    ];
    let added = state.add_customers(2, &ids);
    assert_eq!(added.new, state.accounts_with_email("me@example.com"));
    assert_eq!(added.unknown, ["missing"]);
    assert_eq!(added.refused, [ids[2].as_str()]);
    assert_eq!(state.add_customers(9, &ids), AddResult::default());
}

#[test]
fn no_customer_is_removed_from_an_open_desk() {
    let mut state = state();
    let ada = state.accounts_with_email("ada@example.com");
    assert_eq!(state.remove_customers(1, &ada), Err(DeskIsOpen));
    assert_eq!(state.remove_customers(2, &ada), Ok(1));
    assert_eq!(state.remove_customers(2, &ada), Ok(0));
    assert_eq!(state.desk(1).unwrap().customers(), ada);
}

#[test]
fn closing_a_desk_removes_customers_only_by_rule() {
    for (closing_removes, left) in [(false, 2), (true, 0)] {
        let mut state = state();
        state.rules.closing_removes = closing_removes;
        let settings = state.desk(1).unwrap().settings;
        let closed = settings.with_access(DeskAccess::Restricted);
        assert!(state.set_settings(1, closed));
        assert!(!state.set_settings(1, closed));
        assert_eq!(state.desk(1).unwrap().customers().len(), left);
    }
}

#[test]
fn an_agent_who_is_added_is_listed_only_if_the_rules_say_so() {
    for (agents_are_listed, new) in [(true, 1), (false, 0)] {
        let mut state = state();
        state.rules.agents_are_listed = agents_are_listed;
        let ids = [id(&state, "agent@example.com")];
        assert_eq!(state.add_customers(1, &ids).new.len(), new);
    }
}

#[test]
fn a_search_finds_beginnings_of_addresses_and_of_words_of_names() {
    let mut state = state();
    let ada = state.accounts_with_email("ada@example.com");
    let all = |_: &State, _: AccountNumber, _: &Account| true;
    assert_eq!(state.search("ADA@", 9, all), ada);
    assert_eq!(state.search("hop", 9, all), [ada[1]]);
    assert_eq!(state.search("grace h", 9, all), [ada[1]]);
    assert_eq!(state.search("da@", 9, all), []);
    assert_eq!(state.search("a", 1, all).len(), 1);
    assert_eq!(state.search_desk(2, "ada"), [ada[0]]);
    state.rules.hide_atlassian_emails = true;
    state.rules.search_finds_hidden_emails = false;
    assert_eq!(state.search("ada@", 9, all), [ada[0]]);
}

#[test]
fn a_new_account_is_found_after_its_lag() {
    let mut state = state();
    let made = state.create_customer("new@example.com", "New", 2).unwrap();
    let all = |_: &State, _: AccountNumber, _: &Account| true;
    let found: Vec<_> = (0..3).map(|_| state.search("new@", 9, all).len()).collect();
    assert_eq!(found, [0, 0, 1]);
    assert!(state.account(made).unwrap().active);
}

#[test]
fn a_deleted_account_is_nowhere() {
    let mut state = state();
    let before = state.snapshot();
    let made = state.create_customer("new@example.com", "New Person", 0).unwrap();
    assert!(state.force_member(1, made, true));
    assert!(state.delete_account(made));
    assert!(!state.delete_account(made));
    assert_eq!(state.snapshot(), before);
    assert!(state.search("person", 9, |_, _, _| true).is_empty());
}

#[test]
fn a_snapshot_lists_customers_by_address() {
    let hr = state().snapshot().customers("HR");
    assert_eq!(hr.into_iter().collect::<Vec<_>>(), ["ada@example.com"]);
}

#[test]
fn the_list_may_show_people_without_a_place() {
    let listed_after_removal = |rules: Rules| {
        let mut seed = Seed {
            desks: vec![SeedDesk {
                browsing_groups: vec!["staff".to_owned()],
                ..SeedDesk::new("HR", DeskAccess::Restricted)
            }],
            people: vec![SeedPerson::customer("ada@example.com", &["HR"])],
            ..Seed::default()
        };
        seed.people.push(SeedPerson {
            groups: vec!["staff".to_owned()],
            ..SeedPerson::customer("bob@example.com", &[])
        });
        let mut state = State::new(&seed, Deployment::Cloud, rules, "me@example.com");
        let (desk, ada) = (
            state.desk_by_key("HR").unwrap().id,
            state.accounts_with_email("ada@example.com")[0],
        );
        assert_eq!(state.remove_customers(desk, &[ada]), Ok(1));
        assert_eq!(state.remove_customers(desk, &[ada]), Ok(0));
        assert!(state.snapshot().customers("HR").is_empty());
        state.desk(desk).unwrap().listed().len()
    };
    let (removed_stay_listed, people_by_group_are_listed) = (true, true);
    assert_eq!(listed_after_removal(Rules::default()), 0);
    assert_eq!(
        listed_after_removal(Rules {
            removed_stay_listed,
            ..Rules::default()
        }),
        1
    );
    assert_eq!(
        listed_after_removal(Rules {
            removed_stay_listed,
            people_by_group_are_listed,
            ..Rules::default()
        }),
        2
    );
}
