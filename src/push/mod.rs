//! What Sidecard sends to helpdesks by itself.
//!
//! | file | is |
//! |---|---|
//! | `kustomer` | Kustomer's REST API: who is talked to, and how asking can fail |
//! | `object` | a subscription as an object on a timeline: pure |
//! | `timeline` | putting objects on an org's timelines, and removing them |

pub mod kustomer;
pub mod object;
pub mod timeline;
