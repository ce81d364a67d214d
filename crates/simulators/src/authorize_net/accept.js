// Accept.js as far as a page uses it: Accept.dispatchData(secureData, callback) brings a nonce for a card.
(function () {
  'use strict';
  const base = new URL(document.currentScript.src).origin;
  const failed = (code, text) => ({ messages: { resultCode: 'Error', message: [{ code, text }] } });

  const call = (callback, answer) => {
    const known = typeof callback === 'function' ? callback : window[callback];
    if (typeof known === 'function') known(answer);
  };

  const dispatchData = (data, callback) => {
    const { authData = {}, cardData = {} } = data ?? {};
    const token = {
      cardNumber: String(cardData.cardNumber ?? '').replace(/[ -]/g, ''),
      expirationDate: `${String(cardData.month ?? '').padStart(2, '0')}${cardData.year ?? ''}`,
    };
    for (const name of ['cardCode', 'zip', 'fullName']) {
      if (cardData[name]) token[name] = String(cardData[name]);
    }
    const request = {
      securePaymentContainerRequest: {
        merchantAuthentication: { name: authData.apiLoginID, clientKey: authData.clientKey },
        data: { type: 'TOKEN', id: crypto.getRandomValues(new Uint32Array(1))[0].toString(), token },
      },
    };
    fetch(`${base}/xml/v1/request.api`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(request),
    })
      .then((response) => response.text())
      .then((text) => JSON.parse(text.replace(/^\ufeff/, '')))
      .then(
        (answer) => call(callback, answer),
        () => call(callback, failed('E_WC_14', 'Accept.js encryption failed.')),
      );
  };

  window.Accept = { dispatchData };
})();
