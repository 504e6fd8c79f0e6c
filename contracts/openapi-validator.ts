import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

/** One request and its answer, as they travelled. */
export interface Exchange {
  readonly method: string;
  /** The vendor's own address, query included. */
  readonly url: string;
  /** Lower-case names. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** Parsed JSON, raw bytes, or undefined. */
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseHeaders: Readonly<Record<string, string>>;
  readonly responseBody: unknown;
}

export interface ValidatorOptions {
  /** What stands before the paths of the document, e.g. `https://api.xero.com/api.xro/2.0`. */
  readonly base: string;
  /**
   * Fields the vendor is known to answer with although its document lacks them, by schema name. Any other unknown field,
   * in a request or a reply, is a problem: the documents themselves would let every misspelling through.
   */
  readonly extraInReplies?: Readonly<Record<string, readonly string[]>>;
  /** Statuses that are real although the document names only the good ones. Their bodies are not checked. */
  readonly undocumentedStatuses?: readonly number[];
  /** Raw uploads carry their own content type whatever the document says. */
  readonly rawBodies?: boolean;
}

type Node = { [name: string]: unknown };
interface Parameter {
  name: string;
  in: 'query' | 'path' | 'header' | 'cookie';
  required?: boolean;
  schema?: Node;
  explode?: boolean;
}
interface Candidate {
  readonly template: string;
  readonly pointer: string;
  readonly operation: Node;
  readonly parameters: readonly Parameter[];
  readonly pathValues: Readonly<Record<string, string>>;
}

const isNode = (value: unknown): value is Node => value !== null && typeof value === 'object' && !Array.isArray(value);
const escapePointer = (text: string) => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

