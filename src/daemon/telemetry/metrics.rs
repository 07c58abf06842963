//! The metrics, as Prometheus reads them. Their names are relied on from outside.
//!
//! Written from one snapshot, so that they agree with each other and with the page. Labels are words of our own, desk
//! keys, path templates and statuses: bounded, and never an e-mail.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::daemon::status::snapshot::{RosterWord, Snapshot};
use crate::daemon::status::{Kind, PassResult};

/// What the text is.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The whole text.
pub(super) fn text(snapshot: Snapshot) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("quietdesk");
    registry.register_collector(Box::new(Metrics(snapshot)));
    let mut written = String::new();
    text::encode(&mut written, &registry)?;
    Ok(written)
}

#[derive(Debug)]
struct Metrics(Snapshot);

/// A value with its labels.
type Labelled<const N: usize, T> = ([(&'static str, String); N], T);

impl Collector for Metrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let encoder = &mut encoder;
        self.gauges(encoder)?;
        self.passes(encoder)?;
        self.steps(encoder)?;
        self.requests(encoder)
    }
}

impl Metrics {
    fn gauges(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let now = &self.0;
        let info = Info::new([("version", now.version)]);
        one(encoder, "build", "Which quietdesk this is", &info)?;
        let seconds = |at: jiff::Timestamp| at.as_millisecond() as f64 / 1000.0;
        for (name, help, value) in [
            (
                "last_success_timestamp_seconds",
                "When a full pass last ran to its end, in Unix time; 0: never",
                now.last_success.map_or(0.0, seconds),
            ),
            (
                "held",
                "Entries of the roster that cannot be decided or done safely",
                now.held as f64,
            ),
            (
                "pending",
                "Steps that wait to be done: failed, not attempted, or only observed",
                now.pending as f64,
            ),
            (
                "refused",
                "Things a guard refuses, until somebody approves of them or the roster changes",
                now.refused() as f64,
            ),
            (
                "requests_in_flight",
                "Requests Jira has not answered yet",
                now.requests.in_flight as f64,
            ),
            (
                "roster_valid",
                "Whether the roster's file is valid",
                f64::from(u8::from(now.roster.state == RosterWord::Valid)),
            ),
            (
                "state_saved",
                "Whether what the last pass saw could be saved",
                f64::from(u8::from(now.unsaved.is_none())),
            ),
            ("ready", "What /readyz answers", f64::from(u8::from(now.ready))),
            (
                "interval_seconds",
                "How often everything is read at present",
                now.interval_seconds,
            ),
        ] {
            one(encoder, name, help, &ConstGauge::new(value))?;
        }
        let desks = now.desks.iter().flat_map(|(key, desk)| {
            let listed = [("true", desk.listed), ("false", desk.unlisted), ("hidden", desk.hidden)];
            listed.map(|(word, count)| ([("desk", key.clone()), ("listed", word.to_owned())], count))
        });
        let help = "Customers of a desk: listed in the roster, not, or with a hidden e-mail that is nobody's there";
        gauges(encoder, "desk_customers", help, desks)?;
        let doubted = now.desks.iter();
        let doubted = doubted.map(|(key, desk)| ([("desk", key.clone())], u64::from(desk.role_doubted)));
        let help = "Whether the role of a desk's customers cannot be read or believed, so that its list alone counts";
        gauges(encoder, "desk_role_unreadable", help, doubted)
    }

    fn passes(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let totals = &self.0.totals;
        let ended = [Kind::Full, Kind::Edit].into_iter().flat_map(|kind| {
            // Named from the beginning, so that the first of its kind is an increase.
            PassResult::ALL.map(|result| {
                let count = totals.passes.get(&kind).and_then(|results| results.get(&result));
                let labels = [
                    ("kind", kind.as_str().to_owned()),
                    ("result", result.as_str().to_owned()),
                ];
                (labels, count.copied().unwrap_or_default())
            })
        });
        counters(encoder, "passes", "Passes that ended", ended)?;
        let took = totals.last_took.iter();
        let took = took.map(|(kind, seconds)| ([("kind", kind.as_str().to_owned())], *seconds));
        gauges(
            encoder,
            "last_pass_duration_seconds",
            "How long the last pass took",
            took,
        )
    }

    fn steps(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let totals = &self.0.totals;
        let steps = pairs(&totals.steps).map(|(kind, outcome, count)| {
            let labels = [("kind", kind.to_owned()), ("outcome", outcome.to_owned())];
            (labels, count)
        });
        counters(encoder, "steps", "Steps that passes carried out or gave up", steps)?;
        let drift = totals.drift.iter();
        let drift = drift.map(|(kind, count)| ([("kind", (*kind).to_owned())], *count));
        let help = "Differences passes found that came from Jira's side; while only observed, each pass counts them";
        counters(encoder, "drift", help, drift)
    }

    fn requests(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let requests = &self.0.requests;
        let answers = requests.answers.iter().map(|answers| {
            let labels = [
                ("method", answers.method.to_owned()),
                ("endpoint", answers.endpoint.to_owned()),
                ("status", answers.status.to_string()),
            ];
            (labels, answers.count)
        });
        counters(encoder, "requests", "Requests to Jira; status 0: no answer", answers)?;
        let waited = ConstCounter::new(requests.waited_seconds);
        let help = "Time waited because Jira limits the rate";
        one(encoder, "rate_limit_wait_seconds", help, &waited)
    }
}

fn pairs<'a, T: Copy>(
    of: &'a BTreeMap<&'static str, BTreeMap<&'static str, T>>,
) -> impl Iterator<Item = (&'static str, &'static str, T)> + 'a {
    of.iter()
        .flat_map(|(one, others)| others.iter().map(|(other, value)| (*one, *other, *value)))
}

fn one(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, metric: &impl EncodeMetric) -> fmt::Result {
    metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
}

fn counters<const N: usize>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl Iterator<Item = Labelled<N, u64>>,
) -> fmt::Result {
    let values = values.map(|(labels, value)| (labels, ConstCounter::new(value)));
    family(encoder, name, help, values, &ConstCounter::new(0_u64))
}

fn gauges<const N: usize, T: prometheus_client::encoding::EncodeGaugeValue + Default>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl Iterator<Item = Labelled<N, T>>,
) -> fmt::Result {
    let values = values.map(|(labels, value)| (labels, ConstGauge::new(value)));
    family(encoder, name, help, values, &ConstGauge::new(T::default()))
}

/// The crate's own `Family` is a hash map: its order would differ from one scrape to the next.
fn family<const N: usize, M: EncodeMetric>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    values: impl Iterator<Item = Labelled<N, M>>,
    like: &M,
) -> fmt::Result {
    let mut family = encoder.encode_descriptor(name, help, None, like.metric_type())?;
    for (labels, value) in values {
        value.encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}
