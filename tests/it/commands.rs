//! The binary as an admin meets it: output, hints, exit codes.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn sidecard() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sidecard"));
    command
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .env("NO_COLOR", "1");
    for variable in [
        "SIDECARD_LISTEN",
        "SIDECARD_PUBLIC_URL",
        "SIDECARD_RECHARGE_BASE_URL",
        "SIDECARD_LOG",
    ] {
        command.env_remove(variable);
    }
    command
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = sidecard().args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn help_names_every_command_and_is_no_failure() {
    let (code, out, _) = run(&["--help"]);
    assert_eq!(code, 0);
    for command in [
        "demo",
        "serve",
        "install",
        "workspace",
        "lookup",
        "simulate",
        "check",
        "keys",
        "forget",
        "backup",
        "admin",
        "preview",
    ] {
        assert!(out.contains(&format!("  {command} ")), "{command}");
        assert_eq!(run(&[command, "--help"]).0, 0, "{command}");
    }
    assert_eq!(run(&["--version"]).1, "sidecard 0.1.0\n");
    assert_eq!(run(&["brew"]).0, 2);
    assert_eq!(run(&[]).0, 2);
}

#[test]
fn a_lookup_shows_the_card() {
    let (code, out, err) = run(&["lookup", "kim@acme.example", "--demo"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for part in [
        "Kim Example",
        "176700001",
        "Wool Runner",
        "$98.00",
        "Morning Roast",
        "Too expensive",
        "102.90",
    ] {
        assert!(out.contains(part), "{part} in:\n{out}");
    }
    assert!(!out.contains('\u{1b}'), "no colours into a pipe");
}

#[test]
fn a_lookup_as_json_is_the_answer() {
    let (code, out, _) = run(&["lookup", "kim@acme.example", "--demo", "--json"]);
    assert_eq!(code, 0);
    let answer: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["outcome"], "found");
    let nobody = run(&["lookup", "nobody@mail.example", "--demo", "--json"]);
    assert_eq!(nobody.0, 0, "an answer is an answer");
    assert!(nobody.1.contains("\"not_found\""));
    let (code, out, _) = run(&["lookup", "server-error@fault.example", "--demo", "--json"]);
    assert_eq!(code, 1);
    assert!(out.contains("\"unavailable\""));
}

#[test]
fn wrong_usage_is_two_and_says_what_to_write() {
    let (code, out, err) = run(&["lookup", "marker at nowhere", "--demo"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("hint:") && !err.contains("marker"), "{err}");
    let (code, _, err) = run(&["lookup", "kim@acme.example"]);
    assert_eq!(code, 2);
    assert!(err.contains("--demo"), "{err}");
    let (code, _, err) = run(&[
        "lookup",
        "kim@acme.example",
        "--demo",
        "--install",
        "acme-mars",
    ]);
    assert_eq!(code, 2);
    assert!(err.contains("acme-mars"), "{err}");
    for wrong in [["--fault", "429"], ["--hooks", "drop"]] {
        let (code, _, err) = run(&[&["simulate", "recharge"], wrong.as_slice()].concat());
        assert_eq!(code, 2);
        assert!(err.contains("hint:"), "{err}");
    }
}

#[test]
fn a_wrong_configuration_is_two_with_every_problem_and_a_hint_each() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wrong.toml");
    std::fs::write(
        &file,
        "[server]\nlisten = \"x\"\nlisten_to = 1\n[cache]\nfresh = \"0s\"\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    for arguments in [
        vec!["check", "--config", file],
        vec!["lookup", "kim@acme.example", "--demo", "--config", file],
    ] {
        let (code, out, err) = run(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert_eq!(err.matches("error:").count(), 3, "{err}");
        assert_eq!(err.matches("hint:").count(), 3, "{err}");
    }
    let (code, out, err) = run(&["check"]);
    assert_eq!(code, 2, "there are no keys");
    assert!(out.contains("no problem found"));
    assert!(err.contains("sidecard keys new"), "{err}");
    let (code, _, err) = run(&["check", "--config", "no-such-file.toml"]);
    assert_eq!(code, 2);
    assert!(err.contains("no-such-file.toml"));
}

#[test]
fn a_preview_is_a_folder_with_an_index() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("preview");
    let (code, out, err) = run(&["preview", folder.to_str().unwrap()]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("index.html"));
    let index = std::fs::read_to_string(folder.join("index.html")).unwrap();
    for card in [
        "active",
        "several",
        "stale",
        "reconnect",
        "hostile",
        "wholesale",
    ] {
        assert!(index.contains(&format!("{card}.html")));
        assert!(folder.join(format!("{card}.html")).exists());
    }
    let (code, _, err) = run(&["preview", "/dev/null/x"]);
    assert_eq!(code, 1);
    assert!(err.contains("hint:"), "{err}");
}

/// A running command, and the first lines that it printed. Killed when dropped.
struct Running {
    child: Child,
    lines: Vec<String>,
}

impl Running {
    fn until(arguments: &[&str], last: &str) -> Self {
        let mut child = sidecard()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let is_last = line.contains(last);
            lines.push(line);
            if is_last {
                break;
            }
        }
        Self { child, lines }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_prints_addresses_that_open_cards() {
    let demo = Running::until(&["demo", "--listen", "127.0.0.1:0"], "DETAILED");
    let cards: Vec<&str> = demo
        .lines
        .iter()
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    let cards: Vec<&str> = cards
        .into_iter()
        .filter(|url| url.contains("/ask/embed/"))
        .collect();
    assert!(cards.len() >= 12, "{:#?}", demo.lines);
    let client = crate::house::client();
    for url in &cards {
        let response = client.get(*url).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert!(
            response
                .text()
                .await
                .unwrap()
                .contains("<main data-outcome=")
        );
    }
    let curl = demo.lines.iter().find(|line| line.contains("Bearer "));
    let curl = curl.unwrap();
    let secret = curl
        .split("Bearer ")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    let url = curl.split_whitespace().last().unwrap();
    let body = r#"{"emails":["kim@acme.example"]}"#;
    let response = client
        .post(url)
        .bearer_auth(secret)
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.text().await.unwrap().contains("\"found\""));
    // As a shell would read it: words in single quotes.
    for (level, part) in [("BASIC", "\"original\""), ("DETAILED", "\"SUBSCRIPTION\"")] {
        let curl = demo.lines.iter().find(|line| line.contains(level)).unwrap();
        let url = curl.split_whitespace().last().unwrap();
        let quoted: Vec<&str> = curl.split('\'').skip(1).step_by(2).collect();
        let (body, headers) = quoted.split_last().unwrap();
        let request = client.post(url).body((*body).to_owned());
        let request = headers.iter().fold(request, |request, header| {
            let (name, value) = header.split_once(": ").unwrap();
            request.header(name, value)
        });
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{curl}");
        let answer = response.text().await.unwrap();
        assert!(answer.contains(part), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulator_alone_answers_and_takes_a_folder() {
    let simulator = Running::until(
        &[
            "simulate",
            "recharge",
            "--listen",
            "127.0.0.1:0",
            "--hooks",
            "duplicate=0.1",
        ],
        "ctrl-c",
    );
    let base = simulator.lines[0].split_whitespace().last().unwrap();
    let client = crate::house::client();
    let url = format!("{base}/customers?email=kim%40acme.example");
    let response = client
        .get(&url)
        .header("x-recharge-version", "2021-11")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
    let (code, _, err) = run(&["simulate", "recharge", "--data", "no-such-folder"]);
    assert_eq!(code, 1);
    assert!(
        err.contains("no-such-folder") && err.contains("hint:"),
        "{err}"
    );
}
