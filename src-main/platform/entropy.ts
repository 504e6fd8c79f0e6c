import { randomBytes } from 'node:crypto';
import type { Entropy } from '../ports/secrets.ts';

export const systemEntropy: Entropy = { text: (bytes) => randomBytes(bytes).toString('base64url') };
