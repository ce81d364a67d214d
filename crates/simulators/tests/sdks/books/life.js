// node-quickbooks, as a program: its arguments are an address, the app's id and secret, and a company.
//
// Walks the life of each entity and prints what the client understood, one JSON object. Nothing of the client is
// changed but its address; the person at the consent page is played here.
'use strict';

const OAuthClient = require('intuit-oauth');
const QuickBooks = require('node-quickbooks');

const [address, clientId, clientSecret, company] = process.argv.slice(2);
const redirectUri = 'http://localhost:8080/api/integrations/QuickBooks/callback';

const connect = async () => {
  const ours = new OAuthClient({ clientId, clientSecret, redirectUri, environment: 'sandbox' });
  ours.setAuthorizeURLs({
    authorizeEndpoint: `${address}/connect/oauth2`,
    tokenEndpoint: `${address}/oauth2/v1/tokens/bearer`,
    revokeEndpoint: `${address}/v2/oauth2/tokens/revoke`,
    userInfoEndpoint: `${address}/v1/openid_connect/userinfo`,
  });
  const url = ours.authorizeUri({ scope: [OAuthClient.scopes.Accounting], state: 'life' });
  const body = new URLSearchParams({ decision: 'connect', realmId: company });
  const decided = await fetch(url, { method: 'POST', body, redirect: 'manual' });
  const tokens = (await ours.createToken(decided.headers.get('location'))).getJson();
  QuickBooks.V3_ENDPOINT_BASE_URL = `${address}/v3/company/`;
  return new QuickBooks(clientId, clientSecret, tokens.access_token, false, company, true, false, 75, '2.0', tokens.refresh_token);
};

const code = (error) => (error.Fault ?? error.response?.data?.Fault ?? {}).Error?.[0]?.code ?? String(error);

const main = async () => {
  const client = await connect();
  const ask = (name, ...given) =>
    new Promise((done, failed) => client[name](...given, (error, answer) => (error ? failed(error) : done(answer))));
  const refused = async (name, ...given) => {
    try {
      await ask(name, ...given);
      return null;
    } catch (error) {
      return code(error);
    }
  };
  const said = {};
  const account = await ask('createAccount', { Name: 'Roastery Income', AccountSubType: 'SalesOfProductIncome' });
  const item = await ask('createItem', { Name: 'Green Beans', Type: 'Service', IncomeAccountRef: { value: account.Id } });
  const customer = await ask('createCustomer', { DisplayName: 'O\'Hara & Sons' });
  const changed = await ask('updateCustomer', { Id: customer.Id, SyncToken: customer.SyncToken, sparse: true, Notes: 'x' });
  said.customer = [changed.SyncToken, changed.FullyQualifiedName];
  said.twice = await refused('createCustomer', { DisplayName: 'o\'hara & sons' });
  said.stale = await refused('updateCustomer', { Id: customer.Id, SyncToken: '0', sparse: true, Notes: 'y' });
  const found = await ask('findCustomers', [{ field: 'DisplayName', value: 'O\'Hara & Sons', operator: '=' }]);
  said.found = found.QueryResponse.Customer.map((it) => it.Id === customer.Id);
  said.count = (await ask('findCustomers', { count: true })).QueryResponse.totalCount;

  const line = (Amount) => ({ DetailType: 'SalesItemLineDetail', Amount, SalesItemLineDetail: { ItemRef: { value: item.Id } } });
  const sale = (Amount, more) => ({ CustomerRef: { value: customer.Id }, Line: [line(Amount)], ...more });
  const estimate = await ask('createEstimate', sale(40));
  const invoice = await ask('createInvoice', sale(100, { requestId: 'life-1' }));
  const again = await ask('createInvoice', sale(100, { requestId: 'life-1' }));
  said.invoice = [invoice.DocNumber, invoice.TotalAmt, invoice.Balance, again.Id === invoice.Id];
  const links = [{ Amount: 60, LinkedTxn: [{ TxnId: invoice.Id, TxnType: 'Invoice' }] }];
  const payment = await ask('createPayment', { CustomerRef: { value: customer.Id }, TotalAmt: 60, Line: links });
  said.paid = [payment.UnappliedAmt, (await ask('getInvoice', invoice.Id)).Balance];
  // Not the whole object: what the service wrote into its lines is not taken back.
  await ask('deletePayment', { Id: payment.Id, SyncToken: payment.SyncToken });
  const open = await ask('getInvoice', invoice.Id);
  said.deleted = [open.Balance, await refused('getPayment', payment.Id)];
  const sent = await ask('sendInvoicePdf', invoice.Id, 'someone@ohara.example');
  said.sent = (sent.Invoice ?? sent).EmailStatus;
  const { SyncToken } = await ask('getInvoice', invoice.Id);
  const voided = await ask('voidInvoice', { Id: invoice.Id, SyncToken });
  said.voided = (voided.Invoice ?? voided).PrivateNote;
  said.gone = (await ask('deleteEstimate', estimate)).Estimate.status;
  said.credit = (await ask('createCreditMemo', sale(5))).RemainingCredit;
  said.refund = (await ask('createRefundReceipt', sale(7, { DepositToAccountRef: { value: '35' } }))).TotalAmt;
  const receipt = await ask('createSalesReceipt', sale(9));
  const inside = [{ Amount: 9, LinkedTxn: [{ TxnId: receipt.Id, TxnType: 'SalesReceipt', TxnLineId: '0' }] }];
  const deposit = await ask('createDeposit', { DepositToAccountRef: { value: '35' }, Line: inside });
  said.deposit = [deposit.TotalAmt, await refused('deleteSalesReceipt', await ask('getSalesReceipt', receipt.Id))];
  const batch = await ask('batch', [{ Customer: { DisplayName: 'One' } }, { Customer: { DisplayName: 'One' } }]);
  said.batch = batch.BatchItemResponse.map((it) => it.Fault?.Error[0].code ?? it.Customer.DisplayName);
  const since = await ask('changeDataCapture', ['Customer', 'Payment'], '2026-01-15T00:00:00-08:00');
  const [customers, payments] = since.CDCResponse[0].QueryResponse;
  said.changed = [customers.Customer.length, payments.Payment[0].status];
  said.prefs = (await ask('getPreferences')).TaxPrefs.UsingSalesTax;
  said.company = (await ask('getCompanyInfo', company)).CompanyName;
  console.log(JSON.stringify(said));
};

main();
