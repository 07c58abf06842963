//! How quietdesk signs in, as far as that is known: what to do about a refusal goes by it.

use super::credentials::Credentials;
use crate::model::observed::Deployment;

/// What was sent to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// A user and an API token, to Cloud.
    ApiToken,
    /// A token alone, to Cloud: a service account's.
    ServiceAccount,
    /// A personal access token alone, to Data Center.
    PersonalToken,
    /// A user and a password, to Data Center.
    Basic,
    /// A user and a token, to a Jira that has not said which kind it is.
    Named,
    /// A token alone, to a Jira that has not said which kind it is.
    Alone,
}

impl SignIn {
    /// What these credentials are to a Jira of this kind, or to one that has not said.
    pub(super) fn of(credentials: &Credentials, deployment: Option<Deployment>) -> Self {
        match (deployment, credentials.names_a_user()) {
            (Some(Deployment::Cloud), true) => Self::ApiToken,
            (Some(Deployment::Cloud), false) => Self::ServiceAccount,
            (Some(Deployment::DataCenter), false) => Self::PersonalToken,
            (Some(Deployment::DataCenter), true) => Self::Basic,
            (None, true) => Self::Named,
            (None, false) => Self::Alone,
        }
    }

    /// Whether it is known to be Cloud.
    pub(super) fn is_to_cloud(self) -> bool {
        match self {
            Self::ApiToken | Self::ServiceAccount => true,
            Self::PersonalToken | Self::Basic | Self::Named | Self::Alone => false,
        }
    }

    /// What to do where Jira refuses it, saying this.
    #[must_use]
    pub fn mend(self, detail: &str) -> &'static str {
        if is_basic_switched_off(detail) {
            return "use a personal access token (profile picture → Profile → Personal Access Tokens) and leave --user away";
        }
        // What Jira says where it wants to see a CAPTCHA solved.
        if detail.contains("AUTHENTICATION_DENIED") {
            return "too many sign-ins failed: sign in once in a browser as that account, then check --user and the token";
        }
        match self {
            Self::ApiToken => {
                "check --user; if the token has expired, make a new one at id.atlassian.com → Security → API tokens and \
                 put it in the token file"
            }
            Self::ServiceAccount => {
                "a token alone is taken at https://api.atlassian.com/ex/jira/CLOUD_ID, from a service account, whose access \
                 tokens live an hour: make a new one; a person's API token needs --user as well"
            }
            Self::PersonalToken => {
                "check the token; if it has expired, make a new one (profile picture → Profile → Personal Access Tokens) \
                 and put it in the token file"
            }
            Self::Basic => {
                "with --user this is basic sign-in, which takes that account's user name and password; a personal access \
                 token stands alone: leave --user away"
            }
            Self::Named => {
                "check --user and the token; on Cloud it is that account's API token (id.atlassian.com → Security → API \
                 tokens), on Data Center its password, for a personal access token stands alone there, without --user"
            }
            Self::Alone => {
                "check the token; on Data Center it is a personal access token (profile picture → Profile → Personal \
                 Access Tokens), and if it has expired, make a new one; Cloud wants --user as well"
            }
        }
    }
}

/// What Data Center says where it takes no passwords (docs/jira.md#basic-off).
pub(super) fn is_basic_switched_off(detail: &str) -> bool {
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
        for (credentials, deployment, told, not_told) in [
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
            let mend = SignIn::of(credentials, deployment).mend("");
            assert!(mend.contains(told) && !mend.contains(not_told), "{mend}");
        }
        let unknown = SignIn::of(&named, None).mend("");
        assert!(
            unknown.contains("on Cloud") && unknown.contains("on Data Center"),
            "{unknown}"
        );
        let switched_off = SignIn::Basic.mend("Basic Authentication has been disabled on this instance.");
        assert!(switched_off.contains("leave --user away"), "{switched_off}");
    }
}
