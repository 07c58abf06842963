//! The Prometheus metrics. Their names are a public interface.
//!
//! Written from one snapshot, so that they agree with each other and with the page. Labels are fixed words, desk keys,
//! path templates and statuses: bounded, and never an e-mail.

use std::collections::BTreeMap;
use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::daemon::status::snapshot::{RosterStatus, Snapshot};
use crate::daemon::status::{PassKind, PassResult};

/// The text's media type.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Encodes the snapshot as OpenMetrics text.
pub(super) fn encode(snapshot: Snapshot) -> Result<String, fmt::Error> {
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
        encode_metric(encoder, "build", "Version of quietdesk", &info)?;
        let seconds = |at: jiff::Timestamp| at.as_millisecond() as f64 / 1000.0;
        for (name, help, value) in [
            (
                "last_success_timestamp_seconds",
                "Unix time of the last completed full pass; 0: none yet",
                now.last_success.map_or(0.0, seconds),
            ),
            (
                "held",
                "Held roster entries: they cannot be decided or done safely",
                now.held as f64,
            ),
            (
                "pending",
                "Pending steps: failed, not attempted, or only observed",
                now.pending as f64,
            ),
            (
                "refused",
                "Guard findings that block changes until they are approved or the roster changes",
                now.refused() as f64,
            ),
            (
                "requests_in_flight",
                "Requests to Jira without a response yet",
                now.requests.in_flight as f64,
            ),
            (
                "roster_valid",
                "Whether the roster file is valid",
                f64::from(u8::from(now.roster.state == RosterStatus::Valid)),
            ),
            (
                "state_saved",
                "Whether the results of the last pass could be saved",
                f64::from(u8::from(now.unsaved.is_none())),
            ),
            ("ready", "Whether /readyz reports ready", f64::from(u8::from(now.ready))),
            (
                "interval_seconds",
                "Current time between full passes",
                now.interval_seconds,
            ),
        ] {
            encode_metric(encoder, name, help, &ConstGauge::new(value))?;
        }
        let desks = now.desks.iter().flat_map(|(key, desk)| {
            let listed = [("true", desk.listed), ("false", desk.unlisted), ("hidden", desk.hidden)];
            listed.map(|(word, count)| ([("desk", key.clone()), ("listed", word.to_owned())], count))
        });
        let help =
            "Customers of a desk: listed in the roster, not listed, or with a hidden e-mail that matches no entry";
        gauges(encoder, "desk_customers", help, desks)?;
        let doubted = now.desks.iter();
        let doubted = doubted.map(|(key, desk)| ([("desk", key.clone())], u64::from(desk.role_doubted)));
        let help = "Whether the role of a desk's customers is unreadable or untrusted, so that only its list counts";
        gauges(encoder, "desk_role_unreadable", help, doubted)
    }

    fn passes(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let totals = &self.0.totals;
        let ended = [PassKind::Full, PassKind::Edit].into_iter().flat_map(|kind| {
            // Exported from the start, so that the first of each is an increase.
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
        gauges(encoder, "last_pass_duration_seconds", "Duration of the last pass", took)
    }

    fn steps(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let totals = &self.0.totals;
        let steps = flatten_counts(&totals.steps).map(|(kind, outcome, count)| {
            let labels = [("kind", kind.to_owned()), ("outcome", outcome.to_owned())];
            (labels, count)
        });
        counters(encoder, "steps", "Steps that were applied or given up", steps)?;
        let drift = totals.drift.iter();
        let drift = drift.map(|(kind, count)| ([("kind", (*kind).to_owned())], *count));
        let help = "Differences caused by changes in Jira; while only observed, each pass counts them again";
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
        counters(encoder, "requests", "Requests to Jira; status 0: no response", answers)?;
        let waited = ConstCounter::new(requests.waited_seconds);
        let help = "Time spent waiting for Jira's rate limit";
        encode_metric(encoder, "rate_limit_wait_seconds", help, &waited)
    }
}

fn flatten_counts<'a, T: Copy>(
    of: &'a BTreeMap<&'static str, BTreeMap<&'static str, T>>,
) -> impl Iterator<Item = (&'static str, &'static str, T)> + 'a {
    of.iter()
        .flat_map(|(one, others)| others.iter().map(|(other, value)| (*one, *other, *value)))
}

fn encode_metric(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    metric: &impl EncodeMetric,
) -> fmt::Result {
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

/// Encodes a metric family. The crate's own `Family` is a hash map: its order differs from scrape to scrape.
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
