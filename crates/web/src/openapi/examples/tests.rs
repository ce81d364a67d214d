use super::*;

fn filled(schema: &Value, schemas: &Value) -> (Value, Value) {
    let body = json!({ "content": { "application/json": { "schema": schema } } });
    let mut document = json!({
        "components": { "schemas": schemas },
        "paths": { "/api/invoices/{id}": { "post": {
            "parameters": [{ "in": "path", "name": "id" }, { "in": "query", "name": "pageSize" }],
            "requestBody": body, "responses": { "200": body, "404": { "description": "Absent",
                "content": { "application/problem+json": {} } } } } } },
    });
    fill(&mut document, |status, words| json!({ "status": status, "detail": words }));
    let operation = &document["paths"]["/api/invoices/{id}"]["post"];
    let id = format!("inv_{ID}");
    assert_eq!(operation["parameters"][0]["example"], json!(id));
    assert!(operation["parameters"][1].get("example").is_none(), "a filter is the reader's to choose");
    let refusal = &operation["responses"]["404"]["content"]["application/problem+json"]["example"];
    assert_eq!(refusal, &json!({ "status": "404", "detail": "Absent" }));
    let example = |it: &Value| it["content"]["application/json"]["example"].clone();
    (example(&operation["requestBody"]), example(&operation["responses"]["200"]))
}

#[test]
fn a_request_has_what_it_needs_and_an_answer_all_of_it() {
    let schemas = json!({
        "Line": { "type": "object", "properties": { "quantity": { "type": "number" } } },
        "Head": { "type": "object", "required": ["customerNumber"], "properties": {
            "customerNumber": { "type": "string" }, "note": { "type": ["string", "null"] },
            "tax": { "type": "number", "example": 7.5 } } },
    });
    let schema = json!({ "allOf": [{ "$ref": "#/components/schemas/Head" }, { "type": "object", "required": ["lines"],
        "properties": { "lines": { "type": "array", "items": { "$ref": "#/components/schemas/Line" } },
            "more": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Line" }] } } }] });
    let (asked, answered) = filled(&schema, &schemas);
    assert_eq!(asked, json!({ "customerNumber": "CUST-1001", "tax": 7.5, "lines": [{}] }));
    let line = json!({ "quantity": 148.83 });
    let all =
        json!({ "customerNumber": "CUST-1001", "note": "note", "tax": 7.5, "lines": [line], "more": line });
    assert_eq!(answered, all);
}

#[test]
fn what_a_type_says_of_itself_counts() {
    let schema =
        json!({ "type": "object", "example": { "a": 1 }, "properties": { "b": { "type": "string" } } });
    assert_eq!(filled(&schema, &json!({})), (json!({ "a": 1 }), json!({ "a": 1 })));
    let map = json!({ "type": "object", "additionalProperties": { "type": "string", "enum": ["x", "y"] } });
    assert_eq!(filled(&map, &json!({})).1, json!({ "1": "x" }));
    let endless = json!({ "$ref": "#/components/schemas/Knot" });
    let schemas = json!({ "Knot": { "type": "object", "required": ["k"], "properties": { "k": endless } } });
    assert!(filled(&endless, &schemas).0.is_object(), "a type within itself comes to an end");
}
