//! The initial contents of a sandbox.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// The initial contents of a sandbox. The same seed always gives the same sandbox, including ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seed {
    /// The seed of ids and random faults.
    pub seed: u64,
    /// The service desks.
    pub desks: Vec<SeedDesk>,
    /// The accounts, in the order of creation.
    pub people: Vec<SeedPerson>,
}

/// An initial service desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedDesk {
    /// The key of its project.
    pub key: String,
    /// The name of its project.
    pub name: String,
    /// The access mode.
    pub access: DeskAccess,
    /// Data Center: the groups in its role `Service Desk Customers`.
    pub customer_groups: Vec<String>,
    /// Cloud: the groups that may browse its project; see
    /// [`Rules::people_by_group_are_listed`](super::Rules::people_by_group_are_listed).
    pub browsing_groups: Vec<String>,
}

impl SeedDesk {
    /// Creates a desk named after its key.
    #[must_use]
    pub fn new(key: impl Into<String>, access: DeskAccess) -> Self {
        let key = key.into();
        Self {
            name: format!("{key} desk"),
            key,
            access,
            customer_groups: Vec::new(),
            browsing_groups: Vec::new(),
        }
    }
}

/// An initial account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedPerson {
    /// The address, as Jira shows it.
    pub email: String,
    /// The display name.
    pub name: String,
    /// The keys of the desks this person is a customer of; for an agent, of the desks it works on. A desk that is not
    /// in [`Seed::desks`] is created, restricted.
    pub desks: Vec<String>,
    /// The kind of account.
    pub kind: PersonKind,
    /// False for a deactivated account.
    pub active: bool,
    /// Cloud: whether profile privacy hides the address.
    pub email_hidden: bool,
    /// Data Center: the username; `None`: derived from the address, like the service management does. A username that
    /// is taken gets a number.
    pub username: Option<String>,
    /// The groups. An agent is also in `jira-servicedesk-users`.
    pub groups: Vec<String>,
}

impl SeedPerson {
    /// Creates an active portal-only customer of `desks`, named after the address.
    #[must_use]
    pub fn customer(email: impl Into<String>, desks: &[&str]) -> Self {
        let email = email.into();
        Self {
            name: email.clone(),
            email,
            desks: desks.iter().map(|&desk| desk.to_owned()).collect(),
            kind: PersonKind::PortalOnly,
            active: true,
            email_hidden: false,
            username: None,
            groups: Vec::new(),
        }
    }
}

/// The kind of account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonKind {
    /// A customer without an Atlassian account (`accountType: "customer"`); on Data Center, an account without a seat.
    PortalOnly,
    /// A person with an Atlassian account and no license here; on Data Center the same as [`Self::PortalOnly`].
    Atlassian,
    /// A person with an Atlassian account and a license seat.
    Agent,
    /// An app.
    App,
}

/// The access mode of a desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeskAccess {
    /// Only listed customers.
    Restricted,
    /// Anyone with an account.
    Open,
    /// Anyone can sign up.
    Public,
}

/// The error for a text that is not an access mode.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an access mode; use restricted, open or public")]
pub struct ParseAccessModeError(String);

impl FromStr for DeskAccess {
    type Err = ParseAccessModeError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "restricted" => Ok(Self::Restricted),
            "open" => Ok(Self::Open),
            "public" => Ok(Self::Public),
            other => Err(ParseAccessModeError(other.to_owned())),
        }
    }
}

impl fmt::Display for DeskAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Restricted => "restricted",
            Self::Open => "open",
            Self::Public => "public",
        })
    }
}

/// Given names of generated people.
const GIVEN: [&str; 24] = [
    "Ada",
    "Grace",
    "Alan",
    "Edsger",
    "Barbara",
    "Donald",
    "Radia",
    "Ken",
    "Frances",
    "Niklaus",
    "Hedy",
    "Claude",
    "Katherine",
    "John",
    "Margaret",
    "Dennis",
    "Jean",
    "Leslie",
    "Shafi",
    "Tony",
    "Karen",
    "Robin",
    "Sophie",
    "Tim",
];

