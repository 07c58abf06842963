//! Log lines on stderr.
//!
//! ERROR: action required. WARN: worth checking. INFO: for operators. DEBUG and below may contain e-mails; nothing
//! above may.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _};
use std::sync::{PoisonError, RwLock};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::args::{LogFormat, OutputArgs};
use crate::jira::Credentials;

/// Credentials to remove from every log line.
static SECRETS: RwLock<Vec<Credentials>> = RwLock::new(Vec::new());

/// Removes these credentials from all log lines from now on.
pub(super) fn redact_credentials(credentials: &Credentials) {
    let mut secrets = SECRETS.write().unwrap_or_else(PoisonError::into_inner);
    if !secrets.iter().any(|known| known.is_same_as(credentials)) {
        secrets.push(credentials.clone());
    }
}

/// Stderr, written line by line, with secrets removed.
struct Stderr;

impl io::Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let secrets = SECRETS.read().unwrap_or_else(PoisonError::into_inner);
        let mut hidden = Cow::Borrowed(line);
        for secret in secrets.iter() {
            if let Cow::Owned(less) = secret.redact(&hidden) {
                hidden = Cow::Owned(less);
            }
        }
        io::stderr().write_all(&hidden)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Starts logging, once for the process.
pub(super) fn start(args: &OutputArgs) {
    let level = match (args.verbose, args.quiet) {
        (0, 0) => LevelFilter::INFO,
        (0, 1) => LevelFilter::WARN,
        (0, _) => LevelFilter::ERROR,
        (1, _) => LevelFilter::DEBUG,
        (_, _) => LevelFilter::TRACE,
    };
    // Libraries may log headers and bodies; only quietdesk's own lines follow the rules above.
    let filter = Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        // It warns about every removed watched folder, which is expected here.
        .with_target("notify", LevelFilter::ERROR.min(level))
        .with_target("quietdesk", level);
    let registry = tracing_subscriber::registry().with(filter);
    let color = match args.color {
        clap::ColorChoice::Always => true,
        clap::ColorChoice::Never => false,
        clap::ColorChoice::Auto => io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    // Fails only if a test in this process has already set a subscriber; that one stays.
    let _ = match args.log_format {
        LogFormat::Text => registry
            .with(
                fmt::layer()
                    .with_writer(|| Stderr)
                    // It would report a closed stderr to that same stderr, and panic.
                    .log_internal_errors(false)
                    .with_target(false)
                    .with_ansi(color),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(
                fmt::layer()
                    .json()
                    .with_writer(|| Stderr)
                    .log_internal_errors(false)
                    .flatten_event(true),
            )
            .try_init(),
    };
}
