//! A Python virtual environment with one package in it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

pub struct Environment {
    folder: TempDir,
}

impl Environment {
    /// Installs a package; `None` where that can't be done: the reason is printed, and a failure where `CI` is `true`.
    pub fn with(package: &str) -> Option<Self> {
        match Self::installed(package) {
            Ok(environment) => Some(environment),
            Err(reason) => {
                assert_ne!(
                    std::env::var("CI").as_deref(),
                    Ok("true"),
                    "{package} can't be installed: {reason}"
                );
                // Past the test's own output, which is shown for failures alone.
                let _ = writeln!(
                    std::io::stderr(),
                    "skipped, for want of {package}: {reason}"
                );
                None
            }
        }
    }

    fn installed(package: &str) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let python = ["python3", "python"].into_iter().find(|name| {
            let version = Command::new(name).arg("--version").output();
            version.is_ok_and(|output| output.status.success())
        });
        let python = python.ok_or("there is no Python")?;
        let venv = folder.path().join("venv");
        run(Command::new(python).args(["-m", "venv"]).arg(&venv))?;
        let environment = Self { folder };
        run(environment.python().args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
            "--retries=1",
            "--timeout=20",
            package,
        ]))?;
        Ok(environment)
    }

    fn python(&self) -> Command {
        let venv = self.folder.path().join("venv");
        let windows = venv.join("Scripts/python.exe");
        let program = if windows.exists() {
            windows
        } else {
            venv.join("bin/python")
        };
        Command::new(program)
    }

    /// Runs a script that stands beside this file; what it prints comes back. A script that fails fails the test.
    pub fn run(&self, script: &str, arguments: &[&str]) -> String {
        let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/oracle")
            .join(script);
        let mut command = self.python();
        // Simulators are on this machine, whatever proxy there is; nothing is left beside the sources.
        command
            .env("NO_PROXY", "*")
            .env("PYTHONDONTWRITEBYTECODE", "1");
        match run(command.arg(path).args(arguments)) {
            Ok(output) => output,
            Err(complaint) => panic!("{script}: {complaint}"),
        }
    }
}

/// What a command prints, or the end of what it complains of.
fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(|error| error.to_string());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let lines: Vec<_> = said.lines().collect();
    Err(lines[lines.len().saturating_sub(25)..].join("\n"))
}
