/**
 * The integer in 0 … 2^53 − 1 that a header field names in plain decimal digits; undefined for anything else: signs,
 * leading zeros, points, exponents, white space (Durable Streams protocol, sections 5.1 and 5.2.1).
 */
export function parseInteger(text: string): number | undefined {
  if (!/^(?:0|[1-9]\d{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
