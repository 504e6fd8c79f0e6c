import type { SandboxReply } from '../../../sandbox/kit.ts';

/** As this vendor writes instants: with an offset. */
export const intuitTime = (ms: number) => new Date(ms).toISOString().replace('Z', '-00:00');

export function ok(now: number, content: Record<string, unknown>): SandboxReply {
  return { status: 200, json: { ...content, time: intuitTime(now) } };
}

/** One error of a fault. */
export interface Flaw {
  code: string;
  Message: string;
  Detail: string;
  element?: string;
}

/** The texts as this vendor gives them (accounting notes 2.8). */
export const flaws = {
  missing: (element: string): Flaw => ({
    code: '2020',
    Message: 'Required param missing, need to supply the required value for the API',
    Detail: `Required parameter ${element} is missing in the request`,
    element,
  }),
  badReference: (what: string, id: string): Flaw => ({
    code: '2500',
    Message: 'Invalid Reference Id',
    Detail: `Invalid Reference Id : ${what} element id ${id} not found`,
    element: what,
  }),
  tooLong: (element: string, most: number): Flaw => ({
    code: '2050',
    Message: 'String length is either shorter or longer than supported by specification',
    Detail: `String is too long: maximum of ${most} for ${element}`,
    element,
  }),
  bad: (element: string, detail: string): Flaw => ({
    code: '2010',
    Message: 'Request has invalid or unsupported property',
    Detail: detail,
    element,
  }),
  inactive: (what: string): Flaw => ({
    code: '610',
    Message: 'Object Not Found',
    Detail: `Object Not Found : Something you're trying to use has been made inactive. Check the fields with accounts, suppliers or VAT codes. (${what})`,
  }),
  gone: (): Flaw => ({
    code: '610',
    Message: 'Object Not Found',
    Detail: 'Object Not Found : Something you are trying to use does not exist.',
  }),
  noVatRate: (): Flaw => ({
    code: '6000',
    Message: 'A business validation error has occurred while processing your request',
    Detail: 'Business Validation Error: Make sure all your transactions have a VAT rate before you save.',
  }),
  currency: (detail: string): Flaw => ({
    code: '6000',
    Message: 'A business validation error has occurred while processing your request',
    Detail: `Business Validation Error: ${detail}`,
  }),
  closed: (): Flaw => ({
    code: '6210',
    Message: 'Account Period Closed, Cannot Update Services Or Inventory',
    Detail: 'The account period has closed and the account books cannot be updated through the QBO Services API.',
  }),
  duplicateNumber: (number: string, entity: string, id: string): Flaw => ({
    code: '6140',
    Message: 'Duplicate Document Number Error',
    Detail: `Duplicate Document Number Error : You must specify a different number. This number has already been used. DocNumber=${number} is assigned to TxnType=${entity} with TxnId=${id}`,
  }),
  duplicateName: (id: string): Flaw => ({
    code: '6240',
    Message: 'Duplicate Name Exists Error',
    Detail: `The name supplied already exists. : Id=${id}`,
  }),
  stale: (): Flaw => ({
    code: '5010',
    Message: 'Stale Object Error',
    Detail:
      'Stale Object Error : You and Sam Okafor were working on this at the same time. Sam Okafor finished before you did, so your work was not saved.',
  }),
  lapsed: (): Flaw => ({
    code: '6190',
    Message: 'Invalid Company Status',
    Detail: 'Subscription period has ended or canceled or there was a billing problem',
  }),
  query: (detail: string): Flaw => ({
    code: '4000',
    Message: 'Error parsing query',
    Detail: `QueryParserError: ${detail}`,
  }),
};

export function fault(now: number, errors: readonly Flaw[], status = 400, type = 'ValidationFault'): SandboxReply {
  return { status, json: { Fault: { Error: errors, type }, time: intuitTime(now) } };
}

export const unauthorised = (now: number) =>
  fault(
    now,
    [
      {
        code: '3200',
        Message: 'message=AuthenticationFailed; errorCode=003200; statusCode=401',
        Detail: 'Token expired or revoked',
      },
    ],
    401,
    'AUTHENTICATION',
  );

export const forbidden = (now: number) =>
  fault(
    now,
    [
      {
        code: '3100',
        Message: 'message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403',
        Detail: 'The application has no access to this company',
      },
    ],
    403,
    'AuthorizationFault',
  );

export const throttled = (now: number) =>
  fault(
    now,
    [
      {
        code: '3001',
        Message: 'message=ThrottleExceeded; errorCode=003001; statusCode=429',
        Detail: 'The request limit was reached.',
      },
    ],
    429,
    'THROTTLED',
  );
