//! The daemon's own HTTP server (`--listen`): a page for people, metrics, probes and a document for programs.
//!
//! | path | answers |
//! |---|---|
//! | `/` | the status page, for a person on call |
//! | `/healthz` | 200 while the process lives |
//! | `/readyz` | 200, or 503 with every reason, as text |
//! | `/metrics` | OpenMetrics text, as Prometheus reads it |
//! | `/api/status` | JSON: a [`Snapshot`](super::status::snapshot::Snapshot) |
//!
//! Owns how a [`Status`](super::status::Status) is shown. Must never change anything: every route is a GET, none takes
//! an argument, and none answers with an e-mail.

mod http;
mod metrics;
mod page;

pub use self::http::serve;
