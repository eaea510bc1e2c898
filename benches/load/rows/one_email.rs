//! A thousand callers at once, for one email that nobody has asked for.

use futures_util::future::join_all;
use sidecard::simulator::recharge::{Options, start};

use crate::Scale;
use crate::installed::Installed;
use crate::table::Line;
use crate::warm::TOKEN;
use crate::warm::crowd::crowd;
use crate::warm::load::Line as Connection;

const CALLERS: usize = 1_000;

pub async fn row(_: &Scale) -> Vec<Line> {
    println!("{CALLERS} callers at once");
    let options = Options {
        data: crowd(1),
        latency: std::time::Duration::from_millis(300),
        ..Options::default()
    };
    let recharge = start(options).await.unwrap();
    let installed = Installed::open(&recharge.base_url(), TOKEN, &["json"], "");
    let to = installed.address();
    // All are connected before the first one asks.
    let connections = join_all((0..CALLERS).map(|_| Connection::open(to))).await;
    let request = installed.workspaces[0].requests(to, 1);
    // What the start asked for is over.
    while recharge
        .requests()
        .iter()
        .all(|request| request.status.is_none())
    {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    recharge.forget_requests();
    let asked = connections.into_iter().map(|mut connection| {
        let request = request[0].clone();
        tokio::spawn(async move {
            let [head, body] = connection.answer(&request).await;
            head.starts_with(b"HTTP/1.1 200")
                && String::from_utf8_lossy(body).contains(r#""outcome":"found""#)
        })
    });
    let answers = join_all(asked.collect::<Vec<_>>()).await;
    let found = answers.into_iter().filter(|found| *found.as_ref().unwrap());
    let found = found.count();
    let calls = recharge.requests().len();
    let line = Line::new(
        "1,000 callers at once, one cold email",
        format!("{calls} calls to Recharge, {found} cards"),
        "3 calls, 1,000 cards",
        calls == 3 && found == CALLERS,
    );
    recharge.stop().await;
    vec![line]
}
