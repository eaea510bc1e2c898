//! Who waits for calls, and who is next. Pure.
//!
//! Agents come before refreshes, refreshes before sweeps. Within a lane those who have sent calls already are served first,
//! in turn: what they have spent would be lost. Then the workspaces take turns, one round each.

use std::collections::VecDeque;

use crate::domain::id::WorkspaceId;

/// How urgent a piece of work is; the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// An agent waits who has nothing to look at.
    Agent,
    /// A card is refreshed behind its answer, or an old one is read anew for somebody who does not stand in line for that.
    Refresh,
    /// Nobody looks: sweeps and backfill.
    Sweep,
}

impl Lane {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Agent, Self::Refresh, Self::Sweep];

    /// The word for metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Refresh => "refresh",
            Self::Sweep => "sweep",
        }
    }

    /// How much of the bucket it may fill. The rest is kept for the lanes above it.
    pub fn share(self) -> f64 {
        match self {
            Self::Agent => 1.0,
            Self::Refresh => 0.7,
            Self::Sweep => 0.4,
        }
    }
}

/// A place in the line.
#[derive(Debug)]
pub struct Place<T> {
    pub number: u64,
    /// Whose it is; the house's own work takes turns like one more workspace.
    pub workspace: Option<WorkspaceId>,
    /// Whether it has sent calls already, or carries on what has.
    pub carries_on: bool,
    /// What is waited for.
    pub wish: T,
}

/// The line of one token.
#[derive(Debug)]
pub struct Line<T> {
    lanes: [Queue<T>; 3],
}

#[derive(Debug)]
struct Queue<T> {
    begun: VecDeque<Place<T>>,
    /// By workspace, the next one first. No inner queue is empty.
    fresh: VecDeque<VecDeque<Place<T>>>,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self {
            lanes: std::array::from_fn(|_| Queue {
                begun: VecDeque::new(),
                fresh: VecDeque::new(),
            }),
        }
    }
}

impl<T> Line<T> {
    /// Takes a place at the end.
    pub fn join(&mut self, lane: Lane, place: Place<T>) {
        let queue = &mut self.lanes[lane as usize];
        if place.carries_on {
            queue.begun.push_back(place);
            return;
        }
        let own = |places: &&mut VecDeque<Place<T>>| {
            let first = places.front();
            first.is_some_and(|first| first.workspace == place.workspace)
        };
        match queue.fresh.iter_mut().find(own) {
            Some(places) => places.push_back(place),
            None => queue.fresh.push_back(VecDeque::from([place])),
        }
    }

    /// Gives a place up; `None` when it is not in the line any more.
    pub fn leave(&mut self, number: u64) -> Option<Place<T>> {
        self.lanes.iter_mut().find_map(|queue| queue.leave(number))
    }

    /// Takes out the place that a newcomer to a full line may have, which stands in it already: the last one in a lower lane,
    /// or of a workspace that has more in this lane than the newcomer's own. `None` when there is no such place.
    pub fn make_room(&mut self, lane: Lane, newcomer: &Option<WorkspaceId>) -> Option<Place<T>> {
        for lower in Lane::ALL.into_iter().filter(|other| *other > lane).rev() {
            if let Some(last) = self.lanes[lower as usize].longest() {
                return self.leave(last);
            }
        }
        let queue = &self.lanes[lane as usize];
        let of = |owner: &Option<WorkspaceId>| {
            let fresh = queue.fresh.iter().flatten();
            fresh.filter(|place| place.workspace == *owner).count()
        };
        let last = queue.longest()?;
        let owner = queue.places().find(|place| place.number == last)?;
        let has_more = of(&owner.workspace) > of(newcomer);
        has_more.then(|| self.leave(last)).flatten()
    }

    /// Changes the lane, at whose end it stands then.
    pub fn change(&mut self, number: u64, lane: Lane) {
        let stands_there = self.lanes[lane as usize]
            .places()
            .any(|p| p.number == number);
        if !stands_there && let Some(place) = self.leave(number) {
            self.join(lane, place);
        }
    }

    /// Who is next.
    pub fn next(&self) -> Option<(Lane, &Place<T>)> {
        Lane::ALL.into_iter().find_map(|lane| {
            let queue = &self.lanes[lane as usize];
            let begun = queue.begun.front();
            let fresh = queue.fresh.front().and_then(VecDeque::front);
            Some((lane, begun.or(fresh)?))
        })
    }

