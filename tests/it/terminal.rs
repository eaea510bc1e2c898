//! What is asked and shown on a terminal alone.

use rexpect::session::{PtySession, spawn_command};
use sidecard::clock::Clock;
use sidecard::store::{KeyRing, Store};

use crate::house::TOKEN;
use crate::sidecard::Folder;

fn on_a_terminal(folder: &Folder, arguments: &[&str]) -> PtySession {
    spawn_command(folder.command(arguments), Some(20_000)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_link_is_printed_to_a_terminal_and_is_good_for_a_quarter_of_an_hour() {
    let folder = Folder::connected().await;
    let mut terminal = on_a_terminal(&folder, &["admin", "reset"]);
    terminal.exp_string("/admin/setup?token=").unwrap();
    let token = terminal.read_line().unwrap();
    terminal.exp_string("good once, until ").unwrap();
    terminal.exp_eof().unwrap();
    let keys = KeyRing::read(&folder.path("sidecard.keys")).unwrap();
    let url = format!("sqlite://{}", folder.path("sidecard.db").display());
    let now = Clock::system().now();
    let store = Store::open(&url, keys, now).await.unwrap();
    let at = |minutes| now + chrono::TimeDelta::minutes(minutes);
    let good = async |minutes| {
        let link = store.setup_link(token.trim(), at(minutes)).await.unwrap();
        link.is_some_and(|link| link.person.is_none())
    };
    assert!(good(0).await && good(14).await && !good(16).await);
    let audit = store.audit_page(None, 1).await.unwrap();
    assert_eq!(audit[0].1.action, "admin.reset");
    assert!(!format!("{audit:?}").contains(token.trim()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_asked_for_and_does_not_show() {
    let folder = Folder::empty().await;
    folder.keys();
    let mut terminal = on_a_terminal(&folder, &["install", "add", "--shop", "acme-usa"]);
    terminal
        .exp_string("API token (it does not show): ")
        .unwrap();
    terminal.send_line(TOKEN).unwrap();
    let mut seen = terminal.exp_string("API client secret").unwrap();
    terminal.exp_string("(Enter to leave it out): ").unwrap();
    terminal.send_line("").unwrap();
    seen.push_str(&terminal.exp_eof().unwrap());
    assert!(seen.contains("have  Customers: Read"), "{seen}");
    assert!(!seen.contains(TOKEN), "{seen}");

    let mut terminal = on_a_terminal(&folder, &["install", "remove", "acme-usa"]);
    terminal.exp_string("Type its name to remove it: ").unwrap();
    terminal.send_line("acme").unwrap();
    terminal.exp_string("is not removed").unwrap();
    terminal.exp_eof().unwrap();
    let mut terminal = on_a_terminal(&folder, &["install", "remove", "acme-usa"]);
    terminal.exp_string("Type its name to remove it: ").unwrap();
    terminal.send_line("acme-usa").unwrap();
    terminal.exp_string("acme-usa is removed").unwrap();
}
