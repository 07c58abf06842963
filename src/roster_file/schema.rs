//! The JSON Schema of a roster file, for editors: completion, descriptions, first mistakes.
//!
//! Says no more than one file can be judged by; `quietdesk validate` says the rest. The types here only describe:
//! nothing is read through them. `required` is said by hand: an `Option` would let `null` in, which a roster refuses.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// The schema as pretty JSON with a final new line.
#[must_use]
pub fn schema() -> String {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let schema = generator.into_root_schema_for::<RosterFile>();
    format!("{:#}\n", schema.as_value())
}

/// Who may raise requests in which service desk of Jira, and how open each desk is.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "quietdesk roster")]
#[schemars(extend("required" = ["version"], "anyOf" = [{"required": ["customers"]}, {"required": ["desks"]}]))]
#[schemars(extend("if" = default_desks(), "else" = desks_of_each_customer()))]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
struct RosterFile {
    /// The version of this format: 1.
    #[schemars(schema_with = "version_one")]
    version: u32,
    /// What the customers of this file get that do not say otherwise.
    defaults: Defaults,
    /// The service desks to manage, by the key of their Jira project. A desk not named here is never touched.
    #[schemars(schema_with = "desks_by_key")]
    desks: (),
    /// The people. `[]` means nobody; without the key, this file says nothing about people.
    customers: Vec<Customer>,
}

/// What the customers of this file get that do not say otherwise.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = []))]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
struct Defaults {
    /// The desks of a customer without `desks`.
    desks: Vec<DeskKeyText>,
}

/// What is wanted of one desk. `{}`: only its customers are managed.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = []))]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
struct Desk {
    /// Who may raise requests. Without it, the access mode is not managed.
    access: AccessWord,
    /// Who leaves the desk's list for being absent from the roster.
    membership: MembershipWord,
    /// People who are never removed, whatever `membership` says: addresses, or `*@example.com` for a domain.
    keep: Vec<KeepText>,
    /// true: observe and report, and change nothing on this desk.
    paused: bool,
}

/// Who may raise requests on a desk.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
enum AccessWord {
    /// Only listed customers.
    Restricted,
    /// Anyone with an account.
    Open,
    /// Anyone can sign up. Jira Data Center only.
    Public,
}

/// Who leaves a desk's list for being absent from the roster.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
enum MembershipWord {
    /// Nobody.
    Additive,
    /// Whom an applied roster listed on the desk, and who has left the file since.
    Owned,
    /// Every customer who is not listed. Not together with `access: open` or `public`.
    Exact,
}

/// One person: an address alone, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
enum Customer {
    /// The address; everything else from `defaults`.
    Short(EmailText),
    /// The address and what is different.
    Long(LongCustomer),
}

/// A person with more than an address.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = ["email"]))]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
struct LongCustomer {
    /// The e-mail address, as Jira is to be sent it. Compared without regard to case.
    email: EmailText,
    /// The display name of a new account. Without it, the address is the name.
    #[schemars(length(min = 1))]
    name: String,
    /// The desks to be on, instead of the defaults. `[]`: an account, on no desk. Needed where the file has no defaults.
    desks: Vec<DeskKeyText>,
    /// The account meant, where the address cannot decide: the accountId on Jira Cloud, the user name on Data Center. In
    /// quotes.
    #[schemars(length(min = 1, max = 255))]
    account: String,
    /// Where the first password of a new account comes from. Jira Data Center only.
    initial_password: InitialPasswordWord,
    /// Older addresses of the same person: on Data Center the account that has one is given the new address, on
    /// Cloud a new account joins the desks and the old one leaves them.
    previously: Vec<EmailText>,
    /// From that day (UTC) the person is taken off this entry's desks, whatever `membership` says; a past date takes one
    /// person off.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    until: String,
}

/// Where the first password of a new account comes from.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
enum InitialPasswordWord {
    /// quietdesk makes one; `quietdesk handoff` shows it.
    Generate,
    /// The file of `--passwords` has it.
    Provided,
}

/// An e-mail address.
struct EmailText;

impl JsonSchema for EmailText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Email".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An e-mail address.",
            "pattern": r"^[^\s@]+@[^\s@]+\.[^\s@]+$",
            "maxLength": 254
        })
    }
}

/// The key of a desk.
struct DeskKeyText;

impl JsonSchema for DeskKeyText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "DeskKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "The key of a desk's Jira project, as in its requests: SUP for SUP-123.",
            "pattern": DESK_KEY
        })
    }
}

const DESK_KEY: &str = "^[A-Z][A-Z0-9_]*$";

/// An address or a domain.
struct KeepText;

impl JsonSchema for KeepText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Keep".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An e-mail address, or `*@example.com` for everybody of a domain.",
            "pattern": r"^(\*|[^\s@*]+)@[^\s@*]+\.[^\s@*]+$"
        })
    }
}

/// A file that says which desks its customers are on.
fn default_desks() -> serde_json::Value {
    serde_json::json!({"required": ["defaults"], "properties": {"defaults": {"required": ["desks"]}}})
}

fn desks_of_each_customer() -> serde_json::Value {
    serde_json::json!({"properties": {"customers": {"items": {"type": "object", "required": ["desks"]}}}})
}

fn version_one(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "const": 1 })
}

fn desks_by_key(generator: &mut SchemaGenerator) -> Schema {
    let desk = generator.subschema_for::<Desk>();
    json_schema!({
        "type": "object",
        "patternProperties": { DESK_KEY: desk },
        "additionalProperties": false
    })
}
