//! Routes, headers, and the check of `Host`.
//!
//! A page of another site can make a browser send requests to a loopback address under that site's name (DNS
//! rebinding) and read the responses. They hold no secrets, but desk keys, numbers and error texts should stay private:
//! where the daemon listens on loopback, `Host` must be an IP address or `localhost`. Listening elsewhere is a choice
//! to serve the network under any name.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{metrics, page};
use crate::daemon::status::Status;

/// Longest time for a request's headers, and for a connection without a request.
const HEADERS: Duration = Duration::from_secs(10);
/// Longest lifetime of a connection, in case its client reads no response.
const CONNECTION: Duration = Duration::from_secs(300);
/// Delay after a connection could not be accepted.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);
/// Longest time for responses in flight after the daemon is asked to stop.
const STOPPING: Duration = Duration::from_secs(1);

/// What every response needs besides the status.
#[derive(Clone)]
struct Rules {
    headers: HeaderMap,
    loopback: bool,
}

/// Serves until `stop` is cancelled, and at most a second longer.
pub async fn serve(listener: TcpListener, status: Status, stop: CancellationToken) {
    let address = listener.local_addr();
    let loopback = address.is_ok_and(|address: SocketAddr| address.ip().to_canonical().is_loopback());
    let router = router(status, loopback);
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(HEADERS);
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        let Ok((connection, _)) = accepted else {
            // For example too many open files, which is temporary.
            tokio::time::sleep(ACCEPT_RETRY).await;
            continue;
        };
        // Small responses must not wait for one another; if this cannot be set, they do.
        drop(connection.set_nodelay(true));
        let service = TowerToHyperService::new(router.clone());
        let served = connections.watch(protocol.serve_connection(TokioIo::new(connection), service));
        // A failed connection concerns only its client.
        tokio::spawn(async { drop(timeout(CONNECTION, served).await) });
    }
    drop(listener);
    // A client that never reads its response must not block the stop.
    drop(timeout(STOPPING, connections.shutdown()).await);
}

fn router(status: Status, loopback: bool) -> axum::Router {
    let rules = Rules {
        headers: headers(),
        loopback,
    };
    axum::Router::new()
        .route("/", get(page))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/api/status", get(api_status))
        .fallback(async || (StatusCode::NOT_FOUND, "not found\n"))
        .layer(from_fn_with_state(rules, check_host))
        .with_state(status)
}

async fn page(State(status): State<Status>) -> Html<String> {
    Html(page::page(&status.snapshot()))
}

async fn healthz() -> &'static str {
    "ok\n"
}

async fn readyz(State(status): State<Status>) -> (StatusCode, String) {
    match status.ready() {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    }
}

async fn metrics(State(status): State<Status>) -> Response {
    match metrics::encode(status.snapshot()) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn api_status(State(status): State<Status>) -> Response {
    Json(status.snapshot()).into_response()
}

/// Rejects requests for other hosts, and adds the headers to every response.
async fn check_host(State(rules): State<Rules>, request: Request, next: Next) -> Response {
    let mut response = if rules.loopback && !is_local(&request) {
        let why = "this host name is not served here; use the IP address or localhost\n";
        (StatusCode::MISDIRECTED_REQUEST, why).into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().extend(rules.headers);
    response
}

/// Whether every host in the request line and in each `Host` is an IP address or `localhost`. A request without a host
/// (HTTP/1.0) does not come from a browser.
fn is_local(request: &Request) -> bool {
    let asked = request.uri().authority().map(|authority| authority.as_str());
    let mut named = request.headers().get_all(header::HOST).iter();
    asked.is_none_or(is_local_name) && named.all(|host| host.to_str().is_ok_and(is_local_name))
}

fn is_local_name(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let number = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || number.parse::<IpAddr>().is_ok()
}

/// Returns the headers that forbid loading, scripts, framing, forms and caching. Only the page's own style is allowed,
/// by its hash.
fn headers() -> HeaderMap {
    let hash = STANDARD.encode(Sha256::digest(page::STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let mut headers = HeaderMap::new();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_and_localhost_are_local() {
        let request = |target: &str, hosts: &[&str]| {
            let mut request = axum::http::Request::builder().uri(target);
            for host in hosts {
                request = request.header(header::HOST, *host);
            }
            request.body(axum::body::Body::empty()).unwrap()
        };
        for good in [
            "127.0.0.1:9466",
            "127.0.0.1",
            "[::1]:9466",
            "[::1]",
            "localhost:1",
            "LOCALHOST",
        ] {
            assert!(is_local(&request("/", &[good])), "{good}");
            assert!(is_local(&request(&format!("http://{good}/"), &[good])), "{good}");
        }
        for bad in [
            "evil.example",
            "evil.example:9466",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "",
        ] {
            assert!(!is_local(&request("/", &[bad])), "{bad}");
            assert!(!is_local(&request("/", &["127.0.0.1", bad])), "the second: {bad}");
        }
        assert!(!is_local(&request("http://evil.example/", &["127.0.0.1"])));
        assert!(!is_local(&request("http://127.0.0.1@evil.example/", &[])));
        assert!(!is_local(&request("/", &["127.0.0.1, evil.example"])));
        assert!(is_local(&request("/", &[])));
    }
}
