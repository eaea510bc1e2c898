//! Killed in the middle of everything.
//!
//! The store has no switch for this. A child of the test's own executable works on it: once with a listener on the trace
//! events that name every transaction, which ends the process at the one it was told; and many times killed by its parent
//! at no particular moment. Then the parent opens what is left.

mod kills;
mod steps;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use sidecard::domain::id::{CustomerId, ProductId};
use sidecard::domain::object::{Kind, ObjectKey};
use sidecard::store::{POINTS, Profile, Store};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::{NEW, OLD, at, led_to, name, ring, url};
use kills::forever;
use steps::{steps, usa};

const WORK: &str = "SIDECARD_TEST_CRASH";
pub const ABOUT: &str = "about to commit";
pub const DONE: &str = "committed";

/// What the child does. Run as a test of its own, it has nothing to do.
#[test]
fn child() {
    let Ok(work) = std::env::var(WORK) else {
        return;
    };
    let words: Vec<&str> = work.split('|').collect();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match words[..] {
        ["script", folder, point, moment] => {
            let killer = Killer::at(point, moment, 0);
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(killer))
                .unwrap();
            runtime.block_on(async {
                let store = Store::open(&url(folder.as_ref()), ring(&[OLD]), at(0))
                    .await
                    .unwrap();
                for (number, (_, step)) in steps().into_iter().enumerate() {
                    println!("step {number}");
                    step(store.clone(), folder.to_owned()).await;
                }
            });
        }
        ["loop", folder, prefix] => runtime.block_on(forever(folder.as_ref(), prefix)),
        _ => panic!("{work}"),
    }
}

fn start(work: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["store::crash::child", "--exact", "--nocapture"])
        .env(WORK, work)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Ends the process, as a kill does, at a moment of a transaction.
pub struct Killer {
    point: String,
    moment: String,
    /// It lives through so many of them.
    spared: AtomicUsize,
}

impl Killer {
    pub fn at(point: &str, moment: &str, spared: usize) -> Self {
        Self {
            point: point.to_owned(),
            moment: moment.to_owned(),
            spared: AtomicUsize::new(spared),
        }
    }

    /// Whether this is the one.
    fn strikes(&self) -> bool {
        let less = |spared: usize| spared.checked_sub(1);
        self.spared
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less)
            .is_err()
    }
}

#[derive(Default)]
struct Read {
    point: String,
    message: String,
}

impl Visit for Read {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "point" => self.point = format!("{value:?}").trim_matches('"').to_owned(),
            "message" => self.message = format!("{value:?}"),
            _ => {}
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Killer {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "sidecard::store" {
            return;
        }
        let mut read = Read::default();
        event.record(&mut read);
        if read.point == self.point && read.message == self.moment && self.strikes() {
            // The signal that nobody can catch, sent by somebody else: a process can't send it without unsafe code.
            let own = std::process::id().to_string();
            let _ = Command::new("kill").args(["-9", &own]).status();
            std::process::abort();
        }
    }
}

