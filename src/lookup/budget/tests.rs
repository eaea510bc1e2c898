//! The line before a bucket, with a clock that is moved by hand.

use super::*;
use crate::domain::install::InstallName;
use crate::domain::secret::Secret;
use chrono::DateTime;
use tokio::task::JoinHandle;

use crate::lookup::passengers::Seat;

struct House {
    clock: Clock,
    budget: Arc<Budget>,
}

impl House {
    /// A bucket of 40 that leaks 2 a second.
    fn open() -> Self {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH);
        let rate = Rate {
            capacity: 40,
            per_second: 2.0,
        };
        let budget = Arc::new(Budget::new(&clock, rate));
        Self { clock, budget }
    }

    /// Somebody who asks for so many calls for an agent.
    async fn ask(&self, workspace: &str, calls: u32) -> Flight {
        let passengers = Passengers::default();
        let seat = passengers.board(true);
        self.fly(workspace, calls, passengers, Some(seat)).await
    }

    /// Somebody who asks for so many calls behind an answer.
    async fn refresh(&self, calls: u32) -> Flight {
        self.fly("refresher", calls, Passengers::default(), None)
            .await
    }

    async fn fly(
        &self,
        workspace: &str,
        calls: u32,
        passengers: Passengers,
        seat: Option<Seat>,
    ) -> Flight {
        let round = Round {
            workspace: Some(WorkspaceId::new(workspace)),
            calls,
            ahead: 0,
            carries_on: false,
        };
        let (budget, aboard) = (Arc::clone(&self.budget), passengers.clone());
        let task = tokio::spawn(async move { budget.reserve(round, &aboard).await });
        settle().await;
        Flight {
            task,
            passengers,
            seat,
        }
    }

    async fn later(&self, seconds: f64) {
        self.clock.advance(Duration::from_secs_f64(seconds));
        settle().await;
    }

    fn waiting(&self) -> [usize; 3] {
        self.budget.reading().waiting
    }
}

struct Flight {
    task: JoinHandle<Result<Option<Promise>, Denied>>,
    passengers: Passengers,
    seat: Option<Seat>,
}

impl Flight {
    fn is_served(&self) -> bool {
        self.task.is_finished()
    }

    async fn ended(self) -> Result<(), Denied> {
        self.task.await.unwrap().map(|_| ())
    }
}

/// Everybody who can go on does: on one thread, after so many turns.
async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn calls_are_served_at_once_while_there_are_any_and_then_as_they_leak() {
    let house = House::open();
    for _ in 0..38 {
        assert!(house.ask("a", 1).await.is_served());
    }
    let (one, three) = (house.ask("a", 1).await, house.ask("a", 3).await);
    assert_eq!(house.waiting(), [2, 0, 0]);
    house.later(0.499).await;
    assert!(!one.is_served());
    house.later(0.001).await;
    assert!(one.is_served() && !three.is_served());
    house.later(1.4).await;
    assert!(!three.is_served(), "a round is served as a whole");
    house.later(0.1).await;
    assert_eq!(three.ended().await, Ok(()));
    assert!(house.budget.reading().level <= 38.0);
}

#[tokio::test]
async fn agents_come_before_refreshes_which_leave_them_room() {
    let house = House::open();
    assert!(house.refresh(28).await.is_served());
    let refresh = house.refresh(1).await;
    assert!(!refresh.is_served(), "what is left is for agents");
    assert!(house.ask("a", 10).await.is_served());
    let agent = house.ask("a", 2).await;
    assert_eq!(house.waiting(), [1, 1, 0]);
    house.later(1.0).await;
    assert!(agent.is_served() && !refresh.is_served());
    // 38.2 in the long run, 27 to begin with, at nine tenths of 2 a second.
    house.later(6.2).await;
    assert!(!refresh.is_served());
    house.later(0.1).await;
    assert!(refresh.is_served());
}

#[tokio::test]
async fn a_refresh_that_an_agent_joins_moves_up_and_falls_back_when_the_agent_leaves() {
    let house = House::open();
    assert!(house.refresh(28).await.is_served());
    let refresh = house.refresh(1).await;
    let joined = house.refresh(1).await;
    let sweeper = house.refresh(1).await;
    sweeper.passengers.is_a_sweep();
    settle().await;
    assert_eq!(house.waiting(), [0, 2, 1]);
    let seat = joined.passengers.board(false);
    settle().await;
    assert!(joined.is_served() && !refresh.is_served());
    drop(seat);
    assert!(house.ask("a", 9).await.is_served());
    let seat = refresh.passengers.board(false);
    settle().await;
    assert_eq!(house.waiting(), [1, 0, 1]);
    drop(seat);
    settle().await;
    assert_eq!(house.waiting(), [0, 1, 1], "it was not begun for the agent");
}

#[tokio::test]
async fn who_is_not_waited_for_any_more_gives_up_the_place() {
    let house = House::open();
    assert!(house.ask("a", 38).await.is_served());
    let mut left = house.ask("a", 2).await;
    let next = house.ask("a", 1).await;
    left.seat = None;
    settle().await;
    assert_eq!(left.ended().await, Err(Denied::NobodyWaits));
    house.later(0.5).await;
    assert!(next.is_served());
    // A task that is given up leaves its place, too.
    let gone = house.ask("a", 1).await;
    gone.task.abort();
    settle().await;
    assert_eq!(house.waiting(), [0, 0, 0]);
    assert_eq!(house.budget.reading().level, 38.0);
}

