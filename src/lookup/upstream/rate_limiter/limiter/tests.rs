//! A rate limiter with a clock that the test moves.

use super::*;
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;
use chrono::DateTime;
use tokio::task::JoinHandle;

use crate::lookup::upstream::rate_limiter::registry::RateLimiters;
use crate::lookup::upstream::waiters::Waiter;

mod starvation;

struct Fixture {
    clock: Clock,
    limiter: Arc<RateLimiter>,
}

impl Fixture {
    /// A bucket of 40 that leaks 2 a second.
    fn new() -> Self {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH);
        let rate = Rate {
            capacity: 40,
            per_second: 2.0,
        };
        let limiter = Arc::new(RateLimiter::new(&clock, rate));
        Self { clock, limiter }
    }

    /// Requests permits for an agent.
    async fn interactive(&self, workspace: &str, calls: u32) -> Requested {
        let waiters = Waiters::new(Priority::Refresh);
        let waiter = waiters.add(true);
        self.request(workspace, calls, waiters, Some(waiter)).await
    }

    /// Requests permits for a refresh behind an answer.
    async fn refresh(&self, calls: u32) -> Requested {
        self.request("refresher", calls, Waiters::new(Priority::Refresh), None)
            .await
    }

    async fn request(
        &self,
        workspace: &str,
        calls: u32,
        waiters: Waiters,
        waiter: Option<Waiter>,
    ) -> Requested {
        let request = PermitRequest {
            workspace: Some(WorkspaceId::new(workspace)),
            calls,
            followup: 0,
            has_sent: false,
        };
        let (limiter, shared) = (Arc::clone(&self.limiter), waiters.clone());
        let task = tokio::spawn(async move { limiter.acquire(request, &shared).await });
        settle().await;
        Requested {
            task,
            waiters,
            waiter,
        }
    }

    async fn later(&self, seconds: f64) {
        self.clock.advance(Duration::from_secs_f64(seconds));
        settle().await;
    }

    fn waiting(&self) -> [usize; 4] {
        self.limiter.reading().waiting
    }
}

struct Requested {
    task: JoinHandle<Result<Granted, Denied>>,
    waiters: Waiters,
    waiter: Option<Waiter>,
}

impl Requested {
    fn is_granted(&self) -> bool {
        self.task.is_finished()
    }

    async fn result(self) -> Result<(), Denied> {
        self.task.await.unwrap().map(|_| ())
    }
}

/// Lets every task run until it waits: on one thread, after enough turns.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn grants_at_once_while_the_bucket_has_room_then_as_it_leaks() {
    let fixture = Fixture::new();
    for _ in 0..38 {
        assert!(fixture.interactive("a", 1).await.is_granted());
    }
    let (one, three) = (
        fixture.interactive("a", 1).await,
        fixture.interactive("a", 3).await,
    );
    assert_eq!(fixture.waiting(), [2, 0, 0, 0]);
    fixture.later(0.499).await;
    assert!(!one.is_granted());
    fixture.later(0.001).await;
    assert!(one.is_granted() && !three.is_granted());
    fixture.later(1.4).await;
    assert!(!three.is_granted(), "a round is granted as a whole");
    fixture.later(0.1).await;
    assert_eq!(three.result().await, Ok(()));
    assert!(fixture.limiter.reading().level <= 38.0);
}

#[tokio::test]
async fn refreshes_leave_room_for_agents() {
    let fixture = Fixture::new();
    assert!(fixture.refresh(28).await.is_granted());
    let refresh = fixture.refresh(1).await;
    assert!(!refresh.is_granted(), "the rest is for agents");
    assert!(fixture.interactive("a", 10).await.is_granted());
    let agent = fixture.interactive("a", 2).await;
    assert_eq!(fixture.waiting(), [1, 0, 1, 0]);
    fixture.later(1.0).await;
    assert!(agent.is_granted() && !refresh.is_granted());
    // The floor: a tenth of 2 calls a second is one call in 5 seconds.
    fixture.later(3.9).await;
    assert!(!refresh.is_granted());
    fixture.later(0.1).await;
    assert!(refresh.is_granted());
}

