//! The books' adapter against their simulator, object by object: what is written is read back cent by cent, and each
//! refusal is of the class that the engine decides by (quickbooks-online.md).

mod batches;
mod calls;
mod documents;
mod refusals;
mod watching;

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use async_trait::async_trait;
use data_encoding::BASE64;
use kontor_domain::{Ambient, Currency, Money, Secret};
use kontor_providers::{
    BooksError, Connection, Http, Provider,
    books::{
        Accounting, Action, Address, Article, Books, BooksPace, Class, Client, CustomerDraft, Decimal,
        Discount, Draft, Errand, Find, Gate, HolderKind, ItemDraft, Kind, LineTax, Link, List, Object, Pass,
        PaymentDraft, Receipt, RequestId, Sale, SaleDraft, SaleLineDraft, SaleLineKind, Shipping, Stamp, Tax,
        Which, Written,
    },
    http::Opened,
    pace::HeldBack,
    quickbooks::{self, Environment},
};
use serde_json::{Value, json};
use url::Url;

use crate::support::{Caller, process::Simulated, submit};

/// Whose books.
const REALM: &str = "9341453474484463";
const BACK: &str = "http://localhost:8080/api/integrations/QuickBooks/callback";

/// Lets everybody through and notes how long the books said to wait: these tests set the limits aside, but for those that
/// are about them.
#[derive(Default)]
struct Open(Mutex<Vec<Duration>>);

#[async_trait]
impl Gate for Open {
    async fn enter(&self, _: Errand) -> Result<Pass, HeldBack> {
        Ok(Pass::free())
    }

    fn hold(&self, wait: Duration) {
        self.0.lock().expect("no panic").push(wait);
    }
}

/// The adapter with somebody's consent, and the simulator that it speaks to.
struct Office {
    provider: quickbooks::QuickBooks,
    account: BTreeMap<String, String>,
    token: Secret,
    nothing: BTreeMap<String, String>,
    secrets: BTreeMap<String, Secret>,
    gate: Open,
    home: Currency,
    realm: &'static str,
    simulator: Caller,
    _simulated: Simulated,
}

