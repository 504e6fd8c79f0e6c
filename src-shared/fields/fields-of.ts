import { z } from 'zod';

export const controls = ['text', 'url', 'number', 'switch', 'select', 'password', 'multiline'] as const;

declare module 'zod' {
  interface GlobalMeta {
    /** What the person reads beside the field. Every field has one. */
    label?: string;
    help?: string;
    control?: (typeof controls)[number];
    /** A target address: whoever can move it can collect the key, so changing it forgets the stored secrets. */
    protected?: boolean;
    /** Environment variable the agent reads this secret or setting from. */
    env?: string;
  }
}

export const FieldSpec = z.object({
  name: z.string(),
  label: z.string(),
  help: z.string().nullable(),
  control: z.enum(controls),
  secret: z.boolean(),
  protected: z.boolean(),
  required: z.boolean(),
  options: z.array(z.string()).nullable(),
  initial: z.json(),
});
export type FieldSpec = z.infer<typeof FieldSpec>;

/** One schema validates, draws the form and says what is secret. `.meta()` comes last in a field's chain. */
export function fieldsOf(settings: z.ZodObject, secrets: z.ZodObject): FieldSpec[] {
  return [...read(settings, false), ...read(secrets, true)];
}

function read(object: z.ZodObject, secret: boolean): FieldSpec[] {
  return Object.entries(object.shape as Record<string, z.ZodType>).map(([name, schema]) => {
    const meta = schema.meta() ?? {};
    if (!meta.label) throw new Error(`Field ${name} has no label`);
    const absent = schema.safeParse(undefined);
    return {
      name,
      secret,
      label: meta.label,
      help: meta.help ?? null,
      control: secret ? 'password' : (meta.control ?? 'text'),
      protected: meta.protected ?? false,
      required: !absent.success,
      options: optionsOf(schema),
      initial: z
        .json()
        .catch(null)
        .parse(absent.success ? absent.data : null),
    };
  });
}

function optionsOf(schema: z.ZodType): string[] | null {
  if (schema instanceof z.ZodEnum) return schema.options.map(String);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    return optionsOf(schema.unwrap() as z.ZodType);
  }
  return null;
}
