//! The compact form in which the contracts are kept, read into validators (`tests/contracts/README.md`).

use std::collections::BTreeMap;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// The operations of one document, by method and path template.
pub(crate) type Operations = BTreeMap<(String, String), Operation>;

/// One operation.
pub(crate) struct Operation {
    /// The query parameters' types, by name.
    pub(crate) query: BTreeMap<String, String>,
    /// The request body, if there may be one.
    pub(crate) request: Option<Validator>,
    /// The bodies by status; `None`: any or none.
    pub(crate) answers: BTreeMap<u16, Option<Validator>>,
    /// Whether it needs the header of experimental operations.
    pub(crate) experimental: bool,
}

/// The operations of a document.
///
/// # Panics
/// When it is not in the compact form.
pub(crate) fn read(text: &str) -> Operations {
    let document: Value = serde_yaml::from_str(text).unwrap();
    let types = fields(&document["types"]).map(|(name, written)| (name.clone(), schema(written)));
    let types = Value::Object(types.collect());
    let read = |(name, operation): (&String, &Value)| {
        let (method, template) = name.split_once(' ').unwrap();
        ((method.to_owned(), template.to_owned()), one(operation, &types))
    };
    fields(&document["operations"]).map(read).collect()
}

fn one(operation: &Value, types: &Value) -> Operation {
    let validator = |written: &Value| (written != "any").then(|| validator(written, types));
    let query = operation.get("query").into_iter().flat_map(fields);
    Operation {
        query: query
            .map(|(name, kind)| (name.clone(), text(kind).to_owned()))
            .collect(),
        request: operation.get("body").and_then(validator),
        answers: fields(&operation["answers"])
            .map(|(status, written)| (status.parse().unwrap(), validator(written)))
            .collect(),
        experimental: operation.get("experimental") == Some(&Value::Bool(true)),
    }
}

fn validator(written: &Value, types: &Value) -> Validator {
    // References lead to `#/types/…`: the types must be in the same document.
    let whole = json!({"allOf": [schema(written)], "types": types});
    let options = jsonschema::options().with_draft(Draft::Draft4);
    options.build(&whole).unwrap()
}

/// A type as JSON Schema.
fn schema(written: &Value) -> Value {
    match written {
        Value::String(name) => named(name),
        Value::Array(items) => json!({"type": "array", "items": schema(&items[0])}),
        Value::Object(properties) => object(properties),
        Value::Null | Value::Bool(_) | Value::Number(_) => panic!("not a type: {written}"),
    }
}

fn named(name: &str) -> Value {
    match name {
        "any" => json!({}),
        "string" | "integer" | "boolean" => json!({"type": name}),
        "uri" | "date-time" => json!({"type": "string", "format": name}),
        _ => match name.strip_suffix('?') {
            Some(name) => json!({"anyOf": [named(name), {"type": "null"}]}),
            None if name.contains('|') => json!({"enum": name.split('|').collect::<Vec<_>>()}),
            None => json!({"$ref": format!("#/types/{name}")}),
        },
    }
}

fn object(properties: &Map<String, Value>) -> Value {
    let others = properties.get("*").map_or(Value::Bool(false), schema);
    let own = properties.iter().filter(|(name, _)| *name != "*");
    let own: Map<_, _> = own.map(|(name, written)| (name.clone(), schema(written))).collect();
    json!({"type": "object", "properties": own, "additionalProperties": others})
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().unwrap().iter()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
