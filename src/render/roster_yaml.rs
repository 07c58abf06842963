//! An export as a roster's text. The same export always gives the same bytes.
//!
//! One customer after the other by e-mail, in the form of the examples, so that two exports differ where Jira does.
//! Whatever Jira says goes through `scalar` or `remark`: a name is never a line of its own, a key or a comment's end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::canonical::scalar;
use crate::model::desk::DeskKey;
use crate::model::export::{Entry, Export, ExportedDesk, Reason, Withheld};
use crate::model::name::is_hostile;
use crate::model::observed::AccessReading;

/// What the text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A roster of its own.
    Roster,
    /// More customers for a roster that declares the desks: a desk is declared once, so this file does not.
    Beside,
}

/// Writes the roster. `day` is told in the head.
#[must_use]
pub fn text(export: &Export, form: Form, day: jiff::civil::Date) -> String {
    let mut out = String::from("# yaml-language-server: $schema=../schemas/roster.schema.json\n#\n");
    head(&mut out, export, form, day);
    out.push_str("\nversion: 1\n");
    let defaults = usual_desks(&export.entries);
    if let Some(desks) = defaults {
        let _ = write!(out, "\ndefaults:\n  desks: {}\n", list(desks));
    }
    if form == Form::Roster {
        out.push_str(if export.desks.is_empty() {
            "\ndesks: {}\n"
        } else {
            "\ndesks:\n"
        });
        export.desks.iter().for_each(|it| desk(&mut out, it));
    }
    out.push_str(if export.entries.is_empty() {
        "\ncustomers: []\n"
    } else {
        "\ncustomers:\n"
    });
    export.entries.iter().for_each(|it| entry(&mut out, it, defaults));
    withheld(&mut out, &export.withheld);
    out
}

fn head(out: &mut String, export: &Export, form: Form, day: jiff::civil::Date) {
    let deployment = export.site.deployment;
    let (url, entries) = (remark(&export.site.url), export.entries.len());
    let customers = counted(entries, "customer", "customers");
    let lines = match form {
        Form::Roster => vec![
            format!("The service desks of {url} (Jira {deployment}) and their customers, as they were on {day}."),
            "Made by `quietdesk export`; `quietdesk plan` of this file has no steps.".to_owned(),
            String::new(),
            format!("{customers} on {}.", counted(export.desks.len(), "desk", "desks")),
        ],
        Form::Beside => vec![
            format!("Who was on service desks of {url} (Jira {deployment}) on {day} without being listed there."),
            "Made by `quietdesk export --unlisted`, to stand beside the roster in one folder: the desks are declared"
                .to_owned(),
            "there, and the two together have no steps but the roster's own.".to_owned(),
            String::new(),
            format!("{customers}; to adopt only some, take the others out."),
        ],
    };
    let remarks = left_out(export)
        .into_iter()
        .chain(export.warnings.iter().map(|it| format!("Beware: {}", remark(it))));
    let unread = export.unread.iter().map(|(key, why)| {
        format!(
            "The desk {key} is not in here, because its customers cannot be listed: {}",
            remark(why)
        )
    });
    let gaps = export.desks.iter().filter_map(|desk| {
        let gap = desk.gap.as_deref()?;
        Some(format!(
            "The list of {} changed while it was read, so that people may be missing here: {}",
            desk.key,
            remark(gap)
        ))
    });
    for line in lines.into_iter().chain(remarks).chain(unread).chain(gaps) {
        let _ = writeln!(out, "{}", format!("# {line}").trim_end());
    }
}

/// Who is not an entry, in words.
fn left_out(export: &Export) -> Vec<String> {
    let out = export.left_out;
    let mut parts = Vec::new();
    if out.agents > 0 {
        let one = "agent, administrator or other holder of a licence";
        parts.push(counted(
            out.agents,
            one,
            "agents, administrators and other holders of a licence",
        ));
    }
    if out.apps > 0 {
        parts.push(counted(out.apps, "app", "apps"));
    }
    if out.own {
        parts.push("quietdesk's own account".to_owned());
    }
    let left_out = (!parts.is_empty()).then(|| format!("Left out: {}.", parts.join(", ")));
    let withheld = (!export.withheld.is_empty()).then(|| {
        let accounts = counted(export.withheld.len(), "account", "accounts");
        format!("Only in comments, at the end of the file, with the reason: {accounts}.")
    });
    left_out.into_iter().chain(withheld).collect()
}

