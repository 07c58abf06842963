//! Signal handling: SIGINT, SIGTERM and SIGHUP.

use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Returns a [`Notify`] that is notified on each SIGHUP.
///
/// # Errors
/// When the process cannot listen for signals.
pub(super) fn hangup_notify() -> std::io::Result<Arc<Notify>> {
    let (hangup, mut signals) = (Arc::new(Notify::new()), signal(SignalKind::hangup())?);
    let wakes = Arc::clone(&hangup);
    tokio::spawn(async move {
        while signals.recv().await.is_some() {
            wakes.notify_one();
        }
    });
    Ok(hangup)
}

/// Returns a token that SIGINT or SIGTERM cancels. A second SIGINT ends the process at once.
///
/// # Errors
/// When the process cannot listen for signals.
pub(super) fn stop_token() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let asked = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => info!("stopping after the calls in flight; press Ctrl-C again to stop at once"),
            _ = terminate.recv() => info!("stopping after the calls in flight"),
        }
        asked.cancel();
        if interrupt.recv().await.is_some() {
            warn!("stopped at once; the next pass checks the outcome of the calls in flight");
            std::process::exit(130);
        }
    });
    Ok(stop)
}
