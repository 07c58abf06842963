//! Values as the page writes them.

use jiff::{Timestamp, Unit};

use crate::daemon::status::text::is_invisible;

/// Any text, harmless in an element and in a quoted attribute. Everything on the page that is not our own goes through
/// here. What cannot be seen, such as a mark that turns the direction of the text, is spelled out.
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

/// An escaped text of our own, with what stands between backquotes as code.
pub(super) fn with_code(text: &str) -> String {
    let mut html = String::new();
    let mut parts = escape(text);
    // An odd one at the end is no pair.
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

/// A number with its thousands apart.
pub(super) fn count(number: u64) -> String {
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

/// A length of time, to what a reader needs of it.
pub(super) fn span(seconds: f64) -> String {
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

/// How long from one moment to the other; none where they are in the other order.
pub(super) fn between(from: Timestamp, to: Timestamp) -> String {
    span(to.duration_since(from).as_secs_f64())
}

/// A moment as `<time>`, with its day where that is not today. UTC, which has to be said beside it.
pub(super) fn time(at: Timestamp, now: Timestamp) -> String {
    let at = at.round(Unit::Second).unwrap_or(at);
    let today = at.strftime("%F").to_string() == now.strftime("%F").to_string();
    let shown = at.strftime(if today { "%H:%M:%S" } else { "%F %H:%M" });
    format!("<time datetime=\"{at}\">{shown}</time>")
}

/// The same, with the time zone.
pub(super) fn moment(at: Timestamp, now: Timestamp) -> String {
    format!("{} UTC", time(at, now))
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
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0.0, 0.25, 59.9, 61.0, 3725.0, 90_000.0, -5.0].map(span),
            ["0 s", "0.2 s", "59 s", "1 min", "1 h 2 min", "1 d 1 h", "0 s"]
        );
    }
}
