"""Authorize.Net's own Python SDK, which speaks XML, through the life of transactions and of a customer's card: its
arguments are an address, a login and a key.

Prints what the SDK understood, one JSON object. Nothing of the SDK is changed but the address.
"""

import json
import sys
import urllib.request

from authorizenet import apicontractsv1 as types
from authorizenet import apicontrollers as controllers

ADDRESS, LOGIN, KEY = sys.argv[1:]
UNREAD = set()


def make(type_name, /, **members):
    """A type of the SDK with its members set."""
    it = getattr(types, type_name)()
    for member, value in members.items():
        setattr(it, member, value)
    return it


def listed(name, *items):
    """A list type of the SDK with these in it."""
    it = getattr(types, name)()
    for one in items:
        it.append(one)
    return it


def ask(operation, **members):
    """Asks an operation; what its users are handed."""
    request = make(f"{operation}Request", **members)
    request.merchantAuthentication = make("merchantAuthenticationType", name=LOGIN, transactionKey=KEY)
    controller = getattr(controllers, f"{operation}Controller")(request)
    controller.setenvironment(ADDRESS)
    controller.execute()
    # Its classes made from the gateway's schema read the answer first, and give up on some of the gateway's own too.
    if controller._response is None:
        UNREAD.add(operation)
    return controller.getresponse()


def code(response):
    return str(response.messages.message[0]["code"].text)


def card(number):
    credit = make("creditCardType", cardNumber=number, expirationDate="2030-12", cardCode="900")
    return make("paymentType", creditCard=credit)


def transaction(**members):
    """A transaction's outcome, such as `1/1`, and its ids."""
    it = ask("createTransaction", transactionRequest=make("transactionRequestType", **members)).transactionResponse
    if hasattr(it, "errors"):
        reason = it.errors.error[0].errorCode
    else:
        reason = it.messages.message[0].code
    profile = it.profile.customerPaymentProfileId if hasattr(it, "profile") else None
    return {
        "outcome": f"{it.responseCode}/{reason}",
        "id": str(it.transId),
        "refersTo": str(it.refTransID),
        "account": str(it.accountNumber),
        "profile": None if profile is None else str(profile),
    }


def transactions():
    line = make("lineItemType", itemId="1", name="vase", quantity="2", unitPrice="9.99")
    sale = transaction(
        transactionType="authCaptureTransaction",
        amount="19.99",
        payment=card("4111111111111111"),
        order=make("orderType", invoiceNumber="PYTHON-1", description="a sale"),
        lineItems=listed("ArrayOfLineItem", line),
        billTo=make("customerAddressType", firstName="Ada", lastName="Holm", zip="98004"),
    )
    declined = transaction(
        transactionType="authCaptureTransaction",
        amount="5.00",
        payment=card("5424000000000015"),
        billTo=make("customerAddressType", zip="46282"),
    )
    held = transaction(transactionType="authOnlyTransaction", amount="10.00", payment=card("370000000000002"))
    captured = transaction(transactionType="priorAuthCaptureTransaction", amount="7.50", refTransId=held["id"])
    other = transaction(transactionType="authCaptureTransaction", amount="3.00", payment=card("6011000000000012"))
    voided = transaction(transactionType="voidTransaction", refTransId=other["id"])

    def refund():
        credit = make("creditCardType", cardNumber="1111", expirationDate="XXXX")
        return transaction(
            transactionType="refundTransaction",
            amount="4.00",
            payment=make("paymentType", creditCard=credit),
            refTransId=sale["id"],
        )

    early = refund()
    urllib.request.urlopen(ADDRESS.replace("/xml/v1/request.api", "/_sim/settle"), data=b"").read()
    return {
        "sale": sale,
        "declined": declined,
        "held": held,
        "captured": captured,
        "voided": voided,
        "early": early,
        "refunded": refund(),
    }


def profiles():
    payment = make(
        "customerPaymentProfileType",
        customerType="individual",
        payment=card("4111111111111111"),
        billTo=make("customerAddressType", firstName="Ada", zip="98004"),
    )
    profile = make("customerProfileType", merchantCustomerId="PYTHON-7", email="ada@buyer.example")
    profile.paymentProfiles = [payment]
    made = ask("createCustomerProfile", profile=profile, validationMode="testMode")
    ids = {
        "customerProfileId": str(made.customerProfileId),
        "customerPaymentProfileId": str(made.customerPaymentProfileIdList.numericString[0]),
    }
    customer = ids["customerProfileId"]
    chosen = make("paymentProfile", paymentProfileId=ids["customerPaymentProfileId"])
    charged = transaction(
        transactionType="authCaptureTransaction",
        amount="6.00",
        profile=make("customerProfilePaymentType", customerProfileId=customer, paymentProfile=chosen),
    )
    credit = make("creditCardType", cardNumber="XXXX1111", expirationDate="2031-01")
    updated = ask(
        "updateCustomerPaymentProfile",
        customerProfileId=customer,
        paymentProfile=make(
            "customerPaymentProfileExType",
            billTo=make("customerAddressType", firstName="Eve"),
            payment=make("paymentType", creditCard=credit),
            customerPaymentProfileId=ids["customerPaymentProfileId"],
        ),
    )
    got = ask("getCustomerPaymentProfile", unmaskExpirationDate=True, **ids).paymentProfile
    whole = ask("getCustomerProfile", customerProfileId=customer)
    deleted = ask("deleteCustomerPaymentProfile", **ids)
    gone = ask("deleteCustomerProfile", customerProfileId=customer)
    after = ask("getCustomerProfile", customerProfileId=customer)
    return {
        "made": code(made),
        "charged": charged,
        "chargedProfileIsIt": charged["profile"] == ids["customerPaymentProfileId"],
        "updated": code(updated),
        "card": str(got.payment.creditCard.cardNumber),
        "expires": str(got.payment.creditCard.expirationDate),
        "firstName": str(got.billTo.firstName),
        "customer": str(whole.profile.merchantCustomerId),
        "payments": len(whole.profile.paymentProfiles),
        "deleted": code(deleted),
        "gone": code(gone),
        "after": code(after),
    }


def reports(sale):
    details = ask("getTransactionDetails", transId=sale).transaction
    unsettled = ask("getUnsettledTransactionList").transactions.transaction
    batch = ask("getSettledBatchList", includeStatistics=True).batchList.batch[0]
    found = ask("getTransactionList", batchId=str(batch.batchId)).transactions.transaction
    return {
        "status": str(details.transactionStatus),
        "settles": float(details.settleAmount),
        "invoice": str(details.order.invoiceNumber),
        "unsettled": [str(it.transactionStatus) for it in unsettled],
        "batchState": str(batch.settlementState),
        "brands": [str(it.accountType) for it in batch.statistics.statistic],
        "inBatch": len(found),
        "hasSale": sale in [str(it.transId) for it in found],
    }


def main():
    done = transactions()
    said = {"transactions": done, "profiles": profiles(), "reports": reports(done["sale"]["id"])}
    said["notReadBySchema"] = sorted(UNREAD)
    print(json.dumps(said))


main()
