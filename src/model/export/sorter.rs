//! Who on the desks' lists is an entry, who is withheld and who is left out: the table of [`super`].

use std::collections::{BTreeMap, BTreeSet};

use super::contents::{Entry, Export, ExportedDesk, LeftOut, Reason, Survey, Withheld};
use crate::model::account::{Account, AccountId, AccountKind, Handle};
use crate::model::desk::DeskKey;
use crate::model::email::{Email, EmailKey};
use crate::model::identity::{Identities, Identity};
use crate::model::name::{Name, is_hostile};
use crate::model::observed::{Completeness, DeskReading, Observed, ObservedDesk};
use crate::model::roster::{Customer, Roster};

/// Everybody who was seen.
#[must_use]
pub fn everybody(survey: &Survey) -> Export {
    Sorter::new(survey, None).export()
}

/// Whoever was seen on a desk where `roster` does not list them.
///
/// The entries are meant to stand beside the roster's own: for somebody it knows already they name only the further
/// desks, and nothing in them can settle or unsettle an entry of its own.
#[must_use]
pub fn unlisted(survey: &Survey, roster: &Roster) -> Export {
    Sorter::new(survey, Some(Beside::new(roster, &survey.observed))).export()
}

/// What a roster that exists already says of those who were seen.
struct Beside<'a> {
    roster: &'a Roster,
    known: BTreeMap<&'a AccountId, &'a Customer>,
    pins: BTreeSet<&'a Handle>,
    former: BTreeSet<&'a EmailKey>,
}

impl<'a> Beside<'a> {
    fn new(roster: &'a Roster, observed: &'a Observed) -> Self {
        let identities = Identities::new(roster, observed);
        let known = roster
            .customers
            .values()
            .filter_map(|customer| match identities.identify(customer) {
                Identity::Account(account) | Identity::Former(account) => Some((&account.id, customer)),
                Identity::Absent | Identity::Unasked(_) | Identity::Held(_) => None,
            });
        Self {
            roster,
            known: known.collect(),
            former: roster
                .customers
                .values()
                .flat_map(|it| &it.previously)
                .map(Email::key)
                .collect(),
            pins: roster.customers.values().filter_map(|it| it.account.as_ref()).collect(),
        }
    }
}

/// Whose an e-mail is.
enum Holder {
    /// Only this account's, as far as was seen.
    Alone,
    /// This account is the only customer among those that show it.
    OnlyCustomer,
    /// Somebody's whom the roster beside it means.
    Claimed,
    /// It cannot be told.
    Unclear,
}

struct Sorter<'a> {
    survey: &'a Survey,
    beside: Option<Beside<'a>>,
    by_email: BTreeMap<EmailKey, Vec<&'a Account>>,
    places: BTreeMap<&'a Handle, BTreeSet<&'a DeskKey>>,
    entries: BTreeMap<EmailKey, Entry>,
    withheld: Vec<Withheld>,
    left_out: LeftOut,
}

impl<'a> Sorter<'a> {
    fn new(survey: &'a Survey, beside: Option<Beside<'a>>) -> Self {
        let mut by_email: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for account in survey.observed.accounts.values().filter(|account| account.active) {
            if let Some(key) = account.email_key() {
                by_email.entry(key).or_default().push(account);
            }
        }
        let mut places: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (key, desk) in read(&survey.observed) {
            for member in &desk.members {
                places.entry(member).or_default().insert(key);
            }
        }
        Self {
            survey,
            beside,
            by_email,
            places,
            entries: BTreeMap::new(),
            withheld: Vec::new(),
            left_out: LeftOut::default(),
        }
    }

