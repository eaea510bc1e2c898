use super::super::samples::{IntoObject, at, december, deliveries, moment, row, subscription};
use super::*;
use crate::domain::subscription::{Status, Subscription};

/// How the observed version stands to the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stamps {
    Newer,
    NewerButSame,
    Older,
    EqualSame,
    EqualOther,
    /// Neither side has a stamp.
    NoneSame,
    NoneOther,
    /// One side has a stamp.
    OnlyStored,
    OnlySeen,
    /// Newer by one time and older by the other.
    Disagree,
}

/// How the row came to be, and how old it is when the observation is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    ByWebhook,
    ByList,
    ByRead,
    /// More than [`LAG`] ago.
    LongAgo,
    Tombstone,
}

const SOURCES: [Source; 4] = [Source::Read, Source::Action, Source::List, Source::Webhook];

fn stored_state() -> Subscription {
    Subscription {
        updated_at: Some(at(-600)),
        ..subscription("1")
    }
}

/// The stored state and the observed one.
fn pair(stamps: Stamps) -> (Object, Object) {
    let stored = stored_state();
    let unstamped = Subscription {
        created_at: None,
        updated_at: None,
        ..stored.clone()
    };
    let other = |s: &Subscription| Subscription {
        quantity: Some(2),
        ..s.clone()
    };
    let updated = |minutes: i64| Subscription {
        updated_at: Some(at(minutes)),
        ..stored.clone()
    };
    match stamps {
        Stamps::Newer => (stored.object(), other(&updated(-500)).object()),
        Stamps::NewerButSame => (stored.object(), updated(-500).object()),
        Stamps::Older => (stored.object(), other(&updated(-700)).object()),
        Stamps::EqualSame => (stored.object(), stored.object()),
        Stamps::EqualOther => (stored.object(), other(&stored).object()),
        Stamps::NoneSame => (deliveries("1", &[5]), deliveries("1", &[5])),
        Stamps::NoneOther => (deliveries("1", &[5]), deliveries("1", &[6])),
        Stamps::OnlyStored => (stored.object(), other(&unstamped).object()),
        Stamps::OnlySeen => (unstamped.object(), other(&stored).object()),
        Stamps::Disagree => {
            let cancelled = Subscription {
                status: Status::Cancelled,
                cancelled_at: Some(at(-400)),
                ..updated(-700)
            };
            (stored.object(), cancelled.object())
        }
    }
}

/// A word for a decision: `again` is a write after which the customer is read once more.
fn word(decision: Decision) -> &'static str {
    match (decision.write, decision.mark, decision.recheck.is_some()) {
        (true, false, false) => "write",
        (true, false, true) => "again",
        (false, true, false) => "mark",
        (false, false, false) => "keep",
        other => panic!("{other:?}"),
    }
}

/// Decides at minute 10 about a row that was committed as number 5.
fn decided(stored: Stored, stamps: Stamps, source: Source, is_after: bool) -> Decision {
    let (before, seen) = pair(stamps);
    let mut row = match stored {
        Stored::ByWebhook => row(&before, Source::Webhook, 5, 0),
        Stored::ByList => row(&before, Source::List, 5, 0),
        Stored::ByRead | Stored::Tombstone => row(&before, Source::Read, 5, 0),
        Stored::LongAgo => row(&before, Source::Webhook, 5, -100),
    };
    if stored == Stored::Tombstone {
        row.object = None;
    }
    let began = if is_after { 5 } else { 4 };
    decide(&row, &seen, source, moment(began, 10))
}

/// A row of the table: the decisions about a read, an action's answer, a list's row and a webhook that began after the
/// row's commit, and then about the same four that began before it.
type Line = (Stamps, &'static str);

fn walk(stored: Stored, table: &[Line]) {
    for (stamps, line) in table {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words.len(), 8, "{line}");
        let cases = [true, false]
            .into_iter()
            .flat_map(|is_after| SOURCES.map(|source| (source, is_after)));
        for ((source, is_after), expected) in cases.zip(words) {
            let decision = decided(stored, *stamps, source, is_after);
            assert_eq!(
                word(decision),
                expected,
                "{stored:?} row, {stamps:?} stamps, {source:?}, after: {is_after}"
            );
        }
    }
}

