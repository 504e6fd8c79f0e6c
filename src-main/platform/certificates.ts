import { RetryableError } from '../../src-shared/domain/failure.ts';

/** OpenSSL's and Node's codes for a certificate that was shown and not accepted, in words. */
const words: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'it is signed by an authority this computer does not trust',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by nobody but itself',
  UNABLE_TO_GET_ISSUER_CERT: 'it is signed by an authority this computer does not trust',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'it is signed by an authority this computer does not trust',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it is signed by an authority this computer does not trust',
  CERT_UNTRUSTED: 'it is signed by an authority this computer does not trust',
  CERT_HAS_EXPIRED: 'it has run out',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
};
/** Node has no code for these. */
const tooWeak = /^(EE|CA) certificate key too weak|^CA signature digest algorithm too weak/;
const ofAnUnknownAuthority = /SELF_SIGNED|UNABLE_TO_|UNTRUSTED/;
const known = /^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_(CA|PURPOSE)|ERR_TLS_CERT_)/;

/** The refusal of a certificate as a failure a person can act on; null: the error is about something else. */
export function certificateTrouble(host: string, cause: unknown): RetryableError | null {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  const weak = cause instanceof Error && tooWeak.test(cause.message);
  if (!weak && !known.test(code)) return null;
  const why = weak ? 'it is too weak to be safe' : (words[code] ?? 'it is not valid');
  return new RetryableError('network', `${host}: its certificate was refused: ${why} (${code}); nothing was sent`, {
    hint: ofAnUnknownAuthority.test(code)
      ? 'If your company checks traffic, have its certificate added to this computer’s store, or add it in Settings, Network.'
      : 'Check the date of this computer and the address; otherwise tell whoever runs the system.',
    cause,
  });
}
