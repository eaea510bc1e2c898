//! The page in a frame, in a real browser, over the service and the simulator on this machine.
//!
//! `cargo bench --bench frame [weight|paint|shift|filter|change]`; needs Chromium. Ratios count: absolute times are this machine's.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::Write as _;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sidecard::app::signed_query;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use browser::chromium::Browser;
use browser::page::Page;
use desk::{Desk, KIM, next_second};

/// The tests' browser. Not all of it is used here.
#[allow(dead_code)]
#[path = "../tests/it/browser"]
mod browser {
    pub mod chromium;
    pub mod gate;
    pub mod page;
}

#[path = "desk/mod.rs"]
mod desk;

const WHOLESALE: &str = "wholesale@mail.example";
const SIZE: (u32, u32) = (360, 900);
const LOADS: usize = 20;
const CHANGES: u64 = 100;
const FILTERED: usize = 5;
/// The page as it was served.
const HTML: &str = "fetch(location.href).then((answer) => answer.text())";
const PAINTED: &str = "new Promise((done) => new PerformanceObserver((list) => { const first = list.getEntriesByName('first-contentful-paint')[0]; if (first) done(first.startTime); }).observe({ type: 'paint', buffered: true }))";

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|word| word == name);
    let Some(browser) = Browser::open("the bench") else {
        return;
    };
    let desk = Desk::open("embed", "sqlite://:memory:").await;
    if wants("weight") {
        weight(&browser, &desk).await;
    }
    if wants("paint") {
        paint(&browser, &desk).await;
    }
    if wants("shift") {
        shift(&browser, &desk).await;
    }
    if wants("filter") {
        filter(&desk).await;
    }
    if wants("change") {
        change(&browser, &desk).await;
    }
    desk.recharge.stop().await;
}

/// What a page comes to on its way to the browser, with its style and its script.
async fn weight(browser: &Browser, desk: &Desk) {
    println!("1. a page on its way, gzipped\n");
    for email in ["gift.multi@mail.example", WHOLESALE] {
        let page = browser.page(&address(desk, email), SIZE, false).await;
        let html = page.value(HTML).await.as_str().unwrap().to_owned();
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(html.as_bytes()).unwrap();
        let subscriptions = html.matches("<article ").count();
        let packed = packed.finish().unwrap().len();
        println!("{subscriptions:>3} subscriptions  {packed} bytes");
    }
    println!();
}

/// First paint of a warm card, and of the same page without its script, as bytes that lie ready; in turn.
async fn paint(browser: &Browser, desk: &Desk) {
    println!("2. from navigation to first contentful paint, {LOADS} loads of each in turn\n");
    let card = address(desk, KIM);
    let page = browser.page(&card, SIZE, false).await;
    let html = page.value(HTML).await.as_str().unwrap().to_owned();
    let bare = fixed(without_script(&html)).await;
    let mut times = [Vec::new(), Vec::new()];
    for load in 0..LOADS + 3 {
        for (url, times) in [&card, &bare].into_iter().zip(&mut times) {
            page.go(url).await;
            let painted = page.value(PAINTED).await.as_f64().unwrap();
            // The first ones warm everything up.
            if load >= 3 {
                times.push(painted);
            }
        }
    }
    let [card, bare] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    println!("card        {card:.1} ms, {} bytes", html.len());
    println!("static      {bare:.1} ms, as many bytes");
    println!("ratio       {:.2}\n", card / bare);
}

/// The script's place is taken by a comment of its length.
fn without_script(html: &str) -> String {
    let (before, rest) = html.split_once("<script>").unwrap();
    let (script, behind) = rest.split_once("</script>").unwrap();
    let filling = "-".repeat(script.len() + "<script></script>".len() - "<!-- -->".len());
    let filling = filling.replace("--", "- ");
    format!("{before}<!-- {filling}-->{behind}")
}

/// A server that says one thing.
async fn fixed(html: String) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncache-control: no-store\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        html.len()
    );
    let answer = head + &html;
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut asked = [0; 8_192];
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    format!("http://{address}/")
}

