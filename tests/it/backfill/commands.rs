//! `kustomer backfill`, as an admin types it.

use std::io::Read;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sidecard::helpdesk::kustomer::definition::VERSION;
use sidecard::simulator::kustomer;

use crate::sidecard::Folder;

struct Desk {
    folder: Folder,
    kustomer: kustomer::Running,
    workspace: String,
}

impl Desk {
    /// A folder with a shop, and a workspace of an org in which the app is registered.
    async fn open(options: kustomer::Options) -> Self {
        let kustomer = kustomer::start(options).await.unwrap();
        let folder = Folder::connected().await;
        folder.configure(&format!(
            "[server]\npublic_url = \"https://sidecard.example\"\n[kustomer]\nbase_url = \"{}\"\n",
            kustomer.base_url()
        ));
        let added = folder
            .run_with(
                &[
                    "workspace",
                    "add",
                    "--install",
                    "acme-usa",
                    "--helpdesk",
                    "kustomer",
                    "--org",
                    "acme",
                    "--api-key-stdin",
                    "--json",
                ],
                "fake-kustomer-key",
            )
            .ok();
        let added: Value = serde_json::from_str(&added).unwrap();
        let workspace = added["id"].as_str().unwrap().to_owned();
        folder
            .run(&["kustomer", "register", "--workspace", &workspace, "--yes"])
            .ok();
        let desk = Self {
            folder,
            kustomer,
            workspace,
        };
        let early = desk.folder.run(&desk.arguments(&["--dry-run"])).refused(2);
        assert!(early.contains("install the app"), "{early}");
        assert!(desk.kustomer.install(&desk.app(), VERSION));
        desk.kustomer.forget_requests();
        desk
    }

    fn app(&self) -> String {
        format!("sidecard_{}", kustomer::Options::default().org_id)
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let mut all = vec!["kustomer", "backfill", "--workspace", &self.workspace];
        all.extend_from_slice(more);
        all
    }

    fn objects(&self) -> usize {
        let klass = self.klass();
        self.kustomer.kobjects(&klass).len()
    }

    fn klass(&self) -> String {
        format!("{}-subscription", self.app())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_it_would_take_asks_and_can_be_taken_back() {
    let desk = Desk::open(kustomer::Options::default()).await;
    let folder = &desk.folder;
    let said = folder
        .run(&desk.arguments(&["--dry-run", "--limit", "20"]))
        .ok();
    for part in [
        "20 subscriptions to look at, for the timelines of the org `acme`",
        "20 objects to make",
        "to Kustomer, at 150 a minute",
        "`create_customers` is off",
        "kustomer.kobject.",
        "nothing was written",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(desk.objects(), 0);
    let refused = folder.run(&desk.arguments(&["--limit", "20"])).refused(2);
    assert!(
        refused.contains("nobody is there to confirm it"),
        "{refused}"
    );
    let ran = folder.run(&desk.arguments(&["--limit", "20", "--yes"]));
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    assert!(
        ran.out.contains("done: run 1 looked at 20 subscriptions"),
        "{}",
        ran.out
    );
    let made = desk.objects();
    assert!(
        made > 0 && ran.out.contains(&format!("{made} objects made")),
        "{}",
        ran.out
    );
    for hidden in ["@", "fake-kustomer-key"] {
        assert!(
            !ran.out.contains(hidden) && !ran.err.contains(hidden),
            "{hidden}"
        );
    }

    let wrong = folder.run(&desk.arguments(&["--undo", "7"])).refused(2);
    assert!(
        wrong.contains("no such run: 7") && wrong.contains("its runs are: 1"),
        "{wrong}"
    );
    let said = folder.run(&desk.arguments(&["--undo", "--dry-run"])).ok();
    assert!(said.contains(&format!("made {made} objects")), "{said}");
    let said = folder.run(&desk.arguments(&["--undo", "1", "--yes"])).ok();
    assert!(
        said.contains(&format!("removed: {made} objects of run 1")),
        "{said}"
    );
    assert_eq!(desk.objects(), 0);
    let none = folder.run(&desk.arguments(&["--undo"])).refused(2);
    assert!(none.contains("no run that could be undone"), "{none}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_wrong_says_what_to_write() {
    let desk = Desk::open(kustomer::Options::default()).await;
    let ran = desk.folder.run(&desk.arguments(&["--since", "yesterday"]));
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("write a day as `2026-01-31`"),
        "{}",
        ran.err
    );
    let ran = desk
        .folder
        .run(&desk.arguments(&["--undo", "1", "--only-active"]));
    assert_eq!(ran.code, 2);
}

/// A command that is at work. Killed when dropped.
struct Begun(Child);

impl Drop for Begun {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asked_to_stop_it_says_how_to_go_on() {
    // So few calls a minute that it soon waits for the next one.
    let desk = Desk::open(kustomer::Options {
        limit: 60,
        ..kustomer::Options::default()
    })
    .await;
    let mut command = desk
        .folder
        .command(&desk.arguments(&["--limit", "20", "--yes"]));
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut begun = Begun(command.spawn().unwrap());
    crate::house::until("it is at work", || desk.kustomer.requests().len() > 6).await;
    let id = begun.0.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let mut err = String::new();
    let mut said = begun.0.stderr.take().unwrap();
    said.read_to_string(&mut err).unwrap();
    assert_eq!(begun.0.wait().unwrap().code(), Some(1), "{err}");
    let again = format!(
        "sidecard kustomer backfill --workspace {} --limit 20",
        desk.workspace
    );
    assert!(
        err.contains("0 of 20 are done, and nothing is lost"),
        "{err}"
    );
    assert!(err.contains(&again), "{err}");
}
