//! Killed at any moment, a hundred times.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::{Duration, Instant as Ticks};

use sidecard::domain::id::CustomerId;
use sidecard::domain::secret::random_hex;
use sidecard::store::{Store, Whom};

use super::super::*;
use super::start;

const ROUNDS: usize = 100;

/// Adds, changes, seals anew and removes, and says so before and after each.
pub async fn forever(folder: &Path, prefix: &str) {
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
            keep(&store, &text, "1", &address, m).await;
            ask(&store, &text, &address, &["1"], m).await;
        }
        let token = format!("sk_{n}");
        store
            .replace_token(
                &mine,
                &secret(&token),
                Some(&secret("client")),
                at(n),
                |_| (),
            )
            .await
            .unwrap();
        println!("replaced {text} {token}");
        store
            .rotate_secret(&id, None, at(n + 9), at(n))
            .await
            .unwrap();
        store.reseal(|_| println!("sealed")).await.unwrap();
        store
            .erase(&mine, &Whom::Customer(kim), at(0))
            .await
            .unwrap();
        println!("erased {text}");
        if n % 2 == 0 {
            println!("removing {text}");
            store.remove_install(&mine, at(0)).await.unwrap();
            println!("removed {text}");
            store.remove_workspace(&id, at(0)).await.unwrap();
        }
        store.close().await;
    }
}

#[tokio::test]
async fn a_process_that_is_killed_at_any_moment_leaves_a_sound_store() {
    let mut folder = tempfile::tempdir().unwrap();
    let random = |below: u64| u64::from_str_radix(&random_hex(4), 16).unwrap() % below;
    for round in 0..ROUNDS {
        // Each one goes on with what the one before has left; but a store does not grow for ever.
        if round % 10 == 0 {
            folder = tempfile::tempdir().unwrap();
        }
        let mut child = start(&format!("loop|{}|r{round}", folder.path().display()));
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said: Vec<String> = Vec::new();
        let lines = usize::try_from(random(30)).unwrap();
        said.extend(
            output
                .by_ref()
                .map_while(Result::ok)
                .filter(|line| is_ours(line))
                .take(lines + 1),
        );
        let (since, wait) = (Ticks::now(), Duration::from_micros(random(4_000)));
        while since.elapsed() < wait {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        said.extend(output.map_while(Result::ok).filter(|line| is_ours(line)));
        check(folder.path(), &said, &format!("r{round}-")).await;
    }
}

fn is_ours(line: &str) -> bool {
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
        let kim = CustomerId::new("1");
        let rows = store.customer_rows(&kept.name, &kim).await.unwrap();
        assert!(!verbs.contains(&"erased") || rows.rows.is_empty(), "{of}");
        // A read is stored whole: the record, the subscription, the charge, and that it was read.
        let is_read = rows.freshness.read.is_some();
        assert_eq!(rows.rows.len(), if is_read { 3 } else { 0 }, "{of}");
        let numbers = rows.rows.values().map(|row| row.commit);
        let number = store.commit_number(&kept.name).await.unwrap();
        assert!(numbers.max().unwrap_or_default() <= number, "{of}");
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