#[tokio::test]
async fn a_refresh_becomes_interactive_while_an_agent_waits() {
    let fixture = Fixture::new();
    assert!(fixture.refresh(28).await.is_granted());
    let refresh = fixture.refresh(1).await;
    let joined = fixture.refresh(1).await;
    let background = Waiters::new(Priority::Background);
    let background = fixture.request("job", 1, background, None).await;
    assert_eq!(fixture.waiting(), [0, 0, 2, 1]);
    let waiter = joined.waiters.add(false);
    settle().await;
    assert!(joined.is_granted() && !refresh.is_granted());
    drop(waiter);
    assert!(fixture.interactive("a", 9).await.is_granted());
    let waiter = refresh.waiters.add(false);
    settle().await;
    assert_eq!(fixture.waiting(), [1, 0, 0, 1]);
    drop(waiter);
    settle().await;
    assert_eq!(
        fixture.waiting(),
        [0, 0, 1, 1],
        "the agent did not start it"
    );
    drop(background);
}

#[tokio::test]
async fn an_abandoned_request_leaves_the_queue() {
    let fixture = Fixture::new();
    assert!(fixture.interactive("a", 38).await.is_granted());
    let mut left = fixture.interactive("a", 2).await;
    let next = fixture.interactive("a", 1).await;
    left.waiter = None;
    settle().await;
    assert_eq!(left.result().await, Err(Denied::Abandoned));
    fixture.later(0.5).await;
    assert!(next.is_granted());
    // A canceled task leaves the queue, too.
    let canceled = fixture.interactive("a", 1).await;
    canceled.task.abort();
    settle().await;
    assert_eq!(fixture.waiting(), [0, 0, 0, 0]);
    assert_eq!(fixture.limiter.reading().level, 38.0);
}

#[tokio::test]
async fn rejects_when_the_queue_is_full_unless_calls_were_sent() {
    let fixture = Fixture::new();
    assert!(fixture.interactive("a", 38).await.is_granted());
    let mut queued = Vec::new();
    for _ in 0..MAX_QUEUE {
        queued.push(fixture.interactive("a", 1).await);
    }
    assert_eq!(fixture.waiting(), [40, 0, 0, 0]);
    assert_eq!(
        fixture.interactive("a", 1).await.result().await,
        Err(Denied::QueueFull)
    );
    // A request of another workspace replaces the last one.
    let other = fixture.interactive("b", 1).await;
    assert_eq!(fixture.waiting(), [40, 0, 0, 0]);
    assert!(!other.is_granted());
    let last = queued.pop().unwrap();
    assert_eq!(last.result().await, Err(Denied::QueueFull));
    queued.push(other);
    let resumed = PermitRequest {
        workspace: None,
        calls: 1,
        followup: 0,
        has_sent: true,
    };
    let (limiter, none) = (
        Arc::clone(&fixture.limiter),
        Waiters::new(Priority::Refresh),
    );
    none.add(true);
    let resumed = tokio::spawn(async move { limiter.acquire(resumed, &none).await });
    settle().await;
    assert_eq!(fixture.waiting(), [40, 0, 1, 0]);
    fixture.later(30.0).await;
    fixture.later(30.0).await;
    assert!(resumed.await.unwrap().is_ok());
    assert!(queued.iter().all(Requested::is_granted));
}

#[tokio::test]
async fn ten_workspaces_get_equal_shares() {
    let fixture = Fixture::new();
    assert!(fixture.interactive("a", 38).await.is_granted());
    // Each workspace requests four times before the next one does.
    let mut requests = Vec::new();
    for workspace in 0..10 {
        for _ in 0..4 {
            requests.push((
                workspace,
                fixture.interactive(&workspace.to_string(), 1).await,
            ));
        }
    }
    fixture.later(10.0).await;
    for workspace in 0..10 {
        let own = requests.iter().filter(|(w, _)| *w == workspace);
        let granted = own.filter(|(_, request)| request.is_granted()).count();
        assert_eq!(granted, 2, "workspace {workspace}");
    }
}

#[tokio::test]
async fn starts_a_lookup_only_if_its_followup_calls_fit() {
    let fixture = Fixture::new();
    let mut reservations = Vec::new();
    let start = async || {
        let request = PermitRequest {
            workspace: None,
            calls: 1,
            followup: 2,
            has_sent: false,
        };
        let none = Waiters::new(Priority::Refresh);
        let reserved = fixture.limiter.acquire(request, &none);
        tokio::select! {
            biased;
            granted = reserved => granted.ok()?.reservation,
            () = settle() => None,
        }
    };
    while let Some(reservation) = start().await {
        reservations.push(reservation);
    }
    // As refreshes they fill 28 of 40.
    assert_eq!(reservations.len(), 9);
    reservations.pop();
    assert!(
        start().await.is_some(),
        "an unused reservation frees its calls"
    );
}

