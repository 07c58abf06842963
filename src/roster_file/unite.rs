//! From the files' documents to one [`Roster`]: what only shows when all files lie side by side.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::document::{At, Document, Entry};
use super::fields;
use super::finding::{Findings, Path, Place};
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::roster::{Customer, DeskSpec, InitialPassword, Roster};

/// Unites the documents. `complete` says that every file could be read; where one could not, no desk is called
/// unknown, since that file may declare it. With the roster comes what is valid and probably not meant.
pub(super) fn unite(documents: Vec<Document>, complete: bool, findings: &mut Findings) -> (Roster, Vec<String>) {
    let certain = complete && documents.iter().all(|document| document.desks_are_certain);
    let desks = unite_desks(&documents, findings);
    if certain {
        for document in &documents {
            check_desks_are_known(document, &desks, findings);
        }
    }
    let mut apart = Apart::default();
    let customers = unite_customers(documents, &mut apart, findings);
    check_accounts(&customers, findings);
    check_previously(&customers, findings);
    let roster = Roster {
        desks: desks.into_iter().map(|(key, (_, spec))| (key, spec)).collect(),
        customers: customers
            .into_iter()
            .map(|(key, united)| (key, united.customer))
            .collect(),
        expired: BTreeMap::new(),
    };
    (roster, apart.warnings(findings))
}

/// Addresses that two files list with different desks, by the two files: how many, and where the first is.
#[derive(Default)]
struct Apart(BTreeMap<(usize, usize), (usize, Place, Place)>);

impl Apart {
    fn note(&mut self, first: Place, second: Place) {
        let (count, ..) = self.0.entry((first.file, second.file)).or_insert((0, first, second));
        *count += 1;
    }

    fn warnings(&self, findings: &Findings) -> Vec<String> {
        let warning = |(count, first, second): &(usize, Place, Place)| {
            let (first, second) = (findings.shown(*first), findings.shown(*second));
            let others = match count {
                1 => String::new(),
                2 => ", as does 1 other entry of these files".to_owned(),
                _ => format!(", as do {} other entries of these files", count - 1),
            };
            format!(
                "{first} and {second} list one address with different desks{others}: a person who leaves one of the files \
                 stays by the other; list each address in one file"
            )
        };
        self.0.values().map(warning).collect()
    }
}

type Desks = BTreeMap<DeskKey, (Place, DeskSpec)>;

fn unite_desks(documents: &[Document], findings: &mut Findings) -> Desks {
    let mut desks = Desks::new();
    for At { at, value } in documents.iter().flat_map(|document| &document.desks) {
        let (key, spec) = value;
        if let Some((first, _)) = desks.get(key) {
            let message = format!(
                "the desk {key} is declared a second time; the first is at {}",
                findings.shown(*first)
            );
            let help = "declare it in one file; the others may still list it under their customers";
            findings.add(*at, &Path::Root.key("desks").key(key.as_str()), message, help);
        } else {
            desks.insert(key.clone(), (*at, spec.clone()));
        }
    }
    desks
}

fn check_desks_are_known(document: &Document, desks: &Desks, findings: &mut Findings) {
    let root = Path::Root;
    let defaults = root.key("defaults");
    check_list(&document.default_desks, &defaults.key("desks"), desks, findings);
    let customers = root.key("customers");
    for entry in &document.customers {
        let customer = customers.index(entry.index);
        check_list(
            entry.desks.as_deref().unwrap_or_default(),
            &customer.key("desks"),
            desks,
            findings,
        );
    }
}

fn check_list(listed: &[At<DeskKey>], path: &Path<'_>, desks: &Desks, findings: &mut Findings) {
    for (index, desk) in listed.iter().enumerate() {
        if desks.contains_key(&desk.value) {
            continue;
        }
        let key = desk.value.as_str();
        let help = match fields::suggestion(key, desks.keys().map(DeskKey::as_str)) {
            Some(meant) => fields::did_you_mean(meant),
            None => format!("declare it: `desks: {{{key}: {{}}}}`; a desk that is not declared is never touched"),
        };
        findings.add(
            desk.at,
            &path.index(index),
            format!("the desk {key} is not declared under `desks`"),
            help,
        );
    }
}

/// A customer, and where what it is made of was first said.
struct United {
    customer: Customer,
    at: Place,
    index: usize,
    last_file: usize,
    name_at: Option<Place>,
    account_at: Option<(Place, usize)>,
    password_at: Option<Place>,
    until_at: Option<Place>,
    previously: Option<Previously>,
}