/** Holds exchanges against an OpenAPI 3 document. Each problem names the exchange, the place and what is wrong there. */
export function openApiValidator(document: Node, options: ValidatorOptions) {
  const requests = compiler(document, 'request', options);
  const replies = compiler(document, 'reply', options);
  const paths = document.paths as Record<string, Node>;
  const base = new URL(options.base);
  const seen = new Set<string>();

  function resolve(node: unknown): Node {
    let current = node;
    while (isNode(current) && typeof current.$ref === 'string') {
      current = current.$ref
        .slice(2)
        .split('/')
        .reduce<unknown>((at, name) => (at as Node)[name.replaceAll('~1', '/').replaceAll('~0', '~')], document);
    }
    return current as Node;
  }

  /** The operation for this address; where several templates fit, the first whose path values fit their schemas. */
  function operationOf(method: string, path: string): Candidate | string {
    const given = path.split('/');
    const found: Candidate[] = [];
    let known = false;
    for (const [template, item] of Object.entries(paths)) {
      const wanted = template.split('/');
      if (wanted.length !== given.length) continue;
      const pathValues: Record<string, string> = {};
      const fits = wanted.every((segment, i) => {
        // `{Sid}.json`: a value with something fixed behind it.
        const [, name, rest = ''] = /^\{([^}]+)\}(.*)$/.exec(segment) ?? [];
        const value = given[i] ?? '';
        if (name === undefined) return segment === value;
        if (!value.endsWith(rest)) return false;
        pathValues[name] = decodeURIComponent(value.slice(0, value.length - rest.length));
        return pathValues[name] !== '';
      });
      if (!fits) continue;
      known = true;
      const operation = item[method.toLowerCase()];
      if (!isNode(operation)) continue;
      const parameters = [...((item.parameters as unknown[]) ?? []), ...((operation.parameters as unknown[]) ?? [])];
      found.push({
        template,
        pointer: `/paths/${escapePointer(template)}/${method.toLowerCase()}`,
        operation,
        parameters: parameters.map((one) => resolve(one) as unknown as Parameter),
        pathValues,
      });
    }
    found.sort((a, b) => Object.keys(a.pathValues).length - Object.keys(b.pathValues).length);
    const best = found.find((one) => pathProblems(one).length === 0) ?? found[0];
    return best ?? (known ? `${method} is not offered at ${path}` : `no path of the document fits ${path}`);
  }

  function valueProblems(parameter: Parameter, value: string): string[] {
    const schema = resolve(parameter.schema ?? {});
    const validate = requests.compile(parameter.schema ?? {});
    const typed = typedValue(schema, value, (one) => resolve(one));
    return validate(typed) ? [] : said(validate.errors);
  }

  function pathProblems({ parameters, pathValues }: Candidate): string[] {
    return parameters
      .filter((one) => one.in === 'path')
      .flatMap((one) => valueProblems(one, pathValues[one.name] ?? '').map((text) => `path {${one.name}}: ${text}`));
  }

  function queryProblems({ parameters }: Candidate, query: URLSearchParams): string[] {
    const problems: string[] = [];
    for (const [name, value] of query) {
      const parameter = parameters.find((one) => one.in === 'query' && one.name === name);
      if (!parameter) problems.push(`query ${name}: not a parameter of this operation`);
      else problems.push(...valueProblems(parameter, value).map((text) => `query ${name}: ${text}`));
    }
    for (const one of parameters) {
      if (one.in === 'query' && one.required && !query.has(one.name)) problems.push(`query ${one.name}: missing`);
    }
    return problems;
  }

  function headerProblems({ parameters }: Candidate, headers: Exchange['requestHeaders']): string[] {
    return parameters
      .filter((one) => one.in === 'header')
      .flatMap((one) => {
        const value = headers[one.name.toLowerCase()];
        if (value === undefined) return one.required ? [`header ${one.name}: missing`] : [];
        return valueProblems(one, value).map((text) => `header ${one.name}: ${text}`);
      });
  }

  function requestProblems({ operation, pointer }: Candidate, exchange: Exchange): string[] {
    const body = exchange.requestBody;
    if (operation.requestBody === undefined) return body === undefined ? [] : ['request body: none is taken here'];
    const spec = resolve(operation.requestBody);
    if (body === undefined) return spec.required === true ? ['request body: missing'] : [];
    const content = spec.content as Record<string, Node>;
    const type = mediaType(exchange.requestHeaders['content-type'], 'application/json');
    if (body instanceof Uint8Array) {
      return options.rawBodies || content[type] ? [] : [`request body: ${type} is not taken here`];
    }
    if (!content[type]) return [`request body: ${type} is not taken here`];
    const where =
      typeof (operation.requestBody as Node).$ref === 'string'
        ? ((operation.requestBody as Node).$ref as string).slice(1)
        : `${pointer}/requestBody`;
    const validate = requests.at(`${where}/content/${escapePointer(type)}/schema`);
    return validate(body) ? [] : said(validate.errors).map((text) => `request body${text}`);
  }

  function replyProblems({ operation, pointer }: Candidate, exchange: Exchange): string[] {
    const responses = operation.responses as Record<string, Node>;
    const status = String(exchange.status);
    const name = responses[status] ? status : responses.default ? 'default' : null;
    if (name === null) {
      return options.undocumentedStatuses?.includes(exchange.status)
        ? []
        : [`reply: status ${status} is not described`];
    }
    const raw = responses[name] as Node;
    const content = resolve(raw).content as Record<string, Node> | undefined;
    const type = mediaType(exchange.responseHeaders['content-type'], '');
    if (!content || exchange.responseBody instanceof Uint8Array) return [];
    if (!content[type]) return [`reply: ${type || 'no content type'} is not described for ${status}`];
    const where = typeof raw.$ref === 'string' ? raw.$ref.slice(1) : `${pointer}/responses/${name}`;
    const validate = replies.at(`${where}/content/${escapePointer(type)}/schema`);
    return validate(exchange.responseBody) ? [] : said(validate.errors).map((text) => `reply ${status}${text}`);
  }

  return {
    /** Operation ids seen so far: what the test covered. */
    operations: () => [...seen].sort(),
    check(exchange: Exchange): string[] {
      const url = new URL(exchange.url);
      const path = url.pathname.slice(base.pathname.replace(/\/$/, '').length);
      const found =
        url.host === base.host && url.pathname.startsWith(base.pathname)
          ? operationOf(exchange.method, path)
          : `not under ${options.base}`;
      if (typeof found === 'string') return [`${exchange.method} ${url.pathname}: ${found}`];
      seen.add(String(found.operation.operationId ?? `${exchange.method} ${found.template}`));
      return [
        ...pathProblems(found),
        ...queryProblems(found, url.searchParams),
        ...headerProblems(found, exchange.requestHeaders),
        ...requestProblems(found, exchange),
        ...replyProblems(found, exchange),
      ].map((problem) => `${exchange.method} ${found.template}: ${problem}`);
    },
  };
}

