use super::*;
use crate::model::fixtures::{account, customer, data_center, email_key, pinned, previously, roster, site, with};

const ADA: &str = "ada@example.com";
const OLD: &str = "ada@old.example";
const OLDER: &str = "ada@older.example";

fn in_words(identity: &Identity<'_>) -> String {
    match identity {
        Identity::Account(account) => format!("account {}", account.id),
        Identity::Former(account) => format!("former {}", account.id),
        Identity::Absent => "absent".to_owned(),
        Identity::Unasked(Question::Email(email)) => format!("who is {email}"),
        Identity::Unasked(Question::Pin(pin)) => format!("is there {pin}"),
        Identity::Held(reason) => format!("{reason:?}"),
    }
}

fn identity(entry: Customer, observed: &Observed) -> String {
    let roster = roster(&[], [entry]);
    let entry = roster.customers.values().next().unwrap();
    in_words(&Identities::new(&roster, observed).identify(entry))
}

fn id(text: &str) -> AccountId {
    AccountId(text.into())
}

/// Jira was asked for every address, and knows nobody else.
fn asked(mut observed: Observed) -> Observed {
    for email in [ADA, OLD, OLDER] {
        observed.lookups.entry(email_key(email)).or_insert(Lookup::Absent);
    }
    observed
}

fn answered(mut observed: Observed, lookup: Lookup) -> Observed {
    observed.lookups.insert(email_key(ADA), lookup);
    observed
}

fn off(account: Account) -> Account {
    Account {
        active: false,
        ..account
    }
}

fn called(name: &str, account: Account) -> Account {
    Account {
        handle: Handle(name.into()),
        ..account
    }
}

#[test]
fn by_an_address() {
    let ada = || customer(ADA, &[]);
    let app = Account {
        kind: AccountKind::App,
        ..account("1", ADA)
    };
    let nobody = || site(&[]);
    let server = || data_center(&[]);
    let (one, two) = (id("1"), id("2"));
    for (case, observed, expected) in [
        ("nobody was asked", nobody(), "who is ada@example.com"),
        ("nobody has it", asked(nobody()), "absent"),
        ("one does", with(nobody(), account("1", ADA), &[]), "account 1"),
        ("an app", with(nobody(), app.clone(), &[]), "App(AccountId(\"1\"))"),
        (
            "an app was found",
            answered(with(nobody(), app, &[]), Lookup::Many(vec![one.clone()])),
            "App(AccountId(\"1\"))",
        ),
        (
            "deactivated",
            with(nobody(), off(account("1", ADA)), &[]),
            "who is ada@example.com",
        ),
        (
            "deactivated, asked",
            asked(with(nobody(), off(account("1", ADA)), &[])),
            "Deactivated(AccountId(\"1\"))",
        ),
        (
            "one of a name",
            with(server(), called(ADA, account("1", "other@example.com")), &[]),
            "who is ada@example.com",
        ),
        (
            "a name that is taken",
            answered(server(), Lookup::Taken(one.clone())),
            "UsernameTaken(AccountId(\"1\"))",
        ),
        (
            "hidden",
            answered(nobody(), Lookup::Hidden(vec![one.clone()])),
            "HiddenEmail([AccountId(\"1\")])",
        ),
        (
            "found, and not shown",
            answered(nobody(), Lookup::One(one.clone())),
            "HiddenEmail([AccountId(\"1\")])",
        ),
        (
            "found, deactivated",
            answered(nobody(), Lookup::Inactive(one.clone())),
            "Deactivated(AccountId(\"1\"))",
        ),
        (
            "several were found",
            answered(nobody(), Lookup::Many(vec![one, two])),
            "SeveralAccounts([AccountId(\"1\"), AccountId(\"2\")])",
        ),
        (
            "several",
            with(with(nobody(), account("1", ADA), &[]), account("2", ADA), &[]),
            "SeveralAccounts([AccountId(\"1\"), AccountId(\"2\")])",
        ),
    ] {
        assert_eq!(identity(ada(), &observed), expected, "{case}");
    }
    // One account that was named twice is no app for it.
    let lone = answered(
        with(nobody(), account("1", "other@example.com"), &[]),
        Lookup::Many(vec![id("1")]),
    );
    assert_eq!(identity(ada(), &lone), "SeveralAccounts([AccountId(\"1\")])");
}

