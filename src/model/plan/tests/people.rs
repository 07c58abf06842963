//! Accounts of people: updates on Data Center, first passwords, names, and accounts known from the ledger.

use super::*;
use crate::model::observed::Staff;
use crate::model::roster::{Customer, InitialPassword};
use crate::model::step::StepAccount;

/// Returns the plan of one entry in words.
fn words(customer: Customer, observed: &Observed, ledger: &Ledger, policy: &Policy) -> String {
    in_words(&plan(&roster(&["SUP"], [customer]), observed, ledger, policy))
}

fn without(observed: &Observed, customer: Customer) -> String {
    words(customer, observed, &Ledger::not_kept(), &Policy::default())
}

fn ada() -> Customer {
    customer("ada@example.com", &["SUP"])
}

/// Adds a look-up of Ada's address without a result.
fn asked(mut observed: Observed) -> Observed {
    observed.lookups.insert(email_key("ada@example.com"), Lookup::Absent);
    observed
}

fn deactivated(account: Account) -> Account {
    Account {
        active: false,
        ..account
    }
}

fn staff(mut observed: Observed, id: &str, staff: Staff) -> Observed {
    observed.staff.insert(AccountId(id.into()), staff);
    observed
}

fn agreed(facts: impl IntoIterator<Item = (Fact, Value)>) -> Ledger {
    let mut parts = Ledger::kept().parts().clone();
    parts.agreed.extend(facts);
    parts.completed.insert(container("SUP"));
    Ledger::from_parts(parts)
}

fn knowing(id: &str) -> Ledger {
    let fact = Fact::Account(email_key("ada@example.com"));
    agreed([(fact, Value::Account(AccountId(id.into())))])
}

/// Adds a change that Jira accepted twice without effect.
fn refusing(ledger: &Ledger, deed: Effect) -> Ledger {
    let mut parts = ledger.parts().clone();
    parts.accepted_effects.insert(deed, 2);
    Ledger::from_parts(parts)
}

#[test]
fn a_deactivated_account_comes_back_only_where_that_is_wanted_and_possible() {
    let reactivate = Policy {
        reactivate: true,
        ..Policy::default()
    };
    let plain = Policy::default();
    let held = "hold ada@example.com: the account is deactivated";
    let back = "update ada@example.com: deactivated becomes active; add ada@example.com to SUP";
    let gone = deactivated(account("1", "ada@example.com"));
    let cloud = asked(with_account(cloud_site(&["SUP"]), gone.clone(), &[]));
    let server = asked(with_account(data_center_site(&["SUP"]), gone, &[]));
    for (observed, policy, expected) in [
        (&cloud, &plain, held),
        (&cloud, &reactivate, held),
        (&server, &plain, held),
        (&server, &reactivate, back),
    ] {
        assert_eq!(words(ada(), observed, &Ledger::not_kept(), policy), expected);
    }
    // An account that only the look-up returned is not changed.
    let mut unmet = data_center_site(&["SUP"]);
    let inactive = Lookup::Inactive(AccountId("1".into()));
    unmet.lookups.insert(email_key("ada@example.com"), inactive);
    assert_eq!(words(ada(), &unmet, &Ledger::not_kept(), &reactivate), held);
}

#[test]
fn a_deactivated_account_with_an_older_address_gets_both_back_at_once() {
    let reactivate = Policy {
        reactivate: true,
        ..Policy::default()
    };
    let mut observed = asked(with_account(
        data_center_site(&["SUP"]),
        deactivated(account("1", "ada@old.example")),
        &[],
    ));
    observed.lookups.insert(email_key("ada@old.example"), Lookup::Absent);
    let entry = with_previous_emails(&["ada@old.example"], ada());
    let plan = plan(&roster(&["SUP"], [entry]), &observed, &Ledger::not_kept(), &reactivate);
    let Action::UpdateCustomer { changes, .. } = &plan.steps[0].action else {
        panic!("{}", in_words(&plan));
    };
    let address = changes.address.as_ref().unwrap();
    assert!(changes.reactivate);
    assert_eq!(
        (address.before.as_str(), address.after.as_str()),
        ("ada@old.example", "ada@example.com")
    );
    // Without a previous address only the activation changes.
    let same = asked(with_account(
        data_center_site(&["SUP"]),
        deactivated(account("1", "ada@example.com")),
        &[],
    ));
    let plan = super::plan(&roster(&["SUP"], [ada()]), &same, &Ledger::not_kept(), &reactivate);
    let Action::UpdateCustomer { changes, .. } = &plan.steps[0].action else {
        panic!("{}", in_words(&plan));
    };
    assert!(changes.reactivate && changes.address.is_none());
}