/// Older addresses, and where they were first said.
struct Previously {
    at: Place,
    index: usize,
    places: Vec<Place>,
}

fn unite_customers(documents: Vec<Document>, apart: &mut Apart, findings: &mut Findings) -> BTreeMap<EmailKey, United> {
    let mut customers: BTreeMap<EmailKey, United> = BTreeMap::new();
    for document in documents {
        let defaults = document.default_desks;
        for mut entry in document.customers {
            let desks = entry.desks.take().unwrap_or_else(|| defaults.clone());
            let desks: BTreeSet<_> = desks.into_iter().map(|desk| desk.value).collect();
            match customers.get_mut(entry.email.value.key()) {
                Some(united) if united.last_file == entry.email.at.file => listed_twice(united, &entry, findings),
                Some(united) => {
                    united.last_file = entry.email.at.file;
                    let both_name_some = !desks.is_empty() && !united.customer.desks.is_empty();
                    if both_name_some && desks != united.customer.desks {
                        apart.note(united.at, entry.email.at);
                    }
                    united.customer.desks.extend(desks);
                    agree(united, entry, findings);
                }
                None => {
                    let (name_at, account_at) = (
                        entry.name.as_ref().map(|it| it.at),
                        entry.account.as_ref().map(|it| (it.at, entry.index)),
                    );
                    let (at, key) = (entry.email.at, entry.email.value.key().clone());
                    let password_at = entry.initial_password.as_ref().map(|it| it.at);
                    let until_at = entry.until.as_ref().map(|it| it.at);
                    let (earlier, previously) = split(entry.previously.take(), entry.index);
                    let customer = Customer {
                        initial_password: entry.initial_password.map(|it| it.value),
                        previously: earlier,
                        until: entry.until.map(|it| it.value),
                        email: entry.email.value,
                        name: entry.name.map(|name| name.value),
                        desks,
                        account: entry.account.map(|account| account.value),
                    };
                    let united = United {
                        customer,
                        at,
                        index: entry.index,
                        last_file: at.file,
                        name_at,
                        account_at,
                        password_at,
                        until_at,
                        previously,
                    };
                    customers.insert(key, united);
                }
            }
        }
    }
    customers
}

fn split(said: Option<At<Vec<At<Email>>>>, index: usize) -> (Vec<Email>, Option<Previously>) {
    let Some(At { at, value }) = said else {
        return (Vec::new(), None);
    };
    let places = value.iter().map(|email| email.at).collect();
    let emails = value.into_iter().map(|email| email.value).collect();
    (emails, Some(Previously { at, index, places }))
}

fn listed_twice(united: &United, entry: &Entry, findings: &mut Findings) {
    let first = findings.shown(united.at);
    let (email, index) = (&entry.email.value, united.index);
    let spelled = if united.customer.email.as_str() == email.as_str() {
        String::new()
    } else {
        format!(" as {}", united.customer.email)
    };
    findings.add(
        entry.email.at,
        &Path::Root.key("customers").index(entry.index),
        format!("{email} is listed a second time; the first is at {first} (customers[{index}]{spelled})"),
        "keep one of the two; addresses are compared without regard to case",
    );
}

/// What the entry of another file says besides desks must be what was said before.
fn agree(united: &mut United, mut entry: Entry, findings: &mut Findings) {
    let (password, previously) = (entry.initial_password.take(), entry.previously.take());
    agree_on_until(united, entry.until.take(), entry.index, findings);
    agree_on_what_is_new(united, password, previously, entry.index, findings);
    let root = Path::Root;
    let customers = root.key("customers");
    let path = customers.index(entry.index);
    let help = "let both files say the same, or let only one of them say it";
    if let Some(At { at, value }) = entry.name {
        match (&united.customer.name, united.name_at) {
            (Some(first), Some(first_at)) if *first != value => {
                let message = format!(
                    "this file says `{value}`, and {} says `{first}`",
                    findings.shown(first_at)
                );
                findings.add(at, &path.key("name"), message, help);
            }
            _ => {
                united.customer.name = Some(value);
                united.name_at = united.name_at.or(Some(at));
            }
        }
    }
    if let Some(At { at, value }) = entry.account {
        match (&united.customer.account, united.account_at) {
            (Some(first), Some((first_at, _))) if *first != value => {
                let message = format!(
                    "this file says `{value}`, and {} says `{first}`",
                    findings.shown(first_at)
                );
                findings.add(at, &path.key("account"), message, help);
            }
            _ => {
                united.customer.account = Some(value);
                united.account_at = united.account_at.or(Some((at, entry.index)));
            }
        }
    }
}