#[test]
fn by_an_older_address_on_data_center() {
    let entry = || previously(&[OLD, OLDER], customer(ADA, &[]));
    let server = || data_center(&[]);
    let former = || with(server(), account("1", OLD), &[]);
    let both = "PreviouslyStillThere([AccountId(\"2\"), AccountId(\"1\")])";
    let taken = |by: &str| {
        let mut observed = asked(former());
        observed.lookups.insert(email_key(ADA), Lookup::Taken(id(by)));
        observed
    };
    let mut hidden = asked(former());
    hidden.lookups.insert(email_key(OLDER), Lookup::Hidden(vec![id("9")]));
    let mut old_name = asked(former());
    old_name.lookups.insert(email_key(OLDER), Lookup::Taken(id("9")));
    for (case, observed, expected) in [
        ("nobody", asked(server()), "absent"),
        ("the old one", asked(former()), "former 1"),
        ("the old one, the new unasked", former(), "who is ada@example.com"),
        ("both", asked(with(former(), account("2", ADA), &[])), both),
        (
            "the new one alone",
            asked(with(server(), account("2", ADA), &[])),
            "account 2",
        ),
        (
            "two old ones",
            asked(with(former(), account("2", OLDER), &[])),
            "SeveralAccounts([AccountId(\"1\"), AccountId(\"2\")])",
        ),
        (
            "the old one deactivated",
            asked(with(server(), off(account("1", OLD)), &[])),
            "Deactivated(AccountId(\"1\"))",
        ),
        (
            "one old one deactivated",
            asked(with(former(), off(account("2", OLDER)), &[])),
            "former 1",
        ),
        ("its own name is the address", taken("1"), "former 1"),
        (
            "another's name is the address",
            taken("2"),
            "UsernameTaken(AccountId(\"2\"))",
        ),
        ("another's name is an old address", old_name, "former 1"),
        ("one hides an old address", hidden, "HiddenEmail([AccountId(\"9\")])"),
    ] {
        assert_eq!(identity(entry(), &observed), expected, "{case}");
    }
}

/// On Cloud an address never moves: whoever has an older one is another account.
#[test]
fn by_an_older_address_on_cloud() {
    let entry = || previously(&[OLD], customer(ADA, &[]));
    let former = with(site(&[]), account("1", OLD), &[]);
    assert_eq!(identity(entry(), &asked(former.clone())), "absent");
    assert_eq!(
        identity(entry(), &asked(with(former, account("2", ADA), &[]))),
        "account 2"
    );
}

#[test]
fn by_an_account_the_roster_names() {
    let entry = || pinned("a", previously(&[OLD], customer(ADA, &[])));
    let shows = |observed: Observed, email: Option<&str>| {
        let account = Account {
            email: email.map(str::to_owned),
            ..called("a", account("1", ""))
        };
        with(observed, account, &[])
    };
    let server = |email| asked(shows(data_center(&[]), email));
    let cloud = |email| asked(shows(site(&[]), email));
    let mut other_spelling = asked(with(data_center(&[]), called("A", account("1", ADA)), &[]));
    other_spelling.pins.insert(Handle("a".into()), Some(id("1")));
    let mut unknown = data_center(&[]);
    unknown.pins.insert(Handle("a".into()), None);
    let taken = |by: &str| answered(server(Some(OLD)), Lookup::Taken(id(by)));
    let still = "PreviouslyStillThere([AccountId(\"1\"), AccountId(\"2\")])";
    for (case, observed, expected) in [
        ("nobody asked", data_center(&[]), "is there a"),
        ("no such account", unknown, "PinUnknown(Handle(\"a\"))"),
        ("the address", server(Some(ADA)), "account 1"),
        ("hidden", server(None), "account 1"),
        ("another spelling", other_spelling, "account 1"),
        (
            "another address",
            server(Some("x@example.com")),
            "PinShowsAnother(Handle(\"a\"))",
        ),
        ("an older address", server(Some(OLD)), "former 1"),
        ("an older address, Cloud", cloud(Some(OLD)), "account 1"),
        (
            "an older address, and somebody has the new",
            with(server(Some(OLD)), account("2", ADA), &[]),
            still,
        ),
        ("an older address, and it has the name", taken("1"), "former 1"),
        (
            "an older address, and another has the name",
            taken("2"),
            "UsernameTaken(AccountId(\"2\"))",
        ),
        (
            "an older address, the new unasked",
            shows(data_center(&[]), Some(OLD)),
            "who is ada@example.com",
        ),
    ] {
        assert_eq!(identity(entry(), &observed), expected, "{case}");
    }
    let gone = with(data_center(&[]), off(called("a", account("1", OLD))), &[]);
    assert_eq!(identity(entry(), &asked(gone)), "Deactivated(AccountId(\"1\"))");
}
