//! The address of a Jira site.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// The base URL of a Jira site: `https`, or `http` on loopback; optionally with a path; without credentials or a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Host that accepts Cloud's scoped tokens and service accounts' tokens, at `/ex/jira/CLOUD_ID` for a site.
const GATEWAY: &str = "api.atlassian.com";

/// An address that is rejected.
#[derive(Debug, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL.
    #[error("--url {text:?} is not a URL; write it like https://example.atlassian.net")]
    NotAUrl {
        /// The given text, without a possible password.
        text: String,
        /// The parser's error.
        source: url::ParseError,
    },
    /// The token would be sent unencrypted.
    #[error(
        "--url must begin with https://; http:// is for this machine only, because it would send the token unencrypted"
    )]
    NotHttps,
    /// It has parts other than an address.
    #[error("--url must be an address only, without user, password, ? or #; put the token in --token-file")]
    ExtraParts,
}

impl BaseUrl {
    /// Parses and checks an address.
    ///
    /// # Errors
    /// [`BaseUrlError`]. A password in the address is not repeated.
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
            return Err(BaseUrlError::ExtraParts);
        }
        Ok(Self(url))
    }

    /// Whether the host is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether Atlassian hosts it, by its host name: then it is Cloud.
    #[must_use]
    pub fn is_atlassian_hosted(&self) -> bool {
        self.is_cloud_site() || self.0.host_str() == Some(GATEWAY)
    }

    /// Whether it is a Cloud site's own address, by its host name. It accepts no bearer tokens; the gateway does.
    #[must_use]
    pub fn is_cloud_site(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        host.ends_with(".atlassian.net") || host.ends_with(".jira.com")
    }

    /// Returns the URL of a path below it.
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
            let found = (url.is_atlassian_hosted(), url.is_cloud_site());
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