/// A person consents; the token that the app gets for it.
async fn token(place: &str, app: &Value, realm: &str) -> String {
    let text = |key: &str| app[key].as_str().expect("a text").to_owned();
    let (id, secret) = (text("clientId"), text("clientSecret"));
    let fields = [
        ("client_id", id.as_str()),
        ("response_type", "code"),
        ("scope", "com.intuit.quickbooks.accounting"),
        ("redirect_uri", BACK),
        ("state", "s"),
        ("realmId", realm),
        ("decision", "connect"),
    ];
    let back =
        submit(&format!("{place}/connect/oauth2"), &fields).await.expect(302).header("location").to_owned();
    let back = Url::parse(&back).expect("an address");
    let code = back.query_pairs().find(|(key, _)| key == "code").expect("a code").1.into_owned();
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", BACK)])
        .finish();
    let basic = format!("Basic {}", BASE64.encode(format!("{id}:{secret}").as_bytes()));
    let headers = [
        ("authorization", basic.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
        ("accept", "application/json"),
    ];
    let path = format!("{place}/oauth2/v1/tokens/bearer");
    let answer = Caller::new("", None).send("POST", &path, &headers, Some(form)).await.expect(200).json();
    answer["access_token"].as_str().expect("a token").to_owned()
}

impl Office {
    async fn open() -> Self {
        Self::of(REALM).await
    }

    /// The books of that company.
    async fn of(realm: &'static str) -> Self {
        let simulated = Simulated::start();
        let place = simulated.place("quickBooks").to_owned();
        let url = Url::parse(&place).expect("a URL");
        let http = Http::new(&[Opened::of(&url).expect("a host")]).expect("a client");
        let settings = quickbooks::Settings {
            environment: Environment::Sandbox,
            sandbox_url: Some(url),
            timeout_ms: 5_000,
            ..quickbooks::Settings::default()
        };
        let token = token(&place, &simulated.line["credentials"]["quickBooks"], realm).await;
        let office = Self {
            provider: quickbooks::QuickBooks::new(settings, http).expect("a provider"),
            account: BTreeMap::from([("realmId".to_owned(), realm.to_owned())]),
            token: Secret::new(token),
            nothing: BTreeMap::new(),
            secrets: BTreeMap::new(),
            gate: Open::default(),
            home: Currency::USD,
            realm,
            simulator: Caller::new(&place, None),
            _simulated: simulated,
        };
        let none =
            json!({ "perMinute": null, "perSecond": null, "concurrent": null, "batchesPerMinute": null });
        office.limits(&none).await;
        office
    }

    async fn limits(&self, limits: &Value) {
        self.simulator.post("/_sim/quickbooks/limits", limits).await.expect(200);
    }

    /// Somebody sets switches of the company.
    async fn switch(&self, switches: &Value) {
        self.simulator.post(&format!("/_sim/quickbooks/{}/switches", self.realm), switches).await.expect(200);
    }

    /// Somebody works in QuickBooks itself.
    async fn by_hand(&self, entity: &str, change: &Value) -> Value {
        let path = format!("/_sim/quickbooks/{}/objects/{entity}", self.realm);
        self.simulator.post(&path, change).await.expect(200).json()["object"].clone()
    }

    async fn fault(&self, operation: &str, action: &Value) {
        let mut fault =
            json!({ "operation": format!("POST /v3/company/{}/{operation}", self.realm), "occurrence": 1 });
        for (key, value) in action.as_object().into_iter().flatten() {
            fault[key] = value.clone();
        }
        self.simulator.post("/_sim/faults", &fault).await.expect(200);
    }

    fn books(&self) -> &dyn Accounting {
        self.provider.accounting().expect("books")
    }

    /// Does something with the books open.
    async fn at<T>(&self, work: impl AsyncFnOnce(&dyn Accounting, &Books<'_>) -> T) -> T {
        let connection = Connection {
            account: &self.account,
            access_token: Some(&self.token),
            ..Connection::plain(&self.nothing, &self.secrets)
        };
        let books = Books { connection: &connection, home: self.home, gate: &self.gate };
        work(self.books(), &books).await
    }

    async fn try_write(&self, request: &str, action: &Action) -> Result<Written, BooksError> {
        let request = RequestId::new(request).expect("a request id");
        self.at(async |it, books| it.write(books, &request, action).await).await
    }

    async fn write(&self, request: &str, action: &Action) -> Object {
        match self.try_write(request, action).await {
            Ok(Written::Object(object)) => object,
            other => panic!("{request}: {other:?}"),
        }
    }

    async fn refused(&self, request: &str, action: &Action) -> BooksError {
        self.try_write(request, action).await.expect_err("a refusal")
    }

    async fn read(&self, kind: Kind, id: &str) -> Result<Object, BooksError> {
        self.at(async |it, books| it.read(books, kind, id).await).await
    }

    async fn find(&self, kind: Kind, by: Find<'_>) -> Vec<Object> {
        let found = self.at(async |it, books| it.find(books, kind, &by).await).await;
        found.unwrap_or_else(|error| panic!("{by:?}: {error}"))
    }

    async fn sale(&self, kind: Kind, id: &str) -> Sale {
        sale(self.read(kind, id).await.unwrap_or_else(|error| panic!("{error}")))
    }

    /// An account of a kind; the company has them from the beginning.
    async fn account(&self, kind: &str) -> String {
        let all =
            self.at(async |it, books| it.choices(books.connection, books.gate, List::Accounts).await).await;
        let all = all.unwrap_or_else(|error| panic!("{error}"));
        let found = all.iter().find(|it| it.kind.as_deref() == Some(kind));
        found.unwrap_or_else(|| panic!("no {kind} among {all:?}")).id.clone()
    }

    async fn client(&self, name: &str) -> Client {
        let draft = CustomerDraft {
            name: Some(name.to_owned()),
            email: Some("till@wool.example".to_owned()),
            phone: Some("(555) 0100".to_owned()),
            bill_to: Some(Address {
                lines: vec!["1 Harbour".to_owned()],
                city: Some("Visby".to_owned()),
                postal_code: Some("62157".to_owned()),
                ..Address::default()
            }),
            ..CustomerDraft::default()
        };
        let request = format!("cus-{}", name.len());
        client(self.write(&request, &create(Draft::Customer(Box::new(draft)))).await)
    }

    async fn article(&self, name: &str) -> Article {
        let draft = ItemDraft {
            name: Some(name.to_owned()),
            sku: Some(format!("{name}-1")),
            unit_price: Some(decimal("9.99")),
            income_account: Some(self.account("Income").await),
            goods: true,
            ..ItemDraft::default()
        };
        let request = format!("item-{name}");
        article(self.write(&request, &create(Draft::Item(Box::new(draft)))).await)
    }
}

fn create(draft: Draft) -> Action {
    Action::Create(draft)
}

fn update(stamp: &Stamp, draft: Draft) -> Action {
    Action::Update { id: stamp.id.clone(), token: stamp.token.clone(), draft }
}

fn void(kind: Kind, stamp: &Stamp) -> Action {
    Action::Void { kind, id: stamp.id.clone(), token: stamp.token.clone() }
}

fn delete(kind: Kind, stamp: &Stamp) -> Action {
    Action::Delete { kind, id: stamp.id.clone(), token: stamp.token.clone() }
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn usd(cents: i64) -> Money {
    Money::from_minor(cents, Currency::USD)
}

fn client(object: Object) -> Client {
    match object {
        Object::Customer(it) => *it,
        other => panic!("{other:?}"),
    }
}

fn article(object: Object) -> Article {
    match object {
        Object::Item(it) => *it,
        other => panic!("{other:?}"),
    }
}

fn sale(object: Object) -> Sale {
    match object {
        Object::Sale(it) => *it,
        other => panic!("{other:?}"),
    }
}

fn receipt(object: Object) -> Receipt {
    match object {
        Object::Payment(it) => *it,
        other => panic!("{other:?}"),
    }
}

/// Two and a half of something for 9.99 each: 24.98.
fn draft(customer: &str, item: &str) -> SaleDraft {
    SaleDraft {
        customer: Some(customer.to_owned()),
        date: "2026-01-16".parse().ok(),
        lines: Some(vec![SaleLineDraft {
            id: None,
            item: item.to_owned(),
            description: Some("Wool, \"grey\" \\ 'soft'".to_owned()),
            quantity: Some(decimal("2.5")),
            unit_price: Some(decimal("9.99")),
            amount: usd(2_498),
            tax: LineTax::Exempt,
        }]),
        private_note: Some("kontor inv-1".to_owned()),
        ..SaleDraft::default()
    }
}

fn of(kind: Kind, draft: SaleDraft) -> Draft {
    Draft::Sale(kind, Box::new(draft))
}

fn pays(customer: &str, cents: i64, invoice: &str) -> Action {
    create(Draft::Payment(Box::new(PaymentDraft {
        customer: Some(customer.to_owned()),
        total: Some(usd(cents)),
        applied: Some(vec![(usd(cents), Link { id: invoice.to_owned(), kind: "Invoice".to_owned() })]),
        reference: Some("1000000000000001".to_owned()),
        private_note: Some("kontor pay-1".to_owned()),
        ..PaymentDraft::default()
    })))
}

#[tokio::test]
async fn the_company_says_how_it_keeps_its_books() {
    let office = Office::open().await;
    let connection = Connection {
        account: &office.account,
        access_token: Some(&office.token),
        ..Connection::plain(&office.nothing, &office.secrets)
    };
    let company =
        office.books().company(&connection, &office.gate).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((company.name.as_str(), company.home_currency), ("Bergen Fish Company", Currency::USD));
    for kind in ["Bank", "Income"] {
        office.account(kind).await;
    }
    for list in [List::Items, List::TaxCodes, List::Terms, List::PaymentMethods] {
        let choices = office.at(async |it, books| it.choices(books.connection, books.gate, list).await).await;
        choices.unwrap_or_else(|error| panic!("{list}: {error}"));
    }
}

#[tokio::test]
async fn a_customer_is_made_found_changed_and_put_out_of_use() {
    let office = Office::open().await;
    let name = "O'Neill \\ Sons & Co";
    let made = office.client(name).await;
    assert_eq!((made.name.as_str(), made.active, made.stamp.token.as_str()), (name, true, "0"));
    assert_eq!(made.bill_to.as_ref().and_then(|it| it.city.as_deref()), Some("Visby"));
    let ids = |found: Vec<Object>| found.iter().map(|it| it.stamp().id.clone()).collect::<Vec<_>>();
    let id = made.stamp.id.clone();
    assert_eq!(ids(office.find(Kind::Customer, Find::Name(name)).await), [id.as_str()]);
    assert!(ids(office.find(Kind::Customer, Find::Email("till@wool.example")).await).contains(&id));
    let holder = office.at(async |it, books| it.holder(books, name).await).await.expect("an answer");
    assert_eq!(holder.map(|it| (it.kind, it.id, it.active)), Some((HolderKind::Customer, id.clone(), true)));
    // A sparse change leaves the rest alone.
    let phone = CustomerDraft { phone: Some("(555) 0199".to_owned()), ..CustomerDraft::default() };
    let changed = client(office.write("cus-2", &update(&made.stamp, Draft::Customer(Box::new(phone)))).await);
    assert_eq!(
        (changed.phone.as_deref(), changed.email.as_deref()),
        (Some("(555) 0199"), Some("till@wool.example"))
    );
    assert_eq!(changed.stamp.token, "1");
    let out = CustomerDraft { active: Some(false), ..CustomerDraft::default() };
    let out = client(office.write("cus-3", &update(&changed.stamp, Draft::Customer(Box::new(out)))).await);
    assert!(!out.active && out.name.ends_with(" (deleted)"), "{out:?}");
    assert!(office.find(Kind::Customer, Find::Name(name)).await.is_empty(), "nobody has that name any more");
}

#[tokio::test]
async fn an_order_becomes_an_estimate_an_invoice_and_a_payment() {
    let office = Office::open().await;
    let (customer, item) =
        (office.client("Visby Wool").await.stamp.id, office.article("Yarn").await.stamp.id);
    let accepted = SaleDraft { status: Some("Accepted".to_owned()), ..draft(&customer, &item) };
    let estimate = sale(office.write("est-1", &create(of(Kind::Estimate, accepted))).await);
    assert_eq!((estimate.total, estimate.status.as_deref()), (usd(2_498), Some("Accepted")));
    let invoice = SaleDraft {
        discount: Some(Discount { amount: usd(300), account: None }),
        shipping: Some(Shipping { amount: usd(590), tax: LineTax::Exempt }),
        estimate: Some(estimate.stamp.id.clone()),
        due: "2026-02-15".parse().ok(),
        email: Some("till@wool.example".to_owned()),
        ..draft(&customer, &item)
    };
    let invoice = sale(office.write("inv-1", &create(of(Kind::Invoice, invoice))).await);
    assert_eq!((invoice.total, invoice.balance), (usd(2_788), Some(usd(2_788))), "{invoice:?}");
    assert!(
        invoice.links.iter().any(|it| it.kind == "Estimate" && it.id == estimate.stamp.id),
        "{invoice:?}"
    );
    let kinds: Vec<&SaleLineKind> = invoice.lines.iter().map(|it| &it.kind).collect();
    assert!(
        kinds.contains(&&SaleLineKind::Shipping) && kinds.contains(&&SaleLineKind::Discount),
        "{kinds:?}"
    );
    let closed = office.sale(Kind::Estimate, &estimate.stamp.id).await;
    assert_eq!(closed.status.as_deref(), Some("Closed"));
    let payment = receipt(office.write("pay-1", &pays(&customer, 2_788, &invoice.stamp.id)).await);
    assert_eq!((payment.total, payment.unapplied), (usd(2_788), usd(0)));
    assert_eq!(payment.applied[0].to.id, invoice.stamp.id);
    let paid = office.sale(Kind::Invoice, &invoice.stamp.id).await;
    assert_eq!(paid.balance, Some(usd(0)));
    assert!(paid.links.iter().any(|it| it.kind == "Payment" && it.id == payment.stamp.id), "{paid:?}");
    // A void opens it again, and then it is voided itself.
    let voided = receipt(office.write("pay-2", &void(Kind::Payment, &payment.stamp)).await);
    assert!(voided.voided && voided.total.is_zero(), "{voided:?}");
    let open = office.sale(Kind::Invoice, &invoice.stamp.id).await;
    assert_eq!(open.balance, Some(usd(2_788)));
    let voided = sale(office.write("inv-2", &void(Kind::Invoice, &open.stamp)).await);
    assert!(voided.voided && voided.total.is_zero() && voided.balance == Some(usd(0)), "{voided:?}");
}

#[tokio::test]
async fn money_goes_back_as_a_credit_or_as_a_refund() {
    let office = Office::open().await;
    let (customer, item) =
        (office.client("Visby Wool").await.stamp.id, office.article("Yarn").await.stamp.id);
    let invoice = sale(office.write("inv-1", &create(of(Kind::Invoice, draft(&customer, &item)))).await);
    let credit = sale(office.write("cre-1", &create(of(Kind::CreditMemo, draft(&customer, &item)))).await);
    assert_eq!((credit.total, credit.balance), (usd(2_498), Some(usd(2_498))));
    let link = |kind: &str, id: &str| Link { id: id.to_owned(), kind: kind.to_owned() };
    let net = PaymentDraft {
        customer: Some(customer.clone()),
        total: Some(usd(0)),
        applied: Some(vec![
            (usd(2_498), link("CreditMemo", &credit.stamp.id)),
            (usd(2_498), link("Invoice", &invoice.stamp.id)),
        ]),
        ..PaymentDraft::default()
    };
    let net = receipt(office.write("pay-1", &create(Draft::Payment(Box::new(net)))).await);
    assert!(net.total.is_zero() && net.unapplied.is_zero(), "{net:?}");
    assert_eq!(office.sale(Kind::Invoice, &invoice.stamp.id).await.balance, Some(usd(0)));
    assert_eq!(office.sale(Kind::CreditMemo, &credit.stamp.id).await.balance, Some(usd(0)));
    let bank = office.account("Bank").await;
    let refund = SaleDraft { deposit_account: Some(bank.clone()), ..draft(&customer, &item) };
    let refund = sale(office.write("ref-1", &create(of(Kind::RefundReceipt, refund))).await);
    assert_eq!((refund.total, refund.deposit_account), (usd(2_498), Some(bank)));
}

#[tokio::test]
async fn changed_lines_are_the_whole_list_and_the_rest_stays() {
    let office = Office::open().await;
    let (customer, item) =
        (office.client("Visby Wool").await.stamp.id, office.article("Yarn").await.stamp.id);
    let made = sale(office.write("inv-1", &create(of(Kind::Invoice, draft(&customer, &item)))).await);
    let line = SaleLineDraft {
        id: made.lines[0].id.clone(),
        item: item.clone(),
        description: None,
        quantity: Some(decimal("2")),
        unit_price: Some(decimal("9.99")),
        amount: usd(1_998),
        tax: LineTax::Exempt,
    };
    let lines = SaleDraft { lines: Some(vec![line]), ..SaleDraft::default() };
    let changed = sale(office.write("inv-2", &update(&made.stamp, of(Kind::Invoice, lines))).await);
    assert_eq!((changed.total, changed.private_note.as_deref()), (usd(1_998), Some("kontor inv-1")));
    let sold: Vec<_> = changed.lines.iter().filter(|it| it.kind == SaleLineKind::Item).collect();
    assert_eq!((sold.len(), sold[0].description.as_deref()), (1, None));
    let none = SaleDraft { private_note: Some(String::new()), ..SaleDraft::default() };
    let changed = sale(office.write("inv-3", &update(&changed.stamp, of(Kind::Invoice, none))).await);
    assert_eq!((changed.private_note, changed.total), (None, usd(1_998)));
}

#[tokio::test]
async fn the_tax_is_the_one_that_was_billed() {
    let office = Office::open().await;
    let (customer, item) =
        (office.client("Visby Wool").await.stamp.id, office.article("Yarn").await.stamp.id);
    let mut taxed = draft(&customer, &item);
    for line in taxed.lines.iter_mut().flatten() {
        line.tax = LineTax::Taxable;
    }
    taxed.tax = Some(Tax { total: Some(usd(187)), code: None, basis: None });
    let made = sale(office.write("inv-1", &create(of(Kind::Invoice, taxed))).await);
    assert_eq!((made.tax, made.total), (usd(187), usd(2_685)), "{made:?}");
}

#[tokio::test]
async fn a_repeated_request_is_done_once() {
    let office = Office::open().await;
    let (customer, item) =
        (office.client("Visby Wool").await.stamp.id, office.article("Yarn").await.stamp.id);
    let action = create(of(Kind::Invoice, draft(&customer, &item)));
    let first = office.write("inv-1", &action).await;
    let again = office.write("inv-1", &action).await;
    assert_eq!(first.stamp().id, again.stamp().id);
    let count = office.at(async |it, books| it.count(books, Kind::Invoice, Which::All).await).await;
    let other = office.write("inv-2", &action).await;
    assert_ne!(first.stamp().id, other.stamp().id);
    let after = office.at(async |it, books| it.count(books, Kind::Invoice, Which::All).await).await;
    assert_eq!(count.map(|it| it + 1), after);
}

#[tokio::test]
async fn pages_changes_and_notes_bring_everything_that_there_is() {
    let office = Office::open().await;
    let (customer, item) =
        (office.client("Visby Wool").await.stamp.id, office.article("Yarn").await.stamp.id);
    let before = office.sale_of(&customer, &item, "inv-0").await;
    let since = before.stamp.updated_at.expect("a time");
    let mut ids = vec![before.stamp.id.clone()];
    for at in 1..4 {
        ids.push(office.sale_of(&customer, &item, &format!("inv-{at}")).await.stamp.id);
    }
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    loop {
        let page =
            office.at(async |it, books| it.page(books, Kind::Invoice, Which::All, after.as_deref()).await);
        let page = page.await.unwrap_or_else(|error| panic!("{error}"));
        assert!(page.unreadable.is_empty(), "{page:?}");
        seen.extend(page.objects.iter().map(|it| it.stamp().id.clone()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(ids.iter().all(|id| seen.iter().filter(|it| *it == id).count() == 1), "{ids:?} of {seen:?}");
    let note = Find::Note { text: "kontor inv-2", since };
    assert_eq!(office.find(Kind::Invoice, note).await.len(), 1);
    office.try_write("inv-9", &delete(Kind::Invoice, &before.stamp)).await.expect("deleted");
    let kinds = [Kind::Customer, Kind::Invoice];
    let changes = office.at(async |it, books| it.changes(books, &kinds, since, since).await).await;
    let changes = changes.unwrap_or_else(|error| panic!("{error}"));
    assert!(
        changes.removed.iter().any(|it| it.id == before.stamp.id && it.kind == Kind::Invoice),
        "{changes:?}"
    );
    let seen_ids: Vec<&str> = changes.objects.iter().map(|it| it.stamp().id.as_str()).collect();
    assert!(ids[1..].iter().all(|it| seen_ids.contains(&it.as_str())) && changes.unreadable.is_empty());
    assert!(!changes.cut && changes.until >= since);
    let missing = office.read(Kind::Invoice, &before.stamp.id).await;
    assert_eq!(missing.map_err(|it| it.class), Err(Class::Missing));
}

impl Office {
    async fn sale_of(&self, customer: &str, item: &str, request: &str) -> Sale {
        let noted = SaleDraft { private_note: Some(format!("kontor {request}")), ..draft(customer, item) };
        sale(self.write(request, &create(of(Kind::Invoice, noted))).await)
    }
}
