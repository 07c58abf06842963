//! The faults injected into one request.

/// The faults injected into one request.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct InjectedFault {
    /// The rules that matched.
    pub(in crate::sandbox) rules: Vec<String>,
    /// The delay before the request is handled.
    pub(in crate::sandbox) delay_ms: u32,
    /// A refusal before the request is handled.
    pub(in crate::sandbox) refusal: Option<Refusal>,
    /// How the response is lost.
    pub(in crate::sandbox) response_lost: Option<ResponseLost>,
    /// Whether the token counts as dead.
    pub(in crate::sandbox) dead_token: bool,
    /// Whether a write is answered without taking effect.
    pub(in crate::sandbox) write_ignored: bool,
    /// The maximum number of rows of a page.
    pub(in crate::sandbox) page_limit: Option<u32>,
    /// The number of rows missing at the end of a page.
    pub(in crate::sandbox) short_by: u32,
    /// Whether a list is returned empty.
    pub(in crate::sandbox) empty: bool,
    /// Whether the role of a desk's customers holds only every second one.
    pub(in crate::sandbox) half_role: bool,
    /// Whether a list never ends.
    pub(in crate::sandbox) endless: bool,
    /// The number of rows by which a list starts late (negative: early).
    pub(in crate::sandbox) shift: i64,
    /// Whether addresses are left out.
    pub(in crate::sandbox) hide_emails: bool,
    /// The number of searches that do not find the created account.
    pub(in crate::sandbox) search_lag: u32,
}

/// A refusal by Jira, or by a proxy or gateway in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Refusal {
    TooMany(RetryAfter),
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

/// How a 429 encodes the time to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum RetryAfter {
    /// No header.
    Nothing,
    /// `Retry-After` in seconds, with the deployment's other headers.
    Seconds(u64),
    /// `Retry-After` half a second longer than this.
    Fraction(u64),
    /// `Retry-After` as a date this many seconds from now.
    Date(u64),
    /// `Retry-After` as a date in the past.
    Past,
    /// `Retry-After` as a negative number.
    Unreadable,
    /// Two `Retry-After` headers, 0 and this many seconds.
    Twice(u64),
    /// `X-RateLimit-Reset`, the time when the limit ends, without `Retry-After`.
    Reset(u64),
}

/// How a response is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum ResponseLost {
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
