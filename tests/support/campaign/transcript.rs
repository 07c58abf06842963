//! The result of a life, to compare two builds: plans, findings, calls and what is remembered.
//!
//! Everything that depends on chance is left out: no one else works in Jira while a pass runs, nothing is killed, and
//! one call is in flight at a time.
//!
//! ```text
//! QUIETDESK_TRANSCRIPTS=/tmp/before QUIETDESK_LIVES=5000 cargo bench --bench campaign
//! ```

use std::fmt::Write as _;
use std::path::PathBuf;

use quietdesk::model::ledger::{Fact, Ledger, Value};
use quietdesk::model::report::RosterSource;
use quietdesk::sandbox::Exchange;

use super::Life;
use super::work::Pass;

/// The folder for transcripts, if any.
pub(super) fn folder() -> Option<PathBuf> {
    std::env::var_os("QUIETDESK_TRANSCRIPTS").map(PathBuf::from)
}

/// The transcript of one life.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    text: String,
    seen: u64,
}

impl Transcript {
    fn line(&mut self, line: impl std::fmt::Display) {
        writeln!(self.text, "{line}").unwrap();
    }
}

impl Life {
    /// Records one pass.
    pub(super) fn record_pass(&mut self, pass: &Pass, ledger: &Ledger) {
        let Some(mut transcript) = self.transcript.take() else {
            return;
        };
        let url = self.world.running.url();
        if let Some(seen) = &pass.seen {
            let source = RosterSource::default();
            let report = seen.report(&pass.roster, &source, pass.outcomes.as_ref(), true);
            let report = serde_json::to_string_pretty(&report).unwrap();
            transcript.line(report.replace(&url, "URL"));
            let found = seen.approved.findings().iter().chain(seen.approved.overridden());
            for finding in found {
                transcript.line(format!("finding {} {}", finding.id, finding.what));
            }
        }
        let (exchanges, seen) = (self.world.sandbox.journal(), transcript.seen);
        let calls = exchanges.iter().filter(|exchange| exchange.seq > seen);
        let mut calls: Vec<_> = calls.map(in_words).collect();
        calls.sort();
        calls.into_iter().for_each(|call| transcript.line(call));
        transcript.seen = exchanges.last().map_or(seen, |last| last.seq);
        for line in remembered(ledger) {
            transcript.line(line);
        }
        self.transcript = Some(transcript);
    }

    /// Writes the file at the end.
    pub(super) fn write_transcript(&self) {
        let (Some(folder), Some(transcript)) = (folder(), &self.transcript) else {
            return;
        };
        // Accounts are numbered in the order in which they are created, which depends on chance.
        let mut text = transcript.text.clone();
        let mut accounts: Vec<_> = self.world.sandbox.snapshot().accounts.into_iter().collect();
        accounts.sort_by_key(|(id, _)| std::cmp::Reverse(id.len()));
        for (id, account) in accounts {
            text = text.replace(&id, &format!("<{}>", account.email));
        }
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{}.txt", self.seed)), text).unwrap();
    }
}

/// What is remembered, as text that does not depend on types, so that builds with other types can be compared.
pub(super) fn remembered(ledger: &Ledger) -> Vec<String> {
    let parts = ledger.parts();
    let mut lines = Vec::new();
    lines.extend(parts.completed.iter().map(|desk| format!("completed {desk}")));
    lines.extend(parts.agreed.iter().map(|(fact, value)| {
        let fact = match fact {
            Fact::Account(email) => format!("account {}", email.as_str()),
            Fact::Membership(desk, email) => format!("membership {desk} {}", email.as_str()),
            Fact::Access(desk) => format!("access {desk}"),
            Fact::Name(email) => format!("name {}", email.as_str()),
            Fact::Exact(desk) => format!("exact {desk}"),
        };
        let value = match value {
            Value::Present => "present".to_owned(),
            Value::Account(id) => format!("account {id}"),
            Value::Access(access) => access.to_string(),
            Value::Name(name) => format!("name {name}"),
        };
        format!("agreed {fact}: {value}")
    }));
    lines.extend(
        parts
            .refused_creates
            .iter()
            .map(|(email, ids)| format!("refused {}: {ids:?}", email.as_str())),
    );
    lines.extend(
        parts
            .claimed
            .iter()
            .map(|((desk, email), id)| format!("claimed {desk} {}: {id:?}", email.as_str())),
    );
    lines.extend(
        parts
            .missed
            .iter()
            .map(|(desk, email)| format!("missed {desk} {}", email.as_str())),
    );
    lines.push(format!("accepted {}", parts.accepted_effects.values().sum::<usize>()));
    let history = &parts.history;
    lines.extend(
        history
            .applied_counts
            .iter()
            .map(|(desk, count)| format!("applied {desk}: {count}")),
    );
    lines.extend(
        history
            .list_sizes
            .iter()
            .map(|(desk, count)| format!("size {desk}: {count}")),
    );
    lines.extend(
        history
            .removed
            .iter()
            .map(|((desk, handle), at)| format!("removed {desk} {} at {at}", handle.0)),
    );
    lines.extend(
        history
            .role_members
            .iter()
            .map(|(desk, marks)| format!("places {desk}: {marks:?}")),
    );
    lines.push(format!("until {:?}", parts.until_came));
    lines.sort();
    lines
}

/// A call, without its number.
fn in_words(exchange: &Exchange) -> String {
    let Exchange {
        method, path, query, ..
    } = exchange;
    let status = exchange.status.unwrap_or_default();
    let body = exchange.request_body.as_ref().map(ToString::to_string);
    format!("{method} {path} {query:?} {status} {}", body.unwrap_or_default())
}
