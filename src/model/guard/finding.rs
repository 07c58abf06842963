//! Guard findings: their ids, texts and overrides.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::kind::GuardKind;
use crate::model::container::Container;
use crate::model::desk::DeskKey;

/// Separator between the approve command and the flags in an override.
const FLAGS: &str = " or --";
/// Name in the id of a finding about the whole site.
const SITE: &str = "site";
/// Name in the id of a finding about an organization. The organization's name goes into the digest, since it may hold
/// any character.
const ORGANIZATION: &str = "organization";

/// A refusal by a guard, or one that was overridden.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// The id; it stays the same as long as exactly the same would happen.
    pub id: String,
    /// The desk or organization; `None` for the site.
    #[serde(flatten)]
    pub container: Option<Container>,
    /// Description of what would happen.
    pub what: String,
    /// The number of people affected.
    pub count: usize,
    /// The number of people it is compared with.
    pub of: usize,
    /// The limit.
    pub limit: String,
    /// How to override it.
    #[serde(rename = "override")]
    pub override_hint: String,
}

/// A finding and how it can be overridden.
pub(super) struct OverridableFinding {
    pub finding: Finding,
    pub override_by: Override,
}

/// How a finding can be overridden.
pub(super) enum Override {
    /// Already overridden by this flag.
    Given(String),
    /// By an approval or these flags.
    Flags(String),
    /// By an approval.
    Approval,
    /// Not at all; the text is what to do instead.
    NotPossible(&'static str),
}

impl Override {
    /// Returns the override by a flag, depending on whether it is set.
    pub(super) fn from_flag(flag: &str, is_set: bool) -> Self {
        match is_set {
            true => Self::Given(flag.to_owned()),
            false => Self::Flags(flag.to_owned()),
        }
    }

    /// Returns the override text. The approve command comes first, since it applies to this finding only.
    fn hint(&self, id: &str) -> String {
        match self {
            Self::Given(flag) => flag.clone(),
            Self::Flags(flags) => format!("quietdesk approve {id} or {flags}"),
            Self::Approval => format!("quietdesk approve {id}"),
            Self::NotPossible(way) => (*way).to_owned(),
        }
    }

    /// Returns whether the finding is overridden.
    pub(super) fn is_given(&self, id: &str, approved: &BTreeSet<String>) -> bool {
        match self {
            Self::Given(_) => true,
            Self::Flags(_) | Self::Approval => approved.contains(id),
            Self::NotPossible(_) => false,
        }
    }
}

/// Number of people affected, and the number it is compared with.
pub(super) struct Amount {
    pub count: usize,
    pub of: usize,
}

/// Id and container of a finding.
pub(super) struct Subject {
    id: String,
    container: Option<Container>,
}

impl Subject {
    /// Creates a subject. `subjects` identify exactly what would happen and go into the digest of the id.
    pub(super) fn new<'a>(
        guard: GuardKind,
        container: Option<&'a Container>,
        subjects: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self {
            id: finding_id(guard, container, subjects),
            container: container.cloned(),
        }
    }

    pub(super) fn finding(
        self,
        what: String,
        Amount { count, of }: Amount,
        limit: String,
        release: Override,
    ) -> OverridableFinding {
        let override_hint = release.hint(&self.id);
        let finding = Finding {
            id: self.id,
            container: self.container,
            what,
            count,
            of,
            limit,
            override_hint,
        };
        OverridableFinding {
            finding,
            override_by: release,
        }
    }
}

impl Finding {
    /// Completes the approve command in the override text with the arguments in `place`.
    pub fn set_approve_arguments(&mut self, place: &str) {
        let command = format!("quietdesk approve {}", self.id);
        // A partial list cannot be approved.
        let Some(rest) = self.override_hint.strip_prefix(&command) else {
            return;
        };
        let flags = rest.find(FLAGS).map_or("", |at| &rest[at..]);
        let space = if place.is_empty() { "" } else { " " };
        self.override_hint = format!("{command}{space}{place}{flags}");
    }
}

/// Returns the id of a finding: guard, container, and eight digits of a digest of exactly what would happen.
fn finding_id<'a>(guard: GuardKind, of: Option<&'a Container>, subjects: impl IntoIterator<Item = &'a str>) -> String {
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

/// Returns whether a text has the form of a finding id.
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
            override_hint: "quietdesk approve removals-SUP-1a2b3c4d or --max-removals 40".to_owned(),
        };
        for (place, between) in [
            (
                "--url https://example.atlassian.net",
                " --url https://example.atlassian.net",
            ),
            ("--state-dir '/a b'", " --state-dir '/a b'"),
            ("", ""),
        ] {
            finding.set_approve_arguments(place);
            let expected = format!("quietdesk approve removals-SUP-1a2b3c4d{between} or --max-removals 40");
            assert_eq!(finding.override_hint, expected);
        }
        let gap = "plan again while the desk is not being changed";
        finding.override_hint = gap.to_owned();
        finding.set_approve_arguments("--url x");
        assert_eq!(finding.override_hint, gap);
    }

    /// The JSON has `desk` or `organization`, or neither for the site.
    #[test]
    fn a_finding_of_each_kind_and_container_has_an_id_of_its_own_and_is_read_as_written() {
        let containers = [
            None,
            Container::from_stored("SUP").ok(),
            Container::from_stored("organization A-B c").ok(),
            Container::from_stored("organization d").ok(),
        ];
        let mut ids = BTreeSet::new();
        for guard in GuardKind::ALL {
            for container in &containers {
                let subject = Subject::new(guard, container.as_ref(), ["x"]);
                let found = subject.finding(
                    String::new(),
                    Amount { count: 1, of: 2 },
                    String::new(),
                    Override::Approval,
                );
                assert!(is_finding_id(&found.finding.id), "{}", found.finding.id);
                let json = serde_json::to_value(&found.finding).unwrap();
                let fields = [json.get("desk").is_some(), json.get("organization").is_some()];
                let is = |is: fn(&Container) -> bool| container.as_ref().is_some_and(is);
                let expected = [is(|of| of.desk().is_some()), is(|of| of.desk().is_none())];
                assert_eq!(fields, expected, "{json}");
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
