use super::super::rule::Source;
use super::super::samples::{at, kim, moment};
use super::*;
use crate::domain::id::SubscriptionId;

fn key() -> ObjectKey {
    ObjectKey::subscription(&SubscriptionId::new("1"))
}

/// A customer whose subscription was not listed by a read that was stored at minute 0.
fn unlisted(deletion: Option<Commit>, read: Option<Moment>) -> CustomerRows {
    let row = Row {
        deletion,
        ..Row::tombstone(5, at(0))
    };
    CustomerRows {
        rows: BTreeMap::from([(key(), row)]),
        freshness: Freshness {
            read,
            ..Freshness::default()
        },
    }
}

#[test]
fn what_two_reads_an_hour_apart_do_not_list_is_gone() {
    let one_read = unlisted(None, Some(moment(4, 0)));
    assert!(!one_read.is_surely_gone(&key(), at(600)));
    let too_soon = unlisted(None, Some(moment(9, 59)));
    assert!(!too_soon.is_surely_gone(&key(), at(600)));
    let twice = unlisted(None, Some(moment(9, 60)));
    assert!(twice.is_surely_gone(&key(), at(60)));
    assert!(!twice.is_surely_gone(&ObjectKey::customer(&kim()), at(60)));
}

#[test]
fn an_announced_deletion_is_sure_once_a_later_read_does_not_list_it() {
    let announced = |read| unlisted(Some(7), read).is_surely_gone(&key(), at(1));
    assert!(!announced(None), "not on the word of a webhook alone");
    assert!(!announced(Some(moment(6, 0))));
    assert!(announced(Some(moment(7, 0))));
}

#[test]
fn a_live_row_is_not_gone_whatever_was_announced() {
    let mut rows = unlisted(Some(7), Some(moment(9, 90)));
    let object = super::super::samples::deliveries("1", &[5]);
    rows.rows.get_mut(&key()).unwrap().object = Some(object);
    assert!(!rows.is_surely_gone(&key(), at(600)));
}

#[test]
fn a_customer_is_kept_from_the_first_record_on() {
    let mut rows = CustomerRows::default();
    assert!(!rows.is_kept());
    assert!(rows.freshness.is_marked(), "never read");
    rows.freshness.mark(4);
    assert!(!rows.is_kept(), "a mark alone keeps nothing up to date");
    assert!(!unlisted(Some(7), None).is_kept(), "nor does a tombstone");
    assert!(unlisted(None, Some(moment(4, 0))).is_kept());
    let mut row = Row::tombstone(5, at(0));
    row.source = Source::Webhook;
    row.object = Some(super::super::samples::deliveries("1", &[5]));
    rows.rows.insert(key(), row);
    assert!(rows.is_kept());
}

#[test]
fn a_mark_never_goes_back() {
    let mut freshness = Freshness {
        read: Some(moment(3, 0)),
        ..Freshness::default()
    };
    freshness.mark(3);
    assert!(!freshness.is_marked(), "the read began after it");
    freshness.mark(5);
    freshness.mark(4);
    assert_eq!(freshness.marked, 5);
    assert!(freshness.is_marked());
}
