//! The payment page as a person sees it. What was typed into the card's fields is never shown again.

use jiff::Timestamp;

use super::{PAGE, SUBMIT, form, settings::Settings};
use crate::{
    authorize_net::{reply::decimal, transact::Charged},
    control::escape,
    ledger::Setup,
    xml::around,
};

const STYLE: &str = "*{box-sizing:border-box}body{font:16px/1.5 system-ui,-apple-system,Segoe UI,sans-serif;margin:0;background:#f3f5f8;color:#1b2733}\
main{max-width:33rem;margin:2.5rem auto;background:#fff;border:1px solid #d9e0e8;border-radius:8px;padding:1.75rem}\
h1{font-size:1.2rem;margin:0}.total{display:flex;justify-content:space-between;align-items:baseline;border-bottom:1px solid #e3e8ee;padding-bottom:.9rem;margin-bottom:1.1rem}\
.total strong{font-size:1.35rem;font-variant-numeric:tabular-nums}dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem .9rem;margin:0 0 1.1rem;color:#526172;font-size:.92rem}dd{margin:0;overflow-wrap:anywhere}\
fieldset{border:0;padding:0;margin:0 0 1.1rem;min-width:0}legend{font-weight:600;padding:0;margin-bottom:.5rem}\
.row{display:grid;grid-template-columns:1fr 1fr;gap:.8rem}label{display:block;font-size:.9rem;margin-bottom:.7rem}label.check{display:flex;gap:.5rem;align-items:center}\
input:not([type=checkbox]){font:inherit;width:100%;padding:.5rem .6rem;border:1px solid #9fadbd;border-radius:5px;margin-top:.15rem}input:focus{outline:2px solid #2c6fb3;outline-offset:1px}\
.wrong{background:#fdeceb;border:1px solid #efb5b0;color:#8c1d18;border-radius:5px;padding:.6rem .8rem;margin:0 0 1rem;list-style:none}\
.buttons{display:flex;gap:1rem;align-items:center;justify-content:flex-end}button,a.button{font:inherit;border-radius:5px;padding:.6rem 1.3rem;cursor:pointer;border:1px solid transparent;text-decoration:none;display:inline-block}\
.pay{background:var(--tint,#1f5f9e);color:#fff;font-weight:600}.pay[disabled]{opacity:.6}.cancel{background:none;color:#1f5f9e}\
.note{color:#66758a;font-size:.82rem;margin:1.2rem 0 0}iframe{position:absolute;width:0;height:0;border:0}\
@media(max-width:34rem){main{margin:0;border:0;border-radius:0;min-height:100vh;padding:1.25rem}.row{gap:.6rem}.buttons{flex-direction:column-reverse;align-items:stretch;gap:.5rem}.buttons button,.buttons a{text-align:center}}";

fn document(color: &str, body: &str) -> String {
    let tint = if color.is_empty() { String::new() } else { format!(" style=\"--tint:{}\"", escape(color)) };
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"referrer\" content=\"no-referrer\"><title>Payment</title><style>{STYLE}</style></head>\
         <body><main{tint}>{body}</main></body></html>"
    )
}

/// A page that ends here.
pub(super) fn refused(message: &str) -> String {
    document("", &format!("<h1>Payment</h1><p id=\"message\">{}</p>", escape(message)))
}

fn input(name: &str, label: &str, value: &str, more: &str) -> String {
    format!("<label>{label}<input id=\"{name}\" name=\"{name}\" value=\"{}\" {more}></label>", escape(value))
}

