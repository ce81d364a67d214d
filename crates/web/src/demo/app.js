// The merchant's application: reads invoices and opens the provider's payment page, by Kontor's public API.
"use strict";

const { token, customer, invoice: first } = document.body.dataset;

async function call(path, options = {}) {
  const headers = { Authorization: `Bearer ${token}`, ...options.headers };
  const answer = await fetch(path, { ...options, headers });
  const body = await answer.json();
  if (!answer.ok) {
    const fields = Object.entries(body.errors ?? {}).map(([name, words]) => `${name} ${words.join(", ")}`);
    throw new Error([body.detail, ...fields].join(" "));
  }
  return body;
}

// Not randomUUID: browsers have it on localhost and https alone, and the demo may run on another machine.
const freshKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (it) => it.toString(16).padStart(2, "0")).join("");
const money = (amount, currency) => new Intl.NumberFormat("en-US", { style: "currency", currency }).format(amount);
// PartiallyPaid, in words.
const spoken = (status) => status.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
const payable = (it) => it.status === "Issued" || it.status === "PartiallyPaid";

function element(name, text, className) {
  const it = document.createElement(name);
  if (text !== undefined) it.textContent = text;
  if (className) it.className = className;
  return it;
}

function tell(kind, ...lines) {
  const box = document.getElementById("result");
  box.className = `result ${kind}`;
  box.replaceChildren(...lines.map((line) => element("p", line)));
  box.hidden = false;
}

async function pay(invoice, button) {
  button.disabled = true;
  button.textContent = "Opening the payment page…";
  try {
    const page = await call("/api/payments/worldpay/transaction-setup", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Idempotency-Key": freshKey() },
      body: JSON.stringify({
        customerNumber: customer,
        invoiceId: invoice.id,
        transactionAmount: invoice.balance,
        applicationReturnUrl: `${location.origin}/demo?invoice=${encodeURIComponent(invoice.id)}`,
      }),
    });
    location.assign(page.hostedPaymentUrl);
  } catch (error) {
    tell("bad", "The payment page could not be opened.", error.message);
    button.disabled = false;
    button.textContent = "Try again";
  }
}

function payButton(invoice, id) {
  const button = element("button", `Pay ${money(invoice.balance, invoice.currencyCode)}`);
  button.type = "button";
  if (id) button.id = id;
  button.addEventListener("click", () => pay(invoice, button));
  return button;
}

function showInvoice(invoice) {
  const box = document.getElementById("invoice");
  const head = element("div", undefined, "head");
  const status = element("span", spoken(invoice.status), `status ${invoice.status}`);
  status.id = "status";
  head.append(element("h1", `Invoice ${invoice.invoiceNumber}`), status);
  const lines = element("table");
  const body = element("tbody");
  for (const item of invoice.items) {
    const row = element("tr");
    row.append(
      element("td", item.description),
      element("td", `${item.quantity} × ${money(item.unitPrice, invoice.currencyCode)}`, "sum"),
    );
    body.append(row);
  }
  for (const [name, amount] of [
    ["Tax", invoice.tax], ["Shipping", invoice.shipping], ["Total", invoice.total],
    ["Paid", invoice.amountPaid], ["Balance", invoice.balance],
  ]) {
    const row = element("tr", undefined, name === "Balance" || name === "Total" ? "total" : "");
    const sum = element("td", money(amount, invoice.currencyCode), "sum");
    if (name === "Balance") sum.id = "balance";
    row.append(element("td", name), sum);
    body.append(row);
  }
  lines.append(body);
  box.replaceChildren(head, element("p", `Due ${invoice.dueDate ?? "on receipt"}`, "quiet"), lines);
  if (payable(invoice)) box.append(payButton(invoice, "pay"));
}

function showOthers(invoices, shown) {
  const body = document.querySelector("#others tbody");
  body.replaceChildren();
  for (const invoice of invoices.filter((it) => it.id !== shown)) {
    const row = element("tr");
    const open = element("a", invoice.invoiceNumber);
    open.href = `/demo?invoice=${encodeURIComponent(invoice.id)}`;
    const name = element("td");
    name.append(open);
    row.append(
      name,
      element("td", invoice.dueDate ?? ""),
      element("td", spoken(invoice.status)),
      element("td", money(invoice.balance, invoice.currencyCode), "sum"),
    );
    const action = element("td", undefined, "sum");
    if (payable(invoice)) action.append(payButton(invoice));
    row.append(action);
    body.append(row);
  }
}

const words = {
  succeeded: ["good", "Thank you. Your payment was received."],
  declined: ["bad", "Your card was declined. Nothing was charged."],
  cancelled: ["plain", "You left the payment page. Nothing was charged."],
  pending: ["plain", "Your payment is being confirmed. You need not pay again; this page will show it."],
  failed: ["bad", "The payment did not come about. Nothing was charged."],
};

async function show() {
  const query = new URLSearchParams(location.search);
  const id = query.get("invoice") ?? query.get("invoiceId") ?? first;
  const result = words[query.get("status")];
  if (result) tell(result[0], result[1], `Payment ${query.get("paymentId") ?? ""}`);
  try {
    const [invoice, list] = await Promise.all([
      call(`/api/invoices/${encodeURIComponent(id)}`),
      call(`/api/invoices?customerNumber=${encodeURIComponent(customer)}&pageSize=10`),
    ]);
    showInvoice(invoice);
    showOthers(list.data, invoice.id);
    document.body.dataset.ready = "true";
    if (query.get("status") === "pending" && payable(invoice)) setTimeout(show, 3000);
  } catch (error) {
    tell("bad", "The invoice could not be read.", error.message);
  }
}

show();
