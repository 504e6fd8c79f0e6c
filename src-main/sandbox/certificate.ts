import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';

/**
 * A certificate authority and a leaf for the sandbox's TLS listeners, made anew at each start: nothing of it is ever in a
 * release (SEC-04), and only practice trusts it. X.509 v3, P-256, written in DER by hand because Node signs but does
 * not write certificates.
 */
export interface MadeCertificate {
  readonly key: string;
  readonly cert: string;
}

const dayMs = 24 * 3_600_000;

/** A leaf for these names, signed by a fresh authority; `ca` is what a client must trust. */
export function makeCertificates(
  names: readonly string[],
  now: number,
): { readonly ca: string; readonly leaf: MadeCertificate } {
  const authority = keys();
  const ca = certificate({
    subject: 'Practice sandbox authority',
    issuer: 'Practice sandbox authority',
    publicKey: authority.spki,
    signer: authority.pem,
    names: [],
    ca: true,
    now,
  });
  const leaf = keys();
  const cert = certificate({
    subject: names[0] ?? 'localhost',
    issuer: 'Practice sandbox authority',
    publicKey: leaf.spki,
    signer: authority.pem,
    names,
    ca: false,
    now,
  });
  return { ca, leaf: { key: leaf.pem, cert } };
}

function keys(): { readonly pem: string; readonly spki: Buffer } {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    pem: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    spki: pair.publicKey.export({ type: 'spki', format: 'der' }),
  };
}

function certificate(wish: {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: Buffer;
  /** PEM. */
  readonly signer: string;
  readonly names: readonly string[];
  readonly ca: boolean;
  readonly now: number;
}): string {
  const algorithm = sequence(oid('2a8648ce3d040302'));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const extensions = [
    // basicConstraints, critical.
    sequence(
      oid('551d13'),
      der(0x01, Buffer.from([0xff])),
      der(0x04, sequence(...(wish.ca ? [der(0x01, Buffer.from([0xff]))] : []))),
    ),
    // subjectKeyIdentifier.
    sequence(oid('551d0e'), der(0x04, der(0x04, createHash('sha1').update(wish.publicKey).digest()))),
    ...(wish.names.length === 0
      ? []
      : [sequence(oid('551d11'), der(0x04, sequence(...wish.names.map((name) => der(0x82, Buffer.from(name))))))]),
  ];
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    algorithm,
    commonName(wish.issuer),
    // A rehearsal's clock runs up to a week ahead of the one that checks this.
    sequence(time(wish.now - 30 * dayMs), time(wish.now + 3_650 * dayMs)),
    commonName(wish.subject),
    wish.publicKey,
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, wish.signer);
  const raw = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  return new X509Certificate(raw).toString();
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Buffer[]) => der(0x30, Buffer.concat(parts));
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const commonName = (name: string) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));

/** GeneralizedTime from 2050 on is what the standard asks for; before it, UTCTime. */
function time(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return Number(text.slice(0, 4)) < 2050
    ? der(0x17, Buffer.from(`${text.slice(2)}Z`))
    : der(0x18, Buffer.from(`${text}Z`));
}
