//! Parses the command line, runs the command, and ends with its exit code.

use std::process::ExitCode;

/// An answer takes tens of kilobytes for a moment. The system's allocator gives them back to the kernel each time and has to
/// ask for them again, which a warm card takes a sixth of its time for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    sidecard::cli::run(std::env::args_os()).await
}
