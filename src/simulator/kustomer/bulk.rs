//! Many objects in one request, done later: one unit of the org's limit, a hundred objects at most.
//!
//! Later is: with the next request, or with the first one after the time that was asked for. So who asked never finds it done
//! in the answer to the asking.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::answer::{Answer, Answered};
use super::request::Request;
use super::state::State;

/// As many objects as one request takes.
const MOST: usize = 100;

#[derive(Debug)]
pub(super) struct Bulk {
    klass: String,
    at: DateTime<Utc>,
    tasks: Vec<Task>,
    /// Of each task: the object's id, or what was wrong.
    results: Option<Vec<(Value, Result<String, Value>)>>,
}

#[derive(Debug, Clone)]
enum Task {
    Create(Value),
    Update(String, Value),
    Delete(String),
}

impl Bulk {
    pub(super) fn is_queued(&self) -> bool {
        self.results.is_none()
    }

    /// Whether its time has come.
    pub(super) fn is_due(&self, takes: TimeDelta, now: DateTime<Utc>) -> bool {
        self.is_queued() && now - self.at >= takes
    }

    fn status(&self) -> &'static str {
        if self.is_queued() {
            "queued"
        } else {
            "complete"
        }
    }

    fn resource(&self, id: &str) -> Value {
        let complete = usize::from(!self.is_queued());
        json!({"type": "bulk", "id": id, "attributes": {
            "status": self.status(),
            "batches": {"complete": complete, "total": 1, "idsTotal": self.tasks.len()},
        }})
    }
}

impl State {
    pub(super) fn begin_bulk(
        &mut self,
        klass: &str,
        request: &Request,
        now: DateTime<Utc>,
    ) -> Answered {
        self.klass(klass)?;
        let ids = request.parameter("ids").map(|ids| {
            let ids = ids.split(',').filter(|id| !id.is_empty());
            ids.map(str::to_owned).collect::<Vec<_>>()
        });
        let body = request.json();
        let items = body.as_array().cloned();
        let wrong = || Answer::bad_request("The body must be a list");
        let tasks: Vec<Task> = match (request.method.as_str(), ids) {
            ("POST", _) => {
                let items = items.ok_or_else(wrong)?;
                items.into_iter().map(Task::Create).collect()
            }
            ("DELETE", ids) => {
                let ids = ids.ok_or_else(|| Answer::bad_request("`ids` is required"))?;
                ids.into_iter().map(Task::Delete).collect()
            }
            (_, Some(ids)) => {
                let same = |id| Task::Update(id, body.clone());
                ids.into_iter().map(same).collect()
            }
            (_, None) => {
                let mut tasks = Vec::new();
                for mut item in items.ok_or_else(wrong)? {
                    let id = item.as_object_mut().and_then(|item| item.remove("id"));
                    let id = id.as_ref().and_then(Value::as_str);
                    let id = id.ok_or_else(|| Answer::bad_request("Each item needs an `id`"))?;
                    tasks.push(Task::Update(id.to_owned(), item));
                }
                tasks
            }
        };
        if tasks.is_empty() || tasks.len() > MOST {
            return Err(Answer::bad_request("1 to 100 items"));
        }
        let id = self.next_id();
        let bulk = Bulk {
            klass: klass.to_owned(),
            at: now,
            tasks,
            results: None,
        };
        let resource = bulk.resource(&id);
        self.bulks.insert(id, bulk);
        Ok(Answer::created(resource))
    }

    pub(super) fn run_bulk(&mut self, id: &str, now: DateTime<Utc>) {
        let Some(bulk) = self.bulks.get(id) else {
            return;
        };
        let (klass, tasks) = (bulk.klass.clone(), bulk.tasks.clone());
        let mut results = Vec::with_capacity(tasks.len());
        for task in tasks {
            let (reference, done) = match task {
                Task::Create(mut body) => {
                    let reference = body.as_object_mut().and_then(|b| b.remove("_clientRef"));
                    let made = self.create_kobject(&klass, None, &body, now);
                    (reference.unwrap_or_default(), made)
                }
                Task::Update(id, body) => {
                    (Value::Null, self.update_kobject(&klass, &id, &body, now))
                }
                Task::Delete(id) => {
                    let done = self.delete_kobject(&klass, &id);
                    (Value::Null, done.map(|_| Answer::ok(json!({ "id": id }))))
                }
            };
            let result = match done {
                Ok(answer) => Ok(answer.body["data"]["id"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()),
                Err(refusal) => Err(refusal.body["errors"][0].clone()),
            };
            results.push((reference, result));
        }
        if let Some(bulk) = self.bulks.get_mut(id) {
            bulk.results = Some(results);
        }
    }

    pub(super) fn bulk(&self, id: &str) -> Answered {
        let bulk = self.bulks.get(id);
        let bulk = bulk.ok_or_else(|| Answer::not_found("id"))?;
        Ok(Answer::ok(bulk.resource(id)))
    }

    pub(super) fn batches(&self, id: &str) -> Answered {
        let bulk = self.bulks.get(id);
        let bulk = bulk.ok_or_else(|| Answer::not_found("id"))?;
        let Some(results) = &bulk.results else {
            return Ok(Answer::ok(json!([])));
        };
        let made: Vec<&String> = results
            .iter()
            .filter_map(|(_, r)| r.as_ref().ok())
            .collect();
        let errors: Vec<&Value> = results
            .iter()
            .filter_map(|(_, r)| r.as_ref().err())
            .collect();
        let all: Vec<Value> = results
            .iter()
            .map(|(reference, result)| match result {
                Ok(id) => json!({"_clientRef": reference, "id": id}),
                Err(error) => json!({"_clientRef": reference, "error": error}),
            })
            .collect();
        Ok(Answer::ok(json!([{
            "type": "bulk_batch",
            "id": format!("{id}-1"),
            "attributes": {
                "status": "complete",
                "successCount": made.len(),
                "failureCount": errors.len(),
                "objectIds": made,
                "errors": errors,
                "results": all,
            },
        }])))
    }
}