#[test]
fn live_rows_follow_the_table() {
    // A row that a read has just written.
    #[rustfmt::skip]
    walk(Stored::ByRead, &[
        //                     after: read  action list  webhook   before: read action list webhook
        (Stamps::Newer,        "write write write write            write write write write"),
        (Stamps::NewerButSame, "write write write write            write write write write"),
        (Stamps::Older,        "keep  keep  keep  keep             keep  keep  keep  keep"),
        (Stamps::EqualSame,    "keep  keep  keep  keep             keep  keep  keep  keep"),
        (Stamps::EqualOther,   "write write mark  mark             mark  mark  mark  mark"),
        (Stamps::NoneSame,     "keep  keep  keep  keep             keep  keep  keep  keep"),
        (Stamps::NoneOther,    "write write mark  mark             mark  mark  mark  mark"),
        (Stamps::OnlyStored,   "write write mark  mark             mark  mark  mark  mark"),
        (Stamps::OnlySeen,     "write write mark  mark             mark  mark  mark  mark"),
        (Stamps::Disagree,     "write write mark  mark             mark  mark  mark  mark"),
    ]);
}

#[test]
fn a_read_that_contradicts_a_young_webhook_is_repeated() {
    for stored in [Stored::ByWebhook, Stored::ByList] {
        #[rustfmt::skip]
        walk(stored, &[
            (Stamps::Newer,        "write write write write        write write write write"),
            (Stamps::Older,        "keep  keep  keep  keep         keep  keep  keep  keep"),
            (Stamps::EqualSame,    "keep  keep  keep  keep         keep  keep  keep  keep"),
            (Stamps::EqualOther,   "again again mark  mark         mark  mark  mark  mark"),
            (Stamps::NoneSame,     "keep  keep  keep  keep         keep  keep  keep  keep"),
            (Stamps::NoneOther,    "again again mark  mark         mark  mark  mark  mark"),
            (Stamps::OnlyStored,   "again again mark  mark         mark  mark  mark  mark"),
            (Stamps::OnlySeen,     "again again mark  mark         mark  mark  mark  mark"),
            (Stamps::Disagree,     "again again mark  mark         mark  mark  mark  mark"),
        ]);
        let decision = decided(stored, Stamps::EqualOther, Source::Read, true);
        assert_eq!(decision.recheck, Some(at(0) + LAG));
    }
}

#[test]
fn no_list_lags_forever() {
    // An older state that is read so much later is what the provider has now.
    #[rustfmt::skip]
    walk(Stored::LongAgo, &[
        (Stamps::Newer,      "write write write write              write write write write"),
        (Stamps::Older,      "write write keep  keep               keep  keep  keep  keep"),
        (Stamps::EqualSame,  "keep  keep  keep  keep               keep  keep  keep  keep"),
        (Stamps::EqualOther, "write write mark  mark               mark  mark  mark  mark"),
        (Stamps::NoneOther,  "write write mark  mark               mark  mark  mark  mark"),
        (Stamps::Disagree,   "write write mark  mark               mark  mark  mark  mark"),
    ]);
}

#[test]
fn tombstones_are_lifted_by_later_reads_alone() {
    #[rustfmt::skip]
    walk(Stored::Tombstone, &[
        (Stamps::Newer,      "write write mark  mark               mark  mark  mark  mark"),
        (Stamps::Older,      "write write keep  keep               mark  mark  keep  keep"),
        (Stamps::EqualSame,  "write write keep  keep               mark  mark  keep  keep"),
        (Stamps::NoneSame,   "write write mark  mark               mark  mark  mark  mark"),
        (Stamps::OnlyStored, "write write mark  mark               mark  mark  mark  mark"),
        (Stamps::OnlySeen,   "write write mark  mark               mark  mark  mark  mark"),
        (Stamps::Disagree,   "write write mark  mark               mark  mark  mark  mark"),
    ]);
}