function mediaType(header: string | undefined, otherwise: string): string {
  return (header ?? otherwise).split(';')[0]?.trim().toLowerCase() ?? otherwise;
}

/** Query and path values are text; the schema says what they stand for. Lists are comma-separated. */
function typedValue(schema: Node, value: string, resolve: (node: unknown) => Node): unknown {
  if (schema.type === 'array') return value.split(',').map((one) => typedValue(resolve(schema.items), one, resolve));
  if (schema.type === 'integer' || schema.type === 'number')
    return value === '' || Number.isNaN(Number(value)) ? value : Number(value);
  if (schema.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  return value;
}

function said(errors: readonly ErrorObject[] | null | undefined): string[] {
  return (errors ?? []).map((error) => {
    const extra = error.keyword === 'additionalProperties' ? ` (${error.params.additionalProperty})` : '';
    const value =
      error.keyword === 'enum' ? ` (${(error.params.allowedValues as unknown[]).slice(0, 8).join(', ')})` : '';
    return `${error.instancePath} ${error.message ?? 'is wrong'}${extra}${value}`;
  });
}

function compiler(document: Node, side: 'request' | 'reply', options: ValidatorOptions) {
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  (formats as unknown as (ajv: Ajv) => void)(ajv);
  ajv.addSchema(tightened(document, side, options) as object, 'doc');
  const cache = new Map<string, ValidateFunction>();
  const compiled = (key: string, schema: object) => {
    let validate = cache.get(key);
    if (!validate) {
      validate = ajv.compile(schema);
      cache.set(key, validate);
    }
    return validate;
  };
  return {
    at: (pointer: string) => compiled(pointer, { $ref: `doc#${pointer}` }),
    /** A schema of the document given by value, as parameters have them. */
    compile: (schema: Node) =>
      compiled(JSON.stringify(schema), JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"doc#/')) as object),
  };
}

/**
 * OpenAPI 3.0 as JSON Schema: `nullable` becomes a type; objects with named properties take no others (but for known
 * extras in replies); a request must not carry what is marked read-only.
 */
function tightened(document: Node, side: 'request' | 'reply', { extraInReplies = {} }: ValidatorOptions): Node {
  const copy = structuredClone(document);
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return;
    for (const inner of Object.values(node)) visit(inner);
    if (!isNode(node)) return;
    if (node.nullable === true && typeof node.type === 'string') node.type = [node.type, 'null'];
    if (!isNode(node.properties)) return;
    if (node.additionalProperties === undefined && !node.allOf && !node.oneOf && !node.anyOf)
      node.additionalProperties = false;
    if (side !== 'request') return;
    for (const [name, inner] of Object.entries(node.properties)) {
      if (isNode(inner) && inner.readOnly === true) node.properties[name] = { not: {} };
    }
  };
  visit((copy.components as Node | undefined)?.schemas);
  visit(copy.paths);
  if (side === 'reply') {
    const schemas = (copy.components as { schemas: Record<string, Node> }).schemas;
    for (const [schema, names] of Object.entries(extraInReplies)) {
      const properties = schemas[schema]?.properties;
      if (!isNode(properties)) throw new Error(`The document has no schema ${schema}`);
      for (const name of names) properties[name] ??= {};
    }
  }
  return copy;
}
