import { z } from 'zod';

const positive = z.string().regex(/^\d+(\.\d{1,6})?$/, 'A decimal number of zero or more');

/** The multipliers of one organisation (V1 to V3). Decimal text: they meet money. */
export const ValueSettings = z.object({
  minutesPerRequest: positive.default('15').meta({ label: 'Minutes saved per successful AI request' }),
  poundsPerRequest: positive.default('2.50').meta({ label: 'Worth of that time in pounds' }),
  revenueMultiple: positive.default('4').meta({ label: 'Revenue impact as a multiple of the cost saving' }),
  retentionUplift: positive.default('0.15').meta({ label: 'Share of AI-assisted clients kept' }),
  workingHoursPerWeek: positive.default('37.5').meta({ label: 'Working hours of a vendor per week' }),
  /** Ready for the peak season from this success rate on. */
  readySuccessRate: positive.default('0.98').meta({ label: 'Success rate of AI requests that counts as ready' }),
  /** Features every vendor should have used before the season. */
  coreFeatures: z.array(z.string().min(1)).default(['gallery', 'chat', 'planning']).meta({ label: 'Core AI features' }),
  /** A client counts as reached by AI-assisted communication (V3) when one of these features served them. */
  communicationFeatures: z
    .array(z.string().min(1))
    .default(['chat', 'email', 'messages', 'replies', 'enquiries'])
    .meta({ label: 'AI features that talk with clients' }),
});
export type ValueSettings = z.infer<typeof ValueSettings>;
