// Authorize.Net's own Node SDK, which speaks JSON, through the life of transactions and of a customer's card: its
// arguments are an address, a login and a key.
//
// Prints what the SDK understood, one JSON object. Nothing of the SDK is changed but the address.
'use strict';

const { APIContracts: Types, APIControllers: Controllers } = require('authorizenet');

const [address, login, key] = process.argv.slice(2);

/** A type of the SDK with its members set. */
const make = (name, members = {}) => {
  const it = new Types[name]();
  for (const [member, value] of Object.entries(members)) {
    it[`set${member[0].toUpperCase()}${member.slice(1)}`](value);
  }
  return it;
};

/** Asks an operation; what the SDK made of the answer. */
const ask = (operation, members, responseType = `${operation}Response`) =>
  new Promise((resolve, reject) => {
    const merchant = make('MerchantAuthenticationType', { name: login, transactionKey: key });
    const request = make(`${operation}Request`, { merchantAuthentication: merchant, ...members });
    const controller = new Controllers[`${operation}Controller`](request.getJSON());
    controller.setEnvironment(address);
    controller.execute(() => {
      try {
        const response = new Types[responseType](controller.getResponse());
        response.said = response.getMessages().getMessage()[0].getCode();
        resolve(response);
      } catch (error) {
        reject(error);
      }
    });
  });

const card = (number) =>
  make('PaymentType', {
    creditCard: make('CreditCardType', { cardNumber: number, expirationDate: '2030-12', cardCode: '900' }),
  });

/** A transaction's outcome, such as `1/1`, and its ids. */
const transaction = async (members) => {
  const response = await ask('CreateTransaction', { transactionRequest: make('TransactionRequestType', members) });
  const it = response.getTransactionResponse();
  const reason = it.getErrors()?.getError()[0].getErrorCode() ?? it.getMessages().getMessage()[0].getCode();
  return {
    outcome: `${it.getResponseCode()}/${reason}`, id: it.getTransId(), refersTo: it.getRefTransID(),
    account: it.getAccountNumber(), profile: it.getProfile()?.getCustomerPaymentProfileId() ?? null,
  };
};

const transactions = async () => {
  const sale = await transaction({
    transactionType: 'authCaptureTransaction', amount: '19.99', payment: card('4111111111111111'),
    order: make('OrderType', { invoiceNumber: 'NODE-1', description: 'a sale' }),
    lineItems: make('ArrayOfLineItem', {
      lineItem: [make('LineItemType', { itemId: '1', name: 'vase', quantity: '2', unitPrice: '9.99' })],
    }),
    billTo: make('CustomerAddressType', { firstName: 'Ada', lastName: 'Holm', zip: '98004' }),
  });
  const declined = await transaction({
    transactionType: 'authCaptureTransaction', amount: '5.00', payment: card('5424000000000015'),
    billTo: make('CustomerAddressType', { zip: '46282' }),
  });
  const held = await transaction({
    transactionType: 'authOnlyTransaction', amount: '10.00', payment: card('370000000000002'),
  });
  const captured = await transaction({
    transactionType: 'priorAuthCaptureTransaction', amount: '7.50', refTransId: held.id,
  });
  const other = await transaction({
    transactionType: 'authCaptureTransaction', amount: '3.00', payment: card('6011000000000012'),
  });
  const voided = await transaction({ transactionType: 'voidTransaction', refTransId: other.id });
  const back = make('PaymentType', {
    creditCard: make('CreditCardType', { cardNumber: '1111', expirationDate: 'XXXX' }),
  });
  const refund = { transactionType: 'refundTransaction', amount: '4.00', payment: back, refTransId: sale.id };
  const early = await transaction(refund);
  await fetch(new URL('/_sim/settle', address), { method: 'POST' });
  const refunded = await transaction(refund);
  return { sale, declined, held, captured, voided, early, refunded };
};

const profiles = async () => {
  const payment = make('CustomerPaymentProfileType', {
    customerType: Types.CustomerTypeEnum.INDIVIDUAL, payment: card('4111111111111111'),
    billTo: make('CustomerAddressType', { firstName: 'Ada', zip: '98004' }),
  });
  const made = await ask('CreateCustomerProfile', {
    profile: make('CustomerProfileType', {
      merchantCustomerId: 'NODE-7', email: 'ada@buyer.example', paymentProfiles: [payment],
    }),
    validationMode: Types.ValidationModeEnum.TESTMODE,
  });
  const id = made.getCustomerProfileId();
  const one = made.getCustomerPaymentProfileIdList().getNumericString()[0];
  const both = { customerProfileId: id, customerPaymentProfileId: one };
  const charged = await transaction({
    transactionType: 'authCaptureTransaction', amount: '6.00',
    profile: make('CustomerProfilePaymentType', {
      customerProfileId: id, paymentProfile: make('PaymentProfile', { paymentProfileId: one }),
    }),
  });
  const updated = await ask('UpdateCustomerPaymentProfile', {
    customerProfileId: id,
    paymentProfile: make('CustomerPaymentProfileExType', {
      billTo: make('CustomerAddressType', { firstName: 'Eve' }),
      payment: make('PaymentType', {
        creditCard: make('CreditCardType', { cardNumber: 'XXXX1111', expirationDate: '2031-01' }),
      }),
      customerPaymentProfileId: one,
    }),
  });
  const got = await ask('GetCustomerPaymentProfile', { ...both, unmaskExpirationDate: true });
  const whole = await ask('GetCustomerProfile', { customerProfileId: id });
  const deleted = await ask('DeleteCustomerPaymentProfile', both);
  const gone = await ask('DeleteCustomerProfile', { customerProfileId: id });
  const after = await ask('GetCustomerProfile', { customerProfileId: id });
  const known = got.getPaymentProfile();
  return {
    made: made.said, charged, chargedProfileIsIt: charged.profile === String(one), updated: updated.said,
    card: known.getPayment().getCreditCard().getCardNumber(),
    expires: known.getPayment().getCreditCard().getExpirationDate(),
    firstName: known.getBillTo().getFirstName(),
    customer: whole.getProfile().getMerchantCustomerId(),
    payments: whole.getProfile().getPaymentProfiles().length,
    deleted: deleted.said, gone: gone.said, after: after.said,
  };
};

const reports = async (sale) => {
  const details = (await ask('GetTransactionDetails', { transId: sale })).getTransaction();
  const unsettled = await ask('GetUnsettledTransactionList', {});
  const batches = await ask('GetSettledBatchList', { includeStatistics: true });
  const batch = batches.getBatchList().getBatch()[0];
  const of = await ask('GetTransactionList', { batchId: batch.getBatchId() });
  return {
    status: details.getTransactionStatus(), settles: details.getSettleAmount(),
    invoice: details.getOrder().getInvoiceNumber(),
    unsettled: unsettled.getTransactions().getTransaction().map((it) => it.getTransactionStatus()),
    batchState: batch.getSettlementState(),
    brands: batch.getStatistics().getStatistic().map((it) => it.getAccountType()),
    inBatch: of.getTransactions().getTransaction().length,
    hasSale: of.getTransactions().getTransaction().some((it) => it.getTransId() === sale),
  };
};

const main = async () => {
  const done = await transactions();
  console.log(JSON.stringify({ transactions: done, profiles: await profiles(), reports: await reports(done.sale.id) }));
};

main();
