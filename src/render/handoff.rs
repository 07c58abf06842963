//! A hand-off as a table, as CSV and as JSON. The only place where first passwords are shown.

use std::io::{self, Write};

use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::engine::state::HandOff;
use crate::model::name::is_hostile;

const HEADINGS: [&str; 5] = ["E-MAIL", "NAME", "PORTAL", "FIRST PASSWORD", "CREATED"];
/// Shown for an account whose creation is not confirmed yet.
const PENDING: &str = "(creation not confirmed yet)";

/// Writes a table for people, and how to sign in for the first time.
///
/// # Errors
/// Those of `out`.
pub fn write_table(out: &mut dyn Write, entries: &[HandOff]) -> io::Result<()> {
    if entries.is_empty() {
        return writeln!(
            out,
            "no accounts to hand off: none was created since the last `handoff --clear`"
        );
    }
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(entries.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    if entries.iter().any(|entry| entry.password.is_none()) {
        writeln!(
            out,
            "\nPeople without a first password open the portal, enter their e-mail, and request a way to sign in there."
        )?;
    }
    Ok(())
}

fn row(entry: &HandOff) -> [String; 5] {
    let plain = |text: &str| {
        text.chars()
            .map(|c| if is_hostile(c) { '\u{fffd}' } else { c })
            .collect()
    };
    let portals: Vec<_> = entry.desks.iter().map(|(_, portal)| portal.as_str()).collect();
    let password = entry.password.as_ref().map_or("", |password| password.expose_secret());
    [
        plain(&entry.email),
        plain(&entry.name),
        portals.join(" "),
        password.to_owned(),
        match entry.is_created {
            // Fractions of a second are noise here.
            true => entry.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            false => PENDING.to_owned(),
        },
    ]
}

/// Writes CSV with a header row. Prefixes a cell that a spreadsheet would treat as a formula with an apostrophe.
///
/// # Errors
/// Those of `out`.
pub fn write_csv(out: &mut dyn Write, entries: &[HandOff]) -> io::Result<()> {
    let mut rows = csv::Writer::from_writer(out);
    rows.write_record(["email", "name", "portal", "initial_password", "created_at", "state"])?;
    for entry in entries {
        let [email, name, portal, password, _] = row(entry);
        let harmless = |cell: String| match cell.starts_with(['=', '+', '-', '@']) {
            true => format!("'{cell}"),
            false => cell,
        };
        let (at, state) = (entry.at.to_string(), state(entry).to_owned());
        // A password must stay exact, even if a spreadsheet treats it as a formula.
        rows.write_record([harmless(email), harmless(name), portal, password, at, state])?;
    }
    rows.flush()
}

/// Writes JSON, `format_version` 1.
///
/// # Errors
/// Those of `out`.
pub fn write_json(out: &mut dyn Write, entries: &[HandOff]) -> io::Result<()> {
    let document = Document {
        format_version: 1,
        entries: entries.iter().map(Entry::of).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    email: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    desks: Vec<Desk<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    initial_password: Option<&'a str>,
    created_at: String,
    state: &'static str,
}

#[derive(Serialize)]
struct Desk<'a> {
    key: &'a str,
    portal: &'a str,
}

impl<'a> Entry<'a> {
    fn of(entry: &'a HandOff) -> Self {
        let desks = entry.desks.iter().map(|(key, portal)| Desk {
            key: key.as_str(),
            portal,
        });
        Self {
            email: &entry.email,
            name: &entry.name,
            account: entry.account.as_ref().map(|account| account.0.as_str()),
            desks: desks.collect(),
            initial_password: entry.password.as_ref().map(|password| password.expose_secret()),
            created_at: entry.at.to_string(),
            state: state(entry),
        }
    }
}

fn state(entry: &HandOff) -> &'static str {
    if entry.is_created { "made" } else { "pending" }
}
