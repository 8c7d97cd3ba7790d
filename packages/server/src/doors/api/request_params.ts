import { PacketboatError, quoted } from '@packetboat/core';
import { z } from 'zod';
import type { Method } from '../../methods/method.ts';

/** A request, as far as parameters come from it. */
export interface ParamsSource {
  /** Parameters in the path, decoded. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const jsonType = /^application\/json[ \t]*(?:;|$)/i;
const digits = /^\d{1,16}$/;

/**
 * The parameters of a call, each from where its route says; nothing is checked but that none comes twice.
 *
 * @throws {PacketboatError} `badRequest`, `unsupportedMediaType`.
 */
export function requestParams({ params, route }: Method, source: ParamsSource): object {
  const { path, query, body } = source;
  const takesBody = route.verb === 'PUT' || route.verb === 'POST';
  if (!takesBody && body.length > 0) throw new PacketboatError('badRequest', `${route.verb} takes no body`);
  if (takesBody && query.size > 0) throw new PacketboatError('badRequest', `${route.verb} takes no query`);
  const others = takesBody ? jsonOf(source) : queryOf(params, query);
  for (const name of Object.keys(path)) {
    if (Object.hasOwn(others, name)) throw new PacketboatError('badRequest', `${quoted(name)} stands in the path`);
  }
  return { ...others, ...path };
}

/** The body; an empty one is an object without fields. */
function jsonOf({ contentType = '', body }: ParamsSource): object {
  if (body.length === 0) return {};
  if (!jsonType.test(contentType)) {
    throw new PacketboatError('unsupportedMediaType', `The body is ${quoted(contentType)}: send application/json`);
  }
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(body));
  } catch {
    throw new PacketboatError('badRequest', 'The body is not JSON in UTF-8 (RFC 8259)');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new PacketboatError('badRequest', 'The body is no JSON object');
}

function queryOf(params: z.ZodObject, query: URLSearchParams): object {
  const found = new Map<string, unknown>();
  for (const [name, text] of query) {
    if (found.has(name)) throw new PacketboatError('badRequest', `Query parameter ${quoted(name)} is given twice`);
    found.set(name, isInteger(params, name) && digits.test(text) ? Number(text) : text);
  }
  return Object.fromEntries(found);
}

/** Whether a parameter is an integer, which stands in a query as its digits. */
function isInteger({ shape }: z.ZodObject, name: string): boolean {
  let schema: unknown = Object.hasOwn(shape, name) ? shape[name] : undefined;
  while (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) schema = schema.unwrap();
  return schema instanceof z.ZodNumber;
}
