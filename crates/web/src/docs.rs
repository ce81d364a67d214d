//! `/docs`: the description as a page for people, from files that are built in.
//!
//! The page comes with a width of its own, which a phone shows as small print: it is told the screen's width here.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::Path,
    http::header,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use utoipa_swagger_ui::Config;

use crate::problem::Problem;

const HEAD: &str = "<head>";
const TITLE: &str = "<title>Swagger UI</title>";

/// The routes.
pub(crate) fn router() -> Router {
    Router::new()
        .route("/docs", get(|| async { Redirect::to("/docs/") }))
        .route("/docs/", get(|| async { file("index.html") }))
        .route("/docs/{*path}", get(|Path(path): Path<String>| async move { file(&path) }))
}

fn file(path: &str) -> Result<Response, Problem> {
    let config = Arc::new(Config::from("/openapi.json"));
    let found = utoipa_swagger_ui::serve(path, config).map_err(Problem::internal)?;
    let found = found.ok_or_else(Problem::no_route)?;
    let mut headers = BTreeMap::from([(header::CONTENT_TYPE.as_str(), found.content_type)]);
    if found.gzpipped {
        headers.insert(header::CONTENT_ENCODING.as_str(), "gzip".to_owned());
    }
    let body = if path == "index.html" { fitted(&found.bytes) } else { found.bytes.into_owned() };
    let mut response = body.into_response();
    for (name, value) in headers {
        let value = value.parse().map_err(Problem::internal)?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

/// The page with the screen's width and a name.
fn fitted(page: &[u8]) -> Vec<u8> {
    let head = format!("{HEAD}<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    let page = String::from_utf8_lossy(page);
    page.replacen(HEAD, &head, 1).replacen(TITLE, "<title>Kontor: API reference</title>", 1).into_bytes()
}