/// Everything that can be seen of a store from outside, but for what is random.
async fn seen(folder: &Path) -> String {
    let store = Store::open(&url(folder), ring(&[NEW, OLD]), at(0))
        .await
        .unwrap();
    let found = store.examine().await.unwrap();
    assert!(found.is_sound(), "{found:?}");
    let mut lines = vec![format!("changes {}", store.changes().await.unwrap())];
    for i in store.installs().await.unwrap() {
        let token = i.token.as_ref().unwrap().reveal();
        let clients: Vec<_> = i
            .client_secrets
            .iter()
            .map(|s| s.as_ref().unwrap().reveal())
            .collect();
        lines.push(format!(
            "{} {:?} {:?} {token} {clients:?} {} {}",
            i.name, i.settings, i.state, i.updated_at, i.token_replaced_at
        ));
    }
    for w in store.workspaces().await.unwrap() {
        let chosen = w.secret.as_ref().unwrap().reveal() == "chosen";
        let until = w
            .previous
            .as_ref()
            .map(|(secret, until)| (secret.is_ok(), *until));
        let calls = store.calls_of(&w.id).await.unwrap().len();
        let told = store.timeline(&w.id).await.unwrap();
        let outbox = store.outbox(&w.id, false, at(999), 9).await.unwrap();
        let outbox = outbox.iter().map(|entry| {
            let external_id = &entry.ticket.external_id;
            (external_id, &entry.customer, entry.attempts)
        });
        lines.push(format!("{told:?} {:?}", outbox.collect::<Vec<_>>()));
        let kim = CustomerId::new("1");
        let objects = store.objects_of(&w.id, &usa(), &kim).await.unwrap();
        lines.push(format!("objects {objects:?}"));
        lines.push(format!(
            "{:?} {:?} {chosen} {until:?} {calls}",
            w.settings, w.settings.helpdesk.0
        ));
        for install in [usa(), name("acme-eu")] {
            let of = Profile {
                install: &install,
                workspace: &w.id,
                profile: "p",
            };
            lines.push(format!("link {:?}", store.link_of(of).await.unwrap()));
        }
    }
    for id in ["1", "2", "9"].map(CustomerId::new) {
        let kept = store.customer_rows(&usa(), &id).await.unwrap();
        lines.push(format!("{id} {kept:?}"));
        let read = store.known(&usa(), &id).await.unwrap();
        let card = read.map(|read| (read.commit, read.needs_read, read.snapshot.is_some()));
        lines.push(format!("{id} {card:?}"));
    }
    let numbers = store.commit_numbers().await.unwrap();
    lines.push(format!(
        "numbers {numbers:?} {}",
        store.erasures().await.unwrap()
    ));
    let unowned = ObjectKey::new(Kind::Charge, "c9");
    let owner = store.owner_of(&usa(), &unowned).await.unwrap();
    lines.push(format!("owner {owner:?}"));
    let waiting = store.waiting_hooks(at(99), 9).await.unwrap();
    let waiting = waiting.iter().map(|w| {
        (
            &w.ticket.install,
            &w.ticket.topic,
            w.received_at,
            w.attempts,
        )
    });
    lines.push(format!("waiting {:?}", waiting.collect::<Vec<_>>()));
    lines.push(format!("parked {:?}", store.parked().await.unwrap()));
    for install in [usa(), name("acme-eu")] {
        let deliveries = store.hook_deliveries(&install).await.unwrap();
        lines.push(format!("deliveries {deliveries:?}"));
        lines.push(format!(
            "hooks {:?} {:?} {:?}",
            store.hooks(&install).await.unwrap(),
            store.registration(&install).await.unwrap(),
            store.hook_topics(&install).await.unwrap()
        ));
    }
    for address in [
        "kim@acme.example",
        "kim.new@acme.example",
        "lee@acme.example",
        "x@acme.example",
    ] {
        let led = led_to(&store, "acme-usa", address).await;
        lines.push(format!("{address} {led:?}"));
    }
    lines.push(format!(
        "{:?}",
        store
            .image(&usa(), &ProductId::new("1"), None)
            .await
            .unwrap()
    ));
    for p in store.people().await.unwrap() {
        lines.push(format!("{} {:?}", p.profile.name, p.profile.role));
    }
    for (file, what) in [("token", 0), ("link", 1)] {
        let token = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        let there = match what {
            0 => store
                .session(&token, at(0), at(13))
                .await
                .unwrap()
                .map(|s| s.last_seen.to_string()),
            _ => store
                .setup_link(&token, at(13))
                .await
                .unwrap()
                .map(|_| String::from("good")),
        };
        lines.push(format!("{file} {there:?}"));
    }
    lines.push(format!("gaps {:?}", store.gaps().await.unwrap()));
    lines.push(format!(
        "audit {}",
        store.audit_page(None, 9).await.unwrap().len()
    ));
    store.close().await;
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ends_at_any_commit_leaves_all_of_it_or_nothing() {
    // What is seen after each step, when nobody is killed.
    let folder = tempfile::tempdir().unwrap();
    let mut states = vec![seen(folder.path()).await];
    for (_, step) in steps() {
        let store = Store::open(&url(folder.path()), ring(&[OLD, NEW]), at(0))
            .await
            .unwrap();
        step(store.clone(), folder.path().display().to_string()).await;
        store.close().await;
        states.push(seen(folder.path()).await);
    }
    for point in POINTS {
        for moment in [ABOUT, DONE] {
            let folder = tempfile::tempdir().unwrap();
            let mut child = start(&format!(
                "script|{}|{point}|{moment}",
                folder.path().display()
            ));
            let output = BufReader::new(child.stdout.take().unwrap()).lines();
            let last = output
                .map_while(Result::ok)
                .filter(|line| line.starts_with("step "))
                .last();
            assert!(!child.wait().unwrap().success(), "{point} is never reached");
            let after = seen(folder.path()).await;
            let Some(last) = last else {
                assert_eq!((*point, &after), ("store.opened", &states[0]));
                continue;
            };
            let number: usize = last.trim_start_matches("step ").parse().unwrap();
            let (name, step) = steps()[number];
            assert_eq!(name, *point, "{moment}");
            let after = if (*point, moment) == ("store.purged", DONE) {
                // Small transactions, each whole: the next purge does the rest.
                let store = Store::open(&url(folder.path()), ring(&[OLD, NEW]), at(0)).await;
                step(store.unwrap(), folder.path().display().to_string()).await;
                seen(folder.path()).await
            } else {
                after
            };
            let expected = &states[number + usize::from(moment == DONE)];
            // New keys change nothing that is seen but the number that tells others of them, batch by batch; the token of a session is handed out only after the commit.
            let handed_out = |text: &str| {
                text.replace("token None", "token ?")
                    .replace("link None", "link ?")
            };
            let unknown: &[&str] = match *point {
                "session.begun" | "setup_link.made" => &["token ", "link "],
                "rotate.batch" => &["changes "],
                _ => &[],
            };
            if !unknown.is_empty() {
                let cut = |text: &str| {
                    handed_out(text)
                        .lines()
                        .filter(|line| !unknown.iter().any(|start| line.starts_with(start)))
                        .collect::<Vec<_>>()
                        .join("\n")
                };
                assert_eq!(cut(&after), cut(expected), "{point}, {moment}");
            } else {
                assert_eq!(
                    handed_out(&after),
                    handed_out(expected),
                    "{point}, {moment}"
                );
            }
        }
    }
}
