//! `quietdesk sandbox`: serves a simulated Jira.

use std::io::Write as _;
use std::time::Duration;

use super::args::{SandboxArgs, SimulatedDeployment};
use super::exit::Exit;
use super::{Failure, output, signals};
use crate::sandbox::{Config, Deployment, DeskAccess, Faults, Rules, Sandbox, Seed, SeedDesk, Version};

/// An invalid flag of `sandbox`.
#[derive(Debug, thiserror::Error)]
enum SandboxError {
    #[error("--desk {0:?} is invalid; write KEY:ACCESS, such as SUP:open")]
    Desk(String),
    #[error("--public-signup needs --deployment data-center: Jira Cloud has no public desks")]
    CloudSignup,
    #[error("--jira-version needs --deployment data-center: Jira Cloud has no versions")]
    CloudVersion,
    #[error("cannot listen on --listen {0}; check for another sandbox on this port, or use a port above 1023")]
    Listen(std::net::SocketAddr, #[source] std::io::Error),
    #[error("--listen {0} is not a loopback address; use 127.0.0.1 or [::1]: a simulated Jira has no access control")]
    NotLoopback(std::net::SocketAddr),
}

pub(super) async fn run(args: SandboxArgs) -> Result<Exit, Failure> {
    let invalid = |error: SandboxError| Failure::new(Exit::Invalid, error);
    if !args.listen.ip().is_loopback() {
        return Err(invalid(SandboxError::NotLoopback(args.listen)));
    }
    let desks = args
        .desks
        .iter()
        .map(|text| parse_desk(text))
        .collect::<Result<Vec<_>, _>>()
        .map_err(invalid)?;
    let faults: Result<Faults, _> = args.faults.as_deref().unwrap_or_default().parse();
    let deployment = deployment(&args).map_err(invalid)?;
    let config = Config {
        deployment,
        latency: Duration::from_millis(args.latency),
        rate: args.rate,
        rules: Rules {
            public_signup: args.public_signup,
            ..Rules::default()
        },
        faults: faults.map_err(|error| Failure::new(Exit::Invalid, error))?,
        started: jiff::Timestamp::now(),
        ..Config::default()
    };
    let user = config.user.clone();
    let stop = signals::stop_token()?;
    let sandbox = Sandbox::new(config, &Seed::random(desks, args.customers, args.seed));
    let running = sandbox.serve(args.listen).await;
    let running = running.map_err(|source| invalid(SandboxError::Listen(args.listen, source)))?;
    let (url, mut out) = (running.url(), output::stdout());
    let (what, sign_in) = match deployment {
        Deployment::Cloud => ("Jira Cloud".to_owned(), format!(" --user {user}")),
        // A personal access token needs no user.
        Deployment::DataCenter(version) => (format!("Jira Data Center {version}"), String::new()),
    };
    writeln!(out, "A simulated {what} is running at {url}")?;
    writeln!(
        out,
        "  use it:     QUIETDESK_TOKEN=sandbox quietdesk plan --url {url}{sign_in} ROSTER"
    )?;
    writeln!(
        out,
        "  inspect it: {url}/_sandbox/state, {url}/_sandbox/journal, {url}/_sandbox/outbox"
    )?;
    out.flush()?;
    stop.cancelled().await;
    running.shutdown().await;
    Ok(Exit::Done)
}

fn deployment(args: &SandboxArgs) -> Result<Deployment, SandboxError> {
    if args.public_signup && args.deployment == SimulatedDeployment::Cloud {
        return Err(SandboxError::CloudSignup);
    }
    match (args.deployment, args.jira_version) {
        (SimulatedDeployment::Cloud, None) => Ok(Deployment::Cloud),
        (SimulatedDeployment::Cloud, Some(_)) => Err(SandboxError::CloudVersion),
        (SimulatedDeployment::DataCenter, version) => Ok(Deployment::DataCenter(version.unwrap_or(Version::V10_3))),
    }
}

fn parse_desk(text: &str) -> Result<SeedDesk, SandboxError> {
    let wrong = || SandboxError::Desk(text.to_owned());
    let (key, access) = text.split_once(':').ok_or_else(wrong)?;
    crate::model::desk::DeskKey::parse(key).map_err(|_| wrong())?;
    let access: DeskAccess = access.parse().map_err(|_| wrong())?;
    Ok(SeedDesk::new(key, access))
}