fn desk(out: &mut String, desk: &ExportedDesk) {
    let _ = write!(out, "  # {}: {} on its list", remark(&desk.name), desk.customers);
    if desk.listed != desk.customers {
        let _ = write!(out, ", {} of them listed here", desk.listed);
    }
    if !desk.groups.is_empty() {
        let _ = write!(
            out,
            "\n  # and the members of these groups: {}",
            remark(&desk.groups.join(", "))
        );
    }
    let key = scalar(desk.key.as_str());
    let _ = match &desk.access {
        AccessReading::Known(access) => write!(out, "\n  {key}:\n    access: {access}\n"),
        AccessReading::NotAsked => write!(out, "\n  {key}: {{}}\n"),
        AccessReading::Unreadable { reason } => write!(
            out,
            "\n  # How open it is could not be read, and is not managed here: {}\n  {key}: {{}}\n",
            remark(reason)
        ),
    };
}

fn entry(out: &mut String, entry: &Entry, defaults: Option<&BTreeSet<DeskKey>>) {
    let customer = &entry.customer;
    let email = scalar(customer.email.as_str());
    let desks = (Some(&customer.desks) != defaults).then(|| list(&customer.desks));
    let is_short = customer.name.is_none() && customer.account.is_none() && desks.is_none();
    let _ = match is_short {
        true => write!(out, "  - {email}"),
        false => write!(out, "  - email: {email}"),
    };
    odd_name(out, entry.odd_name.as_deref());
    out.push('\n');
    if let Some(name) = &customer.name {
        let _ = writeln!(out, "    name: {}", scalar(name.as_str()));
    }
    if let Some(desks) = desks {
        let _ = writeln!(out, "    desks: {desks}");
    }
    if let Some(account) = &customer.account {
        let why = "another account has the same e-mail and is no customer here";
        let _ = writeln!(out, "    account: {} # {why}", scalar(&account.0));
    }
}

/// Each account on a line that becomes an entry when its `#` is taken away.
fn withheld(out: &mut String, withheld: &[Withheld]) {
    let head = |it: &Withheld| match &it.reason {
        Reason::HiddenEmail => {
            "Jira hides their e-mails. Write the e-mail in the place of the question mark to list somebody."
        }
        Reason::SeveralAccounts => {
            "Several accounts show the same e-mail. Keep the one that is meant, which its `account:` pins."
        }
        Reason::Claimed => "The roster means another account by the e-mail, or waits there for the right `account:`.",
        Reason::NoAddress(_) => "Their e-mails are none that mail could reach. Correct them in Jira first.",
        Reason::Deactivated => {
            "Their accounts are deactivated. List them, and on Data Center --reactivate brings them back; else do so in Jira."
        }
    };
    for group in withheld.chunk_by(|a, b| head(a) == head(b)) {
        let _ = writeln!(out, "\n  # {}", head(&group[0]));
        for it in group {
            let email = it.email.as_deref().map_or_else(|| "\"?\"".to_owned(), scalar);
            let name = it
                .name
                .as_ref()
                .map(|name| format!("name: {}, ", scalar(name.as_str())));
            let (name, desks) = (name.unwrap_or_default(), list(&it.desks));
            let _ = write!(
                out,
                "  # - {{email: {email}, {name}desks: {desks}, account: {}}}",
                scalar(&it.account.0)
            );
            if let Reason::NoAddress(problem) = &it.reason {
                let _ = write!(out, " # the e-mail {problem}");
            }
            odd_name(out, it.odd_name.as_deref());
            out.push('\n');
        }
    }
}

fn odd_name(out: &mut String, name: Option<&str>) {
    if let Some(name) = name {
        let _ = write!(out, " # the name in Jira, which a roster cannot hold: {}", scalar(name));
    }
}

/// The desks that at least two in three are on: worth a default. One that every few people change would rewrite the
/// file when it flips.
fn usual_desks(entries: &[Entry]) -> Option<&BTreeSet<DeskKey>> {
    let mut counts: BTreeMap<&BTreeSet<DeskKey>, usize> = BTreeMap::new();
    for entry in entries {
        *counts.entry(&entry.customer.desks).or_default() += 1;
    }
    let (desks, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    (count * 3 >= entries.len() * 2).then_some(desks)
}

fn list(desks: &BTreeSet<DeskKey>) -> String {
    let keys: Vec<_> = desks.iter().map(|key| scalar(key.as_str())).collect();
    format!("[{}]", keys.join(", "))
}

fn counted(count: usize, one: &str, several: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {several}"),
    }
}

/// A text inside a comment: one line, whatever it holds.
fn remark(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match is_hostile(c) || matches!(c, '\u{fffe}' | '\u{ffff}') {
            true => out.extend(c.escape_unicode()),
            false => out.push(c),
        }
    }
    out
}
