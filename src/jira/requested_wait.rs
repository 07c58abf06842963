//! Parses how long Jira asks to wait.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;

use super::responses::header;

/// Maximum wait; longer ones are reduced to it.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// Numbers from here on are Unix times in seconds; smaller ones are seconds from now.
const EPOCH_SECONDS: f64 = 1e9;
/// Numbers from here on are Unix times in milliseconds.
const EPOCH_MILLISECONDS: f64 = 1e12;

/// Returns how long Jira asks to wait, at the server's time `now`: the longest `Retry-After`, in seconds (whole or not)
/// or as a date. Where that is missing, unreadable or zero: `X-RateLimit-Reset`, which Cloud sends as a time. `None`
/// where neither asks to wait.
pub(super) fn requested_wait(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let waits = |name: &str, read: &dyn Fn(&str) -> Option<Duration>| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let waits = values.filter_map(|text| read(text.trim())).max();
        waits.filter(|wait| !wait.is_zero())
    };
    waits("retry-after", &|text| parse_retry_after(text, now))
        .or_else(|| waits("x-ratelimit-reset", &|text| parse_reset(text, now)))
}

/// Returns the server's time from a response's `Date`.
pub(super) fn response_date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(header(headers, "date")?)
}

fn parse_retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let listed = || text.split(',').filter_map(|part| parse_seconds(part.trim())).max();
    parse_seconds(text)
        .or_else(|| Some(duration_until(http_date(text)?, now)))
        .or_else(listed)
}

fn parse_reset(text: &str, now: Timestamp) -> Option<Duration> {
    let number = parse_number(text);
    let time = match number {
        Some(number) if number >= EPOCH_MILLISECONDS => Timestamp::from_millisecond(number as i64).ok(),
        Some(number) if number >= EPOCH_SECONDS => Timestamp::from_second(number as i64).ok(),
        Some(_) => return parse_seconds(text),
        None => text.parse().ok(),
    };
    Some(duration_until(time?, now))
}

fn parse_seconds(text: &str) -> Option<Duration> {
    let seconds = parse_number(text)?.min(LONGEST.as_secs_f64());
    Duration::try_from_secs_f64(seconds).ok()
}

/// Parses a non-negative decimal number; Rust's own parser also accepts `inf` and `nan`.
fn parse_number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| plain)
}

fn http_date(text: &str) -> Option<Timestamp> {
    match jiff::fmt::rfc2822::parse(text) {
        Ok(date) => Some(date.timestamp()),
        // Servers use year 9999 for "never"; its last days exceed the range of a timestamp.
        Err(_) => text.contains(" 9999 ").then_some(Timestamp::MAX),
    }
}

/// Returns zero for times in the past.
fn duration_until(time: Timestamp, now: Timestamp) -> Duration {
    let wait = Duration::try_from(time.duration_since(now)).unwrap_or_default();
    wait.min(LONGEST)
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    const NOW: &str = "2026-11-28T12:00:00Z";

    fn asked(headers: &[(&str, &str)]) -> Option<f64> {
        let pairs = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(name, value);
        }
        requested_wait(&map, NOW.parse().unwrap()).map(|wait| wait.as_secs_f64())
    }

    #[test]
    fn every_spelling_of_a_wait_is_read() {
        for (value, wait) in [
            ("7", Some(7.0)),
            (" 7 ", Some(7.0)),
            ("3.5", Some(3.5)),
            ("299.997", Some(299.997)),
            ("3, 9, 5", Some(9.0)),
            ("Sat, 28 Nov 2026 12:01:30 GMT", Some(90.0)),
            // None of these asks to wait: the back-off decides.
            ("0", None),
            ("0.0", None),
            ("Sat, 28 Nov 2026 11:59:00 GMT", None),
            ("-5", None),
            ("", None),
            ("soon", None),
            ("inf", None),
            ("nan", None),
            ("1e3", None),
        ] {
            assert_eq!(asked(&[("retry-after", value)]), wait, "{value:?}");
        }
    }

    #[test]
    fn a_wait_of_any_length_is_a_number_that_can_be_reckoned_with() {
        let longest = Some(LONGEST.as_secs_f64());
        let endless = "9".repeat(400);
        for value in [
            "99999999999",
            "18446744073709551615",
            "18446744073709551616",
            &endless,
            "Fri, 31 Dec 9999 23:59:59 GMT",
        ] {
            assert_eq!(asked(&[("retry-after", value)]), longest, "{value:?}");
        }
        assert_eq!(asked(&[("x-ratelimit-reset", "9998-01-01T00:00:00Z")]), longest);
    }

    #[test]
    fn of_several_headers_the_longest_wait_holds() {
        let several = [("retry-after", "0"), ("retry-after", "soon"), ("retry-after", "4")];
        assert_eq!(asked(&several), Some(4.0));
    }

    #[test]
    fn a_reset_alone_is_a_wait() {
        for (value, wait) in [
            ("2026-11-28T12:00:09Z", Some(9.0)),
            ("2026-11-28T12:01Z", Some(60.0)),
            ("2026-11-28T11:00:00Z", None),
            ("1795867215", Some(15.0)),
            ("1795867215000", Some(15.0)),
            ("20", Some(20.0)),
            ("later", None),
        ] {
            assert_eq!(asked(&[("x-ratelimit-reset", value)]), wait, "{value:?}");
            assert_eq!(
                asked(&[("retry-after", "0"), ("x-ratelimit-reset", value)]),
                wait,
                "{value:?}"
            );
            assert_eq!(asked(&[("retry-after", "2"), ("x-ratelimit-reset", value)]), Some(2.0));
        }
    }
}
