//! Parses the command line, runs the command, and ends with its exit code.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    sidecard::cli::run(std::env::args_os()).await
}
