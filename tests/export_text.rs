//! An export's text, whatever Jira returns: read back by the real parser.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use quietdesk::model::account::Handle;
use quietdesk::model::desk::DeskKey;
use quietdesk::model::email::{Email, EmailProblem};
use quietdesk::model::export::{Entry, Export, ExportedDesk, LeftOut, Withheld, WithholdReason};
use quietdesk::model::name::{Name, is_hostile};
use quietdesk::model::observed::{AccessReading, Deployment, Site};
use quietdesk::model::roster::Customer;
use quietdesk::render::roster_yaml::{ExportForm, render};
use support::world::roster;

fn desk_keys() -> impl Strategy<Value = BTreeSet<DeskKey>> {
    let key = prop_oneof![
        Just("NO"),
        Just("Y"),
        Just("NULL"),
        Just("TRUE"),
        Just("SUP"),
        Just("E1")
    ];
    proptest::collection::btree_set(key.prop_map(|key| DeskKey::parse(key).unwrap()), 1..4)
}

/// Every kind of character, and those that are special in YAML much more often.
fn any_text() -> impl Strategy<Value = String> {
    let special: Vec<char> =
        " \t\n\r\u{85}\u{2028}\u{feff}\u{fffe}\u{ffff}\u{7f}\0\u{1b}\u{9b}\u{202e}:#-?,[]{}&*!|>'\"%@`\\~=yno01."
            .chars()
            .collect();
    let any = prop_oneof![3 => proptest::sample::select(special), 1 => any::<char>()];
    proptest::collection::vec(any, 0..12).prop_map(|chars| chars.into_iter().collect())
}

fn any_email() -> impl Strategy<Value = Email> {
    "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~é-]{1,10}@(no|[a-z]{1,6})\\.(example|com)"
        .prop_map(|text| Email::parse(&text).unwrap())
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let account = proptest::option::of("[!-~é]{1,20}".prop_map(Handle));
    (any_email(), any_text(), desk_keys(), account).prop_map(|(email, name, desks, account)| {
        let listed = Name::parse(&name).ok();
        Entry {
            odd_name: listed.is_none().then_some(name),
            customer: Customer {
                email,
                name: listed,
                desks,
                account,
                initial_password: None,
                previously: Vec::new(),
                until: None,
            },
        }
    })
}

fn any_withheld() -> impl Strategy<Value = Withheld> {
    let reason = prop_oneof![
        Just(WithholdReason::HiddenEmail),
        Just(WithholdReason::SeveralAccounts),
        Just(WithholdReason::Claimed),
        Just(WithholdReason::Deactivated),
        Just(WithholdReason::InvalidEmail(EmailProblem::At))
    ];
    (
        reason,
        proptest::option::of(any_text()),
        any_text(),
        any_text(),
        desk_keys(),
    )
        .prop_map(|(reason, email, account, name, desks)| Withheld {
            reason,
            email,
            account: Handle(account),
            name: Name::parse(&name).ok(),
            odd_name: Some(name),
            desks,
        })
}

fn any_export() -> impl Strategy<Value = Export> {
    let entries = proptest::collection::vec(any_entry(), 0..6);
    let withheld = proptest::collection::vec(any_withheld(), 0..4);
    (entries, withheld, proptest::collection::vec(any_text(), 5)).prop_map(|(mut entries, withheld, texts)| {
        let (mut emails, mut pins) = (BTreeSet::new(), BTreeSet::new());
        entries.retain(|it| emails.insert(it.customer.email.key().clone()));
        entries.retain(|it| it.customer.account.as_ref().is_none_or(|pin| pins.insert(pin.clone())));
        entries.sort_by(|a, b| a.customer.email.key().cmp(b.customer.email.key()));
        let keys = ["E1", "NO", "NULL", "SUP", "TRUE", "Y"].map(|key| DeskKey::parse(key).unwrap());
        let desks = keys.map(|key| ExportedDesk {
            key,
            name: texts[0].clone(),
            access: AccessReading::Unreadable {
                reason: texts[1].clone(),
            },
            customers: 3,
            listed: 2,
            groups: texts[3..].to_vec(),
            gap: Some(texts[2].clone()),
        });
        Export {
            site: Site {
                url: texts[3].clone(),
                deployment: Deployment::DataCenter,
                version: String::new(),
            },
            desks: desks.to_vec(),
            unreadable_desks: vec![(DeskKey::parse("LAB").unwrap(), texts[4].clone())],
            entries,
            withheld,
            left_out: LeftOut::default(),
            warnings: texts,
        }
    })
}

proptest! {
    /// Whatever the names, the real parser reads it back, and it holds no control character of a terminal.
    #[test]
    fn whatever_jira_says_reads_back_as_it_was(export in any_export()) {
        let written = render(&export, ExportForm::Roster, jiff::civil::date(2027, 1, 31));
        prop_assert!(!written.chars().any(|c| c != '\n' && is_hostile(c)), "{:?}", written);
        prop_assert_eq!(roster(&written), export.to_roster(), "{}", written);
    }
}
