//! The load: keep-alive connections that send requests made beforehand, each once.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// Requests, as they go over the wire.
pub type Requests = Arc<Vec<Vec<u8>>>;

/// What came of a load.
pub struct Came {
    pub answers: usize,
    pub failed: usize,
    pub took: Duration,
    /// Sorted.
    pub latencies: Vec<Duration>,
}

impl Came {
    pub fn per_second(&self) -> f64 {
        self.answers as f64 / self.took.as_secs_f64()
    }

    /// In milliseconds.
    pub fn at(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let place = (last as f64 * share) as usize;
        self.latencies
            .get(place)
            .map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// As many as come through `connections`, one after the other.
pub async fn flat_out(
    to: SocketAddr,
    requests: &Requests,
    connections: usize,
    lasting: Duration,
) -> Came {
    let began = Instant::now();
    let running = (0..connections).map(|at| {
        let requests = Arc::clone(requests);
        tokio::spawn(async move {
            let mut line = Line::open(to).await;
            let (mut latencies, mut failed) = (Vec::new(), 0);
            for request in requests.iter().skip(at).step_by(connections).cycle() {
                if began.elapsed() > lasting {
                    break;
                }
                let sent = Instant::now();
                failed += usize::from(!line.ask(request).await);
                latencies.push(sent.elapsed());
            }
            (latencies, failed)
        })
    });
    gathered(running.collect::<Vec<_>>(), began).await
}

/// Open loop: `per_second` become due whether or not earlier ones are answered, in step with a clock of one millisecond.
/// An answer's time counts from when its request became due.
pub async fn steady(
    to: SocketAddr,
    requests: &Requests,
    connections: usize,
    per_second: f64,
) -> Came {
    let due: Arc<Mutex<VecDeque<(usize, Instant)>>> = Arc::default();
    let waiting = Arc::new(Semaphore::new(0));
    let mut lines = Vec::new();
    for _ in 0..connections {
        lines.push(Line::open(to).await);
    }
    let began = Instant::now();
    let running: Vec<_> = lines
        .into_iter()
        .map(|mut line| {
            let (due, waiting, requests) =
                (Arc::clone(&due), Arc::clone(&waiting), Arc::clone(requests));
            tokio::spawn(async move {
                let (mut latencies, mut failed) = (Vec::new(), 0);
                while let Ok(permit) = waiting.acquire().await {
                    permit.forget();
                    let Some((which, at)) = due.lock().unwrap().pop_front() else {
                        break;
                    };
                    failed += usize::from(!line.ask(&requests[which]).await);
                    latencies.push(at.elapsed());
                }
                (latencies, failed)
            })
        })
        .collect();
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let mut made = 0;
    while made < requests.len() {
        ticks.tick().await;
        let until = (began.elapsed().as_secs_f64() * per_second) as usize;
        let until = until.min(requests.len());
        let now = Instant::now();
        due.lock()
            .unwrap()
            .extend((made..until).map(|which| (which, now)));
        waiting.add_permits(until - made);
        made = until;
    }
    // One more for each connection: there is nothing left to do.
    waiting.add_permits(connections);
    gathered(running, began).await
}

async fn gathered(
    running: Vec<tokio::task::JoinHandle<(Vec<Duration>, usize)>>,
    began: Instant,
) -> Came {
    let (mut latencies, mut failed) = (Vec::new(), 0);
    for one in running {
        let (times, failures) = one.await.unwrap();
        latencies.extend(times);
        failed += failures;
    }
    let took = began.elapsed();
    latencies.sort_unstable();
    Came {
        answers: latencies.len(),
        failed,
        took,
        latencies,
    }
}

/// A connection.
pub struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    pub async fn open(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let buffer = vec![0; 256 * 1_024];
        Self { stream, buffer }
    }

    /// Whether it was answered with 200.
    pub async fn ask(&mut self, request: &[u8]) -> bool {
        let [head, _] = self.answer(request).await;
        head.starts_with(b"HTTP/1.1 200")
    }

    /// Head and body of the answer.
    pub async fn answer(&mut self, request: &[u8]) -> [&[u8]; 2] {
        self.stream.write_all(request).await.unwrap();
        let (mut filled, mut expected) = (0, usize::MAX);
        let mut start = 0;
        while filled < expected {
            let read = self.stream.read(&mut self.buffer[filled..]).await.unwrap();
            assert!(read > 0, "the connection was closed");
            filled += read;
            if expected == usize::MAX
                && let Some(end) = self.buffer[..filled]
                    .windows(4)
                    .position(|four| four == b"\r\n\r\n")
            {
                start = end + 4;
                let head = std::str::from_utf8(&self.buffer[..end]).unwrap();
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length")
                        .then(|| value.trim().parse::<usize>().unwrap())
                });
                expected = start + length.unwrap();
            }
        }
        [&self.buffer[..start], &self.buffer[start..filled]]
    }
}
