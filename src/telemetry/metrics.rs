//! What is counted and measured, and the page that shows it.
//!
//! What happens is counted here, as it happens. What merely is (levels, lengths, sizes) is read when the page is asked for, by
//! whoever makes the page. No label holds anything of a person.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// What the page is, for its reader.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From a card out of memory, over the calls of a cold one, to the longest wait of a helpdesk.
const LOOKUP_SECONDS: [f64; 13] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0,
];
/// Up to the timeout of a call.
const CALL_SECONDS: [f64; 9] = [0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3.0, 10.0, 20.0];

/// From a helpdesk that answers at once to one that was gone for an hour.
const TOLD_SECONDS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 60.0, 600.0, 3_600.0];

/// The counters of one service.
pub struct Metrics {
    registry: Registry,
    lookups: Family<OfLookup, Counter>,
    lookup_seconds: Family<OfHelpdesk, Histogram, Seconds>,
    calls: Family<OfCall, Counter>,
    call_seconds: Family<OfEndpoint, Histogram, Seconds>,
    requests: Family<OfRequest, Counter>,
    evictions: Family<OfKind, Counter>,
    automatic_links: Counter,
    told: Family<OfKind, Counter>,
    told_seconds: Histogram,
    not_told: Family<OfKind, Counter>,
}

