// Authorize.Net's own Node SDK, which speaks JSON, as a program: its arguments are an address, a login and a key.
//
// Prints what the SDK understood, one JSON object. Nothing of the SDK is changed but the address.
'use strict';

const { APIContracts, APIControllers } = require('authorizenet');

const [address, login, key] = process.argv.slice(2);

const merchant = () => {
  const it = new APIContracts.MerchantAuthenticationType();
  it.setName(login);
  it.setTransactionKey(key);
  return it;
};

const ask = (Controller, Response, request) =>
  new Promise((resolve, reject) => {
    const controller = new Controller(request.getJSON());
    controller.setEnvironment(address);
    controller.execute(() => {
      try {
        const response = new Response(controller.getResponse());
        const message = response.getMessages().getMessage()[0];
        const said = {
          refId: response.getRefId() ?? null,
          resultCode: response.getMessages().getResultCode(),
          code: message.getCode(),
          text: message.getText(),
        };
        resolve([said, response]);
      } catch (error) {
        reject(error);
      }
    });
  });

const main = async () => {
  const test = new APIContracts.AuthenticateTestRequest();
  test.setMerchantAuthentication(merchant());
  test.setRefId('sdk-1');
  const [tested] = await ask(
    APIControllers.AuthenticateTestController, APIContracts.AuthenticateTestResponse, test);

  const wish = new APIContracts.GetMerchantDetailsRequest();
  wish.setMerchantAuthentication(merchant());
  wish.setRefId('sdk-2');
  const [details, response] = await ask(
    APIControllers.GetMerchantDetailsController, APIContracts.GetMerchantDetailsResponse, wish);
  if (details.resultCode === 'Ok') {
    details.merchantName = response.getMerchantName();
    details.gatewayId = response.getGatewayId();
    details.currencies = response.getCurrencies().currency;
    details.processors = response.getProcessors().processor.length;
  }
  console.log(JSON.stringify({ authenticateTest: tested, getMerchantDetails: details }));
};

main();