/// An account with a previous address gets the new one; its username changes too if it was that address and the roster
/// does not pin the account by it.
#[test]
fn a_new_address_takes_the_user_name_along() {
    let by_address = Account {
        handle: Handle("ada@old.example".into()),
        ..account("1", "ada@old.example")
    };
    let by_name = Account {
        handle: Handle("ada".into()),
        ..account("1", "ada@old.example")
    };
    let entry = with_previous_emails(&["ada@old.example"], ada());
    for (account, entry, username) in [
        (&by_address, entry.clone(), Some("ada@example.com")),
        (&by_name, entry.clone(), None),
        (&by_name, with_pin("ada", entry.clone()), None),
        (&by_address, with_pin("ada@old.example", entry), None),
    ] {
        let observed = asked(with_account(data_center_site(&["SUP"]), account.clone(), &[]));
        let plan = planned(&roster(&["SUP"], [entry]), &observed);
        let Action::UpdateCustomer { changes, .. } = &plan.steps[0].action else {
            panic!("{}", in_words(&plan));
        };
        let address = changes.address.as_ref().unwrap();
        assert_eq!(address.after.as_str(), "ada@example.com");
        assert_eq!(address.username.as_ref().map(|name| name.0.as_str()), username);
        let add = &plan.steps[1].action;
        assert!(
            matches!(
                add,
                Action::AddToDesk {
                    who: StepAccount::MadeBy(StepId(1)),
                    ..
                }
            ),
            "added with its new username: {add:?}"
        );
    }
}

#[test]
fn possible_staff_is_not_changed() {
    let old = with_account(data_center_site(&["SUP"]), account("1", "ada@old.example"), &[]);
    let entry = || with_previous_emails(&["ada@old.example"], ada());
    let unasked = without(&asked(old.clone()), entry());
    assert_eq!(unasked.split(';').count(), 2, "{unasked}");
    assert_eq!(without(&staff(asked(old.clone()), "1", Staff::No), entry()), unasked);
    for state in [Staff::Yes, Staff::Unknown] {
        let words = without(&staff(asked(old.clone()), "1", state), entry());
        assert!(words.starts_with("hold ada@example.com: "), "{words}");
        assert_eq!(words.split(';').count(), 1, "{words}");
    }
    // This account needs no change, so it is added although it is an agent.
    let plain = staff(
        with_account(data_center_site(&["SUP"]), account("1", "ada@example.com"), &[]),
        "1",
        Staff::Yes,
    );
    assert_eq!(without(&plain, ada()), "add ada@example.com to SUP");
}

