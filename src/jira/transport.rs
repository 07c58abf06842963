//! The interface between requests and the network.
//!
//! Owns bytes. Must never follow a redirect, repeat a request by itself, or read a response of unlimited size.

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

/// Maximum size of a certificate file, in bytes.
const CERTIFICATES: u64 = 16 * 1024 * 1024;
/// Timeout of connecting.
const CONNECT: Duration = Duration::from_secs(10);

/// A complete response.
#[derive(Debug)]
pub struct Response {
    /// The HTTP version.
    pub version: Version,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// Removes the token, should Jira repeat it in headers or in an error's body. Successful bodies are left unchanged:
    /// a short password could occur as a word in the data.
    fn redact_token(mut self, credentials: &Credentials) -> Self {
        for value in self.headers.values_mut() {
            if let Cow::Owned(hidden) = credentials.redact(value.as_bytes())
                && let Ok(hidden) = HeaderValue::from_bytes(&hidden)
            {
                *value = hidden;
            }
        }
        if !self.status.is_success()
            && let Cow::Owned(hidden) = credentials.redact(&self.body)
        {
            self.body = hidden.into();
        }
        self
    }
}

/// The reason why there is no complete response.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request was certainly not sent.
    #[error("no connection: {0}")]
    NotSent(String),
    /// The same, and retrying is unlikely to help: the name does not resolve, or nothing listens there.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The request may have been received.
    #[error("{0}")]
    ResponseLost(String),
    /// The response exceeds this many bytes; repeating the request would not change that.
    #[error("the response is longer than {0} bytes")]
    TooLong(usize),
}

/// Carries requests to Jira and returns its responses.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends one request once. Dropping the future closes the connection: the caller decides how long it may take.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>>;
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
    /// When the CA file cannot be used, or TLS cannot be set up.
    pub(super) fn new(
        base: BaseUrl,
        credentials: &Credentials,
        ca_file: Option<&std::path::Path>,
    ) -> Result<Self, ConnectError> {
        // The TLS crypto provider. Fails where this process has already set it, which was the same one.
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
                return Err(wrong("it contains no certificate".into()));
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
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
        Box::pin(async move {
            let url = self.base.join(request.path(), request.query_pairs());
            let mut sent = self
                .client
                .request(request.endpoint().method.clone(), url)
                .headers(self.headers.clone());
            for (name, value) in request_headers(request) {
                sent = sent.header(name, value);
            }
            if let Some(body) = request.body() {
                sent = sent.body(body.clone());
            }
            let mut answer = sent.send().await.map_err(|error| transport_error(&error))?;
            let (version, status, headers) = (answer.version(), answer.status(), answer.headers().clone());
            let mut body = BytesMut::new();
            while let Some(chunk) = answer.chunk().await.map_err(|error| transport_error(&error))? {
                if body.len() + chunk.len() > request.max_response_bytes() {
                    return Err(TransportError::TooLong(request.max_response_bytes()));
                }
                body.extend_from_slice(&chunk);
            }
            let answer = Response {
                version,
                status,
                headers,
                body: body.freeze(),
            };
            Ok(answer.redact_token(&self.credentials))
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
    /// Sends requests for `base` to `service` instead.
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
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response, TransportError>> {
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
            sent.headers_mut().extend(request_headers(request));
            let answer = service
                .oneshot(sent)
                .await
                .map_err(|error| TransportError::ResponseLost(format!("{error:?}")))?;
            let (parts, body) = answer.into_parts();
            let body = Limited::new(body, request.max_response_bytes()).collect().await;
            let body = body.map_err(|error| match error.is::<LengthLimitError>() {
                true => TransportError::TooLong(request.max_response_bytes()),
                false => TransportError::ResponseLost(error.to_string()),
            })?;
            let answer = Response {
                version: parts.version,
                status: parts.status,
                headers: parts.headers,
                body: body.to_bytes(),
            };
            Ok(answer.redact_token(&self.credentials))
        })
    }
}

/// Returns the headers of every request. No `Origin` and no browser's `User-Agent`: Jira treats such requests as
/// cross-site forgery (docs/jira.md#no-browser).
fn common_headers(credentials: &Credentials) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.extend(credentials.header().map(|value| (AUTHORIZATION, value)));
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    // Otherwise Data Center's errors are in the account's language.
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

fn request_headers(request: &Request) -> Vec<(HeaderName, HeaderValue)> {
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

/// Converts an error, with the text of its innermost cause only: the outer ones repeat the URL, which can contain an
/// e-mail.
fn transport_error(error: &reqwest::Error) -> TransportError {
    let mut cause: &dyn std::error::Error = error;
    let mut unconnected = false;
    while let Some(source) = cause.source() {
        cause = source;
        let io = cause.downcast_ref::<std::io::Error>();
        unconnected |= io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused);
        // The connector's message for a name that does not resolve; its type is not public.
        unconnected |= cause.to_string().starts_with("dns error");
    }
    let text = if error.is_timeout() {
        "no response in time".to_owned()
    } else {
        cause.to_string()
    };
    match (error.is_connect(), unconnected) {
        (true, true) => TransportError::NoConnection(text),
        (true, false) => TransportError::NotSent(text),
        (false, _) => TransportError::ResponseLost(text),
    }
}
