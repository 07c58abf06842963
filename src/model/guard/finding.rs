//! What a guard found, in words.

use sha2::{Digest as _, Sha256};

use crate::model::desk::DeskKey;

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
