//! Printing: data on stdout, errors on stderr, color only where it is wanted.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use super::Failure;
use super::exit::Exit;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Sets the color choice for the process.
pub(super) fn set_color_choice(when: clap::ColorChoice) {
    match when {
        clap::ColorChoice::Auto => anstream::ColorChoice::Auto,
        clap::ColorChoice::Always => anstream::ColorChoice::Always,
        clap::ColorChoice::Never => anstream::ColorChoice::Never,
    }
    .write_global();
}

/// Returns stdout, for data. Strips colors where they are not wanted.
pub(super) fn stdout() -> impl Write {
    std::io::BufWriter::new(anstream::stdout())
}

/// Prints the whole text on stdout.
///
/// # Errors
/// When stdout is closed or full.
pub(super) fn print(text: &[u8]) -> Result<Exit, Failure> {
    let mut out = stdout();
    out.write_all(text)?;
    out.flush()?;
    Ok(Exit::Done)
}

/// Returns stderr, for a plan while stdout is reserved for data.
pub(super) fn stderr() -> impl Write {
    std::io::BufWriter::new(anstream::stderr())
}

/// Prints a warning on stderr.
pub(super) fn print_warning(warning: &str) -> std::io::Result<()> {
    writeln!(anstream::stderr(), "{WARNING}warning:{WARNING:#} {warning}")
}

/// Prints an error with all its causes on stderr.
pub(super) fn print_failure(failure: &Failure) {
    let mut stderr = anstream::stderr();
    let text = failure.to_string();
    // A report of roster problems already starts each one with it.
    let head = if text.starts_with("error: ") {
        String::new()
    } else {
        format!("{ERROR}error:{ERROR:#} ")
    };
    // A closed stderr leaves no way to report this.
    let _ = writeln!(stderr, "{head}{text}");
}