/// The form, with what was wrong with it.
pub(super) fn form(
    merchant: &str,
    setup: &Setup,
    settings: &Settings,
    wrong: &[String],
    kept: &[(&'static str, String)],
    now: Timestamp,
) -> String {
    let record = form::record(setup);
    let value = |name: &str| {
        let typed = kept.iter().find(|it| it.0 == name).map(|it| it.1.as_str());
        typed.unwrap_or(if name == "email" { &record.email } else { record.bill_to.get(name) }).to_owned()
    };
    let errors: String = wrong.iter().map(|it| around("li", "", &escape(it))).collect();
    let errors = if errors.is_empty() {
        String::new()
    } else {
        format!("<ul class=\"wrong\" id=\"errors\" role=\"alert\">{errors}</ul>")
    };
    let star = |needed: bool| if needed { " *" } else { "" };
    let left = setup.expires_at.duration_since(now).as_secs().max(0).saturating_add(59) / 60;
    let code = input(
        "cvv",
        &format!("Card code{}", star(settings.code_required)),
        "",
        "inputmode=\"numeric\" maxlength=\"4\" autocomplete=\"off\"",
    );
    let save = if settings.saves_card && !record.profile.is_empty() {
        "<label class=\"check\"><input type=\"checkbox\" id=\"savePaymentMethod\" name=\"savePaymentMethod\" value=\"1\">Keep this card for later payments</label>"
    } else {
        ""
    };
    let body = format!(
        "{head}{order}{errors}<form method=\"post\" action=\"{SUBMIT}\" autocomplete=\"off\" onsubmit=\"var b=document.getElementById('payBtn');setTimeout(function(){{b.disabled=true}},0)\">\
         <input type=\"hidden\" name=\"token\" value=\"{token}\"><fieldset><legend>Card</legend>{number}<div class=\"row\">{expiry}{code}</div>{save}</fieldset>{billing}\
         <div class=\"buttons\"><button type=\"submit\" class=\"cancel\" id=\"cancelBtn\" name=\"cancel\" value=\"1\" formnovalidate>{cancel}</button>\
         <button type=\"submit\" class=\"pay\" id=\"payBtn\">{pay}</button></div></form>\
         <p class=\"note\">A simulated page: no card is charged. It is good for {left} more minute{s}.</p>",
        head = head(merchant, setup, settings),
        order = order(setup, settings),
        token = escape(&setup.id),
        number = input(
            "cardNum",
            "Card number *",
            "",
            "inputmode=\"numeric\" maxlength=\"23\" autocomplete=\"off\""
        ),
        expiry = input("expiryDate", "Expires (MM/YY) *", "", "maxlength=\"7\" autocomplete=\"off\""),
        billing = billing(settings, &value),
        cancel = escape(&settings.cancel_text),
        pay = escape(&settings.button),
        s = if left == 1 { "" } else { "s" },
    );
    document(&settings.color, &body)
}

fn head(merchant: &str, setup: &Setup, settings: &Settings) -> String {
    let name = if settings.merchant.is_empty() { merchant } else { &settings.merchant };
    format!(
        "<div class=\"total\"><h1>{}</h1><strong id=\"amount\">${}</strong></div>",
        escape(name),
        escape(&setup.amount)
    )
}

fn order(setup: &Setup, settings: &Settings) -> String {
    let record = form::record(setup);
    if !settings.order_shown || (record.invoice.is_empty() && record.description.is_empty()) {
        return String::new();
    }
    let line = |label: &str, text: &str| {
        if text.is_empty() { String::new() } else { format!("<dt>{label}</dt><dd>{}</dd>", escape(text)) }
    };
    format!("<dl>{}{}</dl>", line("Invoice", &record.invoice), line("Description", &record.description))
}

fn billing(settings: &Settings, value: &dyn Fn(&str) -> String) -> String {
    let star = |needed: bool| if needed { " *" } else { "" };
    let mut fields = String::new();
    if settings.billing_shown {
        let needed = star(settings.billing_required);
        let field = |name: &str, label: &str| input(name, label, &value(name), "");
        let row = |fields: String| around("div", " class=\"row\"", &fields);
        fields += &row(field("firstName", &format!("First name{needed}"))
            + &field("lastName", &format!("Last name{needed}")));
        fields += &field("address", &format!("Address{needed}"));
        fields += &row(field("city", "City") + &field("state", "State"));
        fields += &field("zip", &format!("Zip code{needed}"));
    }
    if settings.email_shown {
        let label = format!("Email{}", star(settings.email_required));
        fields += &input("email", &label, &value("email"), "type=\"email\"");
    }
    if fields.is_empty() {
        return fields;
    }
    format!("<fieldset><legend>Billing address</legend>{fields}</fieldset>")
}

/// The receipt, with a way back where the merchant gave one.
pub(super) fn receipt(settings: &Settings, charged: &Charged, merchant: &str) -> String {
    let record = &charged.record;
    let name = if settings.merchant.is_empty() { merchant } else { &settings.merchant };
    let line = |label: &str, text: &str| {
        if text.is_empty() { String::new() } else { format!("<dt>{label}</dt><dd>{}</dd>", escape(text)) }
    };
    let back = if settings.url.is_empty() {
        String::new()
    } else {
        format!(
            "<div class=\"buttons\"><a class=\"button pay\" id=\"continueLink\" href=\"{}\">{}</a></div>",
            escape(&settings.url),
            escape(if settings.url_text.is_empty() { "Continue" } else { &settings.url_text })
        )
    };
    let said = if charged.said.response == 4 { "The payment is under review." } else { "Thank you." };
    let body = format!(
        "<div class=\"total\"><h1>{}</h1><strong id=\"amount\">${}</strong></div><p id=\"message\">{said}</p><dl>{}{}{}{}{}</dl>{back}",
        escape(name),
        decimal(record.authorized),
        line("Transaction", &charged.said.id),
        line("Authorization", &record.auth_code),
        line("Card", &format!("{} {}", record.face.brand, record.face.masked)),
        line("Invoice", &record.invoice),
        line("Time", &record.submitted_at.strftime("%Y-%m-%d %H:%M UTC").to_string()),
    );
    document(&settings.color, &body)
}

/// Tells the merchant's page around this one, through the merchant's own page in a frame.
pub(super) fn communicate(settings: &Settings, query: &str, said: &str) -> String {
    let frame = format!("{}#{query}", settings.communicator);
    let body = format!(
        "<h1>Payment</h1><p id=\"message\">{}</p><iframe id=\"communicator\" title=\"\" src=\"{}\"></iframe>",
        escape(said),
        escape(&frame)
    );
    document("", &body)
}

/// Sends the browser back twice.
pub(super) fn twice(url: &str) -> String {
    let target = serde_json::Value::from(url).to_string().replace('<', "\\u003c");
    let body = format!(
        "<h1>Payment</h1><p>Your payment was made.</p><p><a href=\"{}\">Continue</a></p>\
         <script>var u={target};fetch(u,{{mode:'no-cors',keepalive:true}});window.location.href=u</script>",
        escape(url)
    );
    document("", &body)
}

/// The payment was made, and the browser is told nothing.
pub(super) fn silent() -> String {
    document("", "<h1>Payment</h1>")
}

/// Where a page that has lost its token leads.
pub(in crate::authorize_net) fn needs_post() -> String {
    refused(&format!("Missing or invalid token: post it to {PAGE}."))
}
