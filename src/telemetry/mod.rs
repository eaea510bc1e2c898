//! What the process tells of itself: log lines on standard error, and metrics.

mod line;
mod metrics;
mod writer;

use std::io::{self, Write};
use std::sync::{Arc, OnceLock};

use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{Log, LogFormat};

use writer::Writer;

pub use metrics::{CONTENT_TYPE, Metrics, Reading};

/// A subscriber that writes as configured.
///
/// Libraries are heard from `warn` up whatever is configured: below that, HTTP libraries print addresses and headers, and
/// those hold email addresses and tokens.
pub fn subscriber<W>(log: &Log, writer: W, colour: bool) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let ours_or_harmless = filter_fn(|metadata| {
        let target = metadata.target();
        let ours = target == "sidecard" || target.starts_with("sidecard::");
        // Complains at `error` of every stranger's malformed request.
        let strangers = target.starts_with("actix_http");
        ours || (*metadata.level() <= Level::WARN && !strangers)
    });
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(colour);
    let layer = match log.format {
        LogFormat::Text => layer.boxed(),
        LogFormat::Json => layer.event_format(line::Lines).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(filter).with_filter(ours_or_harmless))
}

/// Whoever writes the process's lines.
static WRITER: OnceLock<Arc<Writer>> = OnceLock::new();

/// The process's log: lines on standard error. A second call changes nothing.
pub fn start(log: &Log) {
    let colour =
        io::IsTerminal::is_terminal(&io::stderr()) && std::env::var_os("NO_COLOR").is_none();
    start_into(log, io::stderr(), colour);
}

/// The process's log, written elsewhere.
pub fn start_into(log: &Log, out: impl Write + Send + 'static, colour: bool) {
    if WRITER.get().is_some() {
        return;
    }
    let lost = |lines| {
        tracing::warn!(
            lines,
            "log lines were lost: whoever reads the log is too slow"
        )
    };
    match Writer::begin(out, lost) {
        Ok(writer) => {
            let subscriber = subscriber(log, Arc::clone(&writer), colour);
            let _ = tracing::subscriber::set_global_default(subscriber);
            let _ = WRITER.set(writer);
        }
        // A process without threads will not get far; what it says of that is written at once.
        Err(_) => {
            let subscriber = subscriber(log, io::stderr, colour);
            let _ = tracing::subscriber::set_global_default(subscriber);
        }
    }
}

/// All that was said is written. Before the process ends: its lines are written by a thread, which ends with it.
pub fn end() {
    if let Some(writer) = WRITER.get() {
        // Whoever takes nothing for so long is not there any more.
        let _ = (&**writer).flush();
    }
}
