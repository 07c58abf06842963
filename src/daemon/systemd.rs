//! What the service manager is told (sd_notify(3)); nothing where there is none.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use sd_notify::NotifyState;
use tracing::debug;

/// The settings are valid and the watch is set.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// What the daemon does, in a line.
pub(super) fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// It was told to stop.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The loop lives.
pub(super) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often to say so: twice as often as the service manager asks for.
pub(super) fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|longest| longest / 2)
}

fn tell(states: &[NotifyState<'_>]) {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET") else {
        return;
    };
    if let Err(error) = send(&socket, states) {
        debug!(%error, "the service manager cannot be told");
    }
}

/// Sends it, or fails where nobody takes it: the library's own way waits then, and knows no abstract sockets.
fn send(socket: &OsStr, states: &[NotifyState<'_>]) -> io::Result<()> {
    let message: String = states.iter().map(|state| format!("{state}\n")).collect();
    let sender = UnixDatagram::unbound()?;
    sender.set_nonblocking(true)?;
    sender.send_to_addr(message.as_bytes(), &address(socket)?).map(drop)
}

/// A path, or after an @ the name of an abstract socket.
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

    /// As in a container whose runtime binds one, and as where the service manager hangs.
    #[test]
    fn an_abstract_socket_is_told_and_a_full_one_blocks_nothing() {
        let name = format!("quietdesk-test-{}", std::process::id());
        let receiver = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        let socket = OsString::from(format!("@{name}"));
        send(&socket, &[NotifyState::Ready, NotifyState::Status("in step")]).unwrap();
        let mut told = [0; 100];
        let length = receiver.recv(&mut told).unwrap();
        assert_eq!(&told[..length], b"READY=1\nSTATUS=in step\n");
        let full = (0..100_000).find_map(|_| send(&socket, &[NotifyState::Watchdog]).err());
        assert_eq!(full.unwrap().kind(), io::ErrorKind::WouldBlock);
        receiver.recv(&mut told).unwrap();
        send(&socket, &[NotifyState::Watchdog]).unwrap();
    }
}
