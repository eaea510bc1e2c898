//! A fixed rate for a long time: memory, tasks and handles at the end, beside those at one third.

use std::time::Duration;

use sidecard::simulator::recharge::{Options, start};

use crate::Scale;
use crate::installed::Installed;
use crate::table::Line;
use crate::warm::crowd::crowd;
use crate::warm::load::steady;
use crate::warm::{CUSTOMERS, Requests, TOKEN};

/// Requests a second, of the three helpdesks together.
const RATE: f64 = 300.0;
const CONNECTIONS: usize = 16;
/// What was asked for at last has landed by then, and so have connections that were closed.
const REST: Duration = Duration::from_secs(12);

struct Look {
    resident: f64,
    tasks: usize,
    handles: usize,
    threads: usize,
}

pub async fn row(scale: &Scale) -> Vec<Line> {
    println!("{} s at {RATE} requests a second", scale.soak.as_secs());
    let options = Options {
        data: crowd(CUSTOMERS),
        bucket: 1_000_000,
        leak: 10_000.0,
        ..Options::default()
    };
    let recharge = start(options).await.unwrap();
    // Cards are read again all the time.
    let more = "[cache]\nfresh = \"10s\"\nrevalidate = \"20s\"";
    let installed = Installed::open(
        &recharge.base_url(),
        TOKEN,
        &["embed", "json", "gladly"],
        more,
    );
    let third = scale.soak / 3;
    let first = phase(&installed, third).await;
    let (after, failed) = phase(&installed, scale.soak - third).await;
    let (before, failed) = (first.0, failed + first.1);
    let grown = after.resident / before.resident;
    let near = |a: usize, b: usize| a.abs_diff(b) <= 2;
    let minutes = scale.soak.as_secs_f64() / 60.0;
    let lines = vec![
        Line::new(
            format!("{minutes:.0} minutes at {RATE:.0} requests/s, real time"),
            format!(
                "memory {:.1} MB at one third, {:.1} MB at the end: {grown:.3} x; {failed} failed",
                before.resident / 1e6,
                after.resident / 1e6,
            ),
            "at most 1.1 x",
            grown <= 1.1 && failed == 0,
        ),
        Line::new(
            "",
            format!(
                "tasks {} and {}, handles {} and {}, threads {} and {}",
                before.tasks,
                after.tasks,
                before.handles,
                after.handles,
                before.threads,
                after.threads
            ),
            "tasks and handles +-2",
            near(before.tasks, after.tasks) && near(before.handles, after.handles),
        ),
    ];
    recharge.stop().await;
    lines
}

/// The rate for so long, and then a rest; with how many requests failed.
async fn phase(installed: &Installed, lasting: Duration) -> (Look, usize) {
    // In pieces, so that the requests made beforehand are few, and their signatures are of now.
    let piece = Duration::from_secs(10).min(lasting);
    let (mut left, mut failed) = (lasting, 0);
    while !left.is_zero() {
        let lasts = piece.min(left);
        let count = (RATE * lasts.as_secs_f64()) as usize;
        let to = installed.address();
        let each: Vec<Requests> = installed
            .workspaces
            .iter()
            .map(|joined| joined.requests(to, count.div_ceil(3)))
            .collect();
        let mixed = (0..count).map(|n| each[n % 3][n / 3].clone()).collect();
        let came = steady(to, &std::sync::Arc::new(mixed), CONNECTIONS, RATE).await;
        failed += came.failed;
        left -= lasts;
    }
    tokio::time::sleep(REST).await;
    let look = Look {
        resident: installed.resident(),
        tasks: installed.tasks().await,
        handles: installed.handles(),
        threads: installed.threads(),
    };
    (look, failed)
}
