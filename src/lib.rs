//! quietdesk: the customers of Jira Service Management as code.
//!
//! A roster (YAML) says who may raise requests in which service desk, and how open each desk is. quietdesk
//! compares it with Jira and makes only the calls that are missing, none of which mails anybody or takes a
//! licence seat.
//!
//! # The map
//!
//! Dependencies point one way, from the left to the right, and `tests/layers.rs` enforces it:
//!
//! ```text
//! cli → {daemon, doctor, render, plan_file} → engine → {jira, roster_file} → {model, files, causes}        sandbox → nothing of ours
//! ```
//!
//! | module | owns | must never |
//! |---|---|---|
//! | [`model`] | the pure part: roster, observation, plan, guard, outcomes, report | do I/O, read a clock, roll dice |
//! | [`roster_file`] | YAML to [`model::roster::Roster`], with positions; folders; the schema | talk to Jira |
//! | [`jira`] | the list of allowed requests, the transport, limits, reading and writing | decide what to change |
//! | [`engine`] | one pass: observe, plan, judge, apply, report; what outlives it | add, retarget or reorder a step |
//! | [`plan_file`] | saved plans as files | decide what is still true of one |
//! | [`doctor`] | whether all is well: each thing quietdesk needs of a Jira, and what to do where it is missing | write |
//! | [`daemon`] | when passes run: watching, the interval, signals; what it tells of itself | know what a pass does |
//! | [`files`] | reading what others put where a file is expected: bounded, never waiting for ever | know what is read |
//! | [`causes`] | an error and its causes in one line | know which error |
//! | [`render`] | text, JSON, markdown and progress for people and programs | change what is rendered |
//! | [`sandbox`] | a simulated Jira that judges the client | share a type with the client |
//! | [`cli`] | what the user typed, what it means, exit codes | hold logic of its own |

pub mod causes;
pub mod cli;
pub mod daemon;
pub mod doctor;
pub mod engine;
pub mod files;
pub mod jira;
pub mod model;
pub mod plan_file;
pub mod render;
pub mod roster_file;
pub mod sandbox;
