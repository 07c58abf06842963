//! Asked to stop: by Ctrl-C, or by whoever manages services.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// A token that is cancelled by SIGINT or SIGTERM. A second SIGINT ends the process at once.
///
/// # Errors
/// When the process cannot listen for signals.
pub(super) fn stop_token() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let asked = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => info!("stopping after the calls in flight; Ctrl-C again stops at once"),
            _ = terminate.recv() => info!("stopping after the calls in flight"),
        }
        asked.cancel();
        if interrupt.recv().await.is_some() {
            warn!("stopped at once; the next pass finds out what became of the calls in flight");
            std::process::exit(130);
        }
    });
    Ok(stop)
}
