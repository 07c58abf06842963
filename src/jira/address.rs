//! Jira's address.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// Where a Jira is: `https`, or `http` to this machine only; perhaps with a path; without credentials or a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Where Cloud takes tokens with scopes and those of service accounts: a site is below `/ex/jira/CLOUD_ID`.
const GATEWAY: &str = "api.atlassian.com";

/// An address that is not used.
#[derive(Debug, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL at all.
    #[error("--url {text:?} is not a url; write it like https://example.atlassian.net")]
    NotAUrl {
        /// What was given.
        text: String,
        /// Why.
        source: url::ParseError,
    },
    /// Credentials would go over the network in the clear.
    #[error(
        "--url must begin with https://; http:// is for this machine only, since the token would be readable on the way"
    )]
    NotHttps,
    /// More than an address.
    #[error("--url must be an address only, without user, password, ? or #; the token belongs into --token-file")]
    Extra,
}

impl BaseUrl {
    /// Checks an address.
    ///
    /// # Errors
    /// What is wrong with it. A password in it is not repeated.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let wrong = |source| BaseUrlError::NotAUrl {
            text: if text.contains('@') {
                "…".to_owned()
            } else {
                text.to_owned()
            },
            source,
        };
        let url = Url::parse(text.trim_end_matches('/')).map_err(wrong)?;
        let private = match url.scheme() {
            "https" => url.has_host(),
            "http" => is_loopback(&url),
            _ => false,
        };
        if !private {
            return Err(BaseUrlError::NotHttps);
        }
        let extra = !url.username().is_empty() || url.password().is_some();
        if extra || url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Extra);
        }
        Ok(Self(url))
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether Atlassian hosts it, going by its name alone: then it is Cloud.
    #[must_use]
    pub fn is_atlassians(&self) -> bool {
        self.is_cloud_site() || self.0.host_str() == Some(GATEWAY)
    }

    /// Whether it is a Cloud site's own address, going by its name alone. It takes no bearer tokens; the gateway does.
    #[must_use]
    pub fn is_cloud_site(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        host.ends_with(".atlassian.net") || host.ends_with(".jira.com")
    }

    /// The address of a path below it.
    pub(super) fn join(&self, path: &str, query: &[(&'static str, String)]) -> Url {
        let mut url = self.0.clone();
        let base = self.0.path().trim_end_matches('/');
        url.set_path(&format!("{base}{path}"));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in [
            "https://x.atlassian.net",
            "https://x.example/jira/",
            "http://127.0.0.1:1",
            "http://[::1]:8065",
            "http://localhost",
        ] {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "x",
            "http://x.example",
            "http://127.0.0.1.example",
            "ftp://localhost",
            "https://u:secret@x.example",
            "https://x.example?a=b",
            "http://10.0.0.1",
        ] {
            let error = BaseUrl::parse(bad).unwrap_err();
            assert!(!format!("{error:?} {error}").contains("secret"), "{bad}");
        }
    }

    #[test]
    fn clouds_addresses_are_known_by_their_names() {
        for (address, is_atlassians, is_site) in [
            ("https://x.atlassian.net", true, true),
            ("https://api.atlassian.com/ex/jira/1-2", true, false),
            ("https://api.atlassian.com.example", false, false),
            ("https://jira.example", false, false),
        ] {
            let url = BaseUrl::parse(address).unwrap();
            let found = (url.is_atlassians(), url.is_cloud_site());
            assert_eq!(found, (is_atlassians, is_site), "{address}");
        }
    }

    #[test]
    fn paths_and_queries_are_joined() {
        let base = BaseUrl::parse("https://x.example/jira/").unwrap();
        let url = base.join("/rest/a%2Fb", &[("query", "ada+1@example.com".to_owned())]);
        assert_eq!(
            url.as_str(),
            "https://x.example/jira/rest/a%2Fb?query=ada%2B1%40example.com"
        );
        assert_eq!(base.to_string(), "https://x.example/jira");
    }
}
