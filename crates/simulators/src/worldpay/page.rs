//! The hosted page as a person sees it, with the hooks that merchants' styles rely on (worldpay-express.md §5.3).

use jiff::Timestamp;

use super::{
    redirect::{self, Pairs},
    reply::central,
};
use crate::{
    control::escape,
    ledger::{Setup, text},
};

const STYLE: &str = "body{font:15px/1.5 Arial,Helvetica,sans-serif;margin:0;background:#eef1f4;color:#1f2a37}\
#divHPForm{max-width:34rem;margin:2rem auto;background:#fff;border:1px solid #d5dce4;border-radius:6px;padding:1.5rem 1.75rem}\
#tdTagline{font-size:1.25rem;font-weight:bold}#imgClientLogo{max-height:48px;display:block;margin-bottom:.5rem}\
#tdWelcomeMessage{color:#526172;margin:.25rem 0 1rem}.tableStandard{width:100%;border-collapse:collapse;margin-bottom:1rem}\
.tdHeader{background:#26466d;color:#fff;font-weight:bold;padding:.45rem .7rem;text-align:left}\
.tdLabel{padding:.5rem .7rem;width:9.5rem;vertical-align:middle}.tdField{padding:.5rem .7rem}\
.inputText,.selectOption{font:inherit;padding:.4rem .5rem;border:1px solid #9aa9ba;border-radius:4px;max-width:100%;box-sizing:border-box}\
#cardNumber,.wide{width:100%}#CVV{width:5.5rem}#divRequiredLegend,.hoverHelpText{color:#64748b;font-size:.85rem}\
span.Error{display:block;color:#9b1c1c;background:#fdecec;border:1px solid #f3b4b4;border-radius:4px;padding:.5rem .7rem;margin-bottom:.6rem}\
.tdTransactionButtons{text-align:right}.buttonEmbedded{font:inherit;font-weight:bold;text-transform:uppercase;background:#26466d;color:#fff;border:0;border-radius:4px;padding:.65rem 1.2rem;cursor:pointer}\
.buttonEmbedded[disabled]{opacity:.6}.buttonCancel{font:inherit;background:none;border:0;color:#26466d;text-decoration:underline;cursor:pointer;margin-right:1rem}\
#trFooter{color:#64748b;font-size:.8rem}@media(max-width:30rem){body{background:#fff}\
#divHPForm{margin:0;border:0;padding:1.25rem 1rem}.tdLabel{width:7rem}.hoverHelpText{display:block}\
.tdTransactionButtons{display:flex;flex-direction:column-reverse;gap:.75rem}.buttonEmbedded{width:100%}.buttonCancel{margin:0;padding:.6rem}}";

fn document(css: &str, body: &str) -> String {
    // A style that closes its own element would write into the page.
    let css = css.replace('<', "");
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"referrer\" content=\"no-referrer\"><title>Hosted Payments</title><style>{STYLE}</style>\
         <style>{css}</style></head><body id=\"body\">{body}</body></html>"
    )
}

/// A page that ends here.
pub(super) fn refused(message: &str) -> String {
    document(
        "",
        &format!("<div id=\"divHPForm\"><span class=\"Error error\">{}</span></div>", escape(message)),
    )
}

/// The form, with what was wrong with it.
pub(super) fn form(setup: &Setup, wrong: &[String], now: Timestamp) -> String {
    let get = |key: &str| escape(text(&setup.detail, key));
    let errors: Vec<String> =
        wrong.iter().map(|it| format!("<span class=\"Error error\">{}</span>", escape(it))).collect();
    let star = if get("cvvRequired") == "1" { "*" } else { "" };
    let order = get("order");
    let order = if order.is_empty() { String::new() } else { row("trOrderDetails", "Order", &order) };
    let submit = get("submitTitle");
    let submit = if submit.is_empty() { "Process Transaction" } else { &submit };
    let body = format!(
        "<div id=\"divHPForm\">{brand}<form method=\"post\" action=\"?TransactionSetupID={id}\" autocomplete=\"off\" \
         onsubmit=\"var b=document.getElementById('submit');setTimeout(function(){{b.disabled=true}},0)\">\
         <div id=\"tableTransactionEntry\">{errors}\
         <table class=\"tableStandard content\" id=\"tableCardInformation\"><tr><th class=\"tdHeader\" id=\"tdCardInformation\" colspan=\"2\">Card Information</th></tr>\
         <tr><td colspan=\"2\" class=\"tdField\"><div id=\"divRequiredLegend\">* Denotes a required field</div></td></tr>\
         {number}{expiry}{cvv}{billing}</table>\
         <table class=\"tableStandard content\" id=\"trTransactionInformation\"><tr><th class=\"tdHeader\" colspan=\"2\">Transaction Information</th></tr>\
         {order}{amount}</table>\
         <table class=\"tableStandard\" id=\"tableTransactionButtons\"><tr><td id=\"tdTransactionButtons\" class=\"tdTransactionButtons\">\
         <button type=\"submit\" id=\"btnCancel\" name=\"btnCancel\" value=\"1\" class=\"buttonCancel\" formnovalidate>Cancel Transaction</button>\
         <button type=\"submit\" id=\"submit\" class=\"buttonEmbedded\">{submit}</button></td></tr></table></div></form>{footer}</div>",
        errors = errors.concat(),
        id = escape(&setup.id),
        brand = branding(setup),
        number = row(
            "trManualEntryCardNumber",
            "*Card Number",
            "<input class=\"inputText\" id=\"cardNumber\" name=\"cardNumber\" inputmode=\"numeric\" maxlength=\"23\" aria-label=\"Card Number\">"
        ),
        expiry = row("trManualEntryExpDate", "*Expiration", &selects(now)),
        cvv = row(
            "trCVV",
            &format!("{star}CVV"),
            "<input class=\"inputText\" id=\"CVV\" name=\"CVV\" inputmode=\"numeric\" maxlength=\"4\" aria-label=\"CVV\"> \
             <span class=\"hoverHelpText\">the digits beside the signature</span>"
        ),
        billing = billing(setup),
        amount = amount(setup),
        footer = if get("embedded") == "1" {
            ""
        } else {
            "<div id=\"trFooter\">A simulated page. No card is charged.</div>"
        },
    );
    document(text(&setup.detail, "css"), &body)
}

