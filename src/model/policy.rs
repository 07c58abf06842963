//! What the caller lets a plan do, besides what the roster says.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::email::EmailKey;
use super::guard;

/// What the caller lets a plan do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Bring deactivated accounts back (`--reactivate`): Data Center.
    pub reactivate: bool,
    /// Whom the passwords file has a first password for. Nobody's password is in here.
    pub provided: BTreeSet<EmailKey>,
    /// How much may be taken away.
    pub guards: guard::Settings,
    /// The ids of what the guards refused that somebody approved of.
    pub approved: BTreeSet<String>,
    /// What `quietdesk approve` is given besides the id, to find the state it is about.
    pub approve_at: String,
    /// What time it is, in seconds since 1970.
    pub now: i64,
    /// How far this machine's clock is ahead of Jira's, in seconds; nothing where Jira does not tell the time.
    pub clock_ahead: Option<i64>,
}

/// So far two clocks may be apart, in seconds, before it is in doubt which day it is.
const CLOCKS_APART: i64 = 60 * 60;

impl Policy {
    /// Whether Jira tells the time, and this machine's clock agrees.
    #[must_use]
    pub fn clock_is_right(&self) -> bool {
        self.clock_ahead.is_some() && !self.clock_is_off()
    }

    /// Whether this machine's clock is so far from Jira's that it is in doubt which day it is.
    #[must_use]
    pub fn clock_is_off(&self) -> bool {
        self.clock_ahead.is_some_and(|ahead| ahead.abs() > CLOCKS_APART)
    }

    /// The day (UTC) by Jira's clock, where that is told.
    #[must_use]
    pub fn day_in_jira(&self) -> Option<Date> {
        let time = Timestamp::from_second(self.now.checked_sub(self.clock_ahead?)?).ok()?;
        Some(time.to_zoned(TimeZone::UTC).date())
    }

    /// Says that the clock is off, and what that does to entries with `until`.
    #[must_use]
    pub fn clock_warning(&self) -> Option<String> {
        let ahead = self.clock_ahead.filter(|_| self.clock_is_off())?;
        let (hours, minutes) = (ahead.abs() / 3600, ahead.abs() / 60 % 60);
        let side = if ahead > 0 { "ahead of" } else { "behind" };
        Some(format!(
            "this machine's clock is {hours} h {minutes} min {side} Jira's, so every `until` is held; have the clock set by a \
             time server (timedatectl set-ntp true)"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_may_be_an_hour_apart() {
        let policy = |clock_ahead| Policy {
            now: 1_769_990_400, // 2026-02-02, 00:00
            clock_ahead,
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
                (policy.clock_is_right(), policy.clock_is_off()),
                (is_right, is_off),
                "{ahead:?}"
            );
            assert_eq!(
                policy.day_in_jira().map(|day| day.to_string()).as_deref(),
                day,
                "{ahead:?}"
            );
            assert_eq!(policy.clock_warning().is_some(), is_off);
        }
        let told = policy(Some(-7380)).clock_warning().unwrap();
        assert!(told.contains("2 h 3 min behind Jira's"), "{told}");
    }
}
