/** Names administrators already use for a system, where they differ from its id. */
const systemWords: Readonly<Record<string, readonly string[]>> = {
  newrelic: ['NEW_RELIC', 'NEWRELIC'],
  powerbi: ['POWER_BI', 'POWERBI'],
  lightblue: ['LIGHT_BLUE', 'LIGHTBLUE'],
  sms: ['TWILIO', 'SMS'],
  email: ['SMTP', 'EMAIL'],
};

/** `clientSecret` → `CLIENT_SECRET`. */
const shout = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();

/** Environment variables that may feed a secret, in order of preference: `XERO_CLIENT_SECRET`, `NEW_RELIC_API_KEY`. */
export function environmentNames(system: string, secret: string): readonly string[] {
  return (systemWords[system] ?? [shout(system)]).map((prefix) => `${prefix}_${shout(secret)}`);
}