/// What is charged; where nothing is, what is kept.
fn amount(setup: &Setup) -> String {
    match text(&setup.detail, "method") {
        "7" | "8" => row("trAmount", "Card:", "kept for later payments, nothing is charged"),
        _ => row("trAmount", "Amount:", &format!("${}", escape(&setup.amount))),
    }
}

/// Logo, tagline and welcome; nothing of it where the page stands inside another.
fn branding(setup: &Setup) -> String {
    let get = |key: &str| escape(text(&setup.detail, key));
    if get("embedded") == "1" {
        return String::new();
    }
    let logo = get("logo");
    let logo = if logo.starts_with("https://") {
        format!("<img id=\"imgClientLogo\" alt=\"\" src=\"{logo}\">")
    } else {
        String::new()
    };
    let (company, tagline, welcome) = (get("company"), get("tagline"), get("welcome"));
    let title = if tagline.is_empty() { company } else { format!("{company} {tagline}") };
    let welcome = if welcome.is_empty() { "Please enter your payment information." } else { &welcome };
    format!("{logo}<div id=\"tdTagline\">{title}</div><div id=\"tdWelcomeMessage\">{welcome}</div>")
}

fn billing(setup: &Setup) -> String {
    if text(&setup.detail, "addressEdit") != "1" {
        return String::new();
    }
    let field = |key: &str, name: &str, label: &str| {
        let value = escape(text(&setup.detail, key));
        row(
            &format!("tr{name}"),
            label,
            &format!(
                "<input class=\"inputText wide\" id=\"{name}\" name=\"{name}\" value=\"{value}\" aria-label=\"{label}\">"
            ),
        )
    };
    field("name", "txtBillingEditName", "Name")
        + &field("address", "txtBillingEditAddress1", "Address")
        + &field("zip", "txtBillingEditZipcode", "Zip code")
}

fn row(id: &str, label: &str, field: &str) -> String {
    format!("<tr id=\"{id}\"><td class=\"tdLabel\">{label}</td><td class=\"tdField\">{field}</td></tr>")
}

fn selects(now: Timestamp) -> String {
    let months: Vec<String> =
        (1..=12).map(|it| format!("<option value=\"{it:02}\">{it:02}</option>")).collect();
    let this = now.to_zoned(central()).year();
    let years: Vec<String> = (this..this.saturating_add(15))
        .map(|it| format!("<option value=\"{:02}\">{it}</option>", it % 100))
        .collect();
    format!(
        "<select class=\"selectOption\" id=\"ddlExpirationMonth\" name=\"ddlExpirationMonth\" aria-label=\"Month\"><option value=\"\">Month</option>{}</select> \
         <select class=\"selectOption\" id=\"ddlExpirationYear\" name=\"ddlExpirationYear\" aria-label=\"Year\"><option value=\"\">Year</option>{}</select>",
        months.concat(),
        years.concat()
    )
}

/// How the browser leaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    Once,
    Twice,
    Never,
    ByPost,
}

/// The page after the result: a script goes to the ReturnURL, or a link where AutoReturn is off (§5.3).
pub(super) fn back(setup: &Setup, pairs: &Pairs, leave: Leave) -> String {
    let url = redirect::address(text(&setup.detail, "returnUrl"), pairs);
    let title = escape(text(&setup.detail, "returnTitle"));
    let title = if title.is_empty() { "Return to merchant" } else { &title };
    let paid = pairs.first().is_some_and(|(_, status)| status == "Complete");
    let kept = matches!(text(&setup.detail, "method"), "7" | "8");
    let said = match (paid, kept) {
        (true, true) => "Your card was kept.",
        (true, false) => "Your payment was taken.",
        (false, _) => "The transaction was cancelled.",
    };
    let link = format!("<p><a id=\"returnLink\" href=\"{}\">{title}</a></p>", escape(&url));
    let inner = match leave {
        Leave::Never => String::new(),
        Leave::ByPost => post(text(&setup.detail, "returnUrl"), pairs, title),
        Leave::Once | Leave::Twice if text(&setup.detail, "autoReturn") != "1" => link,
        Leave::Once => format!("<noscript>{link}</noscript>{}", script(&url, "")),
        Leave::Twice => format!(
            "<noscript>{link}{link}</noscript>{}",
            script(&url, "fetch(u,{mode:'no-cors',keepalive:true});")
        ),
    };
    document(text(&setup.detail, "css"), &format!("<div id=\"divHPForm\"><p>{said}</p>{inner}</div>"))
}

fn script(url: &str, before: &str) -> String {
    let url = serde_json::Value::from(url).to_string().replace('<', "\\u003c");
    format!("<script>function redirect(u){{{before}window.location.href=u}}redirect({url})</script>")
}

fn post(return_url: &str, pairs: &Pairs, title: &str) -> String {
    let fields: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect();
    format!(
        "<form id=\"returnForm\" method=\"post\" action=\"{}\">{}<button class=\"buttonEmbedded\">{title}</button></form>\
         <script>document.getElementById('returnForm').submit()</script>",
        escape(return_url.trim()),
        fields.concat()
    )
}
