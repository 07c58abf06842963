//! What a guard found, in words.

use sha2::{Digest as _, Sha256};

use crate::model::desk::DeskKey;

/// What stands between the command that approves of it and the flags that let it pass.
const FLAGS: &str = " or --";

/// Something a guard refused, or would have.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Finding {
    /// What to name it by: the same as long as exactly the same would happen.
    pub id: String,
    /// The desk, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<DeskKey>,
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

/// The id of a finding: its guard, its desk, and eight digits of a digest of what exactly would happen.
pub(super) fn id<'a>(guard: &str, desk: Option<&DeskKey>, subjects: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for subject in subjects {
        digest.update(subject.as_bytes());
        digest.update([0]);
    }
    let of = desk.map_or("site", DeskKey::as_str);
    let digits: String = digest.finalize()[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{guard}-{of}-{digits}")
}

/// Whether a text is spelled as the ids of findings are.
#[must_use]
pub fn is_finding_id(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let guard = parts
        .next()
        .is_some_and(|guard| ["removals", "shrink", "empty", "untrusted"].contains(&guard));
    let desk = parts
        .next()
        .is_some_and(|desk| desk == "site" || DeskKey::parse(desk).is_ok());
    let digits = parts.next().is_some_and(|digits| {
        digits.len() == 8 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    });
    guard && desk && digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_names_the_whole_command_before_any_flag() {
        let mut finding = Finding {
            id: "removals-SUP-1a2b3c4d".to_owned(),
            desk: None,
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
}