    /// Takes who is next out of the line.
    pub fn serve(&mut self) -> Option<Place<T>> {
        let (lane, _) = self.next()?;
        let queue = &mut self.lanes[lane as usize];
        if let Some(place) = queue.begun.pop_front() {
            return Some(place);
        }
        let mut places = queue.fresh.pop_front()?;
        let place = places.pop_front();
        if !places.is_empty() {
            queue.fresh.push_back(places);
        }
        place
    }

    /// How many stand in a lane.
    pub fn waiting(&self, lane: Lane) -> usize {
        self.lanes[lane as usize].places().count()
    }

    /// Whether this place is in the line.
    pub fn has(&self, number: u64) -> bool {
        let mut lanes = self.lanes.iter();
        lanes.any(|queue| queue.places().any(|place| place.number == number))
    }

    /// How many stand in the line.
    pub fn len(&self) -> usize {
        Lane::ALL.into_iter().map(|lane| self.waiting(lane)).sum()
    }
}

impl<T> Queue<T> {
    /// The last place of the workspace that has the most.
    fn longest(&self) -> Option<u64> {
        let longest = self.fresh.iter().max_by_key(|places| places.len())?;
        longest.back().map(|place| place.number)
    }

    fn places(&self) -> impl Iterator<Item = &Place<T>> {
        self.begun.iter().chain(self.fresh.iter().flatten())
    }

    fn leave(&mut self, number: u64) -> Option<Place<T>> {
        let out_of = |places: &mut VecDeque<Place<T>>| {
            let at = places.iter().position(|place| place.number == number)?;
            places.remove(at)
        };
        let place = out_of(&mut self.begun).or_else(|| self.fresh.iter_mut().find_map(out_of));
        self.fresh.retain(|places| !places.is_empty());
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: u64, workspace: &str) -> Place<()> {
        Place {
            number,
            workspace: Some(WorkspaceId::new(workspace)),
            carries_on: false,
            wish: (),
        }
    }

    fn served(line: &mut Line<()>) -> Vec<u64> {
        std::iter::from_fn(|| line.serve())
            .map(|place| place.number)
            .collect()
    }

    #[test]
    fn workspaces_take_turns_and_lanes_come_in_order() {
        let mut line = Line::default();
        line.join(Lane::Sweep, place(1, "a"));
        line.join(Lane::Refresh, place(2, "a"));
        for number in 3..=6 {
            line.join(Lane::Agent, place(number, "a"));
        }
        line.join(Lane::Agent, place(7, "b"));
        line.join(Lane::Agent, place(8, "b"));
        let begun = Place {
            carries_on: true,
            ..place(9, "c")
        };
        line.join(Lane::Agent, begun);
        assert_eq!((line.len(), line.waiting(Lane::Agent)), (9, 7));
        assert_eq!(served(&mut line), [9, 3, 7, 4, 8, 5, 6, 2, 1]);
        assert!(line.next().is_none());
    }

    #[test]
    fn a_full_line_makes_room_for_who_has_less() {
        let mut line = Line::default();
        for (number, workspace) in [(1, "a"), (2, "a"), (3, "a"), (4, "b")] {
            line.join(Lane::Refresh, place(number, workspace));
        }
        let a = Some(WorkspaceId::new("a"));
        let b = Some(WorkspaceId::new("b"));
        let mut room = |lane, newcomer| line.make_room(lane, newcomer).map(|place| place.number);
        assert_eq!(room(Lane::Refresh, &a), None);
        assert_eq!(room(Lane::Sweep, &b), None, "what is above it stays");
        assert_eq!(room(Lane::Refresh, &b), Some(3));
        assert_eq!(room(Lane::Agent, &a), Some(2));
        assert_eq!(room(Lane::Refresh, &b), None, "nobody has more");
    }

    #[test]
    fn a_place_is_given_up_or_changes_its_lane() {
        let mut line = Line::default();
        for (number, workspace) in [(1, "a"), (2, "b"), (3, "a")] {
            line.join(Lane::Agent, place(number, workspace));
        }
        line.join(Lane::Refresh, place(4, "c"));
        line.change(4, Lane::Agent);
        line.change(1, Lane::Agent);
        assert!(line.leave(2).is_some());
        assert!(line.leave(2).is_none());
        line.change(2, Lane::Refresh);
        assert_eq!(served(&mut line), [1, 4, 3]);
    }
}