/// A name changes if the file changed it; any other difference is noted and left alone.
#[test]
fn a_name_is_changed_where_the_file_changed_it() {
    let settled = |email: &str, name: &str| agreed([(Fact::Name(email_key(email)), Value::Name(name.into()))]);
    let jira = |name: &str| Account {
        name: name.into(),
        ..account("1", "ada@example.com")
    };
    let server = |name| with_account(data_center_site(&["SUP"]), jira(name), &["SUP"]);
    let cloud = |name| with_account(cloud_site(&["SUP"]), jira(name), &["SUP"]);
    let entry = || with_name("Ada Lovelace", ada());
    let noted = "note 1: NameInJira(\"Ada B\")";
    let changed = "update ada@example.com: Ada B becomes Ada Lovelace";
    for (case, observed, ledger, expected) in [
        ("edited", server("Ada B"), settled("ada@example.com", "Ada B"), changed),
        (
            "edited, and changed there",
            server("Ada B"),
            settled("ada@example.com", "Ada"),
            changed,
        ),
        (
            "changed there",
            server("Ada B"),
            settled("ada@example.com", "Ada Lovelace"),
            noted,
        ),
        ("never settled", server("Ada B"), Ledger::kept(), noted),
        (
            "the same",
            server("Ada Lovelace"),
            settled("ada@example.com", "Ada B"),
            "",
        ),
        ("Cloud", cloud("Ada B"), settled("ada@example.com", "Ada B"), noted),
        (
            "an agent",
            staff(server("Ada B"), "1", Staff::Yes),
            settled("ada@example.com", "Ada B"),
            noted,
        ),
        (
            "a customer",
            staff(server("Ada B"), "1", Staff::No),
            settled("ada@example.com", "Ada B"),
            changed,
        ),
    ] {
        assert_eq!(
            words(entry(), &observed, &ledger, &Policy::default()),
            expected,
            "{case}"
        );
    }
    // Agreed under a previous address.
    let plan = plan(
        &roster(&["SUP"], [with_previous_emails(&["ada@old.example"], entry())]),
        &with_empty_lookup_of(server("Ada B"), "ada@old.example"),
        &settled("ada@old.example", "Ada B"),
        &Policy::default(),
    );
    assert_eq!(in_words(&plan), changed);
    assert_eq!(plan.steps[0].cause, Cause::Edit);
}

/// A name differs because of an edit; an address may also have been changed back in Jira.
#[test]
fn why_an_account_is_changed() {
    let ledger = agreed([
        (Fact::Name(email_key("ada@example.com")), Value::Name("Ada B".into())),
        (
            Fact::Account(email_key("ada@example.com")),
            Value::Account(AccountId("1".into())),
        ),
    ]);
    let jira = |email: &str| Account {
        name: "Ada B".into(),
        ..account("1", email)
    };
    let entry = || with_previous_emails(&["ada@old.example"], with_name("Ada Lovelace", ada()));
    let cause = |email: &str| {
        let seen = asked(with_empty_lookup_of(
            with_account(data_center_site(&["SUP"]), jira(email), &["SUP"]),
            "ada@old.example",
        ));
        let plan = plan(&roster(&["SUP"], [entry()]), &seen, &ledger, &Policy::default());
        plan.steps[0].cause
    };
    assert_eq!(cause("ada@example.com"), Cause::Edit);
    assert_eq!(cause("ada@old.example"), Cause::Drift);
}

fn with_empty_lookup_of(mut observed: Observed, email: &str) -> Observed {
    observed.lookups.insert(email_key(email), Lookup::Absent);
    observed
}

/// A name without effect does not block an add; an address does.
#[test]
fn an_update_without_effect_is_held() {
    let jira = Account {
        name: "Ada B".into(),
        ..account("1", "ada@example.com")
    };
    let observed = with_account(data_center_site(&["SUP"]), jira, &[]);
    let fact = Fact::Name(email_key("ada@example.com"));
    let ledger = agreed([(fact, Value::Name("Ada".into()))]);
    let roster = roster(&["SUP"], [with_name("Ada Lovelace", ada())]);
    let first = plan(&roster, &observed, &ledger, &Policy::default());
    assert!(matches!(
        first.steps[1].action,
        Action::AddToDesk {
            who: StepAccount::Existing(_),
            ..
        }
    ));
    let deed = first.steps[0].action.effect().unwrap();
    let again = plan(&roster, &observed, &refusing(&ledger, deed), &Policy::default());
    let words = in_words(&again);
    assert!(
        words.starts_with("add ada@example.com to SUP; hold ada@example.com: "),
        "{words}"
    );

    let observed = asked(with_account(
        data_center_site(&["SUP"]),
        account("1", "ada@old.example"),
        &[],
    ));
    let roster = super::roster(&["SUP"], [with_previous_emails(&["ada@old.example"], ada())]);
    let first = planned(&roster, &observed);
    let deed = first.steps[0].action.effect().unwrap();
    let again = plan(&roster, &observed, &refusing(&Ledger::kept(), deed), &Policy::default());
    assert_eq!((again.steps.len(), again.held.len()), (0, 1), "{}", in_words(&again));
    assert_eq!(again.without_effect.len(), 1);
}

