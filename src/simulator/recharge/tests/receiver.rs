//! An address that webhooks are sent to: it writes down what comes, and answers as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt};
use tokio::sync::oneshot;

use super::*;

/// A call that came.
#[derive(Debug, Clone)]
pub(super) struct Came {
    pub(super) path: String,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) text: String,
}

impl Came {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

#[derive(Default)]
struct State {
    came: Vec<Came>,
    /// 0: no answer at all.
    status: u16,
}

pub(super) struct Receiver {
    base: String,
    state: Arc<Mutex<State>>,
    server: ServerHandle,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            status: 200,
            ..State::default()
        }));
        let (tell, told) = oneshot::channel();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || rt::System::new().block_on(serve(shared, tell)));
        let (base, server) = told.await.unwrap();
        Self {
            base,
            state,
            server,
        }
    }

    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(super) fn answer(&self, status: u16) {
        self.state.lock().unwrap().status = status;
    }

    pub(super) fn came(&self) -> Vec<Came> {
        self.state.lock().unwrap().came.clone()
    }

    /// What came since this was last asked, as paths.
    pub(super) fn paths(&self) -> Vec<String> {
        let came = std::mem::take(&mut self.state.lock().unwrap().came);
        came.into_iter().map(|came| came.path).collect()
    }
}

async fn serve(state: Arc<Mutex<State>>, tell: oneshot::Sender<(String, ServerHandle)>) {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::from(Arc::clone(&state)))
            .default_service(web::to(write_down))
    })
    .workers(1)
    .disable_signals()
    .bind("127.0.0.1:0")
    .unwrap();
    let base = format!("http://{}", server.addrs()[0]);
    let server = server.run();
    tell.send((base, server.handle())).ok().unwrap();
    server.await.unwrap();
}

async fn write_down(
    state: web::Data<Mutex<State>>,
    http: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let headers = http.headers().iter().map(|(name, value)| {
        let value = value.to_str().unwrap().to_owned();
        (name.to_string(), value)
    });
    let came = Came {
        path: http.path().to_owned(),
        headers: headers.collect(),
        text: String::from_utf8(body.to_vec()).unwrap(),
    };
    let status = {
        let mut state = state.lock().unwrap();
        state.came.push(came);
        state.status
    };
    if status == 0 {
        std::future::pending::<()>().await;
    }
    HttpResponse::build(StatusCode::from_u16(status).unwrap()).finish()
}
