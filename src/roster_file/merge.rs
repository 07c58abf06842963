//! Merges the files' documents to one [`Roster`], and reports problems across files.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::collector::{Location, Path, ProblemCollector};
use super::document::{Document, Entry, Located};
use super::fields;
use crate::model::account::Handle;
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::roster::{Customer, DeskSpec, InitialPassword, Roster};

/// Merges the documents, and returns warnings with the roster. If not `complete`, a file could not be read, so unknown
/// desks are not reported: that file may declare them.
pub(super) fn merge(
    documents: Vec<Document>,
    complete: bool,
    findings: &mut ProblemCollector,
) -> (Roster, Vec<String>) {
    let certain = complete && documents.iter().all(|document| document.all_desks_valid);
    let desks = merge_desks(&documents, findings);
    if certain {
        for document in &documents {
            check_desks_are_known(document, &desks, findings);
        }
    }
    let mut apart = DeskDifferences::default();
    let customers = merge_customers(documents, &mut apart, findings);
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

/// Addresses that two files list with different desks, by pair of files: the count, and the first location.
#[derive(Default)]
struct DeskDifferences(BTreeMap<(usize, usize), (usize, Location, Location)>);

impl DeskDifferences {
    fn add(&mut self, first: Location, second: Location) {
        let (count, ..) = self.0.entry((first.file, second.file)).or_insert((0, first, second));
        *count += 1;
    }

    fn warnings(&self, findings: &ProblemCollector) -> Vec<String> {
        let warning = |(count, first, second): &(usize, Location, Location)| {
            let (first, second) = (findings.format_location(*first), findings.format_location(*second));
            let others = match count {
                1 => String::new(),
                2 => ", as does 1 other entry of these files".to_owned(),
                _ => format!(", as do {} other entries of these files", count - 1),
            };
            format!(
                "{first} and {second} list one address with different desks{others}: a person removed from one of the \
                 files stays listed in the other; list each address in one file"
            )
        };
        self.0.values().map(warning).collect()
    }
}

type Desks = BTreeMap<DeskKey, (Location, DeskSpec)>;

fn merge_desks(documents: &[Document], findings: &mut ProblemCollector) -> Desks {
    let mut desks = Desks::new();
    for Located { at, value } in documents.iter().flat_map(|document| &document.desks) {
        let (key, spec) = value;
        if let Some((first, _)) = desks.get(key) {
            let message = format!(
                "the desk {key} is declared twice; the first declaration is at {}",
                findings.format_location(*first)
            );
            let help = "declare it in one file; other files can still list customers on it";
            findings.add(*at, &Path::Root.key("desks").key(key.as_str()), message, help);
        } else {
            desks.insert(key.clone(), (*at, spec.clone()));
        }
    }
    desks
}

fn check_desks_are_known(document: &Document, desks: &Desks, findings: &mut ProblemCollector) {
    let root = Path::Root;
    let defaults = root.key("defaults");
    check_desk_list(&document.default_desks, &defaults.key("desks"), desks, findings);
    let customers = root.key("customers");
    for entry in &document.customers {
        let customer = customers.index(entry.index);
        check_desk_list(
            entry.desks.as_deref().unwrap_or_default(),
            &customer.key("desks"),
            desks,
            findings,
        );
    }
}

fn check_desk_list(listed: &[Located<DeskKey>], path: &Path<'_>, desks: &Desks, findings: &mut ProblemCollector) {
    for (index, desk) in listed.iter().enumerate() {
        if desks.contains_key(&desk.value) {
            continue;
        }
        let key = desk.value.as_str();
        let help = match fields::suggestion(key, desks.keys().map(DeskKey::as_str)) {
            Some(meant) => fields::did_you_mean(meant),
            None => format!("declare it: `desks: {{{key}: {{}}}}`; quietdesk changes only declared desks"),
        };
        findings.add(
            desk.at,
            &path.index(index),
            format!("the desk {key} is not declared under `desks`"),
            help,
        );
    }
}

/// A customer merged from several entries, and the first location of each field.
struct MergedCustomer {
    customer: Customer,
    at: Location,
    index: usize,
    last_file: usize,
    name_at: Option<Location>,
    account_at: Option<(Location, usize)>,
    password_at: Option<Location>,
    until_at: Option<Location>,
    previously: Option<Previously>,
}

/// The first location of `previously` and of its addresses.
struct Previously {
    at: Location,
    index: usize,
    places: Vec<Location>,
}

fn merge_customers(
    documents: Vec<Document>,
    apart: &mut DeskDifferences,
    findings: &mut ProblemCollector,
) -> BTreeMap<EmailKey, MergedCustomer> {
    let mut customers: BTreeMap<EmailKey, MergedCustomer> = BTreeMap::new();
    for document in documents {
        let defaults = document.default_desks;
        for mut entry in document.customers {
            let desks = entry.desks.take().unwrap_or_else(|| defaults.clone());
            let desks: BTreeSet<_> = desks.into_iter().map(|desk| desk.value).collect();
            match customers.get_mut(entry.email.value.key()) {
                Some(united) if united.last_file == entry.email.at.file => {
                    report_duplicate_customer(united, &entry, findings)
                }
                Some(united) => {
                    united.last_file = entry.email.at.file;
                    let both_name_some = !desks.is_empty() && !united.customer.desks.is_empty();
                    if both_name_some && desks != united.customer.desks {
                        apart.add(united.at, entry.email.at);
                    }
                    united.customer.desks.extend(desks);
                    merge_entry(united, entry, findings);
                }
                None => {
                    let (name_at, account_at) = (
                        entry.name.as_ref().map(|it| it.at),
                        entry.account.as_ref().map(|it| (it.at, entry.index)),
                    );
                    let (at, key) = (entry.email.at, entry.email.value.key().clone());
                    let password_at = entry.initial_password.as_ref().map(|it| it.at);
                    let until_at = entry.until.as_ref().map(|it| it.at);
                    let (earlier, previously) = split_previously(entry.previously.take(), entry.index);
                    let customer = Customer {
                        initial_password: entry.initial_password.map(|it| it.value),
                        previously: earlier,
                        until: entry.until.map(|it| it.value),
                        email: entry.email.value,
                        name: entry.name.map(|name| name.value),
                        desks,
                        account: entry.account.map(|account| account.value),
                    };
                    let united = MergedCustomer {
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

fn split_previously(field: Option<Located<Vec<Located<Email>>>>, index: usize) -> (Vec<Email>, Option<Previously>) {
    let Some(Located { at, value }) = field else {
        return (Vec::new(), None);
    };
    let places = value.iter().map(|email| email.at).collect();
    let emails = value.into_iter().map(|email| email.value).collect();
    (emails, Some(Previously { at, index, places }))
}

fn report_duplicate_customer(united: &MergedCustomer, entry: &Entry, findings: &mut ProblemCollector) {
    let first = findings.format_location(united.at);
    let (email, index) = (&entry.email.value, united.index);
    let spelled = if united.customer.email.as_str() == email.as_str() {
        String::new()
    } else {
        format!(" as {}", united.customer.email)
    };
    findings.add(
        entry.email.at,
        &Path::Root.key("customers").index(entry.index),
        format!("{email} is listed twice; the first entry is at {first} (customers[{index}]{spelled})"),
        "keep one of the two; addresses are not case-sensitive",
    );
}

/// Merges the entry of another file; reports fields other than desks that differ.
fn merge_entry(united: &mut MergedCustomer, mut entry: Entry, findings: &mut ProblemCollector) {
    let (password, previously) = (entry.initial_password.take(), entry.previously.take());
    merge_until(united, entry.until.take(), entry.index, findings);
    merge_password_and_previously(united, password, previously, entry.index, findings);
    let root = Path::Root;
    let customers = root.key("customers");
    let path = customers.index(entry.index);
    let help = "use the same value in both files, or set it in only one of them";
    if let Some(Located { at, value }) = entry.name {
        match (&united.customer.name, united.name_at) {
            (Some(first), Some(first_at)) if *first != value => {
                let message = format!(
                    "the value here is `{value}`, but `{first}` at {}",
                    findings.format_location(first_at)
                );
                findings.add(at, &path.key("name"), message, help);
            }
            _ => {
                united.customer.name = Some(value);
                united.name_at = united.name_at.or(Some(at));
            }
        }
    }
    if let Some(Located { at, value }) = entry.account {
        match (&united.customer.account, united.account_at) {
            (Some(first), Some((first_at, _))) if *first != value => {
                let message = format!(
                    "the value here is `{value}`, but `{first}` at {}",
                    findings.format_location(first_at)
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

fn merge_until(
    united: &mut MergedCustomer,
    until: Option<Located<Date>>,
    index: usize,
    findings: &mut ProblemCollector,
) {
    let Some(Located { at, value }) = until else { return };
    match (united.customer.until, united.until_at) {
        (Some(first), Some(first_at)) if first != value => {
            let root = Path::Root;
            let customers = root.key("customers");
            let path = customers.index(index);
            let message = format!(
                "the value here is `{value}`, but `{first}` at {}",
                findings.format_location(first_at)
            );
            let help = "use the same value in both files, or set it in only one of them";
            findings.add(at, &path.key("until"), message, help);
        }
        _ => {
            united.customer.until = Some(value);
            united.until_at = united.until_at.or(Some(at));
        }
    }
}

/// Merges `initial_password` and `previously` of another file's entry.
fn merge_password_and_previously(
    united: &mut MergedCustomer,
    password: Option<Located<InitialPassword>>,
    field: Option<Located<Vec<Located<Email>>>>,
    index: usize,
    findings: &mut ProblemCollector,
) {
    let root = Path::Root;
    let customers = root.key("customers");
    let path = customers.index(index);
    let help = "use the same value in both files, or set it in only one of them";
    if let Some(Located { at, value }) = password {
        match (united.customer.initial_password, united.password_at) {
            (Some(first), Some(first_at)) if first != value => {
                let (first, value) = (first.as_str(), value.as_str());
                let message = format!(
                    "the value here is `{value}`, but `{first}` at {}",
                    findings.format_location(first_at)
                );
                findings.add(at, &path.key("initial_password"), message, help);
            }
            _ => {
                united.customer.initial_password = Some(value);
                united.password_at = united.password_at.or(Some(at));
            }
        }
    }
    let at = field.as_ref().map(|field| field.at);
    let (emails, previously) = split_previously(field, index);
    match (at, &united.previously) {
        (Some(at), Some(first)) if emails != united.customer.previously => {
            let message = format!(
                "the addresses here differ from those at {}",
                findings.format_location(first.at)
            );
            findings.add(at, &path.key("previously"), message, help);
        }
        (Some(_), None) => {
            united.customer.previously = emails;
            united.previously = previously;
        }
        (Some(_), Some(_)) | (None, _) => {}
    }
}

/// Reports older addresses that are in use as a current address, or belong to two people.
fn check_previously(customers: &BTreeMap<EmailKey, MergedCustomer>, findings: &mut ProblemCollector) {
    let mut known: BTreeMap<&EmailKey, (Location, &Email)> = BTreeMap::new();
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
                let help = "list only addresses that the person no longer has";
                findings.add(*at, &path, format!("{email} is the entry's own address"), help);
            } else if let Some(other) = customers.get(email.key()) {
                let message = format!(
                    "{email} is the current address of a customer, at {}",
                    findings.format_location(other.at)
                );
                let help = "one person is one entry: remove the older address from `customers` or from `previously`";
                findings.add(*at, &path, message, help);
            } else if let Some((first, owner)) = known.get(email.key()) {
                let message = format!(
                    "{email} is already listed for {owner}, at {}",
                    findings.format_location(*first)
                );
                findings.add(*at, &path, message, "keep it at the person who had it");
            } else {
                known.insert(email.key(), (*at, &united.customer.email));
            }
        }
    }
}

/// Reports accounts that two entries pin.
fn check_accounts(customers: &BTreeMap<EmailKey, MergedCustomer>, findings: &mut ProblemCollector) {
    let mut pinned: Vec<(&Handle, Location, usize, &Customer)> = Vec::new();
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
                "the account {handle} is pinned twice; the first time at {}, for {}",
                findings.format_location(*first),
                customer.email
            );
            let path = Path::Root;
            let path = path.key("customers");
            let path = path.index(*index);
            let help = "an account belongs to one person: keep it at the right address";
            findings.add(*at, &path.key("account"), message, help);
        }
    }
}
