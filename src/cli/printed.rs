//! What is printed: data on stdout, errors on stderr, colour only where it is wanted.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use super::Failure;
use super::exit::Exit;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Decides about colour, once for the process.
pub(super) fn choose_colour(when: clap::ColorChoice) {
    match when {
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Where data goes. Colours are stripped where they are not wanted.
pub(super) fn stdout() -> impl Write {
    std::io::BufWriter::new(anstream::stdout())
}

/// Prints all of it.
///
/// # Errors
/// When nobody takes it, or there is no space for it.
pub(super) fn whole(text: &[u8]) -> Result<Exit, Failure> {
    let mut out = stdout();
    out.write_all(text)?;
    out.flush()?;
    Ok(Exit::Done)
}

/// Where a plan goes while stdout is kept for data.
pub(super) fn stderr() -> impl Write {
    std::io::BufWriter::new(anstream::stderr())
}

/// Prints what a user should know, and what keeps nothing from being done.
pub(super) fn warning(warning: &str) -> std::io::Result<()> {
    writeln!(anstream::stderr(), "{WARNING}warning:{WARNING:#} {warning}")
}

/// Prints why a command could not do its work, with every cause.
pub(super) fn failure(failure: &Failure) {
    let mut stderr = anstream::stderr();
    let text = failure.to_string();
    // A report of a roster's problems begins each of them so already.
    let head = if text.starts_with("error: ") {
        String::new()
    } else {
        format!("{ERROR}error:{ERROR:#} ")
    };
    // Where stderr is gone, there is nobody left to tell.
    let _ = writeln!(stderr, "{head}{text}");
}
