//! Routes, headers, and who may ask.
//!
//! A page of another site can make a browser ask a loopback address under that site's name (DNS rebinding) and read what
//! comes back. There is no secret here, but desk keys, numbers and error texts are nobody else's business: where the
//! daemon listens on loopback, `Host` must be an address or `localhost`. Whoever lets it listen elsewhere has chosen to
//! let the network ask, by whatever name.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{metrics, page};
use crate::daemon::status::Status;

/// How long answers in flight may take once the daemon was told to stop.
const STOPPING: Duration = Duration::from_secs(1);

/// What every answer needs besides the status.
#[derive(Clone)]
struct Rules {
    headers: HeaderMap,
    loopback: bool,
}

/// Answers until `stop` is cancelled, and a second longer at the most.
pub async fn serve(listener: TcpListener, status: Status, stop: CancellationToken) {
    let address = listener.local_addr();
    let loopback = address.is_ok_and(|address: SocketAddr| address.ip().to_canonical().is_loopback());
    let router = router(status, loopback);
    // Small answers must not wait for one another; where that cannot be set, they do.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    let server = axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
    let bound = async {
        stop.cancelled().await;
        tokio::time::sleep(STOPPING).await;
    };
    tokio::select! {
        ended = server => if let Err(error) = ended {
            warn!(%error, "the status page is gone");
        },
        // A client that never takes its answer holds up nothing.
        () = bound => {}
    }
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
        .layer(from_fn_with_state(rules, guard))
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
    match metrics::text(status.snapshot()) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn api_status(State(status): State<Status>) -> Response {
    Json(status.snapshot()).into_response()
}

/// Turns away who may not ask, and puts the headers on every answer.
async fn guard(State(rules): State<Rules>, request: Request, next: Next) -> Response {
    let mut response = if rules.loopback && !is_local(request.headers()) {
        let why = "this address answers to its number and to localhost only, not to a name\n";
        (StatusCode::MISDIRECTED_REQUEST, why).into_response()
    } else {
        next.run(request).await
    };
    response.headers_mut().extend(rules.headers);
    response
}

/// Whether `Host` is a number or `localhost`. A request without one (HTTP/1.0) comes from no browser.
fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else {
        return true;
    };
    let Ok(host) = host.to_str() else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    let number = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || number.parse::<IpAddr>().is_ok()
}

/// Nothing is loaded, run, framed, sent or kept. The page's style is known by its hash.
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
        let host = |host: &'static str| HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
        for good in [
            "127.0.0.1:9466",
            "127.0.0.1",
            "[::1]:9466",
            "[::1]",
            "localhost:1",
            "LOCALHOST",
        ] {
            assert!(is_local(&host(good)), "{good}");
        }
        for bad in [
            "evil.example",
            "evil.example:9466",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "",
        ] {
            assert!(!is_local(&host(bad)), "{bad}");
        }
        assert!(is_local(&HeaderMap::new()));
    }
}