/// What moves while pictures come in.
async fn shift(browser: &Browser, desk: &Desk) {
    println!("3. layout shift while pictures load, which come after the card is painted\n");
    let page = browser.blank(SIZE, false).await;
    page.guard().await;
    page.gate(|gate| gate.holds = Some("cdn.acme.example"));
    page.go(&address(desk, "stella.status@mail.example")).await;
    page.value(PAINTED).await;
    page.until_held("cdn.acme.example").await;
    let held = page.gate(|gate| gate.held.len());
    page.release();
    page.until("[...document.images].some((image) => image.complete && image.naturalWidth > 0)")
        .await;
    let shifts = "new Promise((done) => { let sum = 0; new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; }).observe({ type: 'layout-shift', buffered: true }); requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum), 50))); })";
    let shifted = page.value(shifts).await.as_f64().unwrap();
    println!("pictures    {held}");
    println!("shift       {shifted:.4}\n");
}

/// Tasks of the main thread while somebody filters 600 subscriptions on a slow machine, some times: what else the machine does is
/// not the same in all of them. Each in a browser of its own, since pages of one share what slows them down.
async fn filter(desk: &Desk) {
    println!("4. filtering 600 subscriptions, the processor four times slower\n");
    println!("time  changes  over 50 ms  longest");
    for number in 1..=FILTERED {
        let Some(browser) = Browser::open("the filter") else {
            return;
        };
        let page = browser.page(&address(desk, WHOLESALE), SIZE, false).await;
        let there = "document.querySelectorAll('article').length === 24";
        page.until(there).await;
        let slow = json!({ "rate": 4 });
        page.ask("Emulation.setCPUThrottlingRate", slow).await;
        page.value("window.long = []; new PerformanceObserver((list) => { for (const one of list.getEntries()) long.push(one.duration); }).observe({ type: 'longtask' }); document.querySelector('.filter input').focus()")
            .await;
        let typed = typed(&page).await;
        let long = page.value("long").await;
        let long = long.as_array().unwrap().iter();
        let long: Vec<f64> = long.filter_map(|one| one.as_f64()).collect();
        let longest = long.iter().copied().fold(0.0, f64::max);
        let longest = if long.is_empty() {
            "-".into()
        } else {
            format!("{longest:.0} ms")
        };
        println!("{number:4}  {typed:7}  {:10}  {longest:>7}", long.len());
    }
    println!();
}

/// Some words typed into the filter, each taken out again; how many changes that were.
async fn typed(page: &Page) -> usize {
    let settled = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 300))))";
    let mut typed = 0;
    for text in ["dark roast", "5", "nothing like it"] {
        for letter in text.chars() {
            page.type_in(&letter.to_string()).await;
            page.value(settled).await;
        }
        page.value(
            "document.querySelector('.filter input').select(); document.execCommand('delete')",
        )
        .await;
        page.value(settled).await;
        typed += text.chars().count() + 1;
    }
    typed
}

/// From the change at Recharge to the changed card in the open page. The page is looked at every 10 ms, so that much is added.
async fn change(browser: &Browser, desk: &Desk) {
    println!("5. from the change at Recharge to the changed card in an open page\n");
    let page = browser.page(&address(desk, KIM), SIZE, false).await;
    let mut times = Vec::new();
    for change in 0..CHANGES {
        let quantity = change % 9 + 2;
        let began = Instant::now();
        desk.change(quantity);
        page.until(&format!(
            "document.querySelector('main').innerText.includes('× {quantity}')"
        ))
        .await;
        times.push(began.elapsed());
        next_second().await;
    }
    times.sort();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!("changes     {CHANGES}");
    println!("median      {:.1} ms", at(0.5));
    println!("p99         {:.1} ms", at(0.99));
    println!("longest     {:.1} ms", at(1.0));
    assert!(page.gate(|gate| gate.strays.is_empty()));
}

/// A signed address of somebody's card.
fn address(desk: &Desk, email: &str) -> String {
    let expires = (chrono::Utc::now().timestamp() + 3_000).to_string();
    let parameters = [("v", "1"), ("email", email), ("expires", &expires)];
    let query = signed_query(&desk.secret, &desk.workspace, &parameters);
    format!(
        "http://{}/ask/embed/{}?{query}",
        desk.listen, desk.workspace
    )
}
