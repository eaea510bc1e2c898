mod room;

use super::super::samples::*;
use super::*;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;

use super::super::{Landing, Picture, Resolution};
use crate::domain::event::Touched;
use crate::domain::id::{ProductId, VariantId};
use crate::domain::question::SubjectKey;
use crate::domain::web_url::WebUrl;

/// A store whose writes are interrupted: what happens during each, from the first on.
#[derive(Default)]
struct Interrupted {
    during: Mutex<Vec<Interruption>>,
    kept: Mutex<Vec<(Remembered, i64)>>,
    dropped: Mutex<usize>,
    /// How often somebody looked which version is there, and how many were landing then.
    looks: Mutex<Vec<usize>>,
    landing: Arc<()>,
}

type Interruption = Box<dyn FnOnce() -> Keeping + Send>;

#[async_trait]
impl Kept for Interrupted {
    async fn snapshot(&self, _: &InstallName, _: &CustomerId) -> Option<Remembered> {
        None
    }
    fn landing(&self) -> Landing {
        Some(Box::new(Arc::clone(&self.landing)))
    }
    async fn version(&self, _: &InstallName, _: &CustomerId) -> i64 {
        let landing = Arc::strong_count(&self.landing) - 1;
        self.looks.lock().unwrap().push(landing);
        self.kept.lock().unwrap().len().try_into().unwrap()
    }
    async fn keep_snapshot(
        &self,
        _: &InstallName,
        what: &Remembered,
        over: i64,
        _landing: Landing,
    ) -> Keeping {
        self.kept.lock().unwrap().push((what.clone(), over));
        let mut during = self.during.lock().unwrap();
        if during.is_empty() {
            return Keeping::Done;
        }
        during.remove(0)()
    }
    async fn drop_snapshot(&self, _: &InstallName, _: &CustomerId) {
        *self.dropped.lock().unwrap() += 1;
    }
    async fn forget(&self, install: &InstallName, customer: &CustomerId) {
        self.drop_snapshot(install, customer).await;
    }
    async fn resolution(&self, _: &InstallName, _: &SubjectKey) -> Option<Arc<Resolution>> {
        None
    }
    async fn keep_resolution(&self, _: &InstallName, _: &SubjectKey, _: &Arc<Resolution>) {}
    async fn drop_resolution(&self, _: &InstallName, _: &SubjectKey) {}
    async fn image(&self, _: &InstallName, _: &ProductId, _: Option<&VariantId>) -> Option<WebUrl> {
        None
    }
    async fn keep_images(&self, _: &InstallName, _: &[Picture]) {}
}

fn snapshots() -> (Arc<Snapshots>, Arc<Interrupted>, Arc<Epochs>) {
    let (kept, epochs) = (Arc::new(Interrupted::default()), Arc::default());
    let clock = Clock::fixed(at(0));
    let room = Room {
        metrics: Arc::default(),
        bytes: 1_000_000,
        longest: Duration::from_secs(3_600),
    };
    let snapshots = Snapshots::new(Arc::clone(&kept) as Arc<dyn Kept>, &clock, &epochs, room);
    (Arc::new(snapshots), kept, epochs)
}

impl Interrupted {
    /// This is what happens while the next write is under way.
    fn then(&self, interruption: impl FnOnce() -> Keeping + Send + 'static) {
        self.during.lock().unwrap().push(Box::new(interruption));
    }
}

fn in_memory(snapshots: &Snapshots) -> Option<Remembered> {
    snapshots.in_memory(&snapshots.key(&acme(), &kim()))
}

fn quantity(remembered: &Remembered) -> u32 {
    remembered.snapshot.subscriptions[0].quantity.unwrap()
}

#[tokio::test]
async fn a_flight_that_nobody_disturbs_is_stored_once() {
    let (snapshots, kept, _) = snapshots();
    let began = snapshots.begin(&acme());
    let shown = snapshots.remember(&acme(), &of_one(), began).await;
    assert_eq!(shown, of_one());
    assert_eq!(kept.kept.lock().unwrap().len(), 1);
    assert_eq!(in_memory(&snapshots).unwrap().snapshot, shown);
}

#[tokio::test]
async fn an_event_that_comes_while_a_flight_is_stored_is_stored_with_it() {
    for keeping in [Keeping::Done, Keeping::Overtaken] {
        let (snapshots, kept, _) = snapshots();
        let began = snapshots.begin(&acme());
        let worker = Arc::clone(&snapshots);
        kept.then(move || {
            worker
                .events
                .tell(&acme(), Some(&kim()), &of(subscription(1, 9)));
            worker.raise(&acme(), &kim());
            keeping
        });
        let shown = snapshots.remember(&acme(), &of_one(), began).await;
        assert_eq!(shown.subscriptions[0].quantity, Some(9));
        assert_eq!(quantity(&in_memory(&snapshots).unwrap()), 9);
        let kept = kept.kept.lock().unwrap();
        let written: Vec<_> = kept
            .iter()
            .map(|(what, over)| (quantity(what), *over))
            .collect();
        assert_eq!(
            written,
            [(1_000, 0), (9, 1)],
            "the second over what came between"
        );
    }
}