fn agree_on_until(united: &mut United, until: Option<At<Date>>, index: usize, findings: &mut Findings) {
    let Some(At { at, value }) = until else { return };
    match (united.customer.until, united.until_at) {
        (Some(first), Some(first_at)) if first != value => {
            let root = Path::Root;
            let customers = root.key("customers");
            let path = customers.index(index);
            let message = format!(
                "this file says `{value}`, and {} says `{first}`",
                findings.shown(first_at)
            );
            let help = "let both files say the same, or let only one of them say it";
            findings.add(at, &path.key("until"), message, help);
        }
        _ => {
            united.customer.until = Some(value);
            united.until_at = united.until_at.or(Some(at));
        }
    }
}

/// The rest of what the entry of another file says.
fn agree_on_what_is_new(
    united: &mut United,
    password: Option<At<InitialPassword>>,
    said: Option<At<Vec<At<Email>>>>,
    index: usize,
    findings: &mut Findings,
) {
    let root = Path::Root;
    let customers = root.key("customers");
    let path = customers.index(index);
    let help = "let both files say the same, or let only one of them say it";
    if let Some(At { at, value }) = password {
        match (united.customer.initial_password, united.password_at) {
            (Some(first), Some(first_at)) if first != value => {
                let (first, value) = (first.as_str(), value.as_str());
                let message = format!(
                    "this file says `{value}`, and {} says `{first}`",
                    findings.shown(first_at)
                );
                findings.add(at, &path.key("initial_password"), message, help);
            }
            _ => {
                united.customer.initial_password = Some(value);
                united.password_at = united.password_at.or(Some(at));
            }
        }
    }
    let at = said.as_ref().map(|said| said.at);
    let (emails, previously) = split(said, index);
    match (at, &united.previously) {
        (Some(at), Some(first)) if emails != united.customer.previously => {
            let message = format!("this file lists other addresses than {}", findings.shown(first.at));
            findings.add(at, &path.key("previously"), message, help);
        }
        (Some(_), None) => {
            united.customer.previously = emails;
            united.previously = previously;
        }
        (Some(_), Some(_)) | (None, _) => {}
    }
}

/// An older address is nobody's address now, and one person's alone.
fn check_previously(customers: &BTreeMap<EmailKey, United>, findings: &mut Findings) {
    let mut known: BTreeMap<&EmailKey, (Place, &Email)> = BTreeMap::new();
    for united in customers.values() {
        let Some(previously) = &united.previously else { continue };
        let root = Path::Root;
        let path = root.key("customers");
        let path = path.index(previously.index);
        let path = path.key("previously");
        let earlier = united.customer.previously.iter().zip(&previously.places);
        for (index, (email, at)) in earlier.enumerate() {
            let path = path.index(index);
            if email.key() == united.customer.email.key() {
                let help = "list only addresses the person no longer has";
                findings.add(*at, &path, format!("{email} is the entry's own address"), help);
            } else if let Some(other) = customers.get(email.key()) {
                let message = format!("{email} is a customer's address now, at {}", findings.shown(other.at));
                let help = "one person is one entry: take the older address out of `customers`, or out of `previously`";
                findings.add(*at, &path, message, help);
            } else if let Some((first, whose)) = known.get(email.key()) {
                let message = format!("{email} was {whose}'s address already, at {}", findings.shown(*first));
                findings.add(*at, &path, message, "keep it with the person who had it");
            } else {
                known.insert(email.key(), (*at, &united.customer.email));
            }
        }
    }
}

/// One account is one person: two entries cannot both mean it.
fn check_accounts(customers: &BTreeMap<EmailKey, United>, findings: &mut Findings) {
    let mut pinned: Vec<(&Handle, Place, usize, &Customer)> = Vec::new();
    for united in customers.values() {
        if let (Some(handle), Some((at, index))) = (&united.customer.account, united.account_at) {
            pinned.push((handle, at, index, &united.customer));
        }
    }
    pinned.sort_by_key(|(handle, at, ..)| (*handle, at.file, at.line, at.column));
    for same in pinned.chunk_by(|a, b| a.0 == b.0) {
        let Some(((handle, first, _, customer), others)) = same.split_first() else {
            continue;
        };
        for (_, at, index, _) in others {
            let message = format!(
                "the account {handle} is pinned a second time; the first is at {}, for {}",
                findings.shown(*first),
                customer.email
            );
            let path = Path::Root;
            let path = path.key("customers");
            let path = path.index(*index);
            let help = "an account is one person: keep it with the address that is right";
            findings.add(*at, &path.key("account"), message, help);
        }
    }
}
