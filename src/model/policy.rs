//! Options of the caller that affect a plan, in addition to the roster.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::email::EmailKey;
use super::guard;

/// Options of the caller that affect a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Reactivate deactivated accounts (`--reactivate`, Data Center).
    pub reactivate: bool,
    /// E-mails with an initial password in the passwords file; the passwords themselves are not kept here.
    pub provided_passwords: BTreeSet<EmailKey>,
    /// The limits of the guards.
    pub guards: guard::Settings,
    /// Ids of approved guard findings.
    pub approved: BTreeSet<String>,
    /// Arguments for `quietdesk approve` that select the state directory, such as `--url URL`.
    pub approve_arguments: String,
    /// The current time, in seconds since 1970.
    pub now: i64,
    /// Offset of this machine's clock from Jira's, in seconds; positive if ahead, `None` if Jira sent no time.
    pub clock_offset: Option<i64>,
}

/// Maximum offset of the two clocks, in seconds; beyond it, the current day is uncertain.
const MAX_CLOCK_OFFSET: i64 = 60 * 60;

impl Policy {
    /// Returns whether Jira sent its time and this machine's clock is within an hour of it.
    #[must_use]
    pub fn is_clock_verified(&self) -> bool {
        self.clock_offset.is_some() && !self.is_clock_off()
    }

    /// Returns whether this machine's clock is more than an hour from Jira's.
    #[must_use]
    pub fn is_clock_off(&self) -> bool {
        self.clock_offset.is_some_and(|ahead| ahead.abs() > MAX_CLOCK_OFFSET)
    }

    /// Returns the day (UTC) by Jira's clock; `None` if Jira sent no time.
    #[must_use]
    pub fn jira_day(&self) -> Option<Date> {
        let time = Timestamp::from_second(self.now.checked_sub(self.clock_offset?)?).ok()?;
        Some(time.to_zoned(TimeZone::UTC).date())
    }

    /// Returns a warning if the clock is off, with the effect on entries with `until`.
    #[must_use]
    pub fn clock_warning(&self) -> Option<String> {
        let ahead = self.clock_offset.filter(|_| self.is_clock_off())?;
        let (hours, minutes) = (ahead.abs() / 3600, ahead.abs() / 60 % 60);
        let side = if ahead > 0 { "ahead of" } else { "behind" };
        Some(format!(
            "this machine's clock is {hours} h {minutes} min {side} Jira's, so every `until` is held; synchronize the \
             clock with a time server (timedatectl set-ntp true)"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_be_an_hour_apart() {
        let policy = |clock_offset| Policy {
            now: 1_769_990_400, // 2026-02-02, 00:00
            clock_offset,
            ..Policy::default()
        };
        for (ahead, is_right, is_off, day) in [
            (None, false, false, None),
            (Some(0), true, false, Some("2026-02-02")),
            (Some(3600), true, false, Some("2026-02-01")),
            (Some(-3600), true, false, Some("2026-02-02")),
            (Some(3601), false, true, Some("2026-02-01")),
            (Some(-86_401), false, true, Some("2026-02-03")),
        ] {
            let policy = policy(ahead);
            assert_eq!(
                (policy.is_clock_verified(), policy.is_clock_off()),
                (is_right, is_off),
                "{ahead:?}"
            );
            assert_eq!(
                policy.jira_day().map(|day| day.to_string()).as_deref(),
                day,
                "{ahead:?}"
            );
            assert_eq!(policy.clock_warning().is_some(), is_off);
        }
        let warning = policy(Some(-7380)).clock_warning().unwrap();
        assert!(warning.contains("2 h 3 min behind Jira's"), "{warning}");
    }
}
