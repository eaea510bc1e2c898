//! The page in a frame, in a real browser, over the service and the simulator on this machine.
//!
//! `cargo bench --bench frame [weight|paint|shift|filter|change]`; needs Chromium. Ratios count: absolute times are this machine's.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use sidecard::app::signed_query;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use browser::chromium::Browser;
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
/// How long the page is left alone before somebody types.
const SETTLING: Duration = Duration::from_secs(3);
/// When all has come that a change brings; the tasks over 50 ms since the last time.
const SETTLED: &str = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(long.splice(0)), 600))))";
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
/// not the same in all of them. Each in a browser of its own, since pages of one share what slows them down; and beside each the
/// same keys in a field that filters nothing, which shows what is the machine's.
async fn filter(desk: &Desk) {
    println!("4. filtering 600 subscriptions, the processor four times slower\n");
    println!("time  changes  over 50 ms  longest  (the same keys, filtering nothing)");
    let mut longest: Vec<Vec<f64>> = Vec::new();
    for number in 1..=FILTERED {
        let Some(filtered) = typed(desk, ".filter input").await else {
            return;
        };
        let Some(plain) = typed(desk, ".plainly").await else {
            return;
        };
        println!(
            "{number:4}  {:7}  {}  ({})",
            filtered.len(),
            over(&filtered),
            over(&plain).trim_start(),
        );
        longest.push(filtered.iter().map(|tasks| max(tasks)).collect());
    }
    let changes = longest.first().map_or(0, Vec::len);
    let usual = (0..changes).map(|change| {
        let mut times: Vec<f64> = longest.iter().map(|run| run[change]).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    let slow = usual.filter(|usual| *usual > 50.0).count();
    println!("\nchanges with a task over 50 ms in most of the times: {slow} of {changes}\n");
}

/// How many tasks were over 50 ms, and the longest of those.
fn over(changes: &[Vec<f64>]) -> String {
    let longest = changes.iter().map(|tasks| max(tasks)).fold(0.0, f64::max);
    let count: usize = changes.iter().map(Vec::len).sum();
    match count {
        0 => format!("{count:10}        -"),
        _ => format!("{count:10}  {longest:4.0} ms"),
    }
}

fn max(tasks: &[f64]) -> f64 {
    tasks.iter().copied().fold(0.0, f64::max)
}

/// Some words typed into a field, each taken out again; for each change the tasks over 50 ms that it made, in milliseconds.
async fn typed(desk: &Desk, field: &str) -> Option<Vec<Vec<f64>>> {
    let browser = Browser::open("the filter")?;
    let page = browser.page(&address(desk, WHOLESALE), SIZE, false).await;
    page.until("document.querySelectorAll('article').length === 20")
        .await;
    page.value(
        "document.querySelector('main').insertAdjacentHTML('afterbegin', '<input class=plainly>')",
    )
    .await;
    // A browser that has just started has other work to do.
    tokio::time::sleep(SETTLING).await;
    let slow = json!({ "rate": 4 });
    page.ask("Emulation.setCPUThrottlingRate", slow).await;
    page.value("window.long = []; new PerformanceObserver((list) => { for (const one of list.getEntries()) long.push(one.duration); }).observe({ type: 'longtask' })")
        .await;
    let to_field = format!("document.querySelector('{field}').focus()");
    page.value(&to_field).await;
    let clear = format!(
        "document.querySelector('{field}').select(); document.execCommand('delete'); {SETTLED}"
    );
    page.value(SETTLED).await;
    let mut tasks = Vec::new();
    for text in ["dark roast", "5", "nothing like it"] {
        for letter in text.chars() {
            page.type_in(&letter.to_string()).await;
            tasks.push(page.value(SETTLED).await);
        }
        tasks.push(page.value(&clear).await);
    }
    let of_one = |tasks: &serde_json::Value| {
        let tasks = tasks.as_array().unwrap().iter();
        tasks.filter_map(serde_json::Value::as_f64).collect()
    };
    Some(tasks.iter().map(of_one).collect())
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
