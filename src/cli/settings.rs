//! Connection settings from flags, the environment and files.

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

/// Environment variable with systemd's credentials folder, and the name of quietdesk's credential.
const SYSTEMD_CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";
const SYSTEMD_CREDENTIAL: &str = "quietdesk-token";
const TOKEN_VARIABLE: &str = "QUIETDESK_TOKEN";

/// A missing or invalid setting.
#[derive(Debug, thiserror::Error)]
enum SettingError {
    #[error("no Jira URL: give --url https://YOUR-SITE.atlassian.net, or try --sandbox")]
    NoUrl,
    #[error(
        "no API token: put it in a file and give --token-file FILE, set QUIETDESK_TOKEN, or let systemd load the \
         credential quietdesk-token"
    )]
    NoToken,
    #[error("cannot read the token file {}; check --token-file and the permissions of the file", path.display())]
    TokenFile { path: PathBuf, source: ReadError },
    #[error("the token file {} is not UTF-8 text; save it as UTF-8, without a byte-order mark", path.display())]
    NotUtf8 { path: PathBuf },
}

/// Returns the connection settings.
///
/// # Errors
/// A missing or invalid setting, with exit code 3.
pub(super) fn connection(args: &ConnectionArgs, stop: &CancellationToken) -> Result<Settings, Failure> {
    let invalid = |error: SettingError| Failure::new(Exit::Invalid, error);
    let url = args.url.as_deref().ok_or_else(|| invalid(SettingError::NoUrl))?;
    let url = BaseUrl::parse(url).map_err(|error| Failure::new(Exit::Invalid, error))?;
    let token = load_token(args).map_err(invalid)?;
    let credentials = Credentials::parse(args.user.as_deref(), token.expose_secret())
        .map_err(|error| Failure::new(Exit::Invalid, error))?;
    logging::redact_credentials(&credentials);
    if url.is_cloud_site() && !credentials.names_a_user() {
        return Err(Failure::new(Exit::Invalid, ConnectError::MissingUser));
    }
    Ok(Settings {
        deployment: args.deployment.to_deployment(),
        url,
        credentials,
        ca_file: args.ca_file.clone(),
        concurrency: usize::from(args.concurrency),
        patience: args.patience,
        stop: stop.clone(),
    })
}

/// Returns the token's file, if it comes from one. Its content may change while the daemon runs.
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

/// File mode bit: readable by all users.
const OTHERS_READ: u32 = 0o004;

/// Reads the token: from `--token-file`, else from the environment, else from systemd's credential.
fn load_token(args: &ConnectionArgs) -> Result<SecretString, SettingError> {
    match (token_file(args), std::env::var(TOKEN_VARIABLE)) {
        (Some(path), _) => read_token_file(&path),
        (None, Ok(token)) => Ok(token.into()),
        (None, Err(_)) => Err(SettingError::NoToken),
    }
}

fn read_token_file(path: &Path) -> Result<SecretString, SettingError> {
    let unreadable = |source| SettingError::TokenFile {
        path: path.to_owned(),
        source,
    };
    let file = files::open(path, Accept::FilesAndPipes).map_err(unreadable)?;
    if file.mode() & OTHERS_READ != 0 {
        // Mounted secrets often have this mode, which cannot be changed here: a warning, not an error.
        warn!(file = %path.display(), "the token file is readable by all users of this machine; run `chmod o=` on it");
    }
    let text = String::from_utf8(file.read(files::TOKEN).map_err(unreadable)?);
    text.map(SecretString::from)
        .map_err(|_| SettingError::NotUtf8 { path: path.to_owned() })
}
