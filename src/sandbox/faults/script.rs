//! Parsing a fault script.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::super::routes::{RouteName, route_names};
use super::injected_fault::{ResponseLost, RetryAfter};
use super::rule::{Condition, Fault, Faults, Place, Rule};

/// The names of all faults.
const WORDS: &str = "429, 429-bare, 429-fraction, 429-date, 429-past, 429-unreadable, 429-twice, 429-reset, 401, 403, \
    403-empty, 404, 500, 500-after, 503, 503-after, html, html-after, object, object-after, slow, drop-before, \
    drop-after, truncated, cut, drip, dead-token, ignored, page-limit, short-page, empty, half, endless, repeat-row, \
    skip-row, hide-emails, search-lag";

/// Why a script cannot be parsed. Each variant contains the rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// A rule without a fault.
    #[error("`{rule}` names no fault; known faults: {WORDS}")]
    NoFault {
        /// The rule.
        rule: String,
    },
    /// An unknown fault.
    #[error("`{rule}`: `{word}` is not a fault; known faults: {WORDS}")]
    UnknownFault {
        /// The rule.
        rule: String,
        /// The word.
        word: String,
    },
    /// An unknown place.
    #[error(
        "`{rule}`: `{place}` is not a place; use a METHOD, a path template, `reads`, `writes`, or one of {}",
        names()
    )]
    UnknownPlace {
        /// The rule.
        rule: String,
        /// The place.
        place: String,
    },
    /// A fault with a number it does not take, or with an invalid number.
    #[error("`{rule}`: {reason}")]
    BadNumber {
        /// The rule.
        rule: String,
        /// The problem.
        reason: &'static str,
    },
    /// A condition that cannot be parsed.
    #[error("`{rule}`: `{when}` is not a condition; use @3, @3+, @3x2, x2 (numbers from 1) or %5 (1 to 100)")]
    BadCondition {
        /// The rule.
        rule: String,
        /// The text found.
        when: String,
    },
}

/// Returns the operations a script can name, method and path template.
pub fn places() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    route_names().map(|spot| (spot.name, spot.method, spot.template))
}