#[tokio::test]
async fn a_429_pauses_every_request() {
    let fixture = Fixture::new();
    assert!(fixture.interactive("a", 1).await.is_granted());
    let sent = fixture.limiter.send();
    let rejected = Ended::Answered {
        status: 429,
        limit: None,
        retry_after: Some(Duration::from_secs(3)),
    };
    fixture.clock.advance(Duration::from_millis(150));
    assert_eq!(
        fixture.limiter.end(sent, Some(&rejected)),
        Duration::from_millis(150)
    );
    let next = fixture.interactive("a", 1).await;
    fixture.later(2.9).await;
    assert!(!next.is_granted());
    fixture.later(0.1).await;
    assert!(next.is_granted());
}

#[test]
fn installs_with_one_token_share_a_rate_limiter() {
    let limiters = RateLimiters::new(&Clock::fixed(DateTime::UNIX_EPOCH));
    let rate = Rate {
        capacity: 40,
        per_second: 2.0,
    };
    let of = |name: &str, token: &str| {
        let name = InstallName::parse(name).unwrap();
        limiters.of(&name, "recharge", &Secret::new(token.to_owned()), rate)
    };
    let (usa, eu) = (of("acme-usa", "sk_fake_one"), of("acme-eu", "sk_fake_one"));
    assert!(Arc::ptr_eq(&usa, &eu));
    let other = of("acme-uk", "sk_fake_two");
    assert!(!Arc::ptr_eq(&usa, &other));
    usa.with(|state| state.bucket.reserve(7));
    let levels: Vec<_> = limiters
        .readings()
        .into_iter()
        .map(|(name, reading)| (name.to_string(), reading.level))
        .collect();
    let expected = [("acme-eu", 7.0), ("acme-uk", 0.0), ("acme-usa", 7.0)];
    assert_eq!(
        levels,
        expected.map(|(name, level)| (name.to_owned(), level))
    );
    limiters.forget(&InstallName::parse("acme-uk").unwrap());
    assert_eq!(limiters.readings().len(), 2);
}

#[tokio::test]
async fn a_request_that_is_evicted_before_it_waits_is_rejected() {
    let fixture = Fixture::new();
    // The bucket is full: from now on every request is queued.
    fixture.interactive("a", 40).await.result().await.unwrap();
    let request = |workspace| PermitRequest {
        workspace: Some(WorkspaceId::new(workspace)),
        calls: 3,
        followup: 0,
        has_sent: false,
    };
    let enqueue = |workspace| {
        let request = request(workspace);
        fixture
            .limiter
            .enqueue(request, Priority::Interactive)
            .unwrap()
    };
    let mut queued: Vec<QueuedRequest> = (0..MAX_QUEUE).map(|_| enqueue("a")).collect();
    let mut newcomer = enqueue("b");
    assert!(newcomer.decision().is_none());
    let mut last = queued.pop().unwrap();
    assert!(matches!(last.decision(), Some(Err(Denied::QueueFull))));
    assert!(queued.iter_mut().all(|other| other.decision().is_none()));
}

#[tokio::test]
async fn probes_with_one_call_after_a_long_retry_after() {
    let fixture = Fixture::new();
    assert!(fixture.interactive("a", 1).await.is_granted());
    let sent = fixture.limiter.send();
    let answer = |status| Ended::Answered {
        status,
        limit: None,
        retry_after: Some(Duration::from_secs(3_600)),
    };
    fixture.limiter.end(sent, Some(&answer(429)));
    let (round, other) = (
        fixture.interactive("a", 3).await,
        fixture.interactive("b", 3).await,
    );
    fixture.later(59.9).await;
    assert!(!round.is_granted());
    fixture.later(0.1).await;
    assert!(round.is_granted() && !other.is_granted());
    assert_eq!(round.task.await.unwrap().unwrap().calls, 1);
    let probe = fixture.limiter.send();
    // A rejected probe pauses again; an accepted one ends the pause.
    fixture.limiter.end(probe, Some(&answer(429)));
    fixture.later(59.9).await;
    assert!(!other.is_granted());
    fixture.later(0.1).await;
    assert_eq!(other.task.await.unwrap().unwrap().calls, 1);
    let last = fixture.interactive("a", 3).await;
    assert!(!last.is_granted());
    let probe = fixture.limiter.send();
    fixture.limiter.end(probe, Some(&answer(200)));
    settle().await;
    assert_eq!(last.task.await.unwrap().unwrap().calls, 3);
}
