//! Background work while agents use up the rate.

use std::collections::VecDeque;

use super::*;

/// Views one card a second, which takes twice the rate, for 10 minutes, while jobs of one call each are repeated. Returns the
/// number of calls that the jobs got, and the longest wait in seconds.
async fn under_constant_views(jobs: &[Priority]) -> (usize, usize) {
    let fixture = Fixture::new();
    let mut views = VecDeque::new();
    let mut queued: Vec<Option<(Requested, usize)>> = jobs.iter().map(|_| None).collect();
    let (mut granted, mut longest) = (0, 0);
    for second in 0..600 {
        views.push_back(fixture.interactive("views", 4).await);
        if views.len() > 4 {
            views.pop_front();
        }
        for (queued, priority) in queued.iter_mut().zip(jobs) {
            match queued {
                Some((request, since)) if request.is_granted() => {
                    longest = longest.max(second - *since);
                    granted += 1;
                    *queued = None;
                }
                Some(_) => {}
                None => {
                    let waiters = Waiters::new(*priority);
                    let request = fixture.request("job", 1, waiters, None).await;
                    *queued = Some((request, second));
                }
            }
        }
        fixture.later(1.0).await;
    }
    (granted, longest)
}

#[tokio::test]
async fn background_work_gets_a_tenth_of_the_rate_under_constant_views() {
    // 120 calls are a tenth of the rate.
    let (granted, longest) = under_constant_views(&[Priority::Background]).await;
    assert!(granted >= 85 && longest <= 7, "{granted}, {longest} s");
    let jobs = [Priority::Background; 3];
    let (granted, longest) = under_constant_views(&jobs).await;
    assert!((110..=125).contains(&granted), "{granted}");
    assert!(longest <= 17, "{longest} s");
    let jobs = [Priority::Setup, Priority::Background, Priority::Refresh];
    let (granted, longest) = under_constant_views(&jobs).await;
    assert!(granted >= 110 && longest <= 12, "{granted}, {longest} s");
}
