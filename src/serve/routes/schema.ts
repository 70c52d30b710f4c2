/** JSON schemas that several routes share: Fastify checks requests by them, and openapi.json shows them. */

export const dateSchema = {
  type: 'string',
  pattern: '^\\d{4}-\\d{2}-\\d{2}$',
  description: 'business date, YYYY-MM-DD',
} as const;
export const idSchema = { type: 'string', pattern: '^-?\\d{1,19}$', description: 'whole number of 64 bits' } as const;
export const periodSchema = { type: 'string', enum: ['day', 'week', 'month'], default: 'day' } as const;
export const formatSchema = { type: 'string', enum: ['json', 'csv'], default: 'json' } as const;
export const limitSchema = { type: 'integer', minimum: 1, maximum: 10_000, default: 1_000 } as const;

/** What every route may answer beside its own. */
export const problemSchema = {
  type: 'object',
  description: 'a problem detail (RFC 9457)',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string' },
    exitCode: { type: 'integer' },
    hint: { type: 'string' },
  },
} as const;

/** The answers of a route: what it gives, 304 for who has it, and problems. */
export function answers(description: string, more: Readonly<Record<number, unknown>> = {}): Record<string, unknown> {
  return {
    200: { description, type: ['object', 'array', 'string'], additionalProperties: true },
    304: { description: 'not changed: the client has it', type: 'null' },
    '4xx': problemSchema,
    '5xx': problemSchema,
    ...more,
  };
}
