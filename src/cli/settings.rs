//! The connection: flags, the environment and files, as one checked value.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::Failure;
use super::args::ConnectionArgs;
use super::exit::Exit;
use super::logging;
use crate::files::{self, Accept, ReadError};
use crate::jira::{BaseUrl, ConnectError, Credentials, Settings};

/// Where systemd puts credentials, and the name quietdesk's has.
const SYSTEMD_CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
const SYSTEMD_CREDENTIAL: &str = "quietdesk-token";
const TOKEN_VARIABLE: &str = "QUIETDESK_TOKEN";

/// A setting that is missing or wrong.
#[derive(Debug, thiserror::Error)]
enum SettingError {
    #[error("no Jira is named: give --url https://YOUR-SITE.atlassian.net, or try --sandbox")]
    NoUrl,
    #[error(
        "there is no token: put it in a file and give --token-file FILE, or set QUIETDESK_TOKEN, \
         or have systemd load the credential quietdesk-token"
    )]
    NoToken,
    #[error("the token file {} cannot be read; check --token-file and its permissions", path.display())]
    TokenFile { path: PathBuf, source: ReadError },
    #[error("the token file {} is not UTF-8 text; save it as UTF-8, without a byte-order mark", path.display())]
    NotText { path: PathBuf },
}

/// The connection that was asked for.
///
/// # Errors
/// What is missing or wrong, with exit code 3.
pub(super) fn connection(args: &ConnectionArgs, stop: &CancellationToken) -> Result<Settings, Failure> {
    let invalid = |error: SettingError| Failure::new(Exit::Invalid, error);
    let url = args.url.as_deref().ok_or_else(|| invalid(SettingError::NoUrl))?;
    let url = BaseUrl::parse(url).map_err(|error| Failure::new(Exit::Invalid, error))?;
    let token = token(args).map_err(invalid)?;
    let credentials = Credentials::parse(args.user.as_deref(), token.expose_secret())
        .map_err(|error| Failure::new(Exit::Invalid, error))?;
    logging::never_tell(&credentials);
    if url.is_cloud_site() && !credentials.names_a_user() {
        return Err(Failure::new(Exit::Invalid, ConnectError::NoUser));
    }
    Ok(Settings {
        deployment: args.deployment.known(),
        url,
        credentials,
        ca_file: args.ca_file.clone(),
        concurrency: usize::from(args.concurrency),
        patience: args.patience,
        stop: stop.clone(),
    })
}

/// The file the token comes from, where it comes from one: it may change while the daemon runs.
pub(super) fn token_file(args: &ConnectionArgs) -> Option<PathBuf> {
    match &args.token_file {
        Some(path) => Some(path.clone()),
        None if std::env::var_os(TOKEN_VARIABLE).is_some() => None,
        None => {
            let folder = std::env::var_os(SYSTEMD_CREDENTIALS)?;
            Some(Path::new(&folder).join(SYSTEMD_CREDENTIAL))
        }
    }
}

/// Permission of everybody to read.
const OTHERS_READ: u32 = 0o004;

/// The token: of the file named, else of the environment, else of systemd.
fn token(args: &ConnectionArgs) -> Result<SecretString, SettingError> {
    match (token_file(args), std::env::var(TOKEN_VARIABLE)) {
        (Some(path), _) => read(&path),
        (None, Ok(token)) => Ok(token.into()),
        (None, Err(_)) => Err(SettingError::NoToken),
    }
}

fn read(path: &Path) -> Result<SecretString, SettingError> {
    let unreadable = |source| SettingError::TokenFile {
        path: path.to_owned(),
        source,
    };
    let file = files::open(path, Accept::FilesAndPipes).map_err(unreadable)?;
    if file.mode() & OTHERS_READ != 0 {
        // Mounted secrets often are so, and nothing can be done about that here: told, not refused.
        warn!(file = %path.display(), "everybody on this machine can read the token; take that away with `chmod o=`");
    }
    let text = String::from_utf8(file.read(files::TOKEN).map_err(unreadable)?);
    text.map(SecretString::from)
        .map_err(|_| SettingError::NotText { path: path.to_owned() })
}
