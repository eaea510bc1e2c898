//! The log of all tests' services.

use std::sync::{Mutex, Once, OnceLock};

use sidecard::config::{Log, LogFormat};

/// Everything that any test's service logs, at TRACE, through the subscriber of production.
pub fn heard() -> String {
    String::from_utf8_lossy(&ears().lock().unwrap()).into_owned()
}

fn ears() -> &'static Mutex<Vec<u8>> {
    static EARS: OnceLock<Mutex<Vec<u8>>> = OnceLock::new();
    EARS.get_or_init(Mutex::default)
}

pub fn listen_to_everything() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let log = Log {
            level: "trace".into(),
            format: LogFormat::Json,
        };
        let subscriber = sidecard::telemetry::subscriber(&log, || Ear, false);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

struct Ear;

impl std::io::Write for Ear {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        ears().lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