/// Something that is read when the page is asked for.
#[derive(Debug)]
pub struct Reading {
    /// Its name, without the prefix that all have.
    pub name: &'static str,
    /// What it is.
    pub help: &'static str,
    /// Its values, each with labels.
    pub values: Vec<(Vec<(&'static str, String)>, f64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfLookup {
    helpdesk: &'static str,
    outcome: &'static str,
    cache: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfHelpdesk {
    helpdesk: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCall {
    endpoint: &'static str,
    status: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfEndpoint {
    endpoint: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfKind {
    kind: &'static str,
}

/// Makes histograms with these bounds.
#[derive(Clone)]
struct Seconds(&'static [f64]);

impl MetricConstructor<Histogram> for Seconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("sidecard"),
            lookups: Family::default(),
            lookup_seconds: Family::new_with_constructor(Seconds(&LOOKUP_SECONDS)),
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(Seconds(&CALL_SECONDS)),
            requests: Family::default(),
            evictions: Family::default(),
            automatic_links: Counter::default(),
            told: Family::default(),
            told_seconds: Histogram::new(TOLD_SECONDS),
            not_told: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register(
            "lookups",
            "Questions answered, by the best outcome and the worst that memory had",
            metrics.lookups.clone(),
        );
        registry.register_with_unit(
            "lookup",
            "How long a question took",
            Unit::Seconds,
            metrics.lookup_seconds.clone(),
        );
        registry.register(
            "upstream_calls",
            "Calls sent to providers; status `none` when no answer came",
            metrics.calls.clone(),
        );
        registry.register_with_unit(
            "upstream",
            "How long a provider took to answer",
            Unit::Seconds,
            metrics.call_seconds.clone(),
        );
        registry.register(
            "requests",
            "Requests answered, by the class of their route",
            metrics.requests.clone(),
        );
        registry.register(
            "cache_evictions",
            "Entries that memory let go for want of room",
            metrics.evictions.clone(),
        );
        registry.register(
            "automatic_links",
            "Helpdesk profiles linked to the one customer who matched",
            metrics.automatic_links.clone(),
        );
        registry.register(
            "outbox_told",
            "Entries of the outbox that helpdesks were told, by what came of it",
            metrics.told.clone(),
        );
        registry.register_with_unit(
            "outbox_wait",
            "From an entry's coming into the outbox to its being told",
            Unit::Seconds,
            metrics.told_seconds.clone(),
        );
        registry.register(
            "outbox_failures",
            "Tries to tell a helpdesk something that failed, by why",
            metrics.not_told.clone(),
        );
        // What has not happened yet is a nought, and not unknown.
        for kind in ["subjects", "customers"] {
            let _ = metrics.evictions.get_or_create(&OfKind { kind });
        }
        metrics
    }
}

impl Metrics {
    /// A question was answered.
    pub fn looked_up(
        &self,
        helpdesk: &'static str,
        outcome: &'static str,
        cache: &'static str,
        took: Duration,
    ) {
        let of = OfLookup {
            helpdesk,
            outcome,
            cache,
        };
        self.lookups.get_or_create(&of).inc();
        let seconds = self.lookup_seconds.get_or_create(&OfHelpdesk { helpdesk });
        seconds.observe(took.as_secs_f64());
    }

    /// A call to a provider is over; without a status when no answer came.
    pub fn called(&self, endpoint: &'static str, status: Option<u16>, took: Duration) {
        let status = status.map_or_else(|| String::from("none"), |status| status.to_string());
        self.calls.get_or_create(&OfCall { endpoint, status }).inc();
        let seconds = self.call_seconds.get_or_create(&OfEndpoint { endpoint });
        seconds.observe(took.as_secs_f64());
    }

    /// A request was answered.
    pub fn requested(&self, route: &'static str, status: u16) {
        self.requests
            .get_or_create(&OfRequest { route, status })
            .inc();
    }

    /// Memory let an entry go for want of room.
    pub fn evicted(&self, kind: &'static str) {
        self.evictions.get_or_create(&OfKind { kind }).inc();
    }

    /// Counts a profile that was linked to the one customer who matched.
    pub fn linked_automatically(&self) {
        self.automatic_links.inc();
    }

    /// An entry of the outbox was told, so long after it came in.
    pub fn told(&self, kind: &'static str, waited: Duration) {
        self.told.get_or_create(&OfKind { kind }).inc();
        self.told_seconds.observe(waited.as_secs_f64());
    }

    /// A helpdesk did not take what it was told.
    pub fn not_told(&self, kind: &'static str) {
        self.not_told.get_or_create(&OfKind { kind }).inc();
    }

    /// The page: what was counted, and these readings.
    pub fn page(&self, readings: Vec<Reading>) -> Result<String, fmt::Error> {
        let mut page = String::new();
        encode_registry(&mut page, &self.registry)?;
        let mut read = Registry::with_prefix("sidecard");
        for reading in readings {
            let gauges: Family<Vec<(&'static str, String)>, Gauge<f64, AtomicU64>> =
                Family::default();
            for (labels, value) in reading.values {
                gauges.get_or_create(&labels).set(value);
            }
            read.register(reading.name, reading.help, gauges);
        }
        encode_registry(&mut page, &read)?;
        encode_eof(&mut page)?;
        Ok(page)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_what_was_counted_and_what_was_read() {
        let metrics = Metrics::default();
        metrics.looked_up("json", "found", "miss", Duration::from_millis(300));
        metrics.looked_up("json", "found", "miss", Duration::from_millis(3));
        metrics.called("/customers", Some(200), Duration::from_millis(150));
        metrics.called("/customers", None, Duration::from_secs(20));
        metrics.requested("ask", 200);
        metrics.evicted("customers");
        metrics.linked_automatically();
        let level = Reading {
            name: "budget_level",
            help: "Calls in the bucket",
            values: vec![(vec![("install", "acme-usa".into())], 2.5)],
        };
        let page = metrics.page(vec![level]).unwrap();
        for line in [
            r#"sidecard_lookups_total{helpdesk="json",outcome="found",cache="miss"} 2"#,
            r#"sidecard_lookup_seconds_count{helpdesk="json"} 2"#,
            r#"sidecard_lookup_seconds_bucket{le="0.005",helpdesk="json"} 1"#,
            r#"sidecard_upstream_calls_total{endpoint="/customers",status="200"} 1"#,
            r#"sidecard_upstream_calls_total{endpoint="/customers",status="none"} 1"#,
            r#"sidecard_upstream_seconds_sum{endpoint="/customers"} 20.15"#,
            r#"sidecard_requests_total{route="ask",status="200"} 1"#,
            r#"sidecard_cache_evictions_total{kind="customers"} 1"#,
            "sidecard_automatic_links_total 1",
            r#"sidecard_budget_level{install="acme-usa"} 2.5"#,
        ] {
            assert!(page.lines().any(|l| l == line), "{line} in:\n{page}");
        }
        assert!(page.ends_with("# EOF\n"));
        assert_eq!(page.matches("# EOF").count(), 1);
    }
}