#[tokio::test]
async fn the_forty_first_is_told_at_once_but_what_has_begun_is_not_turned_away() {
    let house = House::open();
    assert!(house.ask("a", 38).await.is_served());
    let mut line = Vec::new();
    for _ in 0..LONGEST_LINE {
        line.push(house.ask("a", 1).await);
    }
    assert_eq!(house.waiting(), [40, 0, 0]);
    assert_eq!(
        house.ask("a", 1).await.ended().await,
        Err(Denied::LineIsFull)
    );
    // Another workspace, which has none yet, gets the place of the last one.
    let other = house.ask("b", 1).await;
    assert_eq!(house.waiting(), [40, 0, 0]);
    assert!(!other.is_served());
    let last = line.pop().unwrap();
    assert_eq!(last.ended().await, Err(Denied::LineIsFull));
    line.push(other);
    let begun = Round {
        workspace: None,
        calls: 1,
        ahead: 0,
        carries_on: true,
    };
    let (budget, nobody) = (Arc::clone(&house.budget), Passengers::default());
    nobody.board(true);
    let begun = tokio::spawn(async move { budget.reserve(begun, &nobody).await });
    settle().await;
    assert_eq!(house.waiting(), [40, 1, 0]);
    house.later(30.0).await;
    house.later(30.0).await;
    assert!(begun.await.unwrap().is_ok());
    assert!(line.iter().all(Flight::is_served));
}

#[tokio::test]
async fn ten_workspaces_that_ask_equally_are_served_equally() {
    let house = House::open();
    assert!(house.ask("a", 38).await.is_served());
    // One asks four times before anybody else comes.
    let mut flights = Vec::new();
    for workspace in 0..10 {
        for _ in 0..4 {
            flights.push((workspace, house.ask(&workspace.to_string(), 1).await));
        }
    }
    house.later(10.0).await;
    for workspace in 0..10 {
        let own = flights.iter().filter(|(w, _)| *w == workspace);
        let served = own.filter(|(_, flight)| flight.is_served()).count();
        assert_eq!(served, 2, "workspace {workspace}");
    }
}

#[tokio::test]
async fn nobody_is_begun_with_who_could_not_be_served_to_the_end() {
    let house = House::open();
    let mut promises = Vec::new();
    let begin = async || {
        let round = Round {
            workspace: None,
            calls: 1,
            ahead: 2,
            carries_on: false,
        };
        let nobody = Passengers::default();
        let reserved = house.budget.reserve(round, &nobody);
        tokio::select! {
            biased;
            reserved = reserved => reserved.ok().flatten(),
            () = settle() => None,
        }
    };
    while let Some(promise) = begin().await {
        promises.push(promise);
    }
    // As refreshes they fill 28 of 40.
    assert_eq!(promises.len(), 9);
    promises.pop();
    assert!(
        begin().await.is_some(),
        "a promise that is not needed frees its calls"
    );
}

#[tokio::test]
async fn a_refusal_all_the_same_makes_everybody_wait() {
    let house = House::open();
    assert!(house.ask("a", 1).await.is_served());
    let sent = house.budget.send();
    let refused = Ended::Answered {
        status: 429,
        limit: None,
        retry_after: Some(Duration::from_secs(3)),
    };
    house.clock.advance(Duration::from_millis(150));
    assert_eq!(
        house.budget.end(sent, Some(&refused)),
        Duration::from_millis(150)
    );
    let next = house.ask("a", 1).await;
    house.later(2.9).await;
    assert!(!next.is_served());
    house.later(0.1).await;
    assert!(next.is_served());
}

#[test]
fn installs_with_one_token_share_a_budget_and_others_have_their_own() {
    let budgets = Budgets::new(&Clock::fixed(DateTime::UNIX_EPOCH));
    let rate = Rate {
        capacity: 40,
        per_second: 2.0,
    };
    let of = |name: &str, token: &str| {
        let name = InstallName::parse(name).unwrap();
        budgets.of(&name, "recharge", &Secret::new(token.to_owned()), rate)
    };
    let (usa, eu) = (of("acme-usa", "sk_fake_one"), of("acme-eu", "sk_fake_one"));
    assert!(Arc::ptr_eq(&usa, &eu));
    let other = of("acme-uk", "sk_fake_two");
    assert!(!Arc::ptr_eq(&usa, &other));
    usa.with(|state| state.bucket.reserve(7));
    let levels: Vec<_> = budgets
        .readings()
        .into_iter()
        .map(|(name, reading)| (name.to_string(), reading.level))
        .collect();
    let expected = [("acme-eu", 7.0), ("acme-uk", 0.0), ("acme-usa", 7.0)];
    assert_eq!(
        levels,
        expected.map(|(name, level)| (name.to_owned(), level))
    );
    budgets.forget(&InstallName::parse("acme-uk").unwrap());
    assert_eq!(budgets.readings().len(), 2);
}

#[tokio::test]
async fn who_loses_the_place_before_waiting_for_it_is_told_so() {
    let house = House::open();
    // The bucket is full: from now on everybody stands in line.
    house.ask("a", 40).await.ended().await.unwrap();
    let round = |workspace| Round {
        workspace: Some(WorkspaceId::new(workspace)),
        calls: 3,
        ahead: 0,
        carries_on: false,
    };
    let stand = |workspace| house.budget.stand(round(workspace), Lane::Agent).unwrap();
    let mut standing: Vec<Standing> = (0..LONGEST_LINE).map(|_| stand("a")).collect();
    let mut newcomer = stand("b");
    assert!(newcomer.told().is_none());
    let mut last = standing.pop().unwrap();
    assert!(matches!(last.told(), Some(Err(Denied::LineIsFull))));
    assert!(standing.iter_mut().all(|other| other.told().is_none()));
}
