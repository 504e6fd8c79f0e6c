import { z } from 'zod';

const personLine = /^\s*([UW][A-Z0-9]{2,30})\s*=\s*([A-Za-z0-9_-]{1,64})\s*$/;

/** `U0ALEX = alex` a line: who in Slack is which person of the console. Throws on a line of another form. */
export function peopleOf(text: string): ReadonlyMap<string, string> {
  const people = new Map<string, string>();
  for (const line of text.split('\n').filter((each) => each.trim() !== '')) {
    const [, user, person] = personLine.exec(line) ?? [];
    if (user === undefined || person === undefined)
      throw new Error(`"${line.trim().slice(0, 60)}" is not "U0… = person"`);
    people.set(user, person);
  }
  return people;
}

export const settings = z.object({
  people: z
    .string()
    .max(20_000)
    .refine((text) => {
      try {
        return peopleOf(text) !== null;
      } catch {
        return false;
      }
    }, 'one line a person, "U0… = person"')
    .default('')
    .meta({ label: 'Who may press buttons', help: 'slack.md#who-may-press-buttons', control: 'multiline' }),
  consoleAddress: z
    .union([z.literal(''), z.url({ protocol: /^https$/ })])
    .default('')
    .meta({ label: 'Address of the console for the Open button', help: 'slack.md#open-button', control: 'url' }),
});

export const secrets = z.object({
  botToken: z
    .string()
    .regex(/^xoxb-[\w-]{10,}$/, 'starts with xoxb-')
    .optional()
    .meta({ label: 'Bot token', help: 'slack.md#tokens', env: 'SLACK_BOT_TOKEN' }),
  appToken: z
    .string()
    .regex(/^xapp-[\w-]{10,}$/, 'starts with xapp-')
    .optional()
    .meta({ label: 'App-level token (buttons)', help: 'slack.md#tokens', env: 'SLACK_APP_TOKEN' }),
  webhookUrl: z
    .string()
    .regex(/^https:\/\/hooks\.slack\.com\/[\w/-]{10,}$/, 'starts with https://hooks.slack.com/')
    .optional()
    .meta({ label: 'Incoming webhook (the simple form)', help: 'slack.md#simple-form', env: 'SLACK_ALERTS_WEBHOOK' }),
});
