//! The program itself: run in a folder of its own, with a simulator as Recharge.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sidecard::simulator::recharge::{Options, Running, start};
use tempfile::TempDir;

use crate::house::client;

/// An empty folder, and a Recharge.
pub struct Folder {
    pub dir: TempDir,
    pub recharge: Running,
    /// Where the commands believe Recharge to be.
    base_url: String,
    /// Holds the port of a Recharge that is gone.
    nobody: Option<tokio::net::TcpSocket>,
}

/// What a command printed.
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Its output; it must have worked.
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self.out
    }

    /// Its complaint; it must have ended with this code, and say what to do.
    pub fn refused(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        assert!(
            self.err.contains("error: ") && self.err.contains("hint: "),
            "{}",
            self.err
        );
        self.err
    }
}

impl Folder {
    pub async fn empty() -> Self {
        Self::with(Options {
            bucket: 10_000,
            ..Options::default()
        })
        .await
    }

    pub async fn with(options: Options) -> Self {
        let recharge = start(options).await.unwrap();
        Self {
            dir: tempfile::tempdir().unwrap(),
            base_url: recharge.base_url(),
            recharge,
            nobody: None,
        }
    }

    /// From now on nobody listens where commands believe Recharge to be: bound and not listening, so that nobody else
    /// gets the port meanwhile.
    pub fn without_recharge(&mut self) {
        let nobody = tokio::net::TcpSocket::new_v4().unwrap();
        nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        self.base_url = format!("http://{}", nobody.local_addr().unwrap());
        self.nobody = Some(nobody);
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Recharge is there from now on.
    pub fn recharge_at(&mut self, base_url: String) {
        self.base_url = base_url;
    }

    /// Writes the configuration file.
    pub fn configure(&self, toml: &str) {
        std::fs::write(self.path("sidecard.toml"), toml).unwrap();
    }

    /// A folder with keys and the install `acme-usa`.
    pub async fn connected() -> Self {
        let folder = Self::empty().await;
        folder.keys();
        folder
            .run_with(
                &["install", "add", "--shop", "acme-usa"],
                crate::house::TOKEN,
            )
            .ok();
        folder
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// The keys file, as the README says to make it.
    pub fn keys(&self) {
        let line = self.run(&["keys", "new"]).ok();
        let file = self.path("sidecard.keys");
        std::fs::write(&file, line).unwrap();
        for_owner(&file);
    }

    /// The command, in the folder, with the simulator as Recharge.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sidecard"));
        command
            .current_dir(self.dir.path())
            .env_clear()
            .env("NO_COLOR", "1")
            .env("SIDECARD_RECHARGE_BASE_URL", &self.base_url)
            .env("SIDECARD_LISTEN", "127.0.0.1:0")
            .env("SIDECARD_ADMIN_LISTEN", "127.0.0.1:0")
            .env("SIDECARD_OPS_LISTEN", "127.0.0.1:0")
            .args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs it with this on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing has closed it already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Joins a helpdesk of kind json to the install.
    pub fn workspace(&self, install: &str) -> Workspace {
        let added = self
            .run(&[
                "workspace",
                "add",
                "--install",
                install,
                "--helpdesk",
                "json",
                "--json",
            ])
            .ok();
        let added: Value = serde_json::from_str(&added).unwrap();
        let text = |name: &str| added[name].as_str().unwrap().to_owned();
        Workspace {
            id: text("id"),
            secret: text("secret"),
        }
    }

    /// Starts the service, and waits until it says where it listens.
    pub fn serve(&self) -> Serving {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        let mut child = self
            .command(&["serve"])
            .env("SIDECARD_LOG", "trace")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut lines = String::new();
        let mut base = None;
        loop {
            let mut line = String::new();
            if out.read_line(&mut line).unwrap() == 0 {
                let said = String::from_utf8_lossy(&self.read("log")).into_owned();
                panic!("the service ended:\n{lines}\n{said}");
            }
            if let Some(address) = line.strip_prefix("helpdesks ask at  ") {
                base = Some(address.trim().to_owned());
            }
            lines.push_str(&line);
            if line.contains("ctrl-c") {
                break;
            }
        }
        Serving {
            child,
            base: base.unwrap(),
            rest: Some(out),
        }
    }
}

/// A workspace as it was added.
#[derive(Clone)]
pub struct Workspace {
    pub id: String,
    pub secret: String,
}

/// A running service. Killed when dropped.
pub struct Serving {
    child: Child,
    pub base: String,
    rest: Option<BufReader<std::process::ChildStdout>>,
}

impl Serving {
    /// The answer about an address: its status, and its body.
    pub async fn ask(&self, workspace: &Workspace, email: &str) -> (u16, Value) {
        let response = client()
            .post(format!("{}/ask/json/{}", self.base, workspace.id))
            .bearer_auth(&workspace.secret)
            .body(serde_json::json!({ "emails": [email] }).to_string())
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        let body = response.text().await.unwrap();
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Asks until the answer is as wanted, for 20 seconds at most.
    pub async fn until(
        &self,
        workspace: &Workspace,
        email: &str,
        wanted: impl Fn(u16, &Value) -> bool,
    ) -> Value {
        let asking = async {
            loop {
                let (status, answer) = self.ask(workspace, email).await;
                if wanted(status, &answer) {
                    return answer;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), asking)
            .await
            .expect("the answer never became as wanted")
    }

    /// Ends it as `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, as a platform does.
    pub fn terminate(&self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(asked.success());
    }

    /// Asks it to end, and waits; returns its exit code.
    pub fn stop(mut self) -> i32 {
        self.terminate();
        let code = self.child.wait().unwrap().code().unwrap();
        let mut rest = String::new();
        self.rest.take().unwrap().read_to_string(&mut rest).unwrap();
        code
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn for_owner(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}