#[test]
fn the_repeated_read_settles_it() {
    // A read at the very time that was named asks for no other one.
    for (minutes, expected) in [(34, "again"), (35, "write")] {
        let (before, seen) = pair(Stamps::EqualOther);
        let row = row(&before, Source::Webhook, 5, 0);
        let decision = decide(&row, &seen, Source::Read, moment(5, minutes));
        assert_eq!(word(decision), expected, "minute {minutes}");
    }
    let (before, seen) = pair(Stamps::Older);
    let row = row(&before, Source::Webhook, 5, 0);
    let at_once = decide(&row, &seen, Source::Read, moment(5, 34));
    let in_time = decide(&row, &seen, Source::Read, moment(5, 35));
    assert_eq!((word(at_once), word(in_time)), ("keep", "write"));
}

#[test]
fn an_unknown_object_is_new_or_gone() {
    // The customer was read at minute 0. `None`: never.
    let read = Some(moment(3, 0));
    let stamped = |minutes: Option<i64>| {
        let state = Subscription {
            created_at: minutes.map(at),
            ..subscription("9")
        };
        state.object()
    };
    let word = |source, object: &Object, read| {
        let decision = decide_new(object, source, read);
        assert_eq!(decision.recheck, None);
        match (decision.write, decision.mark) {
            (true, false) => "write",
            (true, true) => "write and mark",
            (false, true) => "mark",
            (false, false) => "keep",
        }
    };
    for source in [Source::Read, Source::Action] {
        for minutes in [None, Some(-100), Some(-35), Some(1)] {
            assert_eq!(word(source, &stamped(minutes), read), "write");
        }
    }
    for source in [Source::List, Source::Webhook] {
        for (minutes, expected) in [
            (Some(1), "write"),
            // The list that was read may not have had it yet.
            (Some(0), "write and mark"),
            (Some(-35), "write and mark"),
            // It would have been listed.
            (Some(-36), "mark"),
            (None, "mark"),
        ] {
            let object = stamped(minutes);
            assert_eq!(word(source, &object, read), expected, "{minutes:?}");
            assert_eq!(word(source, &object, None), "write");
        }
    }
}

#[test]
fn absence_from_a_complete_read_counts_after_a_while() {
    let stored = stored_state().object();
    let soon = at(0) + LAG;
    for source in SOURCES {
        let written = row(&stored, source, 5, 0);
        assert_eq!(absent(&written, moment(5, 10)), Absence::Recheck(soon));
        assert_eq!(absent(&written, moment(5, 34)), Absence::Recheck(soon));
        assert_eq!(absent(&written, moment(5, 35)), Absence::Gone);
        assert_eq!(absent(&written, moment(9, 90)), Absence::Gone);
        // A read that began before the row was written. Of two reads the later one counts; a webhook may be older than both.
        let expected = match source.is_read() {
            true => Absence::Unknown,
            false => Absence::Recheck(soon),
        };
        assert_eq!(absent(&written, moment(4, 90)), expected, "{source:?}");
    }
}

#[test]
fn absence_confirms_an_announced_deletion_at_once() {
    let stored = stored_state().object();
    let announced = |source, receipt| Row {
        deletion: Some(receipt),
        ..row(&stored, source, 5, 0)
    };
    for source in SOURCES {
        let soon = Absence::Recheck(at(0) + LAG);
        assert_eq!(absent(&announced(source, 7), moment(6, 10)), soon);
        assert_eq!(absent(&announced(source, 7), moment(7, 10)), Absence::Gone);
        // Also where the row was written since, by a webhook that the deletion's overtook or by a read that began before.
        let since = absent(&announced(source, 3), moment(4, 10));
        assert_eq!(since, Absence::Gone, "{source:?}");
    }
}

#[test]
fn what_does_not_count_as_another_content() {
    let stored = stored_state();
    let mut touched = stored.clone();
    touched.updated_at = Some(at(-599));
    assert!(stored.object().says_the_same(&touched.object()));
    touched.next_billing_date = Some(december(16));
    assert!(!stored.object().says_the_same(&touched.object()));
    assert!(!deliveries("1", &[5]).says_the_same(&deliveries("1", &[5, 6])));
    assert!(!stored.object().says_the_same(&deliveries("1", &[5])));
}
