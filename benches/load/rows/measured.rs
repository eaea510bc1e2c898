//! What other benches measure: the cost of warm cards, and the time of cold ones.

use crate::Scale;
use crate::table::Line;
use crate::{lookups, warm};

/// CPU and latency of warm cards, beside a handler that returns the same bytes.
pub async fn warm(_: &Scale) -> Vec<Line> {
    println!("warm cards");
    let figures = tokio::task::spawn_blocking(warm::measure).await.unwrap();
    let cost = figures.iter().map(|of| {
        Line::new(
            format!("CPU of a warm {}", of.what),
            format!("{:.2} x a static handler", of.ratio),
            format!("at most {:.0} x", of.bar),
            of.ratio <= of.bar,
        )
    });
    let latency = figures.iter().map(|of| {
        Line::new(
            format!("latency of a warm {}", of.what),
            format!(
                "p99 {:.2} ms beside {:.2} ms, at {:.0} requests/s",
                of.our_p99, of.static_p99, of.rate
            ),
            "its p99 + 2 ms",
            of.our_p99 <= of.static_p99 + 2.0,
        )
    });
    cost.chain(latency).collect()
}

/// Cold cards, and those of a known id.
pub async fn lookups(_: &Scale) -> Vec<Line> {
    println!("cold cards");
    let bars = [("cold, by email", 2.2), ("known id, cold", 1.2)];
    let figures = lookups::measure().await;
    let lines = bars.into_iter().filter_map(|(what, bar)| {
        let of = figures.iter().find(|of| of.what == what)?;
        Some(Line::new(
            format!("{what}, Recharge at 150 ms"),
            format!("p50 {:.2} x 150 ms", of.median),
            format!("at most {bar} x"),
            of.median <= bar,
        ))
    });
    lines.collect()
}