#[tokio::test]
async fn who_waits_for_what_is_stored_waits_for_a_flight_that_may_not_see_what_is_told_now() {
    let (snapshots, kept, _) = snapshots();
    for _ in 0..2 {
        let landing = Arc::clone(&kept);
        kept.then(move || {
            assert_eq!(Arc::strong_count(&landing.landing), 2);
            Keeping::Overtaken
        });
    }
    let began = snapshots.begin(&acme());
    snapshots.remember(&acme(), &of_one(), began).await;
    // Before it looks, each time that it begins again; and not when it has landed.
    assert_eq!(*kept.looks.lock().unwrap(), [1, 1, 1]);
    assert_eq!(Arc::strong_count(&kept.landing), 1);
}

#[tokio::test]
async fn an_event_that_nobody_is_known_to_own_is_not_missed_either() {
    let (snapshots, kept, _) = snapshots();
    let began = snapshots.begin(&acme());
    let worker = Arc::clone(&snapshots);
    kept.then(move || {
        let touched = Touched::Subscription(subscription(1, 0).id);
        worker.events.tell(&acme(), None, &hint(touched));
        Keeping::Done
    });
    snapshots.remember(&acme(), &of_one(), began).await;
    assert!(in_memory(&snapshots).unwrap().dirty);
    assert!(kept.kept.lock().unwrap().last().unwrap().0.dirty);
}

#[tokio::test]
async fn who_was_forgotten_meanwhile_is_not_remembered() {
    let (snapshots, kept, epochs) = snapshots();
    let began = snapshots.begin(&acme());
    epochs.raise(&acme());
    snapshots.remember(&acme(), &of_one(), began).await;
    assert!(in_memory(&snapshots).is_none() && kept.kept.lock().unwrap().is_empty());

    let began = snapshots.begin(&acme());
    snapshots.forget(&acme(), &kim()).await;
    snapshots.remember(&acme(), &of_one(), began).await;
    assert!(in_memory(&snapshots).is_none() && kept.kept.lock().unwrap().is_empty());

    // While it is stored.
    let began = snapshots.begin(&acme());
    let before = *kept.dropped.lock().unwrap();
    kept.then(move || {
        epochs.raise(&acme());
        Keeping::Done
    });
    snapshots.remember(&acme(), &of_one(), began).await;
    assert!(in_memory(&snapshots).is_none());
    assert_eq!(*kept.dropped.lock().unwrap(), before + 1);

    let began = snapshots.begin(&acme());
    let another = Arc::clone(&snapshots);
    kept.then(move || {
        another.events.gone(&acme(), &kim());
        Keeping::Done
    });
    snapshots.remember(&acme(), &of_one(), began).await;
    assert!(in_memory(&snapshots).is_none());
    assert_eq!(*kept.dropped.lock().unwrap(), before + 2);
}

#[tokio::test]
async fn a_flight_that_never_wins_leaves_it_to_the_next_look() {
    let (snapshots, kept, _) = snapshots();
    for _ in 0..TRIES {
        kept.then(|| Keeping::Overtaken);
    }
    let began = snapshots.begin(&acme());
    assert_eq!(
        snapshots.remember(&acme(), &of_one(), began).await,
        of_one()
    );
    assert!(in_memory(&snapshots).is_none());
}

#[test]
fn what_the_worker_stored_gives_way_to_a_newer_flight_alone() {
    let (snapshots, _, _) = snapshots();
    let of = |as_of: i64, quantity: i64| Remembered {
        snapshot: Arc::new(Snapshot {
            as_of: at(as_of),
            ..known(vec![subscription(1, quantity)], Vec::new())
        }),
        dirty: false,
    };
    snapshots.replace(&acme(), &kim(), Some(of(5, 1)));
    assert_eq!(quantity(&in_memory(&snapshots).unwrap()), 1);
    snapshots.replace(&acme(), &kim(), Some(of(5, 2)));
    assert_eq!(quantity(&in_memory(&snapshots).unwrap()), 2);
    snapshots.replace(&acme(), &kim(), Some(of(4, 3)));
    assert_eq!(quantity(&in_memory(&snapshots).unwrap()), 2);
    snapshots.replace(&acme(), &kim(), None);
    assert!(in_memory(&snapshots).is_none());
}
