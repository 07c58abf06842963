//! What can go wrong with one request.

/// Everything that goes wrong with one request.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Disturbance {
    /// The rules that struck.
    pub(in crate::sandbox) rules: Vec<String>,
    /// How much later the answer comes.
    pub(in crate::sandbox) milliseconds: u32,
    /// Refused before anything is looked at.
    pub(in crate::sandbox) refusal: Option<Refusal>,
    /// What happens to the answer.
    pub(in crate::sandbox) lost: Option<Lost>,
    /// The token counts as dead.
    pub(in crate::sandbox) dead_token: bool,
    /// The write is answered and not done.
    pub(in crate::sandbox) ignored: bool,
    /// The highest limit of a page.
    pub(in crate::sandbox) page_limit: Option<u32>,
    /// Rows that are missing at the end of a page.
    pub(in crate::sandbox) short_by: u32,
    /// The list is answered empty.
    pub(in crate::sandbox) empty: bool,
    /// The role of a desk's customers holds every second of them.
    pub(in crate::sandbox) half: bool,
    /// The list goes on for ever.
    pub(in crate::sandbox) endless: bool,
    /// By how many rows a list begins late (or early, below zero).
    pub(in crate::sandbox) shift: i64,
    /// No address is shown.
    pub(in crate::sandbox) hide_emails: bool,
    /// How many searches do not find the created account.
    pub(in crate::sandbox) search_lag: u32,
}

/// A refusal by what stands before Jira.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Refusal {
    TooMany(Says),
    Status(u16),
    /// Without a body.
    Bare(u16),
    Unavailable {
        retry_after: u64,
    },
    Html(u16),
    /// 200 with `{}`.
    Object,
}

/// How a 429 says how long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Says {
    /// Not at all.
    Nothing,
    /// In seconds, as the deployment does.
    Seconds(u64),
    /// Half a second longer than that.
    Fraction(u64),
    /// By a date so many seconds from now.
    Date(u64),
    /// By a date in the past.
    Past,
    /// By a number below zero.
    Unreadable,
    /// By two headers, 0 and so many seconds.
    Twice(u64),
    /// By the time at which the limit ends, and not by `Retry-After`.
    Reset(u64),
}

/// How an answer is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Lost {
    BeforeEffect,
    AfterEffect,
    Truncated,
    Cut,
    Drip,
    InternalError,
    Unavailable {
        retry_after: u64,
    },
    /// 200 with an HTML page.
    Html,
    /// 200 with `{}`.
    Object,
}
