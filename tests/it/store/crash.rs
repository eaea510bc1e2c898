//! Killed in the middle of everything.
//!
//! The store has no switch for this. A child of the test's own executable works on it: once with a listener on the trace
//! events that name every transaction, which ends the process at the one it was told; and many times killed by its parent
//! at no particular moment. Then the parent opens what is left.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant as Ticks};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use sidecard::domain::id::{CustomerId, ProductId, WorkspaceId};
use sidecard::domain::secret::random_hex;
use sidecard::domain::web_url::WebUrl;
use sidecard::store::{
    AuditEntry, Call, Cutoffs, Image, LinkKind, LinkRecord, POINTS, PersonProfile, Profile, Role,
    Store, Whom,
};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::{
    NEW, OLD, asked, at, by_email, customer, email, install, name, ring, secret, snapshot, url,
    workspace,
};

const WORK: &str = "SIDECARD_TEST_CRASH";
const ABOUT: &str = "about to commit";
const DONE: &str = "committed";
const ROUNDS: usize = 100;

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
            let killer = Killer {
                point: point.to_owned(),
                moment: moment.to_owned(),
            };
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
struct Killer {
    point: String,
    moment: String,
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
        if read.point == self.point && read.message == self.moment {
            std::process::abort();
        }
    }
}

type Step = fn(Store, String) -> BoxFuture<'static, ()>;

macro_rules! step {
    ($point:literal, |$store:ident, $folder:ident| $body:expr) => {
        (
            $point,
            (|$store: Store, $folder: String| {
                async move {
                    let _ = &$folder;
                    let _ = $body.unwrap();
                }
                .boxed()
            }) as Step,
        )
    };
}

async fn the_workspace(store: &Store) -> WorkspaceId {
    store.workspaces().await.unwrap()[0].id.clone()
}

async fn the_person(store: &Store) -> String {
    store.people().await.unwrap()[1].id.clone()
}

fn person(login: &str) -> PersonProfile {
    PersonProfile {
        name: login.to_owned(),
        login: login.to_owned(),
        role: Role::Owner,
        password: Some(secret("$argon2id$")),
        totp: None,
        disabled: false,
    }
}

fn usa() -> sidecard::domain::install::InstallName {
    name("acme-usa")
}

fn link() -> LinkRecord {
    LinkRecord {
        customer: Some(CustomerId::new("1")),
        kind: LinkKind::Manual,
        by: None,
        at: at(1),
    }
}

