//! Paths: which endpoint a request means, and which roles let one in.

/// An endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Me,
    CurrentUser,
    CreateCustomer,
    Customer(&'a str),
    Search,
    Klasses,
    CreateKlass,
    Metadata(&'a str),
    PutMetadata(&'a str),
    /// Klass, and the customer of the path.
    Create(&'a str, Option<&'a str>),
    /// Klass, customer.
    List(&'a str, &'a str),
    /// Klass.
    ListAll(&'a str),
    /// Klass, `externalId=…` or id.
    Read(&'a str, &'a str),
    /// Klass, id.
    Update(&'a str, &'a str),
    /// Klass, id.
    Delete(&'a str, &'a str),
    BeginBulk(&'a str),
    Bulk(&'a str),
    Batches(&'a str),
    Register,
    Install,
    Apps,
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nowhere {
    Path,
    Method,
}

impl<'a> Route<'a> {
    pub(super) fn of(method: &str, segments: &'a [String]) -> Result<Self, Nowhere> {
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["v1", rest @ ..] = segments.as_slice() else {
            return Err(Nowhere::Path);
        };
        Ok(match (method, rest) {
            ("GET", ["auth", "tokens", "current"]) => Self::Me,
            ("GET", ["users", "current"]) => Self::CurrentUser,
            ("POST", ["customers"]) => Self::CreateCustomer,
            ("POST", ["customers", "search"]) => Self::Search,
            ("GET", ["customers", which]) => Self::Customer(which),
            ("GET", ["customers", customer, "klasses", klass]) => Self::List(klass, customer),
            ("POST", ["customers", customer, "klasses", klass]) => {
                Self::Create(klass, Some(customer))
            }
            ("GET", ["klasses"]) => Self::Klasses,
            ("POST", ["klasses"]) => Self::CreateKlass,
            ("GET", ["klasses", klass]) => Self::ListAll(klass),
            ("POST", ["klasses", klass]) => Self::Create(klass, None),
            ("POST" | "PUT" | "DELETE", ["klasses", klass, "bulk"]) => Self::BeginBulk(klass),
            ("GET", ["klasses", klass, which]) => Self::Read(klass, which),
            ("PUT", ["klasses", klass, id]) => Self::Update(klass, id),
            ("DELETE", ["klasses", klass, id]) => Self::Delete(klass, id),
            ("GET" | "PUT", ["metadata", kind]) => {
                let klass = kind.strip_prefix("kobject.").ok_or(Nowhere::Path)?;
                if method == "GET" {
                    Self::Metadata(klass)
                } else {
                    Self::PutMetadata(klass)
                }
            }
            ("GET", ["bulk", id]) => Self::Bulk(id),
            ("GET", ["bulk", id, "batches"]) => Self::Batches(id),
            ("POST", ["apps", "available"]) => Self::Register,
            ("POST", ["apps", "install"]) => Self::Install,
            ("GET", ["apps"]) => Self::Apps,
            (
                _,
                [
                    "customers" | "klasses" | "metadata" | "bulk" | "apps" | "auth" | "users",
                    ..,
                ],
            ) => return Err(Nowhere::Method),
            _ => return Err(Nowhere::Path),
        })
    }

    /// Any one of these lets a key in; none: every key is let in.
    pub(super) fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Me | Self::CurrentUser => &[],
            Self::CreateCustomer => &["org.permission.customer.create", "org.user.customer.write"],
            Self::Customer(_) | Self::List(..) => {
                &["org.permission.customer.read", "org.user.customer.read"]
            }
            Self::Search => &["org.permission.search.create", "org.user.search.read"],
            Self::Klasses | Self::ListAll(_) => {
                &["org.permission.klass.read", "org.user.klass.read"]
            }
            Self::CreateKlass => &["org.permission.klass.create", "org.admin.klass.write"],
            Self::Metadata(_) => &["org.permission.metadata.read", "org.user.metadata.read"],
            Self::PutMetadata(_) => &["org.permission.metadata.update", "org.admin.metadata.write"],
            Self::Create(..) => &["org.permission.kobject.create", "org.user.kobject.write"],
            Self::Read(..) => &["org.permission.kobject.read", "org.user.kobject.read"],
            Self::Update(..) => &["org.permission.kobject.update", "org.user.kobject.write"],
            Self::Delete(..) => &["org.permission.kobject.delete", "org.user.kobject.write"],
            Self::BeginBulk(_) => &["org.permission.kobject.create", "org.user.kobject.write"],
            Self::Bulk(_) | Self::Batches(_) => &["org.permission.bulk.read", "org.user.bulk.read"],
            Self::Register | Self::Install => &["org.admin.apps", "org.permission.apps.create"],
            Self::Apps => &[
                "org.permission.apps.read",
                "org.user.apps.read",
                "org.admin.apps",
            ],
        }
    }
}
