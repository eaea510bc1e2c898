//! The two sides, each a process of its own: the service as it is installed, and a handler that returns bytes from memory.

use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A process that answers on an address. Ends when it is dropped.
pub struct Side {
    child: Child,
    pub address: SocketAddr,
}

impl Drop for Side {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Side {
    /// CPU time that it has used, in microseconds, of all its threads.
    pub fn cpu(&self) -> f64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let nanos: u64 = tasks
            .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("schedstat")).ok())
            .map(|text| text.split(' ').next().unwrap().parse::<u64>().unwrap())
            .sum();
        nanos as f64 / 1e3
    }

    /// Has each of its workers run on a core of its own, where `taskset` can be had. With as many workers as cores, and a load
    /// beside them, the kernel runs two workers on one core for a tenth of a second now and then: that is no part of either
    /// side's work. Returns whether it could.
    pub fn spread(&self) -> bool {
        let cores = std::thread::available_parallelism().unwrap().get();
        let Ok(tasks) = std::fs::read_dir(format!("/proc/{}/task", self.child.id())) else {
            return false;
        };
        let workers = tasks
            .map(|task| task.unwrap())
            .filter(|task| {
                let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
                // As actix names those of a server in a runtime of Tokio's, and in one of its own.
                name.starts_with("actix-server wo") || name.starts_with("actix-rt|system")
            })
            .collect::<Vec<_>>();
        let pinned = workers.iter().enumerate().filter(|(at, worker)| {
            let core = (at % cores).to_string();
            Command::new("taskset")
                .args(["-p", "-c", &core])
                .arg(worker.file_name())
                .stdout(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        });
        pinned.count() == workers.len() && !workers.is_empty()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The service, configured, with a log in JSON that goes into a file.
    pub fn service(folder: &Path, address: SocketAddr) -> Self {
        let log = File::create(folder.join("log")).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_sidecard"))
            .arg("serve")
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        until_it_listens(address);
        Self { child, address }
    }

    /// This program again, as a handler that returns the answer in a folder: the files `head` and `body`.
    pub fn fixed(folder: &Path) -> Self {
        let address = free();
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["static", &address.to_string()])
            .arg(folder)
            .spawn()
            .unwrap();
        until_it_listens(address);
        Self { child, address }
    }
}

/// Answers everything with the same bytes, head and body. Never ends.
pub fn serve_fixed(address: &str, folder: &str) {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use actix_web::{App, HttpResponse, HttpServer, web};
    let body = web::Bytes::from(std::fs::read(Path::new(folder).join("body")).unwrap());
    let head = std::fs::read_to_string(Path::new(folder).join("head")).unwrap();
    let headers: Vec<(HeaderName, HeaderValue)> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        // Written by actix itself, on both sides.
        .filter(|(name, _)| !["content-length", "date"].contains(&&*name.to_lowercase()))
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    let made = move || {
        let (body, headers) = (body.clone(), headers.clone());
        // The body is taken, as ours is: a connection with an unread one would be closed.
        let handler = move |_: web::Bytes| {
            let mut response = HttpResponse::Ok().body(body.clone());
            for (name, value) in &headers {
                response.headers_mut().insert(name.clone(), value.clone());
            }
            std::future::ready(response)
        };
        App::new().default_service(web::to(handler))
    };
    let server = HttpServer::new(made).bind(address).unwrap().run();
    actix_web::rt::System::new().block_on(server).unwrap();
}

/// Runs the service's own command in its folder; what it prints comes back.
pub fn command(folder: &Path, words: &[&str], input: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sidecard"))
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "sidecard {words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// An address that nobody listens on.
pub fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

fn until_it_listens(address: SocketAddr) {
    while std::net::TcpStream::connect(address).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
