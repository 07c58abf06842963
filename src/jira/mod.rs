//! Client for Jira's REST API, limited to a fixed list of requests.
//!
//! Owns sign-in, rate limits, retries, paging and the interpretation of responses. [`JiraRead`] and [`JiraWrite`] are
//! different types: code with the first cannot write, and every write takes the guard's approval. Must never decide
//! what to change, and never make a request that is not in [`requests`].

mod access;
mod address;
mod backoff;
mod client;
mod cloud;
mod connect_error;
mod cooldowns;
mod credentials;
mod data_center;
mod errors;
mod limiter;
pub mod limits;
mod paging;
mod read;
mod requested_wait;
pub mod requests;
mod response_metadata;
mod responses;
mod sign_in;
mod transport;
mod write;
mod write_result;

pub use access::AccessSettings;
pub use address::{BaseUrl, BaseUrlError};
pub use backoff::search_delays;
pub use client::Stats;
pub use connect_error::ConnectError;
pub use credentials::{Credentials, CredentialsError};
pub use errors::CallError;
pub use limiter::{InFlight, Pace};
pub use paging::SweepEnd;
pub use read::desks::{CustomerList, DeskRef};
pub use read::health::ServiceManagement;
pub use read::license::AccountAccess;
pub use read::listing::AccountListing;
pub use read::unreachable_site::UnreachableSite;
pub use read::{JiraRead, Permissions, Settings};
pub use response_metadata::ResponseMetadata;
pub use sign_in::SignInMethod;
pub use transport::{InProcess, Response, Transport, TransportError};
pub use write::JiraWrite;
pub use write_result::WriteResult;
