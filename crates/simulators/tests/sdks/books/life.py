"""python-quickbooks, as a program: its arguments are an address, the app's id and secret, and a company.

Walks the life of each entity and prints what the client understood, one JSON object. Nothing of the client is changed
but its addresses; the person at the consent page is played here.
"""

import json
import os
import sys
from urllib.parse import parse_qs, urlsplit

# The tokens travel over this machine's own plain HTTP.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import requests
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from quickbooks import QuickBooks
from quickbooks.batch import batch_create
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import QuickbooksException
from quickbooks.objects.account import Account
from quickbooks.objects.base import LinkedTxn, Ref
from quickbooks.objects.creditmemo import CreditMemo
from quickbooks.objects.customer import Customer
from quickbooks.objects.deposit import Deposit, DepositLine
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from quickbooks.objects.estimate import Estimate
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.payment import Payment, PaymentLine
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.refundreceipt import RefundReceipt
from quickbooks.objects.salesreceipt import SalesReceipt
from quickbooks.objects.taxcode import TaxCode

BACK = "http://localhost:8080/api/integrations/QuickBooks/callback"


def connect(address, client_id, client_secret, company):
    auth = AuthClient(client_id, client_secret, BACK, address + "/.well-known/openid_sandbox_configuration/")
    url = auth.get_authorization_url([Scopes.ACCOUNTING])
    decided = requests.post(url, data={"decision": "connect", "realmId": company}, allow_redirects=False)
    back = parse_qs(urlsplit(decided.headers["location"]).query)
    auth.get_bearer_token(back["code"][0], realm_id=company)
    QuickBooks.sandbox_api_url_v3 = address + "/v3"
    QuickBooks.api_url_v3 = address + "/v3"
    return QuickBooks(auth_client=auth, refresh_token=auth.refresh_token, company_id=company, minorversion=75)


def ref(value):
    made = Ref()
    made.value = str(value)
    return made


def line(item, amount):
    made = SalesItemLine()
    made.Amount = amount
    made.SalesItemLineDetail = SalesItemLineDetail()
    made.SalesItemLineDetail.ItemRef = ref(item)
    made.SalesItemLineDetail.UnitPrice = amount
    made.SalesItemLineDetail.Qty = 1
    return made


def sale(kind, customer, item, amount, client, **more):
    made = kind()
    made.CustomerRef = ref(customer.Id)
    made.Line.append(line(item.Id, amount))
    for name, value in more.items():
        setattr(made, name, value)
    return made.save(qb=client)


def linked(kind, txn, amount):
    link = LinkedTxn()
    link.TxnId, link.TxnType, link.TxnLineId = txn.Id, kind, 0
    made = PaymentLine()
    made.Amount = amount
    made.LinkedTxn.append(link)
    return made


def names(client, said):
    account = Account()
    account.Name, account.AccountSubType = "Roastery Income", "SalesOfProductIncome"
    account = account.save(qb=client)
    item = Item()
    item.Name, item.Type, item.UnitPrice, item.Sku = "Green Beans", "Service", 12.5, "GB-1"
    item.IncomeAccountRef = account.to_ref()
    item = item.save(qb=client)
    customer = Customer()
    customer.DisplayName, customer.GivenName = "O'Hara & Sons", "Finn"
    customer = customer.save(qb=client)
    customer.CompanyName = "O'Hara Ltd"
    customer = customer.save(qb=client)
    said["customer"] = [customer.SyncToken, customer.FullyQualifiedName]
    said["found"] = [it.Id == customer.Id for it in Customer.filter(DisplayName="O'Hara & Sons", qb=client)]
    said["sku"] = [it.Sku for it in Item.query("SELECT *, Sku FROM Item WHERE Name = 'Green Beans'", qb=client)]
    said["account"] = account.Classification
    said["count"] = Customer.count(qb=client)
    twice = Customer()
    twice.DisplayName = "o'hara & sons"
    try:
        twice.save(qb=client)
    except QuickbooksException as error:
        said["twice"] = [error.error_code, error.detail == f"The name supplied already exists. : Id={customer.Id}"]
    return customer, item


def main(address, client_id, client_secret, company):
    client = connect(address, client_id, client_secret, company)
    said = {}
    customer, item = names(client, said)
    estimate = sale(Estimate, customer, item, 40, client)
    invoice = sale(Invoice, customer, item, 100, client)
    said["invoice"] = [invoice.DocNumber, invoice.TotalAmt, invoice.Balance, len(invoice.Line)]
    payment = Payment()
    payment.CustomerRef, payment.TotalAmt = ref(customer.Id), 60
    payment.Line.append(linked("Invoice", invoice, 60))
    payment = payment.save(qb=client)
    said["paid"] = [payment.UnappliedAmt, Invoice.get(invoice.Id, qb=client).Balance]
    payment.void(qb=client)
    said["voided"] = [Payment.get(payment.Id, qb=client).TotalAmt, Invoice.get(invoice.Id, qb=client).Balance]
    Invoice.get(invoice.Id, qb=client).void(qb=client)
    said["voidedInvoice"] = Invoice.get(invoice.Id, qb=client).PrivateNote
    estimate.delete(qb=client)
    try:
        Estimate.get(estimate.Id, qb=client)
    except QuickbooksException as error:
        said["gone"] = error.error_code
    said["credit"] = sale(CreditMemo, customer, item, 5, client).RemainingCredit
    said["refund"] = sale(RefundReceipt, customer, item, 7, client, DepositToAccountRef=ref(35)).TotalAmt
    receipt = sale(SalesReceipt, customer, item, 9, client)
    said["receipt"] = [receipt.Balance, receipt.DepositToAccountRef.value]
    deposit = Deposit()
    deposit.DepositToAccountRef = ref(35)
    part = DepositLine()
    part.Amount, part.DetailType, part.DepositLineDetail = 9, None, None
    link = LinkedTxn()
    link.TxnId, link.TxnType, link.TxnLineId = receipt.Id, "SalesReceipt", 0
    part.LinkedTxn.append(link)
    deposit.Line.append(part)
    said["deposit"] = deposit.save(qb=client).TotalAmt
    customers = []
    for name in ("One", "O'Hara & Sons"):
        one = Customer()
        one.DisplayName = name
        customers.append(one)
    batch = batch_create(customers, qb=client)
    said["batch"] = [len(batch.successes), [it.Error[0].code for it in batch.faults]]
    changed = change_data_capture([Customer, Invoice], "2026-01-15T00:00:00-08:00", qb=client)
    said["changed"] = [len(changed.Customer), len(changed.Invoice)]
    said["prefs"] = Preferences.get(qb=client).OtherPrefs.NameValue[0].Name
    said["codes"] = len(TaxCode.all(max_results=1, qb=client))
    print(json.dumps(said))


main(*sys.argv[1:])
