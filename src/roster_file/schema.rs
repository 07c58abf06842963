//! The JSON Schema of a roster file, for editors: completion, descriptions, basic validation.
//!
//! Covers only checks of a single file; `quietdesk validate` does the rest. The types here only describe the format and
//! are never deserialized. `required` is set explicitly: an `Option` would allow `null`, which a roster refuses.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Returns the schema as pretty JSON with a final newline.
#[must_use]
pub fn schema() -> String {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let schema = generator.into_root_schema_for::<RosterFile>();
    format!("{:#}\n", schema.as_value())
}

/// Who may raise requests in which Jira service desk, and the access mode of each desk.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "quietdesk roster")]
#[schemars(extend("required" = ["version"], "anyOf" = [{"required": ["customers"]}, {"required": ["desks"]}]))]
#[schemars(extend("if" = default_desks(), "else" = desks_of_each_customer()))]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
struct RosterFile {
    /// The format version: 1.
    #[schemars(schema_with = "version_one")]
    version: u32,
    /// Defaults for the customers of this file.
    defaults: Defaults,
    /// The service desks to manage, by Jira project key. Other desks are never changed.
    #[schemars(schema_with = "desks_by_key")]
    desks: (),
    /// The customers. `[]` means no customers; without the key, this file does not manage customers.
    customers: Vec<Customer>,
}

/// Defaults for the customers of this file.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = []))]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
struct Defaults {
    /// The desks of a customer without `desks`.
    desks: Vec<DeskKeyText>,
}

/// The settings of one desk. `{}`: only its customers are managed.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = []))]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
struct Desk {
    /// Who may raise requests. Without it, the access mode is not managed.
    access: AccessWord,
    /// Who is removed from the desk when absent from the roster.
    membership: MembershipWord,
    /// People who are never removed, regardless of `membership`: addresses, or `*@example.com` for a domain.
    keep: Vec<KeepText>,
    /// true: only report differences, and change nothing on this desk.
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

/// Who is removed from a desk when absent from the roster.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
enum MembershipWord {
    /// No customer.
    Additive,
    /// Customers that an applied roster listed on the desk and that are no longer in the file.
    Owned,
    /// Every customer who is not listed. Not allowed with `access: open` or `public`.
    Exact,
}

/// One person: an address, or a map.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
enum Customer {
    /// The address; everything else comes from `defaults`.
    Short(EmailText),
    /// The address and other settings.
    Long(LongCustomer),
}

/// One person, with settings.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("required" = ["email"]))]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
struct LongCustomer {
    /// The e-mail address, sent to Jira in this spelling. Not case-sensitive.
    email: EmailText,
    /// The display name of a new account. Default: the address.
    #[schemars(length(min = 1))]
    name: String,
    /// The desks, instead of the defaults. `[]`: an account on no desk. Required if the file has no default desks.
    desks: Vec<DeskKeyText>,
    /// The account, if the address is ambiguous: the accountId on Jira Cloud, the username on Data Center. In quotes.
    #[schemars(length(min = 1, max = 255))]
    account: String,
    /// Where the first password of a new account comes from. Jira Data Center only.
    initial_password: InitialPasswordWord,
    /// Older addresses of the same person. On Data Center, the account with one gets the new address; on Cloud, a new
    /// account joins the desks and the old one leaves them.
    previously: Vec<EmailText>,
    /// From this day (UTC), the person is removed from this entry's desks, regardless of `membership`. A past date removes
    /// the person now.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    until: String,
}

/// Where the first password of a new account comes from.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the file for the schema; never made")]
enum InitialPasswordWord {
    /// quietdesk generates one; `quietdesk handoff` shows it.
    Generate,
    /// It is in the file of `--passwords`.
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
            "description": "An e-mail address, or `*@example.com` for all addresses of a domain.",
            "pattern": r"^(\*|[^\s@*]+)@[^\s@*]+\.[^\s@*]+$"
        })
    }
}

/// Matches a file with default desks.
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
