//! Everything an org has.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::apps::Apps;
use super::bulk::Bulk;
use super::customers::Customer;
use super::events::Events;
use super::klasses::Klass;
use super::kobjects::KObject;
use super::limits::Limits;
use super::options::Options;

/// The rules of this org that are not established.
#[derive(Debug, Clone)]
pub(super) struct Choices {
    pub(super) org_id: String,
    pub(super) object_limit: u32,
    pub(super) refuses_duplicates: bool,
    pub(super) suffixes_klasses: bool,
    pub(super) bulk_takes: TimeDelta,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) choices: Choices,
    pub(super) customers: BTreeMap<String, Customer>,
    /// Customer ids by email (lower-case) and by external id (`externalId=…`).
    pub(super) customers_by: HashMap<String, String>,
    /// By name.
    pub(super) klasses: BTreeMap<String, Klass>,
    /// By id.
    pub(super) kobjects: BTreeMap<String, KObject>,
    /// Object ids by klass and external id; the newest, where duplicates are let through.
    pub(super) kobjects_by: HashMap<(String, String), String>,
    /// Object ids by klass and customer.
    pub(super) kobjects_of: HashMap<(String, String), Vec<String>>,
    pub(super) bulks: BTreeMap<String, Bulk>,
    pub(super) apps: Apps,
    pub(super) events: Events,
    pub(super) limits: Limits,
    ids: u64,
}

impl State {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            choices: Choices {
                org_id: options.org_id.clone(),
                object_limit: options.object_limit,
                refuses_duplicates: options.refuses_duplicates,
                suffixes_klasses: options.suffixes_klasses,
                bulk_takes: TimeDelta::from_std(options.bulk_takes).unwrap_or(TimeDelta::MAX),
            },
            customers: BTreeMap::new(),
            customers_by: HashMap::new(),
            klasses: BTreeMap::new(),
            kobjects: BTreeMap::new(),
            kobjects_by: HashMap::new(),
            kobjects_of: HashMap::new(),
            bulks: BTreeMap::new(),
            apps: Apps::default(),
            events: Events::default(),
            limits: Limits::default(),
            ids: 0,
        }
    }

    /// 24 hex digits, as Kustomer's ids are; they grow.
    pub(super) fn next_id(&mut self) -> String {
        self.ids += 1;
        format!("65{:022x}", self.ids)
    }

    /// Does what was asked to be done in bulk and is not done yet.
    pub(super) fn catch_up(&mut self, now: DateTime<Utc>) {
        let queued: Vec<String> = self
            .bulks
            .iter()
            .filter(|(_, bulk)| bulk.is_due(self.choices.bulk_takes, now))
            .map(|(id, _)| id.clone())
            .collect();
        for id in queued {
            self.run_bulk(&id, now);
        }
    }
}