/// A life of a store: each step is one transaction, named by the first word; every name of `POINTS` is there.
#[rustfmt::skip]
fn steps() -> Vec<(&'static str, Step)> {
    vec![
        step!("install.added", |store, _f| store.add_install(&install("acme-usa"), at(1)).await),
        step!("install.added", |store, _f| store.add_install(&install("acme-eu"), at(1)).await),
        step!("workspace.added", |store, _f| store.add_workspace(&workspace(&["acme-usa", "acme-eu"]), at(1)).await),
        step!("install.set", |store, _f| store.set_install(&usa(), at(2), |s| { s.contact = Some(String::from("Lee")); s.scopes.clear(); }).await),
        step!("install.token", |store, _f| store.replace_token(&usa(), &secret("sk_2"), Some(&secret("client 2")), at(3)).await),
        step!("install.state", |store, _f| store.mark_reconnect(&usa(), at(4)).await),
        step!("workspace.set", |store, _f| { let id = the_workspace(&store).await; store.set_workspace(&id, at(5), |s| { s.helpdesk.0["org"] = "b".into(); s.longest_expiry = 7; s.installs.reverse(); }).await }),
        step!("workspace.rotated", |store, _f| { let id = the_workspace(&store).await; store.rotate_secret(&id, Some(secret("chosen")), at(99), at(6)).await }),
        step!("snapshot.kept", |store, _f| store.keep_snapshot(&usa(), &snapshot("1", "kim@acme.example", at(7))).await),
        step!("snapshot.kept", |store, _f| store.keep_snapshot(&usa(), &snapshot("2", "lee@acme.example", at(7))).await),
        step!("snapshot.dirty", |store, _f| store.mark_dirty(&usa(), &CustomerId::new("1"), at(8)).await),
        step!("resolution.kept", |store, _f| store.keep_resolution(&usa(), &by_email("kim@acme.example"), &[customer("1", "kim@acme.example")], &asked("kim@acme.example"), at(7)).await),
        step!("resolution.kept", |store, _f| store.keep_resolution(&usa(), &by_email("x@acme.example"), &[], &asked("x@acme.example"), at(7)).await),
        step!("resolution.dropped", |store, _f| store.drop_resolution(&usa(), &by_email("x@acme.example")).await),
        step!("snapshot.dropped", |store, _f| store.drop_snapshot(&usa(), &CustomerId::new("2")).await),
        step!("link.set", |store, _f| { let id = the_workspace(&store).await; store.link(Profile { install: &usa(), workspace: &id, profile: "p" }, &link()).await }),
        step!("images.seen", |store, _f| store.remember_images(&usa(), &[Image { product: ProductId::new("1"), variant: None, url: WebUrl::parse("https://cdn.example/1.png").unwrap() }], at(9)).await),
        step!("person.added", |store, _f| store.add_person(&person("dana"), at(10)).await),
        step!("person.added", |store, _f| store.add_person(&person("lee"), at(11)).await),
        step!("session.begun", |store, f| { let id = the_person(&store).await; let token = store.begin_session(&id, at(9_999), at(12)).await; std::fs::write(format!("{f}/token"), token.as_ref().unwrap().reveal()).unwrap(); token }),
        step!("session.seen", |store, f| { let token = std::fs::read_to_string(format!("{f}/token")).unwrap(); store.session(&token, at(0), at(200)).await }),
        step!("setup_link.made", |store, f| { let token = store.make_setup_link(None, at(999)).await; std::fs::write(format!("{f}/link"), token.as_ref().unwrap().reveal()).unwrap(); token }),
        step!("setup_link.used", |store, f| { let token = std::fs::read_to_string(format!("{f}/link")).unwrap(); store.use_setup_link(&token, at(200)).await }),
        step!("session.ended", |store, f| { let token = std::fs::read_to_string(format!("{f}/token")).unwrap(); store.end_session(&token).await }),
        step!("person.set", |store, _f| { let id = the_person(&store).await; store.set_person(&id, |p| { p.role = Role::Viewer; p.name = String::from("Lee 2"); }).await }),
        step!("audit.added", |store, _f| store.audit(&AuditEntry { at: at(1), who: String::from("cli"), action: String::from("a"), kind: String::from("k"), object: String::from("o"), detail: String::new() }).await),
        step!("calls.added", |store, _f| { let workspace = the_workspace(&store).await; let call = Call { workspace, at: at(1), kind: String::from("BASIC"), verdict: String::from("good"), outcome: None, duration_ms: 1, cause: None }; store.record_calls(&[call.clone(), call]).await }),
        step!("rotate.batch", |_old, f| Store::open(&url(f.as_ref()), ring(&[NEW, OLD]), at(300)).await.unwrap().reseal(|_| ()).await),
        step!("link.released", |store, _f| store.release_links(&usa(), &CustomerId::new("1")).await),
        step!("person.erased", |_old, f| Store::open(&url(f.as_ref()), ring(&[NEW, OLD]), at(300)).await.unwrap().erase(&usa(), &Whom::Email(email("kim@acme.example"))).await),
        step!("store.purged", |store, _f| store.purge(&Cutoffs { cards: at(500), refused: at(500), audit: at(500), idle: at(500) }, at(500)).await),
        step!("person.removed", |store, _f| { let id = the_person(&store).await; store.remove_person(&id).await }),
        step!("install.removed", |store, _f| store.remove_install(&usa()).await),
        step!("workspace.removed", |store, _f| { let id = the_workspace(&store).await; store.remove_workspace(&id).await }),
    ]
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
    for id in ["1", "2"].map(CustomerId::new) {
        let kept = store.snapshot(&usa(), &id).await.unwrap();
        lines.push(format!(
            "{id} {:?}",
            kept.map(|kept| (kept.dirty, kept.version))
        ));
    }
    for address in ["kim@acme.example", "lee@acme.example", "x@acme.example"] {
        let resolved = store.resolution(&usa(), &by_email(address)).await.unwrap();
        let with = store
            .customers_with_email(&usa(), &email(address).key())
            .await
            .unwrap();
        lines.push(format!("{resolved:?} {with:?}"));
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
            assert_eq!(steps()[number].0, *point, "{moment}");
            let expected = &states[number + usize::from(moment == DONE)];
            // New keys change nothing that is seen; the token of a session is handed out only after the commit.
            let handed_out = |text: &str| {
                text.replace("token None", "token ?")
                    .replace("link None", "link ?")
            };
            if matches!(*point, "session.begun" | "setup_link.made") {
                let cut = |text: &str| {
                    text.lines()
                        .filter(|l| !l.starts_with("token ") && !l.starts_with("link "))
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

/// Adds, changes, seals anew and removes, and says so before and after each.
async fn forever(folder: &Path, prefix: &str) {
    let mut rings = [vec![OLD, NEW], vec![NEW, OLD]].into_iter().cycle();
    for n in 0.. {
        let store = Store::open(&url(folder), ring(&rings.next().unwrap()), at(n))
            .await
            .unwrap();
        let text = format!("{prefix}-{n}");
        let (mine, kim) = (name(&text), CustomerId::new("1"));
        println!("adding {text}");
        store.add_install(&install(&text), at(n)).await.unwrap();
        println!("added {text}");
        let (id, _) = store
            .add_workspace(&workspace(&[&text]), at(n))
            .await
            .unwrap();
        println!("joined {text} {id}");
        for m in 0..6 {
            let address = format!("kim{m}@acme.example");
            store
                .keep_snapshot(&mine, &snapshot("1", &address, at(m)))
                .await
                .unwrap();
            let customers = [customer("1", &address)];
            store
                .keep_resolution(
                    &mine,
                    &by_email(&address),
                    &customers,
                    &asked(&address),
                    at(m),
                )
                .await
                .unwrap();
        }
        let token = format!("sk_{n}");
        store
            .replace_token(&mine, &secret(&token), Some(&secret("client")), at(n))
            .await
            .unwrap();
        println!("replaced {text} {token}");
        store
            .rotate_secret(&id, None, at(n + 9), at(n))
            .await
            .unwrap();
        store.reseal(|_| println!("sealed")).await.unwrap();
        store.erase(&mine, &Whom::Customer(kim)).await.unwrap();
        println!("erased {text}");
        if n % 2 == 0 {
            println!("removing {text}");
            store.remove_install(&mine).await.unwrap();
            println!("removed {text}");
            store.remove_workspace(&id).await.unwrap();
        }
        store.close().await;
    }
}

#[tokio::test]
async fn a_process_that_is_killed_at_any_moment_leaves_a_sound_store() {
    let folder = tempfile::tempdir().unwrap();
    let random = |below: u64| u64::from_str_radix(&random_hex(4), 16).unwrap() % below;
    for round in 0..ROUNDS {
        let mut child = start(&format!("loop|{}|r{round}", folder.path().display()));
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said: Vec<String> = Vec::new();
        let lines = usize::try_from(random(30)).unwrap();
        said.extend(
            output
                .by_ref()
                .map_while(Result::ok)
                .filter(is_ours)
                .take(lines + 1),
        );
        let (since, wait) = (Ticks::now(), Duration::from_micros(random(4_000)));
        while since.elapsed() < wait {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        said.extend(output.map_while(Result::ok).filter(is_ours));
        check(folder.path(), &said, &format!("r{round}-")).await;
    }
}

fn is_ours(line: &String) -> bool {
    [
        "adding", "added", "joined", "replaced", "sealed", "erased", "removing", "removed",
    ]
    .iter()
    .any(|word| line.split(' ').next() == Some(word))
}

/// What was acknowledged is there, what was begun is whole or not there at all.
async fn check(folder: &Path, said: &[String], prefix: &str) {
    let store = Store::open(&url(folder), ring(&[OLD, NEW]), at(0))
        .await
        .unwrap();
    let found = store.examine().await.unwrap();
    assert!(found.is_sound(), "{found:?} after {said:?}");
    let mut last: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in said {
        let mut words = line.split(' ');
        if let (Some(verb), Some(of)) = (words.next(), words.next()) {
            last.entry(of).or_default().push(verb);
        }
    }
    for (of, verbs) in &last {
        let kept = store.install(&name(of)).await.unwrap();
        match *verbs.last().unwrap() {
            "removed" => assert!(kept.is_none(), "{of} {said:?}"),
            "adding" | "removing" => {}
            _ => assert!(kept.is_some(), "{of} {said:?}"),
        }
        let Some(kept) = kept else { continue };
        let replaced = verbs.contains(&"replaced");
        let token = kept.token.unwrap().reveal().clone();
        assert!(
            token.starts_with("sk_fake_token_of_") && !replaced || token.starts_with("sk_"),
            "{of}"
        );
        assert_eq!(
            token.starts_with("sk_fake"),
            kept.client_secrets.len() == 1,
            "token and client secret together: {of}"
        );
        assert_eq!(
            kept.settings,
            install(of).settings,
            "settings come with the install: {of}"
        );
        let snapshot = store
            .snapshot(&kept.name, &CustomerId::new("1"))
            .await
            .unwrap();
        assert!(!(verbs.contains(&"erased") && snapshot.is_some()), "{of}");
    }
    for workspace in store.workspaces().await.unwrap() {
        assert!(workspace.secret.is_ok() && workspace.settings.longest_expiry == 3_600);
        assert_eq!(workspace.settings.helpdesk.0["org"], "acme");
    }
    let names: Vec<_> = store
        .installs()
        .await
        .unwrap()
        .into_iter()
        .map(|i| i.name)
        .collect();
    assert!(
        names
            .iter()
            .filter(|n| n.as_str().starts_with(prefix))
            .all(|n| last.contains_key(n.as_str())),
        "{said:?}"
    );
    store.close().await;
}
