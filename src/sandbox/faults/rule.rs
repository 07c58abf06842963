//! A parsed fault script.

use std::fmt;

use super::super::routes::RouteName;
use super::injected_fault::{ResponseLost, RetryAfter};

/// A script of faults. Its default is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    pub(super) rules: Vec<Rule>,
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, rule) in self.rules.iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{}", rule.text)?;
        }
        Ok(())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) text: String,
    pub(super) place: Place,
    pub(super) desk: Option<String>,
    pub(super) fault: Fault,
    pub(super) when: Condition,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Anywhere,
    Reads,
    Writes,
    Method(String),
    Spots(Vec<RouteName>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Always,
    From { first: u64, count: Option<u64> },
    Percent(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    TooMany(RetryAfter),
    Status(u16),
    Bare(u16),
    Unavailable { retry_after: u64 },
    Html(u16),
    Object,
    Slow { milliseconds: u32 },
    ResponseLost(ResponseLost),
    DeadToken,
    Ignored,
    PageLimit(u32),
    ShortPage(u32),
    Empty,
    Half,
    Endless,
    Shift(i64),
    HideEmails,
    SearchLag(u32),
}
