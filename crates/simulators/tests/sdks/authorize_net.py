"""Authorize.Net's own Python SDK, which speaks XML, as a program: its arguments are an address, a login and a key.

Prints what the SDK understood, one JSON object. Nothing of the SDK is changed but the address.
"""

import json
import sys

from authorizenet import apicontractsv1
from authorizenet.apicontrollers import authenticateTestController, getMerchantDetailsController


def ask(controller_class, request, address):
    controller = controller_class(request)
    controller.setenvironment(address)
    controller.execute()
    # What its users are handed. Before that the SDK reads the answer by classes made from the gateway's schema; these
    # give up on answers as large as a merchant's details, the gateway's own too, and the SDK does without them.
    given = controller.getresponse()
    by_schema = controller._response
    said = {
        "refId": str(given.refId),
        "resultCode": str(given.messages.resultCode),
        "code": str(given.messages.message[0]["code"].text),
        "text": str(given.messages.message[0]["text"].text),
        "bySchema": None if by_schema is None else str(by_schema.messages.resultCode),
    }
    return said, given


def main(address, login, key):
    merchant = apicontractsv1.merchantAuthenticationType()
    merchant.name = login
    merchant.transactionKey = key

    request = apicontractsv1.authenticateTestRequest()
    request.merchantAuthentication = merchant
    request.refId = "sdk-1"
    tested, _ = ask(authenticateTestController, request, address)

    request = apicontractsv1.getMerchantDetailsRequest()
    request.merchantAuthentication = merchant
    request.refId = "sdk-2"
    details, given = ask(getMerchantDetailsController, request, address)
    if details["resultCode"] == "Ok":
        details["merchantName"] = str(given.merchantName)
        details["gatewayId"] = str(given.gatewayId)
        details["currencies"] = [str(it) for it in given.currencies.currency]
        details["processors"] = len(given.processors.processor)
    print(json.dumps({"authenticateTest": tested, "getMerchantDetails": details}))


main(*sys.argv[1:])