fn names() -> String {
    let names: BTreeSet<_> = route_names().map(|spot| spot.name).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

impl FromStr for Faults {
    type Err = FaultError;

    /// Parses a script; an empty one has no faults.
    fn from_str(script: &str) -> Result<Self, FaultError> {
        if script.trim().is_empty() {
            return Ok(Self::default());
        }
        let rules = script.split(',').map(|rule| parse_rule(rule.trim()));
        Ok(Self {
            rules: rules.collect::<Result<_, _>>()?,
        })
    }
}

fn parse_rule(text: &str) -> Result<Rule, FaultError> {
    let rule = || text.to_owned();
    let (place, effect) = text.rsplit_once(':').unwrap_or(("", text));
    let (place, desk) = match place.trim().split_once('[') {
        None => (place.trim(), None),
        Some((place, desk)) => match desk.strip_suffix(']') {
            Some(desk) if !desk.is_empty() => (place.trim(), Some(desk.to_owned())),
            _ => {
                return Err(FaultError::UnknownPlace {
                    rule: rule(),
                    place: format!("[{desk}"),
                });
            }
        },
    };
    let effect = effect.trim();
    let (fault, when) = effect.split_at(condition_start(effect));
    let (word, number) = match fault.trim().split_once('=') {
        None => (fault.trim(), None),
        Some((word, number)) => {
            let number = number.trim().parse().map_err(|_| FaultError::BadNumber {
                rule: rule(),
                reason: "the text after `=` is not a whole number",
            })?;
            (word.trim(), Some(number))
        }
    };
    if word.is_empty() {
        return Err(FaultError::NoFault { rule: rule() });
    }
    Ok(Rule {
        place: parse_place(place).ok_or_else(|| FaultError::UnknownPlace {
            rule: rule(),
            place: place.to_owned(),
        })?,
        desk,
        fault: parse_fault(word, number, text)?,
        when: parse_when(when.trim()).ok_or_else(|| FaultError::BadCondition {
            rule: rule(),
            when: when.to_owned(),
        })?,
        text: rule(),
    })
}

/// The byte offset where the condition starts: at `@` or `%`, or at an `x` followed by a digit.
fn condition_start(effect: &str) -> usize {
    let times = |at: &usize| effect[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    let repeated = || effect.match_indices('x').map(|(at, _)| at).find(times);
    let begins = effect.find(['@', '%']).or_else(repeated);
    begins.unwrap_or(effect.len())
}

fn parse_place(place: &str) -> Option<Place> {
    Some(match place {
        "" | "*" => Place::Anywhere,
        "reads" => Place::Reads,
        "writes" => Place::Writes,
        "GET" | "POST" | "PUT" | "DELETE" => Place::Method(place.to_owned()),
        _ => {
            let named = |spot: &RouteName| match place.split_once(' ') {
                Some((method, path)) => spot.method == method && spot.template == path.trim(),
                None => spot.name == place || spot.template == place,
            };
            let found: Vec<_> = route_names().filter(named).collect();
            if found.is_empty() {
                return None;
            }
            Place::Spots(found)
        }
    })
}

fn parse_fault(word: &str, number: Option<u64>, rule: &str) -> Result<Fault, FaultError> {
    let bad = |reason| FaultError::BadNumber {
        rule: rule.to_owned(),
        reason,
    };
    let small = |default| u32::try_from(number.unwrap_or(default)).map_err(|_| bad("that number is too large"));
    let fault = match word {
        "429" => Fault::TooMany(RetryAfter::Seconds(number.unwrap_or(1))),
        "429-fraction" => Fault::TooMany(RetryAfter::Fraction(number.unwrap_or(1))),
        "429-date" => Fault::TooMany(RetryAfter::Date(number.unwrap_or(1))),
        "429-twice" => Fault::TooMany(RetryAfter::Twice(number.unwrap_or(1))),
        "429-reset" => Fault::TooMany(RetryAfter::Reset(number.unwrap_or(1))),
        "503" => Fault::Unavailable {
            retry_after: number.unwrap_or(1),
        },
        "503-after" => Fault::ResponseLost(ResponseLost::Unavailable {
            retry_after: number.unwrap_or(1),
        }),
        "slow" => Fault::Slow {
            milliseconds: small(5000)?,
        },
        "html" => Fault::Html(match u16::try_from(number.unwrap_or(503)) {
            Ok(status @ 200..=599) => status,
            _ => return Err(bad("an HTTP status is a number from 200 to 599")),
        }),
        "page-limit" if number == Some(0) => return Err(bad("a page holds at least one row")),
        "page-limit" => Fault::PageLimit(small(10)?),
        "short-page" => Fault::ShortPage(small(1)?),
        "search-lag" => Fault::SearchLag(small(3)?),
        _ if number.is_some() => return Err(bad("this fault takes no number")),
        "429-bare" => Fault::TooMany(RetryAfter::Nothing),
        "429-past" => Fault::TooMany(RetryAfter::Past),
        "429-unreadable" => Fault::TooMany(RetryAfter::Unreadable),
        "403-empty" => Fault::Bare(403),
        "401" => Fault::Status(401),
        "403" => Fault::Status(403),
        "404" => Fault::Status(404),
        "500" => Fault::Status(500),
        "500-after" => Fault::ResponseLost(ResponseLost::InternalError),
        "html-after" => Fault::ResponseLost(ResponseLost::Html),
        "object" => Fault::Object,
        "object-after" => Fault::ResponseLost(ResponseLost::Object),
        "drop-before" => Fault::ResponseLost(ResponseLost::BeforeEffect),
        "drop-after" => Fault::ResponseLost(ResponseLost::AfterEffect),
        "truncated" => Fault::ResponseLost(ResponseLost::Truncated),
        "cut" => Fault::ResponseLost(ResponseLost::Cut),
        "drip" => Fault::ResponseLost(ResponseLost::Drip),
        "dead-token" => Fault::DeadToken,
        "ignored" => Fault::Ignored,
        "empty" => Fault::Empty,
        "half" => Fault::Half,
        "endless" => Fault::Endless,
        "repeat-row" => Fault::Shift(-1),
        "skip-row" => Fault::Shift(1),
        "hide-emails" => Fault::HideEmails,
        _ => {
            return Err(FaultError::UnknownFault {
                rule: rule.to_owned(),
                word: word.to_owned(),
            });
        }
    };
    Ok(fault)
}

fn parse_when(when: &str) -> Option<Condition> {
    let from_one = |text: &str| text.parse::<u64>().ok().filter(|&number| number > 0);
    if when.is_empty() {
        return Some(Condition::Always);
    }
    if let Some(percent) = when.strip_prefix('%') {
        let percent = percent.parse().ok().filter(|p| (1..=100).contains(p));
        return percent.map(Condition::Percent);
    }
    if let Some(count) = when.strip_prefix('x') {
        return Some(Condition::From {
            first: 1,
            count: Some(from_one(count)?),
        });
    }
    let at = when.strip_prefix('@')?;
    let (first, count) = if let Some(first) = at.strip_suffix('+') {
        (first, None)
    } else if let Some((first, count)) = at.split_once('x') {
        (first, Some(from_one(count)?))
    } else {
        (at, Some(1))
    };
    Some(Condition::From {
        first: from_one(first)?,
        count,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_the_documentation_names_is_one() {
        for word in WORDS.split(", ") {
            let faults: Faults = word.trim().parse().unwrap();
            assert_eq!(faults.rules.len(), 1, "{word}");
        }
    }

    #[test]
    fn rules_say_where_what_and_when() {
        let rule = |text: &str| text.parse::<Faults>().unwrap().rules.remove(0);
        let parsed = rule("GET /rest/api/3/user/search:429=7@2x3");
        assert_eq!(parsed.fault, Fault::TooMany(RetryAfter::Seconds(7)));
        let when = Condition::From {
            first: 2,
            count: Some(3),
        };
        assert_eq!(parsed.when, when);
        assert!(matches!(parsed.place, Place::Spots(spots) if spots[0].name == "user-search"));
        let parsed = rule("add[HR]:403");
        assert_eq!((parsed.desk.as_deref(), parsed.when), (Some("HR"), Condition::Always));
        assert_eq!(rule("writes:drop-after%25").when, Condition::Percent(25));
        assert_eq!(rule("[HR]:404x2").place, Place::Anywhere);
        let template = rule("/rest/servicedeskapi/servicedesk/{serviceDeskId}/customer:slow=10");
        assert!(matches!(template.place, Place::Spots(spots) if spots.len() == 3));
    }

    #[test]
    fn a_script_that_cannot_be_read_says_why() {
        for (script, says) in [
            ("create:explode", "`explode` is not a fault"),
            ("nowhere:500", "`nowhere` is not a place"),
            ("add[HR:500", "`[HR` is not a place"),
            ("500=3", "this fault takes no number"),
            ("slow=fast", "not a whole number"),
            ("html=99", "an HTTP status"),
            ("page-limit=0", "at least one row"),
            ("slow=5x0", "`x0` is not a condition"),
            ("500@0", "`@0` is not a condition"),
            ("500%101", "`%101` is not a condition"),
            ("create:", "names no fault"),
            ("500,,500", "names no fault"),
        ] {
            let error = script.parse::<Faults>().unwrap_err().to_string();
            assert!(error.contains(says), "{script}: {error}");
        }
        assert_eq!(" ".parse::<Faults>(), Ok(Faults::default()));
    }
}
