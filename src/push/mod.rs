//! What Sidecard sends to helpdesks by itself.
//!
//! | file | is |
//! |---|---|
//! | `kustomer` | Kustomer's REST API: who is talked to, and how asking can fail |

pub mod kustomer;
