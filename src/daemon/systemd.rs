//! Notifications to the service manager (sd_notify(3)); does nothing without one.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use sd_notify::NotifyState;
use tracing::debug;

/// Reports that the settings are valid and the watch is set.
pub(super) fn ready() {
    notify(&[NotifyState::Ready]);
}

/// Reports a status line.
pub(super) fn status(text: &str) {
    notify(&[NotifyState::Status(text)]);
}

/// Reports that the daemon is stopping.
pub(super) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Feeds the watchdog.
pub(super) fn feed_watchdog() {
    notify(&[NotifyState::Watchdog]);
}

/// Returns how often to feed the watchdog: twice as often as the service manager requires.
pub(super) fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|longest| longest / 2)
}

fn notify(states: &[NotifyState<'_>]) {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    if let Err(error) = send(&socket, states) {
        debug!(%error, "cannot notify the service manager");
    }
}

/// Sends a notification without blocking. `sd_notify` itself blocks on a full socket and lacks abstract sockets.
fn send(socket: &OsStr, states: &[NotifyState<'_>]) -> io::Result<()> {
    let message: String = states.iter().map(|state| format!("{state}\n")).collect();
    let sender = UnixDatagram::unbound()?;
    sender.set_nonblocking(true)?;
    sender.send_to_addr(message.as_bytes(), &address(socket)?).map(drop)
}

/// Parses a path, or after `@` the name of an abstract socket.
fn address(socket: &OsStr) -> io::Result<SocketAddr> {
    match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(socket),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    /// A container runtime may bind an abstract socket; a service manager that hangs leaves it full.
    #[test]
    fn an_abstract_socket_is_notified_and_a_full_one_blocks_nothing() {
        let name = format!("quietdesk-test-{}", std::process::id());
        let receiver = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let socket = OsString::from(format!("@{name}"));
        send(&socket, &[NotifyState::Ready, NotifyState::Status("in step")]).unwrap();
        let mut received = [0; 100];
        let length = receiver.recv(&mut received).unwrap();
        assert_eq!(&received[..length], b"READY=1\nSTATUS=in step\n");
        let full = (0..100_000).find_map(|_| send(&socket, &[NotifyState::Watchdog]).err());
        assert_eq!(full.unwrap().kind(), io::ErrorKind::WouldBlock);
        receiver.recv(&mut received).unwrap();
        send(&socket, &[NotifyState::Watchdog]).unwrap();
    }
}
