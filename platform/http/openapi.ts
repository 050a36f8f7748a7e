import type { Problem } from './problem.ts';

/** The parts of OpenAPI 3.1 that Firstlight uses. @see https://spec.openapis.org/oas/v3.1.1.html */
export interface Operation {
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Response>>;
  /** The security schemes, of which a request needs one; empty: the operation is open. */
  readonly security: readonly Readonly<Record<string, readonly []>>[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly required: boolean;
  readonly description: string;
  readonly schema: object;
}

/** By media type. */
export type Content = Readonly<Record<string, { readonly schema: object }>>;

export interface Response {
  readonly description: string;
  readonly content?: Content;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: object }>>;
}

/** Operations by path (with parameters in braces) and by method in lower case. */
export type Paths = Readonly<
  Record<string, Readonly<Partial<Record<'get' | 'post' | 'options', Operation>>>>
>;

const problemFields = ['type', 'title', 'status', 'detail', 'errors'] as const satisfies (keyof Problem)[];

/** A {@link Problem} as JSON Schema. */
export const problemSchema = {
  type: 'object',
  description: 'RFC 9457',
  required: ['title', 'status', 'detail'],
  properties: {
    ...Object.fromEntries(problemFields.map(field => [field, { type: 'string' }])),
    status: { type: 'integer' },
    errors: {
      type: 'array',
      description: 'What is wrong with the parts of the request; items are counted from 0',
      items: {
        type: 'object',
        properties: { item: { type: 'integer' }, field: { type: 'string' }, detail: { type: 'string' } },
      },
    },
  },
};

/** The response for a refused request. */
export function problemResponse(description: string): Response {
  return {
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}

/** `GET /livez` and `/readyz`, which every process answers. */
export const healthPaths: Paths = Object.fromEntries(
  Object.entries({
    '/livez': ['The process makes progress', 'It does not: start it anew.'],
    '/readyz': ['It can do its work now', 'It cannot: something that it needs is away.'],
  }).map(([path, [summary = '', failure = '']]) => [
    path,
    {
      get: {
        summary,
        tags: ['health'],
        security: [],
        responses: { 200: { description: 'Yes.' }, 503: { description: failure } },
      },
    },
  ]),
);
