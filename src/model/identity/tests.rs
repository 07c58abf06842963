use super::*;
use crate::model::fixtures::{
    account, cloud_site, customer, data_center_site, email_key, roster, with_account, with_pin, with_previous_emails,
};

const ADA: &str = "ada@example.com";
const OLD: &str = "ada@old.example";
const OLDER: &str = "ada@older.example";

fn in_words(identity: &Identity<'_>) -> String {
    match identity {
        Identity::Account(account) => format!("account {}", account.id),
        Identity::PreviousEmail(account) => format!("former {}", account.id),
        Identity::Absent => "absent".to_owned(),
        Identity::NeedsLookup(Question::Email(email)) => format!("who is {email}"),
        Identity::NeedsLookup(Question::Pin(pin)) => format!("is there {pin}"),
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

/// Adds look-ups of all addresses without further results.
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
    let empty = || cloud_site(&[]);
    let server = || data_center_site(&[]);
    let (one, two) = (id("1"), id("2"));
    for (case, observed, expected) in [
        ("not looked up", empty(), "who is ada@example.com"),
        ("no account has it", asked(empty()), "absent"),
        ("one has it", with_account(empty(), account("1", ADA), &[]), "account 1"),
        (
            "an app",
            with_account(empty(), app.clone(), &[]),
            "App(AccountId(\"1\"))",
        ),
        (
            "an app was found",
            answered(with_account(empty(), app, &[]), Lookup::Several(vec![one.clone()])),
            "App(AccountId(\"1\"))",
        ),
        (
            "deactivated",
            with_account(empty(), off(account("1", ADA)), &[]),
            "who is ada@example.com",
        ),
        (
            "deactivated, asked",
            asked(with_account(empty(), off(account("1", ADA)), &[])),
            "Deactivated(AccountId(\"1\"))",
        ),
        (
            "a username",
            with_account(server(), called(ADA, account("1", "other@example.com")), &[]),
            "who is ada@example.com",
        ),
        (
            "a username that is taken",
            answered(server(), Lookup::UsernameTaken(one.clone())),
            "UsernameTaken(AccountId(\"1\"))",
        ),
        (
            "hidden",
            answered(empty(), Lookup::Hidden(vec![one.clone()])),
            "HiddenEmail([AccountId(\"1\")])",
        ),
        (
            "found, and not shown",
            answered(empty(), Lookup::Found(one.clone())),
            "HiddenEmail([AccountId(\"1\")])",
        ),
        (
            "found, deactivated",
            answered(empty(), Lookup::Inactive(one.clone())),
            "Deactivated(AccountId(\"1\"))",
        ),
        (
            "several were found",
            answered(empty(), Lookup::Several(vec![one, two])),
            "SeveralAccounts([AccountId(\"1\"), AccountId(\"2\")])",
        ),
        (
            "several",
            with_account(with_account(empty(), account("1", ADA), &[]), account("2", ADA), &[]),
            "SeveralAccounts([AccountId(\"1\"), AccountId(\"2\")])",
        ),
    ] {
        assert_eq!(identity(ada(), &observed), expected, "{case}");
    }
    // A single result of another kind than an app is held as several accounts.
    let lone = answered(
        with_account(empty(), account("1", "other@example.com"), &[]),
        Lookup::Several(vec![id("1")]),
    );
    assert_eq!(identity(ada(), &lone), "SeveralAccounts([AccountId(\"1\")])");
}

#[test]
fn by_an_older_address_on_data_center() {
    let entry = || with_previous_emails(&[OLD, OLDER], customer(ADA, &[]));
    let server = || data_center_site(&[]);
    let former = || with_account(server(), account("1", OLD), &[]);
    let both = "PreviouslyStillThere([AccountId(\"2\"), AccountId(\"1\")])";
    let taken = |by: &str| {
        let mut observed = asked(former());
        observed.lookups.insert(email_key(ADA), Lookup::UsernameTaken(id(by)));
        observed
    };
    let mut hidden = asked(former());
    hidden.lookups.insert(email_key(OLDER), Lookup::Hidden(vec![id("9")]));
    let mut old_name = asked(former());
    old_name
        .lookups
        .insert(email_key(OLDER), Lookup::UsernameTaken(id("9")));
    for (case, observed, expected) in [
        ("none", asked(server()), "absent"),
        ("the old one", asked(former()), "former 1"),
        ("the old one, the new unasked", former(), "who is ada@example.com"),
        ("both", asked(with_account(former(), account("2", ADA), &[])), both),
        (
            "the new one alone",
            asked(with_account(server(), account("2", ADA), &[])),
            "account 2",
        ),
        (
            "two old ones",
            asked(with_account(former(), account("2", OLDER), &[])),
            "SeveralAccounts([AccountId(\"1\"), AccountId(\"2\")])",
        ),
        (
            "the old one deactivated",
            asked(with_account(server(), off(account("1", OLD)), &[])),
            "Deactivated(AccountId(\"1\"))",
        ),
        (
            "one old one deactivated",
            asked(with_account(former(), off(account("2", OLDER)), &[])),
            "former 1",
        ),
        ("its own username is the address", taken("1"), "former 1"),
        (
            "another's username is the address",
            taken("2"),
            "UsernameTaken(AccountId(\"2\"))",
        ),
        ("another's username is an old address", old_name, "former 1"),
        ("one hides an old address", hidden, "HiddenEmail([AccountId(\"9\")])"),
    ] {
        assert_eq!(identity(entry(), &observed), expected, "{case}");
    }
}

/// On Cloud addresses do not change: an account with a previous address is another account.
#[test]
fn by_an_older_address_on_cloud() {
    let entry = || with_previous_emails(&[OLD], customer(ADA, &[]));
    let former = with_account(cloud_site(&[]), account("1", OLD), &[]);
    assert_eq!(identity(entry(), &asked(former.clone())), "absent");
    assert_eq!(
        identity(entry(), &asked(with_account(former, account("2", ADA), &[]))),
        "account 2"
    );
}

#[test]
fn by_an_account_the_roster_names() {
    let entry = || with_pin("a", with_previous_emails(&[OLD], customer(ADA, &[])));
    let shows = |observed: Observed, email: Option<&str>| {
        let account = Account {
            email: email.map(str::to_owned),
            ..called("a", account("1", ""))
        };
        with_account(observed, account, &[])
    };
    let server = |email| asked(shows(data_center_site(&[]), email));
    let cloud = |email| asked(shows(cloud_site(&[]), email));
    let mut other_spelling = asked(with_account(data_center_site(&[]), called("A", account("1", ADA)), &[]));
    other_spelling.pins.insert(Handle("a".into()), Some(id("1")));
    let mut unknown = data_center_site(&[]);
    unknown.pins.insert(Handle("a".into()), None);
    let taken = |by: &str| answered(server(Some(OLD)), Lookup::UsernameTaken(id(by)));
    let still = "PreviouslyStillThere([AccountId(\"1\"), AccountId(\"2\")])";
    for (case, observed, expected) in [
        ("not looked up", data_center_site(&[]), "is there a"),
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
            "an older address, and another account has the new",
            with_account(server(Some(OLD)), account("2", ADA), &[]),
            still,
        ),
        ("an older address, and it has the username", taken("1"), "former 1"),
        (
            "an older address, and another has the username",
            taken("2"),
            "UsernameTaken(AccountId(\"2\"))",
        ),
        (
            "an older address, the new unasked",
            shows(data_center_site(&[]), Some(OLD)),
            "who is ada@example.com",
        ),
    ] {
        assert_eq!(identity(entry(), &observed), expected, "{case}");
    }
    let gone = with_account(data_center_site(&[]), off(called("a", account("1", OLD))), &[]);
    assert_eq!(identity(entry(), &asked(gone)), "Deactivated(AccountId(\"1\"))");
}
