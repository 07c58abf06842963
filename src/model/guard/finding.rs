//! What a guard found, in words.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::kind::GuardKind;
use crate::model::container::Container;
use crate::model::desk::DeskKey;

/// What stands between the command that approves of it and the flags that let it pass.
const FLAGS: &str = " or --";
/// What an id names where a finding is about the site as a whole.
const SITE: &str = "site";
/// What an id names where a finding is about an organization: which one is in the digest, since names hold anything.
const ORGANIZATION: &str = "organization";

/// Something a guard refused, or would have.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// What to name it by: the same as long as exactly the same would happen.
    pub id: String,
    /// The desk or organization, where it is about one.
    #[serde(flatten)]
    pub container: Option<Container>,
    /// What was about to happen.
    pub what: String,
    /// To how many.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// The limit.
    pub limit: String,
    /// What lets it pass.
    #[serde(rename = "override")]
    pub way_out: String,
}

/// What a guard found, and what would let it pass.
pub(super) struct Found {
    pub finding: Finding,
    pub release: Release,
}

/// What lets a finding pass.
pub(super) enum Release {
    /// A setting does already.
    Overridden(String),
    /// Somebody's approval, or these flags.
    Flags(String),
    /// Somebody's approval.
    Approval,
    /// Nothing but this: there is nothing to approve of.
    Otherwise(&'static str),
}

impl Release {
    /// A flag that is set or not.
    pub(super) fn flag(flag: &str, is_set: bool) -> Self {
        match is_set {
            true => Self::Overridden(flag.to_owned()),
            false => Self::Flags(flag.to_owned()),
        }
    }

    /// First what releases this finding and nothing else.
    fn way_out(&self, id: &str) -> String {
        match self {
            Self::Overridden(flag) => flag.clone(),
            Self::Flags(flags) => format!("quietdesk approve {id} or {flags}"),
            Self::Approval => format!("quietdesk approve {id}"),
            Self::Otherwise(way) => (*way).to_owned(),
        }
    }

    /// Whether it passes now.
    pub(super) fn is_given(&self, id: &str, approved: &BTreeSet<String>) -> bool {
        match self {
            Self::Overridden(_) => true,
            Self::Flags(_) | Self::Approval => approved.contains(id),
            Self::Otherwise(_) => false,
        }
    }
}

/// How many, of how many.
pub(super) struct Amount {
    pub count: usize,
    pub of: usize,
}

/// What a finding is about.
pub(super) struct Subject {
    id: String,
    container: Option<Container>,
}

impl Subject {
    /// `subjects`: what exactly would happen.
    pub(super) fn new<'a>(
        guard: GuardKind,
        container: Option<&'a Container>,
        subjects: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self {
            id: id(guard, container, subjects),
            container: container.cloned(),
        }
    }

    pub(super) fn finding(self, what: String, Amount { count, of }: Amount, limit: String, release: Release) -> Found {
        let way_out = release.way_out(&self.id);
        let finding = Finding {
            id: self.id,
            container: self.container,
            what,
            count,
            of,
            limit,
            way_out,
        };
        Found { finding, release }
    }
}

impl Finding {
    /// Has the way out name the whole command that approves of it: `place` is what it is given besides the id.
    pub fn tell_at(&mut self, place: &str) {
        let command = format!("quietdesk approve {}", self.id);
        // A list with a gap is nothing to approve of.
        let Some(rest) = self.way_out.strip_prefix(&command) else {
            return;
        };
        let flags = rest.find(FLAGS).map_or("", |at| &rest[at..]);
        let space = if place.is_empty() { "" } else { " " };
        self.way_out = format!("{command}{space}{place}{flags}");
    }
}

/// The id of a finding: its guard, what it is about, and eight digits of a digest of what exactly would happen.
fn id<'a>(guard: GuardKind, of: Option<&'a Container>, subjects: impl IntoIterator<Item = &'a str>) -> String {
    let (of, name) = match of {
        None => (SITE, None),
        Some(Container::Desk(key)) => (key.as_str(), None),
        Some(Container::Organization(name)) => (ORGANIZATION, Some(name.as_str())),
    };
    let mut digest = Sha256::new();
    for subject in name.into_iter().chain(subjects) {
        digest.update(subject.as_bytes());
        digest.update([0]);
    }
    let digits: String = digest.finalize()[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{}-{of}-{digits}", guard.as_str())
}

/// Whether a text is spelled as the ids of findings are.
#[must_use]
pub fn is_finding_id(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let guard = parts
        .next()
        .is_some_and(|name| GuardKind::ALL.iter().any(|guard| guard.as_str() == name));
    let of = parts
        .next()
        .is_some_and(|of| [SITE, ORGANIZATION].contains(&of) || DeskKey::parse(of).is_ok());
    let digits = parts.next().is_some_and(|digits| {
        digits.len() == 8 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    });
    guard && of && digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_names_the_whole_command_before_any_flag() {
        let mut finding = Finding {
            id: "removals-SUP-1a2b3c4d".to_owned(),
            container: None,
            what: String::new(),
            count: 1,
            of: 1,
            limit: String::new(),
            way_out: "quietdesk approve removals-SUP-1a2b3c4d or --max-removals 40".to_owned(),
        };
        for (place, between) in [
            (
                "--url https://example.atlassian.net",
                " --url https://example.atlassian.net",
            ),
            ("--state-dir '/a b'", " --state-dir '/a b'"),
            ("", ""),
        ] {
            finding.tell_at(place);
            let expected = format!("quietdesk approve removals-SUP-1a2b3c4d{between} or --max-removals 40");
            assert_eq!(finding.way_out, expected);
        }
        let gap = "plan again while nobody else changes the desk";
        finding.way_out = gap.to_owned();
        finding.tell_at("--url x");
        assert_eq!(finding.way_out, gap);
    }

    /// In the JSON it is `desk` or `organization`, and neither where it is about the site.
    #[test]
    fn a_finding_of_each_kind_and_container_has_an_id_of_its_own_and_is_read_as_written() {
        let containers = [
            None,
            Container::restored("SUP").ok(),
            Container::restored("organization A-B c").ok(),
            Container::restored("organization d").ok(),
        ];
        let mut ids = BTreeSet::new();
        for guard in GuardKind::ALL {
            for container in &containers {
                let subject = Subject::new(guard, container.as_ref(), ["x"]);
                let found = subject.finding(
                    String::new(),
                    Amount { count: 1, of: 2 },
                    String::new(),
                    Release::Approval,
                );
                assert!(is_finding_id(&found.finding.id), "{}", found.finding.id);
                let json = serde_json::to_value(&found.finding).unwrap();
                let told = [json.get("desk").is_some(), json.get("organization").is_some()];
                let is = |is: fn(&Container) -> bool| container.as_ref().is_some_and(is);
                let expected = [is(|of| of.desk().is_some()), is(|of| of.desk().is_none())];
                assert_eq!(told, expected, "{json}");
                assert_eq!(serde_json::from_value::<Finding>(json).unwrap(), found.finding);
                ids.insert(found.finding.id);
            }
        }
        assert_eq!(ids.len(), 16);
        for wrong in [
            "",
            "removals",
            "removal-SUP-1a2b3c4d",
            "removals-sup-1a2b3c4d",
            "removals-SUP-1a2b3c4",
        ] {
            assert!(!is_finding_id(wrong), "{wrong}");
        }
    }
}