    fn export(mut self) -> Export {
        for account in self.survey.observed.accounts.values() {
            self.sort(account);
        }
        self.withheld.sort_by(|a, b| {
            let by = |it: &Withheld| {
                (
                    it.reason.place(),
                    it.email.as_deref().map(EmailKey::of),
                    it.account.clone(),
                )
            };
            by(a).cmp(&by(b))
        });
        let observed = &self.survey.observed;
        let unread = observed.desks.iter().filter_map(|(key, reading)| match reading {
            DeskReading::Read(_) => None,
            DeskReading::Missing => Some((key.clone(), "there is no such service desk".to_owned())),
            DeskReading::Unreadable { reason } => Some((key.clone(), reason.clone())),
        });
        let entries: Vec<_> = self.entries.into_values().collect();
        Export {
            site: observed.site.clone(),
            desks: desks(self.survey, &entries),
            unread: unread.collect(),
            entries,
            withheld: self.withheld,
            left_out: self.left_out,
            warnings: observed.warnings.clone(),
        }
    }

    fn sort(&mut self, account: &'a Account) {
        let listed = self.listed_already(account);
        let on = self.places.get(&account.handle).into_iter().flatten().copied();
        let on: BTreeSet<_> = on.filter(|key| !listed.contains(*key)).collect();
        if on.is_empty() {
            return;
        }
        let desks: BTreeSet<DeskKey> = match self.as_customer(account) {
            Some(desks) => on.into_iter().filter(|key| desks.contains(*key)).cloned().collect(),
            None => BTreeSet::new(),
        };
        if account.id == self.survey.own {
            self.left_out.own = true;
        } else if account.kind == AccountKind::App {
            self.left_out.apps += 1;
        } else if desks.is_empty() {
            self.left_out.agents += 1;
        } else {
            self.customer(account, desks);
        }
    }

    /// Where the roster that exists lists this account, or its e-mail.
    fn listed_already(&self, account: &Account) -> BTreeSet<DeskKey> {
        let Some(beside) = &self.beside else {
            return BTreeSet::new();
        };
        let by_email = account.email_key().and_then(|key| beside.roster.customers.get(&key));
        let customers = beside.known.get(&account.id).copied().into_iter().chain(by_email);
        customers.flat_map(|customer| customer.desks.iter().cloned()).collect()
    }

    /// The desks where an account is a mere customer; nothing for whoever is none anywhere.
    fn as_customer(&self, account: &Account) -> Option<BTreeSet<&'a DeskKey>> {
        let survey = self.survey;
        let somebody = account.id != survey.own && account.kind != AccountKind::App;
        if !somebody || survey.licensed.contains(&account.id) {
            return None;
        }
        let works_on = |key: &DeskKey| match survey.observed.desks.get(key) {
            Some(DeskReading::Read(desk)) => survey.works_on(desk, &account.handle),
            Some(DeskReading::Missing | DeskReading::Unreadable { .. }) | None => false,
        };
        let on = self.places.get(&account.handle)?.iter().copied();
        let desks: BTreeSet<_> = on.filter(|key| !works_on(key)).collect();
        (!desks.is_empty()).then_some(desks)
    }

    fn customer(&mut self, account: &Account, desks: BTreeSet<DeskKey>) {
        if !account.active {
            return self.withhold(account, Reason::Deactivated, desks);
        }
        if let Some(customer) = self.beside.as_ref().and_then(|beside| beside.known.get(&account.id)) {
            // What the roster says of them by itself stays its own.
            let email = customer.email.clone();
            return self.enter(email, None, None, None, desks);
        }
        let Some(shown) = &account.email else {
            return self.withhold(account, Reason::HiddenEmail, desks);
        };
        let pin = match self.holder(account) {
            Holder::Alone => None,
            Holder::OnlyCustomer => Some(account.handle.clone()),
            Holder::Claimed => return self.withhold(account, Reason::Claimed, desks),
            Holder::Unclear => return self.withhold(account, Reason::SeveralAccounts, desks),
        };
        match Email::parse(shown) {
            Ok(email) => {
                let (name, odd_name) = name(account, Some(shown));
                self.enter(email, name, odd_name, pin, desks);
            }
            Err(problem) => self.withhold(account, Reason::NoAddress(problem), desks),
        }
    }

    fn holder(&self, account: &Account) -> Holder {
        let Some(key) = account.email_key() else {
            return Holder::Unclear;
        };
        if let Some(beside) = &self.beside {
            // What the roster says of this e-mail or account is not ours to settle.
            let named = beside.roster.customers.contains_key(&key) || beside.former.contains(&key);
            let claimed = named || beside.pins.contains(&account.handle);
            if claimed {
                return Holder::Claimed;
            }
        }
        let holders = self.by_email.get(&key).map_or(&[][..], Vec::as_slice);
        let customers = holders.iter().filter(|holder| self.as_customer(holder).is_some());
        match (holders.len(), customers.count()) {
            (1, _) => Holder::Alone,
            (_, 1) if can_be_pinned(&account.handle) => Holder::OnlyCustomer,
            _ => Holder::Unclear,
        }
    }

    fn enter(
        &mut self,
        email: Email,
        name: Option<Name>,
        odd_name: Option<String>,
        account: Option<Handle>,
        desks: BTreeSet<DeskKey>,
    ) {
        let key = email.key().clone();
        let customer = Customer {
            email,
            name,
            desks,
            account,
            initial_password: None,
            previously: Vec::new(),
            until: None,
        };
        self.entries.insert(key, Entry { customer, odd_name });
    }

    fn withhold(&mut self, account: &Account, reason: Reason, desks: BTreeSet<DeskKey>) {
        let (name, odd_name) = name(account, account.email.as_deref());
        self.withheld.push(Withheld {
            reason,
            email: account.email.clone(),
            account: account.handle.clone(),
            name,
            odd_name,
            desks,
        });
    }
}