/// A person with an account that changed its address does not get a second account.
#[test]
fn an_account_known_of_old_stands_in_the_way_of_a_second_one() {
    let policy = Policy::default();
    let moved = asked(with_account(
        cloud_site(&["SUP"]),
        account("1", "other@example.com"),
        &[],
    ));
    let words = words(ada(), &moved, &knowing("1"), &policy);
    assert_eq!(
        words,
        format!(
            "hold ada@example.com: {}",
            HeldReason::AddressChanged(AccountId("1".into()))
        )
    );
    let off = asked(with_account(
        cloud_site(&["SUP"]),
        deactivated(account("1", "other@example.com")),
        &[],
    ));
    assert_eq!(
        self::words(ada(), &off, &knowing("1"), &policy),
        "hold ada@example.com: the account is deactivated"
    );
    let deleted = asked(cloud_site(&["SUP"]));
    assert_eq!(
        self::words(ada(), &deleted, &knowing("1"), &policy),
        "create ada@example.com; add ada@example.com to SUP",
        "a deleted account is a new person"
    );
}

#[test]
fn a_first_password_has_to_be_there_and_harmless() {
    let with_password = |kind| Customer {
        initial_password: Some(kind),
        ..ada()
    };
    let made = "create ada@example.com; add ada@example.com to SUP";
    let missing = format!("hold ada@example.com: {}", HeldReason::PasswordMissing);
    let provided = Policy {
        provided_passwords: [email_key("ada@example.com")].into(),
        ..Policy::default()
    };
    let (server, cloud) = (asked(data_center_site(&["SUP"])), asked(cloud_site(&["SUP"])));
    let mut parts = Ledger::kept().parts().clone();
    parts.seat_given = Some("eve".into());
    let seat = Ledger::from_parts(parts);
    let given = format!("hold ada@example.com: {}", HeldReason::LicenseUnverified("eve".into()));
    let (none, plain) = (Ledger::not_kept(), Policy::default());
    use InitialPassword::{Generate, Provided};
    for (observed, kind, ledger, policy, expected) in [
        (&server, Generate, &none, &plain, made),
        (&server, Provided, &none, &plain, missing.as_str()),
        (&server, Provided, &none, &provided, made),
        (&server, Provided, &seat, &provided, given.as_str()),
        (&server, Generate, &seat, &plain, given.as_str()),
        (&cloud, Provided, &seat, &plain, made),
    ] {
        assert_eq!(words(with_password(kind), observed, ledger, policy), expected);
        let plan = plan(&roster(&["SUP"], [with_password(kind)]), observed, ledger, policy);
        if let Some(Action::CreateCustomer { password, .. }) = plan.steps.first().map(|step| &step.action) {
            let given = (observed.site.deployment == Deployment::DataCenter).then_some(kind);
            assert_eq!(*password, given, "Cloud gives none");
        }
        let warned = plan
            .warnings
            .iter()
            .any(|warning| warning.contains("no first passwords"));
        assert_eq!(warned, observed.site.deployment == Deployment::Cloud);
    }
    assert_eq!(
        words(ada(), &server, &seat, &plain),
        made,
        "an entry without a password is not affected"
    );
    for observed in [&server, &cloud] {
        assert!(planned(&roster(&["SUP"], [ada()]), observed).warnings.is_empty());
    }
}

/// Entries without a step count as unchanged, unless they wait for a desk.
#[test]
fn who_is_unchanged() {
    let entries = |desks: &[&str]| roster(&["GONE", "SUP"], [customer("ada@example.com", desks)]);
    let mut observed = with_account(cloud_site(&["SUP"]), account("1", "ada@example.com"), &["SUP"]);
    observed.desks.insert(desk_key("GONE"), DeskReading::Missing);
    assert_eq!(planned(&entries(&["SUP"]), &observed).unchanged, 1);
    assert_eq!(planned(&entries(&["GONE", "SUP"]), &observed).unchanged, 0);
    let off = with_account(cloud_site(&["SUP"]), account("1", "ada@example.com"), &[]);
    assert_eq!(planned(&entries(&["SUP"]), &off).unchanged, 0);
}

