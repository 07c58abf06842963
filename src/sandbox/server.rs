//! The sandbox over HTTP: its router, real connections, and connection failures.
//!
//! A dropped connection is a response body that fails at once; a truncated one fails after half of the body. On a real
//! connection hyper then closes it, and the client sees a transport error: no response head, or half a response. A
//! caller of the router gets the body's error, and [`Dropped`].

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::routing::get;
use axum::serve::ListenerExt as _;
use futures_util::stream;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::core::Reply;
use super::exchange::JiraResponse;
use super::shared::Shared;

/// The largest request body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// How long a shutdown waits for responses in flight.
const SHUTDOWN: Duration = Duration::from_secs(1);

/// Marks, in the extensions of a response, that a real connection would have been closed before it. Callers of
/// [`Sandbox::router`](super::Sandbox::router) must treat it as a transport error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped;

/// A listening sandbox. It stops when this is dropped, after the responses in flight.
#[derive(Debug)]
#[must_use = "the sandbox stops listening when this is dropped"]
pub struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    /// Its base URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and waits for the responses in flight, for at most a second.
    pub async fn shutdown(self) {
        let Self { stop, mut task, .. } = self;
        drop(stop);
        if tokio::time::timeout(SHUTDOWN, &mut task).await.is_err() {
            task.abort();
        }
    }
}

pub(super) async fn serve(shared: &Shared, address: SocketAddr) -> io::Result<Running> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let router = router(shared.clone());
    // Small responses must not be delayed by Nagle's algorithm; a failure to set it only costs time.
    let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
    let server = axum::serve(listener, router).with_graceful_shutdown(async move {
        // Ends when the sender is dropped.
        drop(stopped.await);
    });
    let task = tokio::spawn(async move {
        // Never returns an error: axum::serve retries.
        drop(server.await);
    });
    Ok(Running { address, stop, task })
}

pub(super) fn router(shared: Shared) -> axum::Router {
    axum::Router::new()
        .route("/_sandbox/state", get(state))
        .route("/_sandbox/journal", get(journal))
        .route("/_sandbox/outbox", get(outbox))
        .fallback(jira)
        .with_state(shared)
}

async fn state(State(shared): State<Shared>) -> Json<Value> {
    let core = shared.core();
    Json(json!({
        "state": core.state.snapshot(),
        "requests": *core.journal.requests.borrow(),
        "writes": core.journal.writes,
        "seats": core.state.seats_taken(),
        "seats_in_use": core.state.seats_in_use(),
        "violations": core.journal.violations,
    }))
}

async fn journal(State(shared): State<Shared>) -> Json<Value> {
    Json(json!(shared.core().journal.exchanges()))
}

async fn outbox(State(shared): State<Shared>) -> Json<Value> {
    Json(json!(shared.core().journal.outbox))
}

/// Handles every request to the simulated Jira.
async fn jira(State(shared): State<Shared>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let at = shared.elapsed();
    let (arrival, latency) = {
        let mut core = shared.core();
        (core.arrive(&head, body, at), core.config.latency)
    };
    let delay = arrival.delay(latency);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let (reply, ahead) = {
        let mut core = shared.core();
        (core.answer(&arrival, &head.headers), core.config.clock_offset)
    };
    let mut response = match reply {
        Reply::Whole(answer) => whole(answer),
        Reply::Cut(mut answer) => {
            answer.body = half(&answer);
            whole(answer)
        }
        Reply::Drip(answer) => dripping(answer),
        Reply::Truncated(answer) if !answer.body.is_empty() => truncated(answer),
        Reply::Truncated(_) | Reply::Dropped => dropped(),
    };
    if let Some(date) = date(ahead) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// The `Date` of a clock this many seconds ahead of this machine's; `None` for 0, where hyper sets it.
fn date(ahead: i64) -> Option<HeaderValue> {
    let shown = (ahead != 0).then(|| Timestamp::now().saturating_add(SignedDuration::from_secs(ahead)))?;
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&shown.ok()?);
    HeaderValue::from_str(&date.ok()?).ok()
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn whole(answer: JiraResponse) -> Response<Body> {
    let Ok(status) = StatusCode::from_u16(answer.status) else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut response = plain(status);
    let kind = answer.content_type.map(|kind| ("content-type", kind.to_owned()));
    for (name, value) in kind.into_iter().chain(answer.headers) {
        // The names are lower-case literals; no value contains a control character.
        if let Ok(value) = HeaderValue::from_str(&value) {
            let name = HeaderName::from_static(name);
            response.headers_mut().append(name, value);
        }
    }
    *response.body_mut() = Body::from(answer.body);
    response
}

fn half(answer: &JiraResponse) -> Bytes {
    answer.body.slice(..answer.body.len() / 2)
}

/// A response that is sent at one byte a second.
fn dripping(mut answer: JiraResponse) -> Response<Body> {
    let body = std::mem::take(&mut answer.body);
    let mut response = whole(answer);
    *response.body_mut() = Body::from_stream(stream::unfold(body, |mut left| async move {
        if left.is_empty() {
            return None;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        let byte = left.split_to(1);
        Some((Ok::<_, io::Error>(byte), left))
    }));
    response
}

fn truncated(answer: JiraResponse) -> Response<Body> {
    let (length, part) = (answer.body.len(), half(&answer));
    let mut response = whole(answer);
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    *response.body_mut() = failing(part);
    response
}

/// A response that never arrives: hyper closes the connection before it has sent the head. A caller of the router gets
/// [`Dropped`] in its extensions, a status without meaning, and a body that fails.
fn dropped() -> Response<Body> {
    let mut response = plain(StatusCode::BAD_GATEWAY);
    response.extensions_mut().insert(Dropped);
    *response.body_mut() = Body::from_stream(stream::iter([Err::<Bytes, _>(aborted())]));
    response
}

/// A body that yields `part`, lets it be sent, and fails.
fn failing(part: Bytes) -> Body {
    Body::from_stream(stream::unfold(Some(part), |part| async {
        let part = part?;
        if part.is_empty() {
            tokio::task::yield_now().await;
            return Some((Err(aborted()), None));
        }
        Some((Ok(part), Some(Bytes::new())))
    }))
}

fn aborted() -> io::Error {
    io::Error::from(io::ErrorKind::ConnectionAborted)
}
