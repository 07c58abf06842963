//! Log lines on stderr.
//!
//! ERROR: somebody has to act. WARN: somebody may want to look. INFO: what an operator reads. DEBUG and below may hold
//! e-mails; nothing above may.

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

/// What no line may hold.
static SECRETS: RwLock<Vec<Credentials>> = RwLock::new(Vec::new());

/// From now on these are in no line, whoever says them.
pub(super) fn never_tell(credentials: &Credentials) {
    let mut secrets = SECRETS.write().unwrap_or_else(PoisonError::into_inner);
    if !secrets.iter().any(|known| known.are(credentials)) {
        secrets.push(credentials.clone());
    }
}

/// Stderr, a line at a time, without the secrets.
struct Stderr;

impl io::Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let secrets = SECRETS.read().unwrap_or_else(PoisonError::into_inner);
        let mut hidden = Cow::Borrowed(line);
        for secret in secrets.iter() {
            if let Cow::Owned(less) = secret.hide(&hidden) {
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
    // Libraries below may log headers and bodies; only quietdesk's own lines follow the rules above.
    let filter = Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        // It warns of every watched folder that is removed, which is what it is watched for.
        .with_target("notify", LevelFilter::ERROR.min(level))
        .with_target("quietdesk", level);
    let registry = tracing_subscriber::registry().with(filter);
    let colour = match args.color {
        clap::ColorChoice::Always => true,
        clap::ColorChoice::Never => false,
        clap::ColorChoice::Auto => io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    };
    // A subscriber can only have been set already by a test in this process, which is welcome to keep its own.
    let _ = match args.log_format {
        LogFormat::Text => registry
            .with(
                fmt::layer()
                    .with_writer(|| Stderr)
                    // It would tell of a stderr that is gone on that same stderr, and panic.
                    .log_internal_errors(false)
                    .with_target(false)
                    .with_ansi(colour),
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
