//! A customer who is gone, at a Recharge that answers for their subscriptions as it does for them. Whether it does so is not
//! established.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sidecard::app::{Lookups, lookups};
use sidecard::config::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Durable, KIM, acme, kim};

/// Has no customer, and finds nothing else.
async fn answer(mut socket: TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if socket.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let (status, body) = if request.starts_with(b"GET /customers?") {
        ("200 OK", json!({"customers": []}))
    } else {
        ("404 Not Found", json!({"error": "Not Found"}))
    };
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await?;
    socket.write_all(body.as_bytes()).await
}

/// Lookups at such a Recharge.
async fn elsewhere(house: &Durable) -> Lookups {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket));
        }
    });
    let toml = format!("[recharge]\nbase_url = \"http://{address}\"\n");
    let config = Config::parse(&toml, &BTreeMap::new()).unwrap();
    lookups(&config, &house.clock, &house.store).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_gone_is_gone_whatever_is_said_of_their_subscriptions() {
    let house = Durable::open().await;
    house.snapshot(KIM).await;
    let install = Arc::clone(&house.access().await.installs[0]);
    let lookups = elsewhere(&house).await;
    assert_eq!(lookups.reread(&install, &kim()).await, Ok(None));
    house.later(Duration::from_secs(3_600));
    assert_eq!(lookups.reread(&install, &kim()).await, Ok(None));
    assert!(!house.store.is_known(&acme(), &kim()).await.unwrap());
}
