//! The daemon as a service manager runs it: the real program, real signals, a real notification socket.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use quietdesk::sandbox::{DeskAccess, Seed, SeedDesk, SeedPerson};
use support::world::World;
use tempfile::TempDir;

const TOKEN: &str = "quietdesk@example.com:sandbox";

/// A service, its site, and the socket it notifies.
struct Service {
    world: World,
    folder: TempDir,
    socket: UnixDatagram,
    log: Vec<String>,
    process: Option<Child>,
}

impl Service {
    async fn prepare() -> Self {
        let seed = Seed {
            seed: 1,
            desks: vec![SeedDesk::new("SUP", DeskAccess::Restricted)],
            people: Vec::new(),
        };
        let folder = TempDir::new().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let service = Self {
            world: World::new(seed).await,
            folder,
            socket,
            log: Vec::new(),
            process: None,
        };
        fs::write(service.path("token"), TOKEN).unwrap();
        service.wants(&["ada@example.com"]);
        service
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn wants(&self, emails: &[&str]) {
        let customers: String = emails
            .iter()
            .map(|email| format!("  - {{email: {email}, desks: [SUP]}}\n"))
            .collect();
        let yaml = format!("version: 1\ndesks: {{SUP: {{}}}}\ncustomers:\n{customers}");
        fs::write(self.path("roster.yaml"), yaml).unwrap();
    }

    fn start(&mut self, patience: &str) {
        self.start_with(patience, &[]);
    }

    fn start_with(&mut self, patience: &str, more: &[&str]) {
        let process = Command::new(env!("CARGO_BIN_EXE_quietdesk"))
            .arg("run")
            .arg(self.path("roster.yaml"))
            .args(["--url", &self.world.running.url(), "--patience", patience])
            .arg("--token-file")
            .arg(self.path("token"))
            .args(more)
            .env("STATE_DIRECTORY", self.path("state"))
            .env("NOTIFY_SOCKET", self.path("notify"))
            .env("WATCHDOG_USEC", "200000")
            .spawn()
            .unwrap();
        self.process = Some(process);
    }

    fn signal(&self, name: &str) {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Waits for a notification that starts with this text.
    fn wait_for_notification(&mut self, begins: &str) {
        self.until(&format!("notified {begins:?}"), |service| {
            service.log.iter().any(|line| line.starts_with(begins))
        });
    }

    fn until_on_the_desk(&mut self, emails: &[&str]) {
        let wanted = emails.iter().map(|email| (*email).to_owned()).collect();
        self.until("on the desk", |service| {
            service.world.sandbox.snapshot().customers("SUP") == wanted
        });
    }

    fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let begin = Instant::now();
        while !holds(self) {
            assert!(
                begin.elapsed() < Duration::from_secs(30),
                "never: {what}; notified {:?}",
                self.log
            );
            self.listen();
        }
    }

    fn listen(&mut self) {
        let mut datagram = [0; 4096];
        if let Ok(length) = self.socket.recv(&mut datagram) {
            let text = String::from_utf8_lossy(&datagram[..length]).into_owned();
            self.log.extend(text.lines().map(str::to_owned));
        }
    }

    fn ends(&mut self) -> ExitStatus {
        let mut process = self.process.take().unwrap();
        let begin = Instant::now();
        loop {
            if let Some(status) = process.try_wait().unwrap() {
                self.world.drain();
                return status;
            }
            assert!(begin.elapsed() < Duration::from_secs(12), "it did not end in time");
            // Otherwise a full socket would hold up the process.
            self.listen();
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_is_notified() {
    let mut service = Service::prepare().await;
    service.start("2s");
    service.wait_for_notification("READY=1");
    service.wait_for_notification("STATUS=in step");
    service.wait_for_notification("WATCHDOG=1");
    service.until_on_the_desk(&["ada@example.com"]);
    service.log.clear();
    service.wait_for_notification("WATCHDOG=1");
    service.signal("-TERM");
    service.wait_for_notification("STOPPING=1");
    assert_eq!(service.ends().code(), Some(0));
    assert!(!service.log.iter().any(|line| line.contains('@')), "{:?}", service.log);
}

/// The loop pets the watchdog, also during a pass.
#[tokio::test(flavor = "multi_thread")]
async fn the_watchdog_is_fed_while_jira_is_slow() {
    let mut service = Service::prepare().await;
    service.world.sandbox.set_faults(&"desks:slow=1500".parse().unwrap());
    service.start("2s");
    service.wait_for_notification("STATUS=reading Jira");
    service.log.clear();
    for _ in 0..3 {
        service.wait_for_notification("WATCHDOG=1");
        assert!(!service.log.iter().any(|line| line.starts_with("STATUS=in step")));
        service.log.clear();
    }
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_reads_everything_again() {
    let mut service = Service::prepare().await;
    service.start("2s");
    service.until_on_the_desk(&["ada@example.com"]);
    service.wait_for_notification("STATUS=in step");
    let ada = service.world.sandbox.ids_by_email("ada@example.com").remove(0);
    service.world.sandbox.remove_member("SUP", &ada).unwrap();
    service.signal("-HUP");
    service.until_on_the_desk(&["ada@example.com"]);
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_in_an_outage_ends_it_with_0_at_once() {
    let mut service = Service::prepare().await;
    service.world.sandbox.set_faults(&"429=600".parse().unwrap());
    service.start("1h");
    service.wait_for_notification("STATUS=reading Jira");
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
    assert_eq!(service.world.sandbox.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_lets_the_call_in_flight_finish() {
    let mut service = Service::prepare().await;
    service.world.sandbox.set_faults(&"create:slow=1000".parse().unwrap());
    service.start("2s");
    service.until("the create has arrived", |service| {
        service
            .world
            .sandbox
            .journal()
            .iter()
            .any(|exchange| exchange.path.ends_with("/customer") && exchange.method == "POST")
    });
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
    let on = service.world.sandbox.snapshot().customers("SUP");
    assert!(
        on.contains("ada@example.com"),
        "no account without its desk, although it is stopping"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sigint_ends_it_at_once() {
    let mut service = Service::prepare().await;
    service.world.sandbox.set_faults(&"create:slow=20000".parse().unwrap());
    service.start("2s");
    service.until("the create has arrived", |service| {
        service
            .world
            .sandbox
            .journal()
            .iter()
            .any(|exchange| exchange.path.ends_with("/customer") && exchange.method == "POST")
    });
    service.signal("-INT");
    service.wait_for_notification("WATCHDOG=1");
    service.signal("-INT");
    assert_eq!(service.ends().code(), Some(130));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrected_token_is_used_at_once() {
    let mut service = Service::prepare().await;
    fs::write(service.path("token"), "quietdesk@example.com:wrong").unwrap();
    service.start("2s");
    service.wait_for_notification("STATUS=cannot read Jira's server information: Jira refuses the sign-in");
    fs::write(service.path("token"), TOKEN).unwrap();
    service.until_on_the_desk(&["ada@example.com"]);
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_that_jira_refuses_does_not_replace_the_old_one() {
    let mut service = Service::prepare().await;
    service.start("2s");
    service.until_on_the_desk(&["ada@example.com"]);
    service.wait_for_notification("STATUS=in step");
    let refused = |service: &Service| {
        service
            .world
            .sandbox
            .journal()
            .iter()
            .any(|exchange| exchange.status == Some(401))
    };
    fs::write(service.path("token"), "quietdesk@example.com:wrong").unwrap();
    service.until("the new token was tried", refused);
    service.wants(&["ada@example.com", "bob@example.com"]);
    service.until_on_the_desk(&["ada@example.com", "bob@example.com"]);
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

/// Token A is replaced by token B: before A ends, and after.
#[tokio::test(flavor = "multi_thread")]
async fn from_token_to_token() {
    let mut service = Service::prepare().await;
    service.start_with("2s", &["--interval", "1s"]);
    service.until_on_the_desk(&["ada@example.com"]);
    // A is revoked: its answers are not trusted, and nothing is lost.
    service.world.sandbox.set_token("token-b");
    service.wait_for_notification("STATUS=cannot");
    service.wants(&["ada@example.com", "bob@example.com"]);
    fs::write(service.path("token"), "quietdesk@example.com:token-b").unwrap();
    service.until_on_the_desk(&["ada@example.com", "bob@example.com"]);
    let writes = service.world.sandbox.writes();
    // The same roster under another token needs no writes.
    let requests = service.world.sandbox.requests();
    service.until("it read again", |service| {
        service.world.sandbox.requests() > requests + 3
    });
    assert_eq!(service.world.sandbox.writes(), writes);
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

/// A running daemon makes removals that a guard refused once they are approved.
#[tokio::test(flavor = "multi_thread")]
async fn an_approval_reaches_a_running_daemon() {
    let mut service = Service::prepare().await;
    let all: Vec<_> = (0..40).map(|n| format!("p{n:02}@example.com")).collect();
    let wants = |service: &Service, emails: &[String]| {
        let customers: String = emails.iter().map(|email| format!("  - {email}\n")).collect();
        let yaml = format!(
            "version: 1\ndefaults: {{desks: [SUP]}}\ndesks: {{SUP: {{membership: owned}}}}\ncustomers:\n{customers}"
        );
        fs::write(service.path("roster.yaml"), yaml).unwrap();
    };
    let on_the_desk = |service: &Service| service.world.sandbox.snapshot().desks["SUP"].customers.len();
    wants(&service, &all);
    service.start_with("10s", &["--interval", "1h"]);
    service.until("all are there", |service| on_the_desk(service) == 40);
    service.wait_for_notification("STATUS=in step");
    wants(&service, &all[10..]);
    let refused = service.path("state/refused.json");
    service.until("it is refused", |_| refused.exists());
    let findings: serde_json::Value = serde_json::from_slice(&fs::read(&refused).unwrap()).unwrap();
    let id = findings[0]["id"].as_str().unwrap();
    assert!(id.starts_with("removals-SUP-"), "{findings}");
    assert_eq!(on_the_desk(&service), 40);
    let approve = |id: &str, code: i32| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quietdesk"));
        command
            .args(["approve", id])
            .env("STATE_DIRECTORY", service.path("state"));
        let output = command.env_remove("QUIETDESK_STATE_DIR").output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    approve("removals-SUP", 3);
    approve("removals-SUP-00000000", 3);
    assert!(approve(id, 0).contains("10 people would be removed from SUP"));
    service.until("they are off", |service| on_the_desk(service) == 30);
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
    let journal = fs::read_to_string(service.path("state/audit.jsonl")).unwrap();
    let ended = journal.lines().filter(|line| line.contains("outcome"));
    assert_eq!(ended.filter(|line| line.contains("remove_from_desk")).count(), 10);
}

/// An import is killed at several moments and restarted each time: it completes, and no account is created twice.
#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_and_started_again() {
    let mut service = Service::prepare().await;
    let emails: Vec<_> = (0..300).map(|n| format!("member{n:03}@example.com")).collect();
    let emails: Vec<_> = emails.iter().map(String::as_str).collect();
    service.wants(&emails);
    service.world.sandbox.set_faults(
        &"create:slow=20, create:drop-after%5, add:500-after%10, reads:500%2"
            .parse()
            .unwrap(),
    );
    for round in 1..=8_usize {
        let before = service.world.sandbox.snapshot().accounts.len();
        service.start("10s");
        // At a different moment each time: after some more accounts, or during the first reads.
        let more = if round % 4 == 0 { 0 } else { round * 5 };
        service.until("some more accounts", |service| {
            let accounts = service.world.sandbox.snapshot().accounts.len();
            accounts >= (before + more).min(300) && service.world.sandbox.requests() > 3
        });
        let mut process = service.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }
    service.world.sandbox.set_faults(&"".parse().unwrap());
    service.start("10s");
    service.until_on_the_desk(&emails);
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
    let snapshot = service.world.sandbox.snapshot();
    assert_eq!(snapshot.accounts.len(), 301, "no account twice, and quietdesk itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_good_roster_is_in_force_across_a_restart() {
    let mut service = Service::prepare().await;
    service.start("2s");
    service.wait_for_notification("STATUS=in step");
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
    fs::write(service.path("roster.yaml"), "version: 1\ncustomers: [").unwrap();
    let ada = service.world.sandbox.ids_by_email("ada@example.com").remove(0);
    service.world.sandbox.remove_member("SUP", &ada).unwrap();
    service.start("2s");
    service.until_on_the_desk(&["ada@example.com"]);
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

/// An abstract socket, as some container runtimes use; no process reads it, and the passes go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_notify_socket_without_a_reader_blocks_nothing() {
    let mut service = Service::prepare().await;
    let name = format!("quietdesk-service-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    // For a sender, the socket is full before the daemon starts.
    let filler = UnixDatagram::unbound().unwrap();
    filler.set_nonblocking(true).unwrap();
    while filler.send_to_addr(b"x", &address).is_ok() {}
    let process = Command::new(env!("CARGO_BIN_EXE_quietdesk"))
        .arg("run")
        .arg(service.path("roster.yaml"))
        .args(["--url", &service.world.running.url(), "--token-file"])
        .arg(service.path("token"))
        .env("STATE_DIRECTORY", service.path("state"))
        .env("NOTIFY_SOCKET", format!("@{name}"))
        .env("WATCHDOG_USEC", "20000")
        .spawn()
        .unwrap();
    service.process = Some(process);
    service.until_on_the_desk(&["ada@example.com"]);
    service.wants(&["ada@example.com", "bob@example.com"]);
    service.until_on_the_desk(&["ada@example.com", "bob@example.com"]);
    // Once it is read, the watchdog messages arrive.
    socket.set_nonblocking(true).unwrap();
    let alive = std::cell::Cell::new(false);
    service.until("it lives", |_| {
        let mut datagram = [0; 4096];
        while let Ok(length) = socket.recv(&mut datagram) {
            alive.set(alive.get() || datagram[..length].starts_with(b"WATCHDOG=1"));
        }
        alive.get()
    });
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

/// The loop runs and reacts to signals whatever replaces the roster, and goes on once the roster is back.
#[tokio::test(flavor = "multi_thread")]
async fn a_roster_that_becomes_a_pipe_or_a_device_stops_nothing() {
    let mut service = Service::prepare().await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    service.start_with("2s", &["--interval", "1h", "--listen", &format!("127.0.0.1:{port}")]);
    service.wait_for_notification("STATUS=in step");
    let mut emails = vec!["ada@example.com"];
    let (roster, odd) = (service.path("roster.yaml"), service.path("odd"));
    let kinds: [(&str, &[&str], &str); 4] = [
        ("mkfifo", &[], "it is a pipe"),
        ("ln", &["-s", "/dev/zero"], "it is a device"),
        ("truncate", &["-s", "2G"], "it is larger than 256 MiB"),
        ("mkfifo", &[], "it is a pipe"),
    ];
    for ((program, arguments, why), next) in kinds.into_iter().zip(["b", "c", "d", "e"]) {
        assert!(
            Command::new(program)
                .args(arguments)
                .arg(&odd)
                .status()
                .unwrap()
                .success()
        );
        fs::rename(&odd, &roster).unwrap();
        service.until("it is not ready", |_| {
            let (status, text) = get(port, "/readyz");
            status == 503 && text.contains(why)
        });
        for _ in 0..2 {
            service.log.clear();
            service.wait_for_notification("WATCHDOG=1");
        }
        if next == "e" {
            break;
        }
        fs::remove_file(&roster).unwrap();
        emails.push(["b@example.com", "c@example.com", "d@example.com"][emails.len() - 1]);
        service.wants(&emails);
        service.until_on_the_desk(&emails);
        service.until("it is ready", |_| get(port, "/readyz").0 == 200);
    }
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

/// A token file that becomes a pipe without a writer blocks nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_file_that_becomes_a_pipe_stops_nothing() {
    let mut service = Service::prepare().await;
    service.start_with("2s", &["--interval", "1s"]);
    service.wait_for_notification("STATUS=in step");
    fs::remove_file(service.path("token")).unwrap();
    let mut pipe = Command::new("mkfifo");
    assert!(pipe.arg(service.path("token")).status().unwrap().success());
    // Both ends are open and nothing is written: a reader would wait.
    let _open = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(service.path("token"))
        .unwrap();
    service.world.sandbox.set_token("token-b");
    service.wait_for_notification("STATUS=cannot");
    for _ in 0..2 {
        service.log.clear();
        service.wait_for_notification("WATCHDOG=1");
    }
    fs::write(service.path("new"), "quietdesk@example.com:token-b").unwrap();
    fs::rename(service.path("new"), service.path("token")).unwrap();
    service.wants(&["ada@example.com", "bob@example.com"]);
    service.until_on_the_desk(&["ada@example.com", "bob@example.com"]);
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_daemon_stops_and_names_the_first() {
    let mut service = Service::prepare().await;
    service.start("2s");
    service.wait_for_notification("STATUS=in step");
    let first = service.process.as_ref().unwrap().id().to_string();
    let second = Command::new(env!("CARGO_BIN_EXE_quietdesk"))
        .arg("run")
        .arg(service.path("roster.yaml"))
        .args(["--url", &service.world.running.url(), "--token-file"])
        .arg(service.path("token"))
        .env("STATE_DIRECTORY", service.path("state"))
        .output()
        .unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1), "{said}");
    assert!(said.contains("in use") && said.contains(&first), "{said}");
    // A plan may run beside it.
    let plan = Command::new(env!("CARGO_BIN_EXE_quietdesk"))
        .args(["plan", "--detailed-exitcode"])
        .arg(service.path("roster.yaml"))
        .args(["--url", &service.world.running.url(), "--token-file"])
        .arg(service.path("token"))
        .env("STATE_DIRECTORY", service.path("state"))
        .output()
        .unwrap();
    assert_eq!(plan.status.code(), Some(0), "{}", String::from_utf8_lossy(&plan.stderr));
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

fn get(port: u16, path: &str) -> (u16, String) {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        connection,
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    (answer[9..12].parse().unwrap(), answer)
}

/// Whatever goes wrong: the endpoints report it without any e-mail.
#[tokio::test(flavor = "multi_thread")]
async fn what_it_serves_over_http_holds_no_email() {
    let mut service = Service::prepare().await;
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    service.wants(&["ada@example.com", "bob@example.com", "eve@example.com"]);
    for (email, active) in [("bob@example.com", true), ("eve@example.com", false)] {
        let person = SeedPerson {
            active,
            ..SeedPerson::customer(email, &[])
        };
        service.world.sandbox.create_account(&person);
    }
    service.world.sandbox.set_faults(&"add:404".parse().unwrap());
    service.start_with("2s", &["--listen", &format!("127.0.0.1:{port}")]);
    service.until("the pass is over", |service| {
        service.log.iter().any(|line| line.contains("not done"))
    });
    assert_eq!(get(port, "/readyz").0, 200, "a full pass came to its end");
    for path in ["/", "/healthz", "/readyz", "/metrics", "/api/status"] {
        let (status, text) = get(port, path);
        assert_eq!(status, 200, "{path}: {text}");
        // The style sheet queries the width and the colors of the medium.
        let text = text.replace("@media", "");
        assert!(!text.contains('@') && !text.contains("%40"), "{path}: {text}");
    }
    let (_, metrics) = get(port, "/metrics");
    for line in [
        "quietdesk_passes_total{kind=\"full\",result=\"partial\"} 1",
        "quietdesk_roster_valid 1",
        "quietdesk_requests_total{method=\"POST\",endpoint=\"/rest/servicedeskapi/customer\",status=\"201\"} 1",
    ] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    fs::write(service.path("roster.yaml"), "version: 2").unwrap();
    service.until("it is not ready", |_| get(port, "/readyz").0 == 503);
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

/// A new token that cannot be tried, because Jira does not answer, does not starve the watchdog.
#[tokio::test(flavor = "multi_thread")]
async fn the_watchdog_is_fed_while_a_new_token_is_tried() {
    let mut service = Service::prepare().await;
    service.start("1h");
    service.wait_for_notification("STATUS=in step");
    service.world.sandbox.set_faults(&"500".parse().unwrap());
    let requests = service.world.sandbox.requests();
    fs::write(service.path("token"), "quietdesk@example.com:other").unwrap();
    service.until("it is tried", |service| service.world.sandbox.requests() > requests + 2);
    for _ in 0..3 {
        service.log.clear();
        service.wait_for_notification("WATCHDOG=1");
    }
    service.signal("-TERM");
    assert_eq!(service.ends().code(), Some(0));
}

/// Regression: two units for one site excluded each other, since the state of one was the folder that held the other's.
#[test]
fn there_is_one_unit_and_each_site_has_a_state_of_its_own_below_one_folder() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    let names = folder.read_dir().unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "check",
            "quietdesk-roster.service",
            "quietdesk-roster.timer",
            "quietdesk@.service"
        ]
    );
    let unit = fs::read_to_string(folder.join("quietdesk@.service")).unwrap();
    let set = |name: &str| {
        let values = unit
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        values.collect::<Vec<_>>()
    };
    assert_eq!(set("StateDirectory"), ["quietdesk/%i"]);
    assert_eq!(set("EnvironmentFile"), ["/etc/quietdesk/%i/environment"]);
    assert_eq!(set("LoadCredential"), ["quietdesk-token:/etc/quietdesk/%i/token"]);
    // The unit's own comments say how to migrate from the earlier unit.
    assert!(unit.contains("/var/lib/quietdesk-moving /var/lib/quietdesk/acme"));
}
