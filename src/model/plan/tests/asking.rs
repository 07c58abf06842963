//! Look-ups before a plan, each made only once.

use super::*;
use crate::model::observed::Completeness;
use crate::model::roster::{Customer, Membership};

const ADA: &str = "ada@example.com";
const BOB: &str = "bob@example.com";

fn asked(roster: &Roster, observed: &Observed, ledger: &Ledger) -> String {
    let asked = questions(roster, observed, ledger);
    let mut words: Vec<String> = asked.emails.iter().map(|email| format!("who is {email}")).collect();
    words.extend(asked.pins.iter().map(|pin| format!("is there {pin}")));
    words.extend(asked.project_roles.iter().map(|desk| format!("team of {desk}")));
    words.extend(asked.groups.iter().map(|handle| format!("groups of {handle}")));
    words.extend(asked.accounts.iter().map(|id| format!("account {id}")));
    assert_eq!(asked.is_empty(), words.is_empty());
    words.join("; ")
}

fn plainly(roster: &Roster, observed: &Observed) -> String {
    asked(roster, observed, &Ledger::not_kept())
}

fn answered(mut observed: Observed, email: &str, lookup: Lookup) -> Observed {
    observed.lookups.insert(email_key(email), lookup);
    observed
}

fn listing(entry: Customer) -> Roster {
    roster(&["SUP"], [entry])
}

#[test]
fn an_address_is_asked_for_once() {
    let wanted = listing(customer(ADA, &["SUP"]));
    assert_eq!(plainly(&wanted, &cloud_site(&["SUP"])), "who is ada@example.com");
    assert_eq!(
        plainly(&wanted, &answered(cloud_site(&["SUP"]), ADA, Lookup::Absent)),
        ""
    );
    let seen = with_account(cloud_site(&["SUP"]), account("1", ADA), &["SUP"]);
    assert_eq!(plainly(&wanted, &seen), "");
}

/// Data Center looks up previous addresses too: the account may have one. Cloud cannot change addresses.
#[test]
fn older_addresses_are_asked_for_where_that_decides() {
    let entry = with_previous_emails(&["ada@old.example"], customer(ADA, &["SUP"]));
    let wanted = listing(entry);
    assert_eq!(plainly(&wanted, &cloud_site(&["SUP"])), "who is ada@example.com");
    let both = "who is ada@old.example; who is ada@example.com";
    assert_eq!(plainly(&wanted, &data_center_site(&["SUP"])), both);
    let one = answered(data_center_site(&["SUP"]), ADA, Lookup::Absent);
    assert_eq!(plainly(&wanted, &one), "who is ada@old.example");
    let other = answered(data_center_site(&["SUP"]), "ada@old.example", Lookup::Absent);
    assert_eq!(plainly(&wanted, &other), "who is ada@example.com");
    assert_eq!(plainly(&wanted, &answered(one, "ada@old.example", Lookup::Absent)), "");
}

#[test]
fn expired_entries_are_looked_up_too() {
    let mut wanted = roster(&["SUP"], []);
    let entry = customer(BOB, &["SUP"]);
    wanted.expired.insert(entry.email.key().clone(), entry);
    assert_eq!(plainly(&wanted, &cloud_site(&["SUP"])), "who is bob@example.com");
    let seen = with_account(cloud_site(&["SUP"]), account("1", BOB), &["SUP"]);
    assert_eq!(plainly(&wanted, &seen), "");
}

/// Project roles are read only to add an account that may be an agent's, groups only if the desk has any.
#[test]
fn what_is_asked_of_somebody_who_is_there() {
    let wanted = listing(customer(ADA, &["SUP"]));
    let of = |kind| Account {
        kind,
        ..account("1", ADA)
    };
    let no_team = |mut observed: Observed| {
        desk_mut(&mut observed, "SUP").project_roles = None;
        observed
    };
    let groups = |mut observed: Observed| {
        desk_mut(&mut observed, "SUP").groups = ["staff".to_owned()].into();
        observed
    };
    let person = || of(AccountKind::Person);
    let off = |account| with_account(data_center_site(&["SUP"]), account, &[]);
    let on = |account| with_account(data_center_site(&["SUP"]), account, &["SUP"]);
    for (case, observed, expected) in [
        ("a person, off", no_team(off(person())), "team of SUP"),
        ("a person, on", no_team(on(person())), ""),
        ("a customer, off", no_team(off(of(AccountKind::Customer))), ""),
        ("unclear, off", no_team(off(of(AccountKind::Unknown))), "team of SUP"),
        ("the team is known", off(person()), ""),
        ("groups, off", groups(off(person())), "groups of 1"),
        ("groups, on", groups(on(person())), ""),
        (
            "a customer, groups",
            no_team(groups(off(of(AccountKind::Customer)))),
            "groups of 1",
        ),
        ("first the team", no_team(groups(off(person()))), "team of SUP"),
    ] {
        assert_eq!(plainly(&wanted, &observed), expected, "{case}");
    }
    let mut known = groups(off(person()));
    known.groups.insert(Handle("1".into()), Default::default());
    assert_eq!(plainly(&wanted, &known), "");
}