/// Family names of generated people.
const FAMILY: [&str; 20] = [
    "Archer", "Baker", "Carter", "Dyer", "Ellis", "Fisher", "Glover", "Hunter", "Ives", "Joiner", "Keeler", "Lister",
    "Mason", "Naylor", "Osler", "Potter", "Reeve", "Sawyer", "Turner", "Weaver",
];

impl Seed {
    /// Creates a site with these desks and generated people: for every desk `customers_per_desk` customers (one in ten
    /// also on the desk before it) and one agent, and one app for the site. One person in 50 has an Atlassian account,
    /// and one in five of those hides the address; one in 100 is deactivated. On Data Center, the one in 50 has a
    /// username that is not the address, and no address is hidden.
    #[must_use]
    pub fn random(desks: Vec<SeedDesk>, customers_per_desk: usize, seed: u64) -> Self {
        let mut people = Vec::with_capacity(desks.len() * (customers_per_desk + 1) + 1);
        for (at, desk) in desks.iter().enumerate() {
            people.push(SeedPerson {
                name: format!("{} agent", desk.name),
                kind: PersonKind::Agent,
                ..SeedPerson::customer(format!("agent{}@example.com", at + 1), &[desk.key.as_str()])
            });
            for row in 0..customers_per_desk {
                let mut person = made_up(seed, people.len() as u64);
                person.desks.push(desk.key.clone());
                if at > 0 && row % 10 == 9 {
                    person.desks.push(desks[at - 1].key.clone());
                }
                people.push(person);
            }
        }
        people.push(SeedPerson {
            name: "Automation for Jira".to_owned(),
            kind: PersonKind::App,
            ..SeedPerson::customer("automation@example.net", &[])
        });
        Self { seed, desks, people }
    }
}

/// Generates the `number`-th person of a seed, on no desk.
fn made_up(seed: u64, number: u64) -> SeedPerson {
    let dice = mix(seed ^ mix(number));
    let given = GIVEN[(dice % 24) as usize];
    let family = FAMILY[(dice / 24 % 20) as usize];
    let ending = ["com", "org", "net"][(dice / 480 % 3) as usize];
    let local = format!("{given}.{family}{number}").to_lowercase();
    let email = format!("{local}@example.{ending}");
    let atlassian = (dice / 1440).is_multiple_of(50);
    SeedPerson {
        name: format!("{given} {family}"),
        kind: if atlassian {
            PersonKind::Atlassian
        } else {
            PersonKind::PortalOnly
        },
        active: !(dice / 72_000).is_multiple_of(100),
        email_hidden: atlassian && (dice / 7_200_000).is_multiple_of(5),
        username: atlassian.then_some(local),
        ..SeedPerson::customer(email, &[])
    }
}

/// Mixes a number bijectively (the finalizer of SplitMix64): ids and generated people must stay the same across
/// releases, which the generators of libraries do not guarantee.
pub(super) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_people_are_the_same_each_time_and_have_addresses_of_their_own() {
        let desks = || {
            vec![
                SeedDesk::new("A", DeskAccess::Open),
                SeedDesk::new("B", DeskAccess::Restricted),
            ]
        };
        let seed = Seed::random(desks(), 300, 7);
        assert_eq!(seed, Seed::random(desks(), 300, 7));
        assert_ne!(seed, Seed::random(desks(), 300, 8));
        let emails: std::collections::BTreeSet<_> = seed.people.iter().map(|p| &p.email).collect();
        assert_eq!(emails.len(), seed.people.len());
        let on = |key: &str| {
            let on = seed.people.iter().filter(|p| p.desks.iter().any(|d| d == key));
            on.filter(|p| p.kind != PersonKind::Agent).count()
        };
        assert_eq!((on("A"), on("B")), (330, 300));
        assert!(seed.people.iter().any(|p| p.kind == PersonKind::Atlassian));
        assert!(seed.people.iter().any(|p| !p.active));
    }

    #[test]
    fn access_modes_are_read_as_they_are_written() {
        for mode in [DeskAccess::Restricted, DeskAccess::Open, DeskAccess::Public] {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        assert!("closed".parse::<DeskAccess>().is_err());
    }
}
