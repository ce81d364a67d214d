//! The consent page as a person sees it. Its words and looks are its own: only what happens is Intuit's.

use super::{
    authorize::Asked,
    companies::{COMPANIES, Company},
};
use crate::{control::escape, xml::around};

const STYLE: &str = "*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#eef2ef;color:#16241b}\
main{max-width:30rem;margin:2.5rem auto;background:#fff;border:1px solid #d3ddd6;border-radius:10px;padding:1.75rem}\
.brand{font-weight:700;color:#1c6b34;margin:0 0 .25rem}.brand small{font-weight:400;color:#56655b}\
h1{font-size:1.35rem;line-height:1.25;margin:.25rem 0 1rem}p{margin:.5rem 0}.who{color:#56655b;font-size:.95rem}\
fieldset{border:0;padding:0;margin:1.25rem 0}legend{font-weight:600;padding:0;margin-bottom:.5rem}\
label{display:flex;gap:.75rem;align-items:flex-start;border:1px solid #b9c7be;border-radius:8px;padding:.8rem .9rem;margin-bottom:.6rem;cursor:pointer}\
label:has(input:checked){border-color:#1c6b34;background:#f0f7f2}label small{display:block;color:#56655b}\
input{width:1.15rem;height:1.15rem;margin:.2rem 0 0;accent-color:#1c6b34;flex:none}ul{padding-left:1.2rem;margin:.4rem 0 1rem}\
.buttons{display:flex;flex-direction:row-reverse;gap:.75rem;justify-content:flex-start;flex-wrap:wrap}\
button{font:inherit;font-weight:600;min-height:2.75rem;padding:.5rem 1.4rem;border-radius:8px;border:1px solid #1c6b34;cursor:pointer;background:#fff;color:#1c6b34}\
button.main{background:#1c6b34;color:#fff}:focus-visible{outline:3px solid #1b5fb8;outline-offset:2px}\
.wrong{background:#fdecec;border:1px solid #e2a3a3;color:#8c1d1d;border-radius:8px;padding:.7rem .9rem}\
.note{color:#56655b;font-size:.85rem;margin-top:1.25rem}@media(max-width:32rem){body{background:#fff}main{margin:0;border:0;border-radius:0;padding:1.25rem}\
.buttons{flex-direction:column}button{width:100%}}";

fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"referrer\" content=\"no-referrer\"><title>{title}</title><style>{STYLE}</style></head><body><main>\
         <p class=\"brand\">QuickBooks <small>simulated</small></p>{body}</main></body></html>"
    )
}

/// The request's parameters, which the form carries along.
const CARRIED: [&str; 5] = ["client_id", "response_type", "scope", "redirect_uri", "state"];

/// Asks a person.
pub(super) fn consent(asked: &Asked, scopes: &[&str], wrong: Option<&str>) -> String {
    let carry = |name: &&str| {
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(asked.get(name)))
    };
    let hidden = CARRIED.iter().map(carry).collect::<Vec<_>>().concat();
    let chosen = asked.get("realmId");
    let chosen = if chosen.is_empty() { COMPANIES.first().map_or("", |it| it.realm_id) } else { chosen };
    let choice = |it: &Company| {
        let checked = if chosen == it.realm_id { " checked" } else { "" };
        format!(
            "<label for=\"company-{id}\"><input type=\"radio\" id=\"company-{id}\" name=\"realmId\" value=\"{id}\"{checked} required>\
             <span>{}<small>Company number {id}</small></span></label>",
            escape(it.name),
            id = it.realm_id
        )
    };
    let companies = COMPANIES.iter().map(choice).collect::<Vec<_>>().concat();
    let scopes: String = scopes.iter().map(|it| around("li", "", &escape(words(it)))).collect();
    let wrong =
        wrong.map(|it| format!("<p class=\"wrong\" role=\"alert\">{}</p>", escape(it))).unwrap_or_default();
    document(
        "Connect to QuickBooks",
        &format!(
            "<h1>An application asks to connect to your company</h1>\
             <p class=\"who\">Signed in as <strong>owner@merchant.example</strong></p>{wrong}\
             <form method=\"post\" action=\"/connect/oauth2\">{hidden}\
             <fieldset><legend>Which company?</legend>{companies}</fieldset>\
             <p>It will be able to:</p><ul>{scopes}</ul>\
             <div class=\"buttons\"><button class=\"main\" id=\"connect\" name=\"decision\" value=\"connect\">Connect</button>\
             <button id=\"cancel\" name=\"decision\" value=\"cancel\" formnovalidate>Cancel</button></div></form>\
             <p class=\"note\">A simulated page: the companies are made up, and nothing leaves this machine.</p>"
        ),
    )
}

/// What a scope means to a person.
fn words(scope: &str) -> &str {
    match scope {
        "com.intuit.quickbooks.accounting" => {
            "Read and change customers, invoices and payments in your books"
        }
        "com.intuit.quickbooks.payment" => "Take payments through QuickBooks",
        "openid" => "Know who you are",
        "email" => "See your e-mail address",
        "profile" => "See your name",
        "phone" => "See your telephone number",
        "address" => "See your address",
        other => other,
    }
}

/// A page that leads nowhere, with the reason.
pub(super) fn problem(text: &str) -> String {
    document(
        "Something is wrong",
        &format!(
            "<h1>Sorry, this cannot be connected</h1><p class=\"wrong\" role=\"alert\">{}</p>\
                  <p>You were not sent back, and nothing was shared. Go back to where you came from and try again.</p>",
            escape(text)
        ),
    )
}

/// The decision was taken, and the browser stays here.
pub(super) fn nowhere() -> String {
    document("Connected", "<h1>Your decision was saved</h1><p>This window stays where it is.</p>")
}

/// The browser goes back twice.
pub(super) fn twice(url: &str) -> String {
    let link = escape(url);
    let url = serde_json::Value::from(url).to_string().replace('<', "\\u003c");
    document(
        "Connected",
        &format!(
            "<h1>Going back</h1><noscript><p><a href=\"{link}\">Go back</a></p></noscript>\
             <script>fetch({url},{{mode:'no-cors',keepalive:true,redirect:'manual'}});window.location.href={url}</script>"
        ),
    )
}
