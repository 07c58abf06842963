//! Formats values for the page.

use jiff::{Timestamp, Unit};

use crate::daemon::status::text::is_invisible;

/// Escapes a text for an element or a quoted attribute. Every external text on the page passes through here. Invisible
/// characters, such as direction marks, are spelled out.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c if is_invisible(c) => escaped.extend(c.escape_unicode()),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Escapes a text, and marks what is between backquotes as code.
pub(super) fn with_code(text: &str) -> String {
    let mut html = String::new();
    let mut parts = escape(text);
    // With an odd number, the last one has no pair.
    if parts.matches('`').count() % 2 == 1 {
        parts = parts.replace('`', "&#96;");
    }
    for (index, part) in parts.split('`').enumerate() {
        html.push_str(match (index, index % 2) {
            (0, _) => "",
            (_, 1) => "<code>",
            _ => "</code>",
        });
        html.push_str(part);
    }
    html
}

/// Formats a number with thousands separators.
pub(super) fn format_count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Formats a duration in its two largest units.
pub(super) fn format_duration(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    let (minutes, hours, days) = (whole / 60, whole / 3600, whole / 86_400);
    match whole {
        0 if seconds > 0.0 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{minutes} min"),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// Formats the time from one timestamp to another; zero if they are in reverse order.
pub(super) fn format_elapsed(from: Timestamp, to: Timestamp) -> String {
    format_duration(to.duration_since(from).as_secs_f64())
}

/// Formats a UTC timestamp as `<time>`, with its date unless it is today. Does not name the time zone.
pub(super) fn time_element(at: Timestamp, now: Timestamp) -> String {
    let at = at.round(Unit::Second).unwrap_or(at);
    let today = at.strftime("%F").to_string() == now.strftime("%F").to_string();
    let shown = at.strftime(if today { "%H:%M:%S" } else { "%F %H:%M" });
    format!("<time datetime=\"{at}\">{shown}</time>")
}

/// The same, with `UTC` after it.
pub(super) fn time_element_utc(at: Timestamp, now: Timestamp) -> String {
    format!("{} UTC", time_element(at, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_an_element_or_an_attribute() {
        let hostile = "\"><img src=x onerror='alert(1)'>&\u{202e}\u{0}";
        assert_eq!(
            escape(hostile),
            "&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;\\u{202e}\\u{0}"
        );
    }

    #[test]
    fn code_is_marked_and_harmless() {
        assert_eq!(with_code("see `quietdesk plan`."), "see <code>quietdesk plan</code>.");
        assert_eq!(with_code("`<b>`"), "<code>&lt;b&gt;</code>");
        assert_eq!(with_code("a ` alone"), "a &#96; alone");
    }

    #[test]
    fn numbers_and_lengths() {
        assert_eq!(
            [0, 999, 1000, 1_234_567].map(format_count),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [0.0, 0.25, 59.9, 61.0, 3725.0, 90_000.0, -5.0].map(format_duration),
            ["0 s", "0.2 s", "59 s", "1 min", "1 h 2 min", "1 d 1 h", "0 s"]
        );
    }
}
