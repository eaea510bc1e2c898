//! The service as it is installed: `sidecard serve` in a folder of its own, by the machine's clock, its log in a file.

use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::warm::Joined;
use crate::warm::side::{Side, command, free};

pub struct Installed {
    folder: tempfile::TempDir,
    pub service: Side,
    pub ops: SocketAddr,
    pub workspaces: Vec<Joined>,
}

impl Installed {
    /// Connected to this Recharge with this token, with a workspace of each of these helpdesks, and more of the configuration.
    pub fn open(recharge: &str, token: &str, helpdesks: &[&'static str], more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (ask, admin, ops) = (free(), free(), free());
        let configuration = format!(
            "[admin]\nlisten = \"{admin}\"\n[log]\nlevel = \"info\"\nformat = \"json\"\n{more}\n\
             [recharge]\nbase_url = \"{recharge}\"\ntimeout = \"2s\"\n\
             [server]\nlisten = \"{ask}\"\nops_listen = \"{ops}\"\nworkspace_rate = 100000\nworkspace_burst = 100000\n"
        );
        let path = folder.path();
        std::fs::write(path.join("sidecard.toml"), configuration).unwrap();
        let keys = command(path, &["keys", "new"], "");
        std::fs::write(path.join("sidecard.keys"), keys).unwrap();
        std::fs::set_permissions(path.join("sidecard.keys"), Permissions::from_mode(0o600))
            .unwrap();
        let add = ["install", "add", "--shop", "acme-usa"];
        command(path, &add, &format!("{token}\n"));
        let workspaces = helpdesks.iter().map(|helpdesk| Joined::at(path, helpdesk));
        let workspaces = workspaces.collect();
        let service = Side::service(path, ask);
        Self {
            folder,
            service,
            ops,
            workspaces,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.service.address
    }

    /// How often something panicked, as its log has it.
    pub fn panics(&self) -> usize {
        self.log().matches("panicked at").count()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    fn process(&self, path: &str) -> std::path::PathBuf {
        Path::new("/proc")
            .join(self.service.pid().to_string())
            .join(path)
    }

    /// What it has in memory, in bytes.
    pub fn resident(&self) -> f64 {
        let status = std::fs::read_to_string(self.process("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<f64>().unwrap() * 1_024.0
    }

    /// Its open files and connections.
    pub fn handles(&self) -> usize {
        std::fs::read_dir(self.process("fd")).unwrap().count()
    }

    /// Its threads.
    pub fn threads(&self) -> usize {
        std::fs::read_dir(self.process("task")).unwrap().count()
    }

    /// Its tasks, as its metrics have them.
    pub async fn tasks(&self) -> usize {
        let page = reqwest::get(format!("http://{}/metrics", self.ops));
        let page = page.await.unwrap().text().await.unwrap();
        let line = page
            .lines()
            .find_map(|l| l.strip_prefix("sidecard_tasks{} "));
        line.unwrap().parse::<f64>().unwrap() as usize
    }
}
