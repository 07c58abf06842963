//! Log lines on stderr.
//!
//! ERROR: somebody has to act. WARN: somebody may want to look. INFO: what an operator reads. DEBUG and below may hold
//! e-mails; nothing above may.

use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::args::{LogFormat, OutputArgs};

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
                    .with_writer(io::stderr)
                    .with_target(false)
                    .with_ansi(colour),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(fmt::layer().json().with_writer(io::stderr).flatten_event(true))
            .try_init(),
    };
}
