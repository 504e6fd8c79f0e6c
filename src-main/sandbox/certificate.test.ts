import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeCertificates } from './certificate.ts';

test('the sandbox makes an authority and a leaf that any TLS library takes, new ones each time', () => {
  const now = Date.parse('2026-11-22T12:00:00Z');
  const { ca, leaf } = makeCertificates(['smtp.bluebell.example', 'localhost'], now);
  const authority = new X509Certificate(ca);
  const own = new X509Certificate(leaf.cert);
  expect(own.verify(authority.publicKey)).toBe(true);
  expect(own.checkIssued(authority)).toBe(true);
  expect(authority.ca).toBe(true);
  expect(own.ca).toBe(false);
  expect(own.checkHost('smtp.bluebell.example')).toBe('smtp.bluebell.example');
  expect(own.checkHost('elsewhere.example')).toBeUndefined();
  expect(Date.parse(own.validFrom)).toBeLessThan(now);
  expect(Date.parse(own.validTo)).toBeGreaterThan(now + 365 * 24 * 3_600_000);
  expect(makeCertificates(['localhost'], now).leaf.key).not.toBe(leaf.key);
  // From 2050 on dates have another form.
  expect(
    new X509Certificate(makeCertificates(['localhost'], Date.parse('2051-01-01T00:00:00Z')).leaf.cert).validTo,
  ).toContain('2060');
});