#[test]
fn a_plan_has_portals_and_finds_steps() {
    let mut observed = cloud_site(&["SUP"]);
    desk_mut(&mut observed, "SUP").portal = Some(7);
    let plan = planned(&roster(&["SUP"], [ada()]), &observed);
    assert_eq!(plan.portals, [(desk_key("SUP"), 7)].into());
    assert_eq!(
        plan.step(StepId(2)).map(ToString::to_string).as_deref(),
        Some("add ada@example.com to SUP")
    );
    assert_eq!(plan.step(StepId(3)), None);
}

/// Public access needs the site's permission; a change accepted twice without effect is held.
#[test]
fn access_that_cannot_be_had_is_held() {
    use Access::{Open, Public, Restricted};
    let access = |observed: &Observed, ledger: &Ledger, access| {
        in_words(&plan(
            &with_access(access, "SUP", roster(&["SUP"], [])),
            observed,
            ledger,
            &Policy::default(),
        ))
    };
    let server = data_center_site(&["SUP"]);
    let mut public = server.clone();
    desk_mut(&mut public, "SUP").can_be_public = true;
    let none = Ledger::not_kept();
    assert_eq!(
        access(&public, &none, Public),
        "set access of SUP from restricted to public"
    );
    let not_allowed = format!("hold SUP: {}", HeldReason::PublicNotAllowed);
    assert_eq!(access(&server, &none, Public), not_allowed);
    assert_eq!(
        access(&server, &none, Open),
        "set access of SUP from restricted to open"
    );
    assert_eq!(access(&server, &none, Restricted), "");
    let vain = refusing(&Ledger::kept(), Effect::Access(desk_key("SUP"), Open));
    assert_eq!(
        access(&server, &vain, Open),
        format!("hold SUP: {}", HeldReason::NoEffect(IneffectiveChange::Access))
    );
    let mut unread = server;
    desk_mut(&mut unread, "SUP").access = AccessReading::NotRead;
    assert_eq!(access(&unread, &none, Open), "");
}

#[test]
fn an_addition_without_effect_is_held_for_its_desk_alone() {
    let observed = with_account(cloud_site(&["OPS", "SUP"]), account("1", "ada@example.com"), &[]);
    let roster = roster(&["OPS", "SUP"], [customer("ada@example.com", &["OPS", "SUP"])]);
    let vain = refusing(
        &Ledger::kept(),
        Effect::Add(container("OPS"), email_key("ada@example.com")),
    );
    let words = in_words(&plan(&roster, &observed, &vain, &Policy::default()));
    assert_eq!(
        words,
        format!(
            "add ada@example.com to SUP; hold ada@example.com: {}",
            HeldReason::NoEffect(IneffectiveChange::Add)
        )
    );
}

/// An account is created if at least one of its desks is not paused.
#[test]
fn an_account_waits_where_all_its_desks_are_paused() {
    let entry = || customer("ada@example.com", &["OPS", "SUP"]);
    let both = roster(&["OPS", "SUP"], [entry()]);
    let observed = asked(cloud_site(&["OPS", "SUP"]));
    let one = with_paused("OPS", both.clone());
    assert_eq!(
        in_words(&planned(&one, &observed)),
        "create ada@example.com; add ada@example.com to SUP; (paused) add ada@example.com to OPS"
    );
    let all = with_paused("SUP", one);
    assert_eq!(
        in_words(&planned(&all, &observed)),
        "(paused) create ada@example.com; (paused) add ada@example.com to OPS; (paused) add ada@example.com to SUP"
    );
    let nowhere = roster(&[], [customer("ada@example.com", &[])]);
    assert_eq!(in_words(&planned(&nowhere, &observed)), "create ada@example.com");
}