/// The name where it says more than the e-mail does; beside it the one no roster can hold as it is. A name that would
/// differ from Jira's by a blank is no name to write down: it would be told as a difference ever after.
fn name(account: &Account, email: Option<&str>) -> (Option<Name>, Option<String>) {
    let shown = account.name.as_str();
    if shown.is_empty() || Some(shown) == email {
        return (None, None);
    }
    match Name::parse(shown) {
        Ok(name) if name.as_str() == shown => (Some(name), None),
        Ok(_) | Err(_) => (None, Some(shown.to_owned())),
    }
}

/// Whether a roster takes this as `account:`. Usernames of Data Center may hold blanks, which it does not.
fn can_be_pinned(handle: &Handle) -> bool {
    let text = handle.0.as_str();
    !text.is_empty() && text.chars().count() <= 255 && !text.chars().any(|c| c.is_whitespace() || is_hostile(c))
}

fn desks(survey: &Survey, entries: &[Entry]) -> Vec<ExportedDesk> {
    let mut listed: BTreeMap<&DeskKey, usize> = BTreeMap::new();
    for key in entries.iter().flat_map(|entry| &entry.customer.desks) {
        *listed.entry(key).or_default() += 1;
    }
    let desks = read(&survey.observed).map(|(key, desk)| ExportedDesk {
        key: key.clone(),
        name: survey.names.get(key).cloned().unwrap_or_default(),
        access: desk.access.clone(),
        customers: desk.members.len(),
        listed: listed.get(key).copied().unwrap_or_default(),
        groups: desk.groups.iter().cloned().collect(),
        gap: match &desk.completeness {
            Completeness::Partial { gap } => Some(gap.clone()),
            Completeness::Complete | Completeness::Narrow => None,
        },
    });
    desks.collect()
}

fn read(observed: &Observed) -> impl Iterator<Item = (&DeskKey, &ObservedDesk)> {
    observed.desks.iter().filter_map(|(key, reading)| match reading {
        DeskReading::Read(desk) => Some((key, desk)),
        DeskReading::Missing | DeskReading::Unreadable { .. } => None,
    })
}

impl Reason {
    /// The order in which reasons are told.
    fn place(&self) -> u8 {
        match self {
            Self::HiddenEmail => 0,
            Self::SeveralAccounts => 1,
            Self::Claimed => 2,
            Self::NoAddress(_) => 3,
            Self::Deactivated => 4,
        }
    }
}
