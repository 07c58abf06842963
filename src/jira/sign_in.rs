//! The method of sign-in, as far as known: it decides the advice after a refusal.

use super::credentials::Credentials;
use crate::model::observed::Deployment;

/// The kind of credentials, and the deployment they are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMethod {
    /// A user and an API token, for Cloud.
    ApiToken,
    /// A token without a user, for Cloud: a service account's.
    ServiceAccount,
    /// A personal access token without a user, for Data Center.
    PersonalToken,
    /// A user and a password, for Data Center.
    Basic,
    /// A user and a token; the deployment is not known yet.
    UserAndToken,
    /// A token without a user; the deployment is not known yet.
    TokenOnly,
}

impl SignInMethod {
    /// Classifies the credentials, for a deployment that may not be known yet.
    pub(super) fn from_credentials(credentials: &Credentials, deployment: Option<Deployment>) -> Self {
        match (deployment, credentials.names_a_user()) {
            (Some(Deployment::Cloud), true) => Self::ApiToken,
            (Some(Deployment::Cloud), false) => Self::ServiceAccount,
            (Some(Deployment::DataCenter), false) => Self::PersonalToken,
            (Some(Deployment::DataCenter), true) => Self::Basic,
            (None, true) => Self::UserAndToken,
            (None, false) => Self::TokenOnly,
        }
    }

    /// Whether the deployment is known to be Cloud.
    pub(super) fn is_to_cloud(self) -> bool {
        match self {
            Self::ApiToken | Self::ServiceAccount => true,
            Self::PersonalToken | Self::Basic | Self::UserAndToken | Self::TokenOnly => false,
        }
    }

    /// Returns advice for a refused sign-in; `detail` is Jira's message.
    #[must_use]
    pub fn advice(self, detail: &str) -> &'static str {
        if is_basic_auth_disabled(detail) {
            return "use a personal access token (profile picture → Profile → Personal Access Tokens) and omit --user";
        }
        // Jira requires a CAPTCHA.
        if detail.contains("AUTHENTICATION_DENIED") {
            return "too many failed sign-ins; sign in with a browser as that account, then check --user and the token";
        }
        match self {
            Self::ApiToken => {
                "check --user; if the token has expired, create a new one at id.atlassian.com → Security → API tokens \
                 and put it in the token file"
            }
            Self::ServiceAccount => {
                "a token without --user works only at https://api.atlassian.com/ex/jira/CLOUD_ID, for a service \
                 account; its access tokens expire after an hour: create a new one; a user's API token needs --user"
            }
            Self::PersonalToken => {
                "check the token; if it has expired, create a new one (profile picture → Profile → Personal Access \
                 Tokens) and put it in the token file"
            }
            Self::Basic => {
                "with --user this is basic sign-in, which takes that account's username and password; for a personal \
                 access token, omit --user"
            }
            Self::UserAndToken => {
                "check --user and the token; on Cloud it is that account's API token (id.atlassian.com → Security → \
                 API tokens), on Data Center its password; with a personal access token, omit --user"
            }
            Self::TokenOnly => {
                "check the token; on Data Center it is a personal access token (profile picture → Profile → Personal \
                 Access Tokens), and if it has expired, create a new one; Cloud requires --user as well"
            }
        }
    }
}

/// Whether Data Center's message says that basic sign-in is off (docs/jira.md#basic-off).
pub(super) fn is_basic_auth_disabled(detail: &str) -> bool {
    detail.contains("Basic Authentication")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clouds_advice_speaks_of_api_tokens() {
        let (named, alone) = (
            Credentials::parse(Some("a@example.com"), "t0k").unwrap(),
            Credentials::parse(None, "t0k").unwrap(),
        );
        for (credentials, deployment, present, absent) in [
            (&named, Some(Deployment::Cloud), "id.atlassian.com", "personal access"),
            (
                &named,
                Some(Deployment::DataCenter),
                "basic sign-in",
                "id.atlassian.com",
            ),
            (&alone, Some(Deployment::DataCenter), "Personal Access Tokens", "--user"),
            (&alone, Some(Deployment::Cloud), "service account", "Personal Access"),
            (&alone, None, "Personal Access Tokens", "id.atlassian.com"),
        ] {
            let advice = SignInMethod::from_credentials(credentials, deployment).advice("");
            assert!(advice.contains(present) && !advice.contains(absent), "{advice}");
        }
        let unknown = SignInMethod::from_credentials(&named, None).advice("");
        assert!(
            unknown.contains("on Cloud") && unknown.contains("on Data Center"),
            "{unknown}"
        );
        let switched_off = SignInMethod::Basic.advice("Basic Authentication has been disabled on this instance.");
        assert!(switched_off.contains("omit --user"), "{switched_off}");
    }
}
