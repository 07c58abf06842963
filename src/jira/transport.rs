//! The seam between requests and the network.
//!
//! Owns bytes. Must never follow a redirect, repeat a request by itself, or take in an answer without
//! bound.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::BoxFuture;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tower::ServiceExt as _;

use super::address::BaseUrl;
use super::connect_error::ConnectError;
use super::credentials::Credentials;
use super::requests::Request;
use crate::files::{self, Accept};

/// Largest file of certificates, in bytes.
const CERTIFICATES: u64 = 16 * 1024 * 1024;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP it came in.
    pub version: Version,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The same without the token, should Jira repeat it where people are told: in headers, and in what it says of an
    /// error. Data is left as it is, in which a short password could be a word.
    fn without(mut self, credentials: &Credentials) -> Self {
        for value in self.headers.values_mut() {
            if let Cow::Owned(hidden) = credentials.hide(value.as_bytes())
                && let Ok(hidden) = HeaderValue::from_bytes(&hidden)
            {
                *value = hidden;
            }
        }
        if !self.status.is_success()
            && let Cow::Owned(hidden) = credentials.hide(&self.body)
        {
            self.body = hidden.into();
        }
        self
    }
}

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request was surely not sent.
    #[error("no connection: {0}")]
    NotSent(String),
    /// Nor can it be for now: the name does not resolve, or nothing listens there.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// It may have been received.
    #[error("{0}")]
    Lost(String),
    /// It is longer than this many bytes; asking again would not make it shorter.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// What carries requests to Jira and answers back.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends one request once. Dropping the future hangs up: the caller decides how long it may take.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answer, TransportError>>;
}

/// The network.
#[derive(Debug)]
pub(super) struct Network {
    base: BaseUrl,
    client: reqwest::Client,
    headers: HeaderMap,
    credentials: Credentials,
}

impl Network {
    /// # Errors
    /// When no encrypted connection can be made from this machine.
    pub(super) fn new(
        base: BaseUrl,
        credentials: &Credentials,
        ca_file: Option<&std::path::Path>,
    ) -> Result<Self, ConnectError> {
        // What TLS reckons with; refused where this process chose before, which chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("quietdesk/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT);
        if base.is_loopback() {
            builder = builder.no_proxy();
        }
        if let Some(path) = ca_file {
            let wrong = |source| ConnectError::CaFile {
                file: path.display().to_string(),
                source,
            };
            let pem = files::read(path, CERTIFICATES, Accept::Files).map_err(|error| wrong(error.into()))?;
            let certificates = reqwest::Certificate::from_pem_bundle(&pem).map_err(|error| wrong(error.into()))?;
            if certificates.is_empty() {
                return Err(wrong("there is no certificate in it".into()));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(ConnectError::Tls)?;
        Ok(Self {
            base,
            client,
            headers: common_headers(credentials),
            credentials: credentials.clone(),
        })
    }
}

impl Transport for Network {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answer, TransportError>> {
        Box::pin(async move {
            let url = self.base.join(request.path(), request.query_pairs());
            let mut sent = self
                .client
                .request(request.endpoint().method.clone(), url)
                .headers(self.headers.clone());
            for (name, value) in headers_of(request) {
                sent = sent.header(name, value);
            }
            if let Some(body) = request.body() {
                sent = sent.body(body.clone());
            }
            let mut answer = sent.send().await.map_err(|error| failed(&error))?;
            let (version, status, headers) = (answer.version(), answer.status(), answer.headers().clone());
            let mut body = BytesMut::new();
            while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
                if body.len() + chunk.len() > request.most() {
                    return Err(TransportError::TooLong(request.most()));
                }
                body.extend_from_slice(&chunk);
            }
            let answer = Answer {
                version,
                status,
                headers,
                body: body.freeze(),
            };
            Ok(answer.without(&self.credentials))
        })
    }
}

/// A service in this process, such as a simulated Jira's router: no network, so a paused clock works.
pub struct InProcess<S> {
    service: S,
    base: BaseUrl,
    headers: HeaderMap,
    credentials: Credentials,
}

impl<S> InProcess<S> {
    /// Sends what goes to `base` to `service` instead.
    pub fn new(service: S, base: BaseUrl, credentials: &Credentials) -> Self {
        Self {
            service,
            base,
            headers: common_headers(credentials),
            credentials: credentials.clone(),
        }
    }
}

impl<S> fmt::Debug for InProcess<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").finish_non_exhaustive()
    }
}

impl<S> Transport for InProcess<S>
where
    S: tower::Service<http::Request<axum::body::Body>, Response = axum::response::Response>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
    S::Error: fmt::Debug,
{
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Answer, TransportError>> {
        let service = self.service.clone();
        Box::pin(async move {
            let url = self.base.join(request.path(), request.query_pairs());
            let body = request.body().cloned().unwrap_or_default();
            let mut sent = http::Request::new(axum::body::Body::from(body));
            *sent.method_mut() = request.endpoint().method.clone();
            *sent.uri_mut() = url
                .as_str()
                .parse()
                .map_err(|error| TransportError::NotSent(format!("{error}")))?;
            *sent.headers_mut() = self.headers.clone();
            sent.headers_mut().extend(headers_of(request));
            let answer = service
                .oneshot(sent)
                .await
                .map_err(|error| TransportError::Lost(format!("{error:?}")))?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, request.most()).collect().await;
            let body = body.map_err(|error| match error.is::<LengthLimitError>() {
                true => TransportError::TooLong(request.most()),
                false => TransportError::Lost(error.to_string()),
            })?;
            let answer = Answer {
                version: parts.version,
                status: parts.status,
                headers: parts.headers,
                body: body.to_bytes(),
            };
            Ok(answer.without(&self.credentials))
        })
    }
}

/// No `Origin`, and no browser's `User-Agent`: Jira takes those for a forged page (docs/jira.md#no-browser).
fn common_headers(credentials: &Credentials) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.extend(credentials.header().map(|value| (AUTHORIZATION, value)));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    // Else Data Center's errors are in the account's language.
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en-US"));
    headers.insert(
        HeaderName::from_static("x-force-accept-language"),
        HeaderValue::from_static("true"),
    );
    headers.insert(
        HeaderName::from_static("x-atlassian-token"),
        HeaderValue::from_static("no-check"),
    );
    headers
}

fn headers_of(request: &Request) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = Vec::new();
    if request.endpoint().experimental {
        headers.push((
            HeaderName::from_static("x-experimentalapi"),
            HeaderValue::from_static("opt-in"),
        ));
    }
    if request.body().is_some() {
        headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
    }
    headers
}

/// The innermost cause says most; the outer ones repeat the address, which can hold an e-mail.
fn failed(error: &reqwest::Error) -> TransportError {
    let mut cause: &dyn std::error::Error = error;
    let mut unconnected = false;
    while let Some(source) = cause.source() {
        cause = source;
        let io = cause.downcast_ref::<std::io::Error>();
        unconnected |= io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused);
        // The connector's own words for a name that does not resolve; its type is not public.
        unconnected |= cause.to_string().starts_with("dns error");
    }
    let text = if error.is_timeout() {
        "no answer in time".to_owned()
    } else {
        cause.to_string()
    };
    match (error.is_connect(), unconnected) {
        (true, true) => TransportError::NoConnection(text),
        (true, false) => TransportError::NotSent(text),
        (false, _) => TransportError::Lost(text),
    }
}
