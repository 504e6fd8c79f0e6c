import { headerOf, type SignedRequest } from './signed-request.ts';

/** A body as it may have been signed, and what then happened to it. */
type Before = readonly [body: Buffer, meaning: string];

/** Every body from which a usual mistake on the way makes the one that came. */
export function* bodiesBefore(request: SignedRequest): Generator<Before> {
  const text = request.rawBody.toString('utf8');
  const changed = (body: string | Buffer, meaning: string): Before => [Buffer.from(body), meaning];
  yield changed(text.replace(/\r?\n$/, ''), 'a line end was added');
  yield changed(`${text}\n`, 'its last line end was removed');
  yield changed(`${text}\r\n`, 'its last line end was removed');
  yield changed(text.replaceAll('\r\n', '\n'), 'LF became CRLF');
  yield changed(text.replace(/\r?\n/g, '\r\n'), 'CRLF became LF');
  yield changed(text.replace(/^\ufeff/, ''), 'a byte order mark was added');
  yield changed(`\ufeff${text}`, 'its byte order mark was removed');
  yield changed('', 'the signature is that of an empty body');
  yield changed(
    text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'letters were escaped as \\u',
  );
  yield changed(
    text.replace(/[\u0080-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
    '\\u escapes were decoded',
  );
  yield changed(
    text.replace(
      /[\u0080-\uffff]/g,
      (letter) => `\\u${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
    ),
    '\\u escapes were decoded',
  );
  for (const edge of [` ${text}`, `${text} `, ` ${text} `, `\n${text}`, `\n${text}\n`]) {
    yield changed(edge, 'the blanks around it were trimmed');
  }
  yield changed(Buffer.from(text, 'latin1'), 'its bytes were read as Latin-1 and written again as UTF-8');
  yield changed(Buffer.from(request.rawBody.toString('latin1'), 'utf8'), 'its UTF-8 was written as Latin-1');
  for (const form of ['NFC', 'NFD'] as const) {
    yield changed(text.normalize(form), 'its accents were composed or taken apart (Unicode normalisation)');
  }
  if (isForm(request)) {
    for (const before of formsBefore(text)) yield changed(before, 'the form was read and encoded again');
  }
  const json = jsonOf(text);
  if (json !== undefined) {
    const again = 'it was read and written again by a parser';
    yield changed(JSON.stringify(json), again);
    yield changed(JSON.stringify(json, null, 2), again);
    yield changed(`${JSON.stringify(json, null, 2)}\n`, again);
    yield changed(JSON.stringify(json).replace(/":/g, '": '), again);
    // As Xero writes its intent to receive: a blank after some colons, none after others.
    for (const some of mixedSpacing(JSON.stringify(json))) yield changed(some, again);
    yield changed(JSON.stringify(json).replace(/":/g, '": ').replace(/,"/g, ', "'), again);
    yield changed(spaced(json), again);
    for (const indent of [4, '\t']) yield changed(JSON.stringify(json, null, indent), again);
    yield changed(JSON.stringify(json).replaceAll('/', '\\/'), `${again}, which took the backslash before each slash`);
    for (const order of text.length > 20_000 ? [] : orders(json)) {
      yield changed(JSON.stringify(order), `${again}, which changed the order of its fields`);
      yield changed(spaced(order), `${again}, which changed the order of its fields`);
    }
  }
  if (request.source === 'twilio') {
    const fields = [...new URLSearchParams(`&${text}`)];
    for (const [at, [name, value]] of fields.entries()) {
      const edges = [` ${value}`, `${value} `, ` ${value} `, `  ${value}  `, `  ${value} `, ` ${value}  `];
      for (const edge of edges) {
        const body = new URLSearchParams(fields.map((field, here) => (here === at ? [name, edge] : field))).toString();
        yield changed(body, `the blanks around ${name} were trimmed`);
      }
      const without = new URLSearchParams(fields.filter((_, here) => here !== at)).toString();
      yield changed(without, `the field ${name} was added`);
    }
  }
}

const isForm = ({ headers }: SignedRequest) =>
  /^application\/x-www-form-urlencoded\b/i.test(headerOf(headers, 'content-type') ?? '') ||
  headerOf(headers, 'content-type') === null;

/** The ways software encodes the same fields. */
function formsBefore(text: string): string[] {
  const fields = [...new URLSearchParams(`&${text}`)];
  const encoded = (encode: (value: string) => string) =>
    fields.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  const percent = encoded(encodeURIComponent);
  const plus = new URLSearchParams(fields).toString();
  const java = percent.replaceAll('%20', '+');
  const all = [
    plus,
    percent,
    java,
    percent.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
  ];
  return all.flatMap((each) => [each, each.replace(/%../g, (sign) => sign.toLowerCase())]);
}

/** As Python writes JSON: a blank after every colon and comma between values. */
function spaced(json: unknown): string {
  const one = JSON.stringify(json, null, 1);
  return one
    .replace(/([[{,])\n *(\S)/g, (_, sign, next) => (sign === ',' ? `, ${next}` : `${sign}${next}`))
    .replace(/\n *([\]}])/g, '$1');
}

/** More than this is not tried: twelve fields have 479 million orders. */
const mostOrders = 720;

/** The same with its fields in every order, at every depth; where that is too many, in the order of the alphabet. */
function orders(json: unknown): unknown[] {
  return ordersCount(json) > mostOrders ? [sorted(json)] : everyOrder(json);
}

function ordersCount(json: unknown): number {
  if (typeof json !== 'object' || json === null) return 1;
  const inside = Object.values(json).reduce((count: number, each) => count * ordersCount(each), 1);
  return Array.isArray(json) ? inside : Object.keys(json).reduce((count, _, at) => count * (at + 1), inside);
}

function everyOrder(json: unknown): unknown[] {
  if (typeof json !== 'object' || json === null) return [json];
  const keys = Object.keys(json);
  const values = Object.values(json).reduce<unknown[][]>(
    (all, each) => all.flatMap((before) => everyOrder(each).map((one) => [...before, one])),
    [[]],
  );
  if (Array.isArray(json)) return values;
  return values.flatMap((each) =>
    permutations(keys.map((key, at) => [key, each[at]] as const)).map((order) => Object.fromEntries(order)),
  );
}

function sorted(json: unknown): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return json.map(sorted);
  const fields = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([key, each]) => [key, sorted(each)]));
}

export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, at) =>
    permutations(items.filter((_, here) => here !== at)).map((rest) => [item, ...rest]),
  );
}

function mixedSpacing(text: string): string[] {
  const places = [...text.matchAll(/":/g)].map(({ index }) => index + 2);
  if (places.length > 8) return [];
  return Array.from({ length: 2 ** places.length }, (_, choice) =>
    places.reduceRight(
      (body, at, place) => ((choice >> place) & 1 ? `${body.slice(0, at)} ${body.slice(at)}` : body),
      text,
    ),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
