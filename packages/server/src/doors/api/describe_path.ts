/** Small words for the operations that are described by hand. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import { type ErrorCode, errorTable } from '@packetboat/core';

/** An OpenAPI 3.1 document, and parts of it. */
export type OpenApiDocument = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
export type Paths = NonNullable<OpenApiDocument['paths']>;
export type PathItem = Paths[string];
export type Operation = NonNullable<PathItem['get']>;
export type Parameter = Exclude<NonNullable<PathItem['parameters']>[number], { $ref: string }>;
export type Schema = Exclude<NonNullable<Parameter['schema']>, { $ref: string }>;
type Components = NonNullable<OpenApiDocument['components']>;
export type Answer = Exclude<NonNullable<Components['responses']>[string], { $ref: string }>;

const text: Schema = { type: 'string' };

/** A parameter that stands in a header field or the query. */
export function parameter(
  name: string,
  where: 'query' | 'header',
  description: string,
  schema: Schema = text,
): Parameter {
  return { name, in: where, description, schema };
}

/** Header fields of an answer. */
function headersOf(fields: Readonly<Record<string, string>>): NonNullable<Answer['headers']> {
  return Object.fromEntries(Object.entries(fields).map(([name, description]) => [name, { description, schema: text }]));
}

/** An answer whose body is of the given types, or that has none. */
export function answer(
  description: string,
  options: { readonly types?: readonly string[]; readonly headers?: Readonly<Record<string, string>> } = {},
): Answer {
  const { types = [], headers } = options;
  return {
    description,
    ...(headers !== undefined && { headers: headersOf(headers) }),
    ...(types.length > 0 && { content: Object.fromEntries(types.map((type) => [type, {}])) }),
  };
}

/** Which errors an operation may answer with, beside those of any request. */
export function problems(...codes: readonly ErrorCode[]): Answer {
  const listed = codes.map((code) => `\`${code}\` (${errorTable[code].status})`).join(', ');
  return {
    description: `An error: ${listed}, or one of any request.`,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  };
}
