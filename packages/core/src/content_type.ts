/** Content types (RFC 9110 section 8.3.1): streams have one each, and it comes back in headers. */
import { PacketboatError } from './errors.ts';
import { quoted } from './names.ts';

/** What a stream holds unless its creator says otherwise (Durable Streams protocol, section 5.1). */
export const defaultContentType = 'application/octet-stream';

/** Type and subtype are tokens; parameters are not looked into, but cannot break out of a header. */
const pattern = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+[ \t]*(?:;[\t\x20-\x7e]*)?$/;

/**
 * Returns `contentType` when it may be a stream's.
 *
 * @throws {PacketboatError} `badRequest`, quoting it.
 */
export function checkContentType(contentType: string, charactersMax: number): string {
  if (contentType.length <= charactersMax && pattern.test(contentType)) return contentType;
  throw new PacketboatError('badRequest', `Content type ${quoted(contentType)} is malformed or too long`);
}

/**
 * Type and subtype, in lower case: what is compared. Neither letter case nor parameters make another type, for
 * HTTP libraries add `charset` as they like.
 */
export function mediaTypeOf(contentType: string): string {
  const [type = ''] = contentType.split(';', 1);
  return type.trim().toLowerCase();
}

/** Whether records of a stream are JSON values (Durable Streams protocol, section 9.1). */
export function isJson(contentType: string): boolean {
  return mediaTypeOf(contentType) === 'application/json';
}