fn remembering(id: Option<&str>, desk: &str) -> Ledger {
    let mut parts = Ledger::kept().parts().clone();
    let id = id.map(|id| AccountId(id.into()));
    parts.claimed.insert((container(desk), email_key(BOB)), id);
    Ledger::from_parts(parts)
}

/// An account known from the ledger is looked up before a new one is created.
#[test]
fn the_account_an_address_had_is_asked_for() {
    let wanted = listing(customer(BOB, &["SUP"]));
    let mut parts = Ledger::kept().parts().clone();
    let fact = Fact::Account(email_key(BOB));
    parts.agreed.insert(fact, Value::Account(AccountId("7".into())));
    let knowing = Ledger::from_parts(parts);
    let absent = answered(cloud_site(&["SUP"]), BOB, Lookup::Absent);
    assert_eq!(asked(&wanted, &absent, &knowing), "account 7");
    assert_eq!(asked(&wanted, &absent, &Ledger::kept()), "");
    let mut gone = absent.clone();
    gone.missing_accounts.insert(AccountId("7".into()));
    assert_eq!(asked(&wanted, &gone, &knowing), "");
    let met = with_account(absent, account("7", "robert@example.com"), &[]);
    assert_eq!(asked(&wanted, &met, &knowing), "");
}

/// Data Center's lists hold usernames: people that an earlier roster listed there are looked up.
#[test]
fn who_was_listed_once_is_asked_for_on_data_center() {
    let of = |membership, mut roster: Roster| {
        roster.desks.entry(desk_key("SUP")).or_default().membership = membership;
        roster
    };
    let owned = || of(Membership::Owned, roster(&["SUP"], []));
    let server = || data_center_site(&["SUP"]);
    let by_id = remembering(Some("7"), "SUP");
    let by_address = remembering(None, "SUP");
    let mut narrow = server();
    desk_mut(&mut narrow, "SUP").completeness = Completeness::Narrow;
    let mut partial = server();
    desk_mut(&mut partial, "SUP").completeness = Completeness::Partial { gap: "a gap".into() };
    let mut gone = server();
    gone.missing_accounts.insert(AccountId("7".into()));
    let seen = with_account(server(), account("7", BOB), &[]);
    let back = of(Membership::Owned, listing(customer(BOB, &["SUP"])));
    let elsewhere = of(Membership::Owned, roster(&["OPS", "SUP"], [customer(BOB, &["OPS"])]));
    let answered_server = answered(server(), BOB, Lookup::Absent);
    for (case, roster, observed, ledger, expected) in [
        ("by its account", owned(), server(), &by_id, "account 7"),
        (
            "by its address",
            owned(),
            server(),
            &by_address,
            "who is bob@example.com",
        ),
        ("Cloud", owned(), cloud_site(&["SUP"]), &by_id, ""),
        ("Cloud, by its address", owned(), cloud_site(&["SUP"]), &by_address, ""),
        ("additive", of(Membership::Additive, owned()), server(), &by_id, ""),
        ("exact", of(Membership::Exact, owned()), server(), &by_id, ""),
        ("read narrowly", owned(), narrow, &by_id, ""),
        ("read in part", owned(), partial, &by_id, "account 7"),
        ("on another desk", owned(), server(), &remembering(Some("7"), "OPS"), ""),
        ("deleted", owned(), gone, &by_id, ""),
        ("observed", owned(), seen.clone(), &by_id, ""),
        ("observed, by its address", owned(), seen, &by_address, ""),
        ("answered", owned(), answered_server.clone(), &by_address, ""),
        ("listed", back.clone(), answered_server.clone(), &by_id, ""),
        ("listed elsewhere", elsewhere, answered_server, &by_id, "account 7"),
    ] {
        assert_eq!(asked(&roster, &observed, ledger), expected, "{case}");
    }
    let mut missing = server();
    missing.desks.insert(desk_key("SUP"), DeskReading::Missing);
    assert_eq!(asked(&owned(), &missing, &by_id), "");
}
